import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { findProcess } from '@registru/runtime'

/** A fast stop writes a checkpoint; a slow disk with a full buffer may take this long. */
const fastStopMs = 10_000
const pollMs = 50

const goneWithin = async (pid: number, limitMs: number): Promise<boolean> => {
  const deadline = Date.now() + limitMs
  while (findProcess(pid) !== undefined) {
    if (Date.now() > deadline) return false
    await sleep(pollMs)
  }
  return true
}

const supervisorFile = (folder: string): string => join(folder, 'supervisor.pid')

/** Written before the server starts, so that whoever comes later can tell an orphan from a server in use. */
export const claim = (folder: string): void => writeFileSync(supervisorFile(folder), String(process.pid))

/**
 * Makes the way free for a new server: stops the one whose supervisor was killed.
 * @throws when the server is in use by a living supervisor.
 */
export const stopOrphan = async (folder: string, data: string): Promise<void> => {
  const pidFile = join(data, 'postmaster.pid')
  if (!existsSync(pidFile)) return
  const content = readFileSync(pidFile, 'utf8')
  const pid = Number(content.split('\n', 1)[0])
  const found = findProcess(pid)
  if (found === undefined) return
  if (!found.command.includes(data)) {
    // Another program was given the id of a server that died with the machine. PostgreSQL would take it for a server and
    // refuse; it knows the id of its own parent to be no server, and goes on to look for leftover backends.
    writeFileSync(pidFile, content.replace(/^\d+/, String(process.pid)))
    return
  }
  const supervisor = existsSync(supervisorFile(folder))
    ? Number(readFileSync(supervisorFile(folder), 'utf8'))
    : undefined
  // A process whose parent died has another parent now, whoever bears the old id.
  if (found.parent === supervisor) throw new Error(`The PostgreSQL in ${folder} is in use by process ${supervisor}`)
  process.kill(pid, 'SIGINT')
  if (await goneWithin(pid, fastStopMs)) return
  process.kill(pid, 'SIGQUIT')
  if (!(await goneWithin(pid, fastStopMs)))
    throw new Error(`The PostgreSQL in ${folder}, process ${pid}, does not stop`)
}
