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

  const start = async (): Promise<string> => {
    const port = await freePort()
    const child: ChildProcess = fork(MAIN, {
      env: {
        ...process.env,
        DATABASE_URL: databaseUrl,
        ESDB_URL: server.url,
        REGISTRU_TOKEN: API_TOKEN,
        PORT: String(port),
        LOG_LEVEL: 'silent',
      },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    t.teardown(async () => {
      child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    })
    await once(child, 'message')
    return `http://127.0.0.1:${port}`
  }
  const urls = await Promise.all(Array.from({ length: count }, start))
  return { urls, authorization: `Bearer ${API_TOKEN}`, eventStoreUrl: server.url, pool, hostility }
}
