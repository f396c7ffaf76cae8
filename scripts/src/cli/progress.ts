import { SingleBar } from 'cli-progress'
import type { Io } from './io.ts'

export interface Progress {
  /** How far it is, how far it goes, and how many things it has done. */
  readonly update: (value: bigint, total: bigint, count?: number) => void
  readonly stop: () => void
}

const MS_A_SECOND = 1_000
/** Where nobody looks, a line now and then is enough for a log. */
const LINE_EVERY_MS = 10_000
/** More often than anybody can read would only cost time. */
const UPDATE_EVERY_MS = 100

/** Shows long work on standard error: how much is done, how fast, how long it will take. */
export const showProgress = ({ isTerminal, say }: Io, what: string): Progress => {
  const format = `${what} {bar} {percentage} %, {note}`
  const bar = isTerminal ? new SingleBar({ format, hideCursor: true, clearOnComplete: true }) : undefined
  const startedAt = performance.now()
  let shownAt = startedAt
  let from: bigint | undefined
  bar?.start(1, 0, { note: '' })
  return {
    update: (value, total, count) => {
      const now = performance.now()
      from ??= value
      if (now - shownAt < (isTerminal ? UPDATE_EVERY_MS : LINE_EVERY_MS)) return
      shownAt = now
      const seconds = (now - startedAt) / MS_A_SECOND
      const done = Number(value - from)
      const left = done === 0 ? '?' : Math.ceil((seconds * Number(total - value)) / done).toLocaleString('en')
      const rate = count === undefined ? '' : `${Math.round(count / seconds).toLocaleString('en')} a second, `
      const note = `${rate}${left} s left`
      const percent = total === 0n ? 100 : Math.floor((100 * Number(value)) / Number(total))
      if (bar === undefined) say(`${what}: ${percent} %, ${note}`)
      else {
        bar.setTotal(Number(total))
        bar.update(Number(value), { note })
      }
    },
    stop: () => bar?.stop(),
  }
}
