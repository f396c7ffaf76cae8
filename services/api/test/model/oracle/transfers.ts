/** Credit goes to another client's account, and may settle an invoice there. */
import { z } from 'zod'
import { decimal, moneyOf, takeWorth } from './amounts.ts'
import { post } from './books.ts'
import { type Body, ifNot, type Judgement, type Told } from './command.ts'
import { recordPayment } from './payments.ts'
import { settle } from './settling.ts'
import type { Payment, State } from './state.ts'
import { collectionDay, creditFrom, creditOf, isPending, last } from './terms.ts'

/** Credit that goes back to whose it was is that payment's credit again. */
const homeOf = (payment: Payment, to: State): Payment | undefined =>
  payment.origin?.clientId === to.clientId ? to.payments.get(payment.origin.paymentId) : undefined

const transferIdIn = (body: Body, told: Told): string =>
  typeof told['transferId'] === 'string' ? told['transferId'] : body.transferId

/** @returns the credit as it stands in the other account, where that is `home` if it has one */
export const move = (
  from: State,
  to: State,
  payment: Payment,
  amount: number,
  { transferId, on, home }: { readonly transferId: string; readonly on: string; readonly home: Payment | undefined },
): Payment => {
  const { paymentId, currency } = payment
  payment.credit -= amount
  payment.transferred += amount
  const worth = takeWorth(payment.worth, payment.credit, payment.amount)
  if (home !== undefined) {
    home.credit += amount
    home.transferred -= amount
    home.lastUndoOn = last(home.lastUndoOn, on)
    const left = (home.sent.get(paymentId)?.amount ?? 0) - amount
    if (left > 0) home.sent.set(paymentId, { clientId: from.clientId, amount: left })
    else home.sent.delete(paymentId)
    if (home.worth !== undefined) home.worth.left += worth ?? 0
  }
  const moved =
    home ??
    creditOf(
      transferId,
      { amount, currency },
      {
        method: 'TRANSFER',
        receivedOn: on,
        origin: { clientId: from.clientId, paymentId },
        // Before, it was for no supply of this client; of a note none comes.
        moneyOn: payment.moneyOn === undefined ? undefined : on,
        worth: worth === undefined ? undefined : { whole: worth, left: worth },
      },
    )
  if (home === undefined) {
    to.payments.set(transferId, moved)
    payment.sent.set(transferId, { clientId: to.clientId, amount })
  }
  post(from, { on, cause: 'transferred' }, [['CLIENT_CREDIT', currency, amount, paymentId]])
  post(to, { on, cause: home === undefined ? 'recorded' : 'transferred' }, [
    ['CLIENT_CREDIT', currency, -amount, moved.paymentId],
  ])
  return moved
}

const movedFrom = (payment: Payment): string => last(creditFrom(payment), collectionDay(payment))

const refusalsOf = (
  from: State,
  to: State,
  payment: Payment | undefined,
  { amount, day }: { readonly amount: number; readonly day: string },
): readonly string[] => [
  ...ifNot(from !== to, 'TRANSFER_TO_SELF'),
  ...ifNot(payment !== undefined, 'PAYMENT_NOT_FOUND'),
  ...ifNot(payment === undefined || !isPending(payment), 'PAYMENT_NOT_CLEARED'),
  ...ifNot(payment === undefined || amount <= payment.credit, 'ALLOCATION_EXCEEDS_CREDIT'),
  ...ifNot(payment === undefined || day >= movedFrom(payment), 'UNDO_BEFORE_WHAT_IT_UNDOES'),
]

export const transferCredit = (from: State, to: State, body: Body, day: string): Judgement => {
  const payment = from.payments.get(body.paymentId)
  const amount = body.amount?.amount ?? 0
  const isTaken = to.payments.has(body.transferId) || to.papers.has(`creditNoteId ${body.transferId}`)
  return {
    codes: [...refusalsOf(from, to, payment, { amount, day }), ...ifNot(!isTaken, 'PAYMENT_ALREADY_RECORDED')],
    apply: (told) => {
      if (payment === undefined) return {}
      move(from, to, payment, amount, { transferId: transferIdIn(body, told), on: day, home: homeOf(payment, to) })
      return { toClientId: to.clientId, amount: moneyOf(amount, payment.currency), movedOn: day }
    },
  }
}

