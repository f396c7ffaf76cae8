/** Commands a second beside what one could write instead, interleaved on one machine, one PostgreSQL, in one run. */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createPool, type Pool } from '@registru/runtime'
import { sendCommand } from '@registru/scripts/ledger-client'
import { runInLanes } from '@registru/scripts/seed/lanes'
import Table from 'cli-table3'
import { Command, InvalidArgumentError } from 'commander'
import { startGenerator } from './load/start-generator.ts'
import { COMPANY, clientOf, INVOICE_TOTAL, invoiceOf, type Job, type Result } from './load/workload.ts'
import { cpuBetween, cpuOf } from './measure/cpu.ts'
import { median, spread } from './measure/statistics.ts'
import { startTemporarySystem, type TemporarySystem } from './measure/temporary-system.ts'

const positive = (text: string): number => {
  const value = Number(text)
  if (value > 0) return value
  throw new InvalidArgumentError('Expected a number above zero.')
}

/** `64x1000`: 64 requests in flight over 1,000 accounts. */
interface Scenario {
  readonly inFlight: number
  readonly accounts: number
}
const scenarioOf = (text: string): Scenario => {
  const match = /^([0-9]{1,3})x([0-9]{1,5})$/.exec(text)
  const [inFlight, accounts] = [Number(match?.[1]), Number(match?.[2])]
  if (inFlight > 0 && accounts > 0) return { inFlight, accounts }
  throw new InvalidArgumentError('Expected <in flight>x<accounts>, for example 64x1000.')
}
/** What one could write instead. */
const ALTERNATIVES = ['plain-route', 'one-statement', 'same-work', 'emmett']
/** Does nothing: what the HTTP server itself costs. */
const FLOOR = 'hello-world'

const alternativesOf = (text: string): readonly string[] => {
  const names = text.split(',')
  if (names.every((name) => ALTERNATIVES.includes(name) || name === FLOOR)) return names
  throw new InvalidArgumentError(`Expected some of ${[...ALTERNATIVES, FLOOR].join(', ')}.`)
}

const nameOf = ({ inFlight, accounts }: Scenario): string => `${inFlight}x${accounts}`

const program = new Command('npm run bench commands --')
  .description(
    'Starts a whole system of its own and, on the same PostgreSQL, hand-written alternatives; sends each the same payment\n' +
      'in turn and prints commands a second, latency and processor time, and what ours are of each of theirs in the same\n' +
      'round. Our projector runs all the time and its work is counted. Leaves nothing behind.',
  )
  .option('--rounds <n>', 'rounds; every number is the median over them', positive, 5)
  .option('--seconds <n>', 'of each subject in each round', positive, 2)
  .option('--scenarios <list>', 'in flight x accounts', (text) => text.split(',').map(scenarioOf), [
    { inFlight: 1, accounts: 1_000 },
    { inFlight: 16, accounts: 1_000 },
    { inFlight: 64, accounts: 1_000 },
    { inFlight: 64, accounts: 10 },
    { inFlight: 64, accounts: 1 },
  ])
  .option('--beside <list>', 'alternatives to run', alternativesOf, [...ALTERNATIVES, FLOOR])
  .option('--json', 'print the numbers as JSON')
  .parse()
const options = program.opts<{
  rounds: number
  seconds: number
  scenarios: readonly Scenario[]
  beside: readonly string[]
  json?: true
}>()

/** What is measured: where it listens, what it is called, whose processor time is its. */
interface Subject {
  readonly name: string
  readonly request: Job['subject']
  readonly url: string
  readonly processes: Readonly<Record<string, number>>
  /** Resolves when all work that the requests caused is done. */
  readonly settled: () => Promise<void>
}

const say = (line: string): void => console.error(line)
const folder = join(import.meta.dirname, 'alternatives')
const accountsMax = Math.max(...options.scenarios.map(({ accounts }) => accounts))
const patienceMs = 60_000
const setupConcurrency = 64
/** After some thousands of requests the code is compiled for what it does most. */
const warmUpRequests = 5_000
const warmUpMaxMs = 20_000
const pollMs = 20

