import { deepEqual, equal } from 'node:assert/strict'
import t from 'tap'
import type { z } from 'zod'
import { withPart } from '../src/client-account/allocation-parts.ts'
import type { ForeignPart } from '../src/client-account/records/allocations.ts'
import { clientRegistered, invoiceRegistered, paymentAllocated, paymentRecorded, ron } from '../src/examples.ts'
import {
  type AccountCommand,
  type AccountEvent,
  AllocatePayment,
  accountInvoices,
  accountPayments,
  clientAccount,
  DEFAULT_RULES,
  decimalOf,
  ExchangeRate,
  PaymentAllocated,
  PaymentCleared,
  PaymentDeallocated,
  PaymentRecorded,
  ReceiptRequested,
} from '../src/index.ts'
import { representing } from '../src/receipt-book/representing.ts'
import {
  allocate,
  clear,
  credit,
  deallocate,
  discount,
  eur,
  given,
  record,
  refund,
  register,
  setOff,
} from './account.ts'
import { today } from './given.ts'

const bnr = (rate: string) => ({ rate, source: 'BNR' as const, publishedOn: '2026-10-30' })
const inLei = { today, company: { ...DEFAULT_RULES, functionalCurrency: 'RON' } }
const client = clientRegistered()

/** An invoice of 1,000.00 EUR at 4.97, with what it is worth. */
const invoice = invoiceRegistered({ total: eur('1000.00'), exchangeRate: bnr('4.97'), functional: ron('4970.00') })
const explicit = (amount: string, exchangeRate?: ExchangeRate) => ({
  rule: 'explicit' as const,
  items: [{ invoiceId: 'inv-1024', amount, exchangeRate }],
})

/** What the first event of the kind says. */
const dataOf = <Schema extends z.ZodType>(
  events: readonly AccountEvent[],
  { type, data }: { readonly type: string; readonly data: Schema },
): z.infer<Schema> | undefined => {
  const found = events.find((event) => event.type === type)
  return found && data.parse(found.data)
}

t.test('a document in a foreign currency', async (t) => {
  t.test('says what it is worth at the rate that was given', async (t) => {
    const registered = given(client).when(
      register({ total: eur('10.03'), vatLines: [], exchangeRate: bnr('4.9765') }),
      inLei,
    )
    t.match(registered, [{ data: { exchangeRate: bnr('4.9765'), functional: ron('49.91') } }])
    const yen = { amount: '1000', currency: 'JPY' }
    const paid = record({ amount: yen, exchangeRate: bnr('0.0335'), allocation: { rule: 'none' } })
    t.match(given(client).when(paid, inLei), [{ data: { functional: ron('33.50') } }])
    const note = credit({ invoiceId: undefined, total: eur('10.00'), vatLines: [], exchangeRate: bnr('5') })
    t.match(given(client).when(note, inLei), [{ data: { functional: ron('50.00') } }])
  })
  t.test('needs no rate, and then nobody knows a difference', async (t) => {
    const events = given(client, invoiceRegistered({ total: eur('100.00') })).when(
      record({ amount: eur('100.00'), allocation: explicit('100.00') }),
      inLei,
    )
    t.equal(dataOf(events, PaymentAllocated)?.functional, undefined)
  })
  t.test('is refused a rate in the functional currency, and before the company has one', async (t) => {
    const lei = register({ exchangeRate: bnr('4.97') })
    t.throws(() => given(client).when(lei, inLei), { code: 'EXCHANGE_RATE_NOT_APPLICABLE' })
    const early = register({ total: eur('100.00'), vatLines: [], exchangeRate: bnr('4.97') })
    t.throws(() => given(client).when(early), { code: 'COMPANY_NOT_FOUND' })
    const against = credit({ total: eur('10.00'), vatLines: [], exchangeRate: bnr('4.97') })
    t.throws(() => given(client, invoice).when(against, inLei), { code: 'EXCHANGE_RATE_NOT_APPLICABLE' })
  })
  t.test('cannot be worth more than an amount may be', async (t) => {
    const total = eur('9999999999999.99')
    const huge = register({ total, vatLines: [], exchangeRate: bnr('999999') })
    t.throws(() => given(client).when(huge, inLei), { code: 'EXCHANGE_RATE_NOT_APPLICABLE' })
  })
  t.test('takes a rate that is an exact decimal above zero, and no other', async (t) => {
    for (const rate of ['0', '0.0000', '-1', '1e3', '01', '4,97', '', '1234567', '0.12345678901']) {
      t.notOk(ExchangeRate.safeParse(bnr(rate)).success, rate)
    }
    for (const rate of ['4.9765', '999999.9999999999', '0.0000000001'])
      t.ok(ExchangeRate.safeParse(bnr(rate)).success, rate)
    t.notOk(ExchangeRate.safeParse({ ...bnr('4.9765'), rate: 4.9765 }).success)
  })
})

