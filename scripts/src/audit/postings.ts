import { type Money, minorOf, NOBODY, type PlacedFact, paidOf } from './facts.ts'

/** Debits less credits on one symbolic account, in minor units of a currency. */
export interface Posting {
  readonly account: string
  readonly currency: string
  readonly minor: bigint
  /** Whose it is, where it is not the entry's client and document. */
  readonly of?: { readonly clientId: string; readonly paymentId: string | null }
}

/** What one fact does to the accounts, on its effective day. */
export interface Entry {
  readonly on: string
  /** The fact's own, when absent. */
  readonly clientId?: string
  readonly invoiceId: string | null
  readonly paymentId: string | null
  readonly postings: readonly Posting[]
}

/** Where money lies until it has come to the bank; other ways of payment are at the bank at once or nobody's yet. */
const moneyOf = (method: string): string => {
  if (method.startsWith('CARD') || method === 'ONLINE_SERVICE') return 'CARD_IN_TRANSIT'
  if (method === 'BANK_TRANSFER') return 'BANK'
  if (method === 'COURIER_COD') return 'COURIER'
  return method === 'OTHER_AGREED' ? 'SUSPENSE' : method
}

type Side = readonly [account: string, currency: string, minor: bigint]

/** What stands against what is owed without an invoice. */
const CLAIMED: Readonly<Record<string, string>> = {
  RETURNED_MONEY: 'RETURNED_MONEY',
  FEE: 'PENALTIES',
  INTEREST: 'PENALTIES',
  OTHER: 'OTHER_INCOME',
}

/** Nothing is posted for nothing. */
const posted = (sides: readonly Side[]): readonly Posting[] =>
  sides.filter(([, , minor]) => minor !== 0n).map(([account, currency, minor]) => ({ account, currency, minor }))

/** Of money that never came nothing was kept: the bank gives back what it was said to have had, the cost is none. */
const withoutFee = (
  sides: readonly Side[],
  { amount: { currency }, fee = '0' }: { readonly amount: Money; readonly fee?: string | undefined },
): readonly Side[] => {
  const kept = minorOf(fee)
  const given = sides.map(([account, of, minor]): Side => [account, of, account === 'BANK' ? minor + kept : minor])
  return [...given, ['FEE', currency, -kept]]
}

/**
 * Credit pays for a receivable; `sign` -1 takes that back. Where the two are in different currencies, the position takes the
 * one and gives the other, so that each currency is zero by itself, and what the books gain or lose stands against it.
 */
const exchange = (
  data: {
    readonly amount: Money
    readonly conversion?: { readonly paid: Money } | undefined
    readonly functional?: { readonly currency: string; readonly difference?: string | undefined } | undefined
  },
  sign: 1n | -1n,
): readonly Side[] => {
  const paid = paidOf(data)
  const [settledMinor, paidMinor] = [sign * minorOf(data.amount.amount), sign * minorOf(paid.amount)]
  const sides: Side[] = [
    ['CLIENT_CREDIT', paid.currency, paidMinor],
    ['RECEIVABLE', data.amount.currency, -settledMinor],
  ]
  if (data.conversion !== undefined) {
    sides.push(
      ['CURRENCY_POSITION', data.amount.currency, settledMinor],
      ['CURRENCY_POSITION', paid.currency, -paidMinor],
    )
  }
  return [...sides, ...gainedBy(data.functional, sign)]
}

type Refund = Extract<PlacedFact, { type: 'RefundRecorded' | 'RefundReversed' }>['data']

type Gained = { readonly currency: string; readonly difference?: string | undefined } | undefined

const gainedBy = (told: Gained, sign: 1n | -1n): readonly Side[] => {
  const gained = minorOf(told?.difference ?? '0')
  if (told === undefined || gained === 0n) return []
  return [
    ['CURRENCY_POSITION', told.currency, sign * gained],
    [gained > 0n ? 'FX_GAIN' : 'FX_LOSS', told.currency, -sign * gained],
  ]
}

/**
 * What a fact does to the accounts, said a second time: each side by itself, so that the journal's lines are compared with
 * sums that were not made from them. `undefined`: nothing.
 */
