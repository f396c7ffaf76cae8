import type { RecentId } from './append-decision.ts'

/** Two generations of this size: about what a real server's 16 MiB hold. */
const GENERATION_IDS_MAX = 75_000

/**
 * The bounded memory of ids that makes a retry with `any` idempotent. As on a real server an id is known by the first
 * place it was written to, and a restart forgets all.
 */
export interface RecentIds {
  get(id: string): RecentId | undefined
  /** Does nothing for an id that is known. */
  put(id: string, place: RecentId): void
  clear(): void
}

export const createRecentIds = (): RecentIds => {
  let young = new Map<string, RecentId>()
  let old = new Map<string, RecentId>()
  return {
    get: (id) => young.get(id) ?? old.get(id),
    put: (id, place) => {
      if (young.has(id) || old.has(id)) return
      if (young.size >= GENERATION_IDS_MAX) {
        old = young
        young = new Map()
      }
      young.set(id, place)
    },
    clear: () => {
      young = new Map()
      old = new Map()
    },
  }
}
