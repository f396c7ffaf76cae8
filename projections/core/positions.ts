import { sql } from 'kysely'
import type { ReadHandle } from './read.ts'

export interface ProjectionPosition {
  readonly name: string
  readonly version: number
  /** Everything up to here is in the tables; -1: nothing. */
  readonly position: bigint
  readonly updatedAt: Date
}

/** Of every projection in use, by name. */
export const listProjectionPositions = async (db: ReadHandle): Promise<readonly ProjectionPosition[]> => {
  const { rows } = await sql<{ name: string; version: number; position: bigint; updated_at: Date }>`
    select name, version, position, updated_at from read.positions order by name`.execute(db)
  return rows.map(({ updated_at: updatedAt, ...row }) => ({ ...row, updatedAt }))
}

/** Up to where every projection in use has come: what an answer from all of them may call its position. */
export const findReadPosition = async (db: ReadHandle): Promise<bigint> => {
  const { rows } = await sql<{ position: bigint | null }>`
    select min(position) as position from read.positions`.execute(db)
  return rows[0]?.position ?? -1n
}

/** What a snapshot of the read models is of. */
export interface ReadState {
  readonly position: bigint
  /** Names and versions of the projections in use, in one line. */
  readonly versions: string
  /** The server's process that answers: who wants to end its query needs it. */
  readonly processId: number
}

/** Everything that an answer says of the moment it is from, in one round trip. */
export const findReadState = async (db: ReadHandle): Promise<ReadState> => {
  const { rows } = await sql<{ position: bigint | null; versions: string | null; process_id: number }>`
    select min(position) as position, string_agg(name || '_v' || version, ' ' order by name) as versions,
      pg_backend_pid() as process_id
    from read.positions`.execute(db)
  const row = rows[0]
  return { position: row?.position ?? -1n, versions: row?.versions ?? '', processId: row?.process_id ?? 0 }
}

export interface ProjectorReport {
  readonly state: string
  readonly detail: unknown
  readonly updatedAt: Date
}

/** What the projector last said of itself; `undefined` before it ever ran. */
export const findProjectorReport = async (db: ReadHandle): Promise<ProjectorReport | undefined> => {
  const { rows } = await sql<{ state: string; detail: unknown; updated_at: Date }>`
    select state, detail, updated_at from read.projector`.execute(db)
  const row = rows[0]
  return row && { state: row.state, detail: row.detail, updatedAt: row.updated_at }
}
