import { type CompanyId, positionOf } from '@registru/domain'
import { wirePosition } from '../problems/wire-position.ts'
import type { Moment } from './answer.ts'
import type { FigureName } from './figure-names.ts'

/** Later than any day that the ledger takes. */
export const END_OF_DAYS = '2199-12-31'

/** What links tell of a moment. */
export type ShownMoment = Pick<Moment, 'asOf' | 'position' | 'generation'>

export type FigureAsked = { readonly figure: FigureName } & Readonly<Record<string, string | undefined>>

type Filters = Readonly<Record<string, string | undefined>>

/** On the clocks of the answer that has the link, so that it leads to the same for ever. */
const linkTo = (
  companyId: CompanyId,
  path: string,
  { asOf, position, generation }: ShownMoment,
  filters: Filters,
): string => {
  const given = Object.entries(filters).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]))
  // Before the first event nothing was known at any position.
  const knownAt = wirePosition(position < 0n ? positionOf(0n) : position, generation)
  return `/v1/companies/${companyId}/${path}?${[...given, `asOf=${asOf}`, `knownAt=${knownAt}`].join('&')}`
}

/**
 * Where figures are explained: on the clocks of the answer, so that each adds up to what was shown whatever comes later.
 * Values in braces are for the reader to fill in (RFC 6570).
 */
export const explainLinks = (
  companyId: CompanyId,
  moment: ShownMoment,
  figures: Readonly<Record<string, FigureAsked>>,
): Readonly<Record<string, string>> => {
  const links = Object.entries(figures).map(
    ([name, figure]) => [name, linkTo(companyId, 'explain', moment, figure)] as const,
  )
  return Object.fromEntries(links)
}

/** What is behind the balances of a period: the sheets of its accounts, and its notes. */
export const periodLinks = (
  companyId: CompanyId,
  moment: ShownMoment,
  period: { readonly from: string; readonly to: string; readonly chart: string },
): Readonly<Record<string, string>> => ({
  sheet: linkTo(companyId, 'journal/accounts/{account}', moment, period),
  entries: linkTo(companyId, 'journal/entries', moment, period),
})

/** The trial balance of the month that a day is in, up to it. */
export const monthLink = (
  companyId: CompanyId,
  moment: ShownMoment,
  chart: string | undefined,
): Readonly<Record<string, string>> => ({
  ofMonth: linkTo(companyId, 'journal/trial-balance', moment, { to: moment.asOf, chart }),
})
