import { PROJECTOR_REPORT_EVERY_MS } from '@registru/projections'
import type { Logger, Pool } from '@registru/runtime'
import type { ProjectorStatus } from './status.ts'

/** A steady stream of batches is reported this often; a change of state at once. */
const REPORT_EVERY_MS = 2_000
const MS_PER_S = 1_000

export interface StatusReport {
  /** Never fails and never waits: what cannot be written now is written with the next report. */
  readonly write: (status: ProjectorStatus) => void
  /** Says nothing more by itself; resolves when nothing is on its way. */
  readonly end: () => Promise<void>
}

const upsert = `insert into read.projector (state, detail) values ($1, $2)
  on conflict (only_row) do update set state = excluded.state, detail = excluded.detail, updated_at = now()`

/**
 * Leaves the projector's state in the read side's database, where the API finds it: the two processes meet nowhere else.
 * What was said last is said again and again, or silence could not be told from having nothing to do.
 */
export const createStatusReport = (pool: Pool, logger: Logger): StatusReport => {
  let latest: ProjectorStatus | undefined
  let said: ProjectorStatus | undefined
  let reported: ProjectorStatus['state'] | undefined
  let reportedAtMs = Date.now()
  let reportedEvents = 0
  let writing: Promise<void> | undefined

  const writeLatest = async (): Promise<void> => {
    while (latest !== undefined) {
      const { state, position, ...detail } = latest
      latest = undefined
      const passedMs = Math.max(1, Date.now() - reportedAtMs)
      const eventsPerSecond = Math.round(((detail.events - reportedEvents) * MS_PER_S) / passedMs)
      said = { ...detail, state, position }
      reported = state
      reportedAtMs = Date.now()
      reportedEvents = detail.events
      await pool
        .query(upsert, [state, JSON.stringify({ ...detail, position: `${position}`, eventsPerSecond })])
        .catch((error: unknown) => {
          logger.debug({ err: error }, 'The state of the projector could not be written down')
        })
    }
    writing = undefined
  }

  const repeat = (): void => {
    if (said === undefined || Date.now() - reportedAtMs < PROJECTOR_REPORT_EVERY_MS / 2) return
    latest ??= said
    writing ??= writeLatest()
  }
  const repeating = setInterval(repeat, PROJECTOR_REPORT_EVERY_MS).unref()

  return {
    write: (status) => {
      if (status.state === reported && Date.now() - reportedAtMs < REPORT_EVERY_MS) return
      latest = status
      writing ??= writeLatest()
    },
    end: async () => {
      clearInterval(repeating)
      await writing
    },
  }
}
