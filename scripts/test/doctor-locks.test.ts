import { setTimeout as sleep } from 'node:timers/promises'
import { createPool } from '@registru/runtime'
import { createTestDatabase } from '@registru/runtime/testing'
import t from 'tap'
import { type Diagnosis, examine } from '../src/doctor/diagnosis.ts'
import { examineLocks } from '../src/doctor/locks.ts'

t.test('names who holds up a process of the ledger', async (t) => {
  const url = await createTestDatabase(t)
  const sessionOf = async (applicationName: string) => {
    const pool = createPool({ url, connectionsMax: 1, applicationName, onIdleError: () => undefined })
    t.teardown(() => pool.end())
    return pool.connect()
  }
  const [stranger, projector, doctor] = [
    await sessionOf('a report'),
    await sessionOf('registru projector'),
    await sessionOf('registru doctor'),
  ]
  const look = async (): Promise<readonly Diagnosis[]> => {
    const diagnoses: Diagnosis[] = []
    await examineLocks(examine('postgres', diagnoses), doctor)
    return diagnoses
  }
  t.match(await look(), [{ health: 'ok' }])

  await stranger.query('create table wanted (n integer)')
  await stranger.query('begin')
  await stranger.query('lock table wanted')
  const waiting = projector.query('select from wanted')
  for (let found = await look(); found[0]?.health === 'ok'; found = await look()) await sleep(20)
  t.match(await look(), [
    { health: 'wrong', found: /registru projector waits for a lock of a report of \w+ \(process \d+\)/ },
  ])
  await stranger.query('rollback')
  await waiting

  await stranger.query('select pg_advisory_lock(7305170542011482), pg_advisory_lock(5)')
  await projector.query('select pg_advisory_lock(7310002)')
  const held = await look()
  t.match(held, [
    { health: 'wrong', found: /the lock of the event store is held by a report/, advice: /pg_terminate_backend/ },
  ])
  t.equal(held.length, 1, 'what a process of ours holds, and what is nothing to us, is well')
  for (const client of [stranger, projector, doctor]) client.release(true)
})
