import type { Decider, LedgerMessage, Message } from '@registru/domain'
import type { EventStore } from '@registru/event-store'
import { LRUCache } from 'lru-cache'
import type { CommandContext, Handled } from './command-context.ts'
import { createStreamWorker, type StreamWorker } from './stream-worker.ts'

/** What a folded stream weighs in memory: the state a decision needs of each event, and the stream itself. */
const BYTES_PER_EVENT = 300
const BYTES_PER_STREAM = 2_000

export interface CommandHandlerOptions {
  readonly store: EventStore
  readonly today: () => string
  readonly now: () => Date
  /** Folded streams kept in memory; the next command of a kept one reads nothing. */
  readonly cacheBytesMax: number
}

export interface CommandHandler {
  readonly handle: <State, Command extends Message, Event extends LedgerMessage>(
    decider: Decider<State, Command, Event>,
    stream: string,
    command: Command,
    context: CommandContext,
  ) => Promise<Handled<Event>>
  readonly replayed: <State, Command extends Message, Event extends LedgerMessage>(
    decider: Decider<State, Command, Event>,
    stream: string,
    context: CommandContext,
  ) => Promise<Handled<Event> | undefined>
  readonly read: <State, Command extends Message, Event extends LedgerMessage>(
    decider: Decider<State, Command, Event>,
    stream: string,
    accept: (state: State) => boolean,
  ) => Promise<State>
}

/** Gives each stream its one worker: those at work, and the ones last used as far as memory goes. */
export const createCommandHandler = ({ store, today, now, cacheBytesMax }: CommandHandlerOptions): CommandHandler => {
  // A stream's name tells its decider, so a worker found by name has the types that its caller asks for.
  type AnyWorker = StreamWorker<never, never, never>
  const busy = new Map<string, AnyWorker>()
  const idle = new LRUCache<string, AnyWorker>({ maxSize: cacheBytesMax })

  const workerOf = <State, Command extends Message, Event extends LedgerMessage>(
    decider: Decider<State, Command, Event>,
    stream: string,
  ): StreamWorker<State, Command, Event> => {
    const known = busy.get(stream) ?? idle.get(stream)
    if (known !== undefined) {
      busy.set(stream, known)
      return known as unknown as StreamWorker<State, Command, Event>
    }
    const worker = createStreamWorker({
      decider,
      stream,
      store,
      today,
      now,
      onIdle: (eventsFolded) => {
        busy.delete(stream)
        const size = BYTES_PER_STREAM + eventsFolded * BYTES_PER_EVENT
        idle.set(stream, worker as unknown as AnyWorker, { size: Math.min(size, cacheBytesMax) })
      },
    })
    busy.set(stream, worker as unknown as AnyWorker)
    return worker
  }

  return {
    handle: (decider, stream, command, context) => workerOf(decider, stream).handle(command, context),
    replayed: (decider, stream, context) => workerOf(decider, stream).replayed(context),
    read: (decider, stream, accept) => workerOf(decider, stream).read(accept),
  }
}
