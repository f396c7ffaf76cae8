/** Whatever happens to an account, what is exigible follows the money, and the rest waits in 4428. */
import { deepStrictEqual, ok } from 'node:assert'
import {
  type DeferredVat,
  deferredVatOf,
  exigibleSoFar,
  type LedgerEvent,
  type LedgerMessage,
  lessenedVat,
  type Money,
  minorIn,
  minorOf,
  negatedVat,
  positionOf,
} from '@registru/domain'
import {
  creditNoteRegistered,
  creditNoteReversed,
  invoiceCancelled,
  invoiceRegistered,
  invoiceWrittenOff,
  paymentAllocated,
  paymentCleared,
  paymentDeallocated,
  paymentRecorded,
  paymentReversed,
  refundRecorded,
  ron,
  writeOffReversed,
} from '@registru/domain/examples'
import fc from 'fast-check'
import t from 'tap'
import { createMemoryWriter } from '../core/fold/memory-writer.ts'
import { journal } from '../journal/projection.ts'
import { postings } from '../journal/tables.ts'
import { vatOnCollection } from '../vat-on-collection/projection.ts'
import { vatDays, vatDocuments, vatMovements } from '../vat-on-collection/tables.ts'
import { playHistory, stepsArbitrary } from './histories.ts'
import { createLog } from './ledger.ts'
import { holds } from './random.ts'

const rowsOf = async (events: readonly LedgerEvent[]) => {
  const writer = createMemoryWriter([vatOnCollection])
  await writer.apply(events, { position: positionOf(1_000_000n), storeId: 'memory' })
  return writer.rows
}

const inLog = (messages: readonly LedgerMessage[]): readonly LedgerEvent[] => {
  const log = createLog()
  log.append('amc', 'clientAccount-amc:alfa', messages)
  return log.events
}

/** `day vat` of everything that became exigible. */
const exigible = async (messages: readonly LedgerMessage[]): Promise<readonly string[]> =>
  (await rowsOf(inLog(messages)))
    .list(vatMovements)
    .filter(({ vat_minor, base_minor }) => vat_minor !== 0n || base_minor !== 0n)
    .map((row) => `${row.effective_on} ${row.rate} ${row.vat_minor}`)

const vatLines = [{ rate: '21', base: '1000.00', vat: '210.00' }]
const invoice = invoiceRegistered({ cashAccounting: true, vatLines })
const allocated = (amount: string, allocatedOn: string, change = {}) =>
  paymentAllocated({ amount: ron(amount), allocatedOn, ...change })

t.test('money that is allocated makes its part exigible on its day', async (t) => {
  t.strictSame(await exigible([invoice, allocated('500.00', '2026-11-02'), allocated('710.00', '2026-11-20')]), [
    '2026-11-02 21 8678',
    '2026-11-20 21 12322',
  ])
  t.strictSame(
    await exigible([invoiceRegistered({ cashAccounting: false, vatLines }), allocated('500.00', '2026-11-02')]),
    [],
  )
})

t.test('money before its advance invoice makes VAT exigible on its own day', async (t) => {
  const advance = invoiceRegistered({ kind: 'ADVANCE', issuedOn: '2026-10-12', cashAccounting: true, vatLines })
  const used = (vat: { on: string; belongsTo?: string }) => allocated('1210.00', '2026-10-12', { vat })
  t.strictSame(await exigible([advance, used({ on: '2026-09-28' })]), ['2026-09-28 21 21000'])
  const late = [advance, used({ on: '2026-10-01', belongsTo: '2026-09' })]
  t.match((await rowsOf(inLog(late))).list(vatMovements).at(-1), { effective_on: '2026-10-01', belongs_to: '2026-09' })
})

