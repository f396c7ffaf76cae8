/**
 * A queue between a source that pushes and one reader that pulls. It is bounded by asking the source to pause, and the
 * reader sees everything pushed before the end or the failure.
 */
export interface Feed<T> {
  push(item: T): void
  end(): void
  fail(error: Error): void
  /** Ends at once, without what is still buffered. */
  close(): void
  /** Resolves once the reader has emptied half of the buffer. */
  room(): Promise<void>
  /** @throws the failure, or what `silence` makes if nothing comes for `timeoutMs` while the reader waits */
  next(timeoutMs?: number): Promise<IteratorResult<T, undefined>>
}

export interface FeedOptions {
  readonly itemsMax: number
  readonly pause: () => void
  readonly resume: () => void
  readonly silence: (timeoutMs: number) => Error
}

interface Waiting<T> {
  readonly resolve: (result: IteratorResult<T, undefined>) => void
  readonly reject: (error: Error) => void
}

const DONE = { value: undefined, done: true } as const

export const createFeed = <T extends object>(options: FeedOptions): Feed<T> => {
  const items: T[] = []
  let taken = 0
  let paused = false
  let finished: { readonly error?: Error } | undefined
  let reader: Waiting<T> | undefined
  let waitingForRoom: (() => void)[] = []

  const buffered = (): number => items.length - taken
  const finish = (how: { readonly error?: Error }): void => {
    if (finished !== undefined) return
    finished = how
    if (reader === undefined) return
    // What ends the feed while the reader waits is told once; afterwards the feed is merely over.
    finished = {}
    if (how.error === undefined) reader.resolve(DONE)
    else reader.reject(how.error)
  }
  const makeRoom = (): void => {
    if (paused) {
      paused = false
      options.resume()
    }
    const waiting = waitingForRoom
    waitingForRoom = []
    for (const proceed of waiting) proceed()
  }
  const take = (): T | undefined => {
    const item = items[taken]
    if (item === undefined) return undefined
    taken += 1
    // Cut the consumed part off in large pieces: shifting one by one would move the whole array each time.
    if (taken === items.length || taken >= options.itemsMax) {
      items.splice(0, taken)
      taken = 0
    }
    if (buffered() <= options.itemsMax / 2) makeRoom()
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
      if (!paused && buffered() >= options.itemsMax) {
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
      reader?.resolve(DONE)
      makeRoom()
    },
    room: () =>
      buffered() <= options.itemsMax / 2
        ? Promise.resolve()
        : new Promise((resolve) => {
            waitingForRoom.push(resolve)
          }),
    next: (timeoutMs) => {
      const item = take()
      if (item !== undefined) return Promise.resolve({ value: item, done: false })
      if (finished === undefined) return nextPushed(timeoutMs)
      const { error } = finished
      finished = {}
      return error === undefined ? Promise.resolve(DONE) : Promise.reject(error)
    },
  }
}
