/** Keys of the things that items are about. */
export const accountKey = (clientId: string): string => `account ${clientId}`
export const bookKey = (series: string): string => `book ${series}`

/** What has to be known of an item to keep the order that matters. */
export interface Ordered {
  /** What the item is about; items that share one follow each other. `undefined`: it may be about anything. */
  readonly keys: readonly string[] | undefined
}

/** At most so many items are on their way: what waits behind them is not read yet. */
const IN_FLIGHT_MAX = 64

async function* each<Item>(items: AsyncIterable<Item> | Iterable<Item>): AsyncGenerator<Item, void> {
  yield* items
}

/**
 * Carries out items about different things at the same time and gives the results in the order of the items, each as soon
 * as it is there. Items that share a key follow each other; one that may be about anything comes after all before it and
 * before all after it. No more is read than is being worked on, and nothing is begun once the consumer has gone.
 * `carryOut` must not fail.
 */
export async function* inOrder<Item extends Ordered, Result>(
  items: AsyncIterable<Item> | Iterable<Item>,
  carryOut: (item: Item) => Promise<Result>,
): AsyncGenerator<Result, void> {
  const source = each(items)
  const results: Promise<Result>[] = []
  const lastOfKey = new Map<string, Promise<Result>>()
  let barrier: Promise<unknown> = Promise.resolve()

  const begin = (item: Item): void => {
    const { keys } = item
    const before = keys === undefined ? results : keys.map((key) => lastOfKey.get(key))
    const result = Promise.all([barrier, ...before]).then(() => carryOut(item))
    results.push(result)
    if (keys === undefined) {
      barrier = result
      lastOfKey.clear()
      return
    }
    for (const key of keys) lastOfKey.set(key, result)
    void result.then(() => {
      for (const key of keys) if (lastOfKey.get(key) === result) lastOfKey.delete(key)
    })
  }

  try {
    let coming: Promise<IteratorResult<Item, void>> | undefined
    for (let ended = false; !ended || results.length > 0; ) {
      if (!ended && results.length < IN_FLIGHT_MAX) coming ??= source.next()
      const first = results[0]
      const isResult = await Promise.race([
        ...(first === undefined ? [] : [first.then(() => true)]),
        ...(coming === undefined ? [] : [coming.then(() => false)]),
      ])
      if (isResult) {
        void results.shift()
        if (first !== undefined) yield await first
      } else if (coming !== undefined) {
        const { done, value } = await coming
        coming = undefined
        if (done === true) ended = true
        else begin(value)
      }
    }
  } finally {
    // Not waited for: it ends only when the line that it is waiting for has come.
    void source.return()
  }
}
