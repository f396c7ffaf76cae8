/** Kills the event store, its PostgreSQL and both under writers, and looks whether anything acknowledged is lost or doubled. */

import { type ChildProcess, fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Revision } from '@registru/domain'
import { erasePostgres, freePort, startPostgres } from '@registru/embedded'
import { connectEventStore, type EventStore, formerEventIdOf, type RecordedEvent } from '@registru/event-store'
import { Command, InvalidArgumentError } from 'commander'
import { programs } from './measure/temporary-system.ts'

const wholeNumber = (text: string): number => {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 0) return value
  throw new InvalidArgumentError('Expected a whole number.')
}

const program = new Command('npm run bench store-crashes --')
  .description(
    'Starts an event store on a PostgreSQL of its own. Writers append through the adapter, each to its own stream at exact\n' +
      'revisions, while the store, PostgreSQL and both are killed in turn with SIGKILL; a subscriber follows throughout.\n' +
      'Then: no acknowledged append lost, none doubled, revisions without a gap, and the subscriber saw the order of the log.\n' +
      'Last, second stores are started on the same database: each has to refuse. Exit code 1 otherwise.',
  )
  .option('--kills <n>', 'in all', wholeNumber, 200)
  .option('--writers <n>', 'each on a stream of its own', wholeNumber, 64)
  .option('--rivals <n>', 'second stores started on the database', wholeNumber, 10)
  .parse()
const options = program.opts<{ kills: number; writers: number; rivals: number }>()

/** Long enough to come back and be written to, short enough to be struck in the middle of it. */
const PAUSE_MIN_MS = 300
const PAUSE_MAX_MS = 1_200
const RETRY_MS = 100
const CATCH_UP_MAX_MS = 60_000
/** A rival waits a few seconds for a store that is only dying. */
const RIVALS_AT_ONCE = 10
const PREFIX = 'crash-'
const VICTIMS = ['event store', 'PostgreSQL', 'both'] as const

const say = (line: string): void => console.log(line)
const folder = mkdtempSync(join(tmpdir(), 'registru-crashes-'))
// Started by root, PostgreSQL runs under another account, which must come here.
chmodSync(folder, 0o755)

const postgresPort = await freePort()
const storePort = await freePort()
let postgres = await startPostgres({ folder, port: postgresPort })
let ending = false

const launchStore = (port = storePort): ChildProcess =>
  fork(programs['event-store'], {
    env: {
      ...process.env,
      EVENT_STORE_DATABASE_URL: postgres.url('postgres'),
      EVENT_STORE_PORT: String(port),
      LOG_LEVEL: 'silent',
    },
    stdio: 'ignore',
  })

let store = launchStore()

/** As a supervisor would: started again until it stays. */
const keepStore = async (): Promise<void> => {
  for (;;) {
    await once(store, 'exit')
    if (ending) return
    await sleep(RETRY_MS)
    store = launchStore()
  }
}

const killPostgres = async (): Promise<void> => {
  process.kill(postgres.pid, 'SIGKILL')
  await postgres.exited
  postgres = await startPostgres({ folder, port: postgresPort })
}

interface Tally {
  readonly acknowledged: Map<string, bigint>
  unknown: number
}

/** Sends the same event until it knows, as the ledger does; a conflict is its own earlier attempt or a defect. */
const write = async (log: EventStore, stream: string, tally: Tally): Promise<void> => {
  let head: Revision | 'no_stream' = 'no_stream'
  while (!ending) {
    const id = formerEventIdOf(randomUUID(), 0)
    for (;;) {
      const outcome = await log.append(stream, head, [{ id, type: 'Written', data: { stream }, metadata: {} }])
      if (outcome.outcome === 'written') {
        head = outcome.revision
        tally.acknowledged.set(id, outcome.revision)
        break
      }
      if (outcome.outcome === 'conflict') throw new Error(`${stream}: nobody else writes here, and yet a conflict`)
      tally.unknown += 1
      if (ending) return
      await sleep(RETRY_MS)
    }
  }
}

const follow = async (log: EventStore, signal: AbortSignal, seen: RecordedEvent[]): Promise<void> => {
  for await (const item of log.subscribeToAll({ streamPrefixes: [PREFIX], signal })) {
    if (item.kind === 'event') seen.push(item.event)
  }
}

