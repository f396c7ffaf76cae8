import { createHash } from 'node:crypto'
import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { z } from 'zod'
import type { Mutant } from './report.ts'

const Place = z.object({ line: z.number(), column: z.number() })

/** A line of the record. Its file is named from the project's root, and its tests by their files. */
const Decided = z.object({
  file: z.string(),
  mutatorName: z.string(),
  replacement: z.string(),
  status: z.string(),
  /** What failed. */
  statusReason: z.string().optional(),
  location: z.object({ start: Place, end: Place }),
  coveredBy: z.array(z.string()).optional(),
  killedBy: z.array(z.string()).optional(),
})
type Decided = z.infer<typeof Decided>

/** A time-out may be the machine's: it is tried again. */
const LASTING: readonly string[] = ['Killed', 'Survived', 'NoCoverage', 'RuntimeError']

export interface Record {
  /** What Stryker reads of an earlier run: it passes over whatever is decided there. */
  readonly reportFile: string
  readonly keep: (mutant: Mutant) => void
}

const FOLDER = '.stryker-tmp'

const keyOf = ({ file, mutatorName, replacement, location: { start, end } }: Omit<Decided, 'status'>): string =>
  JSON.stringify([file, mutatorName, replacement, start.line, start.column, end.line, end.column])

const readLines = (file: string): readonly Decided[] => {
  try {
    // The last line may be cut off.
    const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1)
    return lines.map((line) => Decided.parse(JSON.parse(line)))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}

const reportOf = (decided: readonly Decided[]) => {
  const files = new Set(decided.map(({ file }) => file))
  const tests = new Set(decided.flatMap(({ coveredBy = [], killedBy = [] }) => [...coveredBy, ...killedBy]))
  return {
    schemaVersion: '1.0',
    thresholds: {},
    files: Object.fromEntries(
      [...files].map((of) => {
        const mutants = decided.filter(({ file }) => file === of)
        const numbered = mutants.map((mutant, index) => ({ id: `${index}`, ...mutant }))
        return [of, { language: 'typescript', source: readFileSync(of, 'utf8'), mutants: numbered }]
      }),
    ),
    testFiles: Object.fromEntries([...tests].map((id) => [id, { tests: [{ id, name: id }] }])),
  }
}

/**
 * What is known of the mutants of one sample, a line each, so that a run that was cut off goes on where it stopped. It
 * holds for exactly these sources and tests.
 */
export const openRecord = (root: string, name: string, inputs: readonly string[]): Record => {
  const hash = createHash('sha256')
  for (const input of inputs) hash.update(`${input}\0`).update(readFileSync(input)).update('\0')
  mkdirSync(FOLDER, { recursive: true })
  const base = join(FOLDER, `${name}-${hash.digest('hex').slice(0, 16)}`)
  const [linesFile, reportFile] = [`${base}.jsonl`, `${base}.json`]
  const known = readLines(linesFile).filter(({ status }) => LASTING.includes(status))
  const kept = new Set(known.map(keyOf))
  writeFileSync(linesFile, known.map((line) => `${JSON.stringify(line)}\n`).join(''))
  if (known.length === 0) rmSync(reportFile, { force: true })
  else writeFileSync(reportFile, JSON.stringify(reportOf(known)))

  return {
    reportFile,
    keep: (mutant) => {
      const line = Decided.parse({ ...mutant, file: relative(root, mutant.fileName) })
      if (kept.has(keyOf(line))) return
      kept.add(keyOf(line))
      appendFileSync(linesFile, `${JSON.stringify(line)}\n`)
    },
  }
}
