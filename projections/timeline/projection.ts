import type { LedgerEvent } from '@registru/domain'
import { insert, type RowChange, set } from '../core/fold/changes.ts'
import { defineProjection, wanted } from '../core/fold/projection.ts'
import type { Rows } from '../core/fold/row-image.ts'
import { latest, moments } from './tables.ts'

const key = { id: 'latest' } as const

const onEvent = ({ position, metadata }: LedgerEvent, rows: Rows): readonly RowChange[] => {
  const recordedMs = BigInt(Date.parse(metadata.recordedAt))
  const before = rows.find(latest, key)
  if (before !== undefined && recordedMs <= before.recorded_ms) return [set(latest, key, { position })]
  const moment = insert(moments, {
    recorded_at: new Date(Number(recordedMs)).toISOString(),
    position,
    position_before: before?.position ?? -1n,
  })
  return before === undefined
    ? [moment, insert(latest, { ...key, position, recorded_ms: recordedMs })]
    : [moment, set(latest, key, { position, recorded_ms: recordedMs })]
}

/** Turns "what did we know at that instant" into a position of the log. One row a new instant. */
export const timeline = defineProjection({
  name: 'timeline',
  version: 1,
  tables: [moments, latest],
  reads: () => [wanted(latest, key)],
  looksAt: [latest],
  on: onEvent,
})
