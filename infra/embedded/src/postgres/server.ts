import { type ChildProcess, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type LogFile, openLogFile } from '@registru/runtime'
import { type Account, runAs, serverAccount } from './account.ts'
import { binariesFor } from './binaries.ts'
import { openCluster, superuser } from './cluster.ts'
import { folderFor } from './folders.ts'
import { claim, stopOrphan } from './orphan.ts'

/** Backends of a killed server notice within a second or two; longer means that something else holds the folder. */
const leftoversMaxMs = 30_000
const retryMs = 200
/** After this a fast stop becomes an immediate one: nothing committed is lost, the next start replays the log. */
const fastStopMs = 3_000
const saidCharactersMax = 8_000

export interface PostgresOptions {
  /** Holds the cluster, its password and its log. */
  readonly folder: string
  /** Absent: a free one. */
  readonly port?: number
  /** Absent: in the folder. */
  readonly logFile?: string
  /** `false` only for data that may be lost with the machine: tests. */
  readonly durable?: boolean
}

export interface PostgresExit {
  readonly reason: string
  /** What the server said last. */
  readonly tail: string
}

export interface PostgresServer {
  readonly url: (database?: string) => string
  readonly port: number
  readonly pid: number
  /** Where the data really is: not below the wanted folder when the server's account cannot come there. */
  readonly data: string
  /** Fulfilled when the server is gone, wanted or not. */
  readonly exited: Promise<PostgresExit>
  /** Disconnects everybody and stops in good order. */
  readonly stop: () => Promise<void>
}

const settings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '100',
  shared_buffers: '256MB',
  max_wal_size: '2GB',
  // A statement whose client was killed gives its locks back at once, and not when it has ended.
  client_connection_check_interval: '1s',
  timezone: 'UTC',
  log_timezone: 'UTC',
}

const settingsOfThrowAway = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
}

/** Below those that systems give to connections on their way out: nobody else is given one of these by chance. */
const PORTS_OF_OURS = { from: 20_000, to: 32_768 }
const PORTS_TRIED = 100

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer().once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })

/** For a server that is started, and started again, on it later: it is still free then. */
export const freePort = async (): Promise<number> => {
  for (let tried = 0; tried < PORTS_TRIED; tried += 1) {
    const port = randomInt(PORTS_OF_OURS.from, PORTS_OF_OURS.to)
    if (await isFree(port)) return port
  }
  throw new Error('No free port')
}

/** The server could not start for a reason that a later attempt may not meet. */
class NotYet extends Error {}

interface Launched {
  readonly child: ChildProcess
  readonly pid: number
  readonly exited: Promise<string>
}

/** Fulfilled when the server accepts connections, however long it replays its log after a crash. */
const launch = (program: string, args: string[], account: Account | undefined, log: LogFile): Promise<Launched> =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      ...runAs(account),
      // A group of its own: Ctrl-C reaches only the supervisor, which stops its children in order.
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const { pid } = child
    const exited = new Promise<string>((settle) => {
      child.once('exit', (code, signal) => settle(signal === null ? `exit code ${code}` : signal))
    })
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      // Read to the end of its life: a server whose messages nobody takes stands still.
      log.write(text)
      said = (said + text).slice(-saidCharactersMax)
      if (pid !== undefined && said.includes('ready to accept connections')) resolve({ child, pid, exited })
    })
    child.once('error', reject)
    child.once('close', () => {
      const Failure = /lock file|shared memory block|could not bind|could not create any TCP/.test(said)
        ? NotYet
        : Error
      reject(new Failure(`PostgreSQL did not start:\n${said.trim()}`))
    })
  })

/**
 * Stops the server when our process is gone, however it went: the pipe between us and the shell breaks with our end.
 */
const tieToOurLife = ({ pid, exited }: Launched, account: Account | undefined): void => {
  const watcher = spawn('sh', ['-c', 'read -r _; kill -INT "$1"', 'sh', String(pid)], {
    ...runAs(account),
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  watcher.unref()
  watcher.stdin.on('error', () => undefined)
  void exited.then(() => watcher.kill('SIGKILL'))
}

/** Starts the server over the folder's data, which it creates the first time. Recovers whatever a kill left behind. */
export const startPostgres = async (options: PostgresOptions): Promise<PostgresServer> => {
  const { folder, port, durable = true } = options
  const account = serverAccount()
  const binaries = binariesFor(account)
  const home = folderFor(account, folder)
  const { data, password } = await openCluster(home, binaries, account, durable)
  await stopOrphan(home, data)
  claim(home)
  const log = openLogFile(options.logFile ?? join(home, 'server.log'))
  const flags = Object.entries(durable ? settings : { ...settings, ...settingsOfThrowAway })

  const attempt = async (): Promise<[Launched, number]> => {
    const chosen = port ?? (await freePort())
    const args = ['-D', data, '-p', String(chosen), ...flags.flatMap(([name, value]) => ['-c', `${name}=${value}`])]
    return [await launch(join(binaries, 'postgres'), args, account, log), chosen]
  }
  const attemptUntil = async (deadline: number): Promise<[Launched, number]> => {
    try {
      return await attempt()
    } catch (error) {
      if (!(error instanceof NotYet) || Date.now() > deadline) throw error
      await sleep(retryMs)
      return attemptUntil(deadline)
    }
  }

  const [launched, chosen] = await attemptUntil(Date.now() + leftoversMaxMs)
  tieToOurLife(launched, account)
  launched.child.once('close', log.close)
  const exited = launched.exited.then((reason) => ({ reason, tail: log.tail() }))
  const stop = async (): Promise<void> => {
    launched.child.kill('SIGINT')
    const harder = setTimeout(() => launched.child.kill('SIGQUIT'), fastStopMs)
    await exited
    clearTimeout(harder)
  }
  return {
    url: (database = 'postgres') => `postgres://${superuser}:${password}@127.0.0.1:${chosen}/${database}`,
    port: chosen,
    pid: launched.pid,
    data,
    exited,
    stop,
  }
}

/** Removes the cluster with all its data. @throws when it is in use. */
export const erasePostgres = async (folder: string): Promise<void> => {
  const home = folderFor(serverAccount(), folder)
  await stopOrphan(home, join(home, 'data'))
  for (const part of new Set([home, folder])) rmSync(part, { recursive: true, force: true })
}
