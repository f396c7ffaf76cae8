import type { Page } from './storage.ts'

/** One committed group as readers get it. */
export interface TailPage extends Page {
  readonly lastPosition: number
}

/** Enough for a reader that pauses for a second under full load; one that pauses longer reads from storage again. */
const TAIL_BYTES_MAX = 16 * 1024 * 1024

/**
 * The newest groups in memory, so that live readers do not ask the database. Bounded by bytes: a reader that falls out of
 * it goes back to storage.
 */
export interface LogTail {
  /** The position of the last event on disk, -1 if there is none. */
  readonly lastPosition: number
  add(page: TailPage): void
  /** The page after the one that ends at `position`: `undefined` if `position` is the end, 'forgotten' if it was dropped. */
  after(position: number): TailPage | undefined | 'forgotten'
  /** The page that holds the last event, unless nothing was written since the start. */
  newest(): TailPage | undefined
  /** Calls the listener after each commit; returns the way out. */
  listen(listener: () => void): () => void
  reset(lastPosition: number): void
}

export const createLogTail = (): LogTail => {
  let pages: TailPage[] = []
  /** Index of the oldest page that counts; the array is cut when half of it is dead. */
  let oldest = 0
  let bytes = 0
  let lastPosition = -1
  /** The end of the newest page that was dropped. */
  let forgottenUpTo = -1
  const listeners = new Set<() => void>()

  const indexAfter = (position: number): number => {
    let low = oldest
    let high = pages.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((pages[middle] as TailPage).lastPosition > position) high = middle
      else low = middle + 1
    }
    return low
  }

  const notify = (): void => {
    for (const listener of listeners) listener()
  }

  return {
    get lastPosition() {
      return lastPosition
    },
    add: (page) => {
      pages.push(page)
      bytes += page.frames.length
      lastPosition = page.lastPosition
      while (bytes > TAIL_BYTES_MAX && oldest < pages.length - 1) {
        const dropped = pages[oldest++] as TailPage
        bytes -= dropped.frames.length
        forgottenUpTo = dropped.lastPosition
      }
      if (oldest > 1_000 && oldest * 2 > pages.length) {
        pages = pages.slice(oldest)
        oldest = 0
      }
      notify()
    },
    after: (position) => {
      if (position >= lastPosition) return undefined
      if (position < forgottenUpTo) return 'forgotten'
      return pages[indexAfter(position)] ?? 'forgotten'
    },
    newest: () => pages.at(-1),
    listen: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    reset: (position) => {
      pages = []
      oldest = 0
      bytes = 0
      lastPosition = position
      forgottenUpTo = position
      notify()
    },
  }
}
