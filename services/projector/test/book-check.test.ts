/** A row that was changed by hand is found by the check that goes round, named, and forgotten when it is mended. */

import { setTimeout as sleep } from 'node:timers/promises'
import { BEFORE_THE_LOG } from '@registru/domain'
import { clientRegistered, invoiceRegistered, paymentAllocated, paymentRecorded } from '@registru/domain/examples'
import {
  allProjections,
  allTies,
  countFindings,
  ensureSchemas,
  listCheckedTies,
  listFindings,
  openPostgresWriter,
  type ReadHandle,
} from '@registru/projections'
import { createDatabase, createLogger, createPool } from '@registru/runtime'
import { createTestDatabase } from '@registru/runtime/testing'
import t from 'tap'
import { startBookCheck } from '../src/book-check.ts'
import { placed } from './placed.ts'

t.setTimeout(120_000)

const url = await createTestDatabase(t)
const pool = createPool({ url, connectionsMax: 6, applicationName: 'check.test', onIdleError: () => undefined })
const db: ReadHandle = createDatabase<unknown>(pool)
t.teardown(() => db.destroy())
const client = await pool.connect()
await ensureSchemas(client, allProjections)
const writer = await openPostgresWriter({ client, projections: allProjections })
const events = placed([clientRegistered(), invoiceRegistered(), paymentRecorded(), paymentAllocated()])
await writer.apply(events, { position: events.at(-1)?.position ?? BEFORE_THE_LOG, storeId: 'test' })
client.release()

const logger = createLogger({ name: 'check', level: 'silent' })
const TICK_MS = 2

const until = async (what: string, holds: () => Promise<boolean>): Promise<void> => {
  for (const end = performance.now() + 60_000; performance.now() < end; await sleep(20)) if (await holds()) return
  throw new Error(`Waited in vain: ${what}`)
}
/** Every tie was gone through after this was asked. */
const wholeRound = async (): Promise<void> => {
  const { rows } = await pool.query<{ now: Date }>('select clock_timestamp() as now')
  await until('a whole round', async () => {
    const found = await pool.query('select from read.checked_ties where checked_at > $1', [rows[0]?.now])
    return found.rowCount === allTies.length
  })
}

t.test('finds what is changed, and forgets what is mended', async (t) => {
  const check = startBookCheck({ pool, logger, tickMs: TICK_MS })
  t.teardown(() => check.stop())
  await wholeRound()
  t.same(await listFindings(db, 10), [], 'nothing differs')
  t.equal((await listCheckedTies(db)).length, allTies.length, 'and every table was looked at')

  await pool.query('update read.payments set amount_minor = amount_minor + 1')
  await wholeRound()
  t.match(
    (await listFindings(db, 10)).filter(({ tie }) => tie === 'payments'),
    [
      {
        tie: 'payments',
        companyId: 'amc',
        currency: 'RON',
        place: { clientId: 'alfa', paymentId: 'pay-1' },
        amountsMinor: { amount: 150_001n, openItem: 150_000n, journal: 150_000n },
      },
    ],
    'the row is named, with what each book says',
  )

  await pool.query('update read.payments set amount_minor = amount_minor - 1')
  await wholeRound()
  await wholeRound()
  t.equal(await countFindings(db), 0, 'forgotten')
})

t.test('one process checks at a time, and another goes on when it stops', async (t) => {
  const first = startBookCheck({ pool, logger, tickMs: TICK_MS })
  await wholeRound()
  const second = startBookCheck({ pool, logger, tickMs: TICK_MS })
  t.teardown(() => second.stop())
  const { rows } = await pool.query<{ count: bigint }>(
    "select count(*) from pg_locks where locktype = 'advisory' and granted and objid = 7310006",
  )
  t.equal(rows[0]?.count, 1n)
  await first.stop()
  await wholeRound()
})
