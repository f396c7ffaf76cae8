/** Appends and drains of the embedded event store through the real client: on PostgreSQL, and with storage in memory. */
import { type ChildProcess, fork } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EventStoreDBClient, jsonEvent, START, streamNameFilter } from '@eventstore/db-client'
import { erasePostgres, type PostgresServer, startPostgres } from '@registru/embedded'
import { createPool } from '@registru/runtime'
import Table from 'cli-table3'
import { Command, InvalidArgumentError } from 'commander'
import { ServerMessage } from './load/server-message.ts'
import { cpuBetween, cpuOf } from './measure/cpu.ts'
import { median, quantile, spread } from './measure/statistics.ts'

const positive = (text: string): number => {
  const value = Number(text)
  if (Number.isInteger(value) && value > 0) return value
  throw new InvalidArgumentError('Expected a whole number above zero.')
}

const program = new Command('npm run bench event-store --')
  .description(
    'Starts a PostgreSQL of its own and, in turn, the event store on it and one with storage in memory. Appends one event\n' +
      'of 400 bytes at a time, then drains the log whole and by a prefix that takes a tenth of it. Leaves nothing behind.',
  )
  .option('--appends <n>', 'appends a measurement', positive, 20_000)
  .option('--events <n>', 'events in the log that is drained', positive, 200_000)
  .option('--rounds <n>', 'rounds; every number is the median over them', positive, 3)
  .option('--json', 'print the numbers as JSON')
  .parse()
const options = program.opts<{ appends: number; events: number; rounds: number; json?: true }>()

const say = (line: string): void => console.error(line)
const IN_FLIGHT = [1, 16, 64, 256]
const WARM_UP_APPENDS = 2_000
const STREAMS = 1_000
/** Every tenth stream is one that the filtered drain asks for. */
const TAKEN_PREFIX = 'taken-'
/** Makes an event's data 400 bytes of JSON. */
const PADDING = 'x'.repeat(375)
const EVENTS_AN_APPEND = 100
const FILL_IN_FLIGHT = 16
const CHECKPOINT_INTERVAL = 100

type StorageKind = 'postgres' | 'memory'

interface Measurement {
  readonly storage: StorageKind
  readonly what: string
  readonly perSecond: number
  readonly p50Ms?: number
  readonly p99Ms?: number
  readonly commitsAnAppend?: number
  /** Processor time, µs an append or a considered event. */
  readonly serverUs: number
  readonly postgresUs: number
  readonly clientUs: number
}

interface Server {
  readonly storage: StorageKind
  readonly client: EventStoreDBClient
  readonly pid: number
  readonly readyMs: number
  readonly report: () => Promise<ServerMessage>
  readonly stop: () => Promise<void>
}

const nextReport = (child: ChildProcess): Promise<ServerMessage> =>
  new Promise((resolve, reject) => {
    child.once('message', (message) => resolve(ServerMessage.parse(message)))
    child.once('exit', (code) => reject(new Error(`the event store ended with ${code}`)))
  })

const startServer = async (storage: StorageKind, databaseUrl: string): Promise<Server> => {
  const child = fork(join(import.meta.dirname, 'load/event-store-server.js'), storage === 'memory' ? [] : [databaseUrl])
  const { url, readyMs } = await nextReport(child)
  const client = EventStoreDBClient.connectionString(url)
  return {
    storage,
    client,
    readyMs,
    pid: child.pid ?? 0,
    report: () => {
      const report = nextReport(child)
      child.send('report')
      return report
    },
    stop: async () => {
      await client.dispose()
      const gone = new Promise((resolve) => child.once('exit', resolve))
      child.disconnect()
      await gone
    },
  }
}

const streamName = (number: number): string => `${number % 10 === 0 ? TAKEN_PREFIX : 'left-'}${number % STREAMS}`

const eventOf = (number: number) => jsonEvent({ type: 'Measured', data: { number, padding: PADDING } })

/** Processor time that `work` takes in the server, in PostgreSQL and here. */
const measured = async (server: Server, postgres: PostgresServer, count: number, work: () => Promise<void>) => {
  const processes = { server: server.pid, postgres: postgres.pid }
  const before = cpuOf(processes)
  const own = process.cpuUsage()
  const startedAt = performance.now()
  await work()
  const seconds = (performance.now() - startedAt) / 1_000
  const { user, system } = process.cpuUsage(own)
  const { server: serverUs = 0, postgres: postgresUs = 0 } = cpuBetween(before, cpuOf(processes))
  return {
    storage: server.storage,
    perSecond: count / seconds,
    serverUs: serverUs / count,
    postgresUs: server.storage === 'memory' ? 0 : postgresUs / count,
    clientUs: (user + system) / count,
  }
}

const inParallel = async (lanes: number, count: number, step: (number: number) => Promise<void>): Promise<void> => {
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < count) await step(next++)
  }
  await Promise.all(Array.from({ length: lanes }, lane))
}

const measureAppends = async (server: Server, postgres: PostgresServer, inFlight: number): Promise<Measurement> => {
  const latenciesMs: number[] = []
  const append = async (number: number): Promise<void> => {
    const startedAt = performance.now()
    await server.client.appendToStream(streamName(number), eventOf(number), { expectedRevision: 'any' })
    latenciesMs.push(performance.now() - startedAt)
  }
  // One at a time is slow, and needs fewer to be told exactly.
  const count = inFlight === 1 ? Math.ceil(options.appends / 10) : options.appends
  const before = await server.report()
  const result = await measured(server, postgres, count, () => inParallel(inFlight, count, append))
  const after = await server.report()
  const sorted = latenciesMs.toSorted((a, b) => a - b)
  return {
    ...result,
    what: `append, ${inFlight} in flight`,
    p50Ms: quantile(sorted, 0.5),
    p99Ms: quantile(sorted, 0.99),
    commitsAnAppend: (after.commits - before.commits) / (after.writes - before.writes),
  }
}

