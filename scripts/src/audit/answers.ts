import { type Birth, type Expected, type History, keyOf, type State } from './expected.ts'
import type { PlacedFact } from './facts.ts'
import type { Row } from './report.ts'
import { openItemFold, openSpans } from './tables/open-items.ts'
import { statementFold, lines as statementLines } from './tables/statements.ts'

/** What a company's events say, as far as they were known at some position; the answers below are taken from it alone. */
export interface Known {
  readonly spans: readonly Row[]
  readonly lines: readonly Row[]
  readonly decimals: ReadonlyMap<string, number>
  /** Of the last event that was known. */
  readonly position: bigint
}

interface Question {
  readonly asOf: string
}

const minor = (row: Row, column: string): bigint => BigInt(row[column] ?? 0n)
const words = (row: Row, column: string): string => `${row[column] ?? ''}`

/** How many decimals a currency has, from the amounts that events write in it. */
const learnDecimals = (data: unknown, decimals: Map<string, number>): void => {
  if (typeof data !== 'object' || data === null) return
  if ('amount' in data && 'currency' in data && typeof data.amount === 'string' && typeof data.currency === 'string') {
    decimals.set(data.currency, data.amount.split('.')[1]?.length ?? 0)
  }
  for (const value of Object.values(data)) learnDecimals(value, decimals)
}

/** Folds the facts of one company up to what was known: a position, or an instant. */
export const foldKnown = async (
  facts: AsyncIterable<PlacedFact>,
  companyId: string,
  isKnown: (fact: PlacedFact) => boolean,
): Promise<Known> => {
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
  const folds = [openItemFold.start(), statementFold.start()]
  const decimals = new Map<string, number>()
  let position = -1n
  for await (const fact of facts) {
    // The first event that was not known yet ends what was: nothing after it can have been.
    if (!isKnown(fact)) break
    position = fact.position
    if (fact.companyId !== companyId) continue
    learnDecimals(fact.data, decimals)
    for (const fold of folds) fold(expected, fact)
  }
  const living = (births.get(openSpans) ?? []).filter(({ settled }) => !settled)
  return {
    spans: living.map(({ row }) => row),
    lines: (births.get(statementLines) ?? []).map(({ row }) => row),
    decimals,
    position,
  }
}

const decimalIn = ({ decimals }: Known, amount: bigint, currency: string): string => {
  const digits = decimals.get(currency) ?? 2
  const text = `${amount < 0n ? -amount : amount}`.padStart(digits + 1, '0')
  const whole = text.slice(0, text.length - digits)
  return `${amount < 0n ? '-' : ''}${whole}${digits === 0 ? '' : `.${text.slice(-digits)}`}`
}

const groupBy = (rows: readonly Row[], ...columns: readonly string[]): readonly (readonly Row[])[] => {
  const groups = new Map<string, Row[]>()
  for (const row of rows) {
    const key = keyOf(columns.map((column) => row[column] ?? null))
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [row])
    else group.push(row)
  }
  return [...groups].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group)
}

const openOn = ({ spans }: Known, { asOf }: Question): readonly Row[] =>
  spans.filter((span) => words(span, 'eff_from') <= asOf && asOf < words(span, 'eff_to'))

const sum = (rows: readonly Row[], of: (row: Row) => bigint): bigint => rows.reduce((total, row) => total + of(row), 0n)
const open = (row: Row): bigint => (row['item_kind'] === 'INVOICE' ? minor(row, 'amount_minor') : 0n)
const credit = (row: Row): bigint => (row['item_kind'] === 'PAYMENT' ? minor(row, 'amount_minor') : 0n)

export const answerBalance = (known: Known, question: Question, clientId: string) => ({
  clientId,
  balances: groupBy(
    openOn(known, question).filter((row) => row['client_id'] === clientId),
    'currency',
  ).map((rows) => {
    const currency = words(rows[0] ?? {}, 'currency')
    const show = (amount: bigint): string => decimalIn(known, amount, currency)
    return {
      currency,
      open: show(sum(rows, open)),
      overdue: show(sum(rows, (row) => (words(row, 'due_on') < question.asOf ? open(row) : 0n))),
      credit: show(sum(rows, credit)),
      balance: show(sum(rows, open) - sum(rows, credit)),
    }
  }),
})

const MS_A_DAY = 86_400_000

