import { deepEqual, equal } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { z } from 'zod'
import {
  clientRegistered,
  receiptAnnulled,
  receiptBookOpened,
  receiptIssued,
  receiptReprinted,
} from '../src/examples.ts'
import {
  type AccountEvent,
  accountInvoices,
  accountPayments,
  type ClientAccount,
  clientAccount,
  type Decider,
  exchangeRates,
  type Message,
  moneyOf,
  type ReceiptBookEvent,
  ratesOf,
  receiptBook,
  type SnapshotFormat,
  unidentified,
  unidentifiedPayments,
} from '../src/index.ts'
import { receipts as receiptsOf } from '../src/receipt-book/book-records.ts'
import { frozenText, readFixture } from './fixtures.ts'
import { live, steps } from './histories.ts'
import { holds } from './random.ts'

const formatOf = <State>(decider: { readonly snapshot?: SnapshotFormat<State> }): SnapshotFormat<State> => {
  if (decider.snapshot === undefined) throw new Error('it has no snapshots')
  return decider.snapshot
}
const accounts = formatOf(clientAccount)
const books = formatOf(receiptBook)

/** Everything that a decision can see of an account, read through the same doors. */
const seen = (account: ClientAccount) => ({
  // What is absent may come back as `undefined`.
  client: JSON.parse(JSON.stringify(account.client ?? null)) as unknown,
  invoices: [...accountInvoices.all(account)],
  payments: [...accountPayments.all(account)].map(({ allocations, ...payment }) => ({
    ...payment,
    allocations: [...allocations],
  })),
  open: [...account.openByDue].map(([currency, { ordinals, reaches }]) => [currency, ...ordinals, ...reaches]),
  charges: [...account.chargesLeft],
})

t.test('an account of any history', async (t) => {
  t.test('is read back as it was, and the rest of its history makes of it what the whole makes', async (t) => {
    holds(
      t,
      fc.property(steps, fc.nat(), (steps, cut) => {
        const { history, account } = live(steps)
        const at = cut % (history.length + 1)
        const first = history.slice(0, at).reduce(clientAccount.evolve, clientAccount.initialState())
        const bytes = accounts.encode(first)
        const restored = accounts.decode(bytes)
        deepEqual(seen(restored), seen(first))
        deepEqual(accounts.encode(restored), bytes)
        deepEqual(accounts.encode(first), bytes)
        const whole = history.slice(at).reduce(clientAccount.evolve, restored)
        deepEqual(accounts.encode(whole), accounts.encode(account))
        deepEqual(seen(whole), seen(account))
      }),
    )
  })

  t.test('keeps nothing of the bytes that it was read from', async () => {
    const { account } = live([{ kind: 'invoice', invoice: 0, currency: 'RON', minor: 100, on: 0, term: 1 }])
    const bytes = accounts.encode(account)
    const restored = accounts.decode(bytes)
    bytes.fill(255)
    deepEqual(seen(restored), seen(account))
  })
})

/** Numbers from 1 on; every third receipt is annulled, every fifth printed again. */
const receiptEvents = (receipts: number): readonly ReceiptBookEvent[] => [
  receiptBookOpened({ from: 1 }),
  ...Array.from({ length: receipts }, (_, index) => index + 1).flatMap((number) => [
    receiptIssued({ number, receiptId: `rec-${number}`, paymentId: `pay-${number}` }),
    ...(number % 3 === 0 ? [receiptAnnulled({ number })] : []),
    ...(number % 5 === 0 ? [receiptReprinted({ number })] : []),
  ]),
]

t.test('a receipt book of any history is read back as it was, and goes on as the whole would', async (t) => {
  holds(
    t,
    fc.property(fc.nat({ max: 30 }), fc.nat(), (receipts, cut) => {
      const history = receiptEvents(receipts)
      const at = cut % (history.length + 1)
      const bytes = books.encode(history.slice(0, at).reduce(receiptBook.evolve, receiptBook.initialState()))
      const restored = books.decode(bytes)
      deepEqual(books.encode(restored), bytes)
      const whole = history.reduce(receiptBook.evolve, receiptBook.initialState())
      const resumed = history.slice(at).reduce(receiptBook.evolve, restored)
      deepEqual(books.encode(resumed), books.encode(whole))
      for (let number = 1; number <= receipts; number += 1) {
        deepEqual(receiptsOf.get(resumed, number), receiptsOf.get(whole, number))
      }
    }),
  )
})

