import type { Revision } from '@registru/domain'
import { copyBinaryOut, type Pool } from '@registru/runtime'

/** Where snapshots lie: the newest of each stream. A cache: whatever happens to it, nothing is lost. */
export interface SnapshotTable {
  readonly read: (stream: string) => Promise<Buffer | undefined>
  /** Keeps the one at the higher revision. */
  readonly write: (stream: string, revision: Revision, content: Uint8Array) => Promise<void>
  readonly remove: (stream: string) => Promise<void>
}

/** Any number; it keeps two processes that start at once from creating the same table. */
const LOCK = 7_310_004

// The content is dense already: to compress it would cost more than to move it.
const CREATE = `
  select pg_advisory_xact_lock(${LOCK});
  create schema if not exists snapshots;
  create table if not exists snapshots.streams (
    stream text primary key,
    revision bigint not null,
    content bytea not null,
    written_at timestamptz not null default now()
  );
  alter table snapshots.streams alter column content set storage external`

/** Read in parts, for the driver puts a row together from what the network brings, and does so anew whenever it grows. */
const PART_BYTES = 128 * 1024

/** Before the first row of a binary COPY: signature, flags, the length of an extension that there is not. */
const HEADER_BYTES = 19
/** A row: the number of its fields, then each with its length before it. */
const FIELDS_BYTES = 2
const LENGTH_BYTES = 4

/** The one field of a row; `undefined` of the end mark. */
const partOf = (chunk: Buffer, isFirst: boolean): Buffer | undefined => {
  const at = (isFirst ? HEADER_BYTES : 0) + FIELDS_BYTES
  if (chunk.length < at + LENGTH_BYTES) return undefined
  return chunk.subarray(at + LENGTH_BYTES, at + LENGTH_BYTES + chunk.readInt32BE(at))
}

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`

/** Unsorted, for a sort would hold all of them: they come in order, and if they ever did not, the checksum would tell. */
const partsOf = (stream: string): string =>
  `select substring(content from at for ${PART_BYTES})
   from snapshots.streams, generate_series(1, greatest(1, length(content)), ${PART_BYTES}) as at
   where stream = ${literal(stream)}`

export const createSnapshotTable = (pool: Pool): SnapshotTable => {
  let created: Promise<unknown> | undefined
  const create = async (): Promise<void> => {
    created ??= pool.query(CREATE)
    try {
      await created
    } catch (error) {
      created = undefined
      throw error
    }
  }

  return {
    read: async (stream) => {
      await create()
      const client = await pool.connect()
      let failed = true
      try {
        const parts: Buffer[] = []
        let chunks = 0
        await copyBinaryOut(client, partsOf(stream), (chunk) => {
          const part = partOf(chunk, chunks === 0)
          chunks += 1
          // The bytes are lent for the call.
          if (part !== undefined) parts.push(Buffer.from(part))
        })
        failed = false
        return parts.length === 0 ? undefined : Buffer.concat(parts)
      } finally {
        client.release(failed)
      }
    },
    write: async (stream, revision, content) => {
      await create()
      await pool.query(
        `insert into snapshots.streams (stream, revision, content) values ($1, $2, $3)
         on conflict (stream) do update
         set revision = excluded.revision, content = excluded.content, written_at = now()
         where streams.revision < excluded.revision`,
        [stream, revision, Buffer.from(content.buffer, content.byteOffset, content.byteLength)],
      )
    },
    remove: async (stream) => {
      await create()
      await pool.query('delete from snapshots.streams where stream = $1', [stream])
    },
  }
}
