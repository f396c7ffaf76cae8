/** A line of a body, without its end; `undefined` when it was longer than allowed and skipped. */
export type Line = string | undefined

const NEWLINE = 0x0a

/** Splits a body into lines as it arrives, holding no more of it than one line. An empty line is none. */
export async function* linesOf(body: AsyncIterable<Uint8Array>, lineBytesMax: number): AsyncGenerator<Line, void> {
  let parts: Uint8Array[] = []
  let bytes = 0
  const take = (part: Uint8Array): void => {
    bytes += part.length
    if (bytes <= lineBytesMax) parts.push(part)
    else parts = []
  }
  const end = (): Line => {
    const line = bytes > lineBytesMax ? undefined : Buffer.concat(parts).toString('utf8').trim()
    parts = []
    bytes = 0
    return line
  }
  for await (const chunk of body) {
    let from = 0
    for (let to = chunk.indexOf(NEWLINE); to >= 0; to = chunk.indexOf(NEWLINE, from)) {
      take(chunk.subarray(from, to))
      from = to + 1
      const line = end()
      if (line !== '') yield line
    }
    take(chunk.subarray(from))
  }
  const last = end()
  if (last !== '') yield last
}
