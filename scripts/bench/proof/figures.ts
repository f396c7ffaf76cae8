import { accountInvoices, accountPayments, type ClientAccount } from '@registru/domain'
import type { Row } from '@registru/scripts/audit/report'

/** Sums by what they are of; what is zero is not there. */
export type Figures = ReadonlyMap<string, bigint>

export const END_OF_TIME = '2199-12-31'
const STILL_KNOWN = 2n ** 63n - 1n

const words = (row: Row, column: string): string => `${row[column] ?? ''}`
const minor = (row: Row, column: string): bigint => BigInt(row[column] ?? 0n)

const SETTLED = ['allocated', 'uncleared', 'credited', 'discounted', 'written_off', 'small_difference', 'recovered']

const cleaned = (sums: ReadonlyMap<string, bigint>): Figures =>
  new Map([...sums].filter(([, sum]) => sum !== 0n).toSorted(([a], [b]) => (a < b ? -1 : 1)))

/**
 * What the rows of the read models say on a day, all that is known: postings, VAT, what is open by due day, statements, the
 * register of cash, collections; in the end also what settles each invoice. The tables are the projections', or the auditor's.
 */
export const figuresOf = (rowsOf: (table: string) => readonly Row[], asOf: string): Figures => {
  const sums = new Map<string, bigint>()
  const add = (row: Row, name: string, columns: readonly string[], amount: bigint): void => {
    const key = [name, ...columns.map((column) => words(row, column))].join(' ')
    sums.set(key, (sums.get(key) ?? 0n) + amount)
  }
  const come = (table: string): readonly Row[] => rowsOf(table).filter((row) => words(row, 'effective_on') <= asOf)

  for (const row of come('postings')) {
    add(row, 'posted', ['client_id', 'account', 'currency'], minor(row, 'amount_minor'))
  }
  for (const row of come('vat_movements')) {
    for (const what of ['base', 'vat', 'deferred']) {
      const columns = ['client_id', 'kind', 'document_id', 'currency', 'rate']
      add(row, `VAT ${what}`, columns, minor(row, `${what}_minor`))
    }
  }
  for (const row of rowsOf('open_spans')) {
    if (row['known_to'] !== undefined && minor(row, 'known_to') !== STILL_KNOWN) continue
    if (words(row, 'eff_from') > asOf || words(row, 'eff_to') <= asOf) continue
    // Credit that went and came back stands under another id, on another day.
    const isInvoice = row['item_kind'] === 'INVOICE'
    add(
      row,
      isInvoice ? 'open' : 'credit',
      ['client_id', 'currency', ...(isInvoice ? ['item_id', 'due_on'] : [])],
      minor(row, 'amount_minor'),
    )
  }
  for (const row of come('statement_lines')) {
    add(row, 'owed', ['client_id', 'currency'], minor(row, 'debit_minor') - minor(row, 'credit_minor'))
  }
  for (const row of come('cash_lines')) {
    add(row, 'cash', ['desk_id', 'currency'], minor(row, 'in_minor') - minor(row, 'out_minor'))
  }
  for (const row of come('trade_entries')) {
    const sign = ['COLLECTED', 'INVOICED'].includes(words(row, 'kind')) ? 1n : -1n
    add(row, row['method'] === null ? 'sold' : 'collected', ['currency'], sign * minor(row, 'amount_minor'))
  }
  if (asOf === END_OF_TIME) {
    for (const row of rowsOf('invoice_balances')) {
      if (row['cancelled_on'] !== null) continue
      for (const what of SETTLED) add(row, what, ['client_id', 'invoice_id'], minor(row, `${what}_minor`))
    }
  }
  return cleaned(sums)
}

/** What a decision knows that no table shows: what is left of the value in lei of what is open, and what is on its way. */
export const valuesOf = (clients: readonly (readonly [clientId: string, account: ClientAccount])[]): Figures => {
  const sums = new Map<string, bigint>()
  const add = (key: string, amount: bigint): void => void sums.set(key, (sums.get(key) ?? 0n) + amount)
  for (const [clientId, account] of clients) {
    for (const { invoiceId, open, value } of accountInvoices.all(account)) {
      if (open > 0n) add(`worth of ${clientId} ${invoiceId}`, value?.left ?? 0n)
    }
    for (const { currency, value, inTransit } of accountPayments.all(account)) {
      add(`worth of credit of ${clientId} in ${currency}`, value?.left ?? 0n)
      add(`on its way of ${clientId} in ${currency}`, inTransit)
    }
  }
  return cleaned(sums)
}

/** The first figure that is not the same; `undefined`: all are. */
export const firstChange = (before: Figures, after: Figures): string | undefined => {
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const [was, is] = [before.get(key) ?? 0n, after.get(key) ?? 0n]
    if (was !== is) return `${key}: ${was} became ${is}`
  }
  return undefined
}
