import { setTimeout as sleep } from 'node:timers/promises'
import { positionOf } from '@registru/domain'
import { registerClient, registerCompany } from '@registru/domain/examples'
import { StoreUnavailable } from '@registru/event-store'
import t from 'tap'
import { keptInPostgres } from '../src/problems/kept-generation.ts'
import { createGenerations, PositionLost } from '../src/problems/wire-position.ts'
import { createApi, startStores } from './api.ts'

t.setTimeout(120_000)

const isAway = (): never => {
  throw new StoreUnavailable('away')
}
const away = { readStream: isAway, readAll: isAway }

t.test('a process that starts while the event store is away', async (t) => {
  const { store, pool } = await startStores(t)
  const kept = keptInPostgres(pool)
  await t.rejects(createGenerations(away, kept).present(), { name: 'StoreUnavailable' }, 'nobody has ever known')

  const api = await createApi(store, pool)
  await createGenerations(store, kept).present()
  t.equal(await kept.find(), undefined, 'an empty log may still be imported into')
  await api.must('RegisterCompany', registerCompany())
  await api.must('RegisterClient', registerClient())
  t.equal(await createGenerations(store, kept).present(), 0)
  while ((await kept.find()) === undefined) await sleep(20)

  const alone = createGenerations(away, kept)
  t.equal(await alone.present(), 0, 'knows what another process has kept')
  t.equal(await alone.locate({ generation: 0, position: positionOf(7n) }), 7n)
  await kept.keep(2)
  t.equal(await alone.present(), 2)
  await t.rejects(
    alone.locate({ generation: 1, position: positionOf(7n) }),
    { name: 'StoreUnavailable' },
    'the log has to tell',
  )
  await t.rejects(createGenerations(store, kept).locate({ generation: 1, position: positionOf(7n) }), PositionLost)
})
