import { z } from 'zod'
import { CommandFailed, type Connection, EXIT } from './io.ts'

/** A report over a large ledger takes a while; longer than this, nobody waits at a terminal. */
const ANSWER_TIMEOUT_MS = 60_000

const Problem = z.looseObject({
  code: z.string(),
  title: z.string().optional(),
  detail: z.string().optional(),
  details: z.unknown().optional(),
  errors: z.array(z.looseObject({ path: z.string(), rule: z.string() })).optional(),
})

export type Query = Readonly<Record<string, string | undefined>>

const NOT_NOW: ReadonlySet<number> = new Set([429, 502, 503, 504])

const refusal = (status: number, text: string, isJson: boolean): CommandFailed => {
  const parsed = isJson ? Problem.safeParse(JSON.parse(text)) : undefined
  if (parsed?.success !== true) return new CommandFailed(EXIT.REFUSED, `HTTP ${status}`)
  const { code, title, detail, details, errors = [] } = parsed.data
  const lines = [
    `${code}: ${detail ?? title ?? `HTTP ${status}`}`,
    ...errors.map(({ path, rule }) => `  ${path}: ${rule}`),
    ...(details === undefined ? [] : [`  ${JSON.stringify(details)}`]),
  ]
  const exit = code === 'TIE_OUT_FAILED' ? EXIT.FINDING : NOT_NOW.has(status) ? EXIT.UNREACHABLE : EXIT.REFUSED
  return new CommandFailed(exit, lines.join('\n'))
}

/** Asks the API one question. @throws CommandFailed */
const fetchAnswer = async ({ apiUrl, token }: Connection, path: string, query: Query): Promise<Response> => {
  const given = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value !== undefined) given.set(name, value)
  const search = given.size === 0 ? '' : `?${given.toString()}`
  let response: Response
  try {
    response = await fetch(`${apiUrl}${path}${search}`, {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    })
  } catch (error) {
    const reason = error instanceof Error && error.name === 'TimeoutError' ? 'does not answer' : 'cannot be reached'
    throw new CommandFailed(EXIT.UNREACHABLE, `${apiUrl} ${reason}. \`registru doctor\` tells more.`, { cause: error })
  }
  if (response.ok) return response
  const isJson = response.headers.get('content-type')?.includes('json') === true
  throw refusal(response.status, await response.text(), isJson)
}

/** The answer as JSON. @throws CommandFailed */
export const ask = async (connection: Connection, path: string, query: Query = {}): Promise<unknown> =>
  (await fetchAnswer(connection, path, query)).json()

const StatementPage = z.looseObject({
  currencies: z.array(z.looseObject({ currency: z.string(), lines: z.array(z.unknown()) })),
  nextCursor: z.string(),
})

/** The same, and of a statement all pages put together. @throws CommandFailed */
export const askForAll = async (connection: Connection, path: string, query: Query = {}): Promise<unknown> => {
  const first = await ask(connection, path, query)
  const page = StatementPage.safeParse(first)
  if (!page.success) return first
  const rest = await askForAll(connection, path, { ...query, cursor: page.data.nextCursor })
  const later = StatementPage.omit({ nextCursor: true }).parse(rest).currencies
  const begun = page.data.currencies.map((of) => {
    const more = later.find(({ currency }) => currency === of.currency)?.lines ?? []
    return { ...of, lines: [...of.lines, ...more] }
  })
  const begunNames = new Set(begun.map(({ currency }) => currency))
  const currencies = [...begun, ...later.filter(({ currency }) => !begunNames.has(currency))]
  return { ...page.data, currencies, nextCursor: null }
}

/** The answer as it comes, for documents. @throws CommandFailed */
export const askForBytes = async (connection: Connection, path: string): Promise<Uint8Array> =>
  new Uint8Array(await (await fetchAnswer(connection, path, {})).arrayBuffer())
