import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'

/** Where the API is and who we are; asked again before each try, for a restart may move the one and change the other. */
export interface Endpoint {
  readonly apiUrl: string
  readonly token: string
}

const Answer = z.looseObject({
  commandId: z.string(),
  stream: z.string(),
  revision: z.int(),
  position: z.string().optional(),
  events: z.array(z.looseObject({ type: z.string(), eventId: z.string(), revision: z.int() })),
  result: z.looseObject({ receipt: z.looseObject({ number: z.int() }).optional() }),
})
export type CommandAnswer = z.infer<typeof Answer>

const Problem = z.looseObject({ code: z.string(), title: z.string().optional(), detail: z.string().optional() })

/** The API answered, and its answer is no: trying again would not help. */
export class CommandRefused extends Error {
  readonly status: number
  readonly code: string

  constructor(command: string, status: number, code: string, body: string) {
    super(`${command}: ${status} ${code}\n${body}`)
    this.name = 'CommandRefused'
    this.status = status
    this.code = code
  }
}

/** Nobody answered for as long as we had patience; whether it was carried out is not known. */
export class NotAnswered extends Error {
  override readonly name = 'NotAnswered'
}

export interface SendOptions {
  readonly endpoint: () => Endpoint | undefined
  readonly companyId: string
  /** How long one command is tried before we give up. */
  readonly patienceMs: number
  readonly onRetry: (reason: string) => void
}

const REQUEST_TIMEOUT_MS = 30_000
const PAUSE_MIN_MS = 100
const PAUSE_MAX_MS = 5_000

/** Come from a system that is starting, overloaded or behind; the same command may pass in a moment. */
const retryableStatuses = new Set([429, 502, 503, 504])
/** The token of a system that was started anew is read from its run file with the next try. */
const retryable = (status: number, code: string): boolean =>
  retryableStatuses.has(status) || status === 401 || code === 'CONCURRENT_MODIFICATION'

const retryAfterMs = (response: Response): number => {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN)
  return Number.isFinite(seconds) ? seconds * 1_000 : 0
}

type Attempt =
  | { readonly done: true; readonly answer: CommandAnswer; readonly replayed: boolean }
  | { readonly done: false; readonly reason: string; readonly pauseMs: number }

const attempt = async (
  endpoint: Endpoint | undefined,
  companyId: string,
  command: string,
  key: string,
  body: object,
): Promise<Attempt> => {
  if (endpoint === undefined) return { done: false, reason: 'nothing is running', pauseMs: 0 }
  let response: Response
  let text: string
  try {
    response = await fetch(`${endpoint.apiUrl}/v1/companies/${companyId}/commands/${command}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${endpoint.token}`,
        'content-type': 'application/json',
        'idempotency-key': key,
      },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    })
    text = await response.text()
  } catch (error) {
    // Refused, reset, or silent: whether it was carried out is not known, and the same key makes asking again safe.
    return { done: false, reason: error instanceof Error ? error.message : String(error), pauseMs: 0 }
  }
  if (response.ok) {
    const replayed = response.headers.get('idempotency-replayed') === 'true'
    return { done: true, answer: Answer.parse(JSON.parse(text)), replayed }
  }
  const isProblem = response.headers.get('content-type')?.includes('json') === true
  const code = isProblem ? Problem.parse(JSON.parse(text)).code : `HTTP_${response.status}`
  if (!retryable(response.status, code)) throw new CommandRefused(command, response.status, code, text)
  return { done: false, reason: code, pauseMs: retryAfterMs(response) }
}

/**
 * Sends a command until it is answered: the same key and the same bytes each time, so that it is carried out once.
 * @throws CommandRefused; NotAnswered when patience is at its end
 */
export const sendCommand = async (
  command: string,
  key: string,
  body: object,
  { endpoint, companyId, patienceMs, onRetry }: SendOptions,
): Promise<{ readonly answer: CommandAnswer; readonly replayed: boolean }> => {
  const startedAt = performance.now()
  let backoffMs = PAUSE_MIN_MS
  for (;;) {
    const result = await attempt(endpoint(), companyId, command, key, body)
    if (result.done) return result
    if (performance.now() - startedAt > patienceMs) {
      throw new NotAnswered(`${command} ${key} had no answer in ${Math.round(patienceMs / 1_000)} s: ${result.reason}`)
    }
    onRetry(result.reason)
    // Full jitter, so that whoever waits for the same restart does not come back at once.
    await sleep(Math.max(result.pauseMs, Math.random() * backoffMs))
    backoffMs = Math.min(backoffMs * 2, PAUSE_MAX_MS)
  }
}
