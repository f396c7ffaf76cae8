import { hash } from 'node:crypto'
import { readEventFrame } from './event-frame.ts'
import type { Storage } from './storage.ts'
import {
  isMetastream,
  metastreamOf,
  NO_METADATA,
  originalOf,
  parseStreamMetadata,
  type StreamMetadata,
} from './stream-metadata.ts'

/** What is known of a stream at one moment. */
export interface StreamView {
  /** The last revision, -1 without events. */
  readonly head: number
  readonly tombstoned: boolean
  /** Of a metastream: the data of its last event, and what it says about the original. */
  readonly lastData: Buffer | undefined
  readonly metadataOfOriginal: StreamMetadata
}

/**
 * A stream in memory. Appends are decided on `decided`, which runs ahead of the disk; readers see `committed`. The two
 * are the same object when nothing is under way.
 */
export interface StreamState {
  readonly name: string
  readonly nameBytes: Buffer
  readonly key: Buffer
  readonly metastreamName: string
  /** Of a metastream, the stream that it describes. */
  readonly originalName: string | undefined
  decided: StreamView
  committed: StreamView
}

/** 64-bit collisions can be found by force, 128-bit ones cannot: two names never share a key. */
const KEY_BYTES = 16
const KEY_HEX_DIGITS = KEY_BYTES * 2

export const streamKey = (name: string): Buffer => Buffer.from(hash('sha256', name).slice(0, KEY_HEX_DIGITS), 'hex')

/** A copy of what a metastream says: the data given belongs to a message, which need not live as long. */
export const viewAfter = (name: string, head: number, lastData: Buffer | undefined): StreamView =>
  isMetastream(name) && lastData
    ? { head, tombstoned: false, lastData: Buffer.from(lastData), metadataOfOriginal: parseStreamMetadata(lastData) }
    : { head, tombstoned: false, lastData: undefined, metadataOfOriginal: NO_METADATA }

/** The streams that a write to `name` reads or touches: what describes it, and what it describes. */
export const streamsAround = (name: string): readonly string[] =>
  isMetastream(name) ? [name, metastreamOf(name), originalOf(name)] : [name, metastreamOf(name)]

export interface StreamCache {
  get(name: string): StreamState | undefined
  /** Brings the streams into the cache, in one query with all others asked for at the same time. */
  load(names: readonly string[]): Promise<void>
  /** Forgets everything: the log was opened anew. */
  clear(): void
}

/** A stream's state is about half a kilobyte: two generations of this size stay below 100 MB. */
const GENERATION_STREAMS_MAX = 50_000

export const createStreamCache = (storage: Pick<Storage, 'loadStreams'>): StreamCache => {
  let young = new Map<string, StreamState>()
  let old = new Map<string, StreamState>()
  let wanted = new Map<string, StreamState>()
  let loading: Promise<void> | undefined
  let generation = 0

  const keep = (state: StreamState): void => {
    young.set(state.name, state)
    if (young.size < GENERATION_STREAMS_MAX) return
    const unwritten = [...old.values()].filter(({ decided, committed }) => decided !== committed)
    old = young
    young = new Map(unwritten.map((state) => [state.name, state]))
  }

  const get = (name: string): StreamState | undefined => {
    const state = young.get(name)
    if (state) return state
    const aged = old.get(name)
    if (aged) {
      old.delete(name)
      keep(aged)
    }
    return aged
  }

  const loadWanted = async (): Promise<void> => {
    // One turn of the event loop gathers what many appends want.
    await new Promise<void>((resolve) => setImmediate(resolve))
    const states = [...wanted.values()]
    wanted = new Map()
    loading = undefined
    const begun = generation
    const stored = await storage.loadStreams(
      states.map(({ name, key }) => ({ key, wantsLastFrame: isMetastream(name) })),
    )
    if (begun !== generation) return
    for (const [index, state] of states.entries()) {
      const found = stored[index]
      // Another load of the same stream may have come first, and an append may stand on it.
      if (!found || get(state.name)) continue
      const lastData = found.lastFrame && readEventFrame(found.lastFrame, 0).data
      const view = { ...viewAfter(state.name, found.head, lastData), tombstoned: found.tombstoned }
      state.decided = view
      state.committed = view
      keep(state)
    }
  }

  return {
    get,
    load: (names) => {
      for (const name of names) {
        if (get(name) || wanted.has(name)) continue
        const view = viewAfter(name, -1, undefined)
        wanted.set(name, {
          name,
          nameBytes: Buffer.from(name),
          key: streamKey(name),
          metastreamName: metastreamOf(name),
          originalName: isMetastream(name) ? originalOf(name) : undefined,
          decided: view,
          committed: view,
        })
      }
      loading ??= loadWanted()
      return loading
    },
    clear: () => {
      generation++
      young = new Map()
      old = new Map()
    },
  }
}
