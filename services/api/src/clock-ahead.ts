import { setTimeout as sleep } from 'node:timers/promises'
import { Gauge } from '@registru/runtime'
import type { RequestMetrics } from './metrics.ts'
import type { ReadSide } from './queries/read-side.ts'

/** A read side that does not answer in this time is left out. */
const PROBE_TIMEOUT_MS = 1_000
const MS_PER_S = 1_000

/**
 * How far the log's clock is beyond ours, asked when Prometheus asks. More than 5 s is an alarm: what was appended since the
 * jump counts as not known before its end.
 */
export const showClockAhead = (
  { registry, beforeText }: Pick<RequestMetrics, 'registry' | 'beforeText'>,
  { readSide, now }: { readonly readSide: Pick<ReadSide, 'ledgerClock'>; readonly now: () => Date },
): void => {
  const gauge = new Gauge({
    name: 'registru_ledger_clock_ahead_seconds',
    help: "How far the instant that the log has come to is beyond this process's clock; above 5 the event store's clock is wrong",
    registers: [registry],
  })
  beforeText.push(async () => {
    const late = sleep(PROBE_TIMEOUT_MS, undefined, { ref: false })
    const clockMs = await Promise.race([readSide.ledgerClock(), late]).catch(() => undefined)
    // Unknown is told as unknown: a zero would say that all is well.
    if (clockMs === undefined) gauge.set(Number.NaN)
    else gauge.set(Math.max(0, clockMs - now().getTime()) / MS_PER_S)
  })
}
