import { LEDGER_STREAM_PREFIXES, type Position, type Revision } from '@registru/domain'
import { checkWitness, countBacklog, type EventStore, findDivergence } from '@registru/event-store'
import {
  allProjections,
  CLOCK_AHEAD_MAX_MS,
  findLedgerClock,
  findProjectorReport,
  listCheckpoints,
  listInUse,
  listProjectionPositions,
  PROJECTOR_SILENT_AFTER_SECONDS,
  type ProjectorReport,
  type ReadHandle,
} from '@registru/projections'
import type { PoolClient } from '@registru/runtime'
import { type Examination, secondsSince } from './diagnosis.ts'

const WORKING = new Set(['starting', 'catchingUp', 'live'])
const BACKLOG_TIMEOUT_MS = 5_000

/** The ways that the drill of shared/docs/operations.md has tried. */
const RESTORED_ADVICE =
  'The event store was restored to an older copy, or replaced. Give it back what is missing and start the projector again; ' +
  'or go on with what it has: registru projections rebuild all, registru projections switch all, then start the projector ' +
  'again. First read shared/docs/operations.md, "After a restore".'

const ADVICE: Readonly<Record<string, string>> = {
  diverged: RESTORED_ADVICE,
  stopped: 'Somebody stopped it: start it again.',
  fenced: 'Another projector has taken over and says nothing: start one again.',
  stalled: 'PostgreSQL stops what it tries: see which lock it waits for, below. It goes on by itself.',
  faulted:
    'It stands still at an event that it cannot project. Start the program that can: shared/docs/operations.md, ' +
    '"An event that cannot be projected".',
}

const examineVersions = async (at: Examination, db: ReadHandle): Promise<Position | undefined> => {
  const positions = await listProjectionPositions(db)
  const inUse = new Map(positions.map((one) => [one.name, one]))
  for (const { name, version } of allProjections) {
    const used = inUse.get(name)?.version
    if (used === version) continue
    const found =
      used === undefined
        ? `${name}: none in use, this code has ${version}`
        : `${name}: ${used} in use, this code has ${version}`
    at.note(
      'versions',
      found,
      'Start the projector of this code: it brings its version to where the others stand and puts it in use by itself.',
    )
  }
  if (positions.length > 0) at.ok('versions', positions.map(({ name, version }) => `${name} ${version}`).join(', '))
  const places = positions.map(({ position }) => position)
  return places.length === 0 ? undefined : places.reduce((least, position) => (position < least ? position : least))
}

const SILENT_ADVICE = 'The projector is silent: is its process running, and does it reach both stores?'
/** Whoever has ended for good says nothing more, and what it said last is still true. */
const isSilent = ({ state, ageSeconds }: ProjectorReport): boolean =>
  ageSeconds > PROJECTOR_SILENT_AFTER_SECONDS && state !== 'diverged' && state !== 'stopped'

/** Whether the read models are those of this log, and how far behind it they are. */
export const examineReadModels = async (
  at: Examination,
  { db, store }: { readonly db: ReadHandle; readonly store: EventStore | undefined },
): Promise<void> => {
  const report = await findProjectorReport(db)
  if (report === undefined) {
    at.wrong('state', 'never started', 'Start the projector: npm start, or its own process in production.')
  } else {
    const found = `${report.state}, said ${Math.round(report.ageSeconds)} s ago`
    if (isSilent(report)) at.wrong('state', found, SILENT_ADVICE)
    else if (WORKING.has(report.state)) at.ok('state', found)
    else if (report.state === 'waiting') {
      at.note('state', `${found}: ${JSON.stringify(report.detail)}`, 'A store is away; it tries again by itself.')
    } else
      at.wrong(
        'state',
        `${found}: ${JSON.stringify(report.detail)}`,
        ADVICE[report.state] ?? 'It stands still until somebody acts: its log tells why.',
      )
  }
  const position = await examineVersions(at, db)
  if (position === undefined || store === undefined) return
  const backlog = await countBacklog(store, {
    streamPrefixes: LEDGER_STREAM_PREFIXES,
    signal: AbortSignal.timeout(BACKLOG_TIMEOUT_MS),
    ...(position >= 0n && { after: position }),
  })
  if (backlog === undefined) {
    at.note('lag', 'the event store did not count it in time', 'Look again, or at the progress of /readyz.')
  } else if (backlog.events === 0) at.ok('lag', 'none: the read models know every event of the ledger')
  else {
    const count = backlog.more ? `more than ${backlog.events}` : `${backlog.events}`
    const found = `${count} events to go, the oldest written ${Math.round(backlog.seconds)} s ago`
    if (report === undefined || isSilent(report)) at.wrong('lag', found, SILENT_ADVICE)
    else if (!WORKING.has(report.state))
      at.wrong('lag', found, 'It stays so until what stands under "state" is mended.')
    else at.note('lag', found, 'It is at work; look again in a moment.')
  }
}

