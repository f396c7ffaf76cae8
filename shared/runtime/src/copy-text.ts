/** What a column takes in a COPY. An object is written as JSON. */
export type CopyValue =
  | string
  | number
  | bigint
  | boolean
  | Date
  | null
  | undefined
  | { readonly [key: string]: unknown }

/** Large enough that the cost of a chunk does not show, small enough for the young generation of the heap. */
const chunkCharacters = 65_536

const escapes: Record<string, string> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' }
const escape = (text: string): string => text.replace(/[\\\n\r\t]/g, (character) => escapes[character] ?? character)

const encode = (value: CopyValue): string => {
  if (value === null || value === undefined) return '\\N'
  if (typeof value === 'string') return escape(value)
  if (typeof value === 'boolean') return value ? 't' : 'f'
  if (typeof value === 'number' || typeof value === 'bigint') return String(value)
  return value instanceof Date ? value.toISOString() : escape(JSON.stringify(value))
}

/** Rows in PostgreSQL's text format of COPY, in chunks. */
export function* encodeCopy(rows: Iterable<readonly CopyValue[]>): Generator<Buffer> {
  let chunk = ''
  for (const row of rows) {
    chunk += `${row.map(encode).join('\t')}\n`
    if (chunk.length < chunkCharacters) continue
    yield Buffer.from(chunk)
    chunk = ''
  }
  if (chunk !== '') yield Buffer.from(chunk)
}
