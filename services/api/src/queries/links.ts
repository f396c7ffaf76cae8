import { type CompanyId, positionOf } from '@registru/domain'
import { wirePosition } from '../problems/wire-position.ts'
import type { Moment } from './answer.ts'
import type { FigureName } from './figure-names.ts'

/** Later than any day that the ledger takes. */
export const END_OF_DAYS = '2199-12-31'

/** What links tell of a moment. */
export type ShownMoment = Pick<Moment, 'asOf' | 'position' | 'generation'>

export type FigureAsked = { readonly figure: FigureName } & Readonly<Record<string, string | undefined>>

const linkTo = (companyId: CompanyId, { asOf, position, generation }: ShownMoment, figure: FigureAsked): string => {
  const filters = Object.entries(figure).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]))
  // Before the first event nothing was known at any position.
  const knownAt = wirePosition(position < 0n ? positionOf(0n) : position, generation)
  return `/v1/companies/${companyId}/explain?${filters.join('&')}&asOf=${asOf}&knownAt=${knownAt}`
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
  const links = Object.entries(figures).map(([name, figure]) => [name, linkTo(companyId, moment, figure)] as const)
  return Object.fromEntries(links)
}
