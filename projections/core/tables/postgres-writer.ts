import type { EventId, LogEvent, Position, Revision } from '@registru/domain'
import { copyText, isRetryable, type PoolClient } from '@registru/runtime'
import { foldBatch, moreRowsWantedBy, planBatch, rowsWantedBy } from '../fold/batch.ts'
import type { Changes } from '../fold/changes.ts'
import { Fenced, RowsDisagree } from '../fold/errors.ts'
import type { Wanted } from '../fold/owned-row.ts'
import { type Projection, schemaOf } from '../fold/projection.ts'
import { createRowImage, type RowImage } from '../fold/row-image.ts'
import { keyString, type Row, type Table } from '../fold/table.ts'
import type { Reached, Writer } from '../fold/writer.ts'
import { type BatchStatement, batchStatement, type CheckpointMove, REFUSED } from './batch-statement.ts'
import { type TableCopy, takeCopies } from './copies.ts'
import { createKey } from './schema.ts'

/** Rows that folds have touched are kept up to twice this many, about 20 MB a projection. */
const IMAGE_ROWS_MAX = 15_000

/** The same in a rebuild, which may take more memory to load less. */
const IMAGE_ROWS_BULK_MAX = 40_000

/** Batches of one shape share a plan. Shapes beyond this many are planned each time, so memory stays bounded. */
const PREPARED_STATEMENTS_MAX = 100
/** A shape is kept when it comes a second time among about this many: small batches of all kinds of events seldom do. */
const SHAPES_SEEN_MAX = 200

/**
 * A table is analyzed when it has grown by this many rows, and so many times over again. Autovacuum looks once a minute, and
 * a minute of plans made for an empty table can read a whole company for every row they change. A quick look is enough
 * until then, and a rare one: the look and the plans made anew after it hold up a batch.
 */
const ANALYZE_ROWS_MIN = 500
const ANALYZE_GROWTH = 8

/**
 * Every statement finds its rows by primary key through an array; a plan once made is kept. JIT never pays for itself here.
 * A commit that a crash of Postgres takes back takes rows and checkpoint back together, so it need not wait for the disk.
 */
const SESSION_SETTINGS = `set plan_cache_mode = force_generic_plan; set enable_hashjoin = off; set enable_mergejoin = off;
  set enable_seqscan = off; set jit = off; set synchronous_commit = off;
  set default_statistics_target = 10`

export interface Checkpoint {
  readonly projection: Pick<Projection, 'name' | 'version' | 'generation'>
  /** -1: nothing read yet. */
  readonly position: Position
  /** The last event of ours at or before the position, and the store it came from. */
  readonly witness:
    | {
        readonly stream: string
        readonly revision: Revision
        readonly eventId: EventId
        readonly position: Position
        readonly storeId: string
      }
    | undefined
}

/** A batch folded into a statement, ready to be written after the ones that were prepared before it. */
export interface PreparedBatch {
  readonly statement: BatchStatement | undefined
  /** New rows that go in by COPY, in the same transaction. */
  readonly copies: readonly TableCopy[]
  readonly position: Position
}

export interface PostgresWriter extends Writer {
  /** As they stood when the epoch was taken. */
  readonly checkpoints: readonly Checkpoint[]
  /**
   * Loads and folds; may go on while the batch before is being written. What is prepared must be written, in order.
   * @throws ProjectionFailed, or what the write that went on meanwhile failed with; then nothing that was prepared and not
   * written counts any more
   */
  readonly prepare: (events: readonly LogEvent[], reached: Reached) => Promise<PreparedBatch>
  /** @throws Fenced, RowsDisagree, and then nothing that was prepared and not written counts any more */
  readonly write: (batch: PreparedBatch) => Promise<void>
}

interface NamedStatement {
  readonly name: string
  readonly text: string
}

interface KnownShapes {
  readonly prepared: Map<string, NamedStatement>
  readonly seen: Set<string>
}

/** A name lives as long as its connection, which may see one writer after another. */
const shapes = new WeakMap<PoolClient, KnownShapes>()

const shapesOf = (client: PoolClient): KnownShapes => {
  const known = shapes.get(client)
  if (known !== undefined) return known
  const none = { prepared: new Map<string, NamedStatement>(), seen: new Set<string>() }
  shapes.set(client, none)
  return none
}

const hasSqlState = (error: unknown, sqlState: string): boolean =>
  error instanceof Error && 'code' in error && error.code === sqlState

