import type { CompanyId } from '@registru/domain'
import type { Moment } from './answer.ts'
import type { FigureName } from './figure-names.ts'

/** Later than any day that the ledger takes. */
export const END_OF_DAYS = '2199-12-31'

export type FigureAsked = { readonly figure: FigureName } & Readonly<Record<string, string | undefined>>

const linkTo = (
  companyId: CompanyId,
  { asOf, position }: Pick<Moment, 'asOf' | 'position'>,
  figure: FigureAsked,
): string => {
  const filters = Object.entries(figure).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]))
  // Before the first event nothing was known at any position.
  const knownAt = position < 0n ? 0n : position
  return `/v1/companies/${companyId}/explain?${filters.join('&')}&asOf=${asOf}&knownAt=${knownAt}`
}

/**
 * Where figures are explained: on the clocks of the answer, so that each adds up to what was shown whatever comes later.
 * Values in braces are for the reader to fill in (RFC 6570).
 */
export const explainLinks = (
  companyId: CompanyId,
  moment: Pick<Moment, 'asOf' | 'position'>,
  figures: Readonly<Record<string, FigureAsked>>,
): Readonly<Record<string, string>> => {
  const links = Object.entries(figures).map(([name, figure]) => [name, linkTo(companyId, moment, figure)] as const)
  return Object.fromEntries(links)
}