t.test('of an advance outside TVA la încasare the journal knows, and VAT counts once', async (t) => {
  const advance = invoiceRegistered({ kind: 'ADVANCE', issuedOn: '2026-10-12', vatLines })
  const vat = { on: '2026-09-28' }
  const turnovers = async (...messages: readonly LedgerMessage[]) => {
    const writer = createMemoryWriter([journal, vatOnCollection])
    await writer.apply(inLog(messages), { position: positionOf(1_000_000n), storeId: 'memory' })
    t.strictSame(writer.rows.list(vatMovements), [], 'nothing of it is under the scheme')
    const days = new Map<string, bigint>()
    for (const { account, effective_on, amount_minor } of writer.rows.list(postings)) {
      if (account !== 'VAT_DUE' && account !== 'ADVANCE_INVOICED') continue
      const key = `${effective_on} ${account}`
      days.set(key, (days.get(key) ?? 0n) + amount_minor)
    }
    return [...days]
      .filter(([, minor]) => minor !== 0n)
      .map(([key, minor]) => `${key} ${minor}`)
      .toSorted()
  }
  const half = allocated('605.00', '2026-10-12', { vat })
  t.strictSame(await turnovers(advance, half), [
    '2026-09-28 ADVANCE_INVOICED 10500',
    '2026-09-28 VAT_DUE -10500',
    '2026-10-12 ADVANCE_INVOICED -110500',
    '2026-10-12 VAT_DUE -10500',
  ])
  const whole = [
    '2026-09-28 ADVANCE_INVOICED 21000',
    '2026-09-28 VAT_DUE -21000',
    '2026-10-12 ADVANCE_INVOICED -121000',
  ]
  t.strictSame(await turnovers(advance, half, half), whole)
  const undone = paymentDeallocated({ amount: ron('605.00'), deallocatedOn: '2026-10-20' })
  t.strictSame(await turnovers(advance, half, half, undone), whole, 'the paper has made it due by then')
  t.strictSame(
    await turnovers(advance, half, half, undone, half),
    whole,
    'other money brings it forward no second time',
  )
  const afterwards = allocated('1210.00', '2026-10-13')
  t.strictSame(await turnovers(advance, afterwards), [
    '2026-10-12 ADVANCE_INVOICED -100000',
    '2026-10-12 VAT_DUE -21000',
  ])
})

t.test('money on the day of its advance invoice brings nothing forward, and an undo before it neither', async (t) => {
  const advance = invoiceRegistered({ kind: 'ADVANCE', issuedOn: '2026-10-12', vatLines })
  const dueRows = async (...messages: readonly LedgerMessage[]) => {
    const writer = createMemoryWriter([journal])
    await writer.apply(inLog(messages), { position: positionOf(1_000_000n), storeId: 'memory' })
    return writer.rows
      .list(postings)
      .filter(({ account }) => account === 'VAT_DUE')
      .map((row) => [row.effective_on, row.amount_minor])
  }
  const byThePaper = [['2026-10-12', -21_000n]]
  t.strictSame(await dueRows(advance, allocated('1210.00', '2026-10-12')), byThePaper)
  const undone = paymentDeallocated({ amount: ron('500.00'), deallocatedOn: '2026-10-01' })
  t.strictSame(await dueRows(advance, allocated('500.00', '2026-10-13'), undone), byThePaper)
})

const final = invoiceRegistered({
  invoiceId: 'inv-50',
  number: '50',
  issuedOn: '2025-09-15',
  dueOn: '2025-10-15',
  cashAccounting: true,
  total: ron('1230.00'),
  vatLines: [
    { rate: '21', base: '2000.00', vat: '420.00' },
    { rate: '19', base: '-1000.00', vat: '-190.00', advanceInvoiceId: 'inv-1024' },
  ],
})
const advanceAt19 = invoiceRegistered({
  kind: 'ADVANCE',
  issuedOn: '2025-06-10',
  cashAccounting: true,
  total: ron('1190.00'),
  vatLines: [{ rate: '19', base: '1000.00', vat: '190.00' }],
})

t.test('a final invoice gives an advance back by rate, and its money counts for the delivery', async (t) => {
  const history = [advanceAt19, allocated('1190.00', '2025-06-12'), final]
  const rows = await exigible(history)
  t.strictSame(rows.toSorted(), ['2025-06-12 19 19000', '2025-09-15 19 -19000', '2025-09-15 21 20653'])
  const rest = allocated('1230.00', '2025-10-01', { invoiceId: 'inv-50' })
  t.ok((await exigible([...history, rest])).includes('2025-10-01 21 21347'), 'it closes to the ban')
  const writer = createMemoryWriter([journal])
  const balancesOf = async (...messages: readonly LedgerMessage[]) => {
    await writer.apply(inLog(messages), { position: positionOf(1_000_000n), storeId: 'memory' })
    const sums: Record<string, bigint> = {}
    for (const { account, amount_minor } of writer.rows.list(postings)) {
      sums[account] = (sums[account] ?? 0n) + amount_minor
    }
    return sums
  }
  t.match(await balancesOf(...history), {
    ADVANCE_INVOICED: 0n,
    REVENUE: -200_000n,
    RECEIVABLE: 123_000n,
    VAT_DUE: -20_653n,
    VAT_DEFERRED: -21_347n,
  })
})

