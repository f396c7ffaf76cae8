import { setTimeout as sleep } from 'node:timers/promises'
import {
  type AllStreamSubscription,
  type AppendExpectedRevision,
  type AppendResult,
  binaryEvent,
  type EventData,
  EventStoreDBClient,
  eventTypeFilter,
  excludeSystemEvents,
  jsonEvent,
  type MetadataType,
  type Position,
  persistentSubscriptionToAllSettingsFromDefaults,
  persistentSubscriptionToStreamSettingsFromDefaults,
  type ReadPosition,
  type ReadRevision,
  type RecordedEvent,
  type ResolvedEvent,
  type StreamSubscription,
  streamNameFilter,
} from '@eventstore/db-client'
import { idTag, payloadTag, placeTag, timeTag } from './answers.ts'
import { failureOf } from './failures.ts'
import { createRawCaller, type RawCall } from './raw-calls.ts'
import type { EventSpec, SingleStep } from './script.ts'

type StepOf<Op extends SingleStep['op']> = Extract<SingleStep, { op: Op }>

/** A step with real names, ids and places; it can be sent to another process. */
export type Operation =
  | Exclude<SingleStep, { op: 'raw' | 'readAll' | 'subscribeAll' }>
  | (Omit<StepOf<'readAll'>, 'from'> & { readonly from: ReadPosition | undefined })
  | (Omit<StepOf<'subscribeAll'>, 'from'> & { readonly from: ReadPosition | undefined })
  | { readonly op: 'raw'; readonly call: RawCall }

type OperationOf<Op extends Operation['op']> = Extract<Operation, { op: Op }>

/** Performs operations with one client. */
export interface Performer {
  /** Never throws: an error of the client is an answer. */
  perform(operation: Operation): Promise<unknown>
  /** Leaves a client that hangs or broke: the next operation starts with a new one. */
  renew(): Promise<void>
  close(): Promise<void>
}

const ADMIN = { username: 'admin', password: 'changeit' }
const DISPOSAL_MS = 500
const GHOST_MS = 150

const POLL_MS = 15
const SETTLE_MS = 400
const QUIET_MS = 900
const QUIET_WHEN_EXPECTING_MS = 3_000
const ENDED_GRACE_MS = 100
const CONFIRMED_WITHIN_MS = 3_000
const CAUGHT_UP_WITHIN_MS = 1_500
const OPEN_GRACE_MS = 50

type Mutable = Record<string, unknown>

/** Without the keys that are undefined: the client takes a given undefined for a value. */
const given = <T extends object>(options: T): { [Key in keyof T]: Exclude<T[Key], undefined> } => {
  const kept: Mutable = {}
  for (const [key, value] of Object.entries(options)) if (value !== undefined) kept[key] = value
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- said by the signature, which the compiler cannot follow
  return kept as { [Key in keyof T]: Exclude<T[Key], undefined> }
}

const revisionOf = (value: string | number | undefined): ReadRevision | undefined =>
  value === undefined || value === 'start' || value === 'end' ? value : BigInt(value)

const expectedOf = (value: string | number | undefined): AppendExpectedRevision | undefined =>
  value === undefined || value === 'any' || value === 'no_stream' || value === 'stream_exists' ? value : BigInt(value)

const bytesOf = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, 'base64'))

const metadataOf = (spec: EventSpec): MetadataType | undefined => {
  if (spec.metadataBytes !== undefined) return bytesOf(spec.metadataBytes)
  if (spec.metadataText !== undefined) return new TextEncoder().encode(spec.metadataText)
  if (spec.metadataFill !== undefined) return { m: 'm'.repeat(spec.metadataFill - '{"m":""}'.length) }
  return spec.metadata
}

const eventOf = (spec: EventSpec): EventData => {
  const base = given({ id: spec.id, type: spec.type, metadata: metadataOf(spec) })
  if (spec.binary !== undefined) return binaryEvent({ ...base, data: bytesOf(spec.binary) })
  if (spec.binaryText !== undefined) return binaryEvent({ ...base, data: new TextEncoder().encode(spec.binaryText) })
  if (spec.binaryFill !== undefined) return binaryEvent({ ...base, data: new Uint8Array(spec.binaryFill).fill(0x61) })
  const data = spec.dataFill === undefined ? spec.data : { x: 'x'.repeat(spec.dataFill - '{"x":""}'.length) }
  if (data === undefined) throw new Error(`an event of type ${spec.type} without data`)
  return jsonEvent({ ...base, data })
}

