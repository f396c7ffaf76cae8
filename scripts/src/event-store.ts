/** Looks into an event store of either kind, and carries the events from one to another. */
import { LEDGER_STREAM_PREFIXES } from '@registru/domain'
import { keepsImportedEvents } from '@registru/embedded'
import { connectEventStore, type EventArchive, type EventStore, type RecordedEvent } from '@registru/event-store'
import { SingleBar } from 'cli-progress'
import Table from 'cli-table3'
import { Command, InvalidArgumentError } from 'commander'
import { colors } from './colors.ts'
import { checkArchive, readManifest } from './event-store/archive.ts'
import { exportEvents } from './event-store/export.ts'
import { importKept, importMoved, isEmpty } from './event-store/import.ts'
import { type Count, countEvents } from './event-store/stats.ts'
import { fileProblem, sayFileProblem } from './file-problem.ts'
import { homeFolder, readRunFile } from './run-file.ts'

const count = (text: string): number => {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value > 0) return value
  throw new InvalidArgumentError('Expected a whole number above 0.')
}

const program: Command = new Command('npm run event-store --')
  .description('Looks into an event store, embedded or EventStoreDB, and carries its events to another one.')
  .option('--url <connection string>', 'the event store (default: ESDB_URL, or the one that npm start runs)')

const urlOf = (): string => {
  const { url } = program.opts<{ url?: string }>()
  const found = url ?? process.env['ESDB_URL'] ?? readRunFile(homeFolder(process.env))?.eventStoreUrl
  if (found === undefined) program.error('Nothing is running here. Start it with `npm start`, or give --url.')
  return found
}

/** Connected for the length of one command. */
const withStore = async (work: (store: EventStore & EventArchive) => Promise<void>): Promise<void> => {
  const store = connectEventStore({ url: urlOf() })
  try {
    await work(store)
  } finally {
    await store.dispose()
  }
}

/** On the standard error, so that the output can be redirected. */
const withProgress = async <T>(
  total: number,
  work: (onProgress: (events: number) => void) => Promise<T>,
): Promise<T> => {
  const format = total > 0 ? '{bar} {value}/{total} events, {eta} s left' : '{value} events, {duration} s'
  const bar = new SingleBar({ format, stream: process.stderr, noTTYOutput: false, hideCursor: true })
  bar.start(total, 0)
  try {
    return await work((events) => bar.update(events))
  } finally {
    bar.stop()
  }
}

const jsonOf = ({ stream, revision, position, id, type, createdAt, data, metadata }: RecordedEvent): string =>
  JSON.stringify({
    stream,
    revision: String(revision),
    position: String(position),
    id,
    type,
    createdAt: createdAt.toISOString(),
    data,
    metadata,
  })
const textOf = ({ stream, revision, type, createdAt, data }: RecordedEvent): string =>
  `${colors.dim(createdAt.toISOString())} ${stream} ${colors.cyan(String(revision))} ${colors.bold(type)} ${JSON.stringify(data)}`

const tableOf = (head: string, counts: readonly Count[]): string => {
  const table = new Table({ head: [head, 'events', 'streams'], colAligns: ['left', 'right', 'right'] })
  for (const { name, events, streams } of counts) table.push([name, events, streams.size])
  return table.toString()
}

program
  .command('stats')
  .description('count events and streams, by category and type; reads the whole log')
  .action(() =>
    withStore(async (store) => {
      const stats = await withProgress(0, (onProgress) => countEvents(store, onProgress))
      console.log(`store      ${stats.storeId}`)
      console.log(`events     ${stats.events} in ${stats.streams} streams, head at ${stats.head}`)
      if (stats.firstAt !== undefined && stats.lastAt !== undefined) {
        console.log(`written    ${stats.firstAt.toISOString()} to ${stats.lastAt.toISOString()}`)
      }
      console.log(tableOf('category', stats.byCategory))
      console.log(tableOf('type', stats.byType))
    }),
  )

