import { BEFORE_THE_LOG, isClockEvent, type LogEvent } from '@registru/domain'
import { change, insert, put, type RowChange } from '../core/fold/changes.ts'
import { type OwnedRow, wanted } from '../core/fold/owned-row.ts'
import { defineProjection, folding } from '../core/fold/projection.ts'
import { type Clock, latest, moments } from './tables.ts'

interface Wanted {
  readonly before: OwnedRow<typeof latest>
}

/** What a recorder stamped says nothing of when the event came into the log, so it counts only where nothing better does. */
const instantOf = (event: LogEvent, clock: Clock): bigint =>
  clock === 'LOG' || isClockEvent(event)
    ? BigInt(event.createdAt.getTime())
    : BigInt(Date.parse(event.metadata.recordedAt))

const onEvent = (event: LogEvent, { before }: Wanted): readonly RowChange[] => {
  const { position } = event
  const { found } = before
  const clock = isClockEvent(event) ? 'LOG' : (found?.clock ?? 'RECORDERS')
  const instant = instantOf(event, clock)
  if (found?.clock === clock && instant <= found.instant_ms) return [change(before, { position })]
  const moment = insert(moments, {
    clock,
    instant: new Date(Number(instant)).toISOString(),
    position,
    position_before: found?.position ?? BEFORE_THE_LOG,
  })
  return [moment, put(before, { position, clock, instant_ms: instant })]
}

/** Turns "what did we know at that instant" into a position of the log. One row a new instant. */
export const timeline = defineProjection({
  name: 'timeline',
  version: 2,
  tables: [moments, latest],
  on: folding({ wants: () => ({ before: wanted(latest, { id: 'latest' }) }), fold: onEvent }),
})