t.test('a final invoice that asks for nothing makes all of its VAT exigible; cancelled, it never was', async (t) => {
  const nothing = invoiceRegistered({
    ...final.data,
    total: ron('0.00'),
    vatLines: [
      { rate: '19', base: '1000.00', vat: '190.00' },
      { rate: '19', base: '-1000.00', vat: '-190.00', advanceInvoiceId: 'inv-1024' },
    ],
  })
  const history = [advanceAt19, allocated('1190.00', '2025-06-12'), nothing]
  t.strictSame(await exigible(history), ['2025-06-12 19 19000'], 'what the one gives back the other has')
  const { vatLines: lines, total } = final.data
  const cancelled = invoiceCancelled({
    invoiceId: 'inv-50',
    cashAccounting: true,
    cancelledOn: '2025-09-20',
    total,
    vatLines: lines,
  })
  const all = [advanceAt19, allocated('1190.00', '2025-06-12'), final, cancelled]
  t.strictSame((await exigible(all)).slice(-2).toSorted(), ['2025-09-20 19 19000', '2025-09-20 21 -20653'])
})

t.test('an undo is negative on its own day', async (t) => {
  const undone = paymentDeallocated({ invoiceId: 'inv-1024', amount: ron('500.00'), deallocatedOn: '2026-12-01' })
  t.strictSame(await exigible([invoice, allocated('500.00', '2026-11-02'), undone]), [
    '2026-11-02 21 8678',
    '2026-12-01 21 -8678',
  ])
})

t.test('instruments count when they are collected, money beside them at once', async (t) => {
  const cheque = paymentRecorded({ method: 'CHEQUE', amount: ron('500.00') })
  const cleared = paymentCleared({
    paymentId: 'pay-1',
    method: 'CHEQUE',
    amount: ron('500.00'),
    clearedOn: '2026-12-05',
  })
  const waiting = [invoice, cheque, allocated('500.00', '2026-11-02')]
  t.strictSame(await exigible(waiting), [])
  t.strictSame(await exigible([...waiting, cleared]), ['2026-12-05 21 8678'])
  const cash = allocated('710.00', '2026-11-20', { paymentId: 'pay-2' })
  t.strictSame(await exigible([...waiting, cash, cleared]), ['2026-11-20 21 12322', '2026-12-05 21 8678'])
  const undone = paymentDeallocated({ invoiceId: 'inv-1024', amount: ron('500.00'), deallocatedOn: '2026-12-01' })
  t.strictSame(await exigible([...waiting, undone, cleared]), [], 'nothing waits any more')
  t.strictSame(
    await exigible([...waiting, cleared, { ...undone, data: { ...undone.data, deallocatedOn: '2026-12-09' } }]),
    ['2026-12-05 21 8678', '2026-12-09 21 -8678'],
  )
})

t.test('a note that is paid in part counts as far as it was paid, whatever else it then settles', async (t) => {
  const note = paymentRecorded({ method: 'PROMISSORY_NOTE', amount: ron('815.00') })
  const parts = { paymentId: 'pay-1', method: 'PROMISSORY_NOTE', fee: '0.00' } as const
  const collects = [{ invoiceId: 'inv-1024', amount: ron('500.00') }]
  const first = paymentCleared({
    ...parts,
    amount: ron('500.00'),
    collects,
    stillInTransit: '315.00',
    clearedOn: '2026-12-05',
  })
  const rest = paymentCleared({ ...parts, amount: ron('315.00'), clearedOn: '2026-12-20' })
  const settled = [invoice, note, allocated('710.00', '2026-11-02'), first]
  t.strictSame(await exigible(settled), ['2026-12-05 21 8678'])
  t.strictSame(await exigible([...settled, rest]), ['2026-12-05 21 8678', '2026-12-20 21 3644'])
  const bounced = paymentReversed({ ...parts, amount: ron('315.00'), cleared: false, reversedOn: '2026-12-20' })
  const undone = paymentDeallocated({ invoiceId: 'inv-1024', amount: ron('210.00'), deallocatedOn: '2026-12-20' })
  t.strictSame(await exigible([...settled, undone, bounced]), ['2026-12-05 21 8678'], 'nothing came, nothing goes')
  t.strictSame(await exigible([...settled, allocated('105.00', '2026-12-06', { collected: '100.00' }), rest]), [
    '2026-12-05 21 8678',
    '2026-12-06 21 1735',
    '2026-12-20 21 3732',
  ])
  const collected = paymentDeallocated({
    invoiceId: 'inv-1024',
    amount: ron('710.00'),
    deallocatedOn: '2026-12-21',
    collected: '500.00',
  })
  t.strictSame(await exigible([...settled, collected, rest]), ['2026-12-05 21 8678', '2026-12-21 21 -8678'])
})

