import { deepStrictEqual } from 'node:assert'
import { addDays, BEFORE_THE_LOG, type LedgerEvent, minorIn, minorOf, type Position } from '@registru/domain'
import { createDatabase, createPool } from '@registru/runtime'
import { createTestDatabase } from '@registru/runtime/testing'
import fc from 'fast-check'
import { sql } from 'kysely'
import t from 'tap'
import { keyString, type Table } from '../core/fold/table.ts'
import {
  allProjections,
  createMemoryWriter,
  ensureSchemas,
  findAging,
  findInvoice,
  findOpenTotals,
  findPayment,
  findReceivableTotals,
  findStatement,
  findStatementClosings,
  findTrialBalance,
  listClientAccounts,
  listClientBalances,
  listInvoices,
  listOpenItems,
  listOpenOf,
  listPayments,
  listReceiptBooks,
  listReceipts,
  listSettledSums,
  type OpenTotal,
  openPostgresWriter,
  type ReadHandle,
  schemaOf,
} from '../index.ts'
import { clientIds, companyIds, playHistory, stepsArbitrary } from './histories.ts'
import { effectiveOn, naiveBuckets, naiveItems, naiveLines, openParts } from './naive-fold.ts'
import { holds } from './random.ts'

// Databases and histories take their time on a busy machine.
t.setTimeout(120_000)

const url = await createTestDatabase(t)
const pool = createPool({
  url,
  connectionsMax: 4,
  applicationName: 'read-models.test',
  onIdleError: (error) => t.comment(error.message),
})
const db: ReadHandle = createDatabase<unknown>(pool)
t.teardown(() => db.destroy())

/** Empties every table of every read model and puts the checkpoints back to nothing. */
const reset = async (): Promise<void> => {
  for (const projection of allProjections) {
    const tables = projection.tables.map((table) => `${schemaOf(projection)}.${table.name}`)
    await pool.query(`truncate ${tables.join(', ')}; update ${schemaOf(projection)}.checkpoint set position = -1`)
  }
}

const setUp = await pool.connect()
await ensureSchemas(setUp, allProjections)
setUp.release()

const batchesOf = (events: readonly LedgerEvent[], size: number): readonly (readonly LedgerEvent[])[] =>
  Array.from({ length: Math.ceil(events.length / size) }, (_, index) => events.slice(index * size, (index + 1) * size))

const projectInto = async (events: readonly LedgerEvent[], batchSize: number): Promise<void> => {
  await reset()
  const client = await pool.connect()
  try {
    const writer = await openPostgresWriter({ client, projections: allProjections })
    for (const batch of batchesOf(events, batchSize)) {
      await writer.apply(batch, { position: batch.at(-1)?.position ?? BEFORE_THE_LOG, storeId: 'test' })
    }
  } finally {
    client.release(true)
  }
}

const tableRows = async (schema: string, table: Table): Promise<readonly unknown[]> => {
  const { rows } = await pool.query<Record<string, unknown>>(`select * from ${schema}.${table.name}`)
  return rows
    .map((row) => {
      for (const [column, { type }] of Object.entries(table.columns)) {
        const value = row[column]
        if (type === 'timestamptz' && value instanceof Date) row[column] = value.toISOString()
      }
      return row
    })
    .toSorted((a, b) => (keyString(table, a) < keyString(table, b) ? -1 : 1))
}

/** A field that is undefined is not there in JSON. */
const asStored = (row: object): object =>
  Object.fromEntries(
    Object.entries(row).map(([column, value]) => [
      column,
      typeof value === 'object' && value !== null ? JSON.parse(JSON.stringify(value)) : value,
    ]),
  )

t.test('Postgres holds the rows that the fold in memory gives', (t) =>
  holds(
    t,
    fc.asyncProperty(stepsArbitrary(80), fc.integer({ min: 1, max: 60 }), async (steps, batchSize) => {
      const events = playHistory(steps)
      await projectInto(events, batchSize)
      const memory = createMemoryWriter(allProjections)
      await memory.apply(events, { position: events.at(-1)?.position ?? BEFORE_THE_LOG, storeId: 'test' })
      for (const projection of allProjections) {
        for (const table of projection.tables) {
          const expected = memory.rows.list(table).map(asStored)
          deepStrictEqual(await tableRows(schemaOf(projection), table), expected, table.name)
        }
      }
    }),
    15,
  ),
)

