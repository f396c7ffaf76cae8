import { type LedgerMessage, positionOf } from '@registru/domain'
import {
  invoiceRegistered,
  paymentAllocated,
  paymentDeallocated,
  paymentRecorded,
  ron,
} from '@registru/domain/examples'
import t from 'tap'
import { createMemoryWriter } from '../core/fold/memory-writer.ts'
import { FOREVER, STILL_KNOWN } from '../core/reading/clocks.ts'
import { receivablesAging } from '../receivables-aging/projection.ts'
import { changeFrom } from '../receivables-aging/steps.ts'
import { openSpans, type Part } from '../receivables-aging/tables.ts'
import { createLog } from './ledger.ts'

/** Spans of one item in the order in which they were learned; positions as ordinals of their events. */
const spansOf = async (itemId: string, messages: readonly LedgerMessage[]) => {
  const log = createLog()
  log.append('amc', 'clientAccount-amc:alfa', messages)
  const writer = createMemoryWriter([receivablesAging])
  await writer.apply(log.events, { position: positionOf(1_000_000n), storeId: 'memory' })
  const ordinal = (position: bigint): number | 'now' =>
    position === STILL_KNOWN ? 'now' : log.events.findIndex((event) => event.position === position)
  return writer.rows
    .list(openSpans)
    .filter((span) => span.item_id === itemId)
    .map((span) => [span.amount_minor, span.eff_from, span.eff_to, ordinal(span.known_from), ordinal(span.known_to)])
}

const invoice = invoiceRegistered({ total: ron('1000.00') })
const payment = paymentRecorded({ amount: ron('600.00'), receivedOn: '2026-11-02' })
const allocated = paymentAllocated({ amount: ron('600.00'), allocatedOn: '2026-11-02' })

t.test('open items on two clocks', async (t) => {
  t.test('an invoice is open from its day of issue on', async (t) => {
    t.same(await spansOf('inv-1024', [invoice]), [[100_000n, '2026-10-01', FOREVER, 0, 'now']])
  })

  t.test('an allocation closes what was believed and tells both sides of its day', async (t) => {
    t.same(await spansOf('inv-1024', [invoice, payment, allocated]), [
      [100_000n, '2026-10-01', FOREVER, 0, 2],
      [100_000n, '2026-10-01', '2026-11-02', 2, 'now'],
      [40_000n, '2026-11-02', FOREVER, 2, 'now'],
    ])
  })

  t.test('a payment is credit until it is allocated; nothing open is no span', async (t) => {
    t.same(await spansOf('pay-1', [invoice, payment, allocated]), [[60_000n, '2026-11-02', FOREVER, 1, 2]])
  })

  t.test('an undo opens again from its own day on and leaves the past alone', async (t) => {
    const undone = paymentDeallocated({ amount: ron('600.00'), deallocatedOn: '2026-11-10' })
    t.same((await spansOf('inv-1024', [invoice, payment, allocated, undone])).slice(1), [
      [100_000n, '2026-10-01', '2026-11-02', 2, 'now'],
      [40_000n, '2026-11-02', FOREVER, 2, 3],
      [40_000n, '2026-11-02', '2026-11-10', 3, 'now'],
      [100_000n, '2026-11-10', FOREVER, 3, 'now'],
    ])
  })
})

const parts: readonly Part[] = [
  {
    dueOn: '2026-10-31',
    amount: '300',
    steps: [{ from: '2026-10-01', open: '300', span: { knownFrom: '1', line: 0 } }],
  },
  {
    dueOn: '2026-11-30',
    amount: '700',
    steps: [{ from: '2026-10-01', open: '700', span: { knownFrom: '1', line: 1 } }],
  },
]

t.test('instalments', async (t) => {
  t.test('money covers the earliest first and leaves the others’ spans alone', async (t) => {
    const { close, open } = changeFrom(parts, '2026-11-02', -200n, { position: positionOf(9n), firstLine: 0 })
    t.same(close, [{ knownFrom: 1n, line: 0 }])
    t.same(
      open.map(({ part, amountMinor, effFrom, effTo }) => [part, amountMinor, effFrom, effTo]),
      [
        [0, 300n, '2026-10-01', '2026-11-02'],
        [0, 100n, '2026-11-02', FOREVER],
      ],
    )
  })

  t.test('more than the first one goes on to the second', async (t) => {
    const changed = changeFrom(parts, '2026-11-02', -450n, { position: positionOf(9n), firstLine: 0 }).parts
    t.same(
      changed.map(({ steps }) => steps.at(-1)?.open),
      ['0', '550'],
    )
  })

  t.test('what is undone comes back on the last one', async (t) => {
    const settled = changeFrom(parts, '2026-11-02', -1_000n, { position: positionOf(9n), firstLine: 0 }).parts
    const again = changeFrom(settled, '2026-11-05', 200n, { position: positionOf(10n), firstLine: 0 })
    t.same(
      again.open.map(({ part, dueOn, amountMinor }) => [part, dueOn, amountMinor]),
      [[1, '2026-11-30', 200n]],
    )
  })
})
