import { z } from 'zod'
import type { Connection } from '../cli/io.ts'
import { compareClocks, type Examination, messageOf } from './diagnosis.ts'

const PROBE_TIMEOUT_MS = 5_000
/** A proof over a whole company may take longer than a sign of life. */
const TIE_OUT_TIMEOUT_MS = 30_000
/** The Date header counts seconds. */
const DATE_HEADER_PRECISION_MS = 1_000

const ADVICE: Readonly<Record<string, string>> = {
  'event-store': 'Commands are refused until it is back. Look at the event store below.',
  commands:
    'The event store answers reads and takes no appends: has its cluster a quorum? It is tried again by itself.',
  receipts: 'Receipts that a crash left half-done wait. Look at the receipts below.',
  postgres: 'Queries are refused until it is back; commands go on. Look at postgres below.',
  projector: 'Queries answer with what was projected last. Look at the projector below.',
  api: 'It is stopping: if nobody asked it to, its log tells why.',
}

const Ready = z.looseObject({
  parts: z.record(z.string(), z.string()).optional(),
  reasons: z.record(z.string(), z.string()).optional(),
})
const Problem = z.looseObject({ code: z.string(), detail: z.string().optional(), details: z.unknown().optional() })

const get = (url: string, timeoutMs: number, token?: string): Promise<Response> =>
  fetch(url, {
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(timeoutMs),
  })

/** @returns whether it answers at all */
export const examineApi = async (at: Examination, { apiUrl, token }: Connection): Promise<boolean> => {
  const askedMs = Date.now()
  let alive: Response
  try {
    alive = await get(`${apiUrl}/livez`, PROBE_TIMEOUT_MS)
  } catch (error) {
    at.wrong('answers', `${apiUrl}: ${messageOf(error)}`, 'Start it (npm start), or look at its log if it hangs.')
    return false
  }
  at.ok('answers', apiUrl)
  const date = new Date(alive.headers.get('date') ?? Number.NaN)
  if (!Number.isNaN(date.getTime())) compareClocks(at, date, askedMs, Date.now(), DATE_HEADER_PRECISION_MS)

  const ready = await get(`${apiUrl}/readyz`, PROBE_TIMEOUT_MS)
  const { parts = {}, reasons = {} } = Ready.parse(await ready.json())
  const down = Object.entries(parts).filter(([, state]) => state !== 'up')
  if (ready.ok && down.length === 0) at.ok('ready', Object.keys(parts).join(', '))
  for (const [part, state] of down) {
    const reason = reasons[part]
    const found = `${part} is ${state}${reason === undefined ? '' : `: ${reason}`}`
    at.wrong('ready', found, ADVICE[part] ?? 'Its log tells why.')
  }

  const known = await get(`${apiUrl}/v1/companies/doctor/clients?limit=1`, PROBE_TIMEOUT_MS, token)
  await known.arrayBuffer()
  if (known.status === 401) at.wrong('token', 'refused', 'Set REGISTRU_TOKEN to the one that the API was started with.')
  else at.ok('token', 'accepted')
  return true
}

/** Asks for a figure of each company that carries its proof: the totals of the aging. */
export const examineTieOut = async (
  at: Examination,
  { apiUrl, token }: Connection,
  companies: readonly string[],
): Promise<void> => {
  let proven = 0
  for (const companyId of companies) {
    const url = `${apiUrl}/v1/companies/${encodeURIComponent(companyId)}/receivables/aging?groupBy=currency`
    try {
      const answer = await get(url, TIE_OUT_TIMEOUT_MS, token)
      const body: unknown = await answer.json()
      if (answer.ok) proven += 1
      else {
        const { code, detail = '', details } = Problem.parse(body)
        const advice =
          code === 'TIE_OUT_FAILED'
            ? 'A row of a read model is wrong: `registru audit` names it, a rebuild of that projection mends it.'
            : 'The log of the API tells more.'
        at.wrong(
          'tie-out',
          `${companyId}: ${code} ${detail} ${details === undefined ? '' : JSON.stringify(details)}`,
          advice,
        )
      }
    } catch (error) {
      at.wrong('tie-out', `${companyId}: ${messageOf(error)}`, 'The API did not answer in time: look at its load.')
    }
  }
  if (proven > 0) at.ok('tie-out', `${proven} of ${companies.length} companies`)
}
