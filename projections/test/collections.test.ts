/** Collected, sold, and the days that sales wait for their money. */
import { deepStrictEqual } from 'node:assert'
import { minorOf, positionOf } from '@registru/domain'
import fc from 'fast-check'
import t from 'tap'
import { countBackDso, simpleDso } from '../collections/days-sales-outstanding.ts'
import { collectionsProjection } from '../collections/projection.ts'
import { collectionDays, salesDays } from '../collections/tables.ts'
import { createMemoryWriter } from '../core/fold/memory-writer.ts'
import { playHistory, stepsArbitrary } from './histories.ts'
import { holds } from './random.ts'

const sales = [
  { on: '2026-08-10', soldMinor: 310_000n },
  { on: '2026-09-05', soldMinor: 300_000n },
  { on: '2026-10-20', soldMinor: 200_000n },
  { on: '2026-11-10', soldMinor: 100_000n },
]

t.test('simple: open ÷ sales × days', async (t) => {
  const asOf = '2026-11-30'
  // From 2026-09-02 on: 600,000.
  t.match(simpleDso(300_000n, sales, { asOf, days: 90 }), { from: '2026-09-02', soldMinor: 600_000n, daysTenths: 450n })
  t.equal(simpleDso(300_000n, [], { asOf, days: 90 }).daysTenths, undefined)
  t.equal(simpleDso(0n, sales, { asOf, days: 90 }).daysTenths, 0n)
})

t.test('count-back: whole months, and the share of the last one', async (t) => {
  const question = { asOf: '2026-11-24', since: '2024-11-24' }
  // November to the 24th, October, and half of September.
  const { terms, daysTenths, leftMinor } = countBackDso(450_000n, sales, question)
  t.match(terms, [
    { from: '2026-11-01', to: '2026-11-24', days: 24, countedMinor: 100_000n, daysTenths: 240n },
    { from: '2026-10-01', to: '2026-10-31', days: 31, countedMinor: 200_000n, daysTenths: 310n },
    { from: '2026-09-01', to: '2026-09-30', days: 30, countedMinor: 150_000n, daysTenths: 150n },
  ])
  t.equal(daysTenths, 700n)
  t.equal(leftMinor, 0n)
  t.equal(countBackDso(0n, sales, question).daysTenths, 0n)
  t.equal(countBackDso(1_000_000n, sales, question).leftMinor, 90_000n, 'older than the sales looked at')
})

t.test('over random histories, days add up to the events', (t) =>
  holds(
    t,
    fc.asyncProperty(stepsArbitrary(80, 20), async (steps) => {
      const events = playHistory(steps)
      const writer = createMemoryWriter([collectionsProjection])
      await writer.apply(events, { position: positionOf(1_000_000n), storeId: 'memory' })
      const naive = new Map<string, bigint>()
      const move = (currency: string, on: string, minor: bigint): void => {
        const key = `${currency} ${on}`
        naive.set(key, (naive.get(key) ?? 0n) + minor)
      }
      for (const { type, data } of events) {
        if (type === 'PaymentRecorded') move(`in ${data.amount.currency}`, data.receivedOn, minorOf(data.amount))
        // Money of nobody known counts from the day on which it is somebody's.
        if (type === 'PaymentIdentified') move(`in ${data.amount.currency}`, data.identifiedOn, minorOf(data.amount))
        if (type === 'IdentificationUndone') move(`in ${data.amount.currency}`, data.undoneOn, -minorOf(data.amount))
        if (type === 'PaymentReversed') move(`in ${data.amount.currency}`, data.reversedOn, -minorOf(data.amount))
        if (type === 'RefundRecorded') {
          const left = data.conversion?.paid ?? data.amount
          move(`in ${left.currency}`, data.refundedOn, -minorOf(left))
        }
        if (type === 'RefundReversed') {
          const back = data.conversion?.paid ?? data.amount
          move(`in ${back.currency}`, data.reversedOn, minorOf(back))
        }
        if (type === 'CreditNoteReversed') move(`sold ${data.total.currency}`, data.reversedOn, minorOf(data.total))
        if (type === 'InvoiceRegistered') move(`sold ${data.total.currency}`, data.issuedOn, minorOf(data.total))
        if (type === 'InvoiceCancelled') move(`sold ${data.total.currency}`, data.cancelledOn, -minorOf(data.total))
        if (type === 'CreditNoteRegistered') move(`sold ${data.total.currency}`, data.creditedOn, -minorOf(data.total))
      }
      const found = new Map<string, bigint>()
      const find = (key: string, minor: bigint): void => void found.set(key, (found.get(key) ?? 0n) + minor)
      for (const row of writer.rows.list(collectionDays)) {
        find(`in ${row.currency} ${row.effective_on}`, row.collected_minor - row.reversed_minor - row.refunded_minor)
      }
      for (const row of writer.rows.list(salesDays)) {
        find(`sold ${row.currency} ${row.effective_on}`, row.invoiced_minor - row.credited_minor)
      }
      deepStrictEqual(Object.fromEntries(found), Object.fromEntries(naive))
    }),
    100,
  ),
)
