import { hash } from 'node:crypto'

/** RFC 8785: keys in the order of their UTF-16 units, no white space, numbers and strings as ECMAScript writes them. */
export const canonicalJson = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`
  if (typeof value === 'object' && value !== null) {
    let members = ''
    for (const [key, member] of Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1))) {
      if (member === undefined) continue
      members += `${members === '' ? '' : ','}${JSON.stringify(key)}:${canonicalJson(member)}`
    }
    return `{${members}}`
  }
  const text = JSON.stringify(value)
  if (text === undefined) throw new TypeError(`${typeof value} has no JSON form`)
  return text
}

const hashOf = (value: unknown): string => hash('sha256', canonicalJson(value).normalize('NFC'))

/** A request, and who makes it. */
export interface HashedRequest {
  readonly body: unknown
  readonly actor: string
}

/**
 * SHA-256 of the canonical JSON of a request, in hex: equal for requests that say the same, whatever the spacing, the order
 * of keys, or the Unicode form in which a keyboard typed an ă.
 */
export const requestHashOf = ({ body, actor }: HashedRequest): string => hashOf({ body, actor })

/** As it was before it covered who asks: commands that were recorded so are answered again for ever. */
export const formerRequestHashOf = (body: unknown): string => hashOf(body)
