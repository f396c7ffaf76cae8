import { LEDGER_STREAM_PREFIXES } from '@registru/domain'
import { checkWitness, type EventStore, findLastPosition } from '@registru/event-store'
import {
  allProjections,
  findProjectorReport,
  listProjectionPositions,
  PROJECTOR_SILENT_AFTER_SECONDS,
  type ProjectorReport,
  type ReadHandle,
  schemaOf,
} from '@registru/projections'
import type { PoolClient } from '@registru/runtime'
import { type Examination, secondsSince } from './diagnosis.ts'

const WORKING = new Set(['starting', 'catchingUp', 'live'])
const BACKWARDS_MAX = 1_000

const examineVersions = async (at: Examination, db: ReadHandle): Promise<bigint | undefined> => {
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
const isSilent = ({ ageSeconds }: ProjectorReport): boolean => ageSeconds > PROJECTOR_SILENT_AFTER_SECONDS

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
        'It stands still until somebody acts: its log and shared/docs tell how.',
      )
  }
  const position = await examineVersions(at, db)
  if (position === undefined || store === undefined) return
  const head = await findLastPosition(store, LEDGER_STREAM_PREFIXES, BACKWARDS_MAX)
  if (head === undefined) {
    at.note(
      'lag',
      `the last ${BACKWARDS_MAX} events of the log are not the ledger's`,
      'Compare the positions at /readyz.',
    )
  } else if (head <= position) at.ok('lag', `none: the read models stand at ${position}`)
  else {
    const found = `the read models stand at ${position}, the log at ${head}`
    if (report === undefined || isSilent(report)) at.wrong('lag', found, SILENT_ADVICE)
    else at.note('lag', found, 'It is at work; look again in a moment.')
  }
}

interface CheckpointRow {
  readonly position: bigint
  readonly store_id: string | null
  readonly witness_stream: string | null
  readonly witness_revision: bigint | null
  readonly witness_event_id: string | null
  readonly witness_position: bigint | null
}

/** A store that was restored to an older copy, or another store, must not be projected upon these rows. */
export const examineWitness = async (at: Examination, client: PoolClient, store: EventStore): Promise<void> => {
  const inUse = await client.query<{ name: string; version: number; generation: number }>(
    'select name, version, generation from read.projections order by name limit 1',
  )
  const projection = inUse.rows[0]
  if (projection === undefined) return
  const { rows } = await client.query<CheckpointRow>(`select * from ${schemaOf(projection)}.checkpoint`)
  const row = rows[0]
  if (row === undefined || row.position < 0n) return
  const { witness_stream: stream, witness_revision: revision, witness_event_id: eventId, witness_position: place } = row
  const witness =
    stream === null || revision === null || eventId === null || place === null
      ? undefined
      : { stream, revision, eventId, position: place }
  const checkpoint = {
    position: row.position,
    ...(row.store_id !== null && { storeId: row.store_id }),
    ...(witness !== undefined && { witness }),
  }
  const verdict = await checkWitness(store, checkpoint)
  if (verdict === 'ok') at.ok('same store', 'the last projected event is where it was')
  else {
    at.wrong(
      'same store',
      verdict.diverged,
      'The store was restored or replaced. Give it back what is missing, or rebuild the read models from it.',
    )
  }
}

/** A step takes as long as a request; one that waits this long needs somebody. */
const STEP_SECONDS_MAX = 60

/** Receipts whose two streams disagree until the process manager has finished them. */
export const examineReceiptProcess = async (at: Examination, client: PoolClient): Promise<void> => {
  const there = await client.query<{ there: boolean }>(
    `select to_regclass('process_manager.receipts') is not null as there`,
  )
  if (there.rows[0]?.there !== true) {
    at.note('process', 'never ran', 'It runs inside the API; it begins with its first start.')
    return
  }
  const { rows } = await client.query<{ position: bigint; steps: number; updated_at: Date }>(
    'select position, jsonb_array_length(steps)::integer as steps, updated_at from process_manager.receipts',
  )
  const row = rows[0]
  if (row === undefined) {
    at.ok('process', 'nothing to do yet')
    return
  }
  const age = secondsSince(row.updated_at, Date.now())
  if (row.steps === 0) at.ok('half-done', `none, as of position ${row.position}`)
  else if (age < STEP_SECONDS_MAX) at.note('half-done', `${row.steps}, on their way`, 'Look again in a moment.')
  else
    at.wrong(
      'half-done',
      `${row.steps}, for more than ${Math.round(age)} s`,
      'The log of the API tells what they wait for.',
    )
}