t.test('an invoice in euro', async (t) => {
  t.test('paid in euro is a gain or a loss in lei', async (t) => {
    const paid = (rate: string) =>
      dataOf(
        given(client, invoice).when(
          record({ amount: eur('1000.00'), exchangeRate: bnr(rate), allocation: explicit('1000.00') }),
          inLei,
        ),
        PaymentAllocated,
      )?.functional
    t.same(paid('5'), { currency: 'RON', invoice: '4970.00', payment: '5000.00', difference: '30.00' })
    t.same(paid('4.94'), { currency: 'RON', invoice: '4970.00', payment: '4940.00', difference: '-30.00' })
  })
  t.test('paid in lei takes what the rate makes of it, to the last ban, or one less', async (t) => {
    const paid = (amount: string) =>
      given(client, invoice).when(
        record({ amount: ron(amount), allocation: explicit('1000.00', bnr('5.0011')) }),
        inLei,
      )
    t.match(dataOf(paid('5001.10'), PaymentAllocated), {
      amount: eur('1000.00'),
      conversion: { paid: ron('5001.10'), ...bnr('5.0011') },
      functional: { invoice: '4970.00', payment: '5001.10', difference: '31.10' },
    })
    t.match(
      paid('5001.09').at(-1)?.data,
      { functional: { payment: '5001.09', difference: '31.09' } },
      "a unit is the payer's",
    )
    t.throws(() => paid('5001.08'), { code: 'ALLOCATION_EXCEEDS_CREDIT', details: { credit: ron('5001.08') } })
  })
  t.test('is refused lei without a rate, and a rate for euro', async (t) => {
    const lei = record({ amount: ron('5000.00'), allocation: explicit('1000.00') })
    t.throws(() => given(client, invoice).when(lei, inLei), { code: 'CURRENCY_MISMATCH' })
    const same = record({ amount: eur('1000.00'), allocation: explicit('1000.00', bnr('5')) })
    t.throws(() => given(client, invoice).when(same, inLei), { code: 'EXCHANGE_RATE_NOT_APPLICABLE' })
    const later = allocate({ invoiceId: 'inv-1024', amount: '10.00' })
    t.throws(() => given(client, invoice, paymentRecorded()).when(later, inLei), { code: 'CURRENCY_MISMATCH' })
  })
  t.test('is left alone by lei that name no invoice', async (t) => {
    const oldest = record({ amount: ron('5000.00'), allocation: { rule: 'oldestDueFirst' } })
    t.equal(given(client, invoice).when(oldest, inLei).length, 1)
  })
  t.test('loses value with a discount and a credit note as it loses what is open', async (t) => {
    t.match(given(client, invoice).when(discount({ amount: '100.00', vatLines: [] }), inLei), [
      { data: { functional: ron('497.00') } },
    ])
    t.match(given(client, invoice).when(credit({ total: eur('10.00'), vatLines: [] }), inLei), [
      { data: { functional: ron('49.70') } },
    ])
  })
  t.test('stands on a receipt in lei with the rate', async (t) => {
    const cash = record(
      { amount: ron('600.00'), method: 'CASH', allocation: explicit('100.00', bnr('4.9765')) },
      'AMC-C',
    )
    const request = dataOf(given(client, invoice).when(cash, inLei), ReceiptRequested)
    t.match(request, {
      advance: '102.35',
      settles: [{ amount: ron('497.65'), openAfter: '900.00', conversion: { settled: eur('100.00'), rate: '4.9765' } }],
    })
    if (request === undefined) return
    t.equal(
      representing(request),
      'plată parțială factura AMC 1024 din 01.10.2026: 497,65 lei (100,00 EUR la cursul 4,9765), rest 900,00 EUR; avans: 102,35 lei',
    )
  })
  t.test('counts for the ban on fragments at its own rate', async (t) => {
    const large = invoiceRegistered({ total: eur('2000.00'), exchangeRate: bnr('5'), functional: ron('10000.00') })
    const cash = (amount: string) =>
      record({ amount: ron(amount), method: 'CASH', allocation: explicit('1000.10', bnr('5')) })
    const { cashBreaches } = dataOf(given(client, large).when(cash('5000.50'), inLei), PaymentRecorded) ?? {}
    t.match(cashBreaches, [
      { code: 'CASH_LIMIT_PER_PERSON_DAY' },
      { code: 'CASH_FRAGMENTED_INVOICE', observed: '5000.50' },
    ])
  })
})

