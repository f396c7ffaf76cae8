import { connectEventStore, type EventStore } from '@registru/event-store'
import {
  dropGeneration,
  ensureReadSchema,
  type Generation,
  listGenerations,
  type Projection,
} from '@registru/projections'
import {
  type Difference,
  diffGenerations,
  type MeetProgress,
  type Pair,
  RebuildIsRunning,
  rebuild,
  switchGenerations,
  type TableDifference,
} from '@registru/projector'
import { createPool, type Pool } from '@registru/runtime'
import type { Command } from 'commander'
import { CommandFailed, EXIT, type ExitCode, findStores, type Io } from '../cli/io.ts'
import { type Progress, showProgress } from '../cli/progress.ts'
import { textTable } from '../cli/table.ts'
import { colors } from '../colors.ts'
import { inUseOf, nameOf, otherOf, parseNamed } from './named.ts'

/** An index of a large table takes minutes. */
const STATEMENT_TIMEOUT_MS = 60 * 60_000
const CONNECTIONS_MAX = 5

interface Stores {
  readonly pool: Pool
  readonly store: EventStore
  readonly signal: AbortSignal
}

const withStores = async <Result>(io: Io, work: (stores: Stores) => Promise<Result>): Promise<Result> => {
  const { databaseUrl, eventStoreUrl } = findStores(io)
  const store = connectEventStore({ url: eventStoreUrl })
  const pool = createPool({
    url: databaseUrl,
    connectionsMax: CONNECTIONS_MAX,
    applicationName: 'registru projections',
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    onIdleError: () => undefined,
  })
  const ended = new AbortController()
  try {
    return await work({ pool, store, signal: ended.signal })
  } catch (error) {
    if (error instanceof RebuildIsRunning) throw new CommandFailed(EXIT.REFUSED, error.message, { cause: error })
    throw error
  } finally {
    ended.abort()
    await store.dispose()
    await pool.end()
  }
}

const readGenerations = async (pool: Pool): Promise<readonly Generation[]> => {
  const client = await pool.connect()
  try {
    await ensureReadSchema(client)
    return await listGenerations(client)
  } finally {
    client.release()
  }
}

const asProjection = (projection: Projection, { version, generation }: Generation): Projection => ({
  ...projection,
  version,
  generation,
})

const pairsOf = async (pool: Pool, what: string): Promise<readonly Pair[]> => {
  const generations = await readGenerations(pool)
  return parseNamed(what).map((named) => ({
    from: asProjection(named.projection, inUseOf(generations, named.projection)),
    to: asProjection(named.projection, otherOf(generations, named)),
  }))
}

const print = (io: Io, json: boolean, value: unknown, text: () => string): void => {
  const asText = (_key: string, each: unknown): unknown => (typeof each === 'bigint' ? `${each}` : each)
  io.print(json ? JSON.stringify(value, asText, 2) : text())
}

interface Options {
  readonly json?: true
}

const runList = (io: Io, { json = false }: { readonly json?: boolean }): Promise<ExitCode> =>
  withStores(io, async ({ pool }) => {
    const generations = await readGenerations(pool)
    const stateOf = ({ use, ready }: Generation): string =>
      use === 'IN_USE' ? colors.green('in use') : use === 'PREVIOUS' ? 'previous' : ready ? 'finished' : 'being built'
    const columns = [
      { head: 'build' },
      { head: 'state' },
      { head: 'position', align: 'right' as const },
      { head: 'MB', align: 'right' as const },
    ]
    print(io, json, generations, () =>
      textTable(
        columns,
        generations.map((each) => [
          nameOf(each),
          stateOf(each),
          each.position === undefined ? 'gone' : `${each.position}`,
          (Number(each.bytes) / 1e6).toFixed(1),
        ]),
      ),
    )
    return EXIT.OK
  })

