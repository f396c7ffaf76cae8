import { addDays, type CompanyId, decimalOf } from '@registru/domain'
import {
  accountName,
  findCompany,
  findPeriodBalance,
  type PeriodBalanceLine,
  plus,
  type ReadHandle,
  type TwoSides,
} from '@registru/projections'
import type { Moment, Report } from './answer.ts'
import { type Column, column } from './columns.ts'
import { explainLinks, periodLinks } from './links.ts'
import { periodOf } from './period.ts'
import { bookOf, certify, certifyBooks } from './tie-out.ts'

export interface PeriodAsked {
  readonly chart?: 'symbolic' | 'romanian' | undefined
  readonly from?: string | undefined
  readonly to?: string | undefined
}

const COLUMNS: readonly Column[] = [
  column('account', 'text', 'Cont'),
  column('accountName', 'text', 'Denumire'),
  column('currency', 'text', 'Moneda'),
  column('opening.debit', 'decimal', 'Sold inițial debitor'),
  column('opening.credit', 'decimal', 'Sold inițial creditor'),
  column('turnovers.debit', 'decimal', 'Rulaj debitor'),
  column('turnovers.credit', 'decimal', 'Rulaj creditor'),
  column('totals.debit', 'decimal', 'Total sume debitoare'),
  column('totals.credit', 'decimal', 'Total sume creditoare'),
  column('closing.debit', 'decimal', 'Sold final debitor'),
  column('closing.credit', 'decimal', 'Sold final creditor'),
]

const EQUALITIES = ['opening', 'turnovers', 'totals', 'closing'] as const
type Equality = (typeof EQUALITIES)[number]
type Sums = Readonly<Record<Equality, TwoSides>>

const amounts = (currency: string, sums: Sums) => {
  const shown = ({ debitMinor, creditMinor }: TwoSides) => ({
    debit: decimalOf(debitMinor, currency),
    credit: decimalOf(creditMinor, currency),
  })
  const { opening, turnovers, totals, closing } = sums
  return {
    currency,
    opening: shown(opening),
    turnovers: shown(turnovers),
    totals: shown(totals),
    closing: shown(closing),
  }
}

const totalsOf = (lines: readonly PeriodBalanceLine[]): ReadonlyMap<string, Sums> => {
  const totals = new Map<string, Sums>()
  for (const line of lines) {
    const before = totals.get(line.currency)
    const sum = (equality: Equality): TwoSides =>
      before === undefined ? line[equality] : plus(before[equality], line[equality])
    totals.set(line.currency, {
      opening: sum('opening'),
      turnovers: sum('turnovers'),
      totals: sum('totals'),
      closing: sum('closing'),
    })
  }
  return totals
}

/** The four equalities, and the credit of clients from its days as from its postings. @throws TieOutFailed */
const certifyPeriod = (at: Moment, { lines, credit }: Awaited<ReturnType<typeof findPeriodBalance>>): void => {
  for (const equality of EQUALITIES) {
    const debits = bookOf(lines, (line) => line[equality].debitMinor)
    certifyBooks(at, { debits, credits: bookOf(lines, (line) => line[equality].creditMinor) })
  }
  for (const side of ['debitMinor', 'creditMinor'] as const) {
    certifyBooks(at, {
      days: bookOf(credit.days, (of) => of[side]),
      postings: bookOf(credit.postings, (of) => of[side]),
    })
  }
}

/** Balanța de verificare of a period: what clients owe is held against their statements and open items at both of its ends. */
export const periodBalance = (companyId: CompanyId, asked: PeriodAsked) => {
  const read = async (handle: ReadHandle, moment: Moment) => {
    const { knownAt } = moment
    const { from, to } = periodOf(asked, moment)
    const atEnd = { ...moment, asOf: to }
    const company = asked.chart === 'romanian' ? await findCompany(handle, { companyId, knownAt }) : undefined
    const romanian =
      asked.chart === 'romanian' ? { functionalCurrency: company?.functionalCurrency ?? 'RON' } : undefined
    const found = await findPeriodBalance(handle, { companyId, from, to, knownAt, romanian })
    certifyPeriod(atEnd, found)
    await certify(handle, { companyId }, { ...moment, asOf: addDays(from, -1) })
    return {
      from,
      to,
      lines: found.lines.map(({ account, currency, ...sums }) => ({
        account,
        accountName: accountName(account),
        ...amounts(currency, sums),
      })),
      totals: [...totalsOf(found.lines)]
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([currency, sums]) => amounts(currency, sums)),
      tieOut: await certify(handle, { companyId }, atEnd),
      links: {
        ...explainLinks(companyId, atEnd, {
          explain: { figure: 'account', currency: '{currency}', account: '{account}' },
        }),
        ...periodLinks(companyId, atEnd, { from, to, chart: asked.chart ?? 'symbolic' }),
      },
    }
  }
  return { row: COLUMNS, read, rowsOf: ({ lines }) => lines } satisfies Report<Awaited<ReturnType<typeof read>>>
}
