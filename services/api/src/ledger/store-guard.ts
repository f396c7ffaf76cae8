import { checkWitness, type EventStore, StoreDiverged, type Witness, type WitnessReader } from '@registru/event-store'
import type { Logger } from '@registru/runtime'

/** How long a store that was swapped under a running process may go unnoticed when nothing else betrays it. */
const CHECK_EVERY_MS = 1_000

/**
 * Whether the event store is still the one that this process has written to. One that was swapped, emptied or restored to
 * an older copy answers like any other, so it is asked for an event that it must hold.
 */
export interface StoreGuard {
  /** @throws StoreDiverged as long as the store is another one */
  readonly require: () => void
  /** Whether the last look found another store. */
  readonly isDiverged: () => boolean
  /** An event that this process knows to be written. */
  readonly saw: (witness: Witness) => void
  /** Something contradicts what is known: looks at once. @throws StoreDiverged, StoreUnavailable */
  readonly check: () => Promise<void>
  readonly stop: () => void
}

export interface StoreGuardOptions {
  readonly store: WitnessReader & Pick<EventStore, 'identity'>
  /** What others who follow the log say is wrong with it: they remember longer than this process. */
  readonly ask: () => Promise<string | undefined>
  readonly logger: Pick<Logger, 'error' | 'warn' | 'info'>
  /** Called when the store is found to be another one: nothing that is remembered of it holds. */
  readonly forgetAll: () => void
}

export const createStoreGuard = ({ store, ask, logger, forgetAll }: StoreGuardOptions): StoreGuard => {
  let storeId: string | undefined
  let newest: Witness | undefined
  let diverged: string | undefined

  const findReason = async (): Promise<string | undefined> => {
    const witness = newest
    if (witness !== undefined) {
      const verdict = await checkWitness(store, {
        position: witness.position,
        witness,
        ...(storeId !== undefined && { storeId }),
      })
      if (verdict !== 'ok') {
        return `${verdict.diverged}. This process goes on when that store is back, or after a restart`
      }
      storeId ??= await store.identity()
    }
    // Postgres may be away: then this process alone has something to say.
    return ask().catch(() => undefined)
  }

  const look = async (): Promise<void> => {
    const reason = await findReason()
    if (reason === undefined && diverged !== undefined) logger.info('the event store is the right one again')
    if (reason !== undefined && diverged === undefined) {
      logger.error({ reason }, 'commands are refused: the event store is not the one that was written to')
      forgetAll()
    }
    diverged = reason
  }

  let looking: Promise<void> | undefined
  const lookOnce = (): Promise<void> => {
    looking ??= look().finally(() => {
      looking = undefined
    })
    return looking
  }
  // A store that is away tells nothing; what was known of it stays.
  const timer = setInterval(() => void lookOnce().catch(() => undefined), CHECK_EVERY_MS)
  timer.unref()

  const require = (): void => {
    if (diverged !== undefined) throw new StoreDiverged(diverged)
  }
  return {
    require,
    isDiverged: () => diverged !== undefined,
    saw: (witness) => {
      if (newest === undefined || witness.position > newest.position) newest = witness
    },
    check: async () => {
      await lookOnce()
      require()
    },
    stop: () => clearInterval(timer),
  }
}
