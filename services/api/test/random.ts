import fc from 'fast-check'
import { t as file, type Test } from 'tap'

const RUNS = Number(process.env['RUNS'] ?? 200)
const RUNS_LONG = 10_000

/**
 * Checks a property over random data. `LONG=1` runs it 10,000 times, two hundred (`RUNS=…`) of each seed; `SEED=…` repeats two hundred.
 * The seed is printed as it goes, and fast-check names the smallest counterexample, with `SHRINK=off` the first.
 * @returns how many runs there were
 */
export const holds = async <Values>(t: Test, property: fc.IAsyncProperty<Values>): Promise<number> => {
  // Ten thousand histories take longer than tap's half minute, for the test and for its file.
  t.setTimeout(0)
  file.setTimeout(0)
  const seed = Number(process.env['SEED'] ?? Date.now() % 2_147_483_647)
  const runs = process.env['LONG'] === undefined ? RUNS : RUNS_LONG
  for (let done = 0; done < runs; done += RUNS) {
    t.comment(`seed ${seed + done}, runs ${done + 1} to ${done + RUNS}`)
    await fc.assert(property, { seed: seed + done, numRuns: RUNS, endOnFailure: process.env['SHRINK'] === 'off' })
  }
  t.pass(`${runs} runs`)
  return runs
}
