import { spawn } from 'node:child_process'
import { type LogFile, Ready } from '@registru/runtime'
import { lastWords } from './last-words.ts'
import type { Exit, Running } from './supervise.ts'

/** A projector migrates and reads its first batch before it is ready. */
const readyLimitMs = 60_000

/** Why it failed, for people: the log has the rest. */
export class PartFailed extends Error {
  override readonly name = 'PartFailed'
}

export interface NodeProcessOptions {
  readonly name: string
  readonly script: string
  readonly environment: NodeJS.ProcessEnv
  readonly log: LogFile
  /** Then it is killed; nothing that it acknowledged is lost by that. */
  readonly stopLimitMs: number
}

export interface NodeProcess extends Running {
  /** Where it listens, if it told. */
  readonly url: string | undefined
}

/** Starts a program of ours as a child; fulfilled when it reports that it is ready. */
export const startNodeProcess = (
  { name, script, environment, log, stopLimitMs }: NodeProcessOptions,
  stopping: AbortSignal,
): Promise<NodeProcess> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--enable-source-maps', script], {
      env: environment,
      // A group of its own: Ctrl-C reaches only us, and we stop our children in order.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    for (const output of [child.stdout, child.stderr]) output?.setEncoding('utf8').on('data', log.write)

    // The child stops by itself when we are gone, by the end of the channel between us; this is for a child that hangs.
    const kill = (): boolean => child.kill('SIGKILL')
    process.once('exit', kill)
    const exited = new Promise<Exit>((settle) => {
      child.once('exit', (code, signal) => {
        process.off('exit', kill)
        settle({ ...(code === null ? {} : { code }), reason: signal ?? `exit code ${code}`, tail: log.tail() })
      })
    })
    const stop = async (): Promise<void> => {
      child.kill('SIGTERM')
      const harder = setTimeout(kill, stopLimitMs)
      await exited
      clearTimeout(harder)
    }

    const tooLate = setTimeout(kill, readyLimitMs)
    const giveUp = (): void => void stop()
    stopping.addEventListener('abort', giveUp, { once: true })
    const decided = (): void => {
      clearTimeout(tooLate)
      stopping.removeEventListener('abort', giveUp)
    }
    child.on('message', (message) => {
      const ready = Ready.safeParse(message)
      if (!ready.success || child.pid === undefined) return
      decided()
      resolve({ pid: child.pid, exited, stop, url: ready.data.url })
    })
    child.once('error', reject)
    void exited.then(({ reason, tail }) => {
      decided()
      const said = lastWords(tail)
      const why = said === undefined ? '' : ` It said last: ${said}`
      reject(new PartFailed(`${name} ended before it was ready (${reason}).${why}\nIts log: ${log.path}`))
    })
  })