const placeOf = (position: Position | undefined): unknown =>
  position === undefined ? undefined : placeTag(position.commit, position.prepare)

const recordOf = (event: RecordedEvent): object => ({
  stream: event.streamId,
  revision: String(event.revision),
  id: idTag(event.id),
  type: event.type,
  contentType: event.isJson ? 'json' : 'binary',
  data: payloadTag(event.data),
  metadata: event.metadata === undefined ? undefined : payloadTag(event.metadata),
  created: timeTag(event.created),
  position: placeOf(event.position),
})

const resolvedOf = ({ event, link, commitPosition }: ResolvedEvent): unknown => {
  const own = (link ?? event)?.position
  const differs = own !== undefined && commitPosition !== undefined && commitPosition !== own.commit
  return {
    ...(event === undefined ? { event: null } : recordOf(event)),
    link: link === undefined ? undefined : recordOf(link),
    commitPosition: commitPosition === undefined ? 'none' : differs ? placeTag(commitPosition) : undefined,
  }
}

const appendedOf = ({ success, nextExpectedRevision, position }: AppendResult): unknown => ({
  ok: true,
  success: success ? undefined : success,
  revision: String(nextExpectedRevision),
  position: placeOf(position) ?? 'none',
})

/** Pushed into the subscription's own queue, so that it is seen in its place among the events. */
interface Checkpoint {
  readonly checkpoint: bigint
}

interface Following {
  readonly subscription: StreamSubscription | AllStreamSubscription
  readonly isFiltered: boolean
  sequence: unknown[]
  events: number
  lastAt: number
  ended: boolean
  confirmed: boolean
  caughtUp: boolean
  readonly checkpoints: bigint[]
  sawEventBelowCheckpoint: boolean
}

