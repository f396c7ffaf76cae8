import { type ClaimKind, type ClientId, type CompanyId, decimalOf } from '@registru/domain'
import { findOwedNames, type OpenItem, type ReadHandle } from '@registru/projections'
import type { z } from 'zod'
import type { OpenItemRow } from './answer-schemas.ts'

export type OpenItemBody = z.output<typeof OpenItemRow>

/** Credit is taken off. */
export const signedOpen = ({ kind, openMinor }: Pick<OpenItem, 'kind' | 'openMinor'>): bigint =>
  kind === 'INVOICE' ? openMinor : -openMinor

const itemBody = (
  { kind, itemId, part, issuedOn, dueOn, openMinor, currency }: OpenItem,
  claim: ClaimKind | undefined,
): OpenItemBody => ({
  currency,
  ...(kind === 'PAYMENT'
    ? { kind, paymentId: itemId }
    : { ...(claim === undefined ? { kind } : { kind: 'CLAIM', claim }), invoiceId: itemId, instalment: part }),
  issuedOn,
  dueOn,
  open: decimalOf(signedOpen({ kind, openMinor }), currency),
})

/** A claim is owed as an invoice is, and ages with them; what it is, is never told anew. */
export const itemBodies = async (
  handle: ReadHandle,
  account: { readonly companyId: CompanyId; readonly clientId: ClientId },
  items: readonly OpenItem[],
): Promise<readonly OpenItemBody[]> => {
  const invoiceIds = items.flatMap(({ kind, itemId }) => (kind === 'INVOICE' ? [itemId] : []))
  const named = await findOwedNames(handle, { ...account, invoiceIds })
  return items.map((item) => itemBody(item, item.kind === 'INVOICE' ? named.get(item.itemId)?.claim : undefined))
}