const runRebuild = (io: Io, what: string, { json = false }: { readonly json?: boolean }): Promise<ExitCode> =>
  withStores(io, async ({ pool, store, signal }) => {
    const projections = parseNamed(what).map(({ projection }) => projection)
    const head = (await store.head())?.position ?? 0n
    const startedAt = performance.now()
    let progress = showProgress(io, 'reading the log')
    let stage = 'reading'
    let events = 0
    const built = await rebuild({
      pool,
      store,
      projections,
      signal,
      onProgress: (at) => {
        if (at.stage !== stage) {
          progress.stop()
          if (at.stage === 'indexing') io.say('making indexes')
          else progress = showProgress(io, 'catching up')
        }
        ;({ stage } = at)
        if (at.stage !== 'indexing') progress.update(at.position, at.position > head ? at.position : head, at.events)
        if (at.stage === 'reading') ({ events } = at)
      },
    })
    progress.stop()
    const seconds = (performance.now() - startedAt) / 1_000
    print(io, json, { built: built.map(nameOf), events, seconds }, () =>
      [
        `Built ${built.map(nameOf).join(', ')}`,
        `${events} events in ${seconds.toFixed(1)} s, ${Math.round(events / seconds)} events/s.`,
        `Compare with what is in use: registru projections diff ${what}; then: registru projections switch ${what}`,
      ].join('\n'),
    )
    return EXIT.OK
  })

const isDifferent = ({ missing, added, changed }: TableDifference): boolean => missing + added + changed > 0n

const differenceText = ({ position, tables }: Difference): string => {
  const columns = [
    { head: '' },
    { head: 'table' },
    ...['rows', 'missing', 'added', 'changed', 'intended'].map((head) => ({ head, align: 'right' as const })),
    { head: 'columns' },
  ]
  const rows = tables.map((table) => [
    isDifferent(table) ? colors.red('differs') : colors.green('equal'),
    table.table,
    ...[table.rows, table.missing, table.added, table.changed, table.intended].map((count) => `${count}`),
    [...table.columnsRemoved.map((name) => `-${name}`), ...table.columnsAdded.map((name) => `+${name}`)].join(' '),
  ])
  const examples = tables
    .flatMap(({ table, examples: found }) => found.map((example) => ({ table, ...example })))
    .map(
      ({ table, inUse, rebuilt }) =>
        `${table}\n  in use:  ${JSON.stringify(inUse)}\n  rebuilt: ${JSON.stringify(rebuilt)}`,
    )
  return [textTable(columns, rows), ...examples, `Both at position ${position}.`].join('\n')
}

/** Says what a comparison or a switch waits for, each thing once, and how far it has come. */
const showMeeting = (
  io: Io,
  head: bigint,
): { readonly told: (at: MeetProgress) => void; readonly stop: () => void } => {
  let progress: Progress | undefined
  let said = ''
  const stop = (): void => {
    progress?.stop()
    progress = undefined
  }
  const say = (what: string): void => {
    stop()
    if (what !== said) io.say(what)
    said = what
  }
  return {
    told: (at) => {
      if (at.stage === 'waiting') say(`waiting: ${at.why}`)
      else if (at.stage === 'meeting') say('waiting for answers and batches that are under way')
      else {
        progress ??= showProgress(io, 'catching up')
        const { position, to = head } = at
        progress.update(position, position > to ? position : to)
      }
    },
    stop,
  }
}

const runDiff = (
  io: Io,
  what: string,
  { json = false, intended = [] }: { readonly json?: boolean; readonly intended?: readonly string[] },
): Promise<ExitCode> =>
  withStores(io, async ({ pool, store, signal }) => {
    const pairs = await pairsOf(pool, what)
    const meeting = showMeeting(io, (await store.head())?.position ?? 0n)
    const difference = await diffGenerations({
      pool,
      store,
      pairs,
      signal,
      intended: new Set(intended),
      onProgress: meeting.told,
    }).finally(meeting.stop)
    const isEmpty = !difference.tables.some(isDifferent)
    print(io, json, { empty: isEmpty, ...difference }, () => differenceText(difference))
    return isEmpty ? EXIT.OK : EXIT.FINDING
  })

/** The projector goes on with what is in use, so only what it can write may be put in use. */
const mustBeWritten = (pairs: readonly Pair[]): void => {
  const other = pairs.find(({ from, to }) => from.version !== to.version)
  if (other === undefined) return
  throw new CommandFailed(
    EXIT.REFUSED,
    `${nameOf(other.from)} is in use, and the projector at work knows how to write no other version of it. Start the ` +
      `projector of the program that has ${nameOf(other.to)}: it brings that to where the others stand and puts it in use.`,
  )
}

