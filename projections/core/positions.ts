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
