/** Whose cash it was, and what of it the law counts. */
import { type LedgerMessage, positionOf } from '@registru/domain'
import {
  clientRegistered,
  clientUpdated,
  invoiceRegistered,
  paymentAllocated,
  paymentDeallocated,
  paymentRecorded,
  paymentReversed,
  ron,
} from '@registru/domain/examples'
import t from 'tap'
import { cashCeilings } from '../cash-ceilings/projection.ts'
import { cashHanded, contractSettlements } from '../cash-ceilings/tables.ts'
import { createMemoryWriter } from '../core/fold/memory-writer.ts'
import { createLog } from './ledger.ts'

const rowsOf = async (...messages: readonly LedgerMessage[]) => {
  const log = createLog()
  log.append('amc', 'clientAccount-amc:alfa', messages)
  const writer = createMemoryWriter([cashCeilings])
  await writer.apply(log.events, { position: positionOf(1_000_000n), storeId: 'memory' })
  return writer.rows
}
const cash = (paymentId: string, change = {}) =>
  paymentRecorded({ paymentId, method: 'CASH', amount: ron('100.00'), deskId: 'C1', ...change })

t.test('a payer is a fiscal code or a name, and the client unless somebody else is named', async (t) => {
  const rows = await rowsOf(
    clientRegistered({ name: 'Alfa SRL', taxId: 'RO123456789' }),
    cash('own'),
    cash('named-itself', { payer: { name: 'ALFA SRL', taxId: '123456789' } }),
    cash('another', { payer: { name: 'Beta SRL', taxId: 'RO 13548146' } }),
    cash('person', { payer: { name: ' Ion Popescu' } }),
    clientUpdated({ name: 'Alfa Construct SRL' }),
    cash('renamed'),
    cash('euro', { amount: { amount: '100.00', currency: 'EUR' } }),
    paymentRecorded({ paymentId: 'bank', method: 'BANK_TRANSFER' }),
  )
  t.strictSame(
    new Map(
      rows
        .list(cashHanded)
        .map((row) => [row.payment_id, `${row.payer_kind} ${row.payer_identity} (${row.payer_name})`]),
    ),
    new Map([
      ['another', 'BUSINESS 13548146 (Beta SRL)'],
      ['named-itself', 'BUSINESS 123456789 (Alfa SRL)'],
      ['own', 'BUSINESS 123456789 (Alfa SRL)'],
      ['person', 'INDIVIDUAL ION POPESCU ( Ion Popescu)'],
      ['renamed', 'BUSINESS 123456789 (Alfa Construct SRL)'],
    ]),
  )
})

t.test('what is reversed is marked with its place in the log', async (t) => {
  const rows = await rowsOf(
    clientRegistered(),
    cash('pay-1'),
    paymentReversed({ paymentId: 'pay-1', method: 'CASH', amount: ron('100.00') }),
  )
  t.type(rows.list(cashHanded)[0]?.reversed_position, 'bigint')
})

t.test('only instalment sale contracts leave settlements here', async (t) => {
  const rows = await rowsOf(
    clientRegistered({ kind: 'INDIVIDUAL' }),
    invoiceRegistered({ invoiceId: 'contract', instalmentContract: true }),
    invoiceRegistered({ invoiceId: 'plain' }),
    cash('pay-1'),
    paymentAllocated({ paymentId: 'pay-1', invoiceId: 'contract', amount: ron('70.00') }),
    paymentAllocated({ paymentId: 'pay-1', invoiceId: 'plain', amount: ron('30.00') }),
    paymentDeallocated({ paymentId: 'pay-1', invoiceId: 'contract', amount: ron('20.00') }),
  )
  t.strictSame(
    rows.list(contractSettlements).map((row) => row.amount_minor),
    [7_000n, -2_000n],
  )
})
