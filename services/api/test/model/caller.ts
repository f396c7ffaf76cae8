/** A careful client of several processes. */
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import type { ApiProcesses } from '../api-processes.ts'
import type { ModelCommand } from './oracle/command.ts'

const PATIENCE_MS = 120_000
const PAUSE_MS = 20
const RETRYABLE = new Set([503, 504])

const Answer = z.looseObject({
  code: z.string().optional(),
  commandId: z.string().optional(),
  position: z.string().optional(),
  item: z.int().optional(),
  details: z.looseObject({ revision: z.int().nullable().optional() }).optional(),
  result: z.looseObject({}).optional(),
  warnings: z.array(z.looseObject({ code: z.string() })).optional(),
  results: z.array(z.looseObject({ status: z.int(), body: z.looseObject({}) })).optional(),
})

export interface Answered {
  readonly status: number
  readonly replayed: boolean
  readonly text: string
  readonly answer: z.infer<typeof Answer>
}

export const createCaller = ({ urls, authorization }: ApiProcesses) => {
  let retries = 0

  /** The same request until there is an answer, by one process after the other. */
  const post = async (path: string, headers: Record<string, string>, body: unknown, first = 0): Promise<Answered> => {
    const deadline = performance.now() + PATIENCE_MS
    let last = ''
    for (let attempt = first; ; attempt += 1) {
      try {
        const response = await fetch(`${urls[attempt % urls.length]}/v1/companies/amc/commands${path}`, {
          method: 'POST',
          headers: { authorization, 'content-type': 'application/json', ...headers },
          body: JSON.stringify(body),
        })
        const text = await response.text()
        const answer = Answer.parse(JSON.parse(text))
        last = text
        const isFinal = !RETRYABLE.has(response.status) && answer.code !== 'CONCURRENT_MODIFICATION'
        const replayed = response.headers.get('idempotency-replayed') === 'true'
        if (isFinal) return { status: response.status, replayed, text, answer }
      } catch (error) {
        if (!(error instanceof TypeError)) throw error
      }
      if (performance.now() > deadline) throw new Error(`${path} had no answer but ${last}: ${JSON.stringify(body)}`)
      retries += 1
      await sleep(PAUSE_MS)
    }
  }

  return {
    retries: () => retries,
    post,
    send: (
      { name, body }: ModelCommand,
      key: string,
      { query = '', headers = {}, first = key.length }: { query?: string; headers?: object; first?: number } = {},
    ): Promise<Answered> => post(`/${name}${query}`, { 'idempotency-key': key, ...headers }, body, first),
  }
}
export type Caller = ReturnType<typeof createCaller>
