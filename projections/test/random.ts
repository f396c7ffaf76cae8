import fc from 'fast-check'
import type { Test } from 'tap'

/**
 * Checks a property over random data. `LONG=1` runs fifty times as many, `SEED=…` repeats a run; the seed is printed, and
 * fast-check names the smallest counterexample.
 */
export const holds = async <Values>(
  t: Test,
  property: fc.IAsyncProperty<Values> | fc.IProperty<Values>,
  runs: number,
): Promise<void> => {
  // The long runs take longer than tap's half minute.
  t.setTimeout(0)
  const seed = Number(process.env['SEED'] ?? Date.now() % 2_147_483_647)
  const numRuns = process.env['LONG'] === undefined ? runs : runs * 50
  t.comment(`seed ${seed}, ${numRuns} runs`)
  await fc.assert(property, { seed, numRuns })
  t.pass(`${numRuns} runs`)
}
