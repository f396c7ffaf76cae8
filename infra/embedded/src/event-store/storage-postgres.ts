import { copyBinary, copyBinaryOut, createPool, type Pool, type PoolClient } from '@registru/runtime'
import { STREAM_NAME_START } from './event-frame.ts'
import type { Logger } from './logger.ts'
import {
  type Direction,
  type Page,
  type SievedPiece,
  type Storage,
  type StoredGroup,
  type StoredStream,
  WriterFenced,
} from './storage.ts'

/**
 * The log in PostgreSQL. One table; a group of appends is one COPY, which is one transaction and one fsync.
 *
 * There is one writer. It holds an advisory lock as long as its connection lives, and a trigger checks its epoch inside
 * every transaction: a writer that was taken for dead, but is only slow, fails instead of interleaving.
 */
const SCHEMA_SQL = `
  create schema if not exists event_store;

  create table if not exists event_store.events (
    position bigint primary key,
    stream uuid not null,          -- the first 128 bits of SHA-256 of the stream's name
    revision bigint not null,
    frame bytea not null,          -- the event as readers get it: gRPC frame, stream name, id, type and data included
    unique (stream, revision)
  );
  -- Compressing costs more time than the disk it saves.
  alter table event_store.events alter column frame set storage external;

  create table if not exists event_store.writer (
    only_row boolean primary key default true check (only_row),
    epoch bigint not null
  );
  insert into event_store.writer (epoch) values (0) on conflict do nothing;

  create or replace function event_store.check_epoch() returns trigger language plpgsql as $body$
  begin
    -- The lock makes a new writer wait until this transaction has ended, one way or the other.
    perform from event_store.writer
      where epoch = current_setting('event_store.epoch', true)::bigint for share;
    if not found then
      raise exception 'another event store has taken over this log' using errcode = 'ES001';
    end if;
    return null;
  end
  $body$;

  create or replace trigger check_epoch before insert on event_store.events
    for each statement execute function event_store.check_epoch();
`

const FENCED_SQLSTATE = 'ES001'

/** Any number will do; it must only be the same in every version of this program. */
const WRITER_LOCK = 7_305_170_542_011_482n

/** How long a start waits for the process before it to die. */
const LOCK_WAIT_MS = 6_000
const LOCK_RETRY_MS = 100

const READ_CONNECTIONS = 4
/** One for the writer. */
const CONNECTIONS_MAX = READ_CONNECTIONS + 1
const STATEMENT_TIMEOUT_MS = 15_000

/** Frames a page of a stream may have, so that a thousand large events do not fill the memory. */
const STREAM_PAGE_BYTES = 4 * 1024 * 1024

const INT64_MAX = 2n ** 63n - 1n

// COPY's binary format: signature, flags and header extension; rows; minus one.
const COPY_HEADER = Buffer.from([0x50, 0x47, 0x43, 0x4f, 0x50, 0x59, 0x0a, 0xff, 0x0d, 0x0a, 0, 0, 0, 0, 0, 0, 0, 0, 0])
const COPY_TRAILER_BYTES = 2
/** The number of columns, and four lengths, and the three columns of fixed size. */
const COPY_ROW_BYTES = 2 + 4 * 4 + 8 + 16 + 8
const COPY_COLUMNS = 4

const TWO_TO_32 = 0x1_0000_0000

const writeInt64 = (target: Buffer, value: number, at: number): void => {
  target.writeUInt32BE(Math.floor(value / TWO_TO_32), at)
  target.writeUInt32BE(value % TWO_TO_32, at + 4)
}

export const copyPayload = ({ rows, frames }: StoredGroup): Buffer => {
  const payload = Buffer.allocUnsafe(
    COPY_HEADER.length + rows.length * COPY_ROW_BYTES + frames.length + COPY_TRAILER_BYTES,
  )
  let at = COPY_HEADER.copy(payload)
  for (const { position, streamKey, revision, frameStart, frameEnd } of rows) {
    payload.writeInt16BE(COPY_COLUMNS, at)
    payload.writeInt32BE(8, at + 2)
    writeInt64(payload, position, at + 6)
    payload.writeInt32BE(16, at + 14)
    streamKey.copy(payload, at + 18)
    payload.writeInt32BE(8, at + 34)
    if (typeof revision === 'bigint') payload.writeBigInt64BE(revision, at + 38)
    else writeInt64(payload, revision, at + 38)
    payload.writeInt32BE(frameEnd - frameStart, at + 46)
    at += COPY_ROW_BYTES
    at += frames.copy(payload, at, frameStart, frameEnd)
  }
  payload.writeInt16BE(-1, at)
  return payload
}

const NO_FRAMES = Buffer.alloc(0)

const hasCode = (error: unknown): error is { readonly code: string } =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'

const uuidText = (key: Buffer): string => key.toString('hex')

