import { readLedgerEvent } from '@registru/domain'
import type { EventStore } from '@registru/event-store'
import { allProjections, openPostgresWriter } from '@registru/projections'
import type { Pool } from '@registru/runtime'

/** Brings the read models up to the head of the log, as a projector that is started for it. */
export const project = async ({ store, pool }: { readonly store: EventStore; readonly pool: Pool }): Promise<void> => {
  const client = await pool.connect()
  try {
    const writer = await openPostgresWriter({ client, projections: allProjections })
    const { rows } = await client.query<{ position: bigint }>('select min(position) as position from read.positions')
    const done = rows[0]?.position ?? -1n
    const events = []
    for await (const event of store.readAll()) {
      if (event.position > done && /^(?:company|clientAccount|receiptBook)-/.test(event.stream)) {
        events.push(readLedgerEvent(event))
      }
    }
    const position = events.at(-1)?.position
    if (position !== undefined) await writer.apply(events, { position, storeId: 'test' })
  } finally {
    client.release(true)
  }
}
