import fc from 'fast-check'
import { t as file, type Test } from 'tap'

/** A counterexample over a database shrinks slowly; what is found by then is small enough. Slow machines pass well within it. */
const SHORT = { interruptAfterTimeLimit: 150_000, markInterruptAsFailure: true }

/**
 * Checks a property over random data. `RUNS=…` says how many histories (`LONG=1`: fifty times as many as usual), `SEED=…`
 * repeats a run; the seed is printed, and fast-check names the smallest counterexample, with `SHRINK=off` the first one.
 */
export const holds = async <Values>(
  t: Test,
  property: fc.IAsyncProperty<Values> | fc.IProperty<Values>,
  runs: number,
): Promise<void> => {
  // The long runs take longer than tap's half minute, for the test and for its file.
  t.setTimeout(0)
  file.setTimeout(0)
  const seed = Number(process.env['SEED'] ?? Date.now() % 2_147_483_647)
  const asked = process.env['RUNS']
  const long = asked !== undefined || process.env['LONG'] !== undefined
  const numRuns = asked === undefined ? (long ? runs * 50 : runs) : Number(asked)
  t.comment(`seed ${seed}, ${numRuns} runs`)
  const endOnFailure = process.env['SHRINK'] === 'off'
  await fc.assert(property, { seed, numRuns, endOnFailure, ...(long ? {} : SHORT) })
  t.pass(`${numRuns} runs`)
}
