import {
  bytesField,
  type Cursor,
  eachField,
  message,
  nextTag,
  readMessage,
  readText,
  readUint64,
  skipField,
  varintField,
} from './protobuf.ts'

/** `UUID { structured = 1 { most_significant_bits = 1, least_significant_bits = 2 }, string = 2 }` */

const CANONICAL = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const HEX_32 = /^[0-9a-f]{32}$/

export const ZERO_UUID = '00000000-0000-0000-0000-000000000000'

const dashed = (hex: string): string =>
  `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`

/** Canonical lower-case text, or `undefined`. The real server also takes the forms without dashes and in brackets. */
export const parseUuid = (text: string): string | undefined => {
  if (CANONICAL.test(text)) return text
  let form = text.trim().toLowerCase()
  if (/^(\{.*\}|\(.*\))$/.test(form)) form = form.slice(1, -1)
  else if (HEX_32.test(form)) return dashed(form)
  return CANONICAL.test(form) ? form : undefined
}

const readStructured = (parent: Cursor): string => {
  const structured = readMessage(parent)
  let most = 0n
  let least = 0n
  eachField(structured, (part) => {
    if (part === 1) most = readUint64(structured)
    else if (part === 2) least = readUint64(structured)
    else return false
    return true
  })
  return dashed(most.toString(16).padStart(16, '0') + least.toString(16).padStart(16, '0'))
}

/** Reads a UUID message; an empty one, or a text that is none, gives `undefined`. */
export const readUuid = (cursor: Cursor): string | undefined => {
  const uuid = readMessage(cursor)
  let id: string | undefined
  for (let tag = nextTag(uuid); tag !== 0; tag = nextTag(uuid)) {
    if (tag >>> 3 === 1) id = readStructured(uuid)
    else if (tag >>> 3 === 2) id = parseUuid(readText(uuid))
    else skipField(uuid, tag & 7)
  }
  return id
}

/** The structured form of the UUID message. */
export const structuredUuid = (id: string): Buffer => {
  const hex = id.replaceAll('-', '')
  const most = BigInt(`0x${hex.slice(0, 16)}`)
  const least = BigInt(`0x${hex.slice(16)}`)
  return bytesField(
    1,
    message(...(most === 0n ? [] : [varintField(1, most)]), ...(least === 0n ? [] : [varintField(2, least)])),
  )
}
