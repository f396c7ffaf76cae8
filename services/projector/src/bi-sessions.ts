import { endOverlongBiSessions } from '@registru/projections'
import { isRetryable, type Logger, type Pool } from '@registru/runtime'

const LOOK_EVERY_MS = 5_000

/**
 * Ends sessions of BI logins that outlast their limits, as long as the process runs; at work or standing by, for it writes
 * nothing.
 * @returns stops it
 */
export const watchBiSessions = (pool: Pool, logger: Logger): (() => Promise<void>) => {
  let looking = Promise.resolve()
  const look = async (): Promise<void> => {
    try {
      for (const ended of await endOverlongBiSessions(pool)) logger.warn(ended, 'A session of a BI login was ended')
    } catch (error) {
      // Away, as the projector itself will say. Anything else is a right that this login lacks: it is told each time.
      if (!isRetryable(error)) logger.warn({ err: error }, 'Sessions of BI logins cannot be held to their limits')
    }
  }
  const timer = setInterval(() => {
    looking = look()
  }, LOOK_EVERY_MS)
  return async () => {
    clearInterval(timer)
    await looking
  }
}
