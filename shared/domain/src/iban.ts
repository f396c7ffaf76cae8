import { z } from 'zod'

const A = 'A'.charCodeAt(0)
/** ISO 13616: A counts 10, Z 35. */
const VALUE_OF_A = 10
const DIVISOR = 97

const valueOf = (character: string): string =>
  character >= 'A' ? `${character.charCodeAt(0) - A + VALUE_OF_A}` : character

/** What the two check digits say of the others: the first four characters go last. */
const fits = (iban: string): boolean => {
  const digits = Array.from(`${iban.slice(4)}${iban.slice(0, 4)}`, valueOf).join('')
  return BigInt(digits) % BigInt(DIVISOR) === 1n
}

/** Of an own bank account, without blanks. */
export const Iban = z
  .string()
  .regex(/^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$/, { error: 'an IBAN without blanks', abort: true })
  .refine(fits, "the IBAN's check digits")
  .meta({ description: 'IBAN of the own account', examples: ['RO49AAAA1B31007593840000'] })
export type Iban = z.infer<typeof Iban>
