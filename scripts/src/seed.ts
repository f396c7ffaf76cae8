/** Fills a running system with a believable year of a small Romanian service firm, through the API alone. */
import { createWriteStream, openSync, type WriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import { SingleBar } from 'cli-progress'
import Table from 'cli-table3'
import { Command, InvalidArgumentError } from 'commander'
import { colors } from './colors.ts'
import { fileProblem, sayFileProblem } from './file-problem.ts'
import { type CommandAnswer, type Endpoint, sendCommand } from './ledger-client.ts'
import { homeFolder, readRunFile } from './run-file.ts'
import { planFirm, type Step } from './seed/firm.ts'
import { openHistory } from './seed/history.ts'
import { runInLanes } from './seed/lanes.ts'
import { sittingsOf } from './seed/weeks.ts'

const wholeNumber =
  (max: number) =>
  (text: string): number => {
    const value = Number(text)
    if (Number.isInteger(value) && value >= 1 && value <= max) return value
    throw new InvalidArgumentError(`Expected a whole number from 1 to ${max}.`)
  }

const program = new Command('npm run seed --')
  .description(
    'Fills a running system with a believable year of a small Romanian service firm: 40 clients, 600 invoices, payments, ' +
      'receipts. The same options give the same ledger; running again sends the same keys and changes nothing. In an empty ledger ' +
      'of `npm start` each week is known from the Tuesday after it, so that `knownAt` has something to tell.',
  )
  .option('--seed <text>', 'another text, another firm', '1')
  .option('--scale <n>', 'branches of the firm; each has 40 clients and 600 invoices', wholeNumber(1_000), 1)
  .option('--company <id>', 'the company to fill; it should be empty', 'demo')
  .option('--concurrency <n>', 'commands in flight', wholeNumber(256), 16)
  .option('--patience <minutes>', 'how long one command is tried while the system is away', wholeNumber(1_440), 10)
  .option('--journal <file>', 'append a line of JSON for every acknowledged command (for registru audit)')
  .parse()

const { seed, scale, company, concurrency, patience, journal } = program.opts<{
  seed: string
  scale: number
  company: string
  concurrency: number
  patience: number
  journal?: string
}>()

const home = homeFolder(process.env)
/** While the system restarts there is no run file; what was there is the best guess. */
let lastKnown: Endpoint | undefined = readRunFile(home)
const endpoint = (): Endpoint | undefined => (lastKnown = readRunFile(home) ?? lastKnown)

if (lastKnown === undefined) {
  console.error('Nothing is running here. Start it with `npm start`, then seed from another terminal.')
  process.exit(1)
}

const plan = planFirm({ seed, scale })
const receiptNumbers = new Map<string, number>()
const counts = { written: 0, repeated: 0, retries: 0 }
const byCommand = new Map<string, number>()

const bar = new SingleBar({
  format: `{bar} {value}/{total} commands, {retries} retries, {eta} s left`,
  noTTYOutput: true,
  notTTYSchedule: 5_000,
  hideCursor: true,
})

/** Opened before anything is sent: what is acknowledged has to be kept. */
const openJournal = (file: string): WriteStream => {
  try {
    const stream = createWriteStream(file, { fd: openSync(file, 'a') })
    return stream.on('error', (error) => {
      console.error(sayFileProblem(fileProblem(error) ?? { path: file, reason: error.message }))
      process.kill(process.pid, 'SIGTERM')
    })
  } catch (error) {
    const problem = fileProblem(error)
    if (problem === undefined) throw error
    console.error(sayFileProblem(problem))
    process.exit(1)
  }
}

const acknowledged = journal === undefined ? undefined : openJournal(journal)
const remember = (step: Step, { commandId, stream, revision, events }: CommandAnswer): void => {
  const line = {
    key: step.key,
    companyId: company,
    commandId,
    stream,
    revision,
    eventIds: events.map(({ eventId }) => eventId),
  }
  acknowledged?.write(`${JSON.stringify(line)}\n`)
}

const carryOut = async (step: Step): Promise<void> => {
  const { answer, replayed } = await sendCommand(step.command, `seed-${seed}-${step.key}`, step.body(receiptNumbers), {
    endpoint,
    companyId: company,
    patienceMs: patience * 60_000,
    onRetry: () => {
      counts.retries += 1
    },
  })
  remember(step, answer)
  const { paymentId, receipt } = answer.result
  if (typeof paymentId === 'string' && receipt !== undefined) receiptNumbers.set(paymentId, receipt.number)
  counts[replayed ? 'repeated' : 'written'] += 1
  byCommand.set(step.command, (byCommand.get(step.command) ?? 0) + 1)
  bar.increment(1, { retries: counts.retries })
}

const summary = (seconds: number): string => {
  const table = new Table({
    head: ['command', 'accepted'],
    colAligns: ['left', 'right'],
    style: { head: [], border: [] },
  })
  for (const [command, count] of [...byCommand].toSorted(([a], [b]) => (a < b ? -1 : 1))) table.push([command, count])
  const rate = Math.round(plan.length / seconds)
  const { written, repeated, retries } = counts
  const totals = `${written} written, ${repeated} had been written before, ${retries} retries; ${seconds.toFixed(1)} s, ${rate} commands/s`
  return `${table.toString()}\n${totals}`
}

const whatNext = ({ apiUrl, token }: Endpoint): string => {
  const base = `${apiUrl}/v1/companies/${company}`
  const client = plan.find(({ command }) => command === 'UpdateClient')?.lanes[0]?.replace('account ', '') ?? ''
  return [
    'Look at it, for example:',
    `  export AUTH='Authorization: Bearer ${token}'`,
    `  curl -sH "$AUTH" '${base}/receivables/aging?buckets=0,30,60,90'`,
    `  curl -sH "$AUTH" '${base}/clients/${client}/statement?from=2026-09-01&to=2026-11-30'`,
    `  curl -sH "$AUTH" '${base}/receipts?series=AMC-C'`,
    `  ${apiUrl}/docs has the rest; \`npm run registru -- audit\` compares every read model with the events.`,
  ].join('\n')
}

const startedAt = performance.now()
const firstRun = readRunFile(home)
const history = firstRun && (await openHistory(firstRun, () => readRunFile(home)?.eventStoreUrl, patience * 60_000))
if (history === undefined) {
  console.error(
    'Everything is known from today on: only an empty ledger of `npm start` (-- --reset) can be given a past.',
  )
}

/** A past is entered week by week; without one, all lanes run beside each other from the first to the last. */
const enterAll = async (): Promise<void> => {
  if (history === undefined) return runInLanes(plan, concurrency, carryOut)
  try {
    for (const { enteredAt, steps } of sittingsOf(plan, new Date())) {
      await history.set(enteredAt)
      await runInLanes(steps, concurrency, carryOut)
    }
  } finally {
    await history.set(undefined)
  }
}
// A clock left in the past would stamp what others write; the second signal ends it all the same.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void Promise.resolve(history?.set(undefined)).finally(() => process.exit(130))
  })
}

bar.start(plan.length, 0, { retries: 0 })
try {
  await enterAll()
} catch (error) {
  bar.stop()
  console.error(colors.red(error instanceof Error ? error.message : String(error)))
  console.error(`If company ${company} was filled from another seed, choose another --company.`)
  process.exitCode = 1
}
bar.stop()
if (acknowledged !== undefined) {
  acknowledged.end()
  await finished(acknowledged)
}
console.log(summary((performance.now() - startedAt) / 1_000))
if (process.exitCode === undefined) console.log(whatNext(lastKnown))
