import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { erasePostgres, freePort } from '@registru/embedded'
import { createPool, type LogFile, openLogFile } from '@registru/runtime'
import type { RunFile } from '@registru/scripts/run-file'
import { type NodeProcess, startNodeProcess } from '@registru/scripts/start/node-process'
import { type Programs, startSystem } from '@registru/scripts/start/system'

const STOP_LIMIT_MS = 5_000

const root = resolve(import.meta.dirname, '../../../..')

export const programs: Programs & { readonly registru: string } = {
  'event-store': join(root, 'infra/embedded/dist/src/event-store/main.js'),
  projector: join(root, 'services/projector/dist/src/main.js'),
  api: join(root, 'services/api/dist/src/main.js'),
  registru: join(root, 'scripts/dist/src/registru.js'),
}

export interface TemporarySystem {
  /** Holds the run file, so scripts find the system by REGISTRU_HOME. */
  readonly home: string
  readonly run: RunFile
  /** Creates a database on the same PostgreSQL. */
  readonly createDatabase: (name: string) => Promise<string>
  /** Starts one more program of ours beside the system; `stop` ends it too. */
  readonly startProcess: (name: string, script: string, environment: NodeJS.ProcessEnv) => Promise<NodeProcess>
  readonly stop: () => Promise<void>
}

/** A whole system of its own in a temporary folder, durable as the real one, gone without trace afterwards. */
export const startTemporarySystem = async (print: (line: string) => void): Promise<TemporarySystem> => {
  const home = mkdtempSync(join(tmpdir(), 'registru-bench-'))
  // Started by root, the database server runs under another account, which must come here.
  chmodSync(home, 0o755)
  const stopping = new AbortController()
  const { DATABASE_URL: _database, ESDB_URL: _store, ...inherited } = process.env
  // Neither we nor the alternatives write a line a request.
  const environment = { ...inherited, LOG_LEVEL: 'warn' }
  const logs: LogFile[] = []
  const others: NodeProcess[] = []
  const port = await freePort()
  const system = await startSystem({
    home,
    token: 'a-token-of-the-benchmark',
    port,
    programs,
    environment,
    print,
    stopping: stopping.signal,
  })

  const createDatabase = async (name: string): Promise<string> => {
    const pool = createPool({
      url: system.run.databaseUrl,
      connectionsMax: 1,
      applicationName: 'bench',
      onIdleError: () => undefined,
    })
    await pool.query(`create database ${name}`)
    await pool.end()
    const url = new URL(system.run.databaseUrl)
    url.pathname = `/${name}`
    return url.href
  }

  const startProcess: TemporarySystem['startProcess'] = async (name, script, own) => {
    const log = openLogFile(join(home, 'logs', `${name}.log`))
    logs.push(log)
    const child = await startNodeProcess(
      { name, script, environment: { ...environment, ...own }, log, stopLimitMs: STOP_LIMIT_MS },
      stopping.signal,
    )
    others.push(child)
    return child
  }

  const stop = async (): Promise<void> => {
    for (const child of others) await child.stop()
    await system.stop()
    for (const log of logs) log.close()
    await erasePostgres(join(home, 'postgres'))
    rmSync(home, { recursive: true, force: true })
  }
  return { home, run: system.run, createDatabase, startProcess, stop }
}
