import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'

export interface RunningProcess {
  readonly parent: number
  /** The command line; its arguments are separated by NUL where the system keeps them apart. */
  readonly command: string
}

/** `undefined`: there is no such process, or it is none of ours to look at. */
export const findProcess = (pid: number): RunningProcess | undefined => {
  if (existsSync('/proc/self/status')) {
    try {
      const parent = /^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
      return { parent: Number(parent), command: readFileSync(`/proc/${pid}/cmdline`, 'utf8') }
    } catch {
      // It ended while we looked, or never was.
      return undefined
    }
  }
  const { stdout } = spawnSync('ps', ['-o', 'ppid=,command=', '-p', String(pid)], { encoding: 'utf8' })
  const [, parent, command] = /^\s*(\d+)\s+(.*)$/m.exec(stdout) ?? []
  return parent === undefined || command === undefined ? undefined : { parent: Number(parent), command }
}
