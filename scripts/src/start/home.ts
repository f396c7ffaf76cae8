import { randomBytes } from 'node:crypto'
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findProcess } from '@registru/runtime'

const tokenBytes = 24

/** Kept from start to start, so that what was copied into a terminal yesterday works today. */
export const developmentToken = (home: string): string => {
  const file = join(home, 'token')
  if (existsSync(file)) return readFileSync(file, 'utf8')
  const token = randomBytes(tokenBytes).toString('base64url')
  writeFileSync(file, token, { mode: 0o600 })
  return token
}

const lockFile = (home: string): string => join(home, 'start.pid')

const linkIfAbsent = (from: string, to: string): boolean => {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

/** The id may have been given to another program since: ours says in its command line that it starts something. */
const isStart = (pid: number): boolean => pid !== process.pid && (findProcess(pid)?.command.includes('start') ?? false)

/**
 * Makes the folder this process' own, until `release`.
 * @returns the id of the process that has it already, instead of `release`.
 */
export const takeHome = (home: string): { readonly release: () => void } | { readonly owner: number } => {
  mkdirSync(home, { recursive: true })
  const own = `${lockFile(home)}.${process.pid}`
  writeFileSync(own, String(process.pid))
  try {
    // A link appears with its content or not at all, and never in the place of another.
    while (!linkIfAbsent(own, lockFile(home))) {
      const owner = Number(readFileSync(lockFile(home), 'utf8'))
      if (isStart(owner)) return { owner }
      rmSync(lockFile(home), { force: true })
    }
  } finally {
    rmSync(own)
  }
  return { release: () => rmSync(lockFile(home), { force: true }) }
}
