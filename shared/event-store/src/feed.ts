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

export interface FeedOptions<T> {
  readonly itemsMax: number
  /** Items can be small or large: whichever limit is reached first. */
  readonly bytesMax: number
  readonly bytesOf: (item: T) => number
  readonly pause: () => void
  readonly resume: () => void
  readonly silence: (timeoutMs: number) => Error
}

interface Waiting<T> {
  readonly resolve: (result: IteratorResult<T, undefined>) => void
  readonly reject: (error: Error) => void
}

const DONE = { value: undefined, done: true } as const

export const createFeed = <T extends object>(options: FeedOptions<T>): Feed<T> => {
  const items: T[] = []
  /** Of each item, beside it. */
  const weights: number[] = []
  let bytes = 0
  let taken = 0
  let paused = false
  let finished: { readonly error?: Error } | undefined
  let reader: Waiting<T> | undefined
  let waitingForRoom: (() => void)[] = []

  const buffered = (): number => items.length - taken
  const isFull = (): boolean => buffered() >= options.itemsMax || bytes >= options.bytesMax
  const isHalfEmpty = (): boolean => buffered() <= options.itemsMax / 2 && bytes <= options.bytesMax / 2
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
    bytes -= weights[taken] ?? 0
    taken += 1
    // Cut the consumed part off in large pieces: shifting one by one would move the whole array each time.
    if (taken === items.length || taken >= options.itemsMax) {
      items.splice(0, taken)
      weights.splice(0, taken)
      taken = 0
    }
    if (isHalfEmpty()) makeRoom()
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
      const weight = options.bytesOf(item)
      items.push(item)
      weights.push(weight)
      bytes += weight
      if (!paused && isFull()) {
        paused = true
        options.pause()
      }
    },
    end: () => finish({}),
    fail: (error) => finish({ error }),
    close: () => {
      items.length = 0
      weights.length = 0
      bytes = 0
      taken = 0
      finished = {}
      reader?.resolve(DONE)
      makeRoom()
    },
    room: () =>
      isHalfEmpty()
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
