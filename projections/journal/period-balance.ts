import type { CompanyId, Position } from '@registru/domain'
import { sql } from 'kysely'
import { inKnownStretches, learnedInStretchAfter, wasKnown } from '../core/reading/clocks.ts'
import type { ReadHandle } from '../core/reading/read.ts'
import { type Account, romanianAccount } from './accounts.ts'

/** A balance stands on one of them, turnovers on both. */
export interface TwoSides {
  readonly debitMinor: bigint
  readonly creditMinor: bigint
}

/** A line of the trial balance with four equalities (balanța de verificare cu patru egalități). */
export interface PeriodBalanceLine {
  /** Symbolic, or a number of the Romanian chart. */
  readonly account: string
  readonly currency: string
  /** On the evening before the period. */
  readonly opening: TwoSides
  readonly turnovers: TwoSides
  /** Opening and turnovers together (total sume). */
  readonly totals: TwoSides
  readonly closing: TwoSides
}

export interface PeriodQuestion {
  readonly companyId: CompanyId
  /** Both days belong to the period. */
  readonly from: string
  readonly to: string
  readonly knownAt?: Position | undefined
  /** Given: accounts are numbers of the Romanian chart as in force on `to`; absent: symbolic accounts. */
  readonly romanian?: { readonly functionalCurrency: string } | undefined
}

/** The turnovers of the clients' credit, from its postings. */
export interface CreditTurnovers extends TwoSides {
  readonly currency: string
  /** Of both sides: what one command brought and used on one day, so that it never was anybody's credit. */
  readonly passedMinor: bigint
}

/**
 * Money that settles at once is posted to the client's credit and from there. An accountant writes 5121 = 4111, so what passes
 * through a payment's credit within one note is taken off both sides of it.
 */
const listCreditTurnovers = async (
  db: ReadHandle,
  { companyId, from, to, knownAt }: PeriodQuestion,
): Promise<readonly CreditTurnovers[]> => {
  const { rows } = await sql<{ currency: string; debit_minor: bigint; credit_minor: bigint; passed_minor: bigint }>`
    select currency, sum(debit_minor) as debit_minor, sum(credit_minor) as credit_minor,
      sum(least(debit_minor, credit_minor)) as passed_minor
    from (
      select currency, sum(greatest(amount_minor, 0)) as debit_minor, sum(greatest(-amount_minor, 0)) as credit_minor
      from read.postings
      where company_id = ${companyId} and account = 'CLIENT_CREDIT'
        and effective_on between ${from}::date and ${to}::date and ${wasKnown(knownAt)}
      group by effective_on, note, client_id, payment_id, currency
    ) moved
    group by currency`.execute(db)
  return rows.map((row) => ({
    currency: row.currency,
    debitMinor: row.debit_minor,
    creditMinor: row.credit_minor,
    passedMinor: row.passed_minor,
  }))
}

interface MovedRow {
  readonly account: Account
  readonly currency: string
  readonly opening_minor: bigint
  readonly debit_minor: bigint
  readonly credit_minor: bigint
}

/** From the accounts' days, less what was learned after `knownAt`. */
const listMoved = async (
  db: ReadHandle,
  { companyId, from, to, knownAt }: PeriodQuestion,
): Promise<readonly MovedRow[]> => {
  const learnedLater =
    knownAt === undefined
      ? sql``
      : sql`union all
        select account, currency, effective_on, -greatest(amount_minor, 0), least(amount_minor, 0) from read.postings
        where company_id = ${companyId} and ${learnedInStretchAfter(knownAt)} and effective_on <= ${to}::date`
  const { rows } = await sql<MovedRow>`
    select * from (
      select account, currency,
        coalesce(sum(debit_minor - credit_minor) filter (where effective_on < ${from}::date), 0) as opening_minor,
        coalesce(sum(debit_minor) filter (where effective_on >= ${from}::date), 0) as debit_minor,
        coalesce(sum(credit_minor) filter (where effective_on >= ${from}::date), 0) as credit_minor
      from (
        select account, currency, effective_on, debit_minor, credit_minor from read.account_days
        where company_id = ${companyId} and effective_on <= ${to}::date ${inKnownStretches(knownAt)}
        ${learnedLater}
      ) day
      group by account, currency
    ) moved
    where opening_minor <> 0 or debit_minor <> 0 or credit_minor <> 0`.execute(db)
  return rows
}

/** A balance on its side. */
export const sidesOf = (minor: bigint): TwoSides =>
  minor < 0n ? { debitMinor: 0n, creditMinor: -minor } : { debitMinor: minor, creditMinor: 0n }

export const plus = (a: TwoSides, b: TwoSides): TwoSides => ({
  debitMinor: a.debitMinor + b.debitMinor,
  creditMinor: a.creditMinor + b.creditMinor,
})

export interface PeriodBalance {
  readonly lines: readonly PeriodBalanceLine[]
  /** The turnovers of CLIENT_CREDIT before anything is taken off, from its days and from its postings. */
  readonly credit: {
    readonly days: readonly (TwoSides & { readonly currency: string })[]
    readonly postings: readonly CreditTurnovers[]
  }
}

/** By account and currency: openings, turnovers, both together and closings; each of the four balances in every currency. */
export const findPeriodBalance = async (db: ReadHandle, question: PeriodQuestion): Promise<PeriodBalance> => {
  const { romanian, to } = question
  const moved = await listMoved(db, question)
  const postings = await listCreditTurnovers(db, question)
  const sums = new Map<string, { account: string; currency: string; openingMinor: bigint; turnovers: TwoSides }>()
  for (const { account, currency, opening_minor, debit_minor, credit_minor } of moved) {
    const name = romanian === undefined ? account : romanianAccount(account, currency, { ...romanian, on: to })
    // Two symbolic accounts may share a number of the chart.
    const key = `${name} ${currency}`
    const before = sums.get(key)
    const passed =
      account === 'CLIENT_CREDIT' ? (postings.find((of) => of.currency === currency)?.passedMinor ?? 0n) : 0n
    const turnovers = { debitMinor: debit_minor - passed, creditMinor: credit_minor - passed }
    sums.set(key, {
      account: name,
      currency,
      openingMinor: opening_minor + (before?.openingMinor ?? 0n),
      turnovers: before === undefined ? turnovers : plus(before.turnovers, turnovers),
    })
  }
  const lines = [...sums.entries()]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { account, currency, openingMinor, turnovers }]): PeriodBalanceLine => {
      const opening = sidesOf(openingMinor)
      const totals = plus(opening, turnovers)
      const closing = sidesOf(totals.debitMinor - totals.creditMinor)
      return { account, currency, opening, turnovers, totals, closing }
    })
  const days = moved
    .filter(({ account }) => account === 'CLIENT_CREDIT')
    .map(({ currency, debit_minor, credit_minor }) => ({
      currency,
      debitMinor: debit_minor,
      creditMinor: credit_minor,
    }))
  return { lines, credit: { days, postings } }
}
