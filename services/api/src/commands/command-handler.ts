import type { Decider, Message } from '@registru/domain'
import type { EventStore } from '@registru/event-store'
import { LRUCache } from 'lru-cache'
import type { CommandContext, Handled } from './command-context.ts'
import { createStreamWorker, type StreamWorker } from './stream-worker.ts'

/** What a folded stream weighs in memory: the state a decision needs of each event, and the stream itself. */
const BYTES_PER_EVENT = 300
const BYTES_PER_STREAM = 2_000

export interface CommandHandlerOptions<State, Command extends Message, Event extends Message<string, object>> {
  readonly decider: Decider<State, Command, Event>
  readonly store: EventStore
  readonly today: () => string
  readonly now: () => Date
  /** Folded streams kept in memory; the next command of a kept one reads nothing. */
  readonly cacheBytesMax: number
}

/** The streams of one decider. */
export interface CommandHandler<State, Command extends Message, Event extends Message<string, object>> {
  readonly handle: (stream: string, command: Command, context: CommandContext) => Promise<Handled<Event>>
  /** The answer of a command that is in the stream already; `undefined` when it is not. */
  readonly replayed: (stream: string, context: CommandContext) => Promise<Handled<Event> | undefined>
  /** The state if `accept` takes it; otherwise what the store says now, whatever it is. Read it before the next await. */
  readonly read: (stream: string, accept: (state: State) => boolean) => Promise<State>
}

/** Gives each stream its one worker: those at work, and the ones last used as far as memory goes. */
export const createCommandHandler = <State, Command extends Message, Event extends Message<string, object>>({
  cacheBytesMax,
  ...options
}: CommandHandlerOptions<State, Command, Event>): CommandHandler<State, Command, Event> => {
  type Worker = StreamWorker<State, Command, Event>
  const busy = new Map<string, Worker>()
  const idle = new LRUCache<string, Worker>({ maxSize: cacheBytesMax })

  const create = (stream: string): Worker => {
    const worker = createStreamWorker({
      ...options,
      stream,
      onIdle: (eventsFolded) => {
        busy.delete(stream)
        const size = BYTES_PER_STREAM + eventsFolded * BYTES_PER_EVENT
        idle.set(stream, worker, { size: Math.min(size, cacheBytesMax) })
      },
    })
    return worker
  }

  const workerOf = (stream: string): Worker => {
    const worker = busy.get(stream) ?? idle.get(stream) ?? create(stream)
    busy.set(stream, worker)
    return worker
  }

  return {
    handle: (stream, command, context) => workerOf(stream).handle(command, context),
    replayed: (stream, context) => workerOf(stream).replayed(context),
    read: (stream, accept) => workerOf(stream).read(accept),
  }
}
