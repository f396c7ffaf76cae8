import { type Position, Rejection } from '@registru/domain'
import { isCompanyKnown, type ReadHandle } from '@registru/projections'
import { at } from './columns.ts'

/**
 * Of a company that nobody has heard of, nothing is answered: zeros that tie out would say that its books are in order.
 * @param params of the route; one that names no company asks for none
 * @throws Rejection
 */
export const requireCompanyKnown = async (
  handle: ReadHandle,
  params: unknown,
  { knownAt }: { readonly knownAt?: Position | undefined },
): Promise<void> => {
  const companyId = at(params, ['companyId'])
  if (typeof companyId !== 'string' || (await isCompanyKnown(handle, { companyId, knownAt }))) return
  throw new Rejection('COMPANY_NOT_FOUND', { companyId, ...(knownAt !== undefined && { knownAt: `${knownAt}` }) })
}
