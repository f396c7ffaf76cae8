import type { ExpectedRevision } from './append-decision.ts'
import { effectiveRevision, type ProposedMessage } from './append-messages.ts'
import type { EventToWrite } from './event-frame.ts'
import { ZERO_UUID } from './uuid.ts'

/** Of an append's data; metadata and types do not count on 23.10. */
export const APPEND_BYTES_MAX = 1024 * 1024

/** A real server gives a write two seconds, whatever the caller asks for. */
export const WRITE_TIMEOUT_MS = 2_000

/** Expected revisions end where a signed 64-bit number does, but for the one that stands for `no_stream`. */
const REVISION_MAX = 2n ** 63n - 1n

export const isOutOfRange = (expected: ExpectedRevision): boolean => {
  const effective = effectiveRevision(expected)
  return effective.kind === 'exact' && effective.revision > REVISION_MAX
}

/** Why a proposed message cannot become an event. */
export type Fault =
  | { readonly kind: 'missing'; readonly property: 'type' | 'content-type' }
  | { readonly kind: 'bad'; readonly reason: string }

export const faultOf = (proposed: ProposedMessage): Fault | undefined => {
  if (proposed.type === undefined) return { kind: 'missing', property: 'type' }
  if (proposed.contentType === undefined) return { kind: 'missing', property: 'content-type' }
  if (proposed.id === undefined) return { kind: 'bad', reason: 'The event has no valid id.' }
  if (proposed.id === ZERO_UUID) return { kind: 'bad', reason: 'Empty eventId provided.' }
  if (proposed.type === '') return { kind: 'bad', reason: 'Empty eventType provided.' }
  return undefined
}

/** Only for a message without a fault. */
export const eventOf = (proposed: ProposedMessage): EventToWrite => ({
  id: proposed.id ?? ZERO_UUID,
  type: proposed.type ?? '',
  isJson: proposed.contentType === 'application/json',
  data: proposed.data,
  customMetadata: proposed.customMetadata,
})

/** An append to the empty name, or to its metastream, ends the process of a real server; here it is refused. */
export const isUnusableName = (stream: string): boolean => /^(\$\$)*$/.test(stream)
