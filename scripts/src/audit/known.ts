import { BEFORE_THE_LOG, type Position } from '@registru/domain'
import { type Birth, type Expected, type Fold, type History, keyOf, type State } from './expected.ts'
import type { PlacedFact } from './facts.ts'
import type { Row } from './report.ts'
import { cashDeskFold } from './tables/cash-desks.ts'
import { collectionFold } from './tables/collections.ts'
import { invoiceFold } from './tables/invoices.ts'
import { journalFold } from './tables/journal.ts'
import { openItemFold } from './tables/open-items.ts'
import { paymentFold } from './tables/payments.ts'
import { receiptFold } from './tables/receipts.ts'
import { statementFold } from './tables/statements.ts'
import { vatFold } from './tables/vat.ts'

/** What a company's events say, as far as they were known at some position; answers are taken from it alone. */
export interface Known {
  /** What a table should hold; of rows that are believed for a time, those that still are. */
  readonly rowsOf: (table: string) => readonly Row[]
  readonly decimals: ReadonlyMap<string, number>
  /** Of the last event that was known. */
  readonly position: Position
}

const FOLDS: readonly Fold[] = [
  openItemFold,
  statementFold,
  journalFold,
  invoiceFold,
  paymentFold,
  receiptFold,
  vatFold,
  cashDeskFold,
  collectionFold,
]

export const minor = (row: Row, column: string): bigint => BigInt(row[column] ?? 0n)
export const words = (row: Row, column: string): string => `${row[column] ?? ''}`

/** How many decimals a currency has, from the amounts that events write in it. */
const learnDecimals = (data: unknown, decimals: Map<string, number>): void => {
  if (typeof data !== 'object' || data === null) return
  if ('amount' in data && 'currency' in data && typeof data.amount === 'string' && typeof data.currency === 'string') {
    decimals.set(data.currency, data.amount.split('.')[1]?.length ?? 0)
  }
  for (const value of Object.values(data)) learnDecimals(value, decimals)
}

/** What a company's events say so far, while more of them come. */
export interface Knowing {
  readonly tell: (fact: PlacedFact) => void
  readonly known: () => Known
}

export const startKnowing = (): Knowing => {
  const births = new Map<History, Birth[]>()
  const states = new Map<State, Map<string, Record<string, Row[string]>>>()
  const expected: Expected = {
    bear: (table, row, foretold = null) => {
      const birth: Birth = { table, row, foretold, settled: false, found: undefined }
      const born = births.get(table)
      if (born === undefined) births.set(table, [birth])
      else born.push(birth)
      return birth
    },
    settle: (birth) => {
      birth.settled = true
    },
    rows: (table) => {
      const rows = states.get(table) ?? new Map<string, Record<string, Row[string]>>()
      states.set(table, rows)
      return rows
    },
    require: () => undefined,
  }
  const folds = FOLDS.map(({ start }) => start())
  const decimals = new Map<string, number>()
  let position = BEFORE_THE_LOG
  return {
    tell: (fact) => {
      position = fact.position
      learnDecimals(fact.data, decimals)
      for (const fold of folds) fold(expected, fact)
    },
    known: () => {
      const rows = new Map<string, readonly Row[]>()
      for (const [{ name }, born] of births)
        rows.set(
          name,
          born.flatMap(({ settled, row }) => (settled ? [] : [row])),
        )
      for (const [{ name }, byKey] of states) rows.set(name, [...byKey.values()])
      return { rowsOf: (table) => rows.get(table) ?? [], decimals, position }
    },
  }
}

/** Folds the facts of one company up to what was known: a position, or an instant. */
export const foldKnown = async (
  facts: AsyncIterable<PlacedFact>,
  companyId: string,
  isKnown: (fact: PlacedFact) => boolean,
): Promise<Known> => {
  const { tell, known } = startKnowing()
  let position = BEFORE_THE_LOG
  for await (const fact of facts) {
    // The first event that was not known yet ends what was: nothing after it can have been.
    if (!isKnown(fact)) break
    position = fact.position
    if (fact.companyId === companyId) tell(fact)
  }
  return { ...known(), position }
}

export const decimalIn = ({ decimals }: Known, amount: bigint, currency: string): string => {
  const digits = decimals.get(currency) ?? 2
  const text = `${amount < 0n ? -amount : amount}`.padStart(digits + 1, '0')
  const whole = text.slice(0, text.length - digits)
  return `${amount < 0n ? '-' : ''}${whole}${digits === 0 ? '' : `.${text.slice(-digits)}`}`
}

export const groupBy = (rows: readonly Row[], ...columns: readonly string[]): readonly (readonly Row[])[] => {
  const groups = new Map<string, Row[]>()
  for (const row of rows) {
    const key = keyOf(columns.map((column) => row[column] ?? null))
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [row])
    else group.push(row)
  }
  return [...groups].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group)
}

export const sum = (rows: readonly Row[], of: (row: Row) => bigint): bigint =>
  rows.reduce((total, row) => total + of(row), 0n)
