import { type Decider, type EventId, type Message, Rejection, type Revision, revisionAfter } from '@registru/domain'
import { APPEND_BYTES_MAX, eventIdOf } from '@registru/event-store'
import type { CommandContext, Handled } from './command-context.ts'
import { CommandTooLarge, PreconditionFailed } from './errors.ts'

/** What type and metadata of one event weigh at most, as long as the actor's name is short. */
const METADATA_BYTES = 900

/** An event checked by its schema and in the order of its fields, as it will be read back. */
export interface EncodedEvent<Event> {
  readonly event: Event
  readonly eventId: EventId
  readonly schemaVersion: number
  /** Of its data, as it is stored and as its id was derived from it. */
  readonly dataJson: string
}

export type Decision<Event> =
  | { readonly events: readonly EncodedEvent<Event>[]; readonly bytes: number; readonly refused?: undefined }
  | { readonly refused: Error; readonly events?: undefined; readonly bytes?: undefined }

/** What the command does to a state at this revision. */
export const decideOn = <State, Command extends Message, Event extends Message<string, object>>(
  { decide, codec }: Decider<State, Command, Event>,
  command: Command,
  context: CommandContext,
  { state, revision, today }: { readonly state: State; readonly revision: Revision; readonly today: string },
): Decision<Event> => {
  const { commandId, requestHash, expectedRevision, companyRules: company, elsewhere, price, highestNumber } = context
  if (expectedRevision !== undefined && expectedRevision !== revision) {
    return { refused: new PreconditionFailed(revision < 0n ? undefined : revision) }
  }
  try {
    let bytes = 0
    const events = decide(command, state, { today, company, elsewhere, price, highestNumber }).map(
      (raw, index): EncodedEvent<Event> => {
        const { event, schemaVersion } = codec.encode(raw)
        const dataJson = JSON.stringify(event.data)
        bytes += METADATA_BYTES + Buffer.byteLength(dataJson)
        const eventId = eventIdOf({ commandId, index, type: event.type, schemaVersion, data: dataJson, requestHash })
        return { event, eventId, schemaVersion, dataJson }
      },
    )
    return bytes < APPEND_BYTES_MAX ? { events, bytes } : { refused: new CommandTooLarge('more than one append holds') }
  } catch (error) {
    if (error instanceof Rejection) return { refused: error }
    throw error
  }
}

/** The answer of a command whose events come, or would come, after this revision. */
export const describe = <Event extends Message<string, object>>(
  stream: string,
  events: readonly EncodedEvent<Event>[],
  after: Revision,
): Handled<Event> => ({
  stream,
  events: events.map(({ event, eventId }, index) => ({ ...event, eventId, revision: revisionAfter(after, index + 1) })),
  revision: revisionAfter(after, events.length),
  position: undefined,
  replayed: false,
})
