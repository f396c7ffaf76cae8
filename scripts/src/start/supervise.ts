import { setTimeout as sleep } from 'node:timers/promises'
import { lastWords } from './last-words.ts'

export interface Exit {
  /** The signal or the exit code, for people. */
  readonly reason: string
  readonly code?: number
  /** What it said last. */
  readonly tail: string
}

export interface Running {
  readonly pid: number
  /** Fulfilled when it is gone, wanted or not. */
  readonly exited: Promise<Exit>
  readonly stop: () => Promise<void>
}

export interface Part {
  readonly name: string
  /** The file that keeps what it says. */
  readonly log: string
  /** Fulfilled when it does its work. Gives up when the signal is aborted. */
  readonly start: (stopping: AbortSignal) => Promise<Running>
}

export interface Supervisor {
  /** Aborted when everything is to stop: from then on nothing is started any more. */
  readonly stopping: AbortSignal
  readonly print: (line: string) => void
  readonly onChange: (part: string, pid: number | undefined) => void
}

/** The first failure may be a chance; something that dies again and again is given time. */
const firstDelayMs = 200
const delayMaxMs = 10_000
/** Whatever ran this long had started well. */
const steadyAfterMs = 30_000
/** By convention of sysexits a configuration error, here also a projector whose store is another: nothing heals it. */
const exitCodeForGood = 78

const describe = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Starts a part and keeps it running: whenever it dies it is started again, later and later. */
export const supervise = async (part: Part, { stopping, print, onChange }: Supervisor) => {
  let running: Running | undefined
  let delayMs = firstDelayMs

  const startAgain = async (): Promise<Running | undefined> => {
    while (!stopping.aborted) {
      await sleep(delayMs, undefined, { signal: stopping }).catch(() => undefined)
      if (stopping.aborted) return undefined
      delayMs = Math.min(delayMs * 2, delayMaxMs)
      try {
        return await part.start(stopping)
      } catch (error) {
        if (!stopping.aborted)
          print(`${part.name} does not start, next attempt in ${delayMs / 1000} s: ${describe(error)}`)
      }
    }
    return undefined
  }

  const live = async (first: Running): Promise<void> => {
    for (let next: Running | undefined = first; next !== undefined; next = await startAgain()) {
      running = next
      onChange(part.name, next.pid)
      if (next !== first) print(`${part.name} runs again (process ${next.pid}).`)
      const startedAt = Date.now()
      const { reason, code, tail } = await next.exited
      running = undefined
      if (stopping.aborted) return
      // Killed from outside, it has nothing to say about it.
      const said = code === undefined ? undefined : lastWords(tail)
      const why = said === undefined ? '' : `\n    It said last: ${said}\n    Its log: ${part.log}`
      if (code === exitCodeForGood) {
        onChange(part.name, undefined)
        return print(`${part.name} has stopped for good (${reason}): it needs a decision of yours.${why}`)
      }
      if (Date.now() - startedAt > steadyAfterMs) delayMs = firstDelayMs
      print(`${part.name} died (${reason}), it is started again in ${delayMs / 1000} s.${why}`)
    }
  }

  const life = live(await part.start(stopping))
  return {
    stop: async (): Promise<void> => {
      await running?.stop()
      await life
    },
  }
}