const Stored = z.array(z.strictObject({ type: z.string(), schemaVersion: z.int(), data: z.unknown() }))

/** The state after a frozen history, which holds every event that there is. */
const frozenState = <State, Event extends Message>(decider: Decider<State, never, Event>): State => {
  const events = readFixture(`snapshots/${decider.name}.history.json`, Stored).map(({ type, schemaVersion, data }) =>
    decider.codec.decode(type, schemaVersion, data),
  )
  const missing = decider.codec.types.filter((type) => events.every((event) => event.type !== type))
  deepEqual(missing, [], 'events without a place in the frozen history')
  return events.reduce(decider.evolve, decider.initialState())
}

const isFrozen = <State>(name: string, { version, encode }: SnapshotFormat<State>, state: State): Uint8Array => {
  const actual = Buffer.from(encode(state)).toString('base64')
  const frozen = frozenText(`snapshots/${name}.v${version}.base64`, actual)
  equal(actual, frozen, `Snapshots of ${name} have changed: raise their version, then run this test with FREEZE=1`)
  return Buffer.from(frozen, 'base64')
}

t.test('the bytes of a version never change, and are read as what they were', async () => {
  const account = frozenState(clientAccount)
  deepEqual(seen(accounts.decode(isFrozen('clientAccount', accounts, account))), seen(account))
  const book = frozenState(receiptBook)
  const restored = books.decode(isFrozen('receiptBook', books, book))
  deepEqual(
    [1, 2, 3].map((number) => receiptsOf.get(restored, number)),
    [1, 2, 3].map((number) => receiptsOf.get(book, number)),
  )
  const nobodys = frozenState(unidentified)
  const read = formatOf(unidentified).decode(isFrozen('unidentified', formatOf(unidentified), nobodys))
  deepEqual(
    ['unk-1', 'unk-2'].map((paymentId) => unidentifiedPayments.get(read, paymentId)),
    ['unk-1', 'unk-2'].map((paymentId) => unidentifiedPayments.get(nobodys, paymentId)),
  )
  const prices = frozenState(exchangeRates)
  const known = formatOf(exchangeRates).decode(isFrozen('exchangeRates', formatOf(exchangeRates), prices))
  deepEqual(ratesOf(known, 'BNR', '2026-10-30'), ratesOf(prices, 'BNR', '2026-10-30'))
  deepEqual(ratesOf(known, 'BANK', '2026-10-30'), [{ currency: 'EUR', rate: '5.0312' }])
})

/** A life of invoices, each paid by one payment: what an old account is mostly made of. */
function* settledInvoices(many: number): Iterable<AccountEvent> {
  yield clientRegistered()
  for (let index = 0; index < many; index += 1) {
    const [invoiceId, paymentId, clientId] = [`inv-${index}`, `pay-${index}`, 'alfa']
    const on = `2026-${`${(index % 12) + 1}`.padStart(2, '0')}-15`
    const total = moneyOf(BigInt(100_000 + index), 'RON')
    const vatLines = [{ rate: '21', base: '1000.00', vat: '210.00' }]
    const facts = {
      kind: 'INVOICE',
      issuedOn: on,
      dueOn: on,
      cashAccounting: false,
      instalmentContract: false,
    } as const
    const invoice = {
      clientId,
      invoiceId,
      series: 'AMC',
      number: `${index}`,
      total,
      vatLines,
      instalments: [],
      ...facts,
    }
    yield { type: 'InvoiceRegistered', data: invoice }
    const payment = { clientId, paymentId, amount: total, method: 'BANK_TRANSFER', receivedOn: on } as const
    yield { type: 'PaymentRecorded', data: { ...payment, allocationRule: 'explicit@1' } }
    const allocation = { clientId, paymentId, invoiceId, amount: total, allocatedOn: on, rule: 'explicit@1' } as const
    yield { type: 'PaymentAllocated', data: allocation }
  }
}

t.test('a settled invoice and a spent payment take at most 100 bytes each', async (t) => {
  const many = 20_000
  let account = clientAccount.initialState()
  for (const event of settledInvoices(many)) account = clientAccount.evolve(account, event)
  equal(account.openByDue.get('RON')?.ordinals.length, 0)
  const bytes = accounts.weigh(account) / many
  t.comment(`${bytes.toFixed(1)} bytes a settled invoice with its spent payment`)
  t.ok(bytes <= 200, `${bytes}`)
})
