/** Rebuilds all read models under load, killing the rebuild again and again; then compares, switches, goes back, and audits. */
import { fork } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectEventStore } from '@registru/event-store'
import { createRandom } from '@registru/scripts/seed/random'
import { Command, InvalidArgumentError } from 'commander'
import { z } from 'zod'
import { writeHistory } from './load/history.ts'
import { COMPANY, clientOf } from './load/workload.ts'
import { quantile } from './measure/statistics.ts'
import { programs, startTemporarySystem, type TemporarySystem } from './measure/temporary-system.ts'
import { untilProjected } from './measure/until-projected.ts'

const wholeNumber = (text: string): number => {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 0) return value
  throw new InvalidArgumentError('Expected a whole number.')
}

const program = new Command('npm run bench rebuilds --')
  .description(
    'Starts a whole system of its own, writes a history, then rebuilds all read models while clients write and read, killing\n' +
      'the rebuild with SIGKILL meanwhile. Then, still under load: compares every row, switches, goes back, switches again;\n' +
      'at last, at rest, audits. Exit code 1 if a read failed or anything differs. Leaves nothing behind.',
  )
  .option('--events <n>', 'events in the history', wholeNumber, 200_000)
  .option('--kills <n>', 'of the rebuild', wholeNumber, 10)
  .option('--writers <n>', 'commands in flight', wholeNumber, 16)
  .option('--readers <n>', 'queries in flight', wholeNumber, 16)
  .parse()
const options = program.opts<{ events: number; kills: number; writers: number; readers: number }>()

const say = (line: string): void => console.log(line)

/** From one kill to the next: the rebuild starts, goes on where it was, and is struck in the middle. */
const PAUSE_MIN_MS = 1_500
const PAUSE_MAX_MS = 4_000

const Registered = z.looseObject({ position: z.string() })

interface Load {
  readonly stop: () => Promise<void>
  readonly commands: () => number
  readonly reads: () => number
  readonly failed: readonly string[]
  /** Writes that were refused, by status. */
  readonly refused: ReadonlyMap<number, number>
  /** Of reads, ms; emptied by whoever takes them. */
  readonly takeLatencies: () => readonly number[]
}

