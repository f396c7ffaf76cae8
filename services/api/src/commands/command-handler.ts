import type { Decider, Message } from '@registru/domain'
import type { EventStore } from '@registru/event-store'
import { LRUCache } from 'lru-cache'
import type { Snapshots } from '../snapshots/snapshots.ts'
import type { CommandContext, Handled } from './command-context.ts'
import { emptyStream, type LoadedStream } from './loaded-stream.ts'
import { type ContextualCommand, createStreamWorker, type StreamWorker } from './stream-worker.ts'

/** What an idle stream takes besides state and commands: its worker, its place in the cache. Measured over 5,000 of them. */
const BYTES_PER_STREAM = 3_200
/** What an event leaves in a state that cannot weigh itself. */
const BYTES_PER_EVENT = 300

export interface CommandHandlerOptions<State, Command extends Message, Event extends Message<string, object>> {
  readonly decider: Decider<State, Command, Event>
  readonly store: EventStore
  readonly today: () => string
  readonly now: () => Date
  /** Folded streams kept in memory; the next command of a kept one reads nothing. */
  readonly cacheBytesMax: number
  /** Absent: every stream is folded from its start. */
  readonly snapshots?: Snapshots<State> | undefined
}

/** The streams of one decider. */
export interface CommandHandler<State, Command extends Message, Event extends Message<string, object>> {
  readonly handle: (stream: string, command: Command, context: CommandContext) => Promise<Handled<Event>>
  /** All by one append or none of them. @throws GroupRefused */
  readonly handleAll: (
    stream: string,
    commands: readonly ContextualCommand<Command>[],
  ) => Promise<readonly Handled<Event>[]>
  /** The answer of a command that is in the stream already; `undefined` when it is not. */
  readonly replayed: (stream: string, context: CommandContext) => Promise<Handled<Event> | undefined>
  /** The state if `accept` takes it; otherwise what the store says now, whatever it is. Read it before the next await. */
  readonly read: (stream: string, accept: (state: State) => boolean) => Promise<State>
}

/** Gives each stream its one worker: those at work, and the ones last used as far as memory goes. */
export const createCommandHandler = <State, Command extends Message, Event extends Message<string, object>>({
  cacheBytesMax,
  snapshots,
  ...options
}: CommandHandlerOptions<State, Command, Event>): CommandHandler<State, Command, Event> => {
  type Worker = StreamWorker<State, Command, Event>
  const { decider } = options
  const busy = new Map<string, Worker>()
  const idle = new LRUCache<string, { readonly worker: Worker; readonly loaded: LoadedStream<State> | undefined }>({
    maxSize: cacheBytesMax,
    dispose: ({ loaded }, stream, reason) => {
      if (reason === 'evict' && loaded !== undefined) snapshots?.beforeEviction(stream, loaded)
    },
  })

  const weigh = (loaded: LoadedStream<State>): number =>
    BYTES_PER_STREAM +
    loaded.commands.byteLength() +
    (decider.snapshot?.weigh(loaded.state) ?? Number(loaded.revision + 1n) * BYTES_PER_EVENT)

  const create = (stream: string): Worker => {
    const worker = createStreamWorker({
      ...options,
      stream,
      open: async (distrust) => (await snapshots?.find(stream, distrust)) ?? emptyStream(decider.initialState),
      onWritten: (loaded) => snapshots?.afterWriting(stream, loaded),
      onIdle: (loaded) => {
        busy.delete(stream)
        const size = loaded === undefined ? BYTES_PER_STREAM : weigh(loaded)
        idle.set(stream, { worker, loaded }, { size: Math.min(size, cacheBytesMax) })
      },
    })
    return worker
  }

  const workerOf = (stream: string): Worker => {
    const working = busy.get(stream)
    if (working !== undefined) return working
    const worker = idle.get(stream)?.worker ?? create(stream)
    // While it works its state may be ahead of what is written, so nobody may look at it.
    idle.delete(stream)
    busy.set(stream, worker)
    return worker
  }

  return {
    handle: (stream, command, context) => workerOf(stream).handle(command, context),
    handleAll: (stream, commands) => workerOf(stream).handleAll(commands),
    replayed: (stream, context) => workerOf(stream).replayed(context),
    read: (stream, accept) => workerOf(stream).read(accept),
  }
}
