import { z } from 'zod'
import { open, openOn, type Period, type Question } from './answers.ts'
import { decimalIn, groupBy, type Known, minor, sum, words } from './known.ts'
import type { Row } from './report.ts'

const MS_A_DAY = 86_400_000

const dayAfter = (day: string, days: number): string =>
  new Date(Date.parse(day) + days * MS_A_DAY).toISOString().slice(0, 10)

const firstOfMonth = (day: string): string => `${day.slice(0, 7)}-01`
/** A week begins on Monday; 1970-01-05 was one. */
const mondayOf = (day: string): string => dayAfter(day, -((((Date.parse(day) / MS_A_DAY - 4) % 7) + 7) % 7))

const within = ({ from, to }: Period, day: string): boolean => day >= from && day <= to

const currencyOf = (rows: readonly Row[]): string => words(rows[0] ?? {}, 'currency')

const amountsOf = (known: Known, rows: readonly Row[]) => {
  const [debit, credit] = [
    sum(rows, (row) => (minor(row, 'amount_minor') > 0n ? minor(row, 'amount_minor') : 0n)),
    sum(rows, (row) => (minor(row, 'amount_minor') < 0n ? -minor(row, 'amount_minor') : 0n)),
  ]
  const currency = currencyOf(rows)
  const show = (amount: bigint): string => decimalIn(known, amount, currency)
  return { currency, debit: show(debit), credit: show(credit), balance: show(debit - credit) }
}

/** Over symbolic accounts. */
export const answerTrialBalance = (known: Known, { asOf }: Question) => {
  const posted = known.rowsOf('postings').filter((row) => words(row, 'effective_on') <= asOf)
  return {
    lines: groupBy(posted, 'account', 'currency').map((rows) => ({
      account: words(rows[0] ?? {}, 'account'),
      ...amountsOf(known, rows),
    })),
    totals: groupBy(posted, 'currency').map((rows) => amountsOf(known, rows)),
  }
}

const byRate = (a: { readonly rate: string }, b: { readonly rate: string }): number => Number(b.rate) - Number(a.rate)

/** TVA la încasare: what became exigible day by day, and what is still deferred in the end. */
export const answerExigibleVat = (known: Known, period: Period) => {
  const moves = known.rowsOf('vat_movements')
  const ofRate = (rows: readonly Row[]) => {
    const currency = currencyOf(rows)
    const [base, vat] = [sum(rows, (row) => minor(row, 'base_minor')), sum(rows, (row) => minor(row, 'vat_minor'))]
    const shown = { base: decimalIn(known, base, currency), vat: decimalIn(known, vat, currency) }
    return { moved: base !== 0n || vat !== 0n, amounts: { currency, rate: words(rows[0] ?? {}, 'rate'), ...shown } }
  }
  const inside = moves.filter((row) => within(period, words(row, 'effective_on')))
  const days = groupBy(inside, 'effective_on', 'currency').flatMap((day) =>
    groupBy(day, 'rate')
      .map(ofRate)
      .filter(({ moved }) => moved)
      .map(({ amounts }) => ({ on: words(day[0] ?? {}, 'effective_on'), ...amounts }))
      .toSorted(byRate),
  )
  const deferred = groupBy(
    moves.filter((row) => words(row, 'effective_on') <= period.to),
    'currency',
  ).flatMap((rows) =>
    groupBy(rows, 'rate')
      .map((own) => ({ own, left: sum(own, (row) => minor(row, 'deferred_minor')) }))
      .filter(({ left }) => left !== 0n)
      .map(({ own, left }) => {
        const currency = currencyOf(own)
        return { currency, rate: words(own[0] ?? {}, 'rate'), vat: decimalIn(known, left, currency) }
      })
      .toSorted(byRate),
  )
  return { ...period, days, deferred }
}

export type CollectedBy = 'day' | 'week' | 'month'

