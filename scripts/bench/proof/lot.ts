import { BEFORE_THE_LOG, readLedgerEvent } from '@registru/domain'
import type { RecordedEvent } from '@registru/event-store'
import {
  allProjections,
  allTies,
  checkSlice,
  ensureSchemas,
  openPostgresWriter,
  type Place,
  type ReadHandle,
} from '@registru/projections'
import { createDatabase, createPool, type Pool, type PoolClient } from '@registru/runtime'
import { auditReadModels } from '@registru/scripts/audit/audit'
import type { PlacedFact } from '@registru/scripts/audit/facts'
import { readFact } from '@registru/scripts/audit/log'
import { createReport, isWrong } from '@registru/scripts/audit/report'
import type { Random } from '@registru/scripts/seed/random'
import { randomPair } from './clock-pairs.ts'
import { itemsOf } from './naive-items.ts'

/** The projector's batches are of any size up to this; within one of them events see each other's rows in memory. */
const BATCH_MAX = 500
const TIE_ROWS = 20_000
const STATEMENT_TIMEOUT_MS = 5 * 60_000

export interface Held {
  /** Cells and rules that the auditor compared. */
  readonly compared: number
  /** Rows that were held against other tables. */
  readonly tied: number
  /** Sums of clients at pairs of clocks. */
  readonly sums: number
}

type Find = (what: string) => void

const replay = async function* (log: readonly RecordedEvent[]) {
  yield* log
}

const project = async (client: PoolClient, log: readonly RecordedEvent[], random: Random): Promise<void> => {
  await ensureSchemas(client, allProjections)
  const writer = await openPostgresWriter({ client, projections: allProjections })
  for (let from = 0; from < log.length; ) {
    const batch = log.slice(from, from + random.between(1, BATCH_MAX)).map(readLedgerEvent)
    await writer.apply(batch, { position: batch.at(-1)?.position ?? BEFORE_THE_LOG, storeId: 'memory' })
    from += batch.length
  }
}

/** Every row of every tie, as the projector's own check of the books goes through them. */
const holdTies = async (db: ReadHandle, find: Find): Promise<number> => {
  let rows = 0
  for (const tie of allTies) {
    let after: Place | undefined
    do {
      const slice = await checkSlice(db, tie, { after, rowsMax: TIE_ROWS })
      rows += slice.rows
      for (const { companyId, place, amountsMinor } of slice.differences) {
        const amounts = Object.entries(amountsMinor).map(([book, minor]) => `${book} ${minor}`)
        find(`tie ${tie.name}: ${companyId} ${JSON.stringify(place)}: ${amounts.join(', ')}`)
      }
      after = slice.next
    } while (after !== undefined)
  }
  return rows
}

const audit = async (client: PoolClient, log: readonly RecordedEvent[], find: Find): Promise<number> => {
  const report = createReport()
  const until = log.at(-1)?.position ?? BEFORE_THE_LOG
  await client.query('begin transaction isolation level repeatable read read only')
  const { ledger } = await auditReadModels(client, replay(log), until, report, () => undefined)
  await client.query('rollback')
  for (const { name, first, differences } of report.checks.filter(isWrong)) {
    find(`audit ${name}: ${differences} differ, first ${first?.what}: ${first?.byTheEvents}; found ${first?.found}`)
  }
  for (const step of ledger.openSteps) find(`audit: half-done ${String(step)}`)
  return report.checks.reduce((sum, { compared }) => sum + compared, 0)
}

/** What each client owes, less its credit, in three books at a pair of clocks of each company. */
const SUMS = `
  with asked as (select * from unnest($1::text[], $2::date[], $3::bigint[]) as asked (company_id, as_of, known_at)),
  moved as (
    select 'open items' as book, company_id, client_id, currency,
      case item_kind when 'INVOICE' then amount_minor else -amount_minor end as minor
    from asked join read.open_spans using (company_id)
    where known_from <= known_at and known_at < known_to and eff_from <= as_of and as_of < eff_to
    union all
    select 'statement', company_id, client_id, currency, debit_minor - credit_minor
    from asked join read.statement_lines using (company_id) where effective_on <= as_of and position <= known_at
    union all
    select 'journal', company_id, client_id, currency, amount_minor
    from asked join read.postings using (company_id)
    where effective_on <= as_of and position <= known_at and account in ('RECEIVABLE', 'CLIENT_CREDIT'))
  select book, concat_ws(' ', company_id, client_id, currency) as whose, sum(minor)::text as minor
  from moved group by book, company_id, client_id, currency having sum(minor) <> 0`

const BOOKS = ['open items', 'statement', 'journal'] as const

/** At a random pair of clocks of each history: three books of the read models against the plainest fold of the events. */
const holdSums = async (pool: Pool, log: readonly RecordedEvent[], random: Random, find: Find): Promise<number> => {
  const facts = new Map<string, PlacedFact[]>()
  for (const event of log) {
    const fact = readFact(event)
    if (fact === undefined) throw new Error(`the auditor cannot read ${event.type} at ${event.stream}`)
    const own = facts.get(fact.companyId)
    if (own === undefined) facts.set(fact.companyId, [fact])
    else own.push(fact)
  }
  const asked = [...facts].map(([companyId, own]) => ({ companyId, own, pair: randomPair(own, own, random) }))
  const { rows } = await pool.query<{ book: string; whose: string; minor: string }>(SUMS, [
    asked.map(({ companyId }) => companyId),
    asked.map(({ pair }) => pair.asOf),
    asked.map(({ pair }) => `${pair.position}`),
  ])
  const found = new Map(rows.map(({ book, whose, minor }) => [`${book} ${whose}`, BigInt(minor)]))
  const sums = new Map<string, bigint>()
  for (const { companyId, own, pair } of asked) {
    for (const item of itemsOf(own, { companyId, asOf: pair.asOf, knownAt: pair.position })) {
      const whose = `${companyId} ${item.clientId} ${item.currency}`
      sums.set(whose, (sums.get(whose) ?? 0n) + (item.kind === 'INVOICE' ? item.open : -item.open))
    }
  }
  for (const [whose, minor] of sums) {
    for (const book of BOOKS) {
      const said = found.get(`${book} ${whose}`) ?? 0n
      if (said !== minor) find(`sums ${book}: ${whose}: by the events ${minor}, found ${said}`)
      found.delete(`${book} ${whose}`)
    }
  }
  for (const [whose, minor] of found) find(`sums ${whose}: by the events nothing, found ${minor}`)
  return sums.size * BOOKS.length
}

/** Projects a log into an empty database and holds every row of it against other rows, the auditor and a naive fold. */
export const holdLot = async (
  databaseUrl: string,
  log: readonly RecordedEvent[],
  random: Random,
  find: Find,
): Promise<Held> => {
  const pool = createPool({
    url: databaseUrl,
    connectionsMax: 2,
    applicationName: 'bench histories',
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    onIdleError: () => undefined,
  })
  const client = await pool.connect()
  try {
    await client.query('set idle_in_transaction_session_timeout = 0')
    await project(client, log, random)
    // A database that was filled in one go knows nothing of its tables.
    await client.query('analyze')
    const tied = await holdTies(createDatabase<unknown>(pool), find)
    const sums = await holdSums(pool, log, random, find)
    return { compared: await audit(client, log, find), tied, sums }
  } finally {
    client.release(true)
    await pool.end()
  }
}
