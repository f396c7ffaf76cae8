import { decimalOf } from '@registru/domain'
import type { OpenItem } from '@registru/projections'
import type { z } from 'zod'
import type { OpenItemRow } from './answer-schemas.ts'

export type OpenItemBody = z.output<typeof OpenItemRow>

/** Credit is taken off. */
export const signedOpen = ({ kind, openMinor }: Pick<OpenItem, 'kind' | 'openMinor'>): bigint =>
  kind === 'INVOICE' ? openMinor : -openMinor

export const itemBody = ({ kind, itemId, part, issuedOn, dueOn, openMinor, currency }: OpenItem): OpenItemBody => ({
  currency,
  kind,
  ...(kind === 'INVOICE' ? { invoiceId: itemId, instalment: part } : { paymentId: itemId }),
  issuedOn,
  dueOn,
  open: decimalOf(signedOpen({ kind, openMinor }), currency),
})
