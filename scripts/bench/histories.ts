/** Many short random histories: read models, their ties, the auditor and a naive fold of the events held against each other. */
import { fork } from 'node:child_process'
import { join } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { LotHeld, type Share } from './proof/lot-messages.ts'

const positive = (text: string): number => {
  const value = Number(text)
  if (Number.isInteger(value) && value > 0) return value
  throw new InvalidArgumentError('Expected a whole number above zero.')
}

const program = new Command('npm run bench histories --')
  .description(
    'Plays random histories as the domain decides them, a company each; projects them lot by lot into a throw-away PostgreSQL,\n' +
      'in batches of random sizes; then holds (a) every row of every tie against its other side, (b) every cell of every read\n' +
      'model against the auditor, who tells the events again by code of his own and holds them to the rules of the ledger,\n' +
      '(c) three books at a random pair of clocks of each history against a naive fold. Prints what was played, the seed, and\n' +
      'how to repeat a finding. Exit code 1 if there is one. Leaves nothing behind.',
  )
  .option('--count <n>', 'histories', positive, 20_000)
  .option('--events <n>', 'events of each, about', positive, 20)
  .option('--lot <n>', 'histories in one database', positive, 500)
  .option('--processes <n>', 'at once, each with a PostgreSQL of its own', positive, 2)
  .option('--from <n>', 'number of the first history', positive, 1)
  .option('--print', 'every event as it is stored')
  .option('--seed <text>', 'repeats the histories of another run')
  .parse()
interface Options extends Omit<Share, 'seed' | 'print'> {
  readonly processes: number
  readonly print?: true
  readonly seed?: string
}
const options = program.opts<Options>()
const { count, events, lot, from, print = false, seed = `${Date.now() % 1_000_000_007}` } = options
const FINDINGS_SHOWN = 20

const total = { histories: 0, events: 0, tied: 0, compared: 0, sums: 0, findings: 0 }
const types = new Map<string, number>()
const startedAt = performance.now()
const seconds = (): string => ((performance.now() - startedAt) / 1_000).toFixed(0)

const show = (finding: string): void => {
  total.findings += 1
  if (total.findings > FINDINGS_SHOWN) return
  const number = /history-(\d+)/.exec(finding)?.[1]
  const again = `npm run bench histories -- --seed ${seed} --events ${events} --from ${number} --count 1 --print`
  console.log(`FINDING ${finding}${number === undefined ? '' : `\n  ${again}`}`)
}

const note = (held: LotHeld): void => {
  total.histories += held.histories
  for (const sum of ['tied', 'compared', 'sums'] as const) total[sum] += held[sum]
  for (const [type, times] of Object.entries(held.types)) {
    total.events += times
    types.set(type, (types.get(type) ?? 0) + times)
  }
  held.findings.forEach(show)
  const done = `${total.histories}/${count} histories, ${total.events} events, ${total.findings} findings`
  console.error(`${done}; ${seconds()} s`)
}

/** Fulfilled when the whole share is held; a share that ends otherwise ends the run. */
const holdShare = (share: Share): Promise<void> =>
  new Promise((resolve, reject) => {
    const child = fork(join(import.meta.dirname, 'proof/short-histories.js'))
    child.on('message', (message) => note(LotHeld.parse(message)))
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`a process ended with ${code}`))))
    child.send(share)
  })

console.log(`seed ${seed}`)
const perProcess = Math.ceil(count / options.processes)
const shares: Promise<void>[] = []
for (let first = 0; first < count; first += perProcess) {
  shares.push(holdShare({ seed, from: from + first, count: Math.min(perProcess, count - first), events, lot, print }))
}
await Promise.all(shares)

const played = [...types].toSorted(([, a], [, b]) => b - a).map(([type, times]) => `${type} ${times}`)
console.log(played.join(', '))
console.log(
  `${total.histories} histories of ${total.events} events: ${total.tied} rows tied, ${total.compared} cells and rules audited, ` +
    `${total.sums} sums at pairs of clocks; ${seconds()} s`,
)
console.log(total.findings === 0 ? 'nothing found' : `${total.findings} findings; seed ${seed}`)
process.exitCode = total.findings === 0 ? 0 : 1
