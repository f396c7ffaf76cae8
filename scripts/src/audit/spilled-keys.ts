import { createHash } from 'node:crypto'
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Each is looked through alone, so memory holds one part in so many. */
const PARTS = 256
/** Of one part in memory before it goes to its file. */
const BUFFER_CHARACTERS = 32_768

/** Keys that must not come twice, more of them than memory should hold: they wait on disk, by parts. */
export interface SpilledKeys {
  /** Neither holds a tab or the end of a line. */
  readonly add: (key: string, where: string) => void
  /** Tells of each key that came again: where, and where it was before, in order. */
  readonly eachRepeated: (tell: (key: string, again: string, before: readonly string[]) => void) => void
  readonly dispose: () => void
}

export const createSpilledKeys = (): SpilledKeys => {
  const folder = mkdtempSync(join(tmpdir(), 'registru-audit-'))
  const buffers = new Map<number, string>()
  const written = new Set<number>()
  const fileOf = (part: number): string => join(folder, `${part}`)
  const partOf = (key: string): number => createHash('sha256').update(key).digest().readUInt8() % PARTS

  const linesOf = (part: number): readonly string[] => {
    const stored = written.has(part) ? readFileSync(fileOf(part), 'utf8') : ''
    return `${stored}${buffers.get(part) ?? ''}`.split('\n').slice(0, -1)
  }
  return {
    add: (key, where) => {
      const part = partOf(key)
      const buffer = `${buffers.get(part) ?? ''}${key}\t${where}\n`
      if (buffer.length < BUFFER_CHARACTERS) {
        buffers.set(part, buffer)
        return
      }
      appendFileSync(fileOf(part), buffer)
      written.add(part)
      buffers.delete(part)
    },
    eachRepeated: (tell) => {
      for (let part = 0; part < PARTS; part += 1) {
        const places = new Map<string, readonly string[]>()
        for (const line of linesOf(part)) {
          const [key = '', where = ''] = line.split('\t')
          const before = places.get(key) ?? []
          if (before.length > 0) tell(key, where, before)
          places.set(key, [...before, where])
        }
      }
    },
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  }
}
