import { createHash } from 'node:crypto'
import type { Script } from './script.ts'

/** What the short names of a script stand for in one run, and back. */
export interface Symbols {
  /** In the name of every stream of the run. */
  readonly prefix: string
  stream(symbol: string): string
  id(symbol: string): string
  /** With `{prefix}` put in. */
  text(template: string): string
  symbolOf(id: string): string | undefined
  /** Without the run's own names. */
  strip(text: string): string
}

const uuidFrom = (seed: string, symbol: string): string => {
  const bytes = createHash('sha1').update(`${seed}|${symbol}`).digest().subarray(0, 16)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/** @param seed eight hex digits, another for each run */
export const createSymbols = (streams: Script['streams'], seed: string): Symbols => {
  const prefix = `g${seed}_`
  const names = new Map(
    Object.entries(streams).map(([symbol, { length, suffix, literal }]) => [
      symbol,
      literal ?? (length === undefined ? prefix + (suffix ?? symbol) : (prefix + symbol).padEnd(length, 'x')),
    ]),
  )
  // Longest first, so that no name is replaced inside another.
  const ownNames = [...names]
    .filter(([symbol]) => streams[symbol]?.literal === undefined)
    .toSorted(([, left], [, right]) => right.length - left.length)
  const ids = new Map<string, string>()

  return {
    prefix,
    stream: (symbol) => {
      const known = names.get(symbol)
      if (known !== undefined) return known
      const rest = symbol.replace(/^\$*/, '')
      if (rest === '') return symbol
      return symbol.slice(0, symbol.length - rest.length) + (names.get(rest) ?? prefix + rest)
    },
    id: (symbol) => {
      if (symbol.startsWith('=')) return symbol.slice(1)
      const id = uuidFrom(seed, symbol)
      ids.set(id, symbol)
      return id
    },
    text: (template) => template.replaceAll('{prefix}', prefix),
    symbolOf: (id) => ids.get(id),
    strip: (text) =>
      ownNames.reduce((stripped, [symbol, name]) => stripped.replaceAll(name, symbol), text).replaceAll(prefix, ''),
  }
}
