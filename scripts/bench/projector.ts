/** Events a second of a rebuild and of a catch-up of all read models, next to the bare reading of the same events by the client. */
import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import { connectEventStore } from '@registru/event-store'
import { SingleBar } from 'cli-progress'
import Table from 'cli-table3'
import { Command, InvalidArgumentError } from 'commander'
import { DrainResult } from './load/drain.ts'
import { writeHistory } from './load/history.ts'
import { canMeasureCpu, cpuBetween, cpuOf } from './measure/cpu.ts'
import { peakMbOf } from './measure/memory.ts'
import { median, spread } from './measure/statistics.ts'
import { programs, startTemporarySystem, type TemporarySystem } from './measure/temporary-system.ts'
import { untilProjected } from './measure/until-projected.ts'

const positive = (text: string): number => {
  const value = Number(text)
  if (Number.isInteger(value) && value > 0) return value
  throw new InvalidArgumentError('Expected a whole number above zero.')
}

const program = new Command('npm run bench projector --')
  .description(
    'Starts a whole system of its own, writes a history, then in turn reads it through the client without doing anything,\n' +
      'rebuilds all read models from it into an empty database (registru projections rebuild all), and lets the projector\n' +
      'catch up from nothing in batches of at most 500. Leaves nothing behind.',
  )
  .option('--events <n>', 'events in the history', positive, 200_000)
  .option('--rounds <n>', 'rounds; every number is the median over them', positive, 3)
  .option('--json', 'print the numbers as JSON')
  .parse()
const options = program.opts<{ events: number; rounds: number; json?: true }>()

const say = (line: string): void => console.error(line)
const pollMs = 20

const SUBJECTS = ['drain', 'rebuild', 'catch-up'] as const

interface Round {
  readonly what: (typeof SUBJECTS)[number]
  readonly perSecond: number
  /** Processor time of each process, µs an event. */
  readonly cpuUs: Readonly<Record<string, number>>
  /** The most memory that the process held. */
  readonly peakMb?: number
}

const perEvent = (cpu: Readonly<Record<string, number>>, events: number): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(cpu).map(([name, us]) => [name, us / events]))

const drain = async ({ run }: TemporarySystem, events: number): Promise<Round> => {
  const { 'event-store': store = 0, postgres = 0 } = run.processes
  const before = cpuOf({ store, postgres })
  const child = fork(join(import.meta.dirname, 'load/drain.js'))
  const { seconds, cpuUs } = await new Promise<DrainResult>((resolve, reject) => {
    child.once('message', (message) => resolve(DrainResult.parse(message)))
    child.once('exit', (code) => reject(new Error(`the reader ended with ${code}`)))
    child.send({ eventStoreUrl: run.eventStoreUrl, events })
  })
  const cpu = { reader: cpuUs, ...cpuBetween(before, cpuOf({ store, postgres })) }
  return { what: 'drain', perSecond: events / seconds, cpuUs: perEvent(cpu, events) }
}

const ended = (child: ChildProcess): Promise<void> =>
  new Promise((resolve, reject) => {
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`it ended with ${code}`))))
  })

