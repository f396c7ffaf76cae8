import { createHash } from 'node:crypto'
import type { Symbols } from './symbols.ts'

/**
 * Values in a raw answer that only mean something within a run. Tagged, so that one walk over the answers of a script can put
 * names in their place.
 */
export type Tagged =
  | { readonly tag: 'place'; readonly commit: bigint; readonly prepare: bigint }
  | { readonly tag: 'id'; readonly id: unknown }
  | { readonly tag: 'time'; readonly at: Date | undefined }
  | { readonly tag: 'payload'; readonly value: unknown }

const TAGS = new Set<unknown>(['place', 'id', 'time', 'payload'])

export const placeTag = (commit: bigint, prepare: bigint = commit): Tagged => ({ tag: 'place', commit, prepare })
export const idTag = (id: unknown): Tagged => ({ tag: 'id', id })
export const timeTag = (at: Date | undefined): Tagged => ({ tag: 'time', at })
export const payloadTag = (value: unknown): Tagged => ({ tag: 'payload', value })

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)

export const isTagged = (value: unknown): value is Tagged => isObject(value) && TAGS.has(value['tag'])

const MAX_U64 = 2n ** 64n - 1n
const DAY_MS = 86_400_000
/** Longer payloads are compared by their length and hash. */
const SHOWN_CHARACTERS_MAX = 400
const SHOWN_TEXT_MAX = 4 * SHOWN_CHARACTERS_MAX
const ZERO_ID = '00000000-0000-0000-0000-000000000000'
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/

const digest = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex').slice(0, 16)

/** Equal for answers that say the same: the order of keys and everything under `info` are left out. */
export const canonical = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (!isObject(value)) return JSON.stringify(value) ?? 'null'
  const members = Object.keys(value)
    .filter((key) => key !== 'info' && value[key] !== undefined)
    .toSorted()
    .map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`)
  return `{${members.join(',')}}`
}

const placesIn = (value: unknown, found: Set<bigint>): void => {
  if (isTagged(value)) {
    if (value.tag === 'place') for (const place of [value.commit, value.prepare]) if (place < MAX_U64) found.add(place)
    return
  }
  if (Array.isArray(value)) for (const item of value) placesIn(item, found)
  else if (isObject(value)) for (const member of Object.values(value)) placesIn(member, found)
}

/** Equal answers of a multiset become one with a count. */
const grouped = (answer: unknown): unknown => {
  if (!isObject(answer) || !Array.isArray(answer['multiset'])) return answer
  const groups = new Map<string, { times: number; readonly answer: unknown }>()
  for (const one of answer['multiset']) {
    const group = groups.get(canonical(one))
    if (group === undefined) groups.set(canonical(one), { times: 1, answer: one })
    else group.times += 1
  }
  const sorted = [...groups].toSorted(([left], [right]) => (left < right ? -1 : 1))
  return { ...answer, multiset: sorted.map(([, group]) => group) }
}

/** The raw answers of one run in the form in which answers are recorded and compared. */
export const normalised = (rawAnswers: readonly unknown[], symbols: Symbols): unknown[] => {
  const places = new Set<bigint>()
  placesIn(rawAnswers, places)
  const ranks = new Map([...places].toSorted((a, b) => (a < b ? -1 : 1)).map((place, rank) => [place, `p${rank}`]))
  const rankOf = (place: bigint): string | undefined => (place >= MAX_U64 ? 'pMax' : ranks.get(place))

  const textOf = (text: string): unknown => {
    const named = symbols.symbolOf(text) ?? symbols.strip(text)
    if (named.length <= SHOWN_TEXT_MAX || named.includes('\n')) return named
    return { length: Buffer.byteLength(named), sha256: digest(named) }
  }
  const bytesOf = (bytes: Uint8Array): unknown => {
    // Bytes that hold a name of this run, as links do, are text to us.
    const text = Buffer.from(bytes).toString('utf8')
    const stripped = symbols.strip(text)
    const shown = stripped === text ? bytes : Buffer.from(stripped, 'utf8')
    if (shown.length > SHOWN_CHARACTERS_MAX) return { bytes: shown.length, sha256: digest(shown) }
    return { base64: Buffer.from(shown).toString('base64') }
  }
  const jsonOf = (value: unknown): unknown => {
    if (typeof value === 'string') return textOf(value)
    if (Array.isArray(value)) return value.map(jsonOf)
    if (!isObject(value)) return value
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [symbols.strip(key), jsonOf(member)]))
  }
  const payloadOf = (value: unknown): unknown => {
    if (value instanceof Uint8Array) return bytesOf(value)
    const text = JSON.stringify(value)
    if (text === undefined || text.length <= SHOWN_CHARACTERS_MAX) return jsonOf(value)
    return { jsonBytes: Buffer.byteLength(text), sha256: digest(text) }
  }
  const idOf = (id: unknown): unknown => {
    if (typeof id !== 'string') return shown(id)
    const symbol = symbols.symbolOf(id)
    if (symbol !== undefined) return symbol
    if (!UUID.test(id)) return `=${id}`
    return id === ZERO_ID ? '<zero id>' : '<other id>'
  }
  const taggedOf = (tagged: Tagged): unknown => {
    switch (tagged.tag) {
      case 'place': {
        const { commit, prepare } = tagged
        return commit === prepare ? rankOf(commit) : { commit: rankOf(commit), prepare: rankOf(prepare) }
      }
      case 'id':
        return idOf(tagged.id)
      case 'time':
        return Math.abs((tagged.at?.getTime() ?? Number.NaN) - Date.now()) < DAY_MS ? '<now>' : '<odd time>'
      case 'payload':
        return payloadOf(tagged.value)
    }
  }
  const shown = (value: unknown): unknown => {
    if (isTagged(value)) return taggedOf(value)
    if (typeof value === 'string') return textOf(value)
    if (typeof value === 'bigint') return String(value)
    if (value instanceof Uint8Array) return bytesOf(value)
    if (Array.isArray(value)) return value.map(shown)
    if (!isObject(value)) return value
    const members = Object.entries(value).filter(([, member]) => member !== undefined)
    return Object.fromEntries(members.map(([key, member]) => [symbols.strip(key), shown(member)]))
  }
  return rawAnswers.map((answer) => grouped(shown(answer)))
}
