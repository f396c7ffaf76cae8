import { createHash } from 'node:crypto'

/** RFC 8785: keys in the order of their UTF-16 units, no white space, numbers and strings as ECMAScript writes them. */
export const canonicalJson = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`)
    return `{${members.join(',')}}`
  }
  const text = JSON.stringify(value)
  if (text === undefined) throw new TypeError(`${typeof value} has no JSON form`)
  return text
}

/**
 * SHA-256 of the canonical JSON of a request's body, in hex: equal for bodies that say the same, whatever their spacing, the
 * order of their keys, or the Unicode form in which a keyboard typed an ă.
 */
export const requestHashOf = (body: unknown): string =>
  createHash('sha256').update(canonicalJson(body).normalize('NFC')).digest('hex')
