import { fork } from 'node:child_process'
import { join } from 'node:path'
import { type Job, Result } from './workload.ts'

export interface Generator {
  readonly run: (job: Job) => Promise<Result>
  readonly stop: () => void
}

/** The generator is a process of its own, so that its work is not counted as, or slowed down by, anybody else's. */
export const startGenerator = (): Generator => {
  const child = fork(join(import.meta.dirname, 'generator.js'))
  const run = (job: Job): Promise<Result> =>
    new Promise((resolve, reject) => {
      const ended = (code: number | null): void => reject(new Error(`the load generator ended with ${code}`))
      child.once('exit', ended)
      child.once('message', (message) => {
        child.off('exit', ended)
        resolve(Result.parse(message))
      })
      child.send(job)
    })
  return { run, stop: () => child.disconnect() }
}
