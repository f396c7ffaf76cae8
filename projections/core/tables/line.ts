import type { LogEvent, Position } from '@registru/domain'
import type { PoolClient } from '@registru/runtime'
import { foldBatch, moreRowsWantedBy, type PlannedBatch, planBatch, rowsWantedBy } from '../fold/batch.ts'
import type { Changes } from '../fold/changes.ts'
import type { Wanted } from '../fold/owned-row.ts'
import { type Projection, schemaOf } from '../fold/projection.ts'
import { createRowImage, type RowImage } from '../fold/row-image.ts'
import { keyString, type Row, type Table } from '../fold/table.ts'
import type { Reached } from '../fold/writer.ts'
import type { CheckpointMove } from './batch-statement.ts'
import { type Checkpoint, placeOf, takeEpoch, witnessOf } from './checkpoints.ts'
import { createKey } from './schema.ts'

/** A projection on its way into its tables. */
export interface Line {
  readonly projection: Projection
  readonly schema: string
  readonly epoch: bigint
  readonly image: RowImage
  /** Tables that have their primary key; a rebuild makes the others' when it first looks for a row of theirs. */
  readonly keyed: Set<Table>
  /** Where the tables are. */
  written: Position
  /** Where the tables will be once all that is prepared is written; the image is there already. */
  prepared: Position
}

const selectRows = async (
  client: PoolClient,
  schema: string,
  table: Table,
  wanted: readonly Wanted[],
): Promise<Row[]> => {
  const arrays = table.key.map((column, index) => `$${index + 1}::${table.columns[column]?.type ?? 'text'}[]`)
  const match = table.key.map((column) => `t.${column} = k.${column}`)
  const { rows } = await client.query<Record<string, unknown>>({
    name: `load ${schema}.${table.name}`,
    text: `select t.* from unnest(${arrays.join(', ')}) as k(${table.key.join(', ')})
      join ${schema}.${table.name} t on ${match.join(' and ')}`,
    values: table.key.map((column) => wanted.map(({ key }) => key[column])),
  })
  return rows
}

/** Of a rebuild that was cut off: the tables that have their keys by now. */
const findKeyed = async (client: PoolClient, schema: string, tables: readonly Table[]): Promise<Set<Table>> => {
  const { rows } = await client.query<{ relname: string }>(
    `select c.relname from pg_index i join pg_class c on c.oid = i.indrelid
      where i.indisprimary and c.relnamespace = $1::regnamespace`,
    [schema],
  )
  return new Set(tables.filter(({ name }) => rows.some(({ relname }) => relname === name)))
}

const makeKey = async (client: PoolClient, { schema, keyed }: Line, table: Table): Promise<void> => {
  if (keyed.has(table)) return
  await client.query(createKey(schema, table))
  keyed.add(table)
}

/** Brings rows that a batch wants into the image, one query a table; rows that an earlier batch left there count. */
const loadRows = async (client: PoolClient, line: Line, wantedRows: readonly Wanted[]): Promise<void> => {
  const { image, schema } = line
  const missing = new Map<Table, Wanted[]>()
  for (const row of wantedRows) {
    if (image.knows(row)) continue
    // Known to be absent until it is found.
    image.putAbsent(row)
    if (row.isNew) continue
    const rows = missing.get(row.table)
    if (rows === undefined) missing.set(row.table, [row])
    else rows.push(row)
  }
  for (const [table, wanted] of missing) {
    await makeKey(client, line, table)
    const rows = await selectRows(client, schema, table, wanted)
    for (const row of rows) image.put(table, keyString(table, row), row)
  }
}

/** Takes the epoch of its checkpoint: whoever held it before can write no more. */
export const openLine = async (
  client: PoolClient,
  projection: Projection,
  { bulk }: { readonly bulk: boolean },
): Promise<{ readonly line: Line; readonly checkpoint: Checkpoint }> => {
  const schema = schemaOf(projection)
  const { position, epoch, ...row } = await takeEpoch(client, schema)
  const keyed = bulk ? await findKeyed(client, schema, projection.tables) : new Set(projection.tables)
  const image = createRowImage(position === -1n)
  return {
    line: { projection, schema, epoch, image, keyed, written: position, prepared: position },
    checkpoint: { projection, position, witness: witnessOf(row) },
  }
}

/** The events that are new to it, with the rows that they want in its image. */
interface LoadedBatch {
  readonly events: readonly LogEvent[]
  readonly batch: PlannedBatch
}

export const loadBatch = async (reader: PoolClient, line: Line, events: readonly LogEvent[]): Promise<LoadedBatch> => {
  const { projection, image, prepared } = line
  const fresh = events.filter(({ position }) => position > prepared)
  const batch = planBatch(projection, fresh)
  await loadRows(reader, line, rowsWantedBy(batch))
  await loadRows(reader, line, moreRowsWantedBy(batch, image))
  return { events: fresh, batch }
}

export interface LineWrite {
  readonly changes: Changes
  readonly checkpoint: CheckpointMove
}

/** @throws ProjectionFailed */
export const foldLoaded = async (
  reader: PoolClient,
  line: Line,
  { events, batch }: LoadedBatch,
  { position, storeId }: Reached,
): Promise<LineWrite> => {
  const { schema, epoch, prepared: from, image } = line
  const changes = foldBatch(batch, image)
  for (const [table, { updates }] of changes) if (updates.size > 0) await makeKey(reader, line, table)
  line.prepared = position
  const last = events.at(-1)
  return {
    changes,
    checkpoint: { schema, epoch, from, to: position, storeId, ...(last && { witness: placeOf(last) }) },
  }
}
