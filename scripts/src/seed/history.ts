import { setTimeout as sleep } from 'node:timers/promises'
import { setEventClock } from '@registru/embedded'
import { z } from 'zod'
import type { Endpoint } from '../ledger-client.ts'
import type { RunFile } from '../run-file.ts'

const PAUSE_MS = 500

const Companies = z.looseObject({ items: z.array(z.unknown()) })

/** Whether nothing has been written yet: the log's clock never goes back, so a past can only come first. */
const isFresh = async ({ apiUrl, token }: Endpoint): Promise<boolean> => {
  const response = await fetch(`${apiUrl}/v1/companies`, { headers: { authorization: `Bearer ${token}` } })
  return response.ok && Companies.parse(await response.json()).items.length === 0
}

/** The store's clock, where this ledger may be given a past. */
export interface History {
  /** From here on events are stamped as if it were then; `undefined`: now. */
  readonly set: (present: Date | undefined) => Promise<void>
}

/**
 * Opens the development door of the embedded store.
 * @returns `undefined` where there is none (another store, another start), or where the ledger is no longer empty
 */
export const openHistory = async (
  { apiUrl, token, eventStoreUrl }: RunFile,
  currentUrl: () => string | undefined,
  patienceMs: number,
): Promise<History | undefined> => {
  try {
    // Gives the real time back, too, should an earlier seed have been killed in the middle.
    await setEventClock(eventStoreUrl, undefined)
  } catch {
    // No embedded store, or one without the door: then everything is known from today, and the caller says so.
    return undefined
  }
  if (!(await isFresh({ apiUrl, token }))) return undefined
  const set = async (present: Date | undefined): Promise<void> => {
    for (const startedAt = performance.now(); ; await sleep(PAUSE_MS)) {
      try {
        return await setEventClock(currentUrl() ?? eventStoreUrl, present)
      } catch (error) {
        // The store restarts; its clock is the real one then, until it is set again.
        if (performance.now() - startedAt > patienceMs) throw error
      }
    }
  }
  return { set }
}