t.test('a credit note takes back what was not collected; a write-off leaves it', async (t) => {
  const note = creditNoteRegistered({
    invoiceId: 'inv-1024',
    cashAccounting: true,
    total: ron('242.00'),
    vatLines: [{ rate: '21', base: '200.00', vat: '42.00' }],
  })
  const messages = [invoice, allocated('500.00', '2026-11-02'), note, allocated('468.00', '2026-11-20')]
  t.strictSame(await exigible(messages), ['2026-11-02 21 8678', '2026-11-20 21 8122'])
  const days = (await rowsOf(inLog(messages))).list(vatDays)
  t.equal(
    days.reduce((sum, day) => sum + day.deferred_minor, 0n),
    0n,
  )
  const writtenOff = [invoice, allocated('500.00', '2026-11-02'), invoiceWrittenOff({ amount: ron('710.00') })]
  const left = (await rowsOf(inLog(writtenOff))).list(vatDays)
  t.equal(
    left.reduce((sum, day) => sum + day.deferred_minor, 0n),
    12_322n,
  )
})

t.test('what is recovered of a write-off makes its VAT exigible, once', async (t) => {
  const off = invoiceWrittenOff({ amount: ron('1210.00') })
  const paid = paymentAllocated({ amount: ron('605.00'), allocatedOn: '2026-11-25', recovers: true })
  const recovered = [invoice, off, paid]
  t.strictSame(await exigible(recovered), ['2026-11-25 21 10500'])
  const undone = { amount: ron('605.00'), deallocatedOn: '2026-12-03', recovers: true } as const
  t.strictSame(await exigible([...recovered, paymentDeallocated(undone)]), [
    '2026-11-25 21 10500',
    '2026-12-03 21 -10500',
  ])
  const reactivated = [
    paymentDeallocated({ ...undone, reason: 'WRITE_OFF_REVERSED' }),
    writeOffReversed({ reversedOn: '2026-12-03' }),
    paymentAllocated({ amount: ron('605.00'), allocatedOn: '2026-12-03', hadRecovered: true }),
  ]
  t.strictSame(await exigible([...recovered, ...reactivated]), ['2026-11-25 21 10500'])
  const settled = [...recovered, ...reactivated, paymentAllocated({ amount: ron('605.00'), allocatedOn: '2026-12-04' })]
  t.strictSame(await exigible(settled), ['2026-11-25 21 10500', '2026-12-04 21 10500'])
})

t.test('a paper dated before the money divides its VAT anew on the day of the money', async (t) => {
  const vatLines = [
    { rate: '21', base: '1000.00', vat: '210.00' },
    { rate: '11', base: '1000.00', vat: '110.00' },
  ]
  const invoice = invoiceRegistered({ issuedOn: '2026-09-01', total: ron('2320.00'), vatLines, cashAccounting: true })
  const paid = paymentAllocated({ amount: ron('1160.00'), allocatedOn: '2026-10-05' })
  const ofTheReduced = { total: ron('1110.00'), vatLines: vatLines.slice(1), cashAccounting: true }
  const note = creditNoteRegistered({ ...ofTheReduced, issuedOn: '2026-09-28', creditedOn: '2026-09-28' })
  const all = [invoice, paid, note]
  t.strictSame(
    (await exigible(all)).toSorted(),
    ['2026-10-05 11 -5500', '2026-10-05 11 5500', '2026-10-05 21 10500', '2026-10-05 21 9632'],
    'September has no VAT, for nothing was collected by then',
  )
  const rows = (await rowsOf(inLog(all))).list(vatMovements)
  const waits = (on: string) => rows.reduce((sum, row) => (row.effective_on <= on ? sum + row.deferred_minor : sum), 0n)
  t.equal(waits('2026-09-27'), 32_000n)
  t.equal(waits('2026-09-28'), 21_000n, 'what waits is lessened on the day of the paper')
  t.equal(waits('2026-10-05'), 868n)
  const back = creditNoteReversed({ ...ofTheReduced, reversedOn: '2026-09-30' })
  t.strictSame((await exigible([...all, back])).slice(4).toSorted(), ['2026-10-05 11 5500', '2026-10-05 21 -9632'])
})

t.test('a credit note on what is collected takes VAT back in its own month', async (t) => {
  const two = invoiceRegistered({
    cashAccounting: true,
    total: ron('1765.00'),
    vatLines: [...vatLines, { rate: '11', base: '500.00', vat: '55.00' }],
  })
  const note = creditNoteRegistered({
    cashAccounting: true,
    creditedOn: '2026-12-10',
    total: ron('222.00'),
    vatLines: [{ rate: '11', base: '200.00', vat: '22.00' }],
  })
  const freed = paymentDeallocated({ amount: ron('222.00'), deallocatedOn: '2026-12-10', reason: 'CREDIT_NOTE' })
  const rows = await exigible([two, allocated('1765.00', '2026-11-02'), freed, note])
  const december = rows.filter((row) => row.startsWith('2026-12-10')).map((row) => row.split(' ').slice(1))
  const by = (rate: string) => december.reduce((sum, [of, vat]) => sum + (of === rate ? Number(vat) : 0), 0)
  t.strictSame([by('21'), by('11')], [0, -2200], 'of its own rate alone')
})

