import { decimalIn, groupBy, type Known, minor, sum, words } from './known.ts'
import type { Row } from './report.ts'

export interface Question {
  readonly asOf: string
}

export const openOn = ({ rowsOf }: Known, { asOf }: Question): readonly Row[] =>
  rowsOf('open_spans').filter((span) => words(span, 'eff_from') <= asOf && asOf < words(span, 'eff_to'))

export const open = (row: Row): bigint => (row['item_kind'] === 'INVOICE' ? minor(row, 'amount_minor') : 0n)
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
  const until = known
    .rowsOf('statement_lines')
    .filter((row) => row['client_id'] === clientId && words(row, 'effective_on') <= to)
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

/** By id, what a client owes without an invoice. */
const claimsOf = (known: Known, clientId: string): ReadonlyMap<string, string> =>
  new Map(
    known
      .rowsOf('invoice_balances')
      .filter((row) => row['client_id'] === clientId && !/^(INVOICE|ADVANCE)$/.test(words(row, 'kind')))
      .map((row) => [words(row, 'invoice_id'), words(row, 'kind')]),
  )

const owed = (row: Row, claim: string | undefined) => ({
  ...(claim === undefined ? { kind: 'INVOICE' } : { kind: 'CLAIM', claim }),
  invoiceId: words(row, 'item_id'),
  instalment: Number(row['part']) + 1,
})

export const answerOpenItems = (known: Known, question: Question, clientId: string) => {
  const claims = claimsOf(known, clientId)
  const items = openOn(known, question).filter((row) => row['client_id'] === clientId)
  const currencies = groupBy(items, 'currency').map((rows) => {
    const currency = words(rows[0] ?? {}, 'currency')
    const show = (amount: bigint): string => decimalIn(known, amount, currency)
    return {
      currency,
      closing: show(sum(rows, open) - sum(rows, credit)),
      lines: rows.toSorted(byDueDay).map((row) => ({
        ...(row['item_kind'] === 'INVOICE'
          ? owed(row, claims.get(words(row, 'item_id')))
          : { kind: 'PAYMENT', paymentId: words(row, 'item_id') }),
        issuedOn: words(row, 'issued_on'),
        dueOn: words(row, 'due_on'),
        open: show(open(row) - credit(row)),
      })),
    }
  })
  return { clientId, currencies }
}