interface Question {
  readonly companyId: string
  readonly clientId: string
  readonly asOf: string
  readonly knownAt?: Position | undefined
}

type Totals = Readonly<Record<string, { readonly open: bigint; readonly credit: bigint }>>

const naiveTotals = (events: readonly LedgerEvent[], question: Question): Totals => {
  const totals: Record<string, { open: bigint; credit: bigint }> = {}
  for (const item of naiveItems(events, question)) {
    if (item.clientId !== question.clientId || item.open === 0n) continue
    const total = totals[item.currency] ?? { open: 0n, credit: 0n }
    if (item.kind === 'INVOICE') total.open += item.open
    else total.credit += item.open
    totals[item.currency] = total
  }
  return totals
}

type Lowered = Partial<
  Record<
    | 'credited'
    | 'discounted'
    | 'writtenOff'
    | 'small'
    | 'recovered'
    | 'cancelled'
    | 'refunded'
    | 'released'
    | 'claimed'
    | 'fee',
    bigint
  >
>

/** What was taken off each invoice and each payment otherwise than by settling, by key as the naive fold has it. */
const naiveLowered = (events: readonly LedgerEvent[], companyId: string): ReadonlyMap<string, Lowered> => {
  const byItem = new Map<string, Lowered>()
  const lower = (key: string, how: keyof Lowered, minor: bigint): void => {
    const item = byItem.get(key) ?? {}
    byItem.set(key, { ...item, [how]: (item[how] ?? 0n) + minor })
  }
  for (const { type, data, metadata } of events) {
    if (metadata.companyId !== companyId) continue
    if (type === 'CreditNoteRegistered' && data.invoiceId !== undefined) {
      lower(`i ${data.invoiceId}`, 'credited', minorOf(data.total))
    }
    if (type === 'CreditNoteReversed' && data.invoiceId !== undefined) {
      lower(`i ${data.invoiceId}`, 'credited', -minorOf(data.total))
    }
    if (type === 'DiscountReversed') lower(`i ${data.invoiceId}`, 'discounted', -minorOf(data.amount))
    if (type === 'WriteOffReversed') lower(`i ${data.invoiceId}`, 'writtenOff', -minorOf(data.amount))
    if (type === 'WriteOffReversed' && data.kind) lower(`i ${data.invoiceId}`, 'small', -minorOf(data.amount))
    if (type === 'InvoiceWrittenOff' && data.kind) lower(`i ${data.invoiceId}`, 'small', minorOf(data.amount))
    if (type === 'PaymentAllocated' && data.recovers) lower(`i ${data.invoiceId}`, 'recovered', minorOf(data.amount))
    if (type === 'PaymentDeallocated' && data.recovers) {
      lower(`i ${data.invoiceId}`, 'recovered', -minorOf(data.amount))
    }
    if (type === 'CreditReleased') lower(`p ${data.paymentId}`, 'released', minorOf(data.amount))
    if (type === 'RefundReversed') lower(`p ${data.paymentId}`, 'refunded', -minorOf(data.amount))
    if (type === 'DiscountGranted') lower(`i ${data.invoiceId}`, 'discounted', minorOf(data.amount))
    if (type === 'InvoiceWrittenOff') lower(`i ${data.invoiceId}`, 'writtenOff', minorOf(data.amount))
    if (type === 'InvoiceCancelled') lower(`i ${data.invoiceId}`, 'cancelled', minorOf(data.total))
    if (type === 'ClaimCancelled') lower(`i ${data.claimId}`, 'cancelled', minorOf(data.total))
    if (type === 'ClaimRegistered' || type === 'ClaimCancelled') {
      const minor = type === 'ClaimRegistered' ? minorOf(data.total) : -minorOf(data.total)
      if (data.paymentId !== undefined) lower(`p ${data.paymentId}`, 'claimed', minor)
    }
    if (type === 'RefundRecorded') lower(`p ${data.paymentId}`, 'refunded', minorOf(data.amount))
    if (type === 'PaymentCleared') lower(`p ${data.paymentId}`, 'fee', minorIn(data.fee, data.amount.currency))
  }
  return byItem
}

const sorted = <T>(entries: readonly (readonly [string, T])[]) =>
  Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)))