const fillLedger = async ({ run }: TemporarySystem): Promise<void> => {
  const send = (command: string, key: string, body: object) =>
    sendCommand(command, key, body, { endpoint: () => run, companyId: COMPANY, patienceMs, onRetry: () => undefined })
  const total = { amount: INVOICE_TOTAL, currency: 'RON' }
  const accounts = Array.from({ length: accountsMax }, (_, account) => ({ account, lanes: [clientOf(account)] }))
  await runInLanes(accounts, setupConcurrency, async ({ account }) => {
    const clientId = clientOf(account)
    await send('RegisterClient', `client-${account}`, { clientId, kind: 'INDIVIDUAL', name: `Client ${account}` })
    const invoice = {
      clientId,
      invoiceId: invoiceOf(account),
      number: `${account}`,
      issuedOn: '2026-10-01',
      dueOn: '2026-10-31',
      total,
    }
    await send('RegisterInvoice', `invoice-${account}`, invoice)
  })
}

/** Until the read models stand still: with nobody sending, they have then taken in everything. */
const projectorSettles = async (pool: Pool): Promise<void> => {
  let last: bigint | undefined
  for (let same = 0; same < 5; ) {
    const { rows } = await pool.query<{ position: bigint }>('select min(position) as position from read.positions')
    same = rows[0]?.position === last ? same + 1 : 0
    last = rows[0]?.position
    await sleep(pollMs)
  }
}

const startSubjects = async (system: TemporarySystem, pool: Pool): Promise<readonly Subject[]> => {
  const { run } = system
  const { postgres = 0, api = 0, projector = 0, 'event-store': store = 0 } = run.processes
  const ours: Subject = {
    name: 'registru',
    request: 'registru',
    url: run.apiUrl,
    processes: { api, store, projector, postgres },
    settled: () => projectorSettles(pool),
  }
  const alternatives: Subject[] = []
  for (const name of options.beside) {
    const environment: NodeJS.ProcessEnv = { PORT: '0', ACCOUNTS: `${accountsMax}` }
    environment['DATABASE_URL'] = await system.createDatabase(name.replace('-', '_'))
    const child = await system.startProcess(name, join(folder, `${name}.js`), environment)
    alternatives.push({
      name,
      request: name === FLOOR ? 'hello' : 'plain',
      url: child.url ?? '',
      processes: { api: child.pid, postgres },
      settled: () => Promise.resolve(),
    })
  }
  return [ours, ...alternatives]
}

interface Measurement {
  readonly round: number
  readonly scenario: string
  readonly subject: string
  readonly result: Result
  /** Processor time of each process, µs a command. */
  readonly cpuUs: Readonly<Record<string, number>>
}

const sum = (values: Iterable<number>): number => {
  let total = 0
  for (const value of values) total += value
  return total
}

