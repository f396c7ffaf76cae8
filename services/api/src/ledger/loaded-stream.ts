import {
  BEFORE_THE_STREAM,
  type Codec,
  type Decider,
  type EventId,
  EventMetadata,
  type Message,
  type Position,
  type Revision,
  revisionAfter,
} from '@registru/domain'
import type { EventStore, RecordedEvent } from '@registru/event-store'
import { addCommand, type CommandIndex, createCommandIndex } from './command-index.ts'

/** A stream folded up to `revision`. */
export interface LoadedStream<State> {
  state: State
  /** -1 before the first event. */
  revision: Revision
  readonly commands: CommandIndex
  /** The index holds each command once, at its first event. */
  lastCommandId: string | undefined
  /**
   * The newest `recordedAt` that was read or sent: later events never say an earlier instant, whatever the clock does. It
   * tells nothing of what is stored, for what was sent may have stood before with another instant.
   */
  recordedNotBefore: string
  /** Of the event at `revision`. */
  lastEventId: string | undefined
  /** Up to here the stream need not be read again: the newest snapshot that was found or taken. -1 without one. */
  snapshotRevision: Revision
  /** Monotonic ms; the next snapshot waits until then. */
  snapshotNotBefore: number
}

export const emptyStream = <State>(initialState: () => State): LoadedStream<State> => ({
  state: initialState(),
  revision: BEFORE_THE_STREAM,
  commands: createCommandIndex(),
  lastCommandId: undefined,
  recordedNotBefore: '',
  lastEventId: undefined,
  snapshotRevision: BEFORE_THE_STREAM,
  snapshotNotBefore: 0,
})

/** A stored event as its stream's decider knows it. */
export interface StreamEvent<Event extends Message<string, object>> {
  readonly event: Event
  readonly eventId: EventId
  readonly revision: Revision
  readonly position: Position
  readonly metadata: EventMetadata
}

/** @throws UnreadableEvent */
export const readEvent = <Event extends Message<string, object>>(
  codec: Codec<Event>,
  recorded: RecordedEvent,
): StreamEvent<Event> => {
  const metadata = EventMetadata.parse(recorded.metadata)
  const event = codec.decode(recorded.type, metadata.schemaVersion, recorded.data)
  return { event, eventId: recorded.id, revision: recorded.revision, position: recorded.position, metadata }
}

export type Folding<State, Event extends Message<string, object>> = Pick<
  Decider<State, Message, Event>,
  'evolve' | 'codec'
>

export const foldEvent = <State, Event extends Message<string, object>>(
  { evolve, codec }: Folding<State, Event>,
  loaded: LoadedStream<State>,
  recorded: RecordedEvent,
): void => {
  const { event, eventId, revision, metadata } = readEvent(codec, recorded)
  loaded.state = evolve(loaded.state, { ...event, eventId })
  loaded.revision = revision
  loaded.lastEventId = eventId
  if (metadata.commandId !== loaded.lastCommandId) {
    addCommand(loaded.commands, metadata.commandId, revision)
    loaded.lastCommandId = metadata.commandId
  }
  if (metadata.recordedAt > loaded.recordedNotBefore) loaded.recordedNotBefore = metadata.recordedAt
}

/** Reads what was written since; returns whether there was anything. */
export const catchUp = async <State, Event extends Message<string, object>>(
  store: Pick<EventStore, 'readStream'>,
  decider: Folding<State, Event>,
  stream: string,
  loaded: LoadedStream<State>,
): Promise<boolean> => {
  const before = loaded.revision
  for await (const recorded of store.readStream(stream, { from: revisionAfter(loaded.revision) })) {
    foldEvent(decider, loaded, recorded)
  }
  return loaded.revision !== before
}
