/** What a user sees, added up from the books alone. */
import { type Clocks, dueOf, movesAt, sumBy } from './books.ts'
import type { State } from './state.ts'

const daysBetween = (from: string, to: string): number => (Date.parse(to) - Date.parse(from)) / 86_400_000

/** First days of the buckets after `notDue`. */
const BUCKETS = [1, 31, 61, 91]
const bucketOf = (overdueDays: number): number => BUCKETS.filter((first) => overdueDays >= first).length

export interface AgingRow {
  readonly amounts: readonly number[]
  readonly open: number
  readonly credit: number
}
const NOTHING: AgingRow = { amounts: [0, 0, 0, 0, 0], open: 0, credit: 0 }

/** By invoice what is open and how late, and by currency the same with what is left of payments. */
export const agingOf = (state: State, clocks: Clocks) => {
  const moves = movesAt(state, clocks)
  const open = sumBy(
    moves,
    ({ account, item }) => (account === 'RECEIVABLE' ? item : undefined),
    ({ amount }) => amount,
  )
  const credit = sumBy(
    moves,
    ({ account, currency }) => (account === 'CLIENT_CREDIT' ? currency : undefined),
    ({ amount }) => -amount,
  )
  const byInvoice = new Map<string, AgingRow>()
  const byCurrency = new Map<string, AgingRow>()
  for (const [invoiceId, sum] of open) {
    const invoice = state.invoices.get(invoiceId)
    if (invoice === undefined) continue
    const amounts = [0, 0, 0, 0, 0]
    for (const part of dueOf(invoice, sum, clocks)) {
      const bucket = bucketOf(daysBetween(part.dueOn, clocks.asOf))
      amounts[bucket] = (amounts[bucket] ?? 0) + part.open
    }
    byInvoice.set(invoiceId, { amounts, open: sum, credit: 0 })
    const before = byCurrency.get(invoice.currency) ?? NOTHING
    const added = before.amounts.map((amount, bucket) => amount + (amounts[bucket] ?? 0))
    byCurrency.set(invoice.currency, { ...before, amounts: added, open: before.open + sum })
  }
  for (const [currency, sum] of credit)
    byCurrency.set(currency, { ...(byCurrency.get(currency) ?? NOTHING), credit: sum })
  return { byInvoice, byCurrency }
}

/** VAT of two rates, or of an advance beside what takes it off, may be one line or two: nobody says, so balances count. */
const isNetted = (account: string): boolean => account === 'VAT_DUE' || account === 'VAT_DEFERRED'

/** Debits, and credits below zero, by account and currency. */
export const turnoversOf = (
  moves: readonly { readonly account: string; readonly currency: string; readonly amount: number }[],
): ReadonlyMap<string, number> =>
  sumBy(
    moves,
    ({ account, currency, amount }) =>
      `${account} ${currency} ${isNetted(account) ? 'balance' : amount > 0 ? 'debit' : 'credit'}`,
    ({ amount }) => amount,
  )

export const trialBalanceOf = (states: readonly State[], clocks: Clocks): ReadonlyMap<string, number> =>
  turnoversOf(states.flatMap((state) => movesAt(state, clocks)))

/** Of money whose client nobody knew: what is left of each payment, and where the rest went. */
export const unidentifiedOf = (company: State, clocks: Clocks): readonly (readonly [string, number])[] =>
  movesAt(company, clocks)
    .filter(({ account }) => account === 'SUSPENSE')
    .flatMap(({ item, cause, amount }) => [
      [`${item} left`, -amount] as const,
      ...(cause === 'recorded' ? [] : [[`${item} ${cause}`, amount] as const]),
    ])

/** By day, what came into the drawer less what left it: all cash is in one, and in lei. */
export const drawerOf = (states: readonly State[], clocks: Clocks): ReadonlyMap<string, number> =>
  sumBy(
    states.flatMap((state) => movesAt(state, clocks)),
    ({ account, on }) => (account === 'CASH' ? on : undefined),
    ({ amount }) => amount,
  )

/** By day and currency, what a client's balance moved; and by currency what it was before, under the empty day. */
export const statementOf = (state: State, from: string, clocks: Clocks): ReadonlyMap<string, number> =>
  sumBy(
    movesAt(state, clocks).filter(({ account }) => account === 'RECEIVABLE' || account === 'CLIENT_CREDIT'),
    ({ on, currency }) => `${currency} ${on < from ? '' : on}`,
    ({ amount }) => amount,
  )

/** TVA la încasare: what became exigible by day, currency and rate, and what has not, by currency and rate. */
export const vatReportOf = (states: readonly State[], clocks: Clocks) => {
  const moves = states.flatMap((state) => movesAt(state, clocks)).filter(({ rate }) => rate !== undefined)
  return {
    exigible: sumBy(
      moves,
      ({ account, on, currency, rate }) => (account === 'VAT_DUE' ? `${on} ${currency} ${rate}` : undefined),
      ({ amount }) => -amount,
    ),
    deferred: sumBy(
      moves,
      ({ account, currency, rate }) => (account === 'VAT_DEFERRED' ? `${currency} ${rate}` : undefined),
      ({ amount }) => -amount,
    ),
  }
}

/** Of each payment what left it and what came to it, by what it was; and of each invoice what settled it. */
export const movedOf = (
  state: State,
  account: 'RECEIVABLE' | 'CLIENT_CREDIT',
  clocks: Clocks,
): ReadonlyMap<string, number> =>
  sumBy(
    movesAt(state, clocks),
    (move) => (move.account === account ? `${move.item} ${move.cause}` : undefined),
    ({ amount }) => amount,
  )