export interface AgingTerms {
  /** Last days of the buckets; what is not due yet has a bucket of its own. */
  readonly ends: readonly number[]
  readonly by: 'due' | 'issued'
}

export const answerAging = (known: Known, question: Question, { ends, by }: AgingTerms) => {
  const limits = ends[0] === 0 ? ends : [0, ...ends]
  const ageOf = (row: Row): number =>
    (Date.parse(question.asOf) - Date.parse(words(row, by === 'due' ? 'due_on' : 'issued_on'))) / MS_A_DAY
  const bucketOf = (row: Row): number => limits.filter((limit) => ageOf(row) > limit).length
  const rowOf = (rows: readonly Row[]) => {
    const currency = words(rows[0] ?? {}, 'currency')
    const show = (amount: bigint): string => decimalIn(known, amount, currency)
    return {
      currency,
      amounts: [...limits, Infinity].map((_, bucket) =>
        show(sum(rows, (row) => (bucketOf(row) === bucket ? open(row) : 0n))),
      ),
      open: show(sum(rows, open)),
      credit: show(sum(rows, credit)),
      net: show(sum(rows, open) - sum(rows, credit)),
    }
  }
  const rows = openOn(known, question)
  return {
    rows: groupBy(rows, 'client_id', 'currency').map((group) => ({
      clientId: words(group[0] ?? {}, 'client_id'),
      ...rowOf(group),
    })),
    totals: groupBy(rows, 'currency').map(rowOf),
  }
}

export interface Period {
  readonly from: string
  readonly to: string
}

export const answerStatement = (known: Known, { from, to }: Period, clientId: string) => {
  const moved = (row: Row): bigint => minor(row, 'debit_minor') - minor(row, 'credit_minor')
  const until = known.lines.filter((row) => row['client_id'] === clientId && words(row, 'effective_on') <= to)
  const currencies = groupBy(until, 'currency').map((rows) => {
    const currency = words(rows[0] ?? {}, 'currency')
    const show = (amount: bigint): string => decimalIn(known, amount, currency)
    const opening = sum(
      rows.filter((row) => words(row, 'effective_on') < from),
      moved,
    )
    const inside = rows
      .filter((row) => words(row, 'effective_on') >= from)
      .toSorted((a, b) => {
        const [dayA, dayB] = [words(a, 'effective_on'), words(b, 'effective_on')]
        if (dayA !== dayB) return dayA < dayB ? -1 : 1
        return minor(a, 'position') < minor(b, 'position') ? -1 : 1
      })
    let balance = opening
    const lines = inside.map((row) => {
      balance += moved(row)
      return {
        on: words(row, 'effective_on'),
        kind: words(row, 'kind'),
        debit: show(minor(row, 'debit_minor')),
        credit: show(minor(row, 'credit_minor')),
        balance: show(balance),
        eventId: words(row, 'event_id'),
      }
    })
    return { currency, opening: show(opening), closing: show(balance), lines }
  })
  const isSilent = ({ lines, opening }: (typeof currencies)[number]): boolean =>
    lines.length === 0 && !/[1-9]/.test(opening)
  return { clientId, from, to, currencies: currencies.filter((one) => !isSilent(one)) }
}

const byDueDay = (a: Row, b: Row): number => {
  for (const column of ['due_on', 'item_kind', 'item_id']) {
    const [left, right] = [words(a, column), words(b, column)]
    if (left !== right) return left < right ? -1 : 1
  }
  return Number(a['part']) - Number(b['part'])
}

export const answerOpenItems = (known: Known, question: Question, clientId: string) => ({
  clientId,
  currencies: groupBy(
    openOn(known, question).filter((row) => row['client_id'] === clientId),
    'currency',
  ).map((rows) => {
    const currency = words(rows[0] ?? {}, 'currency')
    const show = (amount: bigint): string => decimalIn(known, amount, currency)
    return {
      currency,
      closing: show(sum(rows, open) - sum(rows, credit)),
      lines: rows.toSorted(byDueDay).map((row) => ({
        kind: words(row, 'item_kind'),
        ...(row['item_kind'] === 'INVOICE'
          ? { invoiceId: words(row, 'item_id'), instalment: Number(row['part']) + 1 }
          : { paymentId: words(row, 'item_id') }),
        issuedOn: words(row, 'issued_on'),
        dueOn: words(row, 'due_on'),
        open: show(open(row) - credit(row)),
      })),
    }
  }),
})
