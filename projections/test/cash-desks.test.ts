/** Registers of cash: nothing moves on a day that is over, and the drawers hold what came less what left. */
import { deepStrictEqual } from 'node:assert'
import { type LedgerEvent, type LedgerMessage, minorOf, positionOf } from '@registru/domain'
import {
  cashDeskOpened,
  paymentRecorded,
  paymentReversed,
  receiptAnnulled,
  receiptIssued,
  refundRecorded,
  refundReversed,
  ron,
} from '@registru/domain/examples'
import fc from 'fast-check'
import t from 'tap'
import { cashDesksProjection } from '../cash-desks/projection.ts'
import { cashDeskDays, cashLines } from '../cash-desks/tables.ts'
import { createMemoryWriter } from '../core/fold/memory-writer.ts'
import { playHistory, stepsArbitrary } from './histories.ts'
import { createLog } from './ledger.ts'
import { holds } from './random.ts'

const rowsOf = async (events: readonly LedgerEvent[]) => {
  const writer = createMemoryWriter([cashDesksProjection])
  await writer.apply(events, { position: positionOf(1_000_000n), storeId: 'memory' })
  return writer.rows
}

const registers = async (...messages: readonly LedgerMessage[]): Promise<readonly string[]> => {
  const log = createLog()
  log.append('amc', 'any', messages)
  return (await rowsOf(log.events)).list(cashLines).map((row) => {
    const { act = '-', against, explanation } = row.receipt ?? row.said
    const amounts = `+${row.in_minor} -${row.out_minor}`
    return `${row.effective_on} ${row.desk_id} ${row.kind} ${act} ${amounts} [${against.join()}] ${explanation}`
  })
}

const cash = (change = {}) =>
  paymentRecorded({
    method: 'CASH',
    deskId: 'C1',
    receivedOn: '2026-11-02',
    amount: ron('500.00'),
    allocationRule: 'explicit@1',
    ...change,
  })
const receipt = (change = {}) =>
  receiptIssued({ issuedOn: '2026-11-02', amount: ron('500.00'), paymentId: 'pay-1', ...change })

t.test('a receipt of the same day names the line; a later one has a line of value 0', async (t) => {
  const named = await registers(cash(), receipt({ number: 15 }))
  t.equal(named.length, 1)
  t.match(named[0], /^2026-11-02 C1 PAYMENT AMC-C 15 \+50000 -0 \[RECEIVABLE\] chitanța AMC-C 15, factura AMC 1024, /)
  const [invoice] = receipt().data.settles
  const claim = { claim: 'FEE' as const, series: undefined, number: 'D 5' }
  const owed = invoice === undefined ? [] : [{ ...invoice, ...claim }]
  const costs = await registers(cash(), receipt({ number: 15, settles: owed }))
  t.match(costs[0], /chitanța AMC-C 15, cheltuieli de recuperat D 5, /)
  const later = await registers(cash(), receipt({ number: 15, issuedOn: '2026-11-03' }))
  t.match(later, [
    '2026-11-02 C1 PAYMENT - +50000 -0 [RECEIVABLE] încasare pay-1, alfa',
    /^2026-11-03 C1 RECEIPT AMC-C 15 \+0 -0 /,
  ])
})

t.test('what goes wrong is a line of its own day', async (t) => {
  const lines = await registers(
    cash(),
    receipt({ number: 15 }),
    receiptAnnulled({ number: 15, paymentId: 'pay-1', annulledOn: '2026-11-05', reason: 'sumă greșită' }),
    paymentReversed({
      method: 'CASH',
      deskId: 'C1',
      amount: ron('500.00'),
      reversedOn: '2026-11-05',
      reason: 'MISTAKE',
    }),
  )
  t.match(lines, [
    /^2026-11-02 C1 PAYMENT AMC-C 15 \+50000 -0/,
    '2026-11-05 C1 ANNULMENT AMC-C 15 +0 -0 [] chitanța AMC-C 15 ANULATĂ: sumă greșită',
    '2026-11-05 C1 REVERSAL AMC-C 15 +0 -50000 [RECEIVABLE] stornarea încasării din 02.11.2026, chitanța AMC-C 15',
  ])
  const reissued = await registers(
    cash(),
    receipt({ number: 15 }),
    receipt({ number: 16, replaces: { series: 'AMC-C', number: 15 } }),
  )
  t.match(reissued[1], /^2026-11-02 C1 RECEIPT AMC-C 16 \+0 -0 .*înlocuiește chitanța AMC-C 15/)
})

