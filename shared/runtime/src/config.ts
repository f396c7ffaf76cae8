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
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
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
