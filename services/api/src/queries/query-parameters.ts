import { BusinessDay, ClientId, CompanyId, positionOf } from '@registru/domain'
import { PAGE_ROWS_MAX } from '@registru/projections'
import { z } from 'zod'
import { readWirePosition, WIRE_POSITION } from '../problems/wire-position.ts'
import { format } from './formats.ts'

const PAGE_ROWS_DEFAULT = 100
const WAIT_MS_DEFAULT = 2_000
const WAIT_MS_MAX = 10_000
/** Three ids of 64 characters and a signature, in base 64. */
const CURSOR_CHARACTERS_MAX = 1_024
const DIGITS = /^[0-9]+$/

const position = z
  .string()
  .regex(WIRE_POSITION, { error: 'a position: digits, or digits.digits, as a command answered', abort: true })
  .refine((text) => readWirePosition(text) !== undefined, 'a position that can exist')

const INSTANT = 'an instant (RFC 3339), from 1990 to 2199'

/** Of a year that the ledger can hold: Postgres and JavaScript agree on these. */
export const instant = z.iso
  .datetime({ offset: true, error: INSTANT, abort: true })
  .refine((text) => text >= '1990' && text < '2200', INSTANT)

const whole = (min: number, max: number) =>
  z
    .string()
    .regex(/^(0|[1-9][0-9]{0,9})$/, { error: `a whole number from ${min} to ${max}`, abort: true })
    .refine((text) => Number(text) >= min && Number(text) <= max, `a whole number from ${min} to ${max}`)

/** Every query may wait for a write of its own. */
export const freshness = {
  minPosition: position.optional().meta({ description: 'Wait until the read models have come as far' }),
  maxWait: whole(0, WAIT_MS_MAX)
    .optional()
    .meta({ description: `Milliseconds to wait; ${WAIT_MS_DEFAULT} when absent` }),
}

/** The effective day; financial questions also say what was known when. */
export const asOf = { asOf: BusinessDay.optional().meta({ description: 'Effective day; today when absent' }) }

export const clocks = {
  ...asOf,
  knownAt: z
    .union([position, instant], 'an instant (RFC 3339) or a position (digits, or digits.digits)')
    .optional()
    .meta({
      description:
        'What was known then: an instant (RFC 3339, to the millisecond, not in the future), or a position; either is waited for like `minPosition`; everything when absent. `knownAtPosition` in the answer is the position that an instant means, for ever',
    }),
}

export const rowLimit = whole(1, PAGE_ROWS_MAX)

export const page = {
  limit: rowLimit
    .optional()
    .meta({ description: `At most ${PAGE_ROWS_MAX}; when absent ${PAGE_ROWS_DEFAULT}, and all of csv and ndjson` }),
  cursor: z
    .string()
    .max(CURSOR_CHARACTERS_MAX)
    .optional()
    .meta({ description: '`nextCursor` of the page before, for the same route, filters and clocks' }),
}

/** What every list of `answerList` takes. */
export const list = { ...page, ...format }

/** An id is unique within its client's account; most companies number across all of them and never need this. */
export const whoseId = ClientId.optional().meta({
  description: 'Whose it is, where several clients have this id; the first one when absent',
})

export const CompanyParams = z.strictObject({ companyId: CompanyId })
export const ClientParams = z.strictObject({ companyId: CompanyId, clientId: ClientId })

export const limitOf = (
  { limit }: { readonly limit?: string | undefined },
  rowsDefault: number = PAGE_ROWS_DEFAULT,
): number => (limit === undefined ? rowsDefault : Number(limit))

/** Of what is located in the present log. */
export const isPosition = (text: string): boolean => DIGITS.test(text)

/** Nobody can tell what was known at a position that the read models have not reached, so `knownAt` is waited for too. */
export const freshnessOf = (query: {
  readonly minPosition?: string | undefined
  readonly maxWait?: string | undefined
  readonly knownAt?: string | undefined
}) => {
  const awaited = [query.minPosition, query.knownAt].flatMap((text) =>
    text !== undefined && isPosition(text) ? [positionOf(BigInt(text))] : [],
  )
  return {
    minPosition: awaited.length === 0 ? undefined : awaited.reduce((a, b) => (a > b ? a : b)),
    maxWaitMs: query.maxWait === undefined ? WAIT_MS_DEFAULT : Number(query.maxWait),
  }
}