const measure = async (subjects: readonly Subject[], token: string): Promise<readonly Measurement[]> => {
  const generator = startGenerator()
  const measurements: Measurement[] = []
  const runOne = async (
    subject: Subject,
    scenario: Scenario,
    name: string,
    seconds: number,
  ): Promise<Omit<Measurement, 'round'>> => {
    const { url, request, processes, settled } = subject
    const before = cpuOf(processes)
    const result = await generator.run({ url, token, subject: request, name, ...scenario, seconds })
    await settled()
    const cpu = Object.entries(cpuBetween(before, cpuOf(processes)))
    const cpuUs = Object.fromEntries(cpu.map(([process, us]) => [process, us / Math.max(1, result.count)]))
    return { scenario: nameOf(scenario), subject: subject.name, result, cpuUs }
  }
  /** Unmeasured, for compilers, caches and connections: a fixed amount of work, so that a slow one is not left cold. */
  const warmUp = async (subject: Subject): Promise<void> => {
    const until = performance.now() + warmUpMaxMs
    for (let count = 0, part = 0; count < warmUpRequests && performance.now() < until; part += 1) {
      const scenario = { inFlight: 16, accounts: accountsMax }
      const { result } = await runOne(subject, scenario, `warm-${part}-${subject.name}`, 1)
      count += result.count
    }
  }
  try {
    for (const subject of subjects) await warmUp(subject)
    for (let round = 0; round < options.rounds; round += 1) {
      for (const scenario of options.scenarios) {
        for (let turn = 0; turn < subjects.length; turn += 1) {
          // Each round begins with another one, so that none always comes after the same neighbour.
          const subject = subjects[(turn + round) % subjects.length]
          if (subject === undefined) continue
          const name = `r${round}-${nameOf(scenario)}-${subject.name}`
          const measurement = await runOne(subject, scenario, name, options.seconds)
          measurements.push({ ...measurement, round })
          const rate = Math.round(measurement.result.count / measurement.result.seconds)
          say(`round ${round + 1}/${options.rounds} ${nameOf(scenario).padEnd(8)} ${subject.name.padEnd(14)} ${rate}/s`)
        }
      }
    }
    return measurements
  } finally {
    generator.stop()
  }
}

interface Row {
  readonly scenario: string
  readonly subject: string
  readonly perSecond: number
  readonly spread: string
  readonly p50Ms: number
  readonly p99Ms: number
  readonly cpuUs: number
  readonly cpuParts: Readonly<Record<string, number>>
  readonly generatorUs: number
  readonly refused: number
}

const summarise = (measurements: readonly Measurement[]): readonly Row[] => {
  const names = [...new Set(measurements.map(({ scenario, subject }) => `${scenario} ${subject}`))]
  return names.flatMap((name) => {
    const group = measurements.filter(({ scenario, subject }) => `${scenario} ${subject}` === name)
    const [first] = group
    if (first === undefined) return []
    const rates = group.map(({ result }) => result.count / result.seconds)
    const parts = Object.keys(first.cpuUs).map((part): [string, number] => [
      part,
      median(group.map(({ cpuUs }) => cpuUs[part] ?? 0)),
    ])
    return [
      {
        scenario: first.scenario,
        subject: first.subject,
        perSecond: median(rates),
        spread: spread(rates),
        p50Ms: median(group.map(({ result }) => result.p50Ms)),
        p99Ms: median(group.map(({ result }) => result.p99Ms)),
        cpuUs: median(group.map(({ cpuUs }) => sum(Object.values(cpuUs)))),
        cpuParts: Object.fromEntries(parts),
        generatorUs: median(group.map(({ result }) => result.cpuUs / Math.max(1, result.count))),
        refused: sum(group.flatMap(({ result }) => Object.values(result.refused))),
      },
    ]
  })
}

/** Ours divided by theirs in the same round, so that what disturbs the machine disturbs both. */
interface Comparison {
  readonly scenario: string
  readonly subject: string
  readonly perSecond: readonly number[]
  readonly p50: readonly number[]
  readonly p99: readonly number[]
  readonly cpu: readonly number[]
}

const rateOf = ({ result }: Measurement): number => result.count / result.seconds
const cpuSumOf = ({ cpuUs }: Measurement): number => sum(Object.values(cpuUs))

