/** A stream's metadata is the last event of its metastream, `$$` + its name. */

export interface StreamMetadata {
  /** Events below this revision are hidden; {@link TRUNCATED} hides all: the stream is soft-deleted. */
  readonly truncateBefore?: number
  readonly maxCount?: number
  readonly maxAgeSeconds?: number
}

export const METADATA_EVENT_TYPE = '$metadata'
export const TOMBSTONE_EVENT_TYPE = '$streamDeleted'

/** Stands for `$tb` = 2^63 - 1, which no number can hold. */
export const TRUNCATED = Number.POSITIVE_INFINITY

export const NO_METADATA: StreamMetadata = {}

/** Of a metastream only the last event counts, whatever its own metadata says. */
export const METASTREAM_METADATA: StreamMetadata = { maxCount: 1 }

export const isMetastream = (stream: string): boolean => stream.startsWith('$$')
export const metastreamOf = (stream: string): string => `$$${stream}`
export const originalOf = (metastream: string): string => metastream.slice(2)

/** The exact text: 2^63 - 1 must not pass through a JSON number. */
export const SOFT_DELETED_DATA = Buffer.from('{"$tb":9223372036854775807}')

/** The members of a JSON object as they stand in the text; `undefined` if the text is no JSON object. */
const rawMembers = (text: string): Map<string, string> | undefined => {
  try {
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined
  } catch {
    return undefined
  }
  // Valid from here on, so the scan only has to find where top-level values begin and end.
  const members = new Map<string, string>()
  let depth = 0
  let inString = false
  let keyStart = -1
  let key: string | undefined
  let valueStart = -1
  const close = (end: number): void => {
    if (key !== undefined) members.set(key, text.slice(valueStart, end).trim())
    key = undefined
  }
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (inString) {
      if (character === '\\') at++
      else if (character === '"') {
        inString = false
        if (depth === 1 && key === undefined && valueStart === -1)
          key = String(JSON.parse(text.slice(keyStart, at + 1)))
      }
    } else if (character === '"') {
      inString = true
      if (depth === 1 && key === undefined) keyStart = at
    } else if (character === '{' || character === '[') depth++
    else if (character === '}' || character === ']') {
      if (--depth === 0) close(at)
    } else if (depth === 1 && character === ':' && valueStart === -1) valueStart = at + 1
    else if (depth === 1 && character === ',') {
      close(at)
      valueStart = -1
    }
  }
  return members
}

const INT64_MAX = 2n ** 63n - 1n

/** A whole number in the range that the real server takes; `null` stands for a value that makes it refuse the lot. */
const wholeNumber = (raw: string | undefined, least: bigint): number | null | undefined => {
  if (raw === undefined) return undefined
  if (!/^-?\d+$/.test(raw)) return null
  const value = BigInt(raw)
  if (value < least || value > INT64_MAX) return null
  return value === INT64_MAX ? TRUNCATED : Number(value)
}

const isAccessList = (raw: string | undefined): boolean =>
  raw === undefined || raw.startsWith('{') || raw.startsWith('"')

/** One value that the server does not take, and the whole metadata counts for nothing. */
export const parseStreamMetadata = (data: Buffer): StreamMetadata => {
  const members = rawMembers(data.toString('utf8'))
  if (!members) return NO_METADATA
  const truncateBefore = wholeNumber(members.get('$tb'), 0n)
  const maxCount = wholeNumber(members.get('$maxCount'), 1n)
  const maxAgeSeconds = wholeNumber(members.get('$maxAge'), 1n)
  const cacheControl = wholeNumber(members.get('$cacheControl'), 1n)
  if (truncateBefore === null || maxCount === null || maxAgeSeconds === null || cacheControl === null)
    return NO_METADATA
  if (!isAccessList(members.get('$acl'))) return NO_METADATA
  return {
    ...(truncateBefore === undefined ? {} : { truncateBefore }),
    ...(maxCount === undefined ? {} : { maxCount }),
    ...(maxAgeSeconds === undefined ? {} : { maxAgeSeconds }),
  }
}

/** What the server writes when a soft-deleted stream comes back: the same metadata with `$tb` at its first new revision. */
export const undeletedMetadata = (data: Buffer, truncateBefore: number): Buffer | undefined => {
  const members = rawMembers(data.toString('utf8'))
  if (!members) return undefined
  members.set('$tb', String(truncateBefore))
  return Buffer.from(`{${[...members].map(([key, raw]) => `${JSON.stringify(key)}:${raw}`).join(',')}}`)
}

/** The first revision that a reader may see. */
export const visibleFrom = (metadata: StreamMetadata, head: number): number =>
  Math.max(0, metadata.truncateBefore ?? 0, metadata.maxCount === undefined ? 0 : head - metadata.maxCount + 1)
