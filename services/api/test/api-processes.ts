import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createHostility, freePort, type Hostility, startEventStore } from '@registru/embedded'
import { allProjections, ensureSchemas, switchReadViews } from '@registru/projections'
import type { Pool } from '@registru/runtime'
import { createTestDatabase } from '@registru/runtime/testing'
import type { Test } from 'tap'
import { openPool } from './api.ts'

const MAIN = join(import.meta.dirname, '../src/main.js')
const API_TOKEN = 'a-token-of-processes'
/** Another process learns of a policy or a closed period within a second. */
export const RULES_AGE_MS = 1_200

export interface ApiProcesses {
  /** Of each process, in no order that means anything. */
  readonly urls: readonly string[]
  readonly authorization: string
  readonly eventStoreUrl: string
  /** Of the read models, which nobody projects by himself. */
  readonly pool: Pool
  readonly hostility: Hostility
  /** Ends a process in the middle of whatever it does (kill -9), and starts another one in its place. */
  readonly crash: (place: number) => Promise<void>
}

const kill = async (child: ChildProcess): Promise<void> => {
  child.kill('SIGKILL')
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
}

/** API processes as they run in production, over one embedded event store and one database. */
export const startApiProcesses = async (t: Test, count: number): Promise<ApiProcesses> => {
  const databaseUrl = await createTestDatabase(t)
  const pool = openPool(t, databaseUrl)
  const connection = await pool.connect()
  await ensureSchemas(connection, allProjections)
  await switchReadViews(connection, allProjections)
  connection.release()
  const hostility = createHostility()
  const server = await startEventStore({ databaseUrl, hostile: hostility })
  t.teardown(() => server.stop())

  const start = async (port: number): Promise<ChildProcess> => {
    const child = fork(MAIN, {
      env: {
        ...process.env,
        DATABASE_URL: databaseUrl,
        ESDB_URL: server.url,
        REGISTRU_TOKEN: API_TOKEN,
        PORT: String(port),
        // LOG_LEVEL=warn shows why a process does not answer.
        LOG_LEVEL: process.env['LOG_LEVEL'] ?? 'silent',
      },
      stdio: ['ignore', 2, 'inherit', 'ipc'],
    })
    t.teardown(() => kill(child))
    await once(child, 'message')
    return child
  }
  const ports = await Promise.all(Array.from({ length: count }, freePort))
  const children = await Promise.all(ports.map(start))
  const crash = async (place: number): Promise<void> => {
    const [child, port] = [children[place], ports[place]]
    if (child === undefined || port === undefined) throw new Error(`there is no process ${place}`)
    await kill(child)
    children[place] = await start(port)
  }
  const urls = ports.map((port) => `http://127.0.0.1:${port}`)
  return { urls, authorization: `Bearer ${API_TOKEN}`, eventStoreUrl: server.url, pool, hostility, crash }
}
