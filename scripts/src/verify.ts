/** Compares the read models with an independent fold of the events, and the log with its own rules. */
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectEventStore } from '@registru/event-store'
import { createPool, type PoolClient } from '@registru/runtime'
import { SingleBar } from 'cli-progress'
import Table from 'cli-table3'
import { Command, InvalidArgumentError } from 'commander'
import colors from 'picocolors'
import { z } from 'zod'
import { homeFolder, readRunFile } from './run-file.ts'
import { compareReadModels } from './verify/compare.ts'
import { type Check, createReport, expectEqual, type Report } from './verify/differences.ts'
import { foldLedger, type Ledger } from './verify/ledger.ts'
import { readPositions } from './verify/read-models.ts'

const seconds = (text: string): number => {
  const value = Number(text)
  if (value > 0) return value
  throw new InvalidArgumentError('Expected a number of seconds.')
}

const program = new Command('npm run verify --')
  .description(
    'Reads every event through the client, folds them by code of its own, and compares every read model with that, at\n' +
      'one position. Names the first difference of each check, with both values (amounts in minor units); exit code 1 if there is any.\n' +
      'Connects to the running system, or to DATABASE_URL and ESDB_URL.',
  )
  .option('--acknowledged <file>', 'every command in this journal of npm run seed must be in the log')
  .option(
    '--timeout <seconds>',
    'how long to wait for the read models and for receipts that are being issued',
    seconds,
    60,
  )
  .option('--json', 'print the report as JSON')
  .parse()
const options = program.opts<{ acknowledged?: string; timeout: number; json?: true }>()

const run = readRunFile(homeFolder(process.env))
const databaseUrl = process.env['DATABASE_URL'] ?? run?.databaseUrl
const eventStoreUrl = process.env['ESDB_URL'] ?? run?.eventStoreUrl
if (databaseUrl === undefined || eventStoreUrl === undefined) {
  console.error('Nothing is running here. Start it with `npm start`, or set DATABASE_URL and ESDB_URL.')
  process.exit(1)
}

/** A statement over a whole table may take long on a large ledger. */
const STATEMENT_TIMEOUT_MS = 10 * 60_000
const POLL_MS = 250
const deadline = performance.now() + options.timeout * 1_000

const store = connectEventStore({ url: eventStoreUrl })
const pool = createPool({
  url: databaseUrl,
  connectionsMax: 1,
  applicationName: 'registru verify',
  statementTimeoutMs: STATEMENT_TIMEOUT_MS,
  onIdleError: () => undefined,
})

const bar = new SingleBar({ format: '{what} {bar} {percentage} %', noTTYOutput: false, hideCursor: true })
const showProgress = (what: string, total: bigint, value: bigint): void => {
  if (options.json === true || !process.stderr.isTTY) return
  bar.start(Number(total), Number(value), { what })
}

/** The last event of the ledger; the store's own events do not count. */
const ledgerHead = async (): Promise<bigint> => {
  let position = -1n
  const events = store.readAll({ direction: 'backwards', maxCount: 1_000 })
  for await (const event of events) {
    if (!/^(company|clientAccount|receiptBook)-/.test(event.stream)) continue
    position = event.position
    break
  }
  return position
}

/** Runs the work in one snapshot in which all projections stand at one position that is not behind the head. */
const atOnePosition = async <Result>(
  work: (client: PoolClient, position: bigint) => Promise<Result>,
): Promise<Result> => {
  const head = await ledgerHead()
  const client = await pool.connect()
  try {
    for (;;) {
      await client.query('begin transaction isolation level repeatable read read only')
      const { least, most } = await readPositions(client)
      if (least === most && least >= head) return await work(client, least)
      await client.query('rollback')
      if (performance.now() > deadline) {
        throw new Error(
          `The read models stand at ${least} to ${most} and the log at ${head}: is the projector running?`,
        )
      }
      showProgress('waiting for the read models', head, least)
      await sleep(POLL_MS)
    }
  } finally {
    bar.stop()
    await client.query('rollback')
    client.release()
  }
}

const Acknowledged = z.object({ key: z.string(), stream: z.string(), eventIds: z.array(z.string()) })

const checkAcknowledged = async (file: string, { eventIds }: Ledger, report: Report): Promise<void> => {
  const check = report.check('acknowledged: nothing is lost')
  for await (const text of createInterface({ input: createReadStream(file) })) {
    const { key, stream, eventIds: wanted } = Acknowledged.parse(JSON.parse(text))
    for (const id of wanted)
      expectEqual(check, `${key}: event ${id} in ${stream}`, true, eventIds.has(`${stream} ${id}`))
  }
}

const verify = async (): Promise<{ report: Report; ledger: Ledger }> => {
  const report = createReport()
  const ledger = await atOnePosition(async (client, position) => {
    showProgress('reading the events', position, 0n)
    const folded = await foldLedger(store.readAll(), position, report, (at) => bar.update(Number(at)))
    bar.stop()
    await compareReadModels(client, folded, report)
    return folded
  })
  if (options.acknowledged !== undefined) await checkAcknowledged(options.acknowledged, ledger, report)
  return { report, ledger }
}

/** A receipt may be between its two streams at this moment; only one that stays there is a difference. */
const verifyPatiently = async (): Promise<{ report: Report; ledger: Ledger }> => {
  for (;;) {
    const result = await verify()
    const { openSteps } = result.ledger
    if (openSteps.size > 0 && performance.now() < deadline) {
      await sleep(POLL_MS * 4)
      continue
    }
    const check = result.report.check('receipts: every request is answered, every annulment released')
    expectEqual(check, [...openSteps][0] ?? 'steps left half-done', 0, openSteps.size)
    return result
  }
}

const line = ({ name, compared, differences, first }: Check): string[] => [
  differences === 0 ? colors.green('ok') : colors.red(`${differences} differ`),
  name,
  compared.toLocaleString('en'),
  first === undefined ? '' : `${first.what}\n  by the events: ${first.byTheEvents}\n  found: ${first.found}`,
]

const print = (report: Report, ledger: Ledger, elapsedMs: number): void => {
  const table = new Table({
    head: ['', 'check', 'compared', 'first difference'],
    colAligns: ['left', 'left', 'right', 'left'],
    style: { head: [], border: [] },
  })
  for (const check of report.checks) table.push(line(check))
  console.log(table.toString())
  const { events, streams, position } = ledger
  const accounts = ledger.statementLines.size
  console.log(
    `${events} events in ${streams} streams up to position ${position}; ${ledger.invoices.size} invoices, ` +
      `${ledger.payments.size} payments, ${ledger.receipts.size} receipts, ${accounts} balances; ${(elapsedMs / 1_000).toFixed(1)} s`,
  )
}

const startedAt = performance.now()
try {
  const { report, ledger } = await verifyPatiently()
  const wrong = report.checks.filter((check) => check.differences > 0)
  if (options.json === true) {
    const { events, streams, position } = ledger
    console.log(
      JSON.stringify(
        { clean: wrong.length === 0, events, streams, position: `${position}`, checks: report.checks },
        undefined,
        2,
      ),
    )
  } else {
    print(report, ledger, performance.now() - startedAt)
    console.log(wrong.length === 0 ? colors.green('clean') : colors.red(`${wrong.length} checks found differences`))
  }
  process.exitCode = wrong.length === 0 ? 0 : 1
} catch (error) {
  console.error(colors.red(error instanceof Error ? error.message : String(error)))
  process.exitCode = 1
} finally {
  await store.dispose()
  await pool.end()
}
