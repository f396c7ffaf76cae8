import { z } from 'zod'

/**
 * Refused in every text: C0 and C1 controls (a NUL kills a Postgres insert), lone surrogates (legal in JSON, illegal in
 * UTF-8) and bidirectional controls (they make a printed name read as another). Line breaks count as controls, Unicode's
 * own included: no text of the domain has lines.
 */
// oxlint-disable-next-line no-control-regex -- the rule is about exactly these characters
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]|\p{Surrogate}/u

const codePoints = (text: string): number => {
  let count = 0
  for (const _ of text) count += 1
  return count
}

/**
 * A line of text for people: 1 to `lengthMax` code points, normalised to NFC so that equal-looking names are equal.
 * Normalised before it is measured, for NFC makes some texts longer and the stored one has to pass again.
 */
export const text = (lengthMax: number) =>
  z
    .string()
    .overwrite((value) => value.normalize('NFC'))
    .min(1, { error: 'not blank', abort: true })
    .refine((value) => !UNSAFE.test(value), 'no control characters, lone surrogates or bidirectional controls')
    .refine((value) => value.trim() !== '', 'not blank')
    .refine((value) => codePoints(value) <= lengthMax, `at most ${lengthMax} characters`)

export const Name = text(200)
export const FreeText = text(500)
export const Reference = text(64)

/**
 * Marks a field that tells of a natural person, so that it can be found, kept out of logs and, later, encrypted per person.
 */
export const personal = <Schema extends z.ZodType>(schema: Schema): Schema => schema.meta({ personal: true }) as Schema