program
  .command('stream')
  .description('show the events of a stream')
  .argument('<name>', 'for instance clientAccount-demo:alfa')
  .option('--json', 'a line of JSON for each event, metadata included')
  .option('--last <n>', 'only the last n events', count)
  .action((name: string, { json, last }: { json?: true; last?: number }) =>
    withStore(async (store) => {
      const events: RecordedEvent[] = []
      const show = (event: RecordedEvent): void => console.log(json === true ? jsonOf(event) : textOf(event))
      const options = last === undefined ? {} : { direction: 'backwards' as const, maxCount: last }
      let found = 0
      for await (const event of store.readStream(name, options)) {
        found += 1
        if (last === undefined) show(event)
        else events.unshift(event)
      }
      events.forEach(show)
      if (found === 0) program.error(`There is no stream ${name}.`)
    }),
  )

program
  .command('tail')
  .description('show events of the ledger as they are written, until Ctrl-C')
  .option('--json', 'a line of JSON for each event, metadata included')
  .option('--from-start', 'begin with the first event there is')
  .option('--prefix <prefix>', 'only streams whose name begins so')
  .action(({ json, fromStart, prefix }: { json?: true; fromStart?: true; prefix?: string }) =>
    withStore(async (store) => {
      const stop = new AbortController()
      process.once('SIGINT', () => stop.abort()).once('SIGTERM', () => stop.abort())
      const head = fromStart === true ? undefined : await store.head()
      const items = store.subscribeToAll({
        streamPrefixes: prefix === undefined ? LEDGER_STREAM_PREFIXES : [prefix],
        signal: stop.signal,
        ...(head && { after: head.position }),
      })
      for await (const item of items) {
        if (item.kind === 'event') console.log(json === true ? jsonOf(item.event) : textOf(item.event))
      }
    }),
  )

program
  .command('export')
  .description('write all events, in order, as lines of JSON, and a manifest with a checksum beside them')
  .argument('<file>', 'compressed if it ends in .gz')
  .action((file: string) =>
    withStore(async (store) => {
      const manifest = await withProgress(0, (onProgress) => exportEvents(store, file, onProgress))
      console.log(`${manifest.events} events of ${manifest.streams} streams in ${file}`)
      console.log(`sha256 ${manifest.sha256}`)
    }),
  )

program
  .command('import')
  .description('write an export into an empty event store: an embedded one keeps positions and instants as they were')
  .argument('<file>', 'as written by export, its manifest beside it')
  .option('--resume', 'the store is not empty: an earlier import of this file was cut off')
  .action((file: string, { resume }: { resume?: true }) =>
    withStore(async (store) => {
      const manifest = readManifest(file)
      await checkArchive(file, manifest)
      if (resume !== true && !(await isEmpty(store))) {
        program.error('The event store is not empty. To go on with an import that was cut off, give --resume.')
      }
      const url = urlOf()
      const isKept = await keepsImportedEvents(url)
      await withProgress(manifest.events, (onProgress) =>
        isKept ? importKept(store, url, file, manifest, onProgress) : importMoved(store, file, manifest, onProgress),
      )
      console.log(`${manifest.events} events of ${manifest.streams} streams written.`)
      console.log(
        isKept
          ? 'Ids, revisions, bytes, order, positions and instants are the same; the identity of the store is new.'
          : 'Ids, revisions, bytes and order are the same; positions and instants are new, and what they were stands in\n' +
              'the stream ledger-origin. The identity of the store is new too.',
      )
      console.log(
        'So read models of the old store do not fit: start with a database without them, and the projector rebuilds them.',
      )
    }),
  )

// Whoever reads the output, `head` for instance, may have seen enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(0)
})

try {
  await program.parseAsync()
} catch (error) {
  const problem = fileProblem(error)
  if (problem !== undefined) console.error(sayFileProblem(problem))
  else console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
