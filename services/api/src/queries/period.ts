import { BusinessDay } from '@registru/domain'
import { MalformedRequest } from '../http/malformed-request.ts'

/** Days from `from` to `to`, both included. */
export const period = {
  from: BusinessDay.optional().meta({ description: 'First day; the first of the month of `to` when absent' }),
  to: BusinessDay.optional().meta({ description: 'Last day; `asOf` when absent' }),
}

/** @throws MalformedRequest when it ends before it begins */
export const periodOf = (
  query: { readonly from?: string | undefined; readonly to?: string | undefined },
  { asOf }: { readonly asOf: string },
) => {
  const to = query.to ?? asOf
  const from = query.from ?? `${to.slice(0, 8)}01`
  if (from > to) throw new MalformedRequest([{ path: '/query/from', rule: 'not after `to`' }])
  return { from, to }
}
