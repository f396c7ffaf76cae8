import type { LedgerEvent } from '@registru/domain'
import type { PoolClient } from '@registru/runtime'
import { batchStatement, type CheckpointMove } from './batch-statement.ts'
import type { Changes } from './changes.ts'
import { Fenced, RowsDisagree } from './errors.ts'
import { type Projection, project, type RowWanted, rowsWantedBy, schemaOf } from './projection.ts'
import { createRowImage, type RowImage } from './row-image.ts'
import { keyString, type Row, type Table } from './table.ts'
import type { Reached, Writer } from './writer.ts'

/** Rows that folds have asked for are kept between batches up to this many, about 20 MB; then all are dropped. */
const IMAGE_ROWS_MAX = 30_000

/** Batches of one shape share a plan. Rare shapes beyond this many are planned each time, so memory stays bounded. */
const PREPARED_STATEMENTS_MAX = 100

/**
 * Every statement finds its rows by primary key through an array. Without statistics of tables that grow from nothing the
 * planner would now and then prefer to read a whole table; a plan once made is kept. JIT never pays for itself here.
 * A commit that a crash of Postgres takes back takes rows and checkpoint back together, so it need not wait for the disk.
 */
const SESSION_SETTINGS = `set plan_cache_mode = force_generic_plan; set enable_hashjoin = off; set enable_mergejoin = off;
  set enable_seqscan = off; set jit = off; set synchronous_commit = off`

export interface Checkpoint {
  readonly projection: Projection
  /** -1: nothing read yet. */
  readonly position: bigint
  /** The last event of ours at or before the position, and the store it came from. */
  readonly witness:
    | {
        readonly stream: string
        readonly revision: bigint
        readonly eventId: string
        readonly position: bigint
        readonly storeId: string
      }
    | undefined
}

export interface PostgresWriter extends Writer {
  /** As they stood when the epoch was taken. */
  readonly checkpoints: readonly Checkpoint[]
}

interface CheckpointRow {
  readonly position: bigint
  readonly epoch: bigint
  readonly store_id: string | null
  readonly witness_stream: string | null
  readonly witness_revision: bigint | null
  readonly witness_event_id: string | null
  readonly witness_position: bigint | null
}

const witnessOf = (row: CheckpointRow): Checkpoint['witness'] =>
  row.witness_stream === null ||
  row.witness_revision === null ||
  row.witness_event_id === null ||
  row.witness_position === null ||
  row.store_id === null
    ? undefined
    : {
        stream: row.witness_stream,
        revision: row.witness_revision,
        eventId: row.witness_event_id,
        position: row.witness_position,
        storeId: row.store_id,
      }

interface Line {
  readonly projection: Projection
  readonly schema: string
  readonly epoch: bigint
  readonly image: RowImage
  position: bigint
}

/** Waits for an earlier holder that may still be committing, then shuts it out: its next batch finds another epoch. */
const takeEpoch = async (client: PoolClient, schema: string): Promise<CheckpointRow> => {
  const { rows } = await client.query<CheckpointRow>(`update ${schema}.checkpoint set epoch = epoch + 1 returning *`)
  const row = rows[0]
  if (row === undefined) throw new RowsDisagree(`${schema} has no checkpoint`)
  return row
}

const loadRows = async (client: PoolClient, schema: string, table: Table, keys: readonly Row[]): Promise<Row[]> => {
  const arrays = table.key.map((column, index) => `$${index + 1}::${table.columns[column]?.type ?? 'text'}[]`)
  const match = table.key.map((column) => `t.${column} = k.${column}`)
  const { rows } = await client.query<Record<string, unknown>>({
    name: `load ${schema}.${table.name}`,
    text: `select t.* from unnest(${arrays.join(', ')}) as k(${table.key.join(', ')})
      join ${schema}.${table.name} t on ${match.join(' and ')}`,
    values: table.key.map((column) => keys.map((key) => key[column])),
  })
  return rows
}