/** A payer who pays another's invoice: no allocation spans two accounts, so the credit goes there and settles it. */
export const payForAnother = (from: State, to: State, body: Body, day: string): Judgement => {
  const payment = from.payments.get(body.paymentId)
  const invoice = to.invoices.get(body.invoiceId)
  const amount = body.amount?.amount ?? 0
  return {
    codes: [
      ...refusalsOf(from, to, payment, { amount, day }),
      ...ifNot(invoice !== undefined, 'INVOICE_NOT_FOUND'),
      ...ifNot(
        invoice === undefined || payment === undefined || invoice.currency === payment.currency,
        'CURRENCY_MISMATCH',
      ),
      ...ifNot(invoice === undefined || amount <= invoice.open, 'ALLOCATION_EXCEEDS_OPEN_AMOUNT'),
    ],
    apply: (told) => {
      if (payment === undefined || invoice === undefined) return {}
      // The answer names the credit that paid, so it stands by itself wherever it came from.
      const credit = move(from, to, payment, amount, { transferId: transferIdIn(body, told), on: day, home: undefined })
      settle(to, credit, { invoiceId: body.invoiceId, amount, paid: amount }, day)
      return { amount: decimal(amount), invoiceId: body.invoiceId }
    },
  }
}

const ForOthers = z.looseObject({ forOthers: z.array(z.looseObject({ transferId: z.string() })) })

/** A payment that comes in for several clients: what is for others goes there at once, after what is for the payer. */
export const recordForOthers = (from: State, others: readonly State[], body: Body, day: string): Judgement => {
  const { rule, items } = body.allocation
  const isOwn = ({ invoiceClientId = from.clientId }: { readonly invoiceClientId?: string | undefined }): boolean =>
    invoiceClientId === from.clientId
  const own = items.filter(isOwn)
  const given = items.flatMap((item) => {
    const to = others.find(({ clientId }) => clientId === item.invoiceClientId)
    return isOwn(item) || to === undefined ? [] : [{ ...item, amount: item.amount ?? 0, to }]
  })
  const plain = recordPayment(from, { ...body, allocation: { rule, items: own } }, day)
  const whole = items.reduce((sum, { amount = 0 }) => sum + amount, 0)
  const codesOf = ({ invoiceId, amount, to }: (typeof given)[number]): readonly string[] => {
    const invoice = to.invoices.get(invoiceId)
    if (invoice === undefined) return ['INVOICE_NOT_FOUND']
    const isAlike = invoice.currency === body.amount?.currency
    return [...ifNot(isAlike, 'CURRENCY_MISMATCH'), ...ifNot(amount <= invoice.open, 'ALLOCATION_EXCEEDS_OPEN_AMOUNT')]
  }
  return {
    codes: [
      ...plain.codes,
      ...given.flatMap(codesOf),
      ...ifNot(whole <= (body.amount?.amount ?? 0), 'ALLOCATION_EXCEEDS_CREDIT'),
    ],
    warnings: plain.warnings ?? [],
    apply: (told) => {
      const result = plain.apply(told)
      const payment = from.payments.get(body.paymentId)
      const ids = ForOthers.safeParse(told).data?.forOthers.map(({ transferId }) => transferId) ?? []
      for (const [index, { invoiceId, amount, to }] of given.entries()) {
        if (payment === undefined) break
        const credit = move(from, to, payment, amount, { transferId: ids[index] ?? '', on: day, home: undefined })
        settle(to, credit, { invoiceId, amount, paid: amount }, day)
      }
      const forOthers = given.map(({ invoiceClientId, invoiceId, amount }) => ({
        invoiceClientId,
        invoiceId,
        amount: decimal(amount),
      }))
      return { ...result, credit: decimal(payment?.credit ?? 0), ...(given.length > 0 ? { forOthers } : {}) }
    },
  }
}
