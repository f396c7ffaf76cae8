import { setTimeout as sleep } from 'node:timers/promises'
import { type Position, positionOf } from '@registru/domain'
import t from 'tap'
import { createWatch } from '../src/queries/position-watch.ts'
import { ReadModelBehind, ReadSideUnavailable } from '../src/queries/read-errors.ts'

const late = (position: Position, minPosition: Position) => new ReadModelBehind(position, minPosition)

t.test('a thousand wait, and Postgres is asked as often as for one', async (t) => {
  let looks = 0
  let position = positionOf(0n)
  const watch = createWatch(async () => {
    looks += 1
    await sleep(1)
    return position
  }, late)
  const waiting = Array.from({ length: 1_000 }, (_, index) => watch.reach(positionOf(BigInt(1 + (index % 3))), 10_000))
  for (; position < 3n; position = positionOf(position + 1n)) await sleep(30)
  await Promise.all(waiting)
  t.ok(looks < 30, `${looks} looks`)
})

t.test('whoever waits too long is told the lag', async (t) => {
  const watch = createWatch(() => Promise.resolve(positionOf(5n)), late)
  await watch.reach(positionOf(5n), 0)
  const patient = watch.reach(positionOf(6n), 40)
  const error: unknown = await watch.reach(positionOf(7n), 0).catch((reason: unknown) => reason)
  t.match(error, { lag: { position: '5', minPosition: '7' } })
  await t.rejects(patient, ReadModelBehind)
})

t.test('a look that fails fails those who wait, and nobody else', async (t) => {
  let isAway = true
  const watch = createWatch(() => (isAway ? Promise.reject(new Error('away')) : Promise.resolve(positionOf(1n))), late)
  await t.rejects(watch.reach(positionOf(1n), 1_000), /away/)
  isAway = false
  await watch.reach(positionOf(1n), 1_000)
})

t.test('nobody waits beyond the limit for a look that is never answered', async (t) => {
  const watch = createWatch(() => new Promise<Position>(() => undefined), late)
  await t.rejects(watch.reach(positionOf(1n), 20), ReadSideUnavailable)
  await t.rejects(watch.reach(positionOf(1n), 20), ReadSideUnavailable, 'those who come later neither')
})
