import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Account, canEnter } from './account.ts'

/**
 * Where root keeps what the server's account could not read in a private home folder. Only root can write here; a place
 * under /tmp or /var/tmp could be prepared by anybody beforehand, and is emptied by the system after some weeks.
 */
export const systemFolder = (): string => {
  const folder = '/var/lib/registru'
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  return folder
}

/**
 * The wanted folder, or its stand-in when the server's account cannot come there. It exists afterwards.
 * The wanted folder remembers its stand-in: who removes the one starts from nothing, and does not find the other again.
 */
export const folderFor = (account: Account | undefined, wanted: string): string => {
  const folder = resolve(wanted)
  mkdirSync(folder, { recursive: true })
  if (canEnter(account, folder)) return folder
  const reference = join(folder, 'moved-to')
  if (existsSync(reference)) return readFileSync(reference, 'utf8')
  const standIn = mkdtempSync(join(systemFolder(), 'data-'))
  chmodSync(standIn, 0o755)
  writeFileSync(reference, standIn)
  return standIn
}
