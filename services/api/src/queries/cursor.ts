import type { z } from 'zod'
import { MalformedRequest } from '../http/malformed-request.ts'

/** Opaque to callers: where the next page begins. */
export const encodeCursor = (place: object | string): string => Buffer.from(JSON.stringify(place)).toString('base64url')

const fromJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** @throws MalformedRequest when it is no cursor of this list */
export const decodeCursor = <Schema extends z.ZodType>(
  schema: Schema,
  cursor: string | undefined,
): z.infer<Schema> | undefined => {
  if (cursor === undefined) return undefined
  const place = schema.safeParse(fromJson(Buffer.from(cursor, 'base64url').toString()))
  if (place.success) return place.data
  throw new MalformedRequest([{ path: '/query/cursor', rule: 'nextCursor of the page before' }])
}
