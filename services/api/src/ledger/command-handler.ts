import type { Decider, Message } from '@registru/domain'
import type { EventStore } from '@registru/event-store'
import { LRUCache } from 'lru-cache'
import type { CommandContext, Handled } from './command-context.ts'
import { weighIndex } from './command-index.ts'
import { emptyStream, type LoadedStream } from './loaded-stream.ts'
import type { LogEnd } from './log-end.ts'
import type { Snapshots } from './snapshots.ts'
import type { StoreGuard } from './store-guard.ts'
import { createStreamWorker, type StreamWorker } from './stream-worker.ts'
import type { ContextualCommand } from './task.ts'

/** What a stream at rest takes besides state and commands. Measured over 5,000 of them. */
const BYTES_PER_STREAM = 900
/** What an event leaves in a state that cannot weigh itself. */
const BYTES_PER_EVENT = 300

export interface CommandHandlerOptions<State, Command extends Message, Event extends Message<string, object>> {
  readonly decider: Decider<State, Command, Event>
  readonly store: EventStore
  readonly logEnd: LogEnd
  readonly guard: StoreGuard
  readonly today: () => string
  readonly now: () => Date
  /** Folded streams kept in memory; the next command of a kept one reads nothing. */
  readonly cacheBytesMax: number
  /** Absent: every stream is folded from its start. */
  readonly snapshots?: Snapshots<State> | undefined
  /** Whether a stream that is not in memory is taken for a new one: it is read only when an append says otherwise. */
  readonly areMostlyNew?: boolean
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
  /** Nothing that is remembered of the streams holds any more. */
  readonly forgetAll: () => void
}

/** Gives each stream its one worker: those at work, and the ones last used as far as memory goes. */
export const createCommandHandler = <State, Command extends Message, Event extends Message<string, object>>({
  cacheBytesMax,
  snapshots,
  areMostlyNew = false,
  ...options
}: CommandHandlerOptions<State, Command, Event>): CommandHandler<State, Command, Event> => {
  type Worker = StreamWorker<State, Command, Event>
  const { decider, guard } = options
  const busy = new Map<string, Worker>()
  /** A stream at rest is its state alone; only a worker that does not know what became of an append stays whole. */
  const idle = new LRUCache<string, LoadedStream<State> | Worker>({
    maxSize: cacheBytesMax,
    dispose: (kept, stream, reason) => {
      if (reason === 'evict' && 'state' in kept) snapshots?.offerLast(stream, kept)
    },
  })

  const weigh = (kept: LoadedStream<State> | Worker): number => {
    if (!('state' in kept)) return BYTES_PER_STREAM
    const { commands, state, revision } = kept
    const weight = decider.snapshot?.weigh(state) ?? Number(revision + 1n) * BYTES_PER_EVENT
    return BYTES_PER_STREAM + weighIndex(commands) + weight
  }

  const distrust = (stream: string): void => {
    busy.get(stream)?.forget()
    idle.delete(stream)
  }

  const create = (stream: string, loaded: LoadedStream<State> | undefined): Worker => {
    const worker = createStreamWorker({
      ...options,
      stream,
      loaded: loaded ?? (areMostlyNew ? emptyStream(decider.initialState) : undefined),
      open: async () => (await snapshots?.find(stream, () => distrust(stream))) ?? emptyStream(decider.initialState),
      onWritten: (written) => snapshots?.offer(stream, written),
      onIdle: (atRest) => {
        busy.delete(stream)
        // One that was folded from far back is worth a snapshot, whether anything was written or not.
        if (atRest !== undefined) snapshots?.offer(stream, atRest)
        const kept = atRest ?? worker
        idle.set(stream, kept, { size: Math.min(weigh(kept), cacheBytesMax) })
      },
    })
    return worker
  }

  const workerOf = (stream: string): Worker => {
    const working = busy.get(stream)
    if (working !== undefined) return working
    const kept = idle.get(stream)
    const worker = kept === undefined || 'state' in kept ? create(stream, kept) : kept
    // While it works its state may be ahead of what is written, so nobody may look at it.
    idle.delete(stream)
    busy.set(stream, worker)
    return worker
  }

  /** Nobody is refused on an older word than the question: the store may be the right one again. @throws StoreDiverged */
  const guarded = async <Answer>(stream: string, ask: (worker: Worker) => Promise<Answer>): Promise<Answer> => {
    if (guard.isDiverged()) await guard.check()
    return ask(workerOf(stream))
  }

  return {
    handle: (stream, command, context) => guarded(stream, (worker) => worker.handle(command, context)),
    handleAll: (stream, commands) => guarded(stream, (worker) => worker.handleAll(commands)),
    replayed: (stream, context) => guarded(stream, (worker) => worker.replayed(context)),
    read: (stream, accept) => guarded(stream, (worker) => worker.read(accept)),
    forgetAll: () => {
      for (const worker of busy.values()) worker.forget()
      idle.clear()
    },
  }
}