export const entryOf = ({ type, data }: PlacedFact): Entry | undefined => {
  /** The VAT lines of a paper, and the rest of its amount on the account that it is about. */
  const paper = (
    { amount, currency }: { amount: string; currency: string },
    of: {
      vatLines: readonly { base: string; vat: string; advanceInvoiceId?: string | undefined }[]
      cashAccounting: boolean
    },
    about: string,
    against: string,
    sign: 1n | -1n,
  ): readonly Side[] => {
    const whole = sign * minorOf(amount)
    const vat = sign * of.vatLines.reduce((sum, line) => sum + minorOf(line.vat), 0n)
    // A line that names an advance invoice empties 419 of it instead of adding to revenue.
    let takenOff = 0n
    for (const line of of.vatLines) if (line.advanceInvoiceId !== undefined) takenOff -= sign * minorOf(line.base)
    return [
      [against, currency, whole],
      ['ADVANCE_INVOICED', currency, takenOff],
      [about, currency, vat - takenOff - whole],
      [of.cashAccounting ? 'VAT_DEFERRED' : 'VAT_DUE', currency, -vat],
    ]
  }
  const between = (debit: string, credit: string, amount: { amount: string; currency: string }): readonly Side[] => [
    [debit, amount.currency, minorOf(amount.amount)],
    [credit, amount.currency, -minorOf(amount.amount)],
  ]
  /** What is told to be on its way goes from there, the rest from the bank; nothing told: all from one place. */
  const gone = (
    { amount, method, takenInTransit }: { amount: Money; method: string; takenInTransit?: string | undefined },
    from: string,
  ): readonly Side[] => {
    if (takenInTransit === undefined) return between('CLIENT_CREDIT', from, amount)
    const { currency } = amount
    const [whole, way] = [minorOf(amount.amount), minorOf(takenInTransit)]
    return [
      ['CLIENT_CREDIT', currency, whole],
      [moneyOf(method), currency, -way],
      ['BANK', currency, way - whole],
    ]
  }
  /** What leaves in another currency is given by the position, which takes the credit for it. */
  const givenBack = (data: Refund): readonly Side[] => {
    const { amount: credit, conversion } = data
    const from = moneyOf(data.method)
    if (conversion === undefined) return [...gone(data, from), ...gainedBy(data.worth, 1n)]
    return [
      ...between('CLIENT_CREDIT', 'CURRENCY_POSITION', credit),
      ...between('CURRENCY_POSITION', from, conversion.paid),
      ...gainedBy(data.worth, 1n),
    ]
  }
  const taken = (sides: readonly Side[]): readonly Side[] =>
    sides.map(([account, currency, minor]) => [account, currency, -minor])
  const proceeds = (kind: string): string => (kind === 'ADVANCE' ? 'ADVANCE_INVOICED' : 'REVENUE')
  const entry = (
    on: string,
    { invoiceId, paymentId }: { invoiceId?: string; paymentId?: string | undefined },
    sides: readonly Side[],
  ): Entry => ({ on, invoiceId: invoiceId ?? null, paymentId: paymentId ?? null, postings: posted(sides) })

  switch (type) {
    case 'InvoiceRegistered':
      return entry(data.issuedOn, data, paper(data.total, data, proceeds(data.kind), 'RECEIVABLE', 1n))
    case 'InvoiceCancelled':
      return entry(data.cancelledOn, data, paper(data.total, data, proceeds(data.kind), 'RECEIVABLE', -1n))
    case 'ClaimRegistered':
    case 'ClaimCancelled': {
      const { claimId: invoiceId, paymentId, total, kind } = data
      const other = paymentId === undefined ? (CLAIMED[kind] ?? '') : 'CLIENT_CREDIT'
      return type === 'ClaimRegistered'
        ? entry(data.issuedOn, { invoiceId, paymentId }, between('RECEIVABLE', other, total))
        : entry(data.cancelledOn, { invoiceId, paymentId }, between(other, 'RECEIVABLE', total))
    }
    case 'CreditNoteRegistered': {
      const { invoiceId, creditNoteId: paymentId } = data
      const lowers = invoiceId === undefined ? 'CLIENT_CREDIT' : 'RECEIVABLE'
      const of = invoiceId === undefined ? { paymentId } : { invoiceId }
      return entry(data.creditedOn, of, paper(data.total, data, proceeds(data.kind), lowers, -1n))
    }
    case 'DiscountGranted':
      return entry(data.grantedOn, data, paper(data.amount, data, `${data.kind}_DISCOUNT`, 'RECEIVABLE', -1n))
    case 'InvoiceWrittenOff':
      return entry(data.writtenOffOn, data, between(data.kind ?? 'WRITE_OFF', 'RECEIVABLE', data.amount))
    case 'CreditNoteReversed': {
      const { invoiceId, creditNoteId: paymentId } = data
      const lowers = invoiceId === undefined ? 'CLIENT_CREDIT' : 'RECEIVABLE'
      const of = invoiceId === undefined ? { paymentId } : { invoiceId }
      return entry(data.reversedOn, of, paper(data.total, data, proceeds(data.kind), lowers, 1n))
    }
    case 'DiscountReversed':
      return entry(data.reversedOn, data, paper(data.amount, data, `${data.kind}_DISCOUNT`, 'RECEIVABLE', 1n))
    case 'WriteOffReversed':
      return entry(data.reversedOn, data, between('RECEIVABLE', data.kind ?? 'WRITE_OFF', data.amount))
    case 'CreditReleased': {
      const income = data.reason === 'TIP' ? 'TIPS' : 'RELEASED_CREDIT'
      return entry(data.releasedOn, data, between('CLIENT_CREDIT', income, data.amount))
    }
    case 'RefundReversed':
      return entry(data.reversedOn, data, taken(givenBack(data)))
    case 'PaymentRecorded': {
      const { currency } = data.amount
      const [whole, fee] = [minorOf(data.amount.amount), minorOf(data.fee ?? '0')]
      return entry(data.receivedOn, data, [
        [moneyOf(data.method), currency, whole - fee],
        ['FEE', currency, fee],
        ['CLIENT_CREDIT', currency, -whole],
      ])
    }
    case 'PaymentAllocated':
      return entry(
        data.allocatedOn,
        data,
        data.recovers ? between('CLIENT_CREDIT', 'RECOVERY', data.amount) : exchange(data, 1n),
      )
    case 'PaymentDeallocated':
      return entry(
        data.deallocatedOn,
        data,
        data.recovers ? between('RECOVERY', 'CLIENT_CREDIT', data.amount) : exchange(data, -1n),
      )
    case 'PaymentReversed': {
      const from = data.cleared ? 'BANK' : moneyOf(data.method)
      return entry(data.reversedOn, data, withoutFee(gone(data, from), data))
    }
    case 'RefundRecorded':
      return entry(data.refundedOn, data, givenBack(data))
    case 'TransferReceived': {
      const { origin, clientId, transferId, movedOn: on, amount, returnsTo = transferId } = data
      const { currency } = amount
      const minor = minorOf(amount.amount)
      const account = 'CLIENT_CREDIT'
      const given = { account, currency, minor, of: origin }
      const received = { account, currency, minor: -minor, of: { clientId, paymentId: returnsTo } }
      // VAT of a note goes with the account that the note is in.
      const whose = data.returnsTo === undefined ? origin : { clientId, paymentId: returnsTo }
      return { on, ...whose, invoiceId: null, postings: [given, received] }
    }
    case 'InvoiceMoved': {
      const { clientId, fromClientId, invoiceId, movedOn: on, amount } = data
      const [account, currency, minor] = ['RECEIVABLE', amount.currency, minorOf(amount.amount)]
      const owed = { account, currency, minor, of: { clientId, paymentId: null } }
      return {
        on,
        clientId: fromClientId,
        paymentId: null,
        invoiceId,
        postings: [{ account, currency, minor: -minor }, owed],
      }
    }
    case 'UnidentifiedPaymentRecorded': {
      const { paymentId, receivedOn: on, amount, method } = data
      const { currency } = amount
      const [minor, fee] = [minorOf(amount.amount), minorOf(data.fee ?? '0')]
      const postings = posted([
        ['SUSPENSE', currency, -minor],
        ['FEE', currency, fee],
        [moneyOf(method), currency, minor - fee],
      ])
      return { on, clientId: NOBODY, paymentId, invoiceId: null, postings }
    }
    case 'UnidentifiedPaymentReturned': {
      const { paymentId, returnedOn: on, amount } = data
      const [currency, minor] = [amount.currency, minorOf(amount.amount)]
      const sides = [
        ['BANK', currency, -minor],
        ['SUSPENSE', currency, minor],
      ] as const
      const postings = posted(withoutFee(sides, data))
      return { on, clientId: NOBODY, paymentId, invoiceId: null, postings }
    }
    case 'PaymentIdentified':
    case 'IdentificationUndone': {
      const { clientId, paymentId, identificationId, amount } = data
      const { currency } = amount
      const minor = (type === 'PaymentIdentified' ? 1n : -1n) * minorOf(amount.amount)
      const on = type === 'PaymentIdentified' ? data.identifiedOn : data.undoneOn
      const credit = { account: 'CLIENT_CREDIT', currency, minor: -minor }
      const suspense = { account: 'SUSPENSE', currency, minor, of: { clientId: NOBODY, paymentId } }
      return { on, clientId, paymentId: identificationId, invoiceId: null, postings: [credit, suspense] }
    }
    case 'PaymentCleared': {
      const { currency } = data.amount
      const fee = minorOf(data.fee)
      const amount = minorOf(data.amount.amount)
      return entry(data.clearedOn, data, [
        ['BANK', currency, amount - fee],
        ['FEE', currency, fee],
        [moneyOf(data.method), currency, -amount],
      ])
    }
    default:
      return undefined
  }
}
