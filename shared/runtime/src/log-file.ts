import { closeSync, existsSync, mkdirSync, openSync, renameSync, statSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

/** Two files of this size are kept, the present one and the one before: enough to look back, never a full disk. */
const logBytesMax = 8 * 1024 * 1024
/** What is worth showing on a terminal when a process has died. */
const tailLinesMax = 12
const tailCharactersMax = 8_000

export interface LogFile {
  readonly path: string
  readonly write: (text: string) => void
  /** The last lines written through this object. */
  readonly tail: () => string
  readonly close: () => void
}

const bytesOf = (path: string): number => (existsSync(path) ? statSync(path).size : 0)

/**
 * A log of bounded size for what a child process says: `<path>`, and `<path>.1` for what came before.
 * Readable by its owner only, since a log may tell of people.
 */
export const openLogFile = (path: string, bytesMax = logBytesMax): LogFile => {
  mkdirSync(dirname(path), { recursive: true })
  let recent = ''
  let bytes = 0
  const open = (): number => {
    bytes = bytesOf(path)
    return openSync(path, 'a', 0o600)
  }
  let file = open()
  const rotate = (): void => {
    closeSync(file)
    renameSync(path, `${path}.1`)
    file = open()
  }
  return {
    path,
    write(text) {
      if (bytes > bytesMax) rotate()
      bytes += writeSync(file, text)
      recent = (recent + text).slice(-tailCharactersMax)
    },
    tail: () => recent.trimEnd().split('\n').slice(-tailLinesMax).join('\n'),
    close: () => closeSync(file),
  }
}
