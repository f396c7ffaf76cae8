import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Account, giveTo, runAs } from './account.ts'

const passwordBytes = 24
export const superuser = 'registru'

/** A database cluster on disk. */
export interface Cluster {
  readonly data: string
  readonly password: string
}

/** Code point order, and upper and lower case of every script, on any machine: no library of the system decides. */
const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']

const storedPassword = (folder: string, isNew: boolean): string => {
  const file = join(folder, 'password')
  if (existsSync(file)) return readFileSync(file, 'utf8')
  if (!isNew) throw new Error(`${file} is missing: put it back, or start from nothing with npm start -- --reset`)
  const password = randomBytes(passwordBytes).toString('base64url')
  writeFileSync(file, password, { mode: 0o600 })
  return password
}

/** The cluster in the folder, created if there is none. An interrupted creation leaves nothing that looks like one. */
export const openCluster = async (
  folder: string,
  binaries: string,
  account: Account | undefined,
  durable: boolean,
): Promise<Cluster> => {
  const data = join(folder, 'data')
  const isNew = !existsSync(join(data, 'PG_VERSION'))
  const password = storedPassword(folder, isNew)
  if (!isNew) return { data, password }

  const nursery = join(folder, 'new')
  rmSync(nursery, { recursive: true, force: true })
  mkdirSync(nursery, { mode: 0o700 })
  giveTo(account, nursery)
  const passwordFile = join(nursery, 'password')
  writeFileSync(passwordFile, password, { mode: 0o600 })
  giveTo(account, passwordFile)
  const unfinished = join(nursery, 'data')
  const identity = [`--username=${superuser}`, `--pwfile=${passwordFile}`, '--auth=scram-sha-256', '--data-checksums']
  const synced = durable ? [] : ['--no-sync']
  const args = [`--pgdata=${unfinished}`, ...identity, ...locale, ...synced]
  await promisify(execFile)(join(binaries, 'initdb'), args, runAs(account))
  renameSync(unfinished, data)
  rmSync(nursery, { recursive: true })
  return { data, password }
}
