import { connectEventStore, type EventStore } from '@registru/event-store'
import { createDatabase, createPool, type Pool } from '@registru/runtime'
import type { Command } from 'commander'
import { type Connection, EXIT, type ExitCode, findApi, type Io } from '../cli/io.ts'
import { textTable } from '../cli/table.ts'
import { colors } from '../colors.ts'
import { homeFolder, readRunFile } from '../run-file.ts'
import { examineApi, examineTieOut } from './api.ts'
import { examineBooks } from './books.ts'
import { type Diagnosis, type Examination, examine, type Health, messageOf } from './diagnosis.ts'
import { examineLocks } from './locks.ts'
import { examineMachine } from './machine.ts'
import { examinePostgres } from './postgres.ts'
import { examineLedgerClock, examineReadModels, examineReceiptProcess, examineWitness } from './read-models.ts'

const PROBE_TIMEOUT_MS = 5_000
/** A proof a company: more would make the doctor a load of its own. */
const COMPANIES_MAX = 50

interface Found {
  readonly api: Connection | undefined
  readonly databaseUrl: string | undefined
  readonly eventStoreUrl: string | undefined
}

const findParts = (io: Io, url: string | undefined): Found => {
  const run = readRunFile(homeFolder(io.environment))
  const known = url ?? io.environment['REGISTRU_URL'] ?? run?.apiUrl
  return {
    api: known === undefined ? undefined : findApi(io, url),
    databaseUrl: io.environment['DATABASE_URL'] ?? run?.databaseUrl,
    eventStoreUrl: io.environment['ESDB_URL'] ?? run?.eventStoreUrl,
  }
}

/** What goes wrong while one thing is looked at is a finding itself, and never hides the others. */
const attempt = async (at: Examination, check: string, advice: string, work: () => Promise<void>): Promise<void> => {
  try {
    await work()
  } catch (error) {
    at.wrong(check, messageOf(error), advice)
  }
}

const examineStores = async (
  diagnoses: Diagnosis[],
  { api, isApiUp }: { readonly api: Connection | undefined; readonly isApiUp: boolean },
  pool: Pool | undefined,
  store: EventStore | undefined,
): Promise<void> => {
  let isStoreUp = false
  if (store !== undefined) {
    const at = examine('event store', diagnoses)
    const advice =
      'Commands are refused meanwhile. Start it, or mend ESDB_URL and the network; nothing acknowledged is lost.'
    await attempt(at, 'answers', advice, async () => {
      await store.ping(PROBE_TIMEOUT_MS)
      isStoreUp = true
      const head = await store.head()
      at.ok('answers', head === undefined ? 'empty' : `its log ends at ${head.position}`)
    })
  }
  if (pool === undefined) return
  const at = examine('postgres', diagnoses)
  const client = await pool.connect().catch((error: unknown) => {
    const advice = 'Queries are refused meanwhile, commands go on. Start it, or mend DATABASE_URL and the network.'
    at.wrong('answers', messageOf(error), advice)
    return undefined
  })
  if (client === undefined) return
  try {
    await attempt(at, 'answers', 'Its log tells more.', () => examinePostgres(at, client))
    await attempt(at, 'locks', 'Its log tells more.', () => examineLocks(at, client))
    const read = examine('projector', diagnoses)
    const advice = 'If the read models are not there yet, start the projector.'
    const known = isStoreUp ? store : undefined
    await attempt(read, 'state', advice, () => examineReadModels(read, { db: createDatabase(pool), store: known }))
    await attempt(read, "log's clock", advice, () => examineLedgerClock(read, createDatabase(pool), Date.now()))
    if (known !== undefined) await attempt(read, 'same store', advice, () => examineWitness(read, client, known))
    const books = examine('numbers', diagnoses)
    await attempt(books, 'books', advice, () => examineBooks(books, createDatabase(pool)))
    const receipts = examine('receipts', diagnoses)
    await attempt(receipts, 'process', 'Its place is in the API.', () => examineReceiptProcess(receipts, client, known))
    if (api === undefined || !isApiUp) return
    const { rows } = await client.query<{ company_id: string }>(
      'select company_id from read.companies order by company_id limit $1',
      [COMPANIES_MAX],
    )
    const proof = examine('numbers', diagnoses)
    await examineTieOut(
      proof,
      api,
      rows.map((row) => row.company_id),
    )
  } catch (error) {
    at.wrong('answers', messageOf(error), 'Its log tells more.')
  } finally {
    client.release(true)
  }
}

const diagnose = async (io: Io, url: string | undefined): Promise<readonly Diagnosis[]> => {
  const diagnoses: Diagnosis[] = []
  const home = homeFolder(io.environment)
  const { api, databaseUrl, eventStoreUrl } = findParts(io, url)
  await examineMachine(examine('machine', diagnoses), home, readRunFile(home))
  const isApiUp = api !== undefined && (await examineApi(examine('api', diagnoses), api))
  const pool =
    databaseUrl === undefined
      ? undefined
      : createPool({
          url: databaseUrl,
          connectionsMax: 2,
          applicationName: 'registru doctor',
          statementTimeoutMs: PROBE_TIMEOUT_MS,
          onIdleError: () => undefined,
        })
  const store = eventStoreUrl === undefined ? undefined : connectEventStore({ url: eventStoreUrl })
  try {
    await examineStores(diagnoses, { api, isApiUp }, pool, store)
  } finally {
    await store?.dispose()
    await pool?.end()
  }
  return diagnoses
}

const SIGNS: Readonly<Record<Health, string>> = {
  ok: colors.green('ok'),
  note: colors.yellow('note'),
  wrong: colors.red('wrong'),
}

const show = (diagnoses: readonly Diagnosis[]): string => {
  const columns = [{ head: '' }, { head: 'part' }, { head: 'check' }, { head: 'found, and what to do' }]
  const rows = diagnoses.map(({ part, check, health, found, advice }) => [
    SIGNS[health],
    part,
    check,
    advice === undefined ? found : `${found}\n→ ${advice}`,
  ])
  return textTable(columns, rows)
}

/** `registru doctor`: what is down, what is behind, what is misconfigured, and what to do. */
export const addDoctorCommand = (program: Command, io: Io, end: (code: ExitCode) => void): void => {
  program
    .command('doctor')
    .summary('what is down, behind or misconfigured, and what to do')
    .description(
      'Looks at this machine, the API, the event store, PostgreSQL, the projector, the receipts under way, and the proof of the ' +
        'numbers (TIE_OUT) of each company. Says of everything that is down, behind or misconfigured what to do.',
    )
    .option('--url <url>', 'the API, if it is not the one that runs here (or REGISTRU_URL)')
    .option('--json', 'print the findings as JSON')
    .action(async ({ url, json }: { url?: string; json?: true }) => {
      const diagnoses = await diagnose(io, url)
      const wrong = diagnoses.filter(({ health }) => health === 'wrong').length
      const nothing = diagnoses.every(({ part }) => part === 'machine')
      const healthy = wrong === 0 && !nothing
      if (json === true) io.print(JSON.stringify({ healthy, diagnoses }, undefined, 2))
      else {
        const verdict = healthy ? colors.green('healthy') : colors.red(nothing ? 'nothing runs here' : `${wrong} wrong`)
        io.print(`${show(diagnoses)}\n${verdict}`)
      }
      end(nothing ? EXIT.UNREACHABLE : wrong === 0 ? EXIT.OK : EXIT.FINDING)
    })
}
