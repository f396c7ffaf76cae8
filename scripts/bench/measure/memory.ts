import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const SAMPLE_EVERY_MS = 100

const statusMb = (pid: number, field: string): number =>
  Number(new RegExp(`${field}:\\s+([0-9]+)`).exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0) / 1_024

/** The most memory that a process ever held, in MB. */
export const peakMbOf = (pid: number): number => statusMb(pid, 'VmHWM')

/** What a process holds now, in MB. */
export const residentMbOf = (pid: number): number => statusMb(pid, 'VmRSS')

/** The most that a process held while the work lasted, in MB, by looking often. */
export const residentDuring = async (pid: number, work: Promise<unknown>): Promise<number> => {
  let most = residentMbOf(pid)
  let done = false
  const ended = work.finally(() => {
    done = true
  })
  const watch = async (): Promise<void> => {
    while (!done) {
      most = Math.max(most, residentMbOf(pid))
      await sleep(SAMPLE_EVERY_MS)
    }
  }
  await Promise.all([ended, watch()])
  return most
}
