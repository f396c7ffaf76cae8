import { setTimeout as sleep } from 'node:timers/promises'
import type { Position } from '@registru/domain/places'
import { StoreDiverged } from './errors.ts'
import type { SubscribeOptions, SubscriptionItem } from './event-store.ts'
import { createFeed } from './feed.ts'
import type { Logger } from './logger.ts'
import { weightOfEvent } from './weight.ts'
import { checkWitness, type WitnessReader } from './witness.ts'

/** Read ahead while the consumer works, so that a burst does not make the server drop us as too slow. */
const BUFFER_ITEMS = 4_096
const BUFFER_BYTES = 32 * 1024 * 1024

const BACKOFF_FIRST_MS = 100
const BACKOFF_MAX_MS = 5_000

/** A follower of a cluster may be behind for a moment: only a store that stays different has diverged. */
const DIVERGED_CHECKS = 4

/** One subscription of the driver, which ends at its first error. */
export interface RawSubscription {
  readonly pause: () => void
  readonly resume: () => void
  readonly close: () => void
}

/** `routine`: the server dropped a live reader for being slow; both it and the connection are well. */
export interface Loss {
  readonly routine: boolean
  readonly cause: Error
}

export interface RawSubscriptionEvents {
  readonly onItem: (item: SubscriptionItem) => void
  readonly onLoss: (loss: Loss) => void
}

export type OpenSubscription = (after: Position | undefined, events: RawSubscriptionEvents) => RawSubscription

const backoffMs = (losses: number): number =>
  Math.max(BACKOFF_FIRST_MS, Math.random() * Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** losses))

/**
 * A subscription that outlives its connections. It knows the place of the last item it was given and goes on from
 * there; before it does so after a loss it asks the store for that place, in case the store was restored meanwhile.
 */
export const subscribeForEver = (
  store: WitnessReader,
  open: OpenSubscription,
  options: Pick<SubscribeOptions, 'after' | 'witness' | 'signal'>,
  logger: Logger,
): AsyncIterableIterator<SubscriptionItem, undefined> => {
  let current: RawSubscription | undefined
  const stop = new AbortController()
  const signal = AbortSignal.any([options.signal, stop.signal])
  const feed = createFeed<SubscriptionItem>({
    itemsMax: BUFFER_ITEMS,
    bytesMax: BUFFER_BYTES,
    bytesOf: (item) => (item.kind === 'event' ? weightOfEvent(item.event) : 0),
    pause: () => current?.pause(),
    resume: () => current?.resume(),
    silence: () => new Error('a subscription waits for ever'),
  })

  let place = options.after
  let { witness } = options
  let delivered = options.after
  let losses = 0

  const accept = (item: SubscriptionItem): void => {
    if (item.kind === 'event') {
      // A server may deliver an event again around the turn from catching up to live.
      const { stream, revision, id: eventId, position } = item.event
      if (delivered !== undefined && position <= delivered) return
      witness = { stream, revision, eventId, position }
      delivered = position
      place = position
    }
    if (item.kind === 'checkpoint') {
      if (place !== undefined && item.position <= place) return
      place = item.position
    }
    losses = 0
    feed.push(item)
  }
  const untilLost = (): Promise<Loss | undefined> =>
    new Promise((resolve) => {
      let ended = false
      const end = (loss?: Loss): void => {
        if (ended) return
        ended = true
        signal.removeEventListener('abort', aborted)
        current?.close()
        current = undefined
        resolve(loss)
      }
      const aborted = (): void => end()
      signal.addEventListener('abort', aborted)
      current = open(place, {
        onItem: (item) => {
          if (!ended) accept(item)
        },
        onLoss: end,
      })
    })
  const mustBeTheSameStore = async (): Promise<void> => {
    if (place === undefined) return
    for (let check = 1; ; check += 1) {
      const found = await checkWitness(store, { position: place, ...(witness && { witness }) })
      if (found === 'ok') return
      if (check === DIVERGED_CHECKS) throw new StoreDiverged(found.diverged)
      await sleep(backoffMs(check), undefined, { signal })
    }
  }
  const follow = async (): Promise<void> => {
    let checked = false
    while (!signal.aborted) {
      try {
        if (!checked) await mustBeTheSameStore()
        checked = true
        const before = place
        const loss = await untilLost()
        if (loss === undefined) return
        if (loss.routine && place !== before) {
          logger.debug({ position: place }, 'the event store dropped a slow subscription: subscribing again')
          // Room first: subscribing into a full buffer would be dropped again.
          await feed.room()
          continue
        }
        throw loss.cause
      } catch (error) {
        if (signal.aborted) return
        if (error instanceof StoreDiverged) throw error
        checked = false
        losses += 1
        const pauseMs = backoffMs(losses)
        logger.warn({ err: error, position: place, pauseMs, losses }, 'the subscription was lost: trying again')
        await sleep(pauseMs, undefined, { signal }).catch(() => undefined)
      }
    }
  }

  signal.addEventListener('abort', () => feed.close(), { once: true })
  if (signal.aborted) feed.close()
  follow().catch((error: unknown) =>
    feed.fail(error instanceof Error ? error : new Error('the subscription failed', { cause: error })),
  )

  return {
    next: () => feed.next(),
    return: () => {
      stop.abort()
      return Promise.resolve({ value: undefined, done: true })
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