export const createPerformer = (url: string, prefix: string): Performer => {
  let current: EventStoreDBClient | undefined
  const client = (): EventStoreDBClient => {
    current ??= EventStoreDBClient.connectionString(url)
    return current
  }
  const rawCaller = createRawCaller(new URL(url).host)
  const followings = new Map<string, Following>()

  const isOurs = ({ event, link }: ResolvedEvent): boolean =>
    [event?.streamId, link?.streamId].some((stream) => stream?.includes(prefix) === true)

  const optionsOf = (step: {
    readonly credentials?: boolean | undefined
    readonly via?: string | undefined
    readonly requiresLeader?: boolean | undefined
  }) =>
    given({
      credentials: step.credentials === true || step.via === 'unary' ? ADMIN : undefined,
      requiresLeader: step.requiresLeader,
    })

  const drained = async (events: AsyncIterable<ResolvedEvent>, isWanted: (event: ResolvedEvent) => boolean) => {
    const read: unknown[] = []
    try {
      for await (const event of events) if (isWanted(event)) read.push(resolvedOf(event))
    } catch (error) {
      return { events: read, error: failureOf(error) }
    }
    return { ok: true, events: read }
  }

  const start = (step: OperationOf<'subscribe'> | OperationOf<'subscribeAll'>): Following => {
    const options = { ...optionsOf(step), ...given({ resolveLinkTos: step.resolveLinks }) }
    const subscription =
      step.op === 'subscribe'
        ? client().subscribeToStream(step.stream, { ...options, ...given({ fromRevision: revisionOf(step.from) }) })
        : client().subscribeToAll({ ...options, ...given({ fromPosition: step.from, filter: filterOf(step) }) })
    const following: Following = {
      subscription,
      isFiltered: step.op === 'subscribeAll' && step.filter !== undefined,
      sequence: [],
      events: 0,
      lastAt: Date.now(),
      ended: false,
      confirmed: false,
      caughtUp: false,
      checkpoints: [],
      sawEventBelowCheckpoint: false,
    }
    const note = (item?: unknown): void => {
      following.lastAt = Date.now()
      if (item !== undefined) following.sequence.push(item)
    }
    subscription.on('confirmation', () => {
      following.confirmed = true
      note('confirmation')
    })
    subscription.on('caughtUp', () => {
      following.caughtUp = true
      note('caughtUp')
    })
    subscription.on('fellBehind', () => note('fellBehind'))
    subscription.on('error', (error) => {
      following.ended = true
      note({ error: failureOf(error) })
    })
    subscription.on('end', () => {
      following.ended = true
      note('end')
    })
    subscription.on('data', (item: ResolvedEvent | Checkpoint) => {
      if ('checkpoint' in item) {
        following.checkpoints.push(item.checkpoint)
        note()
        return
      }
      const last = following.checkpoints.at(-1)
      if (item.commitPosition !== undefined && last !== undefined && item.commitPosition <= last) {
        following.sawEventBelowCheckpoint = true
      }
      if (step.op === 'subscribeAll' && !isOurs(item)) {
        note()
        return
      }
      following.events += 1
      note(resolvedOf(item))
    })
    return following
  }
  const filterOf = ({ filter }: OperationOf<'subscribeAll'>) => {
    if (filter === undefined) return undefined
    const checkpointReached = (subscription: AllStreamSubscription, { commit }: Position): void => {
      subscription.push({ checkpoint: commit } satisfies Checkpoint)
    }
    const { checkpointInterval, maxSearchWindow, prefixes, regex } = filter
    const options = { ...given({ checkpointInterval, maxSearchWindow }), checkpointReached }
    if (filter.on === 'excludeSystem') return excludeSystemEvents(options)
    const create = filter.on === 'stream' ? streamNameFilter : eventTypeFilter
    return regex === undefined ? create({ ...options, prefixes: prefixes ?? [] }) : create({ ...options, regex })
  }
  /** Waits until the wanted events came and then some time, or nothing comes any more. */
  const gather = async (
    following: Following,
    step: {
      readonly events?: number | undefined
      readonly settleMs?: number | undefined
      readonly quietMs?: number | undefined
    },
  ): Promise<unknown> => {
    const wanted = step.events ?? 0
    const quietMs = step.quietMs ?? (wanted > 0 ? QUIET_WHEN_EXPECTING_MS : QUIET_MS)
    const settleMs = step.settleMs ?? SETTLE_MS
    const startedAt = Date.now()
    let reachedAt: number | undefined
    for (;;) {
      await sleep(POLL_MS)
      const now = Date.now()
      if (following.ended) {
        await sleep(ENDED_GRACE_MS)
        break
      }
      if (wanted > 0 && following.events >= wanted) {
        reachedAt ??= now
        if (now - Math.max(reachedAt, following.lastAt) >= settleMs) break
      }
      if (now - Math.max(startedAt, following.lastAt) >= quietMs) break
    }
    const { sequence, checkpoints } = following
    following.sequence = []
    following.events = 0
    if (!following.isFiltered) return { ok: true, sequence }
    const monotone = checkpoints.every((place, index) => index === 0 || place >= (checkpoints[index - 1] ?? place))
    return {
      ok: true,
      sequence,
      checkpoints: { came: checkpoints.length > 0, monotone, neverAheadOfUnseen: !following.sawEventBelowCheckpoint },
      info: { checkpointsSoFar: checkpoints.length },
    }
  }
  const stopFollowing = async ({ subscription }: Following): Promise<void> => {
    // It fails only where the subscription never came about.
    await subscription.unsubscribe().catch(() => undefined)
  }
  const opened = async (following: Following): Promise<unknown> => {
    const startedAt = Date.now()
    while (!following.ended && !following.confirmed && Date.now() - startedAt < CONFIRMED_WITHIN_MS)
      await sleep(POLL_MS)
    const confirmedAt = Date.now()
    const waits = () => !following.ended && following.confirmed && !following.caughtUp
    while (waits() && Date.now() - confirmedAt < CAUGHT_UP_WITHIN_MS) await sleep(POLL_MS)
    await sleep(OPEN_GRACE_MS)
    return { ok: true, confirmed: following.confirmed }
  }
  const subscribed = async (step: OperationOf<'subscribe'> | OperationOf<'subscribeAll'>): Promise<unknown> => {
    const following = start(step)
    if (step.open === true && step.as !== undefined) {
      followings.set(step.as, following)
      return opened(following)
    }
    const answer = await gather(following, step)
    await stopFollowing(following)
    return answer
  }
  const openOf = (label: string): Following => {
    const following = followings.get(label)
    if (following === undefined) throw new Error(`no open subscription ${label}`)
    return following
  }

  const performed = async (step: Operation): Promise<unknown> => {
    switch (step.op) {
      case 'append': {
        const options = given({ expectedRevision: expectedOf(step.expected), batchAppendSize: step.batchAppendSize })
        const events = step.events.map(eventOf)
        return appendedOf(await client().appendToStream(step.stream, events, { ...optionsOf(step), ...options }))
      }
      case 'read': {
        const { direction, maxCount, resolveLinks } = step
        const fromRevision = revisionOf(step.from)
        const options = given({ direction, maxCount, fromRevision, resolveLinkTos: resolveLinks })
        return drained(client().readStream(step.stream, { ...optionsOf(step), ...options }), () => true)
      }
      case 'readAll': {
        const { direction, maxCount, resolveLinks } = step
        const options = given({ direction, maxCount, fromPosition: step.from, resolveLinkTos: resolveLinks })
        return drained(client().readAll({ ...optionsOf(step), ...options }), isOurs)
      }
      case 'setMetadata': {
        const options = { ...optionsOf(step), ...given({ expectedRevision: expectedOf(step.expected) }) }
        return appendedOf(await client().setStreamMetadata(step.stream, step.metadata, options))
      }
      case 'getMetadata': {
        const found = await client().getStreamMetadata(step.stream, optionsOf(step))
        return {
          ok: true,
          streamName: found.streamName,
          metadata: found.metadata === undefined ? 'none' : payloadTag(found.metadata),
          // What the client calls the revision of the metastream is the commit position.
          position: found.metastreamRevision === undefined ? 'none' : placeTag(found.metastreamRevision),
        }
      }
      case 'delete':
      case 'tombstone': {
        // An object of any shape: the client's types leave out revisions that its users send all the same.
        const options: object = { ...optionsOf(step), ...given({ expectedRevision: expectedOf(step.expected) }) }
        const deleted =
          step.op === 'delete'
            ? await client().deleteStream(step.stream, options)
            : await client().tombstoneStream(step.stream, options)
        return { ok: true, position: placeOf(deleted.position) ?? 'none' }
      }
      case 'subscribe':
      case 'subscribeAll':
        return subscribed(step)
      case 'collect':
        return gather(openOf(step.sub), step)
      case 'unsubscribe': {
        await stopFollowing(openOf(step.sub))
        followings.delete(step.sub)
        return { ok: true }
      }
      case 'wait':
        await sleep(step.ms)
        return { ok: true }
      case 'persistentCreate': {
        if (step.stream === '$all') {
          const settings = persistentSubscriptionToAllSettingsFromDefaults()
          await client().createPersistentSubscriptionToAll(step.group, settings, optionsOf(step))
        } else {
          const settings = persistentSubscriptionToStreamSettingsFromDefaults()
          await client().createPersistentSubscriptionToStream(step.stream, step.group, settings, optionsOf(step))
        }
        return { ok: true }
      }
      case 'persistentDelete': {
        if (step.stream === '$all') await client().deletePersistentSubscriptionToAll(step.group, optionsOf(step))
        else await client().deletePersistentSubscriptionToStream(step.stream, step.group, optionsOf(step))
        return { ok: true }
      }
      case 'raw':
        return rawCaller.call(step.call)
    }
  }

  const disposed = async (left: EventStoreDBClient | undefined): Promise<void> => {
    await Promise.race([left?.dispose().catch(() => undefined), sleep(DISPOSAL_MS)])
  }
  return {
    perform: async (operation) => {
      try {
        return await performed(operation)
      } catch (error) {
        return { error: failureOf(error) }
      }
    },
    renew: async () => {
      const left = current
      current = undefined
      await disposed(left)
      // Pending appends of all clients sit in one map: those of the old one must be gone before the next append.
      await sleep(GHOST_MS)
    },
    close: async () => {
      await Promise.all([...followings.values()].map(stopFollowing))
      await disposed(current)
      rawCaller.close()
    },
  }
}