const runSwitch = async (
  io: Io,
  { pool, store, signal }: Stores,
  pairs: readonly Pair[],
  json: boolean,
): Promise<ExitCode> => {
  mustBeWritten(pairs)
  const meeting = showMeeting(io, (await store.head())?.position ?? 0n)
  await switchGenerations({ pool, store, pairs, signal, onProgress: meeting.told }).finally(meeting.stop)
  const switched = pairs.map(({ from, to }) => ({ from: nameOf(from), to: nameOf(to) }))
  print(io, json, { switched }, () => switched.map(({ from, to }) => `In use: ${to} instead of ${from}`).join('\n'))
  return EXIT.OK
}

const previousPairs = async (pool: Pool, what: string): Promise<readonly Pair[]> => {
  const generations = await readGenerations(pool)
  const pairs = parseNamed(what).flatMap(({ projection }): readonly Pair[] => {
    const previous = generations.find(({ name, use }) => name === projection.name && use === 'PREVIOUS')
    if (previous === undefined) return []
    return [
      {
        from: asProjection(projection, inUseOf(generations, projection)),
        to: asProjection(projection, previous),
      },
    ]
  })
  if (pairs.length === 0)
    throw new CommandFailed(EXIT.USAGE, `Nothing to go back to: no build of ${what} from before is kept.`)
  return pairs
}

const runDrop = (io: Io, what: string, json: boolean): Promise<ExitCode> =>
  withStores(io, async ({ pool }) => {
    const generations = await readGenerations(pool)
    const dropped = parseNamed(what).flatMap(({ projection, generation }) =>
      generations.filter(
        (each) =>
          each.name === projection.name &&
          each.use !== 'IN_USE' &&
          // Without a number, everything that is not in use goes.
          (generation === undefined || (each.version === projection.version && each.generation === generation)),
      ),
    )
    if (dropped.length === 0) throw new CommandFailed(EXIT.USAGE, `${what}: nothing to drop that is not in use.`)
    const client = await pool.connect()
    try {
      for (const generation of dropped) await dropGeneration(client, generation)
    } finally {
      client.release()
    }
    print(io, json, { dropped: dropped.map(nameOf) }, () => `Dropped ${dropped.map(nameOf).join(', ')}`)
    return EXIT.OK
  })

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, ...value.split(',')]

/** `registru projections`: build read models anew beside the ones in use, prove them equal, and put them in use. */
export const addProjectionsCommand = (program: Command, io: Io, end: (code: ExitCode) => void): void => {
  const projections = program
    .command('projections')
    .summary('rebuild read models beside the ones in use, compare, switch')
    .description(
      'Read models are built anew beside the ones in use, compared row by row at one position, and put in use in one ' +
        'transaction; commands and queries go on throughout. <what> is all, a name (journal), a version (journal@2) or one ' +
        'build of it (journal@2#3). Goes to the stores of the running system, or to DATABASE_URL and ESDB_URL.',
    )
  const command = (name: string, description: string): Command =>
    projections.command(name).description(description).option('--json', 'print the answer as JSON')

  command('list', 'every build: which is in use, which was before, where it stands, its size').action(
    async (options: Options) => end(await runList(io, options)),
  )
  command(
    'rebuild <what>',
    'build anew from the start of the log; killed and called again it goes on where it was',
  ).action(async (what: string, options: Options) => end(await runRebuild(io, what, options)))
  command('diff <what>', 'compare the newest build with the one in use, every row of every table, at one position')
    .option('--intended <table.column>', 'a column that is meant to differ; again for more', collect)
    .action(async (what: string, options: Options & { readonly intended?: readonly string[] }) =>
      end(await runDiff(io, what, options)),
    )
  command('switch <what>', 'put the newest build in use; the one before stays for a rollback').action(
    async (what: string, { json = false }: { readonly json?: boolean }) =>
      end(await withStores(io, async (stores) => runSwitch(io, stores, await pairsOf(stores.pool, what), json))),
  )
  command('rollback <what>', 'put the build that was in use before back in use, brought up to date').action(
    async (what: string, { json = false }: { readonly json?: boolean }) =>
      end(await withStores(io, async (stores) => runSwitch(io, stores, await previousPairs(stores.pool, what), json))),
  )
  command('drop <what>', 'remove builds that are not in use').action(
    async (what: string, { json = false }: { readonly json?: boolean }) => end(await runDrop(io, what, json)),
  )
}
