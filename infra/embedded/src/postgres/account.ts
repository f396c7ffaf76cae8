import { spawnSync } from 'node:child_process'
import { chownSync, readFileSync } from 'node:fs'

/** The operating system's account that PostgreSQL runs under. */
export interface Account {
  readonly uid: number
  readonly gid: number
}

const accountsInOrder = ['postgres', 'nobody']

/**
 * PostgreSQL refuses to run as root, so root lends it an account that every system has.
 * `undefined`: our own account will do.
 */
export const serverAccount = (): Account | undefined => {
  if (process.getuid?.() !== 0) return undefined
  const entries = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
  const entry = accountsInOrder.flatMap((name) => entries.filter(([found]) => found === name)).at(0)
  if (entry === undefined) {
    throw new Error('PostgreSQL does not run as root, and there is neither a postgres nor a nobody account to lend it')
  }
  return { uid: Number(entry[2]), gid: Number(entry[3]) }
}

/** How a program of PostgreSQL is started: under its account, and from a folder that this account can be in. */
export const runAs = (account: Account | undefined): { cwd: string } & Partial<Account> => ({ cwd: '/', ...account })

/** Asked of the system instead of computed from mode bits: home folders have access lists and network file systems. */
export const canEnter = (account: Account | undefined, folder: string): boolean =>
  account === undefined || spawnSync('sh', ['-c', 'cd -- "$1"', 'sh', folder], runAs(account)).status === 0

export const giveTo = (account: Account | undefined, path: string): void => {
  if (account !== undefined) chownSync(path, account.uid, account.gid)
}
