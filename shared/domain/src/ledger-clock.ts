// Stored for ever: a change of shape is a new version with an upcaster, never an edit.
import { z } from 'zod'
import { createCodec } from './codec.ts'
import { defineEvent, type EventOf } from './event-definition.ts'

/** The stream by which the log proves that time has passed: what is appended after its events was not known before them. */
export const LEDGER_CLOCK_STREAM = 'ledger-clock'

/** From here on an instant is told by the log's own order; before it, `recordedAt` does, as it always did (decision 0029). */
export const LedgerClockStarted = defineEvent({ type: 'LedgerClockStarted', version: 1, data: z.strictObject({}) })

/** Somebody asked for an instant that no other event proves to be over. */
export const LedgerClockTicked = defineEvent({ type: 'LedgerClockTicked', version: 1, data: z.strictObject({}) })

const definitions = [LedgerClockStarted, LedgerClockTicked] as const
export type LedgerClockEvent = EventOf<(typeof definitions)[number]>

/** No command and no company: the clock is the whole log's. */
export const LedgerClockMetadata = z.strictObject({
  schemaVersion: z.int().positive(),
  /** Random, so that nobody can guess the event from a proof that names only its hash. */
  salt: z.string().min(1).max(64).optional(),
})
export type LedgerClockMetadata = z.infer<typeof LedgerClockMetadata>

export const ledgerClockCodec = createCodec(definitions)
