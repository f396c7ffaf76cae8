/**
 * A queue between a source that pushes and one reader that pulls. It is bounded by asking the source to pause, and the
 * reader sees everything pushed before the end or the failure.
 */
export interface Feed<T> {
  push(item: T): void
  end(): void
  fail(error: unknown): void
  /** Ends at once, without what is still buffered. */
  close(): void
  /** Resolves once the reader has caught up with half of the buffer. */
  room(): Promise<void>
  /** @throws what `silence` makes, if nothing comes for `timeoutMs` while the reader waits */
  next(timeoutMs?: number): Promise<IteratorResult<T, undefined>>
}

export interface FeedOptions {
  readonly itemsMax: number
  pause(): void
  resume(): void
  silence(timeoutMs: number): Error
}

export const createFeed = <T>(options: FeedOptions): Feed<T> => {
  const items: T[] = []
  let taken = 0
  let paused = false
  let finished: { readonly error?: unknown } | undefined
  let reader: { resolve(result: IteratorResult<T, undefined>): void; reject(error: unknown): void } | undefined
  const waitingForRoom: (() => void)[] = []

  const finish = (how: { readonly error?: unknown }): void => {
    if (finished !== undefined) return
    finished = how
    if (reader === undefined) return
    if ('error' in how) reader.reject(how.error)
    else reader.resolve({ value: undefined, done: true })
  }
  const makeRoom = (): void => {
    if (paused) {
      paused = false
      options.resume()
    }
    for (const proceed of waitingForRoom.splice(0)) proceed()
  }
  const take = (): T | undefined => {
    const item = items[taken]
    taken += 1
    // Cut the consumed part off in large pieces: shifting one by one would move the whole array each time.
    if (taken === items.length || taken >= options.itemsMax) {
      items.splice(0, taken)
      taken = 0
    }
    if (items.length - taken <= options.itemsMax / 2) makeRoom()
    return item
  }
  const nextPushed = (timeoutMs?: number): Promise<IteratorResult<T, undefined>> =>
    new Promise((resolve, reject) => {
      const timer =
        timeoutMs === undefined ? undefined : setTimeout(() => finish({ error: options.silence(timeoutMs) }), timeoutMs)
      const settled = (): void => {
        clearTimeout(timer)
        reader = undefined
      }
      reader = {
        resolve: (result) => {
          settled()
          resolve(result)
        },
        reject: (error) => {
          settled()
          reject(error)
        },
      }
    })

  return {
    push: (item) => {
      if (finished !== undefined) return
      if (reader !== undefined) {
        reader.resolve({ value: item, done: false })
        return
      }
      items.push(item)
      if (!paused && items.length - taken >= options.itemsMax) {
        paused = true
        options.pause()
      }
    },
    end: () => finish({}),
    fail: (error) => finish({ error }),
    close: () => {
      items.length = 0
      taken = 0
      finished = {}
      reader?.resolve({ value: undefined, done: true })
      makeRoom()
    },
    room: () =>
      items.length - taken <= options.itemsMax / 2
        ? Promise.resolve()
        : new Promise((resolve) => {
            waitingForRoom.push(resolve)
          }),
    next: (timeoutMs) => {
      if (taken < items.length) return Promise.resolve({ value: take() as T, done: false })
      if (finished === undefined) return nextPushed(timeoutMs)
      if ('error' in finished) {
        const { error } = finished
        finished = {}
        return Promise.reject(error as Error)
      }
      return Promise.resolve({ value: undefined, done: true })
    },
  }
}
