import type { Moment } from './answer.ts'

/** Later than any day that the ledger takes. */
export const END_OF_DAYS = '2199-12-31'

/**
 * Where a figure is explained: on the clocks of the answer, so that it adds up to what was shown whatever comes later.
 * Values in braces are for the reader to fill in (RFC 6570).
 */
export const explainLink = (
  companyId: string,
  moment: Pick<Moment, 'asOf' | 'position'>,
  figure: Readonly<Record<string, string | undefined>>,
): { readonly explain: string } => {
  const filters = Object.entries(figure).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]))
  return {
    explain: `/v1/companies/${companyId}/explain?${filters.join('&')}&asOf=${moment.asOf}&knownAt=${moment.position}`,
  }
}
