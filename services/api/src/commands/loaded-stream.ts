import { type Decider, type LedgerMessage, type Message, type Recorded, readLedgerEvent } from '@registru/domain'
import type { EventStore } from '@registru/event-store'
import { type CommandIndex, createCommandIndex } from './command-index.ts'

/** A stream folded up to `revision`. */
export interface LoadedStream<State> {
  state: State
  /** -1 before the first event. */
  revision: bigint
  readonly commands: CommandIndex
  /** The index holds each command once, at its first event. */
  lastCommandId: string | undefined
  /** The newest `recordedAt` of the stream: later events never say an earlier instant, whatever the clock does. */
  lastRecordedAt: string
  eventsFolded: number
}

export const emptyStream = <State>(initialState: () => State): LoadedStream<State> => ({
  state: initialState(),
  revision: -1n,
  commands: createCommandIndex(),
  lastCommandId: undefined,
  lastRecordedAt: '',
  eventsFolded: 0,
})

export const fold = <State, Event extends LedgerMessage>(
  decider: Pick<Decider<State, Message, Event>, 'evolve'>,
  loaded: LoadedStream<State>,
  event: Recorded<Event>,
): void => {
  loaded.state = decider.evolve(loaded.state, event)
  loaded.revision = event.revision
  loaded.eventsFolded += 1
  const { commandId, recordedAt } = event.metadata
  if (commandId !== loaded.lastCommandId) {
    loaded.commands.add(commandId, event.revision)
    loaded.lastCommandId = commandId
  }
  if (recordedAt > loaded.lastRecordedAt) loaded.lastRecordedAt = recordedAt
}

/** Reads what was written since; returns whether there was anything. */
export const catchUp = async <State, Event extends LedgerMessage>(
  store: Pick<EventStore, 'readStream'>,
  decider: Pick<Decider<State, Message, Event>, 'evolve'>,
  stream: string,
  loaded: LoadedStream<State>,
): Promise<boolean> => {
  const before = loaded.revision
  for await (const event of store.readStream(stream, { from: loaded.revision + 1n })) {
    fold(decider, loaded, readLedgerEvent(event) as unknown as Recorded<Event>)
  }
  return loaded.revision !== before
}