t.test('an invoice in lei', async (t) => {
  const lei = invoiceRegistered({ total: ron('1000.00') })
  t.test('paid in euro takes what it buys at the price of the euro', async (t) => {
    const euro = record({ amount: eur('250.00'), exchangeRate: bnr('5.1'), allocation: explicit('1000.00', bnr('5')) })
    t.match(dataOf(given(client, lei).when(euro, inLei), PaymentAllocated), {
      amount: ron('1000.00'),
      conversion: { paid: eur('200.00') },
      functional: { invoice: '1000.00', payment: '1020.00', difference: '20.00' },
    })
  })
  t.test('is never settled for nothing', async (t) => {
    const euro = record({ amount: eur('1.00'), allocation: explicit('0.01', bnr('5')) })
    t.match(dataOf(given(client, lei).when(euro, inLei), PaymentAllocated), { conversion: { paid: eur('0.01') } })
  })
  t.test('is set off against euro', async (t) => {
    const items = [{ invoiceId: 'inv-1024', amount: '1000.00', exchangeRate: bnr('5') }]
    t.equal(given(client, lei).when(setOff({ amount: eur('200.00'), items }), inLei).length, 2)
    const off = () => given(client, lei).when(setOff({ amount: eur('200.01'), items }), inLei)
    t.throws(off, { code: 'SET_OFF_DOES_NOT_ADD_UP' })
  })
})

t.test("a refund takes its part of the payment's value", async (t) => {
  const paid = paymentRecorded({ amount: eur('300.00'), exchangeRate: bnr('5'), functional: ron('1500.00') })
  t.match(given(client, paid).when(refund({ amount: '100.00' }), inLei), [{ data: { functional: ron('500.00') } }])
})

t.test('a cheque counts as paid when it is collected', async (t) => {
  const lei = invoiceRegistered()
  const cheque = record({ method: 'CHEQUE', amount: ron('1210.00'), allocation: explicit('500.00') })
  const events = given(client, lei).when(cheque, inLei)
  t.match(dataOf(events, PaymentRecorded), { paidWhenCleared: true })
  t.match(dataOf(events, PaymentAllocated), { uncleared: true })
  const cleared = given(client, lei, ...events).when(clear({ paymentId: 'pay-1' }), inLei)
  t.match(dataOf(cleared, PaymentCleared), { settles: [{ invoiceId: 'inv-1024', amount: ron('500.00') }] })
  const undone = deallocate({ invoiceId: 'inv-1024', amount: '500.00' })
  t.match(given(client, lei, ...events).when(undone, inLei), [{ data: { uncleared: true } }])
  t.equal(
    dataOf(given(client, lei, ...events, ...cleared).when(undone, inLei), PaymentDeallocated)?.uncleared,
    undefined,
  )

  const trusting = { today, company: { ...inLei.company, instrumentCountsAsPaid: true } }
  const trusted = given(client, lei).when(cheque, trusting)
  t.equal(dataOf(trusted, PaymentAllocated)?.uncleared, undefined)
  // Of a payment from before the policy was heard of, what was said then holds.
  const old = [paymentRecorded({ method: 'CHEQUE', amount: ron('1210.00') }), paymentAllocated()]
  t.equal(
    dataOf(given(client, lei, ...old).when(clear({ paymentId: 'pay-1' }), inLei), PaymentCleared)?.settles,
    undefined,
  )
})

