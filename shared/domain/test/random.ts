import fc from 'fast-check'
import { t as file, type Test } from 'tap'

const RUNS = 200
const RUNS_LONG = 10_000
const asked = process.env['RUNS']

/**
 * Checks a property over random data. `LONG=1` runs it 10,000 times, `RUNS=…` as often as it says, `SEED=…` repeats a run;
 * the seed is printed, and fast-check names the smallest counterexample, with `SHRINK=off` the first one.
 */
export const holds = <Values extends readonly unknown[]>(
  t: Test,
  property: fc.IProperty<Values>,
  runs: number = process.env['LONG'] === undefined ? RUNS : RUNS_LONG,
): void => {
  const numRuns = asked === undefined ? runs : Number(asked)
  // Ten thousand histories take longer than tap's half minute, for the test and for its file.
  t.setTimeout(0)
  file.setTimeout(0)
  const seed = Number(process.env['SEED'] ?? Date.now() % 2_147_483_647)
  t.comment(`seed ${seed}, ${numRuns} runs`)
  fc.assert(property, { seed, numRuns, endOnFailure: process.env['SHRINK'] === 'off' })
  t.pass(`${numRuns} runs`)
}
