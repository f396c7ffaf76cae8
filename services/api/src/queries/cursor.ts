import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import { MalformedRequest } from '../http/malformed-request.ts'

/** Half of a SHA-256: nobody guesses it, and the cursor stays short. */
const SIGNATURE_BYTES = 16
const BINDING_BYTES = 9

/** Where the next page begins, and the clocks of the first one: a list is read at one moment even if it takes a night. */
export interface CursorContent<Place> {
  readonly asOf: string
  /** A position, where the list knows the second clock. */
  readonly knownAt?: string | undefined
  /** Of the log that it was given in; absent: the first. */
  readonly generation?: number | undefined
  readonly place: Place
}

export interface Cursors {
  /** @param question the route with its parameters and filters; the cursor is good for nothing else */
  readonly encode: (question: object, content: CursorContent<unknown>) => string
  /** @throws MalformedRequest when it is not ours, or another question's */
  readonly decode: <Place extends z.ZodType>(
    place: Place,
    question: object,
    cursor: string | undefined,
  ) => CursorContent<z.output<Place>> | undefined
}

const Content = z.strictObject({
  question: z.string(),
  asOf: z.string(),
  knownAt: z.string().optional(),
  generation: z.int().optional(),
  place: z.unknown(),
})

const fromJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const refused = (rule: string): MalformedRequest => new MalformedRequest([{ path: '/query/cursor', rule }])

/** Cursors that callers can neither read nor make; every API process with the same secret takes them. */
export const createCursors = (secret: string): Cursors => {
  const key = createHmac('sha256', secret).update('cursors of lists').digest()
  const signatureOf = (text: string): Buffer =>
    createHmac('sha256', key).update(text).digest().subarray(0, SIGNATURE_BYTES)
  const bindingOf = (question: object): string =>
    createHash('sha256').update(JSON.stringify(question)).digest().subarray(0, BINDING_BYTES).toString('base64url')

  return {
    encode: (question, { asOf, knownAt, generation, place }) => {
      const text = JSON.stringify({
        question: bindingOf(question),
        asOf,
        knownAt,
        generation: generation === 0 ? undefined : generation,
        place,
      })
      return Buffer.concat([signatureOf(text), Buffer.from(text)]).toString('base64url')
    },
    decode: (place, question, cursor) => {
      if (cursor === undefined) return undefined
      const bytes = Buffer.from(cursor, 'base64url')
      const text = bytes.subarray(SIGNATURE_BYTES).toString()
      const signature = bytes.subarray(0, SIGNATURE_BYTES)
      if (signature.length < SIGNATURE_BYTES || !timingSafeEqual(signature, signatureOf(text))) {
        throw refused('nextCursor of the page before')
      }
      const content = Content.safeParse(fromJson(text))
      const found = place.safeParse(content.data?.place)
      if (!content.success || !found.success || content.data.question !== bindingOf(question)) {
        throw refused('with the same route, filters and clocks as the page before')
      }
      const { asOf, knownAt, generation } = content.data
      return { asOf, knownAt, generation, place: found.data }
    },
  }
}
