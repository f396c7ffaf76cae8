import { setTimeout as sleep } from 'node:timers/promises'
import type { AttemptOutcome } from './append-lane.ts'

/** Above the server's own write time-out of 2 s, so that an honest "timed out" comes before we stop listening. */
const ATTEMPT_TIMEOUT_MS = 2_500
const RETRIES_MAX = 3
/** Doubles with each retry, full jitter above the half. */
const RETRY_PAUSE_MS = 100

const pauseBefore = (retry: number): number => RETRY_PAUSE_MS * 2 ** retry * (0.5 + Math.random() / 2)

/**
 * Sends the same bytes again while nobody knows what became of them. The exact revision makes that safe: if they were
 * written the store says so, and if another append took the revision none of ours can ever land.
 * @param attempt sends once and settles within the time given
 */
export const appendUntilKnown = async (
  attempt: (timeoutMs: number) => Promise<AttemptOutcome>,
  timeoutMs: number,
): Promise<AttemptOutcome> => {
  const deadline = performance.now() + timeoutMs
  for (let retry = 0; ; retry += 1) {
    const leftMs = deadline - performance.now()
    const outcome = await attempt(Math.min(ATTEMPT_TIMEOUT_MS, Math.max(1, Math.round(leftMs))))
    if (outcome.outcome !== 'unknown' || retry === RETRIES_MAX) return outcome
    const pauseMs = pauseBefore(retry)
    if (performance.now() + pauseMs >= deadline) return outcome
    await sleep(pauseMs)
  }
}
