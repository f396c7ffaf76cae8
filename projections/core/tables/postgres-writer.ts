import type { LogEvent, Position } from '@registru/domain'
import { isRetryable, type PoolClient } from '@registru/runtime'
import { RowsDisagree } from '../fold/errors.ts'
import type { Projection } from '../fold/projection.ts'
import type { Reached, Writer } from '../fold/writer.ts'
import { type BatchStatement, batchStatement, REFUSED } from './batch-statement.ts'
import { type Checkpoint, mustHoldCheckpoint } from './checkpoints.ts'
import { type TableCopy, takeCopies } from './copies.ts'
import { createAnalyzer } from './grown-tables.ts'
import { foldLoaded, type Line, type LineWrite, loadBatch, openLine } from './line.ts'
import { createStatementRunner } from './statement-runner.ts'

/** Rows that folds have touched are kept up to twice this many, about 20 MB a projection. */
const IMAGE_ROWS_MAX = 15_000

/** The same in a rebuild, which may take more memory to load less. */
const IMAGE_ROWS_BULK_MAX = 40_000

/**
 * Every statement finds its rows by primary key through an array; a plan once made is kept. JIT never pays for itself here.
 * A commit that a crash of Postgres takes back takes rows and checkpoint back together, so it need not wait for the disk.
 */
const SESSION_SETTINGS = `set plan_cache_mode = force_generic_plan; set enable_hashjoin = off; set enable_mergejoin = off;
  set enable_seqscan = off; set jit = off; set synchronous_commit = off;
  set default_statistics_target = 10`

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

const hasSqlState = (error: unknown, sqlState: string): boolean =>
  error instanceof Error && 'code' in error && error.code === sqlState

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
    const { line, checkpoint } = await openLine(client, projection, { bulk })
    lines.push(line)
    checkpoints.push(checkpoint)
  }
  const runStatement = createStatementRunner(client)
  const analyzeGrown = createAnalyzer(client)

  const run = async ({ copies }: PreparedBatch, statement: BatchStatement): Promise<void> => {
    try {
      await runStatement(copies, statement)
    } catch (error) {
      if (isRetryable(error)) throw error
      // Only after a failure: the statement itself compares and sets.
      for (const line of lines) await mustHoldCheckpoint(client, line)
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

  const prepareLine = async (line: Line, events: readonly LogEvent[], reached: Reached): Promise<LineWrite> => {
    const loaded = await loadBatch(reader, line, events)
    mustNotBeLost()
    return foldLoaded(reader, line, loaded, reached)
  }

  const prepare: PostgresWriter['prepare'] = async (events, reached) => {
    if (lost !== undefined) await beginAnew()
    try {
      const writes: LineWrite[] = []
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