t.test(
  'allocating, undoing and allocating again a thousand times leaves no residue in lei, euro or dollars',
  async (t) => {
    const usd = (amount: string) => ({ amount, currency: 'USD' })
    const history: AccountEvent[] = [client]
    const account = clientAccount.evolve(clientAccount.initialState(), client)
    const carryOut = (command: AccountCommand): void => {
      const events = clientAccount.decide(command, account, inLei)
      history.push(...events)
      for (const event of events) clientAccount.evolve(account, event)
    }
    const invoices = [ron('1000.01'), eur('333.33'), usd('777.77')]
    const rates: Readonly<Record<string, string>> = { EUR: '4.9765', USD: '4.3217' }
    const rateOf = (currency: string) => (rates[currency] === undefined ? undefined : bnr(rates[currency]))
    for (const [index, total] of invoices.entries()) {
      const exchangeRate = rateOf(total.currency)
      carryOut(register({ invoiceId: `inv-${index}`, number: `${index}`, total, vatLines: [], exchangeRate }))
      const payment = { paymentId: `pay-${index}`, amount: { ...total, amount: '5000.00' }, exchangeRate }
      carryOut(record({ ...payment, allocation: { rule: 'none' } }))
    }
    const state = () => ({
      invoices: [...accountInvoices.all(account)].map(({ open, value }) => [open, value?.left]),
      payments: [...accountPayments.all(account)].map((payment) => [payment.credit, payment.value?.left]),
    })
    const before = state()
    const parts = ['0.01', '33.33', '100.10', '7.77', '192.12']
    for (let round = 0; round < 1_000; round += 1) {
      const invoiceId = `inv-${round % 3}`
      const paymentId = `pay-${Math.floor(round / 3) % 3}`
      const from = invoices[Math.floor(round / 3) % 3]?.currency
      const to = invoices[round % 3]?.currency
      const exchangeRate = from === to ? undefined : bnr(['4.9765', '5.0301', '1.1377'][round % 3] ?? '1')
      for (const amount of parts) {
        carryOut(allocate({ paymentId, invoiceId, amount, exchangeRate, allocatedOn: undefined }))
        if (round % 2 === 0) carryOut(deallocate({ paymentId, invoiceId, amount: '0.01', deallocatedOn: today }))
      }
      carryOut(deallocate({ paymentId, invoiceId, amount: undefined, deallocatedOn: today }))
    }
    deepEqual(state(), before)
    for (const index of invoices.keys()) {
      const names = { paymentId: `pay-${index}`, invoiceId: `inv-${index}`, allocatedOn: undefined }
      for (const amount of parts) carryOut(allocate({ ...names, amount }))
      const rest = accountInvoices.get(account, names.invoiceId)
      if (rest !== undefined && rest.open > 0n)
        carryOut(allocate({ ...names, amount: decimalOf(rest.open, rest.currency) }))
    }
    for (const { invoiceId, open, value } of accountInvoices.all(account)) {
      equal(open, 0n, invoiceId)
      equal(value?.left ?? 0n, 0n, invoiceId)
    }
    t.ok(history.length > 8_000, `${history.length} events`)
  },
)