t.test('a credit note on account that corrects an invoice takes VAT back once, in its own month', async (t) => {
  const note = creditNoteRegistered({
    invoiceId: undefined,
    corrects: 'inv-1024',
    creditNoteId: 'cn-1',
    cashAccounting: true,
    creditedOn: '2026-12-10',
    total: ron('242.00'),
    vatLines: [{ rate: '21', base: '200.00', vat: '42.00' }],
  })
  const refunded = refundRecorded({ paymentId: 'cn-1', amount: ron('242.00'), refundedOn: '2027-01-15' })
  const paid = allocated('1210.00', '2026-11-02')
  t.strictSame(await exigible([invoice, paid, note, refunded]), ['2026-11-02 21 21000', '2026-12-10 21 -4200'])
  const half = allocated('500.00', '2026-11-02')
  const rest = allocated('710.00', '2026-12-20')
  t.strictSame(
    await exigible([invoice, half, note, rest]),
    ['2026-11-02 21 8678', '2026-12-20 21 8122'],
    'what is not exigible yet is taken back first',
  )
  t.strictSame(await exigible([invoice, note, paid]), ['2026-11-02 21 16800'])
  const days = (await rowsOf(inLog([invoice, half, note, rest]))).list(vatDays)
  t.equal(
    days.reduce((sum, day) => sum + day.deferred_minor, 0n),
    0n,
    'nothing of it stays in 4428',
  )
})

t.test('a credit note on account gives its VAT back as its credit is used', async (t) => {
  const note = creditNoteRegistered({
    invoiceId: undefined,
    creditNoteId: 'cn-1',
    cashAccounting: true,
    total: ron('242.00'),
    vatLines: [{ rate: '21', base: '200.00', vat: '42.00' }],
  })
  const used = allocated('121.00', '2026-11-20', { paymentId: 'cn-1' })
  const refunded = refundRecorded({ paymentId: 'cn-1', amount: ron('121.00'), refundedOn: '2026-11-22' })
  t.strictSame(await exigible([invoice, note, used, refunded]), [
    '2026-11-20 21 -2100',
    '2026-11-20 21 2100',
    '2026-11-22 21 -2100',
  ])
})

t.test('what is taken back gives the VAT back, on its own day', async (t) => {
  // Without VAT, so that what is left of the invoice holds more of it.
  const lines = [{ rate: '21', base: '242.00', vat: '0.00' }]
  const half = allocated('605.00', '2026-11-02')
  const note = creditNoteRegistered({ cashAccounting: true, creditedOn: '2026-11-05', vatLines: lines })
  const reversed = creditNoteReversed({ cashAccounting: true, vatLines: lines })
  t.strictSame(await exigible([invoice, half, note, reversed]), [
    '2026-11-02 21 10500',
    '2026-11-05 21 2625',
    '2026-11-21 21 -2625',
  ])
  const onAccount = { invoiceId: undefined, creditNoteId: 'cn-1', cashAccounting: true }
  const used = allocated('121.00', '2026-11-20', { paymentId: 'cn-1' })
  const freed = paymentDeallocated({ paymentId: 'cn-1', amount: ron('121.00'), deallocatedOn: '2026-11-21' })
  const noted = [invoice, creditNoteRegistered(onAccount), used, freed, creditNoteReversed(onAccount)]
  t.strictSame(await exigible(noted), [
    '2026-11-20 21 -2100',
    '2026-11-20 21 2100',
    '2026-11-21 21 2100',
    '2026-11-21 21 -2100',
  ])
})

t.test('a rate that does not move has no movement; VAT without a base has one', async (t) => {
  const movementsOf = async (...messages: readonly LedgerMessage[]) =>
    (await rowsOf(inLog(messages)))
      .list(vatMovements)
      .map((row) => [row.cause, row.rate, row.base_minor, row.vat_minor, row.deferred_minor])
  const two = invoiceRegistered({
    cashAccounting: true,
    total: ron('1765.00'),
    vatLines: [...vatLines, { rate: '11', base: '500.00', vat: '55.00' }],
  })
  const note = creditNoteRegistered({
    cashAccounting: true,
    total: ron('222.00'),
    vatLines: [{ rate: '11', base: '200.00', vat: '22.00' }],
  })
  t.strictSame(await movementsOf(two, note), [
    ['INVOICED', '21', 0n, 0n, 21_000n],
    ['INVOICED', '11', 0n, 0n, 5_500n],
    ['CREDITED', '11', 0n, 0n, -2_200n],
  ])
  const covered = invoiceRegistered({
    cashAccounting: true,
    total: ron('0.00'),
    vatLines: [
      { rate: '21', base: '0.00', vat: '0.01' },
      { rate: '19', base: '0.00', vat: '-0.01', advanceInvoiceId: 'inv-1' },
    ],
  })
  t.strictSame(await movementsOf(covered), [
    ['INVOICED', '21', 0n, 1n, 0n],
    ['INVOICED', '19', 0n, -1n, 0n],
  ])
})

