import {
  type AccountCommand,
  type AccountEvent,
  accountInvoices,
  accountPayments,
  type ClientAccount,
  type Invoice,
  isClaimKind,
  type Payment,
} from '@registru/domain'
import type { Random } from '@registru/scripts/seed/random'
import { amountOf, anyOf, decimal, rateOf, smallest } from './account-step.ts'
import type { Outcome, PlayedCompany } from './played-company.ts'

/** Three currencies, each as often as the others. */
export const CURRENCIES = ['RON', 'EUR', 'JPY'] as const

/** One command of an undo, on a day; without one the ledger dates it. */
export type Step = (on: string | undefined) => Promise<Outcome<unknown>>

/** What was done, and how it is undone, step after step. */
export interface Done {
  readonly currency: string
  readonly undo: readonly Step[]
}

export interface Doing {
  readonly company: PlayedCompany
  readonly random: Random
  readonly clientId: string
  readonly otherId: string
  readonly currency: (typeof CURRENCIES)[number]
  /** Of no other act. */
  readonly id: string
  readonly on: string
  /** When the invoices that stand were due before the cycle began. */
  readonly dueBefore: ReadonlyMap<string, { dueOn: string; amount: string }[]>
  /** Ids of money of nobody. */
  readonly nobodysIds: readonly string[]
  /** `undefined`: the book has refused it. */
  readonly numberOf: (receiptId: string) => number | undefined
}

export type Act = (doing: Doing) => Promise<Done | undefined>

export const allInvoices = (account: ClientAccount): readonly Invoice[] => [...accountInvoices.all(account)]

/** Some payment with credit, and what of it is used. */
export const pickCredit = (
  { company, random, clientId, currency }: Doing,
  fits: (payment: Payment) => boolean = () => true,
) => {
  const payments = [...accountPayments.all(company.accountOf(clientId))]
  const payment = anyOf(
    random,
    payments.filter((one) => one.credit > 0n && one.currency === currency && !one.isReversing && fits(one)),
  )
  if (payment === undefined) return undefined
  const minor = random.chance(0.4) ? payment.credit : smallest(payment.credit, BigInt(amountOf(random)))
  return { payment, minor, amount: decimal(minor, currency) }
}

export const pickOpen = (
  { company, random, clientId, currency }: Doing,
  fits: (invoice: Invoice) => boolean = () => true,
) => {
  const open = allInvoices(company.accountOf(clientId)).filter((one) => one.open > 0n && one.currency === currency)
  const invoice = anyOf(random, open.filter(fits))
  if (invoice === undefined) return undefined
  const minor = random.chance(0.4) ? invoice.open : smallest(invoice.open, BigInt(amountOf(random)))
  return { invoice, minor, amount: decimal(minor, currency) }
}

export const documentRate = ({ currency, random, on }: Doing) =>
  currency !== 'RON' && random.chance(0.7)
    ? { exchangeRate: { ...rateOf(on), rate: random.pick(['4.9765', '5.0312']) } }
    : {}

export const money = ({ random, currency }: Doing) => ({
  amount: decimal(BigInt(amountOf(random)), currency),
  currency,
})

export const isIssued = ({ kind }: Invoice): boolean => !isClaimKind(kind)

const allocations = (events: readonly AccountEvent[]) =>
  events.flatMap(({ type, data }) => (type === 'PaymentAllocated' ? [data] : []))

/** Carried out, unless it is refused; a day that is too early is one on which it is tried again. */
export const carriedOut = async (
  { company, currency }: Doing,
  command: AccountCommand,
  undo: readonly Step[],
): Promise<Done | undefined> => {
  const { events } = await company.onAccount(command)
  return events.length === 0 ? undefined : { currency, undo }
}

export const takeBackPayment =
  ({ company, clientId }: Doing, paymentId: string): Step =>
  (reversedOn) =>
    company.onAccount({
      type: 'ReversePayment',
      data: { clientId, paymentId, claimId: `${paymentId}-gone`, reason: 'MISTAKE', reversedOn },
    })