t.test('sixteen parts of one allocation are told apart; one more joins the oldest two', async (t) => {
  const amounts = Array.from({ length: 17 }, (_, index) => BigInt(index + 1))
  const partsOf = (count: number) =>
    amounts
      .slice(0, count)
      .reduce<readonly ForeignPart[]>(
        (parts, amount) => withPart(parts, { amount, paid: amount * 5n, rate: undefined, values: undefined }),
        [],
      )
  t.same(
    partsOf(16).map(({ amount }) => amount),
    amounts.slice(0, 16),
  )
  t.same(
    partsOf(17).map(({ amount, paid }) => [amount, paid]),
    [[3n, 15n], ...amounts.slice(2).map((amount) => [amount, amount * 5n])],
  )
})

t.test('what leaves the payment may be said, and a unit that the payer rounded is no rest', async (t) => {
  const owed = invoiceRegistered({ total: eur('1000.00'), exchangeRate: bnr('5.09'), functional: ron('5090.00') })
  const lei = (amount: string, item: object, history = [client, owed]) =>
    given(...history).when(
      record({
        amount: ron(amount),
        allocation: { rule: 'explicit', items: [{ invoiceId: 'inv-1024', exchangeRate: bnr('5.0900'), ...item }] },
      }),
      inLei,
    )[1]?.data
  const of = (amount: string, paid: string) => ({ amount: eur(amount), conversion: { paid: ron(paid) } })
  t.match(lei('1700.00', { amount: '333.99', paid: '1700.00' }), of('333.99', '1700.00'))
  t.match(lei('1700.00', { paid: '1700.00' }), of('333.99', '1700.00'), 'instead of the amount')
  t.match(lei('1700.00', { amount: '333.99' }), of('333.99', '1700.00'), '1700.01 at the rate: a unit is not missed')
  t.throws(() => lei('1699.99', { amount: '333.99' }), { code: 'ALLOCATION_EXCEEDS_CREDIT' })
  t.throws(() => lei('1701.00', { amount: '333.99', paid: '1701.00' }), { code: 'EXCHANGE_RATE_NOT_APPLICABLE' })
  t.throws(() => lei('1700.00', { paid: '1700.01' }), { code: 'ALLOCATION_EXCEEDS_CREDIT' })
  const cents = (open: string) => {
    const small = invoiceRegistered({ total: eur(open), exchangeRate: bnr('5.00'), functional: undefined })
    return lei('1700.00', { paid: '1700.00' }, [client, small])
  }
  t.match(cents('334.00'), { ...of('334.00', '1700.00') }, 'a unit less closes the invoice')
  t.match(cents('333.98'), { ...of('333.98', '1700.00') }, 'and so does a unit more')
  t.match(cents('334.01'), of('333.99', '1700.00'), 'two are a rest')
  t.throws(() => cents('333.97'), { code: 'ALLOCATION_EXCEEDS_OPEN_AMOUNT' })
  const later = (change: object) =>
    given(client, owed, paymentRecorded({ amount: ron('1700.00') })).when(
      allocate({ invoiceId: 'inv-1024', exchangeRate: bnr('5.0900'), amount: undefined, ...change }),
      inLei,
    )[0]?.data
  t.match(later({ paid: '1700.00' }), of('333.99', '1700.00'), 'an allocation after the payment may say it, too')
  t.match(later({ paid: '1700.00', amount: '333.99' }), of('333.99', '1700.00'))
  t.throws(() => later({ paid: '1700.01' }), { code: 'ALLOCATION_EXCEEDS_CREDIT', details: { path: '/paid' } })
  t.throws(() => later({ paid: '1.00', exchangeRate: undefined }), { code: 'CURRENCY_MISMATCH' })
  const body = { clientId: 'alfa', paymentId: 'pay-1', invoiceId: 'inv-1024' }
  t.match(AllocatePayment.safeParse(body).error?.issues, [{ path: ['amount'] }], 'one of the two')
  t.ok(AllocatePayment.safeParse({ ...body, paid: '1.00' }).success)
  const alike = () =>
    given(client, invoiceRegistered()).when(
      record({ allocation: { rule: 'explicit', items: [{ invoiceId: 'inv-1024', paid: '1.00' }] } }),
    )
  t.throws(alike, { code: 'EXCHANGE_RATE_NOT_APPLICABLE' }, 'not within one currency')
})
