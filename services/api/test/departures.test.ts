/** Callers who leave: what was asked for them ends, however busy Postgres is. */

import { setTimeout as sleep } from 'node:timers/promises'
import { positionOf } from '@registru/domain'
import { allProjections, ensureSchemas, findTrialBalance, schemaOf, switchReadViews } from '@registru/projections'
import { createPool } from '@registru/runtime'
import { createTestDatabase } from '@registru/runtime/testing'
import t, { type Test } from 'tap'
import { createReadSide } from '../src/queries/read-side.ts'
import { openPool, until } from './api.ts'

t.setTimeout(60_000)
const CONNECTIONS = 3

const setUp = async (t: Test) => {
  const url = await createTestDatabase(t)
  const pool = createPool({
    url,
    connectionsMax: CONNECTIONS,
    applicationName: 'readers',
    onIdleError: () => undefined,
  })
  t.teardown(() => pool.end())
  const client = await pool.connect()
  await ensureSchemas(client, allProjections)
  await switchReadViews(client, allProjections)
  client.release()
  const aside = openPool(t, url)
  return { aside, readSide: createReadSide({ pool, aside }) }
}

t.test('a query ends with its caller, though every connection is busy', async (t) => {
  const { aside, readSide } = await setUp(t)
  const holder = await aside.connect()
  t.teardown(() => Promise.resolve(holder.release(true)))
  await holder.query('begin')
  for (const journal of allProjections.filter(({ name }) => name === 'journal')) {
    for (const table of journal.tables) {
      await holder.query(`lock table ${schemaOf(journal)}.${table.name} in access exclusive mode`)
    }
  }
  const departure = new AbortController()
  const reading = Array.from({ length: CONNECTIONS }, async () => {
    const snapshot = await readSide.open({ maxWaitMs: 0 }, departure.signal)
    try {
      const question = { companyId: 'amc', asOf: '2026-11-24' }
      await readSide.guard(() => findTrialBalance(snapshot.handle, question), departure.signal)
      return 'answered'
    } catch (error) {
      const cause = error instanceof Error ? error.cause : undefined
      return cause instanceof Error && 'code' in cause ? cause.code : error
    } finally {
      await snapshot.close()
    }
  })
  const busy = async (): Promise<true | undefined> => {
    const { rows } = await aside.query<{ count: bigint }>(
      `select count(*) from pg_stat_activity
        where datname = current_database() and application_name = 'readers' and wait_event_type = 'Lock'`,
    )
    return rows[0]?.count === BigInt(CONNECTIONS) ? true : undefined
  }
  await until('every connection is busy', busy)
  const waiting = readSide.open({ maxWaitMs: 0 })
  departure.abort()
  t.strictSame(await Promise.all(reading), ['57014', '57014', '57014'], 'cancelled, not timed out')
  const next = await waiting
  await next.close()
  t.pass('and the next caller has its turn')
})

t.test('who asks for a position, or whether anybody is there, does not wait for reports', async (t) => {
  const { readSide } = await setUp(t)
  const reports = await Promise.all(Array.from({ length: CONNECTIONS }, () => readSide.open({ maxWaitMs: 0 })))
  await readSide.ping(5_000)
  t.equal((await readSide.progress()).position, -1n)
  await t.rejects(readSide.open({ minPosition: positionOf(5n), maxWaitMs: 10 }), { name: 'ReadModelBehind' })
  const late = readSide.open({ maxWaitMs: 0 })
  await t.rejects(late, { name: 'ReadSideUnavailable' }, 'who finds no free connection in time is told so')
  await Promise.all(reports.map(({ close }) => close()))
  await sleep(10)
  await (await readSide.open({ maxWaitMs: 0 })).close()
})