const withoutZeros = (entries: readonly (readonly [string, bigint])[]) =>
  sorted(entries.filter(([, amount]) => amount !== 0n))

const netOf = (totals: ReadonlyMap<string, OpenTotal>) =>
  withoutZeros([...totals].map(([currency, { openMinor, creditMinor }]) => [currency, openMinor - creditMinor]))

/** Every side of the tie-out, each from tables of its own, against the fold that knows none of them. */
const tieOut = async (
  events: readonly LedgerEvent[],
  clocks: { readonly asOf: string; readonly knownAt?: Position | undefined },
): Promise<void> => {
  for (const companyId of companyIds) {
    const aging = await findAging(db, { companyId, ...clocks })
    const whole = new Map<string, bigint>()
    for (const clientId of clientIds) {
      const question = { companyId, clientId, ...clocks }
      const expected = naiveTotals(events, question)
      const net = withoutZeros(
        Object.entries(expected).map(([currency, { open, credit }]) => [currency, open - credit]),
      )

      const aged = aging.rows.filter((row) => row.clientId === clientId)
      deepStrictEqual(
        sorted(aged.map((row) => [row.currency, { open: row.openMinor, credit: row.creditMinor }])),
        sorted(Object.entries(expected)),
        'aging',
      )
      const balances = await listClientBalances(db, question)
      deepStrictEqual(
        sorted(balances.map((row) => [row.currency, { open: row.openMinor, credit: row.creditMinor }])),
        sorted(Object.entries(expected)),
        'client balances',
      )
      deepStrictEqual(withoutZeros([...(await findStatementClosings(db, question))]), net, 'statement closing')
      const accounts = await listClientAccounts(db, question)
      const journal = new Map<string, bigint>()
      for (const { account, currency, balanceMinor } of accounts) {
        if (account !== 'RECEIVABLE' && account !== 'CLIENT_CREDIT') continue
        journal.set(currency, (journal.get(currency) ?? 0n) + balanceMinor)
      }
      deepStrictEqual(withoutZeros([...journal]), net, 'journal')
      deepStrictEqual(withoutZeros([...(await findReceivableTotals(db, question))]), net, 'journal totals')
      deepStrictEqual(netOf(await findOpenTotals(db, question)), net, 'open totals')
      for (const [currency, minor] of Object.entries(net)) whole.set(currency, (whole.get(currency) ?? 0n) + minor)
      await openItemsMatch(events, question)
      await bucketsMatch(events, question)
      await statementsMatch(events, question)
    }
    const net = withoutZeros([...whole])
    const company = { companyId, ...clocks }
    deepStrictEqual(withoutZeros([...(await findStatementClosings(db, company))]), net, 'the company: statement')
    deepStrictEqual(withoutZeros([...(await findReceivableTotals(db, company))]), net, 'the company: journal')
    deepStrictEqual(netOf(await findOpenTotals(db, company)), net, 'the company: open items')
    const { totals } = await findAging(db, { ...company, groupBy: 'currency' })
    deepStrictEqual(totals, aging.totals, 'the company: aging by currency')
    const trial = await findTrialBalance(db, { companyId, ...clocks })
    const sums = new Map<string, bigint>()
    for (const { currency, balanceMinor } of trial) sums.set(currency, (sums.get(currency) ?? 0n) + balanceMinor)
    deepStrictEqual(withoutZeros([...sums]), {}, 'trial balance')
  }
}

const BUCKETS: readonly (readonly number[])[] = [
  [0, 30, 60, 90],
  [0, 7],
  [1, 2, 3, 20],
]

/** Every bucket of a client, by due and by issue day. */
const bucketsMatch = async (events: readonly LedgerEvent[], question: Question): Promise<void> => {
  const { companyId, clientId, asOf, knownAt } = question
  const items = naiveItems(events, question).filter((item) => item.clientId === clientId && item.open !== 0n)
  for (const buckets of BUCKETS) {
    for (const by of ['due', 'issued'] as const) {
      const aging = await findAging(db, { companyId, asOf, knownAt, buckets, by })
      const expected = [...new Set(items.map(({ currency }) => currency))].map((currency) => {
        const own = items.filter((item) => item.currency === currency)
        return [currency, naiveBuckets(own, { asOf, ends: buckets, by })] as const
      })
      deepStrictEqual(
        sorted(
          aging.rows
            .filter((row) => row.clientId === clientId)
            .map(({ currency, amountsMinor }) => [currency, amountsMinor] as const),
        ),
        sorted(expected),
        `buckets ${buckets.join()} by ${by}`,
      )
    }
  }
}