export const cancellation =
  ({ company, clientId }: Doing, invoiceId: string): Step =>
  (cancelledOn) =>
    company.onAccount({
      type: 'CancelInvoice',
      data: { clientId, invoiceId, reason: 'never sent', cancelledOn, freeSettlements: true },
    })

interface TakenBack {
  readonly clientId: string
  readonly reason: 'MISTAKE'
  readonly reversedOn: string | undefined
}

export const reversal =
  ({ company, clientId }: Doing, command: (said: TakenBack) => AccountCommand): Step =>
  (reversedOn) =>
    company.onAccount(command({ clientId, reason: 'MISTAKE', reversedOn }))

export const between = (
  { clientId, on }: Doing,
  { payment }: { readonly payment: Payment },
  { invoice }: { readonly invoice: Invoice },
) => ({ clientId, paymentId: payment.paymentId, invoiceId: invoice.invoiceId, allocatedOn: on })

type Allocating = Extract<AccountCommand, { readonly type: 'AllocatePayment' }>['data']

export const allocated = async ({ company, currency }: Doing, data: Allocating): Promise<Done | undefined> => {
  const { events } = await company.onAccount({ type: 'AllocatePayment', data })
  const undo = allocations(events).map(({ clientId, paymentId, invoiceId, amount }): Step => {
    const which = { clientId, paymentId, invoiceId, amount: amount.amount, reason: 'WRONG_INVOICE' } as const
    return (deallocatedOn) => company.onAccount({ type: 'DeallocatePayment', data: { ...which, deallocatedOn } })
  })
  return undo.length === 0 ? undefined : { currency, undo }
}

export const note = async (doing: Doing, invoice: Invoice, minor: bigint): Promise<Done | undefined> => {
  const { company, clientId, id: creditNoteId, on: issuedOn } = doing
  const { invoiceId, currency } = invoice
  const total = { amount: decimal(minor, currency), currency }
  const data = { clientId, creditNoteId, invoiceId, number: creditNoteId, issuedOn, total }
  const { events } = await company.onAccount({ type: 'RegisterCreditNote', data })
  const again = events.flatMap((event): Step[] => {
    if (event.type !== 'PaymentDeallocated') return []
    const { paymentId, amount } = event.data
    const data = { clientId, paymentId, invoiceId, amount: amount.amount }
    return [
      async (allocatedOn) => {
        // With the payment its allocations are undone, too.
        const isGone = (accountPayments.get(company.accountOf(clientId), paymentId)?.reversed ?? 0n) > 0n
        if (isGone) return { events: [] }
        return company.onAccount({ type: 'AllocatePayment', data: { ...data, allocatedOn } })
      },
    ]
  })
  if (events.length === 0) return undefined
  return {
    currency,
    undo: [reversal(doing, (said) => ({ type: 'ReverseCreditNote', data: { ...said, creditNoteId } })), ...again],
  }
}

export const refunded = async (
  doing: Doing,
  { paymentId }: Payment,
  how: Pick<Extract<AccountCommand, { type: 'RecordRefund' }>['data'], 'amount' | 'exchangeRate' | 'allowExcess'>,
): Promise<Done | undefined> => {
  const { company, random, clientId, id: refundId, on: refundedOn } = doing
  const method = random.pick(['BANK_TRANSFER', 'CASH', 'CARD_ONLINE'] as const)
  const which = { clientId, refundId, paymentId, claimId: `${refundId}-claim`, method, refundedOn }
  const back: Step = (reversedOn) =>
    company.onAccount({
      type: 'ReverseRefund',
      data: { clientId, refundId, reason: random.pick(['RETURNED_BY_BANK', 'MISTAKE']), reversedOn },
    })
  return carriedOut(doing, { type: 'RecordRefund', data: { ...which, ...how } }, [back])
}

export const sendBack =
  ({ company, clientId, otherId, id: transferId }: Doing, amount: string): Step =>
  async (movedOn) => {
    const which = { clientId: otherId, toClientId: clientId, paymentId: transferId, transferId: `${transferId}-back` }
    const sent = await company.onAccount({
      type: 'TransferCredit',
      data: { ...which, amount, movedOn, reason: 'not for them' },
    })
    await company.settle()
    return sent
  }
