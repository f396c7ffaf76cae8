/** Commands about money: in, onto invoices, and out again. */
import { decimal } from '../oracle/amounts.ts'
import type { ModelCommand } from '../oracle/command.ts'
import { isInstrument, isNote } from '../oracle/terms.ts'
import { type Moment, money } from './moment.ts'

/** Just what some invoices have open, less a credit note now and then. */
const fittingAmount = ({ random, state }: Moment, currency: string): number => {
  const owed = [...state.invoices.values()].filter((invoice) => invoice.open > 0 && invoice.currency === currency)
  const note = [...state.payments.values()].find((payment) => isNote(payment) && payment.credit > 0)
  const some = Array.from({ length: random.upTo(3) }, (_, index) => owed[index]?.open ?? 0)
  return some.reduce((sum, open) => sum + open, 0) - (random.chance(0.3) ? (note?.credit ?? 0) : 0)
}

/** An amount or, between two currencies, what is paid, or both, with the rate: forgotten now and then. */
const item = ({ random, state, rate }: Moment, invoiceId: string, currency: string, most: number) => {
  const amount = decimal(Math.max(1, Math.min(most, random.upTo(40_000))))
  const owed = state.invoices.get(invoiceId)
  if (owed === undefined || owed.currency === currency) return { invoiceId, amount }
  const said = random.chance(0.5) ? { amount: decimal(random.upTo(Math.max(1, owed.open))) } : { paid: amount }
  return { invoiceId, ...said, ...(random.chance(0.1) ? {} : { exchangeRate: rate() }) }
}

/** All cash is in one drawer, that of the receipts' books. */
const DESK = 'C1'

const METHODS = [
  'CASH',
  'CASH',
  'CASH',
  'CASH',
  'BANK_TRANSFER',
  'BANK_TRANSFER',
  'CARD_POS',
  'CARD_ONLINE',
  'COURIER_COD',
  'CHEQUE',
  'PROMISSORY_NOTE',
  'CHEQUE',
] as const

/** What a cheque settles in another currency, and which part of that it brought, is not agreed. */
const settledBy = ({ random, state, someInvoice }: Moment, method: string | undefined): string =>
  method !== undefined && isInstrument({ method })
    ? (random.pick(
        [...state.invoices.values()].filter(({ currency }) => currency === 'RON'),
        undefined,
      )?.invoiceId ?? 'no-invoice')
    : someInvoice()

const recordPayment = (moment: Moment): ModelCommand => {
  const { clientId, random, day, fresh, amount, currency, rate, series, someNumber } = moment
  const inCurrency = currency()
  const isForeign = inCurrency !== 'RON'
  const method = isForeign ? 'BANK_TRANSFER' : random.pick(METHODS, 'CASH')
  const isCash = method === 'CASH'
  const isReceipted = random.chance(isCash ? 0.4 : 0.03)
  // Who says nothing of invoices often pays just what some of them have open.
  const isSilent = random.chance(0.3)
  const fitting = fittingAmount(moment, inCurrency)
  const isFitting = isSilent && fitting > 0 && random.chance(0.6)
  const paid = isFitting ? fitting : isCash ? random.upTo(200_000) : amount()
  const allocation = random.pick(
    [
      { rule: 'explicit', items: [item(moment, settledBy(moment, method), inCurrency, paid)] },
      { rule: 'auto' },
      { rule: 'oldestDueFirst' },
      { rule: 'named' },
      { rule: 'none' },
    ] as const,
    { rule: 'none' },
  )
  return {
    name: 'RecordPayment',
    body: {
      clientId,
      // The desk of the receipt's book, where none is named.
      ...(isReceipted && random.chance(0.3) ? {} : { deskId: DESK }),
      paymentId: fresh('pay'),
      amount: money(paid, inCurrency),
      method,
      receivedOn: day,
      ...(isForeign && random.chance(0.8) ? { exchangeRate: rate() } : {}),
      ...(method === 'BANK_TRANSFER' && random.chance(0.2) ? { fee: decimal(random.upTo(1_000)) } : {}),
      ...(isSilent ? {} : { remittanceText: `plata fact ${someNumber()}, ${someNumber()}` }),
      ...(random.chance(0.3) ? { cashOverride: { reason: 'avans', approvedBy: 'Ioana Pop' } } : {}),
      ...(random.chance(0.15) ? {} : { allocation }),
      ...(isReceipted ? { receipt: { series } } : {}),
    },
  }
}

const allocate = (moment: Moment): ModelCommand => {
  const { clientId, about, state, today } = moment
  const { paymentId } = about
  const payment = state.payments.get(paymentId)
  const invoiceId = settledBy(moment, payment?.method)
  const currency = payment?.currency ?? 'RON'
  const { amount = '0.01', ...rest } = item(moment, invoiceId, currency, 30_000)
  return { name: 'AllocatePayment', body: { clientId, paymentId, ...rest, amount, allocatedOn: today } }
}