const fill = (server: Server): Promise<void> =>
  inParallel(FILL_IN_FLIGHT, Math.ceil(options.events / EVENTS_AN_APPEND), async (number) => {
    const events = Array.from({ length: EVENTS_AN_APPEND }, (_, index) => eventOf(number * EVENTS_AN_APPEND + index))
    await server.client.appendToStream(streamName(number), events, { expectedRevision: 'any' })
  })

const drain = (server: Server, filter?: ReturnType<typeof streamNameFilter>): Promise<void> =>
  new Promise((resolve, reject) => {
    const subscription = server.client.subscribeToAll({ fromPosition: START, ...(filter && { filter }) })
    subscription.on('data', () => undefined)
    subscription.on('error', reject)
    subscription.on('caughtUp', () => void subscription.unsubscribe().then(() => resolve(), reject))
  })

const storedEvents = async (server: Server): Promise<number> => {
  let count = 0
  for await (const _ of server.client.readAll({ fromPosition: START })) count++
  return count
}

const measureDrains = async (server: Server, postgres: PostgresServer): Promise<Measurement[]> => {
  const events = await storedEvents(server)
  const taken = streamNameFilter({ prefixes: [TAKEN_PREFIX], checkpointInterval: CHECKPOINT_INTERVAL })
  return [
    { what: 'drain, all', ...(await measured(server, postgres, events, () => drain(server))) },
    { what: 'drain, a tenth by prefix', ...(await measured(server, postgres, events, () => drain(server, taken))) },
  ]
}

const createDatabase = async (postgres: PostgresServer, name: string): Promise<string> => {
  const pool = createPool({
    url: postgres.url(),
    connectionsMax: 1,
    applicationName: 'bench',
    onIdleError: () => undefined,
  })
  await pool.query(`create database ${name}`)
  await pool.end()
  return postgres.url(name)
}

const measureRound = async (postgres: PostgresServer, round: number): Promise<Measurement[]> => {
  const measurements: Measurement[] = []
  for (const storage of ['postgres', 'memory'] as const) {
    const server = await startServer(storage, await createDatabase(postgres, `${storage}_${round}`))
    try {
      await inParallel(64, WARM_UP_APPENDS, async (number) => {
        await server.client.appendToStream(streamName(number), eventOf(number), { expectedRevision: 'any' })
      })
      for (const inFlight of IN_FLIGHT) measurements.push(await measureAppends(server, postgres, inFlight))
      await fill(server)
      measurements.push(...(await measureDrains(server, postgres)))
    } finally {
      await server.stop()
    }
  }
  return measurements
}

const print = (measurements: readonly Measurement[]): void => {
  const table = new Table({
    head: [
      '',
      'storage',
      'per second',
      'min–max',
      'p50 ms',
      'p99 ms',
      'server µs',
      'postgres µs',
      'client µs',
      'server ÷ client',
      'commits an append',
    ],
    style: { head: [], border: [] },
  })
  const middle = (
    own: readonly Measurement[],
    value: (one: Measurement) => number | undefined,
    digits: number,
  ): string => {
    const values = own.map(value).filter((one) => one !== undefined)
    return values.length === 0 ? '' : median(values).toFixed(digits)
  }
  const kinds = [...new Set(measurements.map(({ what }) => what))]
  for (const what of kinds) {
    for (const storage of ['postgres', 'memory'] as const) {
      const own = measurements.filter((one) => one.what === what && one.storage === storage)
      table.push([
        what,
        storage,
        middle(own, (one) => one.perSecond, 0),
        spread(own.map(({ perSecond }) => perSecond)),
        middle(own, (one) => one.p50Ms, 2),
        middle(own, (one) => one.p99Ms, 1),
        middle(own, (one) => one.serverUs, 1),
        middle(own, (one) => one.postgresUs, 1),
        middle(own, (one) => one.clientUs, 1),
        middle(own, (one) => one.serverUs / one.clientUs, 2),
        middle(own, (one) => one.commitsAnAppend, 3),
      ])
    }
  }
  console.log(table.toString())
  const rate = (what: string, storage: StorageKind): number =>
    median(measurements.filter((one) => one.what === what && one.storage === storage).map(({ perSecond }) => perSecond))
  for (const what of kinds.filter((name) => name.startsWith('append'))) {
    console.log(
      `${what}: ${(rate(what, 'postgres') / rate(what, 'memory')).toFixed(2)} of the same with storage in memory`,
    )
  }
  console.log(
    `Medians of ${options.rounds} rounds, ${options.appends} appends and a log of about ${options.events} events each.\n` +
      'Of a drain everything is counted by the events considered, also those that the filter leaves out.',
  )
}

const folder = mkdtempSync(join(tmpdir(), 'registru-bench-'))
// Started by root, the database server runs under another account, which must come here.
chmodSync(folder, 0o755)
const postgres = await startPostgres({ folder: join(folder, 'postgres') })
try {
  const measurements: Measurement[] = []
  for (let round = 0; round < options.rounds; round++) {
    measurements.push(...(await measureRound(postgres, round)))
    say(`round ${round + 1}/${options.rounds}`)
  }
  if (options.json === true) console.log(JSON.stringify({ node: process.version, measurements }, undefined, 2))
  else print(measurements)
} finally {
  await postgres.stop()
  await erasePostgres(join(folder, 'postgres'))
  rmSync(folder, { recursive: true, force: true })
}
