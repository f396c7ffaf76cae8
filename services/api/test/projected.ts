import { randomUUID } from 'node:crypto'
import {
  LEDGER_CLOCK_STREAM,
  LEDGER_STREAM_PREFIXES,
  LedgerClockStarted,
  LedgerClockTicked,
  ledgerClockCodec,
  type Position,
  type Revision,
  readLogEvent,
} from '@registru/domain'
import type { EventStore } from '@registru/event-store'
import { allProjections, openPostgresWriter } from '@registru/projections'
import type { Pool } from '@registru/runtime'

interface Readers {
  readonly store: EventStore
  readonly pool: Pool
}

/** Brings the read models up to the head of the log, as a projector that is started for it. */
export const project = async ({ store, pool }: Readers): Promise<void> => {
  const client = await pool.connect()
  try {
    const writer = await openPostgresWriter({ client, projections: allProjections })
    const { rows } = await client.query<{ position: Position }>('select min(position) as position from read.positions')
    const done = rows[0]?.position ?? -1n
    const events = []
    for await (const event of store.readAll()) {
      if (event.position > done && LEDGER_STREAM_PREFIXES.some((prefix) => event.stream.startsWith(prefix))) {
        events.push(readLogEvent(event))
      }
    }
    const position = events.at(-1)?.position
    if (position !== undefined) await writer.apply(events, { position, storeId: 'test' })
  } finally {
    client.release(true)
  }
}

/** Moves the log's clock on, as a projector that was asked to, and projects it. */
export const tick = async ({ store, pool }: Readers): Promise<void> => {
  let head: Revision | undefined
  for await (const { revision } of store.readStream(LEDGER_CLOCK_STREAM)) head = revision
  const { schemaVersion, event } = ledgerClockCodec.encode(
    head === undefined ? LedgerClockStarted.of({}) : LedgerClockTicked.of({}),
  )
  const appended = { id: randomUUID(), type: event.type, data: event.data, metadata: { schemaVersion } }
  await store.append(LEDGER_CLOCK_STREAM, head ?? 'no_stream', [appended])
  await project({ store, pool })
}
