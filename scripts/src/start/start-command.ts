import { readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { parseArgs } from 'node:util'
import { erasePostgres, freePort, NoServerAccount } from '@registru/embedded'
import { connectEventStore } from '@registru/event-store'
import { ConfigurationError, listenAddress, readConfig, variables } from '@registru/runtime'
import { colors } from '../colors.ts'
import { fileProblem } from '../file-problem.ts'
import { homeFolder, readRunFile } from '../run-file.ts'
import { developmentToken, takeHome } from './home.ts'
import { PartFailed } from './node-process.ts'
import { type Programs, type System, startSystem } from './system.ts'

const help = `Usage: npm start [-- options]

Starts PostgreSQL, the event store, the projector and the API on this machine, and keeps them running until Ctrl-C.

  --reset    erase all data and start from nothing, after asking
  --yes      do not ask
  --help     this text

Environment:
  PORT            of the API; otherwise 7310, or the next free one
  HOST            address that the API listens on, for a container; otherwise 127.0.0.1
  HTTP_WITHOUT_TLS  "allowed": HOST may be reached from elsewhere, because something in front of it speaks TLS
  REGISTRU_HOME   where everything is kept; otherwise .registru in the checkout
  REGISTRU_TOKEN  the token of the API; otherwise one is made up and kept
  DATABASE_URL    use this PostgreSQL instead of starting one
  ESDB_URL        use this EventStoreDB instead of starting an event store
  LOG_LEVEL       of the processes, whose logs are in the folder logs of REGISTRU_HOME; otherwise info`

const defaultPort = 7_310
const portsTried = 100
/** Then whatever still runs is killed: nothing that was acknowledged is lost by that. */
const stopLimitMs = 10_000
/** One Ctrl-C arrives from the terminal and again through npm. */
const sameSignalMs = 1_000
/** As a shell reports a command that was interrupted. */
const exitCodeInterrupted = 130

/** Discovery in a cluster asks several nodes; a person waits no longer. */
const storePatienceMs = 6_000

/** Something the user has to know, without a stack. */
class StartError extends Error {}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer().once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })

const choosePort = async (wanted: number | undefined, print: (line: string) => void): Promise<number> => {
  if (wanted === 0) return freePort()
  if (wanted !== undefined) {
    if (await isFree(wanted)) return wanted
    throw new StartError(`Port ${wanted} is taken by another program: choose another PORT, or leave it out.`)
  }
  for (let port = defaultPort; port < defaultPort + portsTried; port += 1) {
    if (!(await isFree(port))) continue
    if (port !== defaultPort) print(`Port ${defaultPort} is taken by another program: the API uses ${port}.`)
    return port
  }
  throw new StartError(
    `The ports ${defaultPort} to ${defaultPort + portsTried - 1} are all taken: choose one with PORT.`,
  )
}

const agrees = async (question: string): Promise<boolean> => {
  if (!process.stdin.isTTY) {
    throw new StartError('--reset asks before it erases, and there is no terminal to ask: add --yes.')
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  terminal.once('SIGINT', () => process.exit(exitCodeInterrupted))
  const answer = await terminal.question(`${question} [y/N] `)
  terminal.close()
  return /^y(?:es)?$/i.test(answer.trim())
}

const erase = async (home: string, environment: NodeJS.ProcessEnv, sure: boolean): Promise<void> => {
  const elsewhere = ['DATABASE_URL', 'ESDB_URL'].filter((name) => environment[name])
  if (elsewhere.length > 0) {
    throw new StartError(`--reset erases only what is kept here, and ${elsewhere.join(' and ')} names something else.`)
  }
  if (!sure && !(await agrees(`Erase all data in ${home}?`))) throw new StartError('Nothing was erased.')
  await erasePostgres(join(home, 'postgres'))
  for (const entry of readdirSync(home)) if (entry !== 'start.pid') rmSync(join(home, entry), { recursive: true })
}

const screen = (home: string, { run, data }: System): string => {
  const { bold, dim } = colors
  const line = (label: string, text: string): string => `  ${dim(label.padEnd(9))} ${text}`
  const elsewhere = ['postgres', 'event-store'].filter((part) => run.processes[part] === undefined)
  return [
    '',
    bold('Registru is running.'),
    '',
    line('API', `${run.apiUrl}   (try it: ${run.apiUrl}/docs)`),
    line('Token', run.token),
    line('Data', data === undefined || data.startsWith(home) ? home : `${data} and ${home}`),
    line('Logs', join(home, 'logs')),
    ...(elsewhere.length === 0 ? [] : [line('Elsewhere', elsewhere.join(', '))]),
    '',
    line('Next', 'npm run seed, in another terminal: 40 clients, 600 invoices and their payments to look at'),
    line('Stop', 'Ctrl-C'),
    '',
  ].join('\n')
}

/** The first signal stops in order; a later one, or a stop that takes too long, ends it at once. */
const stopOnSignals = (stopping: AbortController): void => {
  let stoppingSince: number | undefined
  const onSignal = (): void => {
    if (stoppingSince !== undefined) {
      if (Date.now() - stoppingSince > sameSignalMs) process.exit(1)
      return
    }
    stoppingSince = Date.now()
    setTimeout(() => process.exit(1), stopLimitMs).unref()
    stopping.abort()
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal)
}

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    // A promise alone does not keep the process alive.
    const alive = setInterval(() => undefined, stopLimitMs)
    const done = (): void => {
      clearInterval(alive)
      resolve()
    }
    if (signal.aborted) done()
    else signal.addEventListener('abort', done, { once: true })
  })