/** Opening, each line with the balance after it, closing: of a period that ends on the day and of one that begins on it. */
const statementsMatch = async (events: readonly LedgerEvent[], question: Question): Promise<void> => {
  for (const { from, to } of [
    { from: addDays(question.asOf, -17), to: question.asOf },
    { from: question.asOf, to: addDays(question.asOf, 40) },
  ]) {
    const all = naiveLines(events, { ...question, asOf: to })
    const expected = [...new Set(all.map(({ currency }) => currency))].toSorted().flatMap((currency) => {
      const own = all.filter((line) => line.currency === currency)
      const before = own.filter(({ on }) => on < from)
      const openingMinor = before.reduce((sum, { minor }) => sum + minor, 0n)
      let balanceMinor = openingMinor
      const lines = own.slice(before.length).map(({ on, minor, eventId }) => {
        balanceMinor += minor
        return { on, minor, balanceMinor, eventId }
      })
      if (openingMinor === 0n && lines.length === 0) return []
      return [{ currency, openingMinor, closingMinor: balanceMinor, lines }]
    })
    const found = await findStatement(db, { ...question, from, to })
    deepStrictEqual(
      found.map(({ lines, ...statement }) => ({
        ...statement,
        lines: lines.map(({ on, debitMinor, creditMinor, balanceMinor, eventId }) => {
          return { on, minor: debitMinor - creditMinor, balanceMinor, eventId }
        }),
      })),
      expected,
      `statement from ${from} to ${to}`,
    )
  }
}

const openItemsMatch = async (events: readonly LedgerEvent[], question: Question): Promise<void> => {
  const expected = naiveItems(events, question)
    .filter((item) => item.clientId === question.clientId)
    .flatMap((item) => openParts(item).map((part) => `${item.kind} ${item.id} ${part.dueOn} ${part.minor}`))
    .filter((line) => !line.endsWith(' 0'))
  const items = await listOpenItems(db, question)
  deepStrictEqual(
    items.map((item) => `${item.kind} ${item.itemId} ${item.dueOn} ${item.openMinor}`).toSorted(),
    expected.toSorted(),
    'open items',
  )
}

/** Days on which something happens, and those beside them, are where a wrong bound shows. */
const pair = fc.record({
  day: fc.nat({ max: 10_000 }),
  shift: fc.integer({ min: -1, max: 1 }),
  known: fc.option(fc.nat({ max: 10_000 }), { nil: undefined }),
})

t.test('every answer ties out with a naive fold, at any pair of clocks', (t) =>
  holds(
    t,
    fc.asyncProperty(stepsArbitrary(80), fc.array(pair, { minLength: 4, maxLength: 4 }), async (steps, pairs) => {
      const events = playHistory(steps)
      await projectInto(events, 40)
      const days = events.flatMap((event) => effectiveOn(event) ?? [])
      for (const { day, shift, known } of pairs) {
        const asOf = addDays(days[day % days.length] ?? '2026-09-01', shift)
        const knownAt = known === undefined ? undefined : events[known % events.length]?.position
        await tieOut(events, { asOf, knownAt })
      }
      await tieOut(events, { asOf: '2199-12-31' })
    }),
    15,
  ),
)

t.test('the postings of every event add up to zero', (t) =>
  holds(
    t,
    fc.asyncProperty(stepsArbitrary(80), async (steps) => {
      await projectInto(playHistory(steps), 100)
      const { rows } = await sql`
        select position from read.postings group by position, currency having sum(amount_minor) <> 0`.execute(db)
      deepStrictEqual(rows, [])
    }),
    10,
  ),
)

