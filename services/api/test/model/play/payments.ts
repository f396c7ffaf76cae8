/** Commands about money: in, onto invoices, and out again. */
import { decimal } from '../oracle/amounts.ts'
import type { ModelCommand } from '../oracle/command.ts'
import { isNote } from '../oracle/terms.ts'
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

const recordPayment = (moment: Moment): ModelCommand => {
  const { clientId, random, day, fresh, amount, currency, rate, series, someInvoice, someNumber } = moment
  const inCurrency = currency()
  const isForeign = inCurrency !== 'RON'
  const method = isForeign ? 'BANK_TRANSFER' : random.pick(['CASH', 'CASH', 'BANK_TRANSFER', 'CARD_POS'], 'CASH')
  const isCash = method === 'CASH'
  const isReceipted = random.chance(isCash ? 0.4 : 0.03)
  // Who says nothing of invoices often pays just what some of them have open.
  const isSilent = random.chance(0.3)
  const fitting = fittingAmount(moment, inCurrency)
  const isFitting = isSilent && fitting > 0 && random.chance(0.6)
  const paid = isFitting ? fitting : isCash ? random.upTo(200_000) : amount()
  const allocation = random.pick(
    [
      { rule: 'explicit', items: [item(moment, someInvoice(), inCurrency, paid)] },
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
      ...(isReceipted && random.chance(0.3) ? {} : { deskId: 'C1' }),
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
  const { paymentId, invoiceId } = about
  const currency = state.payments.get(paymentId)?.currency ?? 'RON'
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
  const isValued = isExchanged ? random.chance(0.9) : credit !== 'RON' && random.chance(0.5)
  return {
    name: 'RecordRefund',
    body: {
      clientId,
      refundId: fresh('ref'),
      paymentId: about.paymentId,
      amount: isExchanged ? money(amount, leaving) : decimal(amount),
      ...(isValued ? { exchangeRate: rate() } : {}),
      method: random.pick(methods, 'BANK_TRANSFER'),
      refundedOn: day,
      allowExcess: !isExchanged && credit === 'RON' && random.chance(0.3),
    },
  }
}

const others = ({ clientId, random, about, fresh, day, today, state }: Moment): readonly (() => ModelCommand)[] => [
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
    const { currency = 'RON', transferred = 0 } = payment ?? {}
    // What an excess in another currency is worth is not played.
    const part = { amount: decimal(random.upTo(30_000)), allowExcess: currency === 'RON' && random.chance(0.5) }
    const isWhole =
      random.chance(0.6) && (currency === 'RON' || (payment?.refunded ?? 0) + (payment?.released ?? 0) === 0)
    return {
      name: 'ReversePayment',
      body: {
        clientId,
        // What other accounts give back of it is not played.
        paymentId: transferred === 0 ? about.paymentId : 'elsewhere',
        reason: random.pick(['MISTAKE', 'BOUNCED', 'CHARGED_BACK'], 'MISTAKE'),
        reversedOn: today,
        ...(isWhole ? {} : part),
      },
    }
  },
  () => ({
    name: 'ConfirmPaymentCleared',
    body: {
      clientId,
      paymentId: about.paymentId,
      clearedOn: today,
      fee: decimal(random.upTo(2_000)),
      ...(random.chance(0.5) ? {} : { amount: decimal(random.upTo(20_000)) }),
    },
  }),
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
      reason: random.pick(['PRESCRIBED', 'TIP', 'OTHER'], 'OTHER'),
      releasedOn: today,
      approvedBy: 'Ioana Pop',
    },
  }),
]

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