t.test('what waits is kept by company and client, whatever its documents are called', async (t) => {
  const log = createLog()
  const cheque = (clientId: string, minor: string): readonly LedgerMessage[] => [
    invoiceRegistered({ clientId, cashAccounting: true, vatLines }),
    paymentRecorded({ clientId, method: 'CHEQUE', amount: ron(minor) }),
    allocated(minor, '2026-11-02', { clientId }),
  ]
  const collected = paymentCleared({
    clientId: 'beta',
    paymentId: 'pay-1',
    method: 'CHEQUE',
    amount: ron('605.00'),
    clearedOn: '2026-12-05',
  })
  log.append('amc', 'clientAccount-amc:alfa', cheque('alfa', '500.00'))
  log.append('amc', 'clientAccount-amc:beta', cheque('beta', '605.00'))
  log.append('zeta', 'clientAccount-zeta:beta', cheque('beta', '121.00'))
  log.append('amc', 'clientAccount-amc:beta', [collected])
  const rows = await rowsOf(log.events)
  const moved = rows.list(vatMovements).filter(({ vat_minor }) => vat_minor !== 0n)
  t.match(moved, [{ company_id: 'amc', client_id: 'beta', vat_minor: 10_500n, document_id: 'inv-1024' }])
  t.strictSame(
    rows.list(vatDocuments.instruments).map(({ company_id, client_id, state }) => [company_id, client_id, state]),
    [
      ['amc', 'alfa', { waiting: { 'pay-1': [{ invoiceId: 'inv-1024', amount: '50000' }] } }],
      ['amc', 'beta', { waiting: {} }],
      ['zeta', 'beta', { waiting: { 'pay-1': [{ invoiceId: 'inv-1024', amount: '12100' }] } }],
    ],
  )
  for (const table of [vatDocuments.documents, vatDocuments.instruments]) {
    for (const row of rows.list(table)) t.same(Object.keys(row).toSorted(), Object.keys(table.columns).toSorted())
  }
  t.equal(rows.list(vatDocuments.documents).length, 3)
})

const vatLinesOf = (paper: {
  readonly total: Money
  readonly vatLines: readonly { readonly vat: string }[]
}): readonly bigint[] => paper.vatLines.map(({ vat }) => minorIn(vat, paper.total.currency))

interface NaiveDocument {
  deferred: DeferredVat
  collected: bigint
  /** VAT of advances that it takes off; negative. */
  back: bigint
}

type Lines = Parameters<typeof deferredVatOf>[0]
type InvoiceLines = Extract<LedgerEvent, { readonly type: 'InvoiceRegistered' }>['data']['vatLines']

/** What a paper is for, and the lines with minus. */
const halvesOf = (lines: InvoiceLines): readonly [own: Lines, advances: Lines] => [
  lines.filter((line) => line.advanceInvoiceId === undefined),
  lines.filter((line) => line.advanceInvoiceId !== undefined),
]

