/** What was known at a position is what the read models said when they had come as far. */
import { deepStrictEqual } from 'node:assert'
import { addDays, BEFORE_THE_LOG, type LedgerEvent, type Position } from '@registru/domain'
import { createDatabase, createPool } from '@registru/runtime'
import { createTestDatabase } from '@registru/runtime/testing'
import fc from 'fast-check'
import t from 'tap'
import { cashCeilings } from '../cash-ceilings/projection.ts'
import { cashDesksProjection } from '../cash-desks/projection.ts'
import { collectionsProjection } from '../collections/projection.ts'
import {
  type Account,
  DESKLESS,
  ensureSchemas,
  findAccountTotals,
  findCashDay,
  findCashTotals,
  findExigibleTotals,
  findSalesTotals,
  listCashDays,
  listCashDesks,
  listCashPayers,
  listCollections,
  listDailySales,
  listDeferredVat,
  listExigibleVat,
  listRecoveries,
  listVatEntries,
  openPostgresWriter,
  type ReadHandle,
  schemaOf,
} from '../index.ts'
import { MONEY_ACCOUNTS } from '../journal/accounts.ts'
import { journal } from '../journal/projection.ts'
import { receivablesAging } from '../receivables-aging/projection.ts'
import { vatOnCollection } from '../vat-on-collection/projection.ts'
import { playHistory, stepsArbitrary } from './histories.ts'
import { holds } from './random.ts'

t.setTimeout(120_000)

const projections = [
  journal,
  vatOnCollection,
  cashDesksProjection,
  collectionsProjection,
  cashCeilings,
  receivablesAging,
]
const url = await createTestDatabase(t)
const pool = createPool({ url, connectionsMax: 2, applicationName: 'reports.test', onIdleError: () => undefined })
const db: ReadHandle = createDatabase<unknown>(pool)
t.teardown(() => db.destroy())
const setUp = await pool.connect()
await ensureSchemas(setUp, projections)
setUp.release()

const projectAfresh = async (events: readonly LedgerEvent[]): Promise<void> => {
  for (const projection of projections) {
    const tables = projection.tables.map((table) => `${schemaOf(projection)}.${table.name}`)
    await pool.query(`truncate ${tables.join(', ')}; update ${schemaOf(projection)}.checkpoint set position = -1`)
  }
  const client = await pool.connect()
  try {
    const writer = await openPostgresWriter({ client, projections })
    await writer.apply(events, { position: events.at(-1)?.position ?? BEFORE_THE_LOG, storeId: 'test' })
  } finally {
    client.release(true)
  }
}

const FIRST_DAY = '2026-08-25'
const DAYS = 120

/** Everything that these read models answer for one company. */
const answers = async (asOf: string, knownAt: Position | undefined) => {
  const companyId = 'amc'
  const question = { companyId, asOf, knownAt, from: FIRST_DAY, to: asOf }
  const desk = { companyId, deskId: DESKLESS, currency: 'RON', knownAt }
  return {
    exigible: await listExigibleVat(db, question),
    entries: (await listVatEntries(db, { ...question, limit: 500 })).items,
    deferred: await listDeferredVat(db, question),
    desks: await listCashDesks(db, question),
    days: await listCashDays(db, { ...desk, from: FIRST_DAY, to: asOf }),
    day: await findCashDay(db, { ...desk, day: asOf }),
    payers: await listCashPayers(db, { companyId, day: asOf, knownAt }),
    collected: await listCollections(db, { ...question, by: 'week' }),
    sold: await listDailySales(db, question),
    recoveries: await listRecoveries(db, question),
  }
}

const sumsOf = <Row extends { readonly currency: string }>(rows: readonly Row[], minorOf: (row: Row) => bigint) => {
  const sums = new Map<string, bigint>()
  for (const row of rows) sums.set(row.currency, (sums.get(row.currency) ?? 0n) + minorOf(row))
  return withoutZeros(sums)
}
const withoutZeros = (sums: ReadonlyMap<string, bigint>) => new Map([...sums].filter(([, minor]) => minor !== 0n))

/** What the certificates of these answers hold against each other. */
const agree = async (asOf: string, knownAt: Position | undefined): Promise<void> => {
  const companyId = 'amc'
  const question = { companyId, asOf, knownAt, from: addDays(asOf, -40), to: asOf }
  const journalOf = async (accounts: readonly Account[], from?: string) =>
    withoutZeros(
      await findAccountTotals(db, { companyId, accounts, to: asOf, knownAt, ...(from !== undefined && { from }) }),
    )
  deepStrictEqual(
    sumsOf(
      await listCollections(db, { ...question, by: 'day' }),
      (row) => row.collectedMinor - row.reversedMinor - row.refundedMinor,
    ),
    await journalOf(MONEY_ACCOUNTS, question.from),
  )
  deepStrictEqual(
    sumsOf(await listDailySales(db, question), (row) => row.soldMinor),
    withoutZeros(await findSalesTotals(db, question)),
  )
  deepStrictEqual(
    sumsOf(await listExigibleVat(db, question), (row) => row.vatMinor),
    withoutZeros(await findExigibleTotals(db, question)),
  )
  deepStrictEqual(
    sumsOf(await listDeferredVat(db, question), (row) => -row.deferredMinor),
    await journalOf(['VAT_DEFERRED']),
  )
  const cash = await journalOf(['CASH'])
  deepStrictEqual(withoutZeros(await findCashTotals(db, question)), cash)
  const desks = (await listCashDesks(db, question)).flatMap(({ balances }) => balances)
  deepStrictEqual(
    sumsOf(desks, (balance) => balance.balanceMinor - balance.openedWithMinor),
    cash,
  )
}

t.test('over random histories, at random clocks', (t) =>
  holds(
    t,
    fc.asyncProperty(
      stepsArbitrary(60, 20),
      fc.array(fc.tuple(fc.nat({ max: 1_000 }), fc.nat({ max: DAYS })), { minLength: 3, maxLength: 3 }),
      async (steps, clocks) => {
        const events = playHistory(steps)
        const questions = clocks.map(([place, days]) => {
          const prefix = events.slice(0, 1 + (place % events.length))
          return { prefix, asOf: addDays(FIRST_DAY, days), knownAt: prefix.at(-1)?.position }
        })
        await projectAfresh(events)
        const later = []
        for (const { asOf, knownAt } of questions) {
          later.push(await answers(asOf, knownAt))
          await agree(asOf, knownAt)
        }
        for (const [index, { prefix, asOf }] of questions.entries()) {
          await projectAfresh(prefix)
          deepStrictEqual(later[index], await answers(asOf, undefined), `as of ${asOf} after ${prefix.length} events`)
        }
      },
    ),
    5,
  ),
)
