import fc from 'fast-check'
import { t as file, type Test } from 'tap'

const RUNS = 200
const RUNS_LONG = 10_000

/**
 * Checks a property over random data. `LONG=1` runs it 10,000 times, `SEED=…` repeats a run; the seed is printed, and
 * fast-check names the smallest counterexample.
 * @returns how many runs there were
 */
export const holds = async <Values>(t: Test, property: fc.IAsyncProperty<Values>): Promise<number> => {
  // Ten thousand histories take longer than tap's half minute, for the test and for its file.
  t.setTimeout(0)
  file.setTimeout(0)
  const seed = Number(process.env['SEED'] ?? Date.now() % 2_147_483_647)
  const numRuns = process.env['LONG'] === undefined ? RUNS : RUNS_LONG
  t.comment(`seed ${seed}, ${numRuns} runs`)
  await fc.assert(property, { seed, numRuns })
  t.pass(`${numRuns} runs`)
  return numRuns
}
