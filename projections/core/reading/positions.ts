import { BEFORE_THE_LOG, type Position } from '@registru/domain'
import { sql } from 'kysely'
import type { ReadHandle } from './read.ts'

export interface ProjectionPosition {
  readonly name: string
  readonly version: number
  /** Everything up to here is in the tables; -1: nothing. */
  readonly position: Position
  readonly updatedAt: Date
}

/** Of every projection in use, by name. */
export const listProjectionPositions = async (db: ReadHandle): Promise<readonly ProjectionPosition[]> => {
  const { rows } = await sql<{ name: string; version: number; position: Position; updated_at: Date }>`
    select name, version, position, updated_at from read.positions order by name`.execute(db)
  return rows.map(({ updated_at: updatedAt, ...row }) => ({ ...row, updatedAt }))
}

/** Up to where every projection in use has come: what an answer from all of them may call its position. */
export const findReadPosition = async (db: ReadHandle): Promise<Position> => {
  const { rows } = await sql<{ position: Position | null }>`
    select min(position) as position from read.positions`.execute(db)
  return rows[0]?.position ?? BEFORE_THE_LOG
}

/** What a snapshot of the read models is of. */
export interface ReadState {
  readonly position: Position
  /** Names and versions of the projections in use, in one line. */
  readonly versions: string
  /** The server's process that answers: who wants to end its query needs it. */
  readonly processId: number
}

/** Everything that an answer says of the moment it is from, in one round trip. */
export const findReadState = async (db: ReadHandle): Promise<ReadState> => {
  const { rows } = await sql<{ position: Position | null; versions: string | null; process_id: number }>`
    select min(position) as position, string_agg(name || '_v' || version, ' ' order by name) as versions,
      pg_backend_pid() as process_id
    from read.positions`.execute(db)
  const row = rows[0]
  return { position: row?.position ?? BEFORE_THE_LOG, versions: row?.versions ?? '', processId: row?.process_id ?? 0 }
}

/** As long as its process runs, a projector at work says so at least this often. */
export const PROJECTOR_REPORT_EVERY_MS = 5_000
/** After this it is not at work, whatever it said last: a process that was killed says nothing any more. */
export const PROJECTOR_SILENT_AFTER_SECONDS = 20

export interface ProjectorReport {
  readonly state: string
  readonly detail: unknown
  /** Since it was said, by the clock of Postgres. */
  readonly ageSeconds: number
}

/** What the projector last said of itself; `undefined` before it ever ran. */
export const findProjectorReport = async (db: ReadHandle): Promise<ProjectorReport | undefined> => {
  const { rows } = await sql<{ state: string; detail: unknown; age_seconds: number }>`
    select state, detail, extract(epoch from clock_timestamp() - updated_at)::float8 as age_seconds
    from read.projector`.execute(db)
  const row = rows[0]
  return row && { state: row.state, detail: row.detail, ageSeconds: row.age_seconds }
}
