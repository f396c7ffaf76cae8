import { type AccountEvent, accountEventDefinitions } from './client-account/events/account-events.ts'
import { type Codec, createCodec } from './codec.ts'
import { type CompanyEvent, companyEventDefinitions } from './company/events.ts'
import { type ExchangeRatesEvent, exchangeRateEventDefinitions } from './exchange-rates/events.ts'
import type { EventId } from './ids.ts'
import { LEDGER_CLOCK_STREAM, type LedgerClockEvent, LedgerClockMetadata, ledgerClockCodec } from './ledger-clock.ts'
import type { Message } from './message.ts'
import { EventMetadata } from './metadata.ts'
import type { Position, Revision } from './places.ts'
import { type ReceiptBookEvent, receiptBookEventDefinitions } from './receipt-book/events.ts'
import { type UnidentifiedEvent, unidentifiedEventDefinitions } from './unidentified-payments/events.ts'

export type LedgerMessage = AccountEvent | ReceiptBookEvent | CompanyEvent | UnidentifiedEvent | ExchangeRatesEvent

/** Reads and writes every event of the ledger. */
export const ledgerCodec: Codec<LedgerMessage> = createCodec([
  ...accountEventDefinitions,
  ...receiptBookEventDefinitions,
  ...companyEventDefinitions,
  ...unidentifiedEventDefinitions,
  ...exchangeRateEventDefinitions,
])

/** An event where it stands: its place in its stream, in the whole log, and both clocks (the effective day is in `data`). */
export type Recorded<Event extends Message, Metadata = EventMetadata> = Event & {
  readonly eventId: EventId
  readonly stream: string
  readonly revision: Revision
  readonly position: Position
  /** When the store wrote it, by the store's clock. The log's order maps instants, and this is what it orders. */
  readonly createdAt: Date
  readonly metadata: Metadata
}

/** Of one company. */
export type LedgerEvent = {
  [Type in LedgerMessage['type']]: Recorded<Extract<LedgerMessage, { type: Type }>>
}[LedgerMessage['type']]

export type RecordedClockEvent = {
  [Type in LedgerClockEvent['type']]: Recorded<Extract<LedgerClockEvent, { type: Type }>, LedgerClockMetadata>
}[LedgerClockEvent['type']]

/** Whatever the read models are told of. */
export type LogEvent = LedgerEvent | RecordedClockEvent

export const isClockEvent = (event: LogEvent): event is RecordedClockEvent => event.stream === LEDGER_CLOCK_STREAM

interface StoredEvent {
  readonly id: string
  readonly stream: string
  readonly revision: Revision
  readonly position: Position
  readonly type: string
  readonly data: unknown
  readonly metadata: unknown
  readonly createdAt: Date
}

/**
 * The domain's view of a stored event, lifted to today's version.
 * @throws UnreadableEvent
 */
export const readLedgerEvent = (stored: StoredEvent): LedgerEvent => {
  const metadata = EventMetadata.parse(stored.metadata)
  const { type, data } = ledgerCodec.decode(stored.type, metadata.schemaVersion, stored.data)
  const { id: eventId, stream, revision, position, createdAt } = stored
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the codec paired type and data; a spread would lose it
  return { type, data, eventId, stream, revision, position, createdAt, metadata } as LedgerEvent
}

/** As `readLedgerEvent`, of any stream that the read models follow. @throws UnreadableEvent */
export const readLogEvent = (stored: StoredEvent): LogEvent => {
  if (stored.stream !== LEDGER_CLOCK_STREAM) return readLedgerEvent(stored)
  const metadata = LedgerClockMetadata.parse(stored.metadata)
  const { type, data } = ledgerClockCodec.decode(stored.type, metadata.schemaVersion, stored.data)
  const { id: eventId, stream, revision, position, createdAt } = stored
  return { type, data, eventId, stream, revision, position, createdAt, metadata }
}
