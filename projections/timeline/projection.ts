import type { LedgerEvent } from '@registru/domain'
import { change, insert, put, type RowChange } from '../core/fold/changes.ts'
import { type OwnedRow, wanted } from '../core/fold/owned-row.ts'
import { defineProjection, folding } from '../core/fold/projection.ts'
import { latest, moments } from './tables.ts'

interface Wanted {
  readonly before: OwnedRow<typeof latest>
}

const onEvent = ({ position, metadata }: LedgerEvent, { before }: Wanted): readonly RowChange[] => {
  const recordedMs = BigInt(Date.parse(metadata.recordedAt))
  const { found } = before
  if (found !== undefined && recordedMs <= found.recorded_ms) return [change(before, { position })]
  const moment = insert(moments, {
    recorded_at: new Date(Number(recordedMs)).toISOString(),
    position,
    position_before: found?.position ?? -1n,
  })
  return [moment, put(before, { position, recorded_ms: recordedMs })]
}

/** Turns "what did we know at that instant" into a position of the log. One row a new instant. */
export const timeline = defineProjection({
  name: 'timeline',
  version: 1,
  tables: [moments, latest],
  on: folding({ wants: () => ({ before: wanted(latest, { id: 'latest' }) }), fold: onEvent }),
})