/** Brings the rows that a batch needs into the image, one query a table; rows that an earlier batch left there count. */
const loadImage = async (client: PoolClient, line: Line, wantedRows: readonly RowWanted[]): Promise<void> => {
  const missing = new Map<Table, Map<string, Row>>()
  for (const { table, key } of wantedRows) {
    if (line.image.has(table, key)) continue
    const keys = missing.get(table) ?? new Map<string, Row>()
    missing.set(table, keys.set(keyString(table, key), key))
  }
  for (const [table, keys] of missing) {
    const rows = await loadRows(client, line.schema, table, [...keys.values()])
    for (const row of rows) line.image.put(table, row)
  }
}

/**
 * Writes batches through one connection of its own. Takes the epoch of every checkpoint first: whoever held it before
 * can write no more. The connection has session settings and must not go back to a pool.
 */
export const openPostgresWriter = async (
  client: PoolClient,
  projections: readonly Projection[],
): Promise<PostgresWriter> => {
  await client.query(SESSION_SETTINGS)
  const lines: Line[] = []
  const checkpoints: Checkpoint[] = []
  for (const projection of projections) {
    const schema = schemaOf(projection)
    const row = await takeEpoch(client, schema)
    lines.push({ projection, schema, epoch: row.epoch, image: createRowImage(), position: row.position })
    checkpoints.push({ projection, position: row.position, witness: witnessOf(row) })
  }

  const lockSql = `with ${lines.map(({ schema }, index) => `c${index} as (select position, epoch from ${schema}.checkpoint for update)`).join(', ')}
    ${lines.map((_, index) => `select ${index} as line, position, epoch from c${index}`).join(' union all ')}`

  const lock = async (): Promise<void> => {
    const { rows } = await client.query<{ line: number; position: bigint; epoch: bigint }>({
      name: 'lock checkpoints',
      text: lockSql,
    })
    for (const row of rows) {
      const line = lines[row.line]
      if (line === undefined || row.epoch !== line.epoch || row.position !== line.position) {
        throw new Fenced(`${line?.schema} was moved by another projector`)
      }
    }
  }

  const prepared = new Map<string, string>()
  const nameOf = (text: string): string | undefined => {
    const known = prepared.get(text)
    if (known !== undefined || prepared.size >= PREPARED_STATEMENTS_MAX) return known
    const name = `batch ${prepared.size}`
    prepared.set(text, name)
    return name
  }

  const write = async (writes: readonly { readonly changes: Changes; readonly checkpoint: CheckpointMove }[]) => {
    const statement = batchStatement(writes)
    const name = nameOf(statement.sql)
    const { rows } = await client.query<Record<string, number>>({
      text: statement.sql,
      values: [...statement.values],
      ...(name !== undefined && { name }),
    })
    const counts = rows[0] ?? {}
    const wrong = statement.expected.filter(({ column, rows: expected }) => counts[column] !== expected)
    if (wrong.some(({ checkpoint }) => checkpoint)) throw new Fenced('a checkpoint was moved by another projector')
    if (wrong.length > 0) throw new RowsDisagree('a row to change is not there')
  }

  const applyTo = async (
    line: Line,
    events: readonly LedgerEvent[],
    { position, storeId }: Reached,
  ): Promise<{ readonly changes: Changes; readonly checkpoint: CheckpointMove }> => {
    const fresh = events.filter((event) => event.position > line.position)
    if (line.image.rowCount() > IMAGE_ROWS_MAX) line.image.clear()
    await loadImage(client, line, rowsWantedBy(line.projection, fresh))
    const last = fresh.at(-1)
    const { schema, epoch } = line
    return {
      changes: project(line.projection, fresh, line.image),
      checkpoint: {
        schema,
        epoch,
        from: line.position,
        to: position,
        storeId,
        ...(last !== undefined && {
          witness: {
            stream: last.stream,
            revision: last.revision,
            eventId: last.eventId,
            position: last.position,
          },
        }),
      },
    }
  }

  return {
    checkpoints,
    apply: async (events, reached) => {
      await client.query('begin')
      try {
        await lock()
        const behind = lines.filter((line) => line.position < reached.position)
        const writes = []
        for (const line of behind) writes.push(await applyTo(line, events, reached))
        if (writes.length > 0) await write(writes)
        await client.query('commit')
        for (const line of behind) line.position = reached.position
      } catch (error) {
        // What the images hold may be ahead of the tables now.
        for (const line of lines) line.image.clear()
        await client.query('rollback').catch(() => undefined)
        throw error
      }
    },
  }
}