interface PageRow {
  readonly frames: Buffer | null
  readonly count: number
}

const pageOf = (row: PageRow | undefined): Page => ({ frames: row?.frames ?? NO_FRAMES, count: row?.count ?? 0 })

/**
 * How much of the log one row of a page holds. The database joins frames, so that few rows cross the wire; larger rows
 * would be copied once more for every 64 KiB that the socket delivers.
 */
const ROW_BYTES = 16 * 1024

const readLogQuery = (above: number, upTo: number): string => `
  select piece.frames, piece.count
  from generate_series(${above}::bigint, ${upTo - 1}::bigint, ${ROW_BYTES}) as start, lateral (
    select string_agg(frame, '' order by position) as frames, count(*)::integer as count
    from event_store.events where position > start and position <= least(start + ${ROW_BYTES}, ${upTo}::bigint)
  ) piece
  order by start`

const hexLiteral = (bytes: Buffer): string => `'\\x${bytes.toString('hex')}'::bytea`

/** Whether the name can begin with the prefix: it is looked for wherever the name can start. */
const mayBeginWith = (prefix: Buffer): string => {
  const { least, most } = STREAM_NAME_START
  return `position(${hexLiteral(prefix)} in substr(frame, ${least + 1}, ${most - least + prefix.length})) > 0`
}

const readLogSievedQuery = (above: number, upTo: number, prefixes: readonly Buffer[]): string => `
  select piece.frames, piece.considered, piece.last
  from generate_series(${above}::bigint, ${upTo - 1}::bigint, ${ROW_BYTES}) as start, lateral (
    select
      string_agg(frame, '' order by position) filter (where ${prefixes.map(mayBeginWith).join(' or ') || 'false'}) as frames,
      count(*)::integer as considered,
      max(position) as last
    from event_store.events where position > start and position <= least(start + ${ROW_BYTES}, ${upTo}::bigint)
  ) piece
  where piece.considered > 0
  order by start`

/** One row of the sieved log in COPY's binary format; `undefined` for the end mark. */
const readSievedRow = (row: Buffer, rowStart: number): SievedPiece | undefined => {
  const lengthAt = rowStart + 2
  if (row.length <= lengthAt) return undefined
  const length = Math.max(0, row.readInt32BE(lengthAt))
  const start = lengthAt + 4
  const end = start + length
  return {
    frames: Buffer.from(row.subarray(start, end)),
    considered: row.readInt32BE(end + 4),
    lastPosition: Number(row.readBigInt64BE(end + 12)),
  }
}

/** Gathers the rows of COPY's binary format: a length and the frames, a length and their number. */
const createPageBuilder = (bytesGuess: number): { add: (row: Buffer) => void; page: () => Page } => {
  let frames = Buffer.allocUnsafeSlow(bytesGuess)
  let length = 0
  let count = 0
  let lengthAt = COPY_HEADER.length + 2
  return {
    add: (row) => {
      if (row.length <= lengthAt) return
      const bytes = row.readInt32BE(lengthAt)
      const start = lengthAt + 4
      lengthAt = 2
      // No event begins in this part of the log: the sum of nothing is null.
      if (bytes < 0) return
      if (length + bytes > frames.length) {
        const grown = Buffer.allocUnsafeSlow((length + bytes) * 2)
        frames.copy(grown, 0, 0, length)
        frames = grown
      }
      length += row.copy(frames, length, start, start + bytes)
      count += row.readInt32BE(start + bytes + 4)
    },
    page: () => ({ frames: frames.subarray(0, length), count }),
  }
}

const readStreamQuery = (direction: Direction): { readonly name: string; readonly text: string } => {
  const [bound, order] =
    direction === 'forwards'
      ? ['>= greatest($2::bigint, $3::bigint)', 'asc']
      : ['<= $2::bigint and revision >= $3::bigint', 'desc']
  return {
    name: `event_store_read_stream_${direction}`,
    text: `
      select string_agg(frame, '' order by revision ${order}) as frames, count(*)::integer as count
      from (
        select revision, frame, sum(octet_length(frame)) over (order by revision ${order}) - octet_length(frame) as before
        from (
          select revision, frame from event_store.events
          where stream = $1 and revision ${bound} order by revision ${order} limit $4::bigint
        ) page
      ) measured
      where before < ${STREAM_PAGE_BYTES}`,
  }
}
const READ_STREAM = { forwards: readStreamQuery('forwards'), backwards: readStreamQuery('backwards') }

const LOAD_STREAMS = {
  name: 'event_store_load_streams',
  text: `
    select last.revision, last.frame
    from unnest($1::uuid[], $2::boolean[]) with ordinality as asked (stream, wants_frame, place)
    left join lateral (
      select revision, case when wants_frame then frame end as frame
      from event_store.events where events.stream = asked.stream order by revision desc limit 1
    ) last on true
    order by place`,
}

