import { spawnSync } from 'node:child_process'
import { chownSync, readFileSync } from 'node:fs'
import { userInfo } from 'node:os'

/** The operating system's account that PostgreSQL runs under. */
export interface Account {
  readonly uid: number
  readonly gid: number
}

/** This user, or this system, has nobody whom PostgreSQL would run as. Says so in one sentence. */
export class NoServerAccount extends Error {
  override readonly name = 'NoServerAccount'
}

const accountsInOrder = ['postgres', 'nobody']

/** `initdb` looks its user up by name. @throws NoServerAccount */
const mustBeKnown = (uid: number): void => {
  try {
    userInfo()
  } catch (cause) {
    throw new NoServerAccount(
      `PostgreSQL starts only for a user who has a name, and user id ${uid} has none: run with an entry in /etc/passwd, or set DATABASE_URL.`,
      { cause },
    )
  }
}

/**
 * PostgreSQL refuses to run as root, so root lends it an account that every system has.
 * `undefined`: our own account will do.
 */
export const serverAccount = (): Account | undefined => {
  const uid = process.getuid?.()
  if (uid === undefined) return undefined
  if (uid !== 0) {
    mustBeKnown(uid)
    return undefined
  }
  const entries = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
  const entry = accountsInOrder.flatMap((name) => entries.filter(([found]) => found === name)).at(0)
  if (entry === undefined) {
    throw new NoServerAccount(
      'PostgreSQL does not run as root, and there is neither a postgres nor a nobody account to lend it.',
    )
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
