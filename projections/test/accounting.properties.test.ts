/** Notes, sheets and the trial balance of a period say the same, at whichever clocks, and what was known stays known. */
import { deepStrictEqual } from 'node:assert'
import { addDays, BEFORE_THE_LOG, type LedgerEvent, type Position } from '@registru/domain'
import { createDatabase, createPool } from '@registru/runtime'
import { createTestDatabase } from '@registru/runtime/testing'
import fc from 'fast-check'
import t from 'tap'
import { clientStatements } from '../client-statements/projection.ts'
import { documentsProjection } from '../documents/projection.ts'
import { eventIndexProjection } from '../event-index/projection.ts'
import {
  accountsNamed,
  allAccounts,
  ensureSchemas,
  findPeriodBalance,
  findSheetBalances,
  findTrialBalance,
  type LinePlace,
  listNoteLines,
  listNotes,
  listSheetLines,
  type NotePlace,
  openPostgresWriter,
  type Page,
  type ReadHandle,
  schemaOf,
} from '../index.ts'
import { invoiceBalancesProjection } from '../invoice-balances/projection.ts'
import { journal } from '../journal/projection.ts'
import { parties } from '../parties/projection.ts'
import { paymentsProjection } from '../payments/projection.ts'
import { playHistory, stepsArbitrary } from './histories.ts'
import { holds } from './random.ts'

t.setTimeout(120_000)

const projections = [
  journal,
  eventIndexProjection,
  invoiceBalancesProjection,
  documentsProjection,
  clientStatements,
  paymentsProjection,
  parties,
]
const url = await createTestDatabase(t)
const pool = createPool({ url, connectionsMax: 2, applicationName: 'accounting.test', onIdleError: () => undefined })
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
const PERIOD_DAYS = 45
const companyId = 'amc'
const functionalCurrency = 'RON'

const allPages = async <Item, Place>(
  read: (after: Place | undefined) => Promise<Page<Item, Place>>,
): Promise<readonly Item[]> => {
  const items: Item[] = []
  let place: Place | undefined
  do {
    const page = await read(place)
    items.push(...page.items)
    place = page.next
  } while (place !== undefined)
  return items
}

type Sums = Record<string, readonly [debitMinor: bigint, creditMinor: bigint]>

const addTo = (sums: Sums, key: string, debitMinor: bigint, creditMinor: bigint): void => {
  const [debit, credit] = sums[key] ?? [0n, 0n]
  if (debitMinor !== 0n || creditMinor !== 0n) sums[key] = [debit + debitMinor, credit + creditMinor]
}

const questionAt = (to: string, knownAt: Position | undefined) => ({
  companyId,
  functionalCurrency,
  from: addDays(to, -PERIOD_DAYS),
  to,
  knownAt,
})

/** Everything that is told of the period that ends on a day. */
const told = async (to: string, knownAt: Position | undefined) => {
  const question = questionAt(to, knownAt)
  return {
    notes: (await listNotes(db, { ...question, limit: 500 })).items,
    balance: await findPeriodBalance(db, question),
  }
}