interface LastRow {
  readonly revision: bigint | null
  readonly frame: Buffer | null
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

export interface PostgresStorageOptions {
  readonly databaseUrl: string
  readonly logger: Logger
}

export const createPostgresStorage = ({ databaseUrl, logger }: PostgresStorageOptions): Storage => {
  const pool: Pool = createPool({
    url: databaseUrl,
    connectionsMax: CONNECTIONS_MAX,
    applicationName: 'event-store',
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    onIdleError: (error) => logger.warn({ error: error.message }, 'a connection to PostgreSQL was lost'),
  })
  let writer: PoolClient | undefined
  /** Set when the writer's connection breaks while nothing is under way on it. */
  let lost: Error | undefined

  const dropWriter = (): void => {
    writer?.release(true)
    writer = undefined
  }

  const copyOut = async (query: string, onRow: (row: Buffer) => void): Promise<void> => {
    const client = await pool.connect()
    try {
      await copyBinaryOut(client, query, onRow)
      client.release()
    } catch (error) {
      client.release(true)
      throw error
    }
  }

  const takeLock = async (client: PoolClient): Promise<void> => {
    const giveUpAt = Date.now() + LOCK_WAIT_MS
    for (;;) {
      const { rows } = await client.query<{ locked: boolean }>('select pg_try_advisory_lock($1) as locked', [
        WRITER_LOCK,
      ])
      if (rows[0]?.locked) return
      if (Date.now() >= giveUpAt) {
        throw new WriterFenced(
          'another event store is running on this database: stop it first, or use another database',
        )
      }
      await sleep(LOCK_RETRY_MS)
    }
  }

  const takeOver = async (client: PoolClient): Promise<void> => {
    await takeLock(client)
    await client.query(SCHEMA_SQL)
    // Waits for a transaction of the writer before, so that what it commits is seen below.
    const { rows } = await client.query<{ epoch: bigint }>(
      'update event_store.writer set epoch = epoch + 1 returning epoch',
    )
    await client.query(`select set_config('event_store.epoch', $1, false)`, [String(rows[0]?.epoch)])
    // Acknowledged means on disk, whatever the server's default is.
    await client.query(`set synchronous_commit = 'on'`)
  }

  return {
    open: async () => {
      dropWriter()
      lost = undefined
      const client = await pool.connect()
      client.on('error', (error) => {
        lost = error
      })
      try {
        await takeOver(client)
        const { rows } = await client.query<{ position: bigint; frame: Buffer }>(
          'select position, frame from event_store.events order by position desc limit 1',
        )
        writer = client
        const last = rows[0]
        return last
          ? {
              end: Number(last.position) + last.frame.length,
              lastPosition: Number(last.position),
              lastFrame: last.frame,
            }
          : { end: 0, lastPosition: -1, lastFrame: undefined }
      } catch (error) {
        client.release(true)
        throw error
      }
    },
    commit: async (group) => {
      if (!writer || lost) throw lost ?? new Error('the event store has no writer')
      try {
        await copyBinary(writer, 'event_store.events (position, stream, revision, frame)', copyPayload(group))
      } catch (error) {
        if (hasCode(error) && error.code === FENCED_SQLSTATE) {
          throw new WriterFenced('another event store has taken over this database', { cause: error })
        }
        throw error
      }
    },
    loadStreams: async (questions) => {
      const { rows } = await pool.query<LastRow>({
        ...LOAD_STREAMS,
        values: [questions.map(({ key }) => uuidText(key)), questions.map(({ wantsLastFrame }) => wantsLastFrame)],
      })
      return rows.map(({ revision, frame }): StoredStream => {
        const tombstoned = revision === INT64_MAX
        return {
          head: revision === null || tombstoned ? -1 : Number(revision),
          tombstoned,
          lastFrame: frame ?? undefined,
        }
      })
    },
    readStream: async (key, from, direction, least, countMax) => {
      const values = [uuidText(key), from, least, countMax]
      return pageOf((await pool.query<PageRow>({ ...READ_STREAM[direction], values })).rows[0])
    },
    readLog: async (above, upTo) => {
      // Positions count the bytes of frames, and the last one may reach beyond.
      const builder = createPageBuilder(upTo - above + ROW_BYTES)
      await copyOut(readLogQuery(above, upTo), builder.add)
      return builder.page()
    },
    readLogSieved: async (above, upTo, prefixes) => {
      const pieces: SievedPiece[] = []
      let rowStart = COPY_HEADER.length
      await copyOut(readLogSievedQuery(above, upTo, prefixes), (row) => {
        const piece = readSievedRow(row, rowStart)
        if (piece) pieces.push(piece)
        rowStart = 0
      })
      return pieces
    },
    close: async () => {
      dropWriter()
      await pool.end()
    },
  }
}