const faultsOf = (
  events: readonly RecordedEvent[],
  { acknowledged }: Tally,
  seen: readonly RecordedEvent[],
): string[] => {
  const faults: string[] = []
  const heads = new Map<string, bigint>()
  const ids = new Map<string, bigint>()
  let position = -1n
  for (const event of events) {
    const expected = (heads.get(event.stream) ?? -1n) + 1n
    if (event.revision !== expected) faults.push(`${event.stream}: ${event.revision} stands where ${expected} should`)
    if (event.position <= position) faults.push(`position ${event.position} does not rise`)
    if (ids.has(event.id)) faults.push(`event ${event.id} stands twice`)
    heads.set(event.stream, event.revision)
    ids.set(event.id, event.revision)
    position = event.position
  }
  for (const [id, revision] of acknowledged) {
    if (ids.get(id) !== revision) faults.push(`acknowledged event ${id} at ${revision} is ${ids.get(id) ?? 'lost'}`)
  }
  const followed = seen.map(({ id }) => id)
  const stored = events.map(({ id }) => id)
  const at = stored.findIndex((id, index) => id !== followed[index])
  if (followed.length !== stored.length || at >= 0) {
    faults.push(`the subscriber saw ${followed.length} of ${stored.length} events; the first that differs is ${at}`)
  }
  return faults
}

/** A second store on the database of a living one has to end by itself. */
const refuses = async (): Promise<boolean> => {
  const rival = launchStore(0)
  const ready = once(rival, 'message').then(() => false)
  const gone = once(rival, 'exit').then(() => true)
  const refused = await Promise.race([ready, gone])
  if (!refused) rival.kill('SIGKILL')
  return refused
}

const kept = keepStore()
const log = connectEventStore({ url: `esdb://127.0.0.1:${storePort}?tls=false` })
const tally: Tally = { acknowledged: new Map(), unknown: 0 }
const seen: RecordedEvent[] = []
const stopFollowing = new AbortController()
const following = follow(log, stopFollowing.signal, seen)
const run = randomUUID().slice(0, 8)
const writers = Promise.all(
  Array.from({ length: options.writers }, (_, index) => write(log, `${PREFIX}${run}-${index}`, tally)),
)
writers.catch(() => {
  ending = true
})

for (let turn = 0; turn < options.kills && !ending; turn += 1) {
  await sleep(PAUSE_MIN_MS + Math.random() * (PAUSE_MAX_MS - PAUSE_MIN_MS))
  const victim = VICTIMS[turn % VICTIMS.length] ?? 'both'
  if (victim !== 'PostgreSQL') store.kill('SIGKILL')
  if (victim !== 'event store') await killPostgres()
  if ((turn + 1) % 10 === 0)
    say(`${turn + 1} of ${options.kills} kills, ${tally.acknowledged.size} appends acknowledged`)
}
await sleep(PAUSE_MAX_MS)
const rivals: boolean[] = []
for (let left = options.rivals; left > 0 && !ending; left -= RIVALS_AT_ONCE) {
  rivals.push(...(await Promise.all(Array.from({ length: Math.min(left, RIVALS_AT_ONCE) }, refuses))))
}

ending = true
await writers
const events: RecordedEvent[] = []
for await (const event of log.readAll()) if (event.stream.startsWith(PREFIX)) events.push(event)
for (const deadline = Date.now() + CATCH_UP_MAX_MS; seen.length < events.length && Date.now() < deadline; ) {
  await sleep(RETRY_MS)
}
stopFollowing.abort()
await following

const faults = faultsOf(events, tally, seen)
const admitted = rivals.filter((refused) => !refused).length
if (admitted > 0) faults.push(`${admitted} second stores were admitted`)
for (const fault of faults.slice(0, 20)) say(fault)
say(
  `${options.kills} kills under ${options.writers} writers: ${tally.acknowledged.size} appends acknowledged, ${events.length} in the log, ` +
    `${tally.unknown} times unknown; ${rivals.length - admitted} of ${rivals.length} second stores refused; ${faults.length} faults`,
)

await log.dispose()
store.kill('SIGTERM')
await kept
await postgres.stop()
await erasePostgres(folder)
rmSync(folder, { recursive: true, force: true })
process.exitCode = faults.length === 0 ? 0 : 1
