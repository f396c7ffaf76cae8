/** A line of a body, without its end: its text, or what is wrong with it. */
export interface Line {
  /** From 1, empty lines counted. */
  readonly number: number
  readonly text: string
  readonly broken?: 'tooLong' | 'notUtf8'
}

const NEWLINE = 0x0a
/** Refuses what is no UTF-8 rather than replace it. */
const utf8 = new TextDecoder('utf-8', { fatal: true })

const decoded = (number: number, bytes: Uint8Array): Line => {
  try {
    return { number, text: utf8.decode(bytes).trim() }
  } catch {
    return { number, text: '', broken: 'notUtf8' }
  }
}

/** Splits a body into lines as it arrives, holding no more of it than one line. Empty lines are left out. */
export async function* linesOf(body: AsyncIterable<Uint8Array>, lineBytesMax: number): AsyncGenerator<Line, void> {
  let parts: Uint8Array[] = []
  let bytes = 0
  let number = 1
  const take = (part: Uint8Array): void => {
    bytes += part.length
    if (bytes <= lineBytesMax) parts.push(part)
    else parts = []
  }
  const end = (): Line => {
    const line: Line =
      bytes > lineBytesMax ? { number, text: '', broken: 'tooLong' } : decoded(number, Buffer.concat(parts))
    parts = []
    bytes = 0
    number += 1
    return line
  }
  const isEmpty = ({ text, broken }: Line): boolean => text === '' && broken === undefined
  for await (const chunk of body) {
    let from = 0
    for (let to = chunk.indexOf(NEWLINE); to >= 0; to = chunk.indexOf(NEWLINE, from)) {
      take(chunk.subarray(from, to))
      from = to + 1
      const line = end()
      if (!isEmpty(line)) yield line
    }
    take(chunk.subarray(from))
  }
  const last = end()
  if (!isEmpty(last)) yield last
}
