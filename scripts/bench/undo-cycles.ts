/** Everything that can be undone is done and undone, crosswise, in three currencies; nothing may be left of it. */
import { Command, InvalidArgumentError } from 'commander'
import { ACTS } from './proof/undo-acts.ts'
import { playUndoCycles } from './proof/undo-cycles.ts'
import { CURRENCIES } from './proof/undo-steps.ts'

const positive = (text: string): number => {
  const value = Number(text)
  if (Number.isInteger(value) && value > 0) return value
  throw new InvalidArgumentError('Expected a whole number above zero.')
}

const program = new Command('npm run bench undo-cycles --')
  .description(
    'A cycle does one thing of every kind that can be undone, on random days, and undoes all of it in another order. Then\n' +
      'postings, VAT, what is open by due day, statements, cash, collections and values in lei have to be what they were, to\n' +
      'the ban, in the end and on the day before; and what the read models say has to be what the auditor makes of the events.\n' +
      'Needs no stores. Exit code 1 if anything was found.',
  )
  .option('--cycles <n>', 'how many', positive, 1_000)
  .option('--seed <text>', 'repeats another run; a finding names the seed of its own ten cycles')
  .parse()
const { cycles, seed = `${Date.now() % 1_000_000_007}` } = program.opts<{ cycles: number; seed?: string }>()
const FINDINGS_SHOWN = 20

console.log(`seed ${seed}`)
const startedAt = performance.now()
const seconds = (): string => ((performance.now() - startedAt) / 1_000).toFixed(0)
let findings = 0
const find = (what: string): void => {
  findings += 1
  // The events of the first one are enough to begin with.
  if (findings <= FINDINGS_SHOWN) console.log(`FINDING ${findings === 1 ? what : what.split('\n', 1)[0]}`)
}
const { undone, events } = await playUndoCycles({ seed, cycles }, find, (done, written) =>
  console.error(`${done}/${cycles} cycles, ${written} events, ${findings} findings; ${seconds()} s`),
)
for (const name of Object.keys(ACTS)) {
  const counts = CURRENCIES.map((currency) => `${currency} ${undone.get(`${name} ${currency}`) ?? 0}`)
  console.log(`${name.padEnd(16)} ${counts.join('  ')}`)
}
const outcome = findings === 0 ? 'nothing is left of them' : `${findings} findings`
console.log(`${cycles} cycles of ${events} events, ${seconds()} s: ${outcome}; seed ${seed}`)
process.exitCode = findings === 0 ? 0 : 1
