import { positionOf } from '@registru/domain'
import t from 'tap'
import { type SettlementEntry, settlementsOf } from '../core/books/settlements.ts'

const entry = (position: number, amountMinor: bigint, paymentId = 'pay-1'): SettlementEntry => ({
  paymentId,
  invoiceId: 'inv-1024',
  amountMinor,
  effectiveOn: `2026-11-0${position}`,
  position: positionOf(BigInt(position)),
  eventId: `event-${position}`,
  undoneBecause: amountMinor < 0n ? 'WRONG_INVOICE' : null,
})

const told = (entries: readonly SettlementEntry[]) =>
  settlementsOf(entries).map(({ paymentId, amountMinor, allocatedOn, undone, undoneOn }) => [
    paymentId,
    amountMinor,
    allocatedOn,
    undone ? undoneOn : 'stands',
  ])

t.test('allocations and their undos', async (t) => {
  t.same(told([entry(1, 500n)]), [['pay-1', 500n, '2026-11-01', 'stands']])
  t.same(told([entry(1, 500n), entry(2, -500n)]), [['pay-1', 500n, '2026-11-01', '2026-11-02']])
  t.same(
    told([entry(1, 500n), entry(2, -200n)]),
    [
      ['pay-1', 300n, '2026-11-01', 'stands'],
      ['pay-1', 200n, '2026-11-01', '2026-11-02'],
    ],
    'a part',
  )
  t.same(
    told([entry(1, 500n), entry(2, 100n), entry(3, -200n)]),
    [
      ['pay-1', 400n, '2026-11-01', 'stands'],
      ['pay-1', 100n, '2026-11-01', '2026-11-03'],
      ['pay-1', 100n, '2026-11-02', '2026-11-03'],
    ],
    'the newest first',
  )
  t.same(
    told([entry(1, 500n), entry(2, 100n, 'pay-2'), entry(3, -500n)]),
    [
      ['pay-1', 500n, '2026-11-01', '2026-11-03'],
      ['pay-2', 100n, '2026-11-02', 'stands'],
    ],
    'of its own pair alone',
  )
})
