import { randomBytes, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  LEDGER_CLOCK_STREAM,
  LEDGER_STREAM_PREFIXES,
  type LedgerClockEvent,
  type LedgerClockMetadata,
  LedgerClockStarted,
  LedgerClockTicked,
  ledgerClockCodec,
  type Revision,
} from '@registru/domain'
import { createFirstInstant, type EventStore, isImporting, type RecordedEvent } from '@registru/event-store'
import { CLOCK_AHEAD_MAX_MS, LEDGER_CLOCK_CHANNEL } from '@registru/projections'
import type { Logger, PoolClient } from '@registru/runtime'

/** However many ask: a log that lies idle for a year, asked all the time, grows by as much as a small firm's does. */
const TICK_EVERY_MS = 1_000
const SALT_BYTES = 16

export interface LedgerClockOptions {
  readonly store: Pick<EventStore, 'append' | 'readStream' | 'readAll'>
  readonly logger: Logger
  readonly signal: AbortSignal
}

export interface LedgerClock {
  /** The store is the right one: nothing is appended before. */
  readonly open: () => void
  /**
   * There are events, so they need a clock: starts it, where the log has none. An empty log has no time to tell of, and whoever
   * fills it with a past of its own stamps the start as well. Never fails: what cannot be done now is done at the next call.
   */
  readonly start: () => Promise<void>
  /**
   * Hears whoever asks by `LEDGER_CLOCK_CHANNEL`, and appends a tick soon, unless the log proves by itself that the instant
   * is over. PostgreSQL lets every login notify, so that one may cause what a reader's question does: a tick a second.
   */
  readonly listen: (client: PoolClient) => Promise<void>
}

const lastOf = async (events: AsyncIterable<RecordedEvent>): Promise<RecordedEvent | undefined> => {
  for await (const event of events) return event
  return undefined
}

const isOurs = ({ stream }: RecordedEvent): boolean =>
  LEDGER_STREAM_PREFIXES.some((prefix) => stream.startsWith(prefix))

const encoded = (event: LedgerClockEvent) => {
  const { schemaVersion, event: written } = ledgerClockCodec.encode(event)
  const metadata: LedgerClockMetadata = { schemaVersion, salt: randomBytes(SALT_BYTES).toString('base64url') }
  return { id: randomUUID(), type: written.type, data: written.data, metadata }
}

/**
 * Proves of an idle log that an instant is over, by appending to it. Only a projector at work does so: it has made sure that
 * the store is the one that the read models come from. A second one, late or early, appends a needless tick at worst.
 */
export const createLedgerClock = ({ store, logger, signal }: LedgerClockOptions): LedgerClock => {
  /** The latest instant that was asked for since the last look. */
  let wantedMs: number | undefined
  let mayTickAt = Number.NEGATIVE_INFINITY
  let working: Promise<void> | undefined
  let isOpen = false
  let isStarted = false

  const firstInstantOf = createFirstInstant(store)

  const headOfClock = async (): Promise<Revision | undefined> =>
    (await lastOf(store.readStream(LEDGER_CLOCK_STREAM, { direction: 'backwards', maxCount: 1 })))?.revision

  /**
   * At the exact revision: where another projector was quicker, its event has proved as much. A log that is being imported
   * brings a clock of its own, event by event, and anything between would be in their way.
   * @returns whether there is a clock now
   */
  const append = async (head: Revision | undefined): Promise<boolean> => {
    if (await isImporting(store)) return false
    const event = head === undefined ? LedgerClockStarted.of({}) : LedgerClockTicked.of({})
    await store.append(LEDGER_CLOCK_STREAM, head ?? 'no_stream', [encoded(event)])
    return true
  }

  const proveOnce = async (instantMs: number): Promise<void> => {
    const last = await lastOf(store.readAll({ direction: 'backwards', maxCount: 1 }))
    if (last !== undefined && isOurs(last) && (await firstInstantOf(last)).getTime() > instantMs) return
    await append(await headOfClock())
    mayTickAt = performance.now() + TICK_EVERY_MS
  }

  const work = async (): Promise<void> => {
    while (wantedMs !== undefined) {
      await sleep(Math.max(0, mayTickAt - performance.now()), undefined, { signal })
      const instantMs = wantedMs
      wantedMs = undefined
      await proveOnce(instantMs)
    }
  }

  /** Whoever asked asks again; a store that is away is everybody's to report. */
  const letFail = (error: unknown): void => {
    wantedMs = undefined
    if (!signal.aborted) logger.warn({ err: error }, "The log's clock could not be moved on")
  }

  /** Whoever can log in to PostgreSQL can ask: of a time still to come nothing is proven, and nobody of ours asks for one. */
  const prove = (instantMs: number): void => {
    if (!isOpen || instantMs > Date.now() + CLOCK_AHEAD_MAX_MS) return
    wantedMs = Math.max(instantMs, wantedMs ?? instantMs)
    working ??= work()
      .catch(letFail)
      .finally(() => {
        working = undefined
      })
  }

  return {
    open: () => {
      isOpen = true
    },
    start: async () => {
      if (isStarted || performance.now() < mayTickAt) return
      isStarted = true
      mayTickAt = performance.now() + TICK_EVERY_MS
      try {
        const head = await headOfClock()
        isStarted = head !== undefined || (await append(head))
      } catch (error) {
        isStarted = false
        letFail(error)
      }
    },
    listen: async (client) => {
      client.on('notification', ({ channel, payload = '' }) => {
        if (channel === LEDGER_CLOCK_CHANNEL && /^[0-9]{1,15}$/.test(payload)) prove(Number(payload))
      })
      await client.query(`listen ${LEDGER_CLOCK_CHANNEL}`)
    },
  }
}

/**
 * Says of a store whose clock has jumped ahead that it has: until the jump is made up for, what is appended counts as not
 * known before its end, and nobody can take that back.
 */
export const createClockAlarm = (logger: {
  readonly error: (about: object, message: string) => void
}): ((newestMs: number) => void) => {
  let saidMs = 0
  return (newestMs) => {
    if (newestMs <= saidMs || newestMs <= Date.now() + CLOCK_AHEAD_MAX_MS) return
    saidMs = newestMs
    logger.error(
      { instant: new Date(newestMs).toISOString() },
      "The event store's clock is ahead: knownAt answers as of the instant before the jump until this one",
    )
  }
}