/** In the credit's currency or, by bank or in cash, in the other one; now and then above the ceiling for cash. */
const refund = ({ clientId, random, about, fresh, day, state, rate }: Moment): ModelCommand => {
  const credit = state.payments.get(about.paymentId)?.currency ?? 'RON'
  const isExchanged = random.chance(0.3)
  const leaving = isExchanged === (credit === 'RON') ? 'EUR' : 'RON'
  const methods =
    leaving === 'EUR'
      ? ['BANK_TRANSFER']
      : isExchanged
        ? ['BANK_TRANSFER', 'CASH']
        : ['BANK_TRANSFER', 'CARD_POS', 'CASH', 'CASH']
  const amount = random.upTo(random.chance(0.2) && leaving === 'RON' ? 600_000 : 20_000)
  const method = random.pick(methods, 'BANK_TRANSFER')
  const isValued = isExchanged ? random.chance(0.9) : credit !== 'RON' && random.chance(0.5)
  return {
    name: 'RecordRefund',
    body: {
      clientId,
      refundId: fresh('ref'),
      paymentId: about.paymentId,
      amount: isExchanged ? money(amount, leaving) : decimal(amount),
      ...(isValued ? { exchangeRate: rate() } : {}),
      method,
      ...(method === 'CASH' ? { deskId: DESK } : {}),
      refundedOn: day,
      allowExcess: random.chance(0.3),
    },
  }
}

/** All that is on its way, or a part of it. */
const clearing = ({ clientId, random, about, today, state }: Moment): ModelCommand => {
  const onTheirWay = [...state.payments.values()].filter(({ inTransit }) => inTransit > 0)
  const payment = random.chance(0.8) ? random.pick(onTheirWay, undefined) : undefined
  const { paymentId, inTransit } = payment ?? { paymentId: about.paymentId, inTransit: 20_000 }
  return {
    name: 'ConfirmPaymentCleared',
    body: {
      clientId,
      paymentId,
      clearedOn: today,
      fee: decimal(random.upTo(2_000)),
      ...(random.chance(0.4) ? {} : { amount: decimal(random.upTo(inTransit)) }),
    },
  }
}

const others = (moment: Moment): readonly (() => ModelCommand)[] => {
  const { clientId, random, about, fresh, day, today, state } = moment
  return [
    () => ({
      name: 'DeallocatePayment',
      body: {
        clientId,
        paymentId: about.paymentId,
        invoiceId: random.pick(
          [...(state.payments.get(about.paymentId)?.pairs.keys() ?? [])].filter((key) => !key.endsWith('~')),
          about.invoiceId,
        ),
        ...(random.chance(0.3) ? {} : { amount: decimal(random.upTo(10_000)) }),
        deallocatedOn: today,
        reason: 'WRONG_INVOICE',
      },
    }),
    () => {
      const payment = state.payments.get(about.paymentId)
      const { transferred = 0 } = payment ?? {}
      const part = { amount: decimal(random.upTo(30_000)), allowExcess: random.chance(0.5) }
      const isWhole = random.chance(0.6)
      return {
        name: 'ReversePayment',
        body: {
          clientId,
          // What other accounts give back of it is played while they hold still.
          paymentId: transferred === 0 ? about.paymentId : 'elsewhere',
          reason: random.pick(['MISTAKE', 'BOUNCED', 'CHARGED_BACK'], 'MISTAKE'),
          reversedOn: today,
          ...(isWhole ? {} : part),
        },
      }
    },
    () => clearing(moment),
    () => clearing(moment),
    () => {
      const items = [{ invoiceId: about.invoiceId, amount: decimal(random.upTo(10_000)) }]
      const total = random.chance(0.9) ? (items[0]?.amount ?? '') : decimal(random.upTo(10_000))
      const amount = { amount: total, currency: state.invoices.get(about.invoiceId)?.currency ?? 'RON' }
      return {
        name: 'RecordSetOff',
        body: { clientId, paymentId: fresh('set'), amount, setOffOn: day, document: 'PV 1', items },
      }
    },
    () => ({
      name: 'ReleaseCredit',
      body: {
        clientId,
        paymentId: about.paymentId,
        amount: decimal(random.upTo(20_000)),
        reason: random.pick(['PRESCRIBED', 'TIP', 'SMALL_DIFFERENCE', 'OTHER'], 'OTHER'),
        releasedOn: today,
        approvedBy: 'Ioana Pop',
      },
    }),
  ]
}

export const aboutMoney = (moment: Moment): readonly (() => ModelCommand)[] => [
  () => recordPayment(moment),
  () => recordPayment(moment),
  () => recordPayment(moment),
  () => recordPayment(moment),
  () => allocate(moment),
  () => allocate(moment),
  () => refund(moment),
  ...others(moment),
]
