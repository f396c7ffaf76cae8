import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { BEFORE_THE_LOG, type Position } from '@registru/domain'
import { connectEventStore, type EventStore } from '@registru/event-store'
import { createPool, type PoolClient } from '@registru/runtime'
import type { Command } from 'commander'
import { z } from 'zod'
import { CommandFailed, EXIT, type ExitCode, findStores, type Io, parseSeconds } from '../cli/io.ts'
import { showProgress } from '../cli/progress.ts'
import { textTable } from '../cli/table.ts'
import { colors } from '../colors.ts'
import { type Audited, auditReadModels } from './audit.ts'
import { readPositions } from './found.ts'
import { readWithFirstInstants } from './instants.ts'
import { isOfTheLedger } from './log.ts'
import { createReport, expectEqual, isWrong, type Report } from './report.ts'
import { addSpotChecks } from './spot-checks.ts'

interface AuditOptions {
  readonly acknowledged?: string
  readonly timeout: number
  readonly behind?: true
  readonly json?: true
}

/** A statement over a whole table may take long on a large ledger. */
const STATEMENT_TIMEOUT_MS = 10 * 60_000
const POLL_MS = 250
/** A receipt is between its two streams for as long as a request takes, or a crash. */
const RECEIPT_POLL_MS = 1_000
const BACKWARDS_MAX = 1_000

interface Stores {
  readonly store: EventStore
  readonly client: PoolClient
}

/** Opens both stores for one piece of work, and closes them whatever comes of it. */
const withStores = async <Result>(io: Io, work: (stores: Stores) => Promise<Result>): Promise<Result> => {
  const { databaseUrl, eventStoreUrl } = findStores(io)
  const store = connectEventStore({ url: eventStoreUrl })
  const pool = createPool({
    url: databaseUrl,
    connectionsMax: 1,
    applicationName: 'registru audit',
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    onIdleError: () => undefined,
  })
  try {
    const client = await pool.connect()
    try {
      // The snapshot waits while the log is read.
      await client.query('set idle_in_transaction_session_timeout = 0')
      return await work({ store, client })
    } finally {
      client.release(true)
    }
  } finally {
    await store.dispose()
    await pool.end()
  }
}

/** The last event of the ledger; the store's own events do not count. */
const ledgerHead = async (store: EventStore): Promise<Position> => {
  for await (const event of store.readAll({ direction: 'backwards', maxCount: BACKWARDS_MAX })) {
    if (isOfTheLedger(event.stream)) return event.position
  }
  return BEFORE_THE_LOG
}

/** Runs the work in one snapshot in which all projections stand at one position that is not behind the head. */
const atOnePosition = async <Result>(
  { store, client }: Stores,
  io: Io,
  { deadline, behind }: { readonly deadline: number; readonly behind: boolean },
  work: (position: Position) => Promise<Result>,
): Promise<Result> => {
  const head = await ledgerHead(store)
  const progress = showProgress(io, 'waiting for the read models')
  try {
    for (;;) {
      await client.query('begin transaction isolation level repeatable read read only')
      const { least, most } = await readPositions(client)
      if (least === most && (behind || least >= head)) {
        progress.stop()
        return await work(least)
      }
      await client.query('rollback')
      if (performance.now() > deadline) {
        throw new CommandFailed(
          EXIT.UNREACHABLE,
          `The read models stand at ${least} to ${most} and the log at ${head}: is the projector running? ` +
            '`registru doctor` tells; --behind audits what there is.',
        )
      }
      progress.update(least < 0n ? 0n : least, head)
      await sleep(POLL_MS)
    }
  } finally {
    progress.stop()
    await client.query('rollback')
  }
}

const Acknowledged = z.object({ key: z.string(), stream: z.string(), eventIds: z.array(z.string()) })

/** `stream id` of every event that was acknowledged, with the command that it is of. */
const readAcknowledged = async (file: string | undefined): Promise<ReadonlyMap<string, string>> => {
  const wanted = new Map<string, string>()
  if (file === undefined) return wanted
  for await (const text of createInterface({ input: createReadStream(file) })) {
    const { key, stream, eventIds } = Acknowledged.parse(JSON.parse(text))
    for (const id of eventIds) wanted.set(`${stream} ${id}`, key)
  }
  return wanted
}