t.test('opening balances, refunds, cash without a desk; other money is not here', async (t) => {
  const lines = await registers(
    cashDeskOpened({ deskId: 'C1', openedOn: '2026-11-01', openingBalances: [{ amount: '100.00', currency: 'RON' }] }),
    cash({ paymentId: 'pay-9', deskId: undefined, allocationRule: 'none@1' }),
    refundRecorded({ method: 'CASH', deskId: 'C1', amount: ron('30.00'), refundedOn: '2026-11-09', document: 'DP 7' }),
    refundReversed({ method: 'CASH', deskId: 'C1', amount: ron('30.00'), reversedOn: '2026-11-12' }),
    refundReversed({ refundId: 'by-bank' }),
    paymentRecorded({ paymentId: 'by-bank', method: 'BANK_TRANSFER' }),
    paymentReversed({ paymentId: 'by-bank', method: 'BANK_TRANSFER' }),
  )
  t.match(lines, [
    '2026-11-01 C1 OPENING - +10000 -0 [] sold inițial',
    '2026-11-02 - PAYMENT - +50000 -0 [CLIENT_CREDIT] încasare pay-9, alfa',
    /^2026-11-09 C1 REFUND DP 7 \+0 -3000 \[CLIENT_CREDIT\]/,
    '2026-11-12 C1 REFUND_REVERSAL - +3000 -0 [CLIENT_CREDIT] anularea restituirii ref-3 din încasarea pay-1, alfa',
  ])
  t.equal(lines.length, 4)
})

t.test('cash stands against what it settled, and against credit as far as it settled nothing', async (t) => {
  const sides = async (...told: readonly [rule: string, advance?: string]) => {
    const [allocationRule, advance] = told
    const [line] = await registers(cash({ allocationRule, ...(advance !== undefined && { advance }) }))
    return /\[(.*)\]/.exec(line ?? '')?.[1]
  }
  t.equal(await sides('auto@1', '0.00'), 'RECEIVABLE')
  t.equal(await sides('auto@1', '0.01'), 'RECEIVABLE,CLIENT_CREDIT')
  t.equal(await sides('auto@1', '500.00'), 'CLIENT_CREDIT', 'nothing was open')
  t.equal(await sides('oldestDueFirst@1'), 'RECEIVABLE', 'recorded before events told')
  t.equal(await sides('none@1'), 'CLIENT_CREDIT')
})

t.test('the drawer holds the currency that was handed over', async (t) => {
  const inLei = { amount: { amount: '100.00', currency: 'EUR' }, method: 'CASH', deskId: 'C1' } as const
  const paid = ron('503.00')
  const log = createLog()
  log.append('amc', 'any', [
    refundRecorded({ ...inLei, conversion: { paid, rate: '5.03', source: 'BNR', publishedOn: '2026-11-06' } }),
    refundReversed({ ...inLei, conversion: { paid } }),
  ])
  t.match((await rowsOf(log.events)).list(cashLines), [
    { kind: 'REFUND', currency: 'RON', in_minor: 0n, out_minor: 50_300n },
    { kind: 'REFUND_REVERSAL', currency: 'RON', in_minor: 50_300n, out_minor: 0n },
  ])
})

t.test('over random histories', (t) =>
  holds(
    t,
    fc.asyncProperty(stepsArbitrary(80, 20), async (steps) => {
      const events = playHistory(steps)
      const rows = await rowsOf(events)
      const naive = new Map<string, bigint>()
      const move = (key: string, minor: bigint): void => void naive.set(key, (naive.get(key) ?? 0n) + minor)
      for (const { type, data, metadata } of events) {
        if (type === 'PaymentRecorded' && data.method === 'CASH')
          move(`${metadata.companyId} ${data.amount.currency} ${data.receivedOn}`, minorOf(data.amount))
        if (type === 'PaymentReversed' && data.method === 'CASH')
          move(`${metadata.companyId} ${data.amount.currency} ${data.reversedOn}`, -minorOf(data.amount))
        if (type === 'RefundRecorded' && data.method === 'CASH') {
          const left = data.conversion?.paid ?? data.amount
          move(`${metadata.companyId} ${left.currency} ${data.refundedOn}`, -minorOf(left))
        }
        if (type === 'RefundReversed' && data.method === 'CASH') {
          const back = data.conversion?.paid ?? data.amount
          move(`${metadata.companyId} ${back.currency} ${data.reversedOn}`, minorOf(back))
        }
      }
      const sums = (of: Iterable<readonly [string, bigint]>) =>
        Object.fromEntries([...of].filter(([, minor]) => minor !== 0n))
      const days = rows
        .list(cashDeskDays)
        .map((row) => [`${row.company_id} ${row.currency} ${row.effective_on}`, row.in_minor - row.out_minor] as const)
      deepStrictEqual(sums(days), sums(naive))
      const lines = new Map<string, bigint>()
      for (const row of rows.list(cashLines)) {
        const key = `${row.company_id} ${row.currency} ${row.effective_on}`
        lines.set(key, (lines.get(key) ?? 0n) + row.in_minor - row.out_minor)
      }
      deepStrictEqual(sums(lines), sums(naive))
    }),
    100,
  ),
)