const ENDS: Readonly<Record<CollectedBy, { start: (day: string) => string; end: (start: string) => string }>> = {
  day: { start: (day) => day, end: (start) => start },
  week: { start: mondayOf, end: (start) => dayAfter(start, 6) },
  month: { start: firstOfMonth, end: (start) => dayAfter(firstOfMonth(dayAfter(start, 31)), -1) },
}

/** Money in and back by time, currency and method. */
export const answerCollections = (known: Known, { from, to }: Period, by: CollectedBy) => {
  const { start, end } = ENDS[by]
  const moved = known
    .rowsOf('trade_entries')
    .filter((row) => row['method'] !== null && within({ from, to }, words(row, 'effective_on')))
    .map((row): Row => ({ ...row, start: start(words(row, 'effective_on')) }))
  const sumsOf = (rows: readonly Row[]): readonly bigint[] =>
    ['COLLECTED', 'REVERSED', 'REFUNDED'].map((kind) =>
      sum(rows, (row) => (row['kind'] === kind ? minor(row, 'amount_minor') : 0n)),
    )
  // What was identified, or given back, and undone within one of them has left no trace in it.
  const parts = groupBy(moved, 'start', 'currency', 'method').filter((rows) => sumsOf(rows).some((of) => of !== 0n))
  const amounts = (rows: readonly Row[]) => {
    const currency = currencyOf(rows)
    const [collected = 0n, reversed = 0n, refunded = 0n] = sumsOf(rows)
    const show = (amount: bigint): string => decimalIn(known, amount, currency)
    return {
      currency,
      method: words(rows[0] ?? {}, 'method'),
      collected: show(collected),
      reversed: show(reversed),
      refunded: show(refunded),
      net: show(collected - reversed - refunded),
    }
  }
  return {
    from,
    to,
    by,
    items: parts.map((rows) => {
      const first = words(rows[0] ?? {}, 'start')
      const last = end(first)
      return { from: first < from ? from : first, to: last > to ? to : last, ...amounts(rows) }
    }),
    totals: groupBy(parts.flat(), 'currency', 'method').map(amounts),
  }
}

/** What is open by the week of its due day. */
export const answerRecoveries = (known: Known, question: Question) => {
  const items = openOn(known, question)
    .filter((row) => row['item_kind'] === 'INVOICE')
    .map((row): Row => ({ ...row, week: mondayOf(words(row, 'due_on')) }))
  const amounts = (rows: readonly Row[]) => {
    const currency = currencyOf(rows)
    const overdue = sum(rows, (row) => (words(row, 'due_on') < question.asOf ? open(row) : 0n))
    return { currency, open: decimalIn(known, sum(rows, open), currency), overdue: decimalIn(known, overdue, currency) }
  }
  return {
    items: groupBy(items, 'week', 'currency').map((rows) => {
      const week = words(rows[0] ?? {}, 'week')
      return { from: week, to: dayAfter(week, 6), ...amounts(rows) }
    }),
    totals: groupBy(items, 'currency').map(amounts),
  }
}

/** Days with one decimal, half up; both positive. */
const inTenths = (dividend: bigint, divisor: bigint): bigint => (20n * dividend + divisor) / (2n * divisor)
const showTenths = (tenths: bigint): string => `${tenths / 10n}.${tenths % 10n}`

/** Older sales explain no debt any more. */
const SALES_DAYS = 3 * 366

