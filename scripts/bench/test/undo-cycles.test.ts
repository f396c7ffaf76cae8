/** A few cycles of `npm run bench undo-cycles`, whose everyday run they are. */
import t from 'tap'
import { ACTS } from '../proof/undo-acts.ts'
import { playUndoCycles } from '../proof/undo-cycles.ts'
import { CURRENCIES } from '../proof/undo-steps.ts'

const CYCLES = 20

// A busy machine takes longer than tap's half minute.
t.setTimeout(0)

t.test('nothing is left of what was done and undone, crosswise and in three currencies', async (t) => {
  t.setTimeout(0)
  const seed = process.env['SEED'] ?? `${Date.now() % 1_000_000_007}`
  t.comment(`seed ${seed}`)
  const { undone } = await playUndoCycles({ seed, cycles: CYCLES }, (what) => t.fail(what))
  for (const name of Object.keys(ACTS)) {
    const times = CURRENCIES.reduce((sum, currency) => sum + (undone.get(`${name} ${currency}`) ?? 0), 0)
    t.ok(times > 0, `${name} was undone ${times} times`)
  }
})