const run = async (home: string, options: { reset: boolean; yes: boolean }, programs: Programs): Promise<void> => {
  const print = (line: string): void => console.log(line)
  const environment = process.env
  const { PORT, REGISTRU_TOKEN, HOST, HTTP_WITHOUT_TLS } = variables
  const config = readConfig(
    { PORT: PORT.optional(), REGISTRU_TOKEN: REGISTRU_TOKEN.optional(), HOST, HTTP_WITHOUT_TLS },
    environment,
  )
  listenAddress(config)
  if (options.reset) await erase(home, environment, options.yes)
  const port = await choosePort(config.PORT, print)
  const token = config.REGISTRU_TOKEN ?? developmentToken(home)
  const controller = new AbortController()
  const stopping = controller.signal
  stopOnSignals(controller)
  print('Starting …')
  try {
    const system = await startSystem({ home, token, port, programs, environment, print, stopping })
    print(screen(home, system))
    await untilAborted(stopping)
    print('Stopping …')
    await system.stop()
  } catch (error) {
    // Interrupted while it was starting: what had started is stopped already.
    if (!stopping.aborted) throw error
  }
}

/** Without it our processes would try again and again, and nothing would say why nothing happens. @throws StartError */
const mustAnswer = async (eventStoreUrl: string): Promise<void> => {
  const store = connectEventStore({ url: eventStoreUrl })
  try {
    await store.ping(storePatienceMs)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new StartError(`The event store of ESDB_URL does not answer: start it, or mend ESDB_URL. It says: ${reason}`)
  } finally {
    await store.dispose()
  }
}

const unwritable = (error: unknown, home: string): string | undefined => {
  const problem = fileProblem(error)
  return (
    problem && `${problem.path ?? home} cannot be written: ${problem.reason}. Set REGISTRU_HOME to a folder that can.`
  )
}

/** Runs until it is told to stop. @returns the exit code. */
export const startCommand = async (
  args: string[],
  programs: Programs,
  isThere: (eventStoreUrl: string) => Promise<void> = mustAnswer,
): Promise<number> => {
  const home = homeFolder(process.env)
  // Whoever read our output may be gone; that is no reason to fall.
  process.stdout.on('error', () => undefined)
  try {
    const flags = { reset: { type: 'boolean' }, yes: { type: 'boolean' }, help: { type: 'boolean' } } as const
    const { help: wantsHelp, reset = false, yes = false } = parseArgs({ args, options: flags }).values
    if (wantsHelp) {
      console.log(help)
      return 0
    }
    const taken = takeHome(home)
    if ('owner' in taken) {
      const where = readRunFile(home)?.apiUrl
      const place = where === undefined ? 'and is about to be ready' : `at ${where}`
      throw new StartError(
        `Registru runs here already, ${place} (process ${taken.owner}). Stop that one first, or set REGISTRU_HOME.`,
      )
    }
    try {
      const eventStoreUrl = process.env['ESDB_URL']
      if (eventStoreUrl && !reset) await isThere(eventStoreUrl)
      await run(home, { reset, yes }, programs)
      return 0
    } finally {
      taken.release()
    }
  } catch (error) {
    const isPlain = [StartError, PartFailed, ConfigurationError, NoServerAccount].some((kind) => error instanceof kind)
    const isUsage = error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
    const refused = unwritable(error, home)
    if (isPlain && error instanceof Error) console.error(error.message)
    else if (refused !== undefined) console.error(refused)
    else if (isUsage) console.error(`${error.message}\n\n${help}`)
    else console.error('Registru could not start:', error)
    return 1
  }
}