interface CheckpointRow {
  readonly position: Position
  readonly epoch: bigint
  readonly store_id: string | null
  readonly witness_stream: string | null
  readonly witness_revision: Revision | null
  readonly witness_event_id: string | null
  readonly witness_position: Position | null
}

const witnessOf = (row: Omit<CheckpointRow, 'position' | 'epoch'>): Checkpoint['witness'] =>
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
  /** Tables that have their primary key; a rebuild makes the others' when it first looks for a row of theirs. */
  readonly keyed: Set<Table>
  /** Where the tables are. */
  written: Position
  /** Where the tables will be once all that is prepared is written; the image is there already. */
  prepared: Position
}

/** Tells, and promises nothing: only the epoch's holder may rely on it. */
export const listCheckpoints = async (
  client: PoolClient,
  projections: readonly Checkpoint['projection'][],
): Promise<readonly Checkpoint[]> => {
  const checkpoints: Checkpoint[] = []
  for (const projection of projections) {
    const { rows } = await client.query<CheckpointRow>(`select * from ${schemaOf(projection)}.checkpoint`)
    for (const { position, ...row } of rows) checkpoints.push({ projection, position, witness: witnessOf(row) })
  }
  return checkpoints
}

/** Waits for an earlier holder that may still be committing, then shuts it out: its next batch finds another epoch. */
const takeEpoch = async (client: PoolClient, schema: string): Promise<CheckpointRow> => {
  const { rows } = await client.query<CheckpointRow>(`update ${schema}.checkpoint set epoch = epoch + 1 returning *`)
  const row = rows[0]
  if (row === undefined) throw new RowsDisagree(`${schema} has no checkpoint`)
  return row
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

export interface PostgresWriterOptions {
  /** Carries the epoch and every transaction. Gets session settings and must not go back to a pool. */
  readonly client: PoolClient
  /** Loads rows for the next batch while `client` writes the one before; same care. Absent: `client` does both in turn. */
  readonly reader?: PoolClient
  readonly projections: readonly Projection[]
  /** For a rebuild: new rows go in by COPY, and keys are made when they are first needed. Wants a reader of its own. */
  readonly bulk?: boolean
  /** How many rows each projection's image holds at least before it forgets any. */
  readonly imageRowsMax?: number
}

/** Takes the epoch of every checkpoint first: whoever held it before can write no more. */
export const openPostgresWriter = async ({
  client,
  reader = client,
  projections,
  bulk = false,
  imageRowsMax = bulk ? IMAGE_ROWS_BULK_MAX : IMAGE_ROWS_MAX,
}: PostgresWriterOptions): Promise<PostgresWriter> => {
  await client.query(SESSION_SETTINGS)
  if (reader !== client) await reader.query(SESSION_SETTINGS)
  const lines: Line[] = []
  const checkpoints: Checkpoint[] = []
  for (const projection of projections) {
    const schema = schemaOf(projection)
    const { position, epoch, ...row } = await takeEpoch(client, schema)
    const keyed = bulk ? await findKeyed(client, schema, projection.tables) : new Set(projection.tables)
    lines.push({
      projection,
      schema,
      epoch,
      image: createRowImage(position === -1n),
      keyed,
      written: position,
      prepared: position,
    })
    checkpoints.push({ projection, position, witness: witnessOf(row) })
  }

  /** Only after a failure: the statement itself compares and sets. */
  const mustHoldCheckpoints = async (): Promise<void> => {
    for (const { schema, epoch, written } of lines) {
      const { rows } = await client.query<Pick<CheckpointRow, 'position' | 'epoch'>>(
        `select position, epoch from ${schema}.checkpoint`,
      )
      if (rows[0]?.epoch !== epoch || rows[0].position !== written) {
        throw new Fenced(`${schema} was moved by another projector`)
      }
    }
  }

  const { prepared, seen } = shapesOf(client)
  const isSeenAgain = (shape: string): boolean => {
    if (seen.delete(shape)) return true
    if (seen.size >= SHAPES_SEEN_MAX) seen.clear()
    seen.add(shape)
    return false
  }
  const preparedOf = ({ shape, sql }: BatchStatement): { readonly name?: string; readonly text: string } => {
    const known = prepared.get(shape)
    if (known !== undefined) return known
    if (prepared.size >= PREPARED_STATEMENTS_MAX || !isSeenAgain(shape)) return { text: sql() }
    const fresh = { name: `batch ${prepared.size}`, text: sql() }
    prepared.set(shape, fresh)
    return fresh
  }

  const runTogether = async (copies: readonly TableCopy[], statement: BatchStatement): Promise<void> => {
    await client.query('begin')
    try {
      for (const { target, text } of copies) await copyText(client, target, text)
      await client.query({ ...preparedOf(statement), values: [...statement.values] })
      await client.query('commit')
    } catch (error) {
      await client.query('rollback').catch(() => undefined)
      throw error
    }
  }

  const run = async ({ copies }: PreparedBatch, statement: BatchStatement): Promise<void> => {
    try {
      if (copies.length > 0) await runTogether(copies, statement)
      else await client.query({ ...preparedOf(statement), values: [...statement.values] })
    } catch (error) {
      if (isRetryable(error)) throw error
      await mustHoldCheckpoints()
      if (hasSqlState(error, REFUSED)) throw new RowsDisagree('a row to change is not there')
      throw error
    }
  }

  /** Why batches that were prepared will never be written: the images are ahead of the tables. */
  let lost: { readonly error: unknown } | undefined
  let writing: Promise<unknown> = Promise.resolve()

  const mustNotBeLost = (): void => {
    if (lost !== undefined) throw lost.error
  }
  const beginAnew = async (): Promise<void> => {
    await writing
    for (const line of lines) {
      line.image.clear()
      line.prepared = line.written
    }
    lost = undefined
  }

  const prepareLine = async (
    line: Line,
    events: readonly LogEvent[],
    { position, storeId }: Reached,
  ): Promise<{ readonly changes: Changes; readonly checkpoint: CheckpointMove }> => {
    const { schema, epoch, prepared: from, image, projection } = line
    const fresh = events.filter((event) => event.position > from)
    const batch = planBatch(projection, fresh)
    await loadRows(reader, line, rowsWantedBy(batch))
    await loadRows(reader, line, moreRowsWantedBy(batch, image))
    mustNotBeLost()
    const changes = foldBatch(batch, image)
    for (const [table, { updates }] of changes) if (updates.size > 0) await makeKey(reader, line, table)
    line.prepared = position
    const last = fresh.at(-1)
    const witness = last && {
      stream: last.stream,
      revision: last.revision,
      eventId: last.eventId,
      position: last.position,
    }
    return { changes, checkpoint: { schema, epoch, from, to: position, storeId, ...(witness && { witness }) } }
  }

  const grown = new Map<string, { rows: number; since: number }>()
  /** Out of the transaction: it takes a moment, and nobody waits for statistics. */
  const analyzeGrown = async ({ inserted }: BatchStatement): Promise<void> => {
    for (const [table, rows] of inserted) {
      const growth = grown.get(table) ?? { rows: 0, since: 0 }
      grown.set(table, growth)
      growth.since += rows
      if (growth.since < Math.max(ANALYZE_ROWS_MIN, growth.rows * (ANALYZE_GROWTH - 1))) continue
      await client.query(`analyze ${table}`)
      growth.rows += growth.since
      growth.since = 0
    }
  }

  const prepare: PostgresWriter['prepare'] = async (events, reached) => {
    if (lost !== undefined) await beginAnew()
    try {
      const writes = []
      for (const line of lines) {
        line.image.forgetBeyond(imageRowsMax, line.prepared, line.written)
        if (line.prepared < reached.position) writes.push(await prepareLine(line, events, reached))
      }
      mustNotBeLost()
      const copies = bulk ? takeCopies(writes) : []
      return { statement: writes.length > 0 ? batchStatement(writes) : undefined, copies, position: reached.position }
    } catch (error) {
      lost ??= { error }
      throw error
    }
  }

  const writeNow = async (batch: PreparedBatch): Promise<void> => {
    const { statement, position } = batch
    if (statement === undefined) return
    try {
      await run(batch, statement)
    } catch (error) {
      lost ??= { error }
      throw error
    }
    for (const line of lines) {
      if (line.written < position) line.written = position
      if (line.prepared < position) line.prepared = position
    }
    if (!bulk) await analyzeGrown(statement)
  }
  const write: PostgresWriter['write'] = (batch) => {
    const done = writeNow(batch)
    writing = done.catch(() => undefined)
    return done
  }

  return {
    checkpoints,
    prepare,
    write,
    apply: async (events, reached) => {
      await write(await prepare(events, reached))
    },
  }
}