const rebuild = async (system: TemporarySystem, events: number, round: number): Promise<Round> => {
  const { 'event-store': store = 0, postgres = 0 } = system.run.processes
  const databaseUrl = await system.createDatabase(`rebuild_${round}`)
  const before = cpuOf({ store, postgres })
  const startedAt = performance.now()
  const child = fork(programs.registru, ['projections', 'rebuild', 'all', '--json'], {
    env: { ...process.env, DATABASE_URL: databaseUrl, ESDB_URL: system.run.eventStoreUrl },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  let peakMb = 0
  let own = 0
  const watch = setInterval(() => {
    if (child.pid === undefined || !canMeasureCpu) return
    try {
      peakMb = peakMbOf(child.pid)
      own = cpuOf({ rebuild: child.pid })['rebuild'] ?? 0
    } catch {
      // It has just ended.
    }
  }, pollMs * 5)
  await ended(child).finally(() => clearInterval(watch))
  const seconds = (performance.now() - startedAt) / 1_000
  const cpu = { rebuild: own, ...cpuBetween(before, cpuOf({ store, postgres })) }
  return { what: 'rebuild', perSecond: events / seconds, cpuUs: perEvent(cpu, events), peakMb }
}

const catchUp = async (system: TemporarySystem, events: number, position: bigint, round: number): Promise<Round> => {
  const { 'event-store': store = 0, postgres = 0 } = system.run.processes
  const databaseUrl = await system.createDatabase(`catch_up_${round}`)
  const before = cpuOf({ store, postgres })
  const startedAt = performance.now()
  const environment = { DATABASE_URL: databaseUrl, ESDB_URL: system.run.eventStoreUrl }
  const starting = system.startProcess(`catch-up-${round}`, programs.projector, environment)
  await untilProjected(databaseUrl, position)
  const seconds = (performance.now() - startedAt) / 1_000
  const child = await starting
  const projector = cpuOf({ projector: child.pid })
  const cpu = { ...projector, ...cpuBetween(before, cpuOf({ store, postgres })) }
  const peakMb = canMeasureCpu ? peakMbOf(child.pid) : 0
  await child.stop()
  return { what: 'catch-up', perSecond: events / seconds, cpuUs: perEvent(cpu, events), peakMb }
}

const write = async ({ run }: TemporarySystem): Promise<{ events: number; position: bigint }> => {
  const store = connectEventStore({ url: run.eventStoreUrl })
  const bar = new SingleBar({ format: 'writing the history {bar} {value}/{total}', hideCursor: true })
  bar.start(options.events, 0)
  const { events } = await writeHistory(store, options.events, (written) => bar.update(written))
  bar.stop()
  const head = await store.head()
  await store.dispose()
  return { events, position: head?.position ?? -1n }
}

const print = (rounds: readonly Round[], events: number): void => {
  const head = ['', 'events/s', 'min–max', 'of the drain', 'cpu µs an event', 'peak MB']
  const table = new Table({ head, style: { head: [], border: [] } })
  const drained = median(rounds.filter(({ what }) => what === 'drain').map(({ perSecond }) => perSecond))
  for (const what of SUBJECTS) {
    const own = rounds.filter((round) => round.what === what)
    const rates = own.map(({ perSecond }) => perSecond)
    const parts = Object.keys(own[0]?.cpuUs ?? {}).map(
      (part) => `${part} ${median(own.map(({ cpuUs }) => cpuUs[part] ?? 0)).toFixed(1)}`,
    )
    const peak = median(own.map(({ peakMb = 0 }) => peakMb))
    const ratio = (median(rates) / drained).toFixed(2)
    table.push([
      what,
      median(rates).toFixed(0),
      spread(rates),
      ratio,
      parts.join(', '),
      peak > 0 ? peak.toFixed(0) : '',
    ])
  }
  console.log(table.toString())
  console.log(
    `${events} events, medians of ${options.rounds} rounds. Each is timed from starting the process to the last row.`,
  )
}

const system = await startTemporarySystem(say)
try {
  const { events, position } = await write(system)
  // The system's own projector has the same to do; it must not be in the way of what is measured.
  await untilProjected(system.run.databaseUrl, position)
  const rounds: Round[] = []
  for (let round = 0; round < options.rounds; round += 1) {
    rounds.push(
      await drain(system, events),
      await rebuild(system, events, round),
      await catchUp(system, events, position, round),
    )
    for (const { what, perSecond } of rounds.slice(-SUBJECTS.length))
      say(`round ${round + 1}/${options.rounds} ${what.padEnd(8)} ${perSecond.toFixed(0)} events/s`)
  }
  if (options.json === true) console.log(JSON.stringify({ node: process.version, events, rounds }, undefined, 2))
  else print(rounds, events)
} finally {
  await system.stop()
}
