import type { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { Parser, type Result } from 'tap-parser'

/** How many assertions came out how. A subtest is no assertion of its own, only what it contains. */
export interface Tally {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

const nothing: Tally = { passed: 0, failed: 0, skipped: 0 }

const sum = (a: Tally, b: Tally): Tally => ({
  passed: a.passed + b.passed,
  failed: a.failed + b.failed,
  skipped: a.skipped + b.skipped,
})

const isEmpty = ({ passed, failed, skipped }: Tally): boolean => passed + failed + skipped === 0

const leaf = (result: Result): Tally => {
  if (result.skip !== false || result.todo !== false) return { ...nothing, skipped: 1 }
  return result.ok ? { ...nothing, passed: 1 } : { ...nothing, failed: 1 }
}

const indent = (text: string): string => text.trimEnd().replaceAll(/^/gm, '    ')

/** A difference of two values may hold bigints, which have no JSON. */
const withoutBigInts = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? `${value}n` : value)

const describe = (result: Result): string => {
  const diagnostics: unknown = result.diag
  if (typeof diagnostics !== 'object' || diagnostics === null) return ''
  const shown = Object.entries(diagnostics).map(([key, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value, withoutBigInts)
    return text.includes('\n') ? `${key}:\n${indent(text)}` : `${key}: ${text}`
  })
  return `\n${indent(shown.join('\n'))}`
}

/**
 * Counts the leaves below a parser, and tells of those that failed.
 * The answer is to be asked for when the parser has ended.
 */
const count = (
  parser: Parser,
  onFailure: (result: Result) => void,
  onSubtest?: (result: Result, tally: Tally) => void,
) => {
  let tally = nothing
  let subtest: (() => Tally) | undefined
  const conclude = (result: Result): Tally => {
    const inside = result.closingTestPoint && subtest !== undefined ? subtest() : nothing
    subtest = undefined
    // A subtest counts itself when nothing inside tells of its fate: skipped whole, crashed, or short of its plan.
    const own = isEmpty(inside)
      ? !result.closingTestPoint || !result.ok || result.skip !== false
      : !result.ok && inside.failed === 0
    if (own && leaf(result).failed > 0) onFailure(result)
    const all = own ? sum(inside, leaf(result)) : inside
    if (result.closingTestPoint) onSubtest?.(result, all)
    return all
  }
  parser.on('child', (child: Parser) => {
    subtest = count(child, onFailure)
  })
  parser.on('assert', (result: Result) => {
    tally = sum(tally, conclude(result))
  })
  return () => tally
}

/** Reads tap's output to the end: one line a test file, the failed assertions with their diagnostics, the counts. */
export const readTap = async (
  output: Readable,
  print: (line: string) => void,
  nameOf: (file: string) => string = (file) => file,
): Promise<Tally> => {
  const parser = new Parser()
  const onFailure = (result: Result): void => print(`not ok ${nameOf(result.fullname)}${describe(result)}`)
  const tally = count(parser, onFailure, (result, { passed, failed }) => {
    const seconds = result.time === null ? '' : ` ${(result.time / 1000).toFixed(1)} s`
    print(`${result.ok ? 'ok' : 'not ok'} ${nameOf(result.name)} (${passed} passed, ${failed} failed)${seconds}`)
  })
  output.setEncoding('utf8').on('data', (text: string) => parser.write(text))
  await finished(output)
  parser.end()
  if (parser.results?.ok || tally().failed > 0) return tally()
  print('not ok The output of tap is not whole')
  return { ...tally(), failed: 1 }
}