const agree = async (to: string, knownAt: Position | undefined, pageRows: number): Promise<void> => {
  const question = questionAt(to, knownAt)
  const { from } = question
  const { notes, balance } = await told(to, knownAt)
  const isEqual = (equality: 'opening' | 'turnovers' | 'totals' | 'closing'): void => {
    const sums: Sums = {}
    for (const line of balance.lines) addTo(sums, line.currency, line[equality].debitMinor, line[equality].creditMinor)
    for (const [currency, [debit, credit]] of Object.entries(sums))
      deepStrictEqual(debit, credit, `${equality} ${currency}`)
  }
  for (const equality of ['opening', 'turnovers', 'totals', 'closing'] as const) isEqual(equality)
  const balances = async (asOf: string) =>
    (await findTrialBalance(db, { companyId, asOf, knownAt }))
      .filter(({ balanceMinor }) => balanceMinor !== 0n)
      .map(({ account, currency, balanceMinor }) => `${account} ${currency} ${balanceMinor}`)
  for (const [equality, asOf] of [
    ['opening', addDays(from, -1)],
    ['closing', to],
  ] as const) {
    const shown = balance.lines
      .map((line) => ({ ...line, minor: line[equality].debitMinor - line[equality].creditMinor }))
      .filter(({ minor }) => minor !== 0n)
      .map(({ account, currency, minor }) => `${account} ${currency} ${minor}`)
    deepStrictEqual(shown, await balances(asOf), equality)
  }

  const turnovers: Sums = {}
  for (const { account, currency, turnovers: of } of balance.lines)
    addTo(turnovers, `${account} ${currency}`, of.debitMinor, of.creditMinor)
  const posted: Sums = {}
  for (const { debit, credit, currency, amountMinor } of notes.flatMap(({ lines }) => lines)) {
    addTo(posted, `${debit.account} ${currency}`, amountMinor, 0n)
    addTo(posted, `${credit.account} ${currency}`, 0n, amountMinor)
  }
  deepStrictEqual(posted, turnovers, 'notes')

  const sheets: Sums = {}
  for (const account of allAccounts) {
    const asked = { ...question, accounts: accountsNamed(account, { functionalCurrency, on: to }) }
    const lines = await allPages((after: LinePlace | undefined) =>
      listSheetLines(db, { ...asked, after, limit: pageRows }),
    )
    const ends = new Map(await findSheetBalances(db, { ...asked, asOf: addDays(from, -1) }))
    for (const { line } of lines) {
      const { side, correspondence } = line
      const { currency, amountMinor } = correspondence
      const isDebit = side === 'debit'
      addTo(sheets, `${account} ${currency}`, isDebit ? amountMinor : 0n, isDebit ? 0n : amountMinor)
      ends.set(currency, (ends.get(currency) ?? 0n) + (isDebit ? amountMinor : -amountMinor))
    }
    const closings = await findSheetBalances(db, { ...asked, asOf: to })
    for (const [currency, minor] of ends) deepStrictEqual(minor, closings.get(currency) ?? 0n, `${account} ${currency}`)
    const clients = new Map<string, bigint>()
    for (const clientId of ['alfa', 'ion-popescu', 'gama', '']) {
      for (const [currency, minor] of await findSheetBalances(db, { ...asked, clientId, asOf: to })) {
        clients.set(currency, (clients.get(currency) ?? 0n) + minor)
      }
    }
    for (const [currency, minor] of closings) deepStrictEqual(clients.get(currency) ?? 0n, minor, `clients ${account}`)
  }
  deepStrictEqual(sheets, turnovers, 'sheets')

  const paged = await allPages((after: NotePlace | undefined) => listNotes(db, { ...question, after, limit: pageRows }))
  deepStrictEqual(paged, notes, 'notes page by page')
  const lines = await allPages((after: LinePlace | undefined) =>
    listNoteLines(db, { ...question, after, limit: pageRows }, (note) => note.lines),
  )
  deepStrictEqual(
    lines.map(({ line }) => line),
    notes.flatMap((note) => note.lines),
    'lines page by page',
  )
}

t.test('over random histories, at random clocks', (t) =>
  holds(
    t,
    fc.asyncProperty(
      stepsArbitrary(60, 20),
      fc.array(fc.tuple(fc.nat({ max: 1_000 }), fc.nat({ max: DAYS })), { minLength: 2, maxLength: 2 }),
      fc.integer({ min: 1, max: 7 }),
      async (steps, clocks, pageRows) => {
        const events = playHistory(steps)
        const questions = clocks.map(([place, days]) => {
          const prefix = events.slice(0, 1 + (place % events.length))
          return { prefix, asOf: addDays(FIRST_DAY, days), knownAt: prefix.at(-1)?.position }
        })
        await projectAfresh(events)
        await agree(addDays(FIRST_DAY, DAYS), undefined, pageRows)
        const later = []
        for (const { asOf, knownAt } of questions) {
          later.push(await told(asOf, knownAt))
          await agree(asOf, knownAt, pageRows)
        }
        for (const [index, { prefix, asOf }] of questions.entries()) {
          await projectAfresh(prefix)
          deepStrictEqual(later[index], await told(asOf, undefined), `as of ${asOf} after ${prefix.length} events`)
        }
      },
    ),
    4,
  ),
)
