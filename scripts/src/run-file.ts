import { chmodSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { z } from 'zod'

/** Where the running system is found, and by which token. Read by scripts, the command line and tests. */
export const RunFile = z.object({
  apiUrl: z.url(),
  token: z.string(),
  databaseUrl: z.string(),
  eventStoreUrl: z.string(),
  /** Process ids. What runs elsewhere, by DATABASE_URL or ESDB_URL, is absent. */
  processes: z.record(z.string(), z.int()),
})
export type RunFile = z.infer<typeof RunFile>

const root = resolve(import.meta.dirname, '../../..')

/** The folder of everything that is kept on this machine. */
export const homeFolder = (environment: NodeJS.ProcessEnv): string =>
  resolve(environment['REGISTRU_HOME'] || join(root, '.registru'))

const runFile = (home: string): string => join(home, 'run.json')

/** `undefined`: nothing is running, or not yet. */
export const readRunFile = (home: string): RunFile | undefined =>
  existsSync(runFile(home)) ? RunFile.parse(JSON.parse(readFileSync(runFile(home), 'utf8'))) : undefined

/** A reader sees the old content or the new, never a part. */
export const writeRunFile = (home: string, content: RunFile): void => {
  const unfinished = `${runFile(home)}.${process.pid}`
  writeFileSync(unfinished, `${JSON.stringify(content, undefined, 2)}\n`, { mode: 0o600 })
  chmodSync(unfinished, 0o600)
  renameSync(unfinished, runFile(home))
}

export const removeRunFile = (home: string): void => rmSync(runFile(home), { force: true })
