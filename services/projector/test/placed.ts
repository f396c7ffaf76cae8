import { type LedgerEvent, type LedgerMessage, positionOf, revisionOf } from '@registru/domain'
import { eventMetadata } from '@registru/domain/examples'

export const companyId = 'amc'
export const stream = 'clientAccount-amc:alfa'

/** Places for messages of one account, from a first revision on. */
export const placed = (messages: readonly LedgerMessage[], from = 0): readonly LedgerEvent[] =>
  messages.map((message, index) => {
    const place = from + index
    const eventId = `00000000-0000-4000-8000-${place.toString(16).padStart(12, '0')}`
    const metadata = eventMetadata({ companyId })
    const position = positionOf(BigInt(1_000 + place * 10))
    const createdAt = new Date(metadata.recordedAt)
    return {
      ...message,
      stream,
      revision: revisionOf(BigInt(place)),
      position,
      eventId,
      createdAt,
      metadata,
    } as LedgerEvent
  })
