import t from 'tap'
import { createPace } from '../src/pace.ts'

t.test('a batch that is stopped at its time-out is tried again in smaller ones', (t) => {
  const pace = createPace()
  const sizes = [pace.eventsMax()]
  while (pace.timedOut() === 'smaller') sizes.push(pace.eventsMax())
  t.strictSame(sizes, [500, 62, 7, 1])
  t.equal(pace.timedOut(), 'stalled', 'until one of them is written')
  for (const larger of [2, 4, 8, 16, 32, 64, 128, 256, 500, 500]) {
    pace.written()
    t.equal(pace.eventsMax(), larger)
  }
  t.equal(pace.timedOut(), 'smaller')
  t.end()
})
