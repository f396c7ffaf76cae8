import type { ClaimKind, PaymentMethod, ReleaseReason } from '@registru/domain'

/** What postings are made to: the meaning, not a number of some chart. */
export type Account =
  | 'RECEIVABLE'
  | 'CLIENT_CREDIT'
  | 'REVENUE'
  | 'ADVANCE_INVOICED'
  | 'VAT_DUE'
  | 'VAT_DEFERRED'
  | 'CASH'
  | 'BANK'
  | 'CARD_IN_TRANSIT'
  | 'COURIER'
  | 'CHEQUE'
  | 'PROMISSORY_NOTE'
  | 'SET_OFF'
  | 'SUSPENSE'
  | 'SETTLEMENT_DISCOUNT'
  | 'COMMERCIAL_DISCOUNT'
  | 'WRITE_OFF'
  | 'SMALL_DIFFERENCE'
  | 'RECOVERY'
  | 'FEE'
  | 'RELEASED_CREDIT'
  | 'TIPS'
  | 'RETURNED_MONEY'
  | 'PENALTIES'
  | 'OTHER_INCOME'
  | 'FX_GAIN'
  | 'FX_LOSS'
  | 'CURRENCY_POSITION'

/** Where the money of a payment lies once it is recorded (romania.md §3.1). Agreed ways outside the list wait in suspense. */
export const MONEY_ACCOUNT: Readonly<Record<PaymentMethod, Account>> = {
  CASH: 'CASH',
  CARD_POS: 'CARD_IN_TRANSIT',
  CARD_ONLINE: 'CARD_IN_TRANSIT',
  ONLINE_SERVICE: 'CARD_IN_TRANSIT',
  BANK_TRANSFER: 'BANK',
  COURIER_COD: 'COURIER',
  PROMISSORY_NOTE: 'PROMISSORY_NOTE',
  CHEQUE: 'CHEQUE',
  SET_OFF: 'SET_OFF',
  OTHER_AGREED: 'SUSPENSE',
}

/** What credit becomes that is the client's no longer: income, or what is owed to the staff. */
export const RELEASE_ACCOUNT: Readonly<Record<ReleaseReason, Account>> = {
  PRESCRIBED: 'RELEASED_CREDIT',
  TIP: 'TIPS',
  SMALL_DIFFERENCE: 'RELEASED_CREDIT',
  OTHER: 'RELEASED_CREDIT',
}

/**
 * What stands against a claim. Money that went to a client without being a payment of this ledger left by an entry of the bank
 * that waits in suspense for its other side; what it was beyond a payment is that payment's credit instead.
 */
export const CLAIM_ACCOUNT: Readonly<Record<ClaimKind, Account>> = {
  RETURNED_MONEY: 'RETURNED_MONEY',
  FEE: 'PENALTIES',
  INTEREST: 'PENALTIES',
  OTHER: 'OTHER_INCOME',
}

/** Where money is, and what was kept of it on the way: what these gained is what came in less what went back. */
export const MONEY_ACCOUNTS: readonly Account[] = [...new Set(Object.values(MONEY_ACCOUNT)), 'FEE']

interface ChartLine {
  readonly account: Account
  /** Number in the Romanian chart for the functional currency, and for any other where it has one of its own. */
  readonly number: string
  readonly foreignNumber?: string
  /** First day on which the number holds; charts change by law. */
  readonly from: string
}

/** OMFP 1802/2014, in force from 2015. 707 is for goods; a firm that sells services shows the same revenue under 704. */
const ROMANIAN_CHART: readonly ChartLine[] = [
  { account: 'RECEIVABLE', number: '4111', from: '2015-01-01' },
  { account: 'CLIENT_CREDIT', number: '419', from: '2015-01-01' },
  { account: 'ADVANCE_INVOICED', number: '419', from: '2015-01-01' },
  { account: 'REVENUE', number: '707', from: '2015-01-01' },
  { account: 'VAT_DUE', number: '4427', from: '2015-01-01' },
  { account: 'VAT_DEFERRED', number: '4428', from: '2015-01-01' },
  { account: 'CASH', number: '5311', foreignNumber: '5314', from: '2015-01-01' },
  { account: 'BANK', number: '5121', foreignNumber: '5124', from: '2015-01-01' },
  { account: 'CARD_IN_TRANSIT', number: '5125', from: '2015-01-01' },
  { account: 'COURIER', number: '461', from: '2015-01-01' },
  { account: 'CHEQUE', number: '5112', from: '2015-01-01' },
  { account: 'PROMISSORY_NOTE', number: '413', from: '2015-01-01' },
  { account: 'SET_OFF', number: '401', from: '2015-01-01' },
  { account: 'SUSPENSE', number: '473', from: '2015-01-01' },
  { account: 'SETTLEMENT_DISCOUNT', number: '667', from: '2015-01-01' },
  { account: 'COMMERCIAL_DISCOUNT', number: '709', from: '2015-01-01' },
  { account: 'WRITE_OFF', number: '654', from: '2015-01-01' },
  { account: 'SMALL_DIFFERENCE', number: '6588', from: '2015-01-01' },
  { account: 'RECOVERY', number: '754', from: '2015-01-01' },
  { account: 'FEE', number: '627', from: '2015-01-01' },
  { account: 'RELEASED_CREDIT', number: '758', from: '2015-01-01' },
  { account: 'TIPS', number: '462', from: '2015-01-01' },
  // Beside what is received and not known whose: nothing of it came in.
  { account: 'RETURNED_MONEY', number: '473', from: '2015-01-01' },
  { account: 'PENALTIES', number: '7581', from: '2015-01-01' },
  { account: 'OTHER_INCOME', number: '7588', from: '2015-01-01' },
  { account: 'FX_GAIN', number: '765', from: '2015-01-01' },
  { account: 'FX_LOSS', number: '665', from: '2015-01-01' },
  // The chart of firms, unlike that of banks, has no such account: what its currencies are worth together belongs to 4111.
  { account: 'CURRENCY_POSITION', number: '4111.P', from: '2015-01-01' },
]

/** Every account that there is, once. */
export const allAccounts: readonly Account[] = [...new Set(ROMANIAN_CHART.map(({ account }) => account))]

/** @throws Error when the chart knows no number for the day: our own mistake. */
export const romanianAccount = (
  account: Account,
  currency: string,
  { functionalCurrency, on }: { readonly functionalCurrency: string; readonly on: string },
): string => {
  const line = ROMANIAN_CHART.findLast((entry) => entry.account === account && entry.from <= on)
  if (line === undefined) throw new Error(`no account number for ${account} on ${on}`)
  return currency === functionalCurrency ? line.number : (line.foreignNumber ?? line.number)
}

const isNumbered = (
  account: Account,
  number: string,
  currency: string,
  chart: { readonly functionalCurrency: string; readonly on: string },
): boolean => {
  const known = ROMANIAN_CHART.some((line) => line.account === account && line.from <= chart.on)
  return known && romanianAccount(account, currency, chart) === number
}

/** The symbolic accounts behind a name: one symbolic account, or all that share a number of the Romanian chart. */
export const accountsOfChart = (
  name: string,
  currency: string,
  chart: { readonly functionalCurrency: string; readonly on: string },
): readonly Account[] => {
  const accounts = [...new Set(ROMANIAN_CHART.map(({ account }) => account))]
  return accounts.filter((account) => account === name || isNumbered(account, name, currency, chart))
}