/** The same by looking at each document alone: what was collected of it, at the end. */
const naive = (events: readonly LedgerEvent[]): ReadonlyMap<string, readonly [vat: bigint, deferred: bigint]> => {
  const documents = new Map<string, NaiveDocument>()
  const onPaper = new Map<string, Map<string, bigint>>()
  const collect = (key: string, minor: bigint): void => {
    const document = documents.get(key)
    if (document !== undefined) document.collected += minor
  }
  /** Of what settles a document `now` has come in; the rest waits on its paper. */
  const bring = (paper: Map<string, bigint> | undefined, key: string, minor: bigint, now: bigint): void => {
    collect(key, now)
    paper?.set(key, (paper.get(key) ?? 0n) + minor - now)
  }
  for (const event of events) {
    if (event.type === 'InvoiceRegistered' && event.data.cashAccounting) {
      const { clientId, invoiceId, vatLines: lines, total } = event.data
      const [own, off] = halvesOf(lines)
      const deferred = deferredVatOf(own, total.currency)
      const { grossMinor, parts } = deferredVatOf(off, total.currency)
      const back = parts.reduce((sum, { vatMinor }) => sum + vatMinor, 0n)
      const key = `${event.metadata.companyId} ${clientId} ${invoiceId}`
      documents.set(key, { deferred, collected: -grossMinor, back })
    } else if (event.type === 'PaymentRecorded' && ['CHEQUE', 'PROMISSORY_NOTE'].includes(event.data.method)) {
      onPaper.set(`${event.metadata.companyId} ${event.data.clientId} ${event.data.paymentId}`, new Map())
    } else if (event.type === 'PaymentAllocated' || event.type === 'PaymentDeallocated') {
      const { clientId, paymentId, invoiceId, amount, collected = '0' } = event.data
      const sign = event.type === 'PaymentAllocated' ? 1n : -1n
      const minor = sign * minorOf(amount)
      const account = `${event.metadata.companyId} ${clientId}`
      const paper = onPaper.get(`${account} ${paymentId}`)
      const now = paper === undefined ? minor : sign * minorIn(collected, amount.currency)
      bring(paper, `${account} ${invoiceId}`, minor, now)
    } else if (event.type === 'PaymentCleared') {
      const { clientId, paymentId, settles = [], collects = settles, stillInTransit } = event.data
      const account = `${event.metadata.companyId} ${clientId}`
      const paper = onPaper.get(`${account} ${paymentId}`)
      if (paper === undefined) continue
      if (stillInTransit === undefined) {
        for (const [document, minor] of paper) collect(document, minor)
        onPaper.delete(`${account} ${paymentId}`)
      } else {
        for (const { invoiceId, amount } of collects) bring(paper, `${account} ${invoiceId}`, 0n, minorOf(amount))
      }
    } else if (event.type === 'PaymentReversed') {
      // Of a paper, nothing is still to come.
      const { clientId, paymentId, stillInTransit } = event.data
      if (stillInTransit === undefined) onPaper.delete(`${event.metadata.companyId} ${clientId} ${paymentId}`)
    } else if (event.type === 'DiscountReversed' || event.type === 'CreditNoteReversed') {
      const corrected = event.type === 'CreditNoteReversed' ? event.data.corrects : undefined
      const invoiceId = event.data.invoiceId ?? corrected
      const document = documents.get(`${event.metadata.companyId} ${event.data.clientId} ${invoiceId}`)
      const { currency } = event.type === 'DiscountReversed' ? event.data.amount : event.data.total
      if (document === undefined) continue
      const { grossMinor, parts } = deferredVatOf(event.data.vatLines, currency)
      document.deferred = lessenedVat(document.deferred, { grossMinor: -grossMinor, parts: negatedVat(parts) })
    } else if (event.type === 'InvoiceCancelled') {
      const document = documents.get(`${event.metadata.companyId} ${event.data.clientId} ${event.data.invoiceId}`)
      if (document === undefined) continue
      const { currency } = event.data.total
      const [own, off] = halvesOf(event.data.vatLines)
      document.deferred = lessenedVat(document.deferred, deferredVatOf(own, currency))
      document.collected += deferredVatOf(off, currency).grossMinor
      document.back = 0n
    } else if (event.type === 'DiscountGranted' || event.type === 'CreditNoteRegistered') {
      const corrected = event.type === 'CreditNoteRegistered' ? event.data.corrects : undefined
      const invoiceId = event.data.invoiceId ?? corrected
      const document = documents.get(`${event.metadata.companyId} ${event.data.clientId} ${invoiceId}`)
      const currency = event.type === 'DiscountGranted' ? event.data.amount.currency : event.data.total.currency
      if (document !== undefined)
        document.deferred = lessenedVat(document.deferred, deferredVatOf(event.data.vatLines, currency))
    }
  }
  return new Map(
    [...documents].map(([key, { deferred, collected, back }]) => {
      const vat = exigibleSoFar(deferred, collected).reduce((sum, part) => sum + part.vatMinor, 0n)
      return [key, [vat + back, deferred.parts.reduce((sum, part) => sum + part.vatMinor, 0n) - vat]]
    }),
  )
}

const matchesNaive = async (events: readonly LedgerEvent[]): Promise<void> => {
  const found = new Map<string, readonly [bigint, bigint]>()
  for (const row of (await rowsOf(events)).list(vatMovements)) {
    const key = `${row.company_id} ${row.client_id} ${row.document_id}`
    const [vat, deferred] = found.get(key) ?? [0n, 0n]
    found.set(key, [vat + row.vat_minor, deferred + row.deferred_minor])
  }
  for (const [key, sums] of naive(events)) deepStrictEqual(found.get(key) ?? [0n, 0n], sums, key)
}

