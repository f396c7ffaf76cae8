import { type Fact, minorOf } from './facts.ts'

/** Debits less credits of one symbolic account, in minor units of a currency. */
export type Posting = readonly [account: string, currency: string, minor: bigint]

/** Where money lies until it has come to the bank; other ways of payment are at the bank at once or nobody's yet. */
const moneyOf = (method: string): string => {
  if (method.startsWith('CARD') || method === 'ONLINE_SERVICE') return 'CARD_IN_TRANSIT'
  if (method === 'BANK_TRANSFER') return 'BANK'
  if (method === 'COURIER_COD') return 'COURIER'
  return method === 'OTHER_AGREED' ? 'SUSPENSE' : method
}

/**
 * What a fact does to the accounts, said a second time: each side by itself, so that the journal's legs are compared with
 * sums that were not made from them.
 */
export const postingsOf = ({ type, data }: Fact): readonly Posting[] => {
  /** The VAT lines of a paper, and the rest of its amount on the account that it is about. */
  const paper = (
    { amount, currency }: { amount: string; currency: string },
    of: { vatLines: readonly { vat: string }[]; cashAccounting: boolean },
    about: string,
    against: string,
    sign: 1n | -1n,
  ): readonly Posting[] => {
    const whole = sign * minorOf(amount)
    const vat = sign * of.vatLines.reduce((sum, line) => sum + minorOf(line.vat), 0n)
    return [
      [against, currency, whole],
      [about, currency, vat - whole],
      [of.cashAccounting ? 'VAT_DEFERRED' : 'VAT_DUE', currency, -vat],
    ]
  }
  const between = (debit: string, credit: string, amount: { amount: string; currency: string }): readonly Posting[] => [
    [debit, amount.currency, minorOf(amount.amount)],
    [credit, amount.currency, -minorOf(amount.amount)],
  ]
  const proceeds = (kind: string): string => (kind === 'ADVANCE' ? 'ADVANCE_INVOICED' : 'REVENUE')

  switch (type) {
    case 'InvoiceRegistered':
      return paper(data.total, data, proceeds(data.kind), 'RECEIVABLE', 1n)
    case 'InvoiceCancelled':
      return paper(data.total, data, proceeds(data.kind), 'RECEIVABLE', -1n)
    case 'CreditNoteRegistered':
      return paper(
        data.total,
        data,
        proceeds(data.kind),
        data.invoiceId === undefined ? 'CLIENT_CREDIT' : 'RECEIVABLE',
        -1n,
      )
    case 'DiscountGranted':
      return paper(data.amount, data, `${data.kind}_DISCOUNT`, 'RECEIVABLE', -1n)
    case 'InvoiceWrittenOff':
      return between('WRITE_OFF', 'RECEIVABLE', data.amount)
    case 'PaymentRecorded':
      return between(moneyOf(data.method), 'CLIENT_CREDIT', data.amount)
    case 'PaymentAllocated':
      return between('CLIENT_CREDIT', 'RECEIVABLE', data.amount)
    case 'PaymentDeallocated':
      return between('RECEIVABLE', 'CLIENT_CREDIT', data.amount)
    case 'PaymentReversed':
      return between('CLIENT_CREDIT', data.cleared ? 'BANK' : moneyOf(data.method), data.amount)
    case 'RefundRecorded':
      return between('CLIENT_CREDIT', moneyOf(data.method), data.amount)
    case 'PaymentCleared': {
      const { currency } = data.amount
      const fee = minorOf(data.fee)
      return [...between('BANK', moneyOf(data.method), data.amount), ['FEE', currency, fee], ['BANK', currency, -fee]]
    }
    default:
      return []
  }
}
