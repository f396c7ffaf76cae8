import { type LedgerMessage, minorOf, type PaymentMethod } from '@registru/domain'
import {
  invoiceRegistered,
  paymentAllocated,
  paymentDeallocated,
  paymentRecorded,
  paymentReversed,
  ron,
} from '@registru/domain/examples'
import t from 'tap'
import { createMemoryWriter } from '../core/memory-writer.ts'
import { romanianAccount } from '../journal/accounts.ts'
import { journal } from '../journal/projection.ts'
import { accountDays, postings } from '../journal/tables.ts'
import { postingTemplates } from './fixtures/posting-templates.ts'
import { createLog } from './ledger.ts'

const project = async (messages: readonly LedgerMessage[]) => {
  const log = createLog()
  log.append('amc', 'clientAccount-amc:alfa', messages)
  const writer = createMemoryWriter([journal])
  await writer.apply(log.events, { position: 1_000_000n, storeId: 'memory' })
  return writer.rows
}

/** Movement of each Romanian account, debits less credits; one that ends where it began is left out. */
const movements = async (messages: readonly LedgerMessage[]): Promise<Readonly<Record<string, bigint>>> => {
  const byAccount: Record<string, bigint> = {}
  for (const { account, currency, amount_minor, effective_on } of (await project(messages)).list(postings)) {
    const number = romanianAccount(account, currency, { functionalCurrency: 'RON', on: effective_on })
    byAccount[number] = (byAccount[number] ?? 0n) + amount_minor
  }
  return Object.fromEntries(Object.entries(byAccount).filter(([, amount]) => amount !== 0n))
}

const expectedMovements = (id: string): Readonly<Record<string, bigint>> => {
  const template = postingTemplates.find((entry) => entry.id === id)
  if (template === undefined) throw new Error(`no template ${id}`)
  const byAccount: Record<string, bigint> = {}
  for (const [account, side, amount] of template.lines) {
    byAccount[account] = (byAccount[account] ?? 0n) + (side === 'D' ? amount : -amount)
  }
  return byAccount
}

/** Paid and allocated in one append, as a payment usually is. */
const paid = (
  amount: string,
  method: PaymentMethod = 'BANK_TRANSFER',
  allocated = amount,
): readonly LedgerMessage[] => [
  paymentRecorded({ amount: ron(amount), method }),
  ...(allocated === '0.00' ? [] : [paymentAllocated({ amount: ron(allocated) })]),
]

const reversed = (amount: string, method: PaymentMethod): readonly LedgerMessage[] => [
  paymentDeallocated({ amount: ron(amount), reason: 'PAYMENT_REVERSED' }),
  paymentReversed({ amount: ron(amount), method }),
]

const cases: readonly (readonly [template: string, messages: readonly LedgerMessage[]])[] = [
  ['P01', [invoiceRegistered()]],
  ['P02', [invoiceRegistered({ cashAccounting: true })]],
  ['P03', paid('500.00', 'CASH')],
  ['P04', paid('500.00', 'BANK_TRANSFER')],
  ['P06', paid('500.00', 'CARD_POS')],
  ['P08', paid('500.00', 'COURIER_COD')],
  ['P12', paid('1300.00', 'BANK_TRANSFER', '1210.00')],
  ['P13', [paymentAllocated({ amount: ron('90.00') })]],
  ['P29', paid('1210.00', 'PROMISSORY_NOTE')],
  ['P33', paid('1210.00', 'CHEQUE')],
  ['P36', paid('500.00', 'SET_OFF')],
  ['P43', reversed('500.00', 'BANK_TRANSFER')],
  ['P44', reversed('500.00', 'CASH')],
]

t.test('what an event moves is what the accountants’ template says', async (t) => {
  for (const [id, messages] of cases) {
    const event = postingTemplates.find((template) => template.id === id)?.event
    t.same(await movements(messages), expectedMovements(id), `${id} ${event}`)
  }
})

t.test('an advance invoice is no revenue yet', async (t) => {
  t.same(await movements([invoiceRegistered({ kind: 'ADVANCE' })]), { 4111: 121_000n, 419: -100_000n, 4427: -21_000n })
})

t.test('money in another currency lies in accounts of its own', async (t) => {
  const amount = { amount: '100.00', currency: 'EUR' }
  t.same(await movements([paymentRecorded({ amount, method: 'CASH' })]), { 419: -10_000n, 5314: 10_000n })
  t.same(await movements([paymentRecorded({ amount, method: 'BANK_TRANSFER' })]), { 419: -10_000n, 5124: 10_000n })
})

t.test('a posting tells both clocks and where it comes from', async (t) => {
  const rows = (await project([invoiceRegistered(), paymentRecorded()])).list(postings)
  const receivable = rows.find(({ account }) => account === 'RECEIVABLE')
  t.match(receivable, {
    company_id: 'amc',
    client_id: 'alfa',
    invoice_id: 'inv-1024',
    payment_id: null,
    effective_on: '2026-10-01',
    amount_minor: minorOf(ron('1210.00')),
    revision: 0n,
    event_id: '00000000-0000-4000-8000-000000000000',
  })
  t.match(rows.find(({ account }) => account === 'BANK')?.recorded_at, /^2026-11-02T09:00:0/)
})

t.test('the days of an account keep both of its sides', async (t) => {
  const rows = (await project([...paid('500.00'), ...reversed('500.00', 'BANK_TRANSFER')])).list(accountDays)
  const sides = rows.map((row) => [row.account, row.effective_on, row.debit_minor, row.credit_minor])
  t.same(sides, [
    ['BANK', '2026-11-02', 50_000n, 0n],
    ['BANK', '2026-11-05', 0n, 50_000n],
    ['CLIENT_CREDIT', '2026-11-02', 50_000n, 50_000n],
    ['CLIENT_CREDIT', '2026-11-05', 50_000n, 0n],
    ['CLIENT_CREDIT', '2026-11-10', 0n, 50_000n],
    ['RECEIVABLE', '2026-11-02', 0n, 50_000n],
    ['RECEIVABLE', '2026-11-10', 50_000n, 0n],
  ])
})