const checkAcknowledged = (wanted: ReadonlyMap<string, string>, { awaited }: Audited, report: Report): void => {
  const check = report.check('acknowledged: nothing is lost')
  for (const [event, key] of wanted) expectEqual(check, `${key}: event ${event}`, true, !awaited.has(event))
}

interface Result {
  readonly report: Report
  readonly audited: Audited
}

const auditOnce = (stores: Stores, io: Io, options: AuditOptions, deadline: number): Promise<Result> =>
  atOnePosition(stores, io, { deadline, behind: options.behind === true }, async (position) => {
    const report = createReport()
    const progress = showProgress(io, 'auditing')
    try {
      const acknowledged = await readAcknowledged(options.acknowledged)
      const audited = await auditReadModels(
        stores.client,
        readWithFirstInstants(stores.store),
        position,
        report,
        (at, count) => progress.update(at, position, count),
        new Set(acknowledged.keys()),
      )
      if (options.acknowledged !== undefined) checkAcknowledged(acknowledged, audited, report)
      return { report, audited }
    } finally {
      progress.stop()
    }
  })

/** A receipt may be between its two streams at this moment; only one that stays there is a difference. */
const auditPatiently = async (stores: Stores, io: Io, options: AuditOptions): Promise<Result> => {
  const deadline = performance.now() + options.timeout * 1_000
  for (;;) {
    const result = await auditOnce(stores, io, options, deadline)
    const { openSteps } = result.audited.ledger
    if (openSteps.size > 0 && performance.now() < deadline) {
      await sleep(RECEIPT_POLL_MS)
      continue
    }
    const check = result.report.check('receipts: every request is answered, every annulment released')
    expectEqual(check, [...openSteps][0] ?? 'steps left half-done', 0, openSteps.size)
    return result
  }
}

const printReport = (io: Io, { report, audited }: Result, elapsedMs: number): void => {
  const rows = report.checks.map(({ name, isRemark, compared, differences, first }) => [
    differences === 0
      ? colors.green('ok')
      : isRemark
        ? colors.yellow(`${differences} to look at`)
        : colors.red(`${differences} differ`),
    name,
    compared.toLocaleString('en'),
    first === undefined ? '' : `${first.what}\n  by the events: ${first.byTheEvents}\n  found: ${first.found}`,
  ])
  const columns = [
    { head: '' },
    { head: 'table or rule' },
    { head: 'compared', align: 'right' as const },
    { head: 'first difference' },
  ]
  io.print(textTable(columns, rows))
  const seconds = elapsedMs / 1_000
  io.print(
    `${audited.events} events in ${audited.streams} streams up to position ${audited.position}; ` +
      `${seconds.toFixed(1)} s, ${Math.round(audited.events / seconds)} events/s`,
  )
}

const runAudit = (io: Io, options: AuditOptions): Promise<ExitCode> =>
  withStores(io, async (stores) => {
    const startedAt = performance.now()
    const result = await auditPatiently(stores, io, options)
    const { report, audited } = result
    const wrong = report.checks.filter(isWrong)
    if (options.json === true) {
      const { events, streams, position } = audited
      const answer = { clean: wrong.length === 0, events, streams, position: `${position}`, checks: report.checks }
      io.print(JSON.stringify(answer, undefined, 2))
    } else {
      printReport(io, result, performance.now() - startedAt)
      io.print(wrong.length === 0 ? colors.green('clean') : colors.red(`${wrong.length} checks found differences`))
    }
    return wrong.length === 0 ? EXIT.OK : EXIT.FINDING
  })

/** `registru audit`: all read models against all events. */
export const addAuditCommand = (program: Command, io: Io, end: (code: ExitCode) => void): void => {
  const audit = program
    .command('audit')
    .summary('every read model against every event, cell by cell')
    .description(
      'Read every event through the client, recompute every table of every read model by code of its own, and compare ' +
        'each cell, at one position. Names the first difference of each table, with both values (amounts in minor units). ' +
        'Goes past the API: it connects to the stores of the running system, or to DATABASE_URL and ESDB_URL.',
    )
    .option('--acknowledged <file>', 'every command in this journal of npm run seed must be in the log')
    .option(
      '--timeout <seconds>',
      'how long to wait for the read models and for receipts that are being issued',
      parseSeconds,
      60,
    )
    .option('--behind', 'audit the position that the read models stand at, without waiting for the head of the log')
    .option('--json', 'print the report as JSON')
    .action(async (options: AuditOptions) => end(await runAudit(io, options)))
  addSpotChecks(audit, io, end)
}