t.test('invoices, payments and receipts agree with the domain', (t) =>
  holds(
    t,
    fc.asyncProperty(stepsArbitrary(80), async (steps) => {
      const events = playHistory(steps)
      await projectInto(events, 100)
      const companyId = companyIds[0]
      const inTheEnd = { companyId, asOf: '2199-12-31' }
      const { items: invoices } = await listInvoices(db, { ...inTheEnd, limit: 500 })
      const { items: payments } = await listPayments(db, { ...inTheEnd, limit: 500 })
      deepStrictEqual(
        [
          ...invoices.map((invoice) => `INVOICE ${invoice.invoiceId} ${invoice.openMinor}`),
          ...payments.map((payment) => `PAYMENT ${payment.paymentId} ${payment.creditMinor}`),
        ].toSorted(),
        naiveItems(events, inTheEnd)
          .map((item) => `${item.kind} ${item.id} ${item.open}`)
          .toSorted(),
      )
      const lowered = naiveLowered(events, companyId)
      // What a merge brought has been lowered under two clients.
      const moved = new Set(events.flatMap(({ type, data }) => (type === 'InvoiceMoved' ? data.invoiceId : [])))
      for (const { invoiceId, status, ...amounts } of invoices) {
        if (moved.has(invoiceId)) continue
        const by = lowered.get(`i ${invoiceId}`) ?? {}
        const { credited = 0n, discounted = 0n, writtenOff = 0n, small = 0n, recovered = 0n } = by
        deepStrictEqual(
          [
            amounts.creditedMinor,
            amounts.discountedMinor,
            amounts.writtenOffMinor,
            amounts.smallDifferenceMinor,
            amounts.recoveredMinor,
            status === 'CANCELLED',
          ],
          // A final invoice may be cancelled that asked for nothing.
          [credited, discounted, writtenOff, small, recovered, by.cancelled !== undefined],
        )
      }
      for (const payment of payments) {
        const { refunded = 0n, released = 0n, claimed = 0n, fee } = lowered.get(`p ${payment.paymentId}`) ?? {}
        deepStrictEqual(
          [payment.refundedMinor, payment.releasedMinor, payment.claimedMinor, payment.clearing?.feeMinor],
          [refunded, released, claimed, fee],
        )
        deepStrictEqual(
          payment.refunds.reduce((sum, { amountMinor, reversal }) => sum + (reversal ? 0n : amountMinor), 0n),
          refunded,
        )
      }
      for (const { invoiceId, allocatedMinor, lastPaymentOn } of invoices) {
        const found = await findInvoice(db, { ...inTheEnd, invoiceId })
        const living = (found?.allocations ?? []).filter(({ undone }) => !undone)
        deepStrictEqual(
          living.reduce((sum, { amountMinor }) => sum + amountMinor, 0n),
          allocatedMinor,
        )
        deepStrictEqual(living.length > 0, lastPaymentOn !== undefined)
      }
      for (const payment of payments) {
        const living = payment.allocations.filter(({ undone }) => !undone)
        deepStrictEqual(
          living.reduce((sum, { amountMinor }) => sum + amountMinor, 0n),
          payment.allocatedMinor,
        )
        deepStrictEqual(await findPayment(db, { ...inTheEnd, paymentId: payment.paymentId }), payment)
      }
      const { items: receipts } = await listReceipts(db, { ...inTheEnd, series: 'CH', limit: 500 })
      deepStrictEqual(
        receipts.map(({ number }) => number),
        receipts.map((_, index) => index + 1),
      )
      const living = receipts.filter(({ annulled }) => annulled === undefined)
      deepStrictEqual(
        payments.flatMap(({ receipt }) => receipt?.number ?? []).toSorted((a, b) => a - b),
        living.map(({ number }) => number),
      )
      const [book] = await listReceiptBooks(db, inTheEnd)
      deepStrictEqual(book?.leftCount, 6 - receipts.length)
    }),
    15,
  ),
)

const daysAround = (events: readonly LedgerEvent[]) =>
  [...new Set(events.flatMap((event) => effectiveOn(event) ?? []))].flatMap((day) => [addDays(day, -1), day])

