import { z } from 'zod'

/** What is wrong with the environment, variable by variable. Never holds a value: it could be a secret. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError'
  readonly variables: readonly string[]

  constructor(problems: readonly { readonly variable: string; readonly message: string }[]) {
    super(`Wrong configuration:\n${problems.map(({ variable, message }) => `  ${variable}: ${message}`).join('\n')}`)
    this.variables = problems.map(({ variable }) => variable)
  }
}

/** As for wrong usage. */
const EXIT_CONFIGURATION = 2

const portMax = 65_535
/** Shorter could be guessed. */
const tokenCharactersMin = 16

/** The variables that more than one process reads; each process picks the ones it needs. */
export const variables = {
  DATABASE_URL: z.url({
    protocol: /^postgres(?:ql)?$/,
    error: 'expected a URL like postgres://user:password@host:5432/db',
  }),
  ESDB_URL: z
    .string()
    .regex(/^(?:esdb|kurrentdb)(?:\+discover)?:\/\//, 'expected a URL like esdb://host:2113?tls=true'),
  REGISTRU_TOKEN: z.string().min(tokenCharactersMin, `expected at least ${tokenCharactersMin} characters`),
  /** 0: a free one. */
  PORT: z.coerce.number('expected a port number').int().min(0).max(portMax),
  /** Where a process listens; elsewhere than on loopback only with `HTTP_WITHOUT_TLS`. */
  HOST: z
    .union(
      [z.ipv4(), z.ipv6(), z.literal('localhost')],
      'expected an address of this machine, like 127.0.0.1 or 0.0.0.0',
    )
    .default('127.0.0.1'),
  /** The token crosses the network in the clear unless something in front speaks TLS: that has to be said. */
  HTTP_WITHOUT_TLS: z
    .enum(['allowed'], 'expected "allowed", where a proxy in front speaks TLS, or leave it out')
    .optional(),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
}

const LOOPBACK = /^(?:127\.|::1$|localhost$)/

/**
 * The address to listen on.
 * @throws ConfigurationError where others could reach it and nobody has said that something in front speaks TLS
 */
export const listenAddress = ({
  HOST,
  HTTP_WITHOUT_TLS,
}: {
  readonly HOST: string
  readonly HTTP_WITHOUT_TLS?: 'allowed' | undefined
}): string => {
  if (LOOPBACK.test(HOST) || HTTP_WITHOUT_TLS === 'allowed') return HOST
  throw new ConfigurationError([
    {
      variable: 'HOST',
      message:
        'lets others reach plain HTTP, and with it the token. Put a proxy that speaks TLS in front and set HTTP_WITHOUT_TLS=allowed, or leave HOST out for 127.0.0.1',
    },
  ])
}

/**
 * Reads what the shape names. A variable that is set to nothing counts as absent.
 * @throws ConfigurationError naming every variable that is missing or wrong.
 */
export const readConfig = <Shape extends z.ZodRawShape>(
  shape: Shape,
  environment: NodeJS.ProcessEnv,
): z.output<z.ZodObject<Shape>> => {
  const given = Object.fromEntries(Object.keys(shape).map((name) => [name, environment[name] || undefined]))
  const result = z.object(shape).safeParse(given)
  if (result.success) return result.data
  throw new ConfigurationError(
    result.error.issues.map(({ path, message }) => {
      const variable = String(path[0])
      return { variable, message: given[variable] === undefined ? 'is not set' : message }
    }),
  )
}

/** For the main file of a process: what is wrong with the environment is a sentence and an exit code, not a stack. */
export const configured = <Config>(read: () => Config): Config => {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    process.stderr.write(`${error.message}\n`)
    return process.exit(EXIT_CONFIGURATION)
  }
}