/** A statement on paper names its issuer. */
const registerCompany = async ({ run }: TemporarySystem): Promise<void> => {
  const address = { city: 'Iași', countryCode: 'RO' }
  const answer = await fetch(`${run.apiUrl}/v1/companies/${COMPANY}/commands/RegisterCompany`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${run.token}`,
      'content-type': 'application/json',
      'idempotency-key': 'company',
    },
    body: JSON.stringify({ name: 'Bench SRL', taxId: 'RO1234567897', functionalCurrency: 'RON', address }),
  })
  if (!answer.ok) throw new Error(`the company could not be registered: ${await answer.text()}`)
  const { position } = Registered.parse(await answer.json())
  await untilProjected(run.databaseUrl, BigInt(position))
}

const startLoad = ({ run }: TemporarySystem, accounts: number): Load => {
  const stopping = new AbortController()
  const headers = { authorization: `Bearer ${run.token}`, 'content-type': 'application/json' }
  const base = `${run.apiUrl}/v1/companies/${COMPANY}`
  const failed: string[] = []
  let latencies: number[] = []
  const refused = new Map<number, number>()
  let commands = 0
  let reads = 0
  /** Of some write lately: what `knownAt` may ask for. */
  let lastPosition = '0'

  const write = async (writer: number): Promise<void> => {
    const random = createRandom(`writer ${writer}`)
    for (let number = 0; !stopping.signal.aborted; number += 1) {
      const paymentId = `load-${writer}-${number}`
      const amount = { amount: `${random.between(1, 9_000)}.00`, currency: 'RON' }
      const clientId = clientOf(random.between(0, accounts - 1))
      const body = { clientId, paymentId, amount, method: 'BANK_TRANSFER', receivedOn: '2026-11-02' }
      const answer = await fetch(`${base}/commands/RecordPayment`, {
        method: 'POST',
        headers: { ...headers, 'idempotency-key': paymentId },
        body: JSON.stringify(body),
      })
      await answer.arrayBuffer()
      const position = answer.headers.get('registru-position')
      if (position !== null) lastPosition = position
      if (answer.ok) commands += 1
      else refused.set(answer.status, (refused.get(answer.status) ?? 0) + 1)
    }
  }
  const read = async (reader: number): Promise<void> => {
    const random = createRandom(`reader ${reader}`)
    while (!stopping.signal.aborted) {
      const client = clientOf(random.between(0, accounts - 1))
      const path = random.pick([
        `/clients/${client}`,
        `/clients/${client}/statement?from=2026-01-01&to=2026-12-31`,
        `/invoices?clientId=${client}`,
        '/invoices?limit=50',
        `/payments?clientId=${client}`,
        '/journal/trial-balance',
        '/receivables/aging',
        `/receivables/aging?asOf=2026-06-30&knownAt=${lastPosition}&maxWait=10000`,
        '/receivables/aging?groupBy=invoice&format=csv&locale=ro&limit=100',
        `/invoices?clientId=${client}&format=csv`,
        `/clients/${client}/statement.pdf?from=2026-01-01&to=2026-12-31`,
        `/explain?figure=clientBalance&currency=RON&clientId=${client}`,
      ])
      const startedAt = performance.now()
      try {
        const answer = await fetch(`${base}${path}`, { headers })
        const text = await answer.text()
        if (answer.ok) reads += 1
        else failed.push(`${answer.status} ${path}: ${text}`)
      } catch (error) {
        failed.push(`${path}: ${error instanceof Error ? error.message : 'unknown'}`)
      }
      latencies.push(performance.now() - startedAt)
    }
  }
  const running = [
    ...Array.from({ length: options.writers }, (_, writer) => write(writer)),
    ...Array.from({ length: options.readers }, (_, reader) => read(reader)),
  ]
  return {
    failed,
    refused,
    commands: () => commands,
    reads: () => reads,
    takeLatencies: () => {
      const taken = latencies
      latencies = []
      return taken
    },
    stop: async () => {
      stopping.abort()
      await Promise.all(running)
    },
  }
}

interface Ended {
  readonly code: number | null
  readonly seconds: number
}

const startCommand = ({ home }: TemporarySystem, args: readonly string[]) => {
  const startedAt = performance.now()
  const child = fork(programs.registru, [...args], { env: { ...process.env, REGISTRU_HOME: home } })
  const ended = new Promise<Ended>((resolve) => {
    child.once('exit', (code) => resolve({ code, seconds: (performance.now() - startedAt) / 1_000 }))
  })
  return { kill: () => child.kill('SIGKILL'), ended }
}

const rebuildUnderKills = async (system: TemporarySystem): Promise<boolean> => {
  const random = createRandom('kills')
  for (let kills = 0; ; ) {
    const rebuild = startCommand(system, ['projections', 'rebuild', 'all'])
    if (kills === options.kills) return (await rebuild.ended).code === 0
    const first = await Promise.race([rebuild.ended, sleep(random.between(PAUSE_MIN_MS, PAUSE_MAX_MS))])
    if (first !== undefined) {
      say(`the rebuild was done before kill ${kills + 1}: use more events`)
      return false
    }
    rebuild.kill()
    await rebuild.ended
    kills += 1
    say(`killed the rebuild (${kills} of ${options.kills})`)
  }
}

const summary = (latencies: readonly number[]): string => {
  const sorted = Float64Array.from(latencies).toSorted()
  return `${sorted.length} reads meanwhile: p50 ${quantile(sorted, 0.5).toFixed(0)} ms, longest ${(sorted.at(-1) ?? 0).toFixed(0)} ms`
}

const system = await startTemporarySystem(say)
let wrong = 0
try {
  const store = connectEventStore({ url: system.run.eventStoreUrl })
  const { events, accounts } = await writeHistory(store, options.events, () => undefined)
  const head = await store.head()
  await store.dispose()
  say(`${events} events written`)
  await untilProjected(system.run.databaseUrl, head?.position ?? -1n)

  await registerCompany(system)
  const load = startLoad(system, accounts)
  const step = async (what: string, done: Promise<boolean>): Promise<void> => {
    load.takeLatencies()
    const startedAt = performance.now()
    const well = await done
    if (!well) wrong += 1
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1)
    say(`${well ? 'ok' : 'WRONG'} ${what}: ${seconds} s; ${summary(load.takeLatencies())}`)
  }
  const command = async (...args: readonly string[]): Promise<boolean> =>
    (await startCommand(system, ['projections', ...args]).ended).code === 0

  const audit = async (): Promise<boolean> =>
    (await startCommand(system, ['audit', '--timeout', '600']).ended).code === 0

  await step(`rebuild with ${options.kills} kills`, rebuildUnderKills(system))
  await step('diff', command('diff', 'all'))
  await step('switch', command('switch', 'all'))
  await step('rollback', command('rollback', 'all'))
  await step('audit of what was taken back', audit())
  await step('diff', command('diff', 'all'))
  await step('switch', command('switch', 'all'))
  await load.stop()
  say(`${load.commands()} commands and ${load.reads()} reads answered, ${load.failed.length} reads failed`)
  for (const failure of load.failed.slice(0, 5)) say(`  ${failure}`)
  if (load.failed.length > 0) wrong += 1
  const refusals = [...load.refused].map(([status, count]) => `${count} × ${status}`).join(', ')
  say(refusals === '' ? 'no write was refused' : `writes refused: ${refusals}`)
  if (refusals !== '') wrong += 1
  if (!(await audit())) wrong += 1
} finally {
  await system.stop()
}
say(wrong === 0 ? 'all is well' : `${wrong} steps went wrong`)
process.exitCode = wrong === 0 ? 0 : 1