/** Both ways of days sales outstanding, per currency. */
export const answerDso = (known: Known, question: Question, days: number) => {
  const { asOf } = question
  const since = dayAfter(asOf, -SALES_DAYS)
  const sales = known
    .rowsOf('trade_entries')
    .filter((row) => row['method'] === null && within({ from: since, to: asOf }, words(row, 'effective_on')))
  const items = openOn(known, question).filter((row) => row['item_kind'] === 'INVOICE')
  const soldIn = (currency: string, period: Period): bigint =>
    sum(
      sales.filter((row) => row['currency'] === currency && within(period, words(row, 'effective_on'))),
      (row) => (row['kind'] === 'INVOICED' ? 1n : -1n) * minor(row, 'amount_minor'),
    )
  const hasSold = (currency: string): boolean =>
    groupBy(
      sales.filter((row) => row['currency'] === currency),
      'effective_on',
    ).some(
      ([day]) =>
        soldIn(currency, { from: words(day ?? {}, 'effective_on'), to: words(day ?? {}, 'effective_on') }) !== 0n,
    )
  const currencies = groupBy([...items, ...sales], 'currency').map(currencyOf)
  return {
    currencies: currencies.flatMap((currency) => {
      const show = (amount: bigint): string => decimalIn(known, amount, currency)
      const own = items.filter((row) => row['currency'] === currency)
      if (own.length === 0 && !hasSold(currency)) return []
      const debt = sum(own, open)
      const simple = { from: dayAfter(asOf, 1 - days), to: asOf }
      const sold = soldIn(currency, simple)
      const terms: { from: string; to: string; days: number; sales: string; counted: string; countedDays: string }[] =
        []
      let left = debt
      let tenths = 0n
      for (let to = asOf; left > 0n && to >= since; to = dayAfter(firstOfMonth(to), -1)) {
        const from = firstOfMonth(to)
        const length = (Date.parse(to) - Date.parse(from)) / MS_A_DAY + 1
        const ofMonth = soldIn(currency, { from, to })
        const isUsedUp = ofMonth <= left
        const counted = isUsedUp ? (ofMonth > 0n ? ofMonth : 0n) : left
        const part = isUsedUp ? BigInt(length) * 10n : inTenths(left * BigInt(length), ofMonth)
        terms.push({
          from,
          to,
          days: length,
          sales: show(ofMonth),
          counted: show(counted),
          countedDays: showTenths(part),
        })
        left -= counted
        tenths += part
      }
      const dso = sold > 0n ? showTenths(inTenths(debt * BigInt(days), sold)) : null
      return [
        {
          currency,
          open: show(debt),
          simple: { ...simple, days, sales: show(sold), dso },
          countBack: { dso: showTenths(tenths), terms, left: show(left) },
        },
      ]
    }),
  }
}

const Said = z.object({ act: z.string().optional(), explanation: z.string() })

/** What was said of the line, or the receipt that came to it later. */
const saidOn = (row: Row) => Said.parse(JSON.parse(words(row, row['receipt'] === null ? 'said' : 'receipt')))

/** Registru de casă of one desk, currency and day. */
export const answerCashDay = (
  known: Known,
  of: { readonly deskId: string; readonly currency: string },
  day: string,
) => {
  const { deskId, currency } = of
  const show = (amount: bigint): string => decimalIn(known, amount, currency)
  const moved = (row: Row): bigint => minor(row, 'in_minor') - minor(row, 'out_minor')
  const lines = known.rowsOf('cash_lines').filter((row) => row['desk_id'] === deskId && row['currency'] === currency)
  const today = lines.filter((row) => row['effective_on'] === day)
  const opening =
    sum(
      lines.filter((row) => words(row, 'effective_on') < day),
      moved,
    ) +
    sum(
      today.filter((row) => row['kind'] === 'OPENING'),
      moved,
    )
  const shown = today
    .filter((row) => row['kind'] !== 'OPENING')
    .toSorted((a, b) => (minor(a, 'position') < minor(b, 'position') ? -1 : 1))
  return {
    deskId,
    day,
    currency,
    opening: show(opening),
    closing: show(opening + sum(shown, moved)),
    in: show(sum(shown, (row) => minor(row, 'in_minor'))),
    out: show(sum(shown, (row) => minor(row, 'out_minor'))),
    lines: shown.map((row, index) => {
      const { act, explanation } = saidOn(row)
      return {
        number: index + 1,
        kind: words(row, 'kind'),
        ...(act !== undefined && { document: act }),
        explanation,
        in: show(minor(row, 'in_minor')),
        out: show(minor(row, 'out_minor')),
        eventId: words(row, 'event_id'),
      }
    }),
  }
}
