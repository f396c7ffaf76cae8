import type { Decider, Message } from '@registru/domain'
import { type EventStore, StoreUnavailable } from '@registru/event-store'
import { catchUp, emptyStream, type LoadedStream } from './loaded-stream.ts'

/** What a worker remembers of its stream, and since when that is known to be what the store says. */
export interface StreamMemory<State> {
  /** As it is remembered; read from the store when it is not. */
  readonly current: () => Promise<LoadedStream<State>>
  /** Reads what was written since; returns whether there was anything. */
  readonly refresh: () => Promise<boolean>
  /** When the state was last known to be the store's (monotonic ms). */
  readonly verifiedAt: () => number
  readonly verify: (at: number) => void
  /** What is remembered may be wrong: the next look reads it anew. */
  readonly forget: () => void
  /** `undefined`: it is not known what is written. */
  readonly kept: () => LoadedStream<State> | undefined
}

export interface StreamMemoryOptions<State, Command extends Message, Event extends Message<string, object>> {
  readonly decider: Decider<State, Command, Event>
  readonly stream: string
  readonly store: EventStore
  /** As an earlier worker of the stream left it. */
  readonly loaded?: LoadedStream<State> | undefined
  /** The stream from where its folding begins. */
  readonly open: () => Promise<LoadedStream<State>>
}

export const createStreamMemory = <State, Command extends Message, Event extends Message<string, object>>({
  decider,
  stream,
  store,
  open,
  ...options
}: StreamMemoryOptions<State, Command, Event>): StreamMemory<State> => {
  let { loaded } = options
  let verifiedAt = Number.NEGATIVE_INFINITY

  const refresh = async (): Promise<boolean> => {
    const startedAt = performance.now()
    let current = loaded
    try {
      current ??= await open()
      const moved = await catchUp(store, decider, stream, current)
      loaded = current
      verifiedAt = startedAt
      return moved
    } catch (error) {
      // What was read of a long stream stays read, or a slow store would let nobody finish. Another failure may have come
      // in the middle of an event, so the next command starts from what the store says.
      loaded = error instanceof StoreUnavailable ? current : undefined
      throw error
    }
  }

  return {
    current: async () => {
      if (loaded === undefined) await refresh()
      return loaded ?? emptyStream(decider.initialState)
    },
    refresh,
    verifiedAt: () => verifiedAt,
    verify: (at) => {
      verifiedAt = at
    },
    forget: () => {
      loaded = undefined
    },
    kept: () => loaded,
  }
}
