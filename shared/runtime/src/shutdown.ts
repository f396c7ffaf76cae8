import closeWithGrace from 'close-with-grace'
import type { Logger } from './logger.ts'

/** Then the process goes, whatever is still open. */
const closeTimeoutMs = 10_000

/**
 * Closes in good order, once, on SIGINT, SIGTERM, the death of the process that started us, or an error nobody caught;
 * the last one exits with 1. A second signal exits at once.
 */
export const onShutdown = (logger: Logger, close: () => Promise<void>): void => {
  const closer = closeWithGrace({ delay: closeTimeoutMs, logger }, async ({ err, signal }) => {
    if (err !== undefined) logger.fatal({ err }, 'Stopping: nobody caught this error')
    else logger.info(`Stopping: ${signal ?? 'the process that started us is gone'}`)
    await close()
  })
  if (process.connected) process.once('disconnect', closer.close)
}