t.test('documents and lists stand at both clocks as the aging does', (t) =>
  holds(
    t,
    fc.asyncProperty(
      stepsArbitrary(80),
      fc.array(fc.tuple(fc.nat(), fc.nat()), { minLength: 6, maxLength: 6 }),
      async (steps, pairs) => {
        const events = playHistory(steps)
        await projectInto(events, 100)
        const companyId = companyIds[0]
        const days = daysAround(events)
        for (const [day, place] of pairs) {
          const asOf = days[day % Math.max(1, days.length)] ?? '2026-11-01'
          const knownAt = place % 4 === 0 ? undefined : events[place % Math.max(1, events.length)]?.position
          const clocks = { companyId, asOf, knownAt }
          const { items: invoices } = await listInvoices(db, { ...clocks, limit: 500 })
          const { items: payments } = await listPayments(db, { ...clocks, limit: 500 })
          deepStrictEqual(
            [
              ...invoices.map((invoice) => `INVOICE ${invoice.invoiceId} ${invoice.openMinor}`),
              ...payments.map((payment) => `PAYMENT ${payment.paymentId} ${payment.creditMinor}`),
            ].toSorted(),
            naiveItems(events, clocks)
              .map((item) => `${item.kind} ${item.id} ${item.open}`)
              .toSorted(),
          )
          const open = await listOpenOf(db, {
            ...clocks,
            kind: 'INVOICE',
            items: invoices.map(({ clientId, invoiceId: itemId }) => ({ clientId, itemId })),
          })
          deepStrictEqual(
            invoices.map(({ openMinor }) => openMinor),
            open,
          )
          const settled = await listSettledSums(db, { ...clocks, invoices })
          for (const [index, invoice] of invoices.entries()) {
            const { invoiceId, clientId, allocatedMinor, unclearedMinor, openMinor, status } = invoice
            deepStrictEqual({ ...invoice, ...settled[index] }, invoice, 'the row is the sum of its history')
            deepStrictEqual(0n <= unclearedMinor && unclearedMinor <= allocatedMinor, true)
            if (status === 'PAID') deepStrictEqual([openMinor, unclearedMinor], [0n, 0n])
            const found = await findInvoice(db, { ...clocks, invoiceId, clientId })
            const { allocations, ...same } = found ?? { ...invoice, allocations: [] }
            deepStrictEqual(same, invoice)
            const living = allocations.filter(({ undone }) => !undone)
            deepStrictEqual(
              living.reduce((sum, { amountMinor }) => sum + amountMinor, 0n),
              allocatedMinor,
            )
            for (const other of ['UNPAID', 'PAID'] as const) {
              const { items } = await listInvoices(db, { ...clocks, clientId, status: [other], limit: 500 })
              deepStrictEqual(
                items.some((item) => item.invoiceId === invoiceId),
                status === other,
              )
            }
          }
          const { items: receipts } = await listReceipts(db, { ...clocks, limit: 500 })
          const [book] = await listReceiptBooks(db, clocks)
          deepStrictEqual(
            [book?.issuedCount ?? 0, book?.annulledCount ?? 0],
            [receipts.length, receipts.filter(({ annulled }) => annulled !== undefined).length],
          )
          deepStrictEqual(
            payments.flatMap(({ receipt }) => receipt?.number ?? []).toSorted((a, b) => a - b),
            receipts.filter(({ annulled }) => annulled === undefined).map(({ number }) => number),
          )
        }
      },
    ),
    12,
  ),
)

t.test('pages', async (t) => {
  const steps = fc.sample(stepsArbitrary(200, 150), { numRuns: 1, seed: 7 })[0] ?? []
  await projectInto(playHistory(steps), 500)
  const companyId = companyIds[0]
  const { items: all } = await listInvoices(db, { companyId, asOf: '2026-11-01', limit: 500 })
  const paged: unknown[] = []
  for (let after: { dueOn: string; invoiceId: string; clientId: string } | undefined, more = true; more; ) {
    const page = await listInvoices(db, { companyId, asOf: '2026-11-01', after, limit: 2 })
    paged.push(...page.items)
    after = page.next
    more = after !== undefined
  }
  t.ok(all.length > 4)
  t.same(paged, all)
})

t.test('the opening of a period is the closing of the one before', async (t) => {
  const steps = fc.sample(stepsArbitrary(200, 150), { numRuns: 1, seed: 11 })[0] ?? []
  await projectInto(playHistory(steps), 500)
  const question = { companyId: companyIds[0], clientId: clientIds[0] }
  const first = await findStatement(db, { ...question, from: '2026-09-01', to: '2026-10-12' })
  const second = await findStatement(db, { ...question, from: '2026-10-13', to: '2026-12-31' })
  t.ok(first.length > 0)
  for (const { currency, closingMinor } of first) {
    t.equal(second.find((statement) => statement.currency === currency)?.openingMinor ?? 0n, closingMinor)
  }
})
