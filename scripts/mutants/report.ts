import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { z } from 'zod'

/** What became of one change of the code. Lines and columns count from 1. */
export interface Mutant {
  readonly fileName: string
  readonly status: string
  readonly statusReason?: string | undefined
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
  /** What else stands on its first line, where the same text may not be replaced elsewhere in the file. */
  within: z.string().optional(),
  reason: z.string().min(1),
})
export type Excuse = z.infer<typeof Excuse>

/** `late`: no test failed, but they came to no end in their time. On a busy machine that may be its fault. */
type Verdict = 'killed' | 'late' | 'excused' | 'survived' | 'uncounted'

const DEAD: readonly string[] = ['Killed', 'RuntimeError', 'CompileError']
const ALIVE: readonly string[] = ['Survived', 'NoCoverage']
/** A loop that goes round a hundred times as often as it did; no clock has a say in it. */
const COUNTED_OUT = /^Hit limit reached/

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

export interface Judge {
  readonly verdictOf: (mutant: Mutant) => Verdict
  /** Where it is, and what was changed. */
  readonly describe: (mutant: Mutant) => string
}

export const createJudge = (excuses: readonly Excuse[], root: string): Judge => {
  const sources = new Map<string, readonly string[]>()
  const linesOf = (file: string): readonly string[] => {
    const lines = sources.get(file) ?? readFileSync(file, 'utf8').split('\n')
    sources.set(file, lines)
    return lines
  }
  const changeOf = (mutant: Mutant) => ({
    file: relative(root, mutant.fileName),
    original: inOneLine(textBetween(linesOf(mutant.fileName), mutant.location)),
    replacement: inOneLine(mutant.replacement),
  })
  return {
    verdictOf: (mutant) => {
      if (DEAD.includes(mutant.status)) return 'killed'
      if (mutant.status === 'Timeout') return COUNTED_OUT.test(mutant.statusReason ?? '') ? 'killed' : 'late'
      if (!ALIVE.includes(mutant.status)) return 'uncounted'
      const { file, original, replacement } = changeOf(mutant)
      const line = linesOf(mutant.fileName)[mutant.location.start.line - 1] ?? ''
      const isExcused = excuses.some(
        (excuse) =>
          excuse.file === file &&
          excuse.original === original &&
          excuse.replacement === replacement &&
          line.includes(excuse.within ?? ''),
      )
      return isExcused ? 'excused' : 'survived'
    },
    describe: (mutant) => {
      const { file, original, replacement } = changeOf(mutant)
      const uncovered = mutant.status === 'NoCoverage' ? ' (no test comes here)' : ''
      return `${file}:${mutant.location.start.line}${uncovered}\n  - ${original}\n  + ${replacement}`
    },
  }
}

/** The survivors, and the share of all mutants that are dead or excused. */
export const report = (
  mutants: readonly Mutant[],
  { verdictOf, describe }: Judge,
): { readonly text: string; readonly share: number } => {
  const of = (verdict: Verdict): readonly Mutant[] => mutants.filter((mutant) => verdictOf(mutant) === verdict)
  const [killed, late, excused, survived] = [of('killed'), of('late'), of('excused'), of('survived')]
  const good = killed.length + late.length + excused.length
  const all = good + survived.length
  const share = all === 0 ? 1 : good / all
  const closing =
    `${all} mutants: ${killed.length} killed, ${late.length} more by time-out, ${excused.length} excused, ` +
    `${survived.length} survived; ${(share * 100).toFixed(1)} %`
  return { text: [...survived.map(describe), closing].join('\n'), share }
}