t.test('of a cheque that had come in part, a document has the part that had come', async (t) => {
  const total = ron('1370.33')
  const lines = [
    { rate: '21', base: '685.16', vat: '137.03' },
    { rate: '11', base: '423.57', vat: '124.57' },
  ]
  const cheque = { paymentId: 'pay-1', method: 'CHEQUE' } as const
  const part = { amount: ron('0.01'), fee: '0.00', clearedOn: '2026-11-02' }
  const messages = [
    invoiceRegistered({ cashAccounting: true, total, vatLines: lines }),
    paymentRecorded({ ...cheque, amount: ron('0.02') }),
    paymentCleared({ ...cheque, ...part, settles: [], stillInTransit: '0.01' }),
    allocated('0.02', '2026-11-03', { collected: '0.01' }),
    allocated('657.35', '2026-11-04', { paymentId: 'pay-2' }),
  ]
  const rest = paymentCleared({ ...cheque, ...part, clearedOn: '2026-11-05' })
  // 657.36 of 1370.33: 65.73 of the 137.03 and 59.76 of the 124.57; the last ban makes it 65.74.
  t.strictSame(await exigible(messages), ['2026-11-03 11 0', '2026-11-04 21 6573', '2026-11-04 11 5976'])
  t.strictSame((await exigible([...messages, rest])).slice(3), ['2026-11-05 21 1'])
  await matchesNaive(inLog(messages))
  await matchesNaive(inLog([...messages, rest]))
})

t.test('over random histories, each document has made exigible what was collected of it', (t) =>
  holds(
    t,
    fc.asyncProperty(stepsArbitrary(80, 20), (steps) => matchesNaive(playHistory(steps))),
    150,
  ),
)

/** A receipt carries the difference of all before it, so the sum of some of them may be off by one of each. */
const ROUNDING = 2n

t.test('on no day has a document more VAT than it has, nor less than none', (t) =>
  holds(
    t,
    fc.asyncProperty(stepsArbitrary(80, 20), async (steps) => {
      const events = playHistory(steps)
      const keyOf = (companyId: string, clientId: string, id: string): string => `${companyId} ${clientId} ${id}`
      const whole = new Map<string, bigint>()
      const takenBack = new Set<string>()
      for (const { type, data, metadata } of events) {
        // A final invoice may give back more at one rate than it has at another.
        if (type === 'InvoiceRegistered' && halvesOf(data.vatLines)[1].length === 0) {
          const vat = vatLinesOf(data).reduce((sum, line) => sum + line, 0n)
          whole.set(keyOf(metadata.companyId, data.clientId, data.invoiceId), vat)
        }
        // What is taken back of a paper changes what it has.
        if (type === 'InvoiceCancelled' || type === 'DiscountGranted' || type === 'CreditNoteRegistered') {
          const corrected = type === 'CreditNoteRegistered' ? data.corrects : undefined
          takenBack.add(keyOf(metadata.companyId, data.clientId, data.invoiceId ?? corrected ?? ''))
        }
      }
      const soFar = new Map<string, bigint>()
      const rows = (await rowsOf(events)).list(vatMovements)
      for (const row of rows.toSorted((a, b) => (a.effective_on < b.effective_on ? -1 : 1))) {
        const key = keyOf(row.company_id, row.client_id, row.document_id)
        const most = whole.get(key)
        if (row.kind !== 'INVOICE' || most === undefined) continue
        const sum = (soFar.get(key) ?? 0n) + row.vat_minor
        soFar.set(key, sum)
        const isWithin = takenBack.has(key) || sum <= most + ROUNDING
        ok(sum >= -ROUNDING && isWithin, `${key} on ${row.effective_on}: ${sum} of ${most}`)
      }
    }),
    150,
  ),
)

t.test('what waits is the balance of 4428, and what is exigible went to 4427', (t) =>
  holds(
    t,
    fc.asyncProperty(stepsArbitrary(80, 20), async (steps) => {
      const events = playHistory(steps)
      const writer = createMemoryWriter([journal, vatOnCollection])
      await writer.apply(events, { position: positionOf(1_000_000n), storeId: 'memory' })
      const sums = new Map<string, bigint>()
      const add = (key: string, minor: bigint): void => void sums.set(key, (sums.get(key) ?? 0n) + minor)
      for (const row of writer.rows.list(postings)) {
        if (row.account === 'VAT_DEFERRED')
          add(`${row.company_id} ${row.currency} ${row.effective_on}`, row.amount_minor)
      }
      for (const row of writer.rows.list(vatDays)) {
        add(`${row.company_id} ${row.currency} ${row.effective_on}`, row.deferred_minor)
      }
      deepStrictEqual(
        [...sums].filter(([, minor]) => minor !== 0n),
        [],
      )
    }),
    100,
  ),
)
