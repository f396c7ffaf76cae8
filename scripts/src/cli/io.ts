import { InvalidArgumentError } from 'commander'
import { homeFolder, readRunFile } from '../run-file.ts'

/** How a command ended, for scripts that call it. */
export const EXIT = {
  OK: 0,
  /** It was looked, and something is wrong: a difference, a total that does not tie out, a part that is down. */
  FINDING: 1,
  USAGE: 2,
  /** Nothing runs here, or it does not answer. */
  UNREACHABLE: 3,
  /** The API answered, and its answer is no. */
  REFUSED: 4,
  /** Our own mistake. */
  INTERNAL: 70,
} as const
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** What a command may touch of the process that it runs in. */
export interface Io {
  readonly environment: NodeJS.ProcessEnv
  /** The answer: standard output. */
  readonly print: (text: string) => void
  /** Everything else: standard error. */
  readonly say: (text: string) => void
  /** Whether standard error is looked at by somebody. */
  readonly isTerminal: boolean
}

/** Ends a command with an exit code and one sentence, without a stack. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed'
  readonly code: ExitCode

  constructor(code: ExitCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

export interface Connection {
  readonly apiUrl: string
  readonly token: string
}

const NOTHING_RUNS = 'Nothing is running here. Start it with `npm start`'

/**
 * Where the API is: the option, REGISTRU_URL, or the running system of this folder. A token on a command line would be seen by
 * every user of the machine, so it comes from REGISTRU_TOKEN or the run file alone.
 * @throws CommandFailed
 */
export const findApi = ({ environment }: Io, url: string | undefined): Connection => {
  const run = readRunFile(homeFolder(environment))
  const apiUrl = url ?? environment['REGISTRU_URL'] ?? run?.apiUrl
  // A token goes to the system that it belongs to, never to a URL that somebody named beside it.
  const token = environment['REGISTRU_TOKEN'] ?? (apiUrl === run?.apiUrl ? run?.token : undefined)
  if (apiUrl === undefined) {
    throw new CommandFailed(EXIT.UNREACHABLE, `${NOTHING_RUNS}, or name another with --url and REGISTRU_TOKEN.`)
  }
  if (token === undefined) throw new CommandFailed(EXIT.USAGE, `${apiUrl} wants a token: set REGISTRU_TOKEN.`)
  return { apiUrl, token }
}

/** @throws CommandFailed */
export const findEventStore = ({ environment }: Io): string => {
  const url = environment['ESDB_URL'] ?? readRunFile(homeFolder(environment))?.eventStoreUrl
  if (url === undefined) throw new CommandFailed(EXIT.UNREACHABLE, `${NOTHING_RUNS}, or set ESDB_URL.`)
  return url
}

export interface Stores {
  readonly databaseUrl: string
  readonly eventStoreUrl: string
}

/** @throws CommandFailed */
export const findDatabase = ({ environment }: Io): string => {
  const url = environment['DATABASE_URL'] ?? readRunFile(homeFolder(environment))?.databaseUrl
  if (url === undefined) throw new CommandFailed(EXIT.UNREACHABLE, `${NOTHING_RUNS}, or set DATABASE_URL.`)
  return url
}

/** The two stores themselves, for what must not take the API's word. @throws CommandFailed */
export const findStores = ({ environment }: Io): Stores => {
  const run = readRunFile(homeFolder(environment))
  const databaseUrl = environment['DATABASE_URL'] ?? run?.databaseUrl
  const eventStoreUrl = environment['ESDB_URL'] ?? run?.eventStoreUrl
  if (databaseUrl === undefined || eventStoreUrl === undefined) {
    throw new CommandFailed(EXIT.UNREACHABLE, `${NOTHING_RUNS}, or set DATABASE_URL and ESDB_URL.`)
  }
  return { databaseUrl, eventStoreUrl }
}

/** @throws InvalidArgumentError */
export const parseSeconds = (text: string): number => {
  const value = Number(text)
  if (value >= 0) return value
  throw new InvalidArgumentError('Expected a number of seconds.')
}
