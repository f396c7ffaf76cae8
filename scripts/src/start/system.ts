import { join } from 'node:path'
import { freePort, type PostgresServer, startPostgres } from '@registru/embedded'
import { createPool, type LogFile, openLogFile } from '@registru/runtime'
import { type RunFile, removeRunFile, writeRunFile } from '../run-file.ts'
import { startNodeProcess } from './node-process.ts'
import { type Part, supervise } from './supervise.ts'

/** Four parts stop one after another, within ten seconds in all. A command may take the API five to answer. */
const STOP_LIMITS_MS: Readonly<Record<keyof Programs, number>> = { api: 5_200, projector: 1_400, 'event-store': 1_400 }

/** The compiled main modules. */
export interface Programs {
  readonly 'event-store': string
  readonly projector: string
  readonly api: string
}

export interface SystemOptions {
  readonly home: string
  readonly token: string
  readonly port: number
  readonly programs: Programs
  /** DATABASE_URL and ESDB_URL in it mean that those parts run elsewhere. */
  readonly environment: NodeJS.ProcessEnv
  readonly print: (line: string) => void
  readonly stopping: AbortSignal
}

export interface System {
  readonly run: RunFile
  /** Where PostgreSQL keeps the data, if it runs here. */
  readonly data: string | undefined
  /** The last one started first. */
  readonly stop: () => Promise<void>
}

const databaseName = 'registru'

const createDatabaseIfMissing = async (server: PostgresServer): Promise<void> => {
  const onIdleError = (): void => undefined
  const pool = createPool({ url: server.url(), connectionsMax: 1, applicationName: 'start', onIdleError })
  try {
    const { rowCount } = await pool.query('select from pg_database where datname = $1', [databaseName])
    if (rowCount === 0) await pool.query(`create database ${databaseName}`)
    // A login of a BI tool has no business in the server's other databases, where everybody may make temporary tables.
    await pool.query('revoke connect, temporary on database postgres, template1 from public')
  } finally {
    await pool.end()
  }
}

/** Starts what does not run elsewhere, each part when those before it do their work, and keeps it running. */
export const startSystem = async (options: SystemOptions): Promise<System> => {
  const { home, token, port, programs, environment, print } = options
  // Also when something does not start: then the others must not be started again.
  const ending = new AbortController()
  const stopping = AbortSignal.any([options.stopping, ending.signal])
  const processes: Record<string, number> = {}
  const logs: LogFile[] = []
  const started: { stop: () => Promise<void> }[] = []
  let run: RunFile | undefined

  const onChange = (part: string, pid: number | undefined): void => {
    if (pid === undefined) delete processes[part]
    else processes[part] = pid
    if (run !== undefined && !stopping.aborted) writeRunFile(home, run)
  }
  /** All at the same time; the last one is the first to be stopped. */
  const keep = async (...parts: Part[]): Promise<void> => {
    const results = await Promise.allSettled(parts.map((part) => supervise(part, { stopping, print, onChange })))
    for (const result of results) if (result.status === 'fulfilled') started.push(result.value)
    for (const result of results) if (result.status === 'rejected') throw result.reason
  }
  const stop = async (): Promise<void> => {
    ending.abort()
    removeRunFile(home)
    for (const part of started.toReversed()) await part.stop()
    for (const log of logs) log.close()
  }

  const logPath = (name: string): string => join(home, 'logs', `${name}.log`)
  const { PORT: _port, REGISTRU_TOKEN: _token, ...inherited } = environment
  const nodePart = (
    name: keyof Programs,
    own: NodeJS.ProcessEnv,
    onUrl = (_url: string | undefined): void => undefined,
  ): Part => {
    const log = openLogFile(logPath(name))
    logs.push(log)
    const start = async (signal: AbortSignal) => {
      const program = {
        name,
        script: programs[name],
        environment: { ...inherited, ...own },
        log,
        stopLimitMs: STOP_LIMITS_MS[name],
      }
      const child = await startNodeProcess(program, signal)
      onUrl(child.url)
      return child
    }
    return { name, log: log.path, start }
  }

  const postgres = async (): Promise<{ url: string; data: string | undefined }> => {
    const given = environment['DATABASE_URL']
    if (given) return { url: given, data: undefined }
    let server: PostgresServer | undefined
    const start = async (): Promise<PostgresServer> => {
      // On the port of the first time, so that the others find it again.
      const place = server === undefined ? {} : { port: server.port }
      server = await startPostgres({ folder: join(home, 'postgres'), logFile: logPath('postgres'), ...place })
      await createDatabaseIfMissing(server)
      return server
    }
    await keep({ name: 'postgres', log: logPath('postgres'), start })
    if (server === undefined) throw new Error('PostgreSQL did not start')
    return { url: server.url(databaseName), data: server.data }
  }

  const eventStore = async (databaseUrl: string): Promise<string> => {
    const given = environment['ESDB_URL']
    if (given) return given
    const eventStorePort = String(await freePort())
    const place = { EVENT_STORE_DATABASE_URL: databaseUrl, EVENT_STORE_PORT: eventStorePort }
    // For the seed, which has a year to tell; the store refuses it in production.
    const door = environment['NODE_ENV'] === 'production' ? {} : { EVENT_STORE_DEVELOPMENT_CLOCK: 'true' }
    await keep(nodePart('event-store', { ...place, ...door }))
    return `esdb://127.0.0.1:${eventStorePort}?tls=false`
  }

  try {
    removeRunFile(home)
    const { url: databaseUrl, data } = await postgres()
    const eventStoreUrl = await eventStore(databaseUrl)
    const stores = { DATABASE_URL: databaseUrl, ESDB_URL: eventStoreUrl }
    let apiUrl = `http://127.0.0.1:${port}`
    const api = nodePart('api', { ...stores, REGISTRU_TOKEN: token, PORT: String(port) }, (url) => {
      apiUrl = url ?? apiUrl
    })
    await keep(nodePart('projector', stores), api)
    run = { apiUrl, token, databaseUrl, eventStoreUrl, processes }
    writeRunFile(home, run)
    return { run, data, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