const MS_PER_S = 1_000

/** The log's clock orders what was known when; a store whose clock has jumped hides what came since from instants until then. */
export const examineLedgerClock = async (at: Examination, db: ReadHandle, nowMs: number): Promise<void> => {
  const clockMs = Number(await findLedgerClock(db))
  if (clockMs < 0) {
    at.ok("log's clock", 'not started: it begins with the first event')
    return
  }
  const instant = new Date(clockMs).toISOString()
  if (clockMs <= nowMs + CLOCK_AHEAD_MAX_MS) {
    at.ok("log's clock", `has come to ${instant}`)
    return
  }
  const seconds = Math.round((clockMs - nowMs) / MS_PER_S)
  at.wrong(
    "log's clock",
    `has come to ${instant}, ${seconds} s beyond this machine's`,
    "Let the event store's machines keep time by NTP. Until that instant, instants since the jump tell what was known before it; positions are exact.",
  )
}

/** A store that was restored to an older copy, or another store, must not be projected upon these rows. */
export const examineWitness = async (at: Examination, client: PoolClient, store: EventStore): Promise<void> => {
  const checkpoints = await listCheckpoints(client, await listInUse(client))
  if (checkpoints.every(({ position }) => position < 0n)) return
  const divergence = await findDivergence(store, checkpoints)
  if (divergence === undefined) at.ok('same store', 'what was projected last is where it was')
  else at.wrong('same store', divergence, RESTORED_ADVICE)
}

/** A step takes as long as a request; one that waits this long needs somebody. */
const STEP_SECONDS_MAX = 60

interface ReceiptsRow {
  readonly position: Position
  readonly step_count: number
  readonly updated_at: Date
  readonly witness_stream: string | null
  readonly witness_revision: Revision | null
  readonly witness_event_id: string | null
  readonly witness_position: Position | null
}

/** Receipts whose two streams disagree until the process manager has finished them. */
export const examineReceiptProcess = async (
  at: Examination,
  client: PoolClient,
  store: EventStore | undefined,
): Promise<void> => {
  const there = await client.query<{ there: boolean }>(
    `select to_regclass('process_manager.receipts') is not null as there`,
  )
  if (there.rows[0]?.there !== true) {
    at.note('process', 'never ran', 'It runs inside the API; it begins with its first start.')
    return
  }
  const { rows } = await client.query<ReceiptsRow>(
    'select *, jsonb_array_length(steps)::integer as step_count from process_manager.receipts',
  )
  const row = rows[0]
  if (row === undefined) {
    at.ok('process', 'nothing to do yet')
    return
  }
  const { witness_stream: stream, witness_revision: revision, witness_event_id: eventId, witness_position: place } = row
  if (store !== undefined && stream && revision !== null && eventId && place !== null) {
    const witness = { stream, revision, eventId, position: place }
    const verdict = await checkWitness(store, { position: row.position, witness })
    if (verdict === 'ok') at.ok('same store', 'what it read last is where it was')
    else
      at.wrong('same store', verdict.diverged, 'It begins anew once the read models are those of this log: see above.')
  }
  const age = secondsSince(row.updated_at, Date.now())
  if (row.step_count === 0) at.ok('half-done', `none, as of position ${row.position}`)
  else if (age < STEP_SECONDS_MAX) at.note('half-done', `${row.step_count}, on their way`, 'Look again in a moment.')
  else
    at.wrong(
      'half-done',
      `${row.step_count}, for more than ${Math.round(age)} s`,
      'The log of the API tells what they wait for.',
    )
}
