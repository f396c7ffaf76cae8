import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { z } from 'zod'

/** What became of one change of the code. Lines and columns count from 1. */
export interface Mutant {
  readonly fileName: string
  readonly status: string
  readonly replacement: string
  readonly location: { readonly start: Place; readonly end: Place }
}

interface Place {
  readonly line: number
  readonly column: number
}

/** A survivor that may live, and why. The text that was replaced finds it again when lines move. */
export const Excuse = z.strictObject({
  file: z.string(),
  original: z.string(),
  replacement: z.string(),
  reason: z.string().min(1),
})
export type Excuse = z.infer<typeof Excuse>

const DEAD: readonly string[] = ['Killed', 'Timeout', 'RuntimeError', 'CompileError']
const ALIVE: readonly string[] = ['Survived', 'NoCoverage']

/** The text between two places of a file. */
const textBetween = (lines: readonly string[], { start, end }: Mutant['location']): string => {
  const first = lines[start.line - 1] ?? ''
  if (start.line === end.line) return first.slice(start.column - 1, end.column - 1)
  const last = lines[end.line - 1] ?? ''
  return [first.slice(start.column - 1), ...lines.slice(start.line, end.line - 1), last.slice(0, end.column - 1)].join(
    '\n',
  )
}

const inOneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').trim()

/** Survivors with what was changed, and the share of all mutants that are dead or excused. */
export const report = (
  mutants: readonly Mutant[],
  excuses: readonly Excuse[],
  root: string,
): { readonly text: string; readonly share: number } => {
  const sources = new Map<string, readonly string[]>()
  const linesOf = (file: string): readonly string[] => {
    const lines = sources.get(file) ?? readFileSync(file, 'utf8').split('\n')
    sources.set(file, lines)
    return lines
  }
  const count = { dead: 0, excused: 0, alive: 0 }
  const survivors: string[] = []
  for (const mutant of mutants) {
    if (DEAD.includes(mutant.status)) count.dead += 1
    if (!ALIVE.includes(mutant.status)) continue
    const file = relative(root, mutant.fileName)
    const original = inOneLine(textBetween(linesOf(mutant.fileName), mutant.location))
    const replacement = inOneLine(mutant.replacement)
    const isExcused = excuses.some(
      (excuse) => excuse.file === file && excuse.original === original && excuse.replacement === replacement,
    )
    if (isExcused) count.excused += 1
    else {
      count.alive += 1
      const uncovered = mutant.status === 'NoCoverage' ? ' (no test comes here)' : ''
      survivors.push(`${file}:${mutant.location.start.line}${uncovered}\n  - ${original}\n  + ${replacement}`)
    }
  }
  const all = count.dead + count.excused + count.alive
  const share = all === 0 ? 1 : (count.dead + count.excused) / all
  const closing = `${all} mutants: ${count.dead} killed, ${count.excused} excused, ${count.alive} survived; ${(share * 100).toFixed(1)} %`
  return { text: [...survivors, closing].join('\n'), share }
}