const compare = (measurements: readonly Measurement[]): readonly Comparison[] => {
  const ours = measurements.filter(({ subject }) => subject === 'registru')
  return options.scenarios.flatMap((scenario) =>
    options.beside
      .filter((subject) => subject !== FLOOR)
      .map((subject) => {
        const theirs = measurements.filter((one) => one.scenario === nameOf(scenario) && one.subject === subject)
        const divide = (value: (measurement: Measurement) => number): readonly number[] =>
          theirs.flatMap((their) => {
            const own = ours.find((one) => one.scenario === their.scenario && one.round === their.round)
            // A subject that answered nothing in a round has nothing to be compared with.
            return own === undefined || value(their) === 0 ? [] : [value(own) / value(their)]
          })
        return {
          scenario: nameOf(scenario),
          subject,
          perSecond: divide(rateOf),
          p50: divide(({ result }) => result.p50Ms),
          p99: divide(({ result }) => result.p99Ms),
          cpu: divide(cpuSumOf),
        }
      }),
  )
}

const ratio = (value: number, base: number | undefined): string =>
  base === undefined || base === 0 ? '' : (value / base).toFixed(2)

const printComparisons = (comparisons: readonly Comparison[]): void => {
  const head = ['', 'ours ÷', 'commands/s', 'p50', 'p99', 'cpu']
  const table = new Table({ head, style: { head: [], border: [] } })
  const cell = (ratios: readonly number[]): string =>
    ratios.length === 0 ? '' : `${median(ratios).toFixed(2)} (${spread(ratios, 2)})`
  for (const { scenario, subject, perSecond, p50, p99, cpu } of comparisons) {
    table.push([scenario, subject, cell(perSecond), cell(p50), cell(p99), cell(cpu)])
  }
  console.log(table.toString())
}

const print = (rows: readonly Row[]): void => {
  const head = [
    '',
    'subject',
    'commands/s',
    'min–max',
    '× plain',
    'p50 ms',
    'p99 ms',
    'p99 × plain',
    'cpu µs',
    '× plain',
    'of which',
    'refused',
  ]
  const colAligns: ('left' | 'right')[] = [
    'left',
    'left',
    'right',
    'right',
    'right',
    'right',
    'right',
    'right',
    'right',
    'right',
    'left',
    'right',
  ]
  const table = new Table({ head, colAligns, style: { head: [], border: [] } })
  for (const row of rows) {
    const plain = rows.find(({ scenario, subject }) => scenario === row.scenario && subject === 'plain-route')
    const parts = Object.entries(row.cpuParts).map(([part, us]) => `${part} ${us.toFixed(0)}`)
    table.push([
      row.scenario,
      row.subject,
      row.perSecond.toFixed(0),
      row.spread,
      ratio(row.perSecond, plain?.perSecond),
      row.p50Ms.toFixed(2),
      row.p99Ms.toFixed(2),
      ratio(row.p99Ms, plain?.p99Ms),
      row.cpuUs.toFixed(0),
      ratio(row.cpuUs, plain?.cpuUs),
      parts.join(', '),
      row.refused,
    ])
  }
  console.log(table.toString())
  console.log(
    `Medians of ${options.rounds} rounds of ${options.seconds} s, subjects in turn; one PostgreSQL, fsync on, no log line a request.\n` +
      'cpu: processor time of all processes of the subject, a command, projector included; the generator comes on top.\n' +
      'ours ÷: median (smallest–largest) of the quotients of one round, our number over theirs.\n' +
      'plain-route, one-statement and hello-world keep no history, no idempotency and no statement; same-work keeps them in SQL;\n' +
      'emmett keeps the history and the balance of the invoice, no idempotency and no statement.',
  )
}

const system = await startTemporarySystem(say)
const pool = createPool({
  url: system.run.databaseUrl,
  connectionsMax: 1,
  applicationName: 'bench',
  onIdleError: () => undefined,
})
try {
  say(`filling ${accountsMax} accounts …`)
  await fillLedger(system)
  const measurements = await measure(await startSubjects(system, pool), system.run.token)
  const rows = summarise(measurements)
  const comparisons = compare(measurements)
  if (options.json === true) {
    console.log(JSON.stringify({ node: process.version, ...options, rows, comparisons }, undefined, 2))
  } else {
    print(rows)
    printComparisons(comparisons)
  }
} finally {
  await pool.end()
  await system.stop()
}
