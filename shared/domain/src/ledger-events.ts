import { type AccountEvent, accountEventDefinitions } from './client-account/events.ts'
import { type Codec, createCodec } from './codec.ts'
import { type CompanyEvent, companyEventDefinitions } from './company/events.ts'
import type { Message } from './message.ts'
import { EventMetadata } from './metadata.ts'
import { type ReceiptBookEvent, receiptBookEventDefinitions } from './receipt-book/events.ts'

export type LedgerMessage = AccountEvent | ReceiptBookEvent | CompanyEvent

/** Reads and writes every event of the ledger. */
export const ledgerCodec: Codec<LedgerMessage> = createCodec([
  ...accountEventDefinitions,
  ...receiptBookEventDefinitions,
  ...companyEventDefinitions,
])

/** An event where it stands: its place in its stream, in the whole log, and both clocks (the effective day is in `data`). */
export type Recorded<Event extends Message> = Event & {
  readonly eventId: string
  readonly stream: string
  readonly revision: bigint
  readonly position: bigint
  readonly metadata: EventMetadata
}

export type LedgerEvent = {
  [Type in LedgerMessage['type']]: Recorded<Extract<LedgerMessage, { type: Type }>>
}[LedgerMessage['type']]

interface StoredEvent {
  readonly id: string
  readonly stream: string
  readonly revision: bigint
  readonly position: bigint
  readonly type: string
  readonly data: unknown
  readonly metadata: unknown
}

/**
 * The domain's view of a stored event, lifted to today's version.
 * @throws UnreadableEvent
 */
export const readLedgerEvent = (stored: StoredEvent): LedgerEvent => {
  const metadata = EventMetadata.parse(stored.metadata)
  const { type, data } = ledgerCodec.decode(stored.type, metadata.schemaVersion, stored.data)
  const { id: eventId, stream, revision, position } = stored
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the codec paired type and data; a spread would lose it
  return { type, data, eventId, stream, revision, position, metadata } as LedgerEvent
}
