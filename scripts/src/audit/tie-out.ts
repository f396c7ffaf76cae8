import type { ChangingRow, Expected } from './expected.ts'
import { NOBODY } from './facts.ts'
import { invoices } from './tables/invoices.ts'
import { accountDays } from './tables/journal.ts'
import { payments } from './tables/payments.ts'
import { months } from './tables/statements.ts'

type Sums = Map<string, bigint>

const minor = (row: ChangingRow, column: string): bigint => BigInt(row[column] ?? 0n)

const addUp = (
  sums: Sums,
  rows: Iterable<ChangingRow>,
  columns: readonly string[],
  of: (row: ChangingRow) => bigint,
): Sums => {
  for (const row of rows) {
    const key = columns.map((column) => row[column]).join(' ')
    sums.set(key, (sums.get(key) ?? 0n) + of(row))
  }
  return sums
}

const turnover = (row: ChangingRow): bigint => minor(row, 'debit_minor') - minor(row, 'credit_minor')

const requireSame = (expected: Expected, rule: string, one: Sums, other: Sums): void => {
  for (const key of new Set([...one.keys(), ...other.keys()])) {
    const [left, right] = [one.get(key) ?? 0n, other.get(key) ?? 0n]
    expected.require(rule, `${key}: ${left} and ${right}`, left === right)
  }
}

/** The auditor's own books must tie out too: its folds of statement, documents and journal share nothing but the events. */
export const requireTieOut = (expected: Expected): void => {
  const account = ['company_id', 'client_id', 'currency']
  const open = addUp(new Map(), expected.rows(invoices).values(), account, (row) => minor(row, 'open_minor'))
  const [nobodys, clients] = [true, false].map((isNobodys) =>
    [...expected.rows(payments).values()].filter((row) => (row['client_id'] === NOBODY) === isNobodys),
  )
  addUp(open, clients ?? [], account, (row) => -minor(row, 'credit_minor'))
  const statement = expected.rows(months).values()
  requireSame(expected, 'tie-out: open less credit = statement', open, addUp(new Map(), statement, account, turnover))

  const company = ['company_id', 'currency']
  const postings = [...expected.rows(accountDays).values()].filter(
    (row) => row['account'] === 'RECEIVABLE' || row['account'] === 'CLIENT_CREDIT',
  )
  requireSame(
    expected,
    'tie-out: statement = journal',
    addUp(new Map(), expected.rows(months).values(), company, turnover),
    addUp(new Map(), postings, company, turnover),
  )

  // What else waits in suspense came in some way that was agreed, and waits until it is gone again.
  const waiting = addUp(new Map(), nobodys ?? [], company, (row) => -minor(row, 'credit_minor'))
  const agreed = (clients ?? []).filter((row) => row['method'] === 'OTHER_AGREED')
  addUp(waiting, agreed, company, (row) => minor(row, 'amount_minor') - minor(row, 'reversed_minor'))
  const suspense = [...expected.rows(accountDays).values()].filter((row) => row['account'] === 'SUSPENSE')
  requireSame(expected, 'tie-out: unidentified = suspense', waiting, addUp(new Map(), suspense, company, turnover))
}
