import { setTimeout as sleep } from 'node:timers/promises'
import { type Decider, type EventMetadata, type Message, Rejection } from '@registru/domain'
import {
  APPEND_BYTES_MAX,
  type EventStore,
  type EventToAppend,
  eventIdOf,
  type RecordedEvent,
  StoreUnavailable,
} from '@registru/event-store'
import type { CommandContext, Handled } from './command-context.ts'
import { addCommand, candidatesOf } from './command-index.ts'
import {
  CommandTooLarge,
  ConcurrentModification,
  GroupRefused,
  IdempotencyKeyReused,
  OutcomeUnknown,
  Overloaded,
  PreconditionFailed,
} from './errors.ts'
import { catchUp, emptyStream, type LoadedStream, readEvent, type StreamEvent } from './loaded-stream.ts'

/** Commands that wait for one stream share an append: the gRPC path costs as much as the decision, and is paid once. */
const COMMANDS_PER_APPEND_MAX = 200
/** Far below what the store takes, so that a group is answered soon; a single command may weigh more. */
const GROUP_BYTES_MAX = 300_000
/** What type and metadata of one event weigh at most, as long as the actor's name is short. */
const METADATA_BYTES = 800
const QUEUE_MAX = 2_000
/** A command found again is read in pages of this: few write more, and what comes after it may be 100,000 events. */
const COMMAND_PAGE_EVENTS = 16
/** A caller hears within 5 s, whatever the store does; the worker goes on to settle what it has sent. */
const ANSWER_TIMEOUT_MS = 4_500
/** Conflicts in a row before a command gives up. Each waits a random part of a doubling pause. */
const CONFLICTS_MAX = 8
const CONFLICT_PAUSE_MS = 10
const CONFLICT_PAUSE_MAX_MS = 500
/** The adapter resends by itself; this is how often we look whether the append stands and send the same one again. */
const RESENDS_MAX = 3

interface Task {
  readonly arrivedAt: number
  settled: boolean
  /** From when it was decided until its append is known to have failed: nobody may be told that it was not carried out. */
  mayBeWritten: boolean
  conflicts: number
  readonly fail: (error: unknown) => void
}

interface CommandTask<Command, Event extends Message<string, object>> extends Task {
  readonly kind: 'command'
  readonly command: Command
  readonly context: CommandContext
  readonly succeed: (handled: Handled<Event>) => void
}

/** Commands that are written by one append or not at all. */
interface GroupTask<Command, Event extends Message<string, object>> extends Task {
  readonly kind: 'group'
  readonly members: readonly CommandTask<Command, Event>[]
}

/** Looks at the state between appends, when it says only what is written. */
interface LookTask<State> extends Task {
  readonly kind: 'look'
  readonly look: (stream: LoadedStream<State>) => Promise<'settled' | 'stale'>
}

export interface ContextualCommand<Command> {
  readonly command: Command
  readonly context: CommandContext
}

interface Answered<Command, Event extends Message<string, object>> {
  readonly task: CommandTask<Command, Event>
  readonly answer: () => void
}

/** An event checked by its schema and in the order of its fields, as it will be read back. */
interface EncodedEvent<Event> {
  readonly event: Event
  readonly eventId: string
  readonly schemaVersion: number
  /** Of its data as JSON. */
  readonly dataBytes: number
}

interface Decided<Command, Event extends Message<string, object>> {
  readonly task: CommandTask<Command, Event>
  readonly events: readonly EncodedEvent<Event>[]
}

interface SentAppend {
  readonly events: readonly EventToAppend[]
  /** The revision that it was sent for. */
  readonly after: bigint
  readonly commandIds: ReadonlySet<string>
}

/** `overtaken`: the revision is taken by something else, so it can never land. */
type SettledAppend = { readonly is: 'written'; readonly position: bigint } | { readonly is: 'overtaken' }

export interface StreamWorkerOptions<State, Command extends Message, Event extends Message<string, object>> {
  readonly decider: Decider<State, Command, Event>
  readonly stream: string
  readonly store: EventStore
  readonly today: () => string
  readonly now: () => Date
  /** As an earlier worker of the stream left it. */
  readonly loaded?: LoadedStream<State> | undefined
  /** The stream from where its folding begins. */
  readonly open: () => Promise<LoadedStream<State>>
  /** Called when an append stands and the state says just what is written. */
  readonly onWritten: (stream: LoadedStream<State>) => void
  /** Called when the queue has run empty; `undefined` when it is not known what is written. */
  readonly onIdle: (stream: LoadedStream<State> | undefined) => void
}

export interface StreamWorker<State, Command extends Message, Event extends Message<string, object>> {
  readonly handle: (command: Command, context: CommandContext) => Promise<Handled<Event>>
  /**
   * All of them by one append, each decided on what those before it did. A member that had been carried out before
   * gives its first answer. @throws GroupRefused when one of them may not happen: then none has.
   */
  readonly handleAll: (commands: readonly ContextualCommand<Command>[]) => Promise<readonly Handled<Event>[]>
  /** The answer of a command that is in the stream already; `undefined` when it is not. */
  readonly replayed: (context: CommandContext) => Promise<Handled<Event> | undefined>
  /** The state if `accept` takes it; otherwise what the store says now, whatever it is. Read it before the next await. */
  readonly read: (accept: (state: State) => boolean) => Promise<State>
  /** What is folded was found wrong; the next round folds it anew. */
  readonly forget: () => void
}

/**
 * Load, fold, decide, append: the only place where a decider meets the store. One worker a stream and process; its queue
 * saves wasted conflicts, but correctness rests on the exact revision of each append alone.
 */
export const createStreamWorker = <State, Command extends Message, Event extends Message<string, object>>(
  options: StreamWorkerOptions<State, Command, Event>,
): StreamWorker<State, Command, Event> => {
  const { decider, stream, store, today, now, open, onWritten, onIdle } = options
  type AnyTask = CommandTask<Command, Event> | GroupTask<Command, Event> | LookTask<State>

  let loaded = options.loaded
  /** When the state was last known to be the store's (monotonic ms). */
  let verifiedAt = Number.NEGATIVE_INFINITY
  /** Sent and given up without an answer. */
  let unsettled: SentAppend | undefined
  const queue: AnyTask[] = []
  let running = false
  let isForgotten = false

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

  const current = async (): Promise<LoadedStream<State>> => {
    if (loaded === undefined) await refresh()
    return loaded ?? emptyStream(decider.initialState)
  }

  const firstEventAt = async (revision: bigint): Promise<RecordedEvent | undefined> => {
    for await (const event of store.readStream(stream, { from: revision, maxCount: 1 })) return event
    return undefined
  }

  /** The answer's position is that of the whole append, which other commands may have shared. */
  const positionOf = async ({ position, metadata }: StreamEvent<Event>): Promise<bigint> => {
    if (metadata.appendedThrough === undefined) return position
    const end = await firstEventAt(BigInt(metadata.appendedThrough))
    if (end !== undefined) return end.position
    throw new Error(`${stream} ends before revision ${metadata.appendedThrough}, which one of its events names`)
  }

  /** Reads the command's events at a revision that the index names; `undefined` when a fingerprint merely coincided. */
  const readCommand = async (revision: bigint, context: CommandContext): Promise<Handled<Event> | undefined> => {
    const own: StreamEvent<Event>[] = []
    for (let isMore = true; isMore; ) {
      isMore = false
      const from = revision + BigInt(own.length)
      for await (const recorded of store.readStream(stream, { from, maxCount: COMMAND_PAGE_EVENTS })) {
        const event = readEvent(decider.codec, recorded)
        isMore = event.metadata.commandId === context.commandId
        if (!isMore) break
        own.push(event)
      }
    }
    const last = own.at(-1)
    if (last === undefined) return undefined
    if (last.metadata.requestHash !== context.requestHash) throw new IdempotencyKeyReused(context.commandId)
    const events = own.map(({ event, eventId, revision: at }) => ({ ...event, eventId, revision: at }))
    return { stream, events, revision: last.revision, position: await positionOf(last), replayed: true }
  }

  const findCommand = async (
    context: CommandContext,
    candidates: readonly bigint[],
  ): Promise<Handled<Event> | undefined> => {
    for (const revision of candidates) {
      const handled = await readCommand(revision, context)
      if (handled !== undefined) return handled
    }
    return undefined
  }

  /** What a round has decided and not yet written. */
  const createDraft = () => {
    const decided: Decided<Command, Event>[] = []
    const commandIds = new Set<string>()
    const answered: Answered<Command, Event>[] = []
    let eventCount = 0
    let bytes = 0
    let applied = 0
    /** It shares its append with nobody: what was decided for it stands or falls as a whole. */
    let group: GroupTask<Command, Event> | undefined
    return {
      decided,
      /** Refused or unchanged on the strength of this draft: the append at the exact revision proves the ground. */
      answered,
      commandIds,
      isEmpty: () => decided.length === 0,
      isFull: () => group !== undefined || decided.length >= COMMANDS_PER_APPEND_MAX || bytes >= GROUP_BYTES_MAX,
      isBytesLeftFor: (more: number) => bytes + more < APPEND_BYTES_MAX,
      group: () => group,
      close: (whole: GroupTask<Command, Event>) => {
        group = whole
      },
      /** A large command goes alone rather than make the whole group too large. */
      hasRoomFor: (more: number) => decided.length === 0 || bytes + more <= GROUP_BYTES_MAX,
      /** Whether the state already says what is not yet written. */
      isApplied: () => applied > 0,
      eventCount: () => eventCount,
      clear: () => {
        for (const { task } of decided) task.mayBeWritten = false
        decided.length = 0
        commandIds.clear()
        eventCount = 0
        bytes = 0
        applied = 0
      },
      add: (task: CommandTask<Command, Event>, events: readonly EncodedEvent<Event>[], weight: number) => {
        task.mayBeWritten = true
        decided.push({ task, events })
        commandIds.add(task.context.commandId)
        eventCount += events.length
        bytes += weight
      },
      /** The last command's events wait until another decision needs them: a lone command leaves the state clean. */
      applyTo: (target: LoadedStream<State>) => {
        for (; applied < decided.length; applied += 1) {
          for (const { event } of decided[applied]?.events ?? []) target.state = decider.evolve(target.state, event)
        }
      },
    }
  }
  type Draft = ReturnType<typeof createDraft>

  const weigh = (events: readonly EncodedEvent<Event>[]): number =>
    events.reduce((sum, { dataBytes }) => sum + METADATA_BYTES + dataBytes, 0)

  const decide = (task: CommandTask<Command, Event>, target: LoadedStream<State>, revision: bigint) => {
    const { expectedRevision } = task.context
    if (expectedRevision !== undefined && expectedRevision !== revision) {
      return { refused: new PreconditionFailed(revision < 0n ? undefined : revision) }
    }
    try {
      const { commandId, companyRules: company, highestNumber } = task.context
      const decided = decider.decide(task.command, target.state, { today: today(), company, highestNumber })
      const events = decided.map((raw, index): EncodedEvent<Event> => {
        const { event, schemaVersion } = decider.codec.encode(raw)
        const dataBytes = Buffer.byteLength(JSON.stringify(event.data))
        return { event, eventId: eventIdOf(commandId, index), schemaVersion, dataBytes }
      })
      const bytes = weigh(events)
      return bytes < APPEND_BYTES_MAX ? { events, bytes } : { refused: new CommandTooLarge(stream) }
    } catch (error) {
      if (error instanceof Rejection) return { refused: error }
      throw error
    }
  }

  const describe = (events: readonly EncodedEvent<Event>[], after: bigint): Handled<Event> => ({
    stream,
    events: events.map(({ event, eventId }, index) => ({
      ...event,
      eventId,
      revision: after + 1n + BigInt(index),
    })),
    revision: after + BigInt(events.length),
    position: undefined,
    replayed: false,
  })

  /** @returns 'later' when the task has to wait for the append of this round */
  const take = async (task: CommandTask<Command, Event>, draft: Draft): Promise<'taken' | 'later'> => {
    if (draft.isFull() || draft.commandIds.has(task.context.commandId)) return 'later'
    for (;;) {
      // Each time the stream was read again: another process may have carried it out.
      const target = await current()
      const candidates = candidatesOf(target.commands, task.context.commandId)
      const replay = candidates.length === 0 ? undefined : await findCommand(task.context, candidates)
      if (replay !== undefined) {
        task.succeed(replay)
        return 'taken'
      }
      draft.applyTo(target)
      const revision = target.revision + BigInt(draft.eventCount())
      const decision = decide(task, target, revision)
      if (decision.refused === undefined && decision.events.length > 0 && !task.context.dryRun) {
        if (!draft.hasRoomFor(decision.bytes)) return 'later'
        draft.add(task, decision.events, decision.bytes)
        return 'taken'
      }
      const answer = () =>
        decision.refused === undefined ? task.succeed(describe(decision.events, revision)) : task.fail(decision.refused)
      if (!draft.isEmpty()) {
        draft.answered.push({ task, answer })
        return 'taken'
      }
      // Another process may have written: nobody is refused on a state older than the question.
      if (verifiedAt >= task.arrivedAt || !(await refresh())) {
        answer()
        return 'taken'
      }
    }
  }

  /**
   * Decides the members one on the other. The state then says what is not written yet, so a refusal among them, and a dry
   * run, cost reading it anew. @returns 'later' when others were decided first in this round
   */
  const takeGroup = async (group: GroupTask<Command, Event>, draft: Draft): Promise<'taken' | 'later'> => {
    if (!draft.isEmpty()) return 'later'
    const isDry = group.members.some(({ context }) => context.dryRun)
    for (;;) {
      const target = await current()
      const answered: Answered<Command, Event>[] = []
      let refused: GroupRefused | undefined
      for (const [index, task] of group.members.entries()) {
        const replay = await findCommand(task.context, candidatesOf(target.commands, task.context.commandId))
        if (replay !== undefined) {
          answered.push({ task, answer: () => task.succeed(replay) })
          continue
        }
        const revision = target.revision + BigInt(draft.eventCount())
        const decision = decide(task, target, revision)
        if (decision.refused !== undefined || !draft.isBytesLeftFor(decision.bytes)) {
          refused = new GroupRefused(index, decision.refused ?? new CommandTooLarge(stream))
          break
        }
        const { events } = decision
        if (events.length > 0) draft.add(task, events, decision.bytes)
        draft.applyTo(target)
        if (events.length === 0 || isDry)
          answered.push({ task, answer: () => task.succeed(describe(events, revision)) })
      }
      if (refused === undefined && !isDry && !draft.isEmpty()) {
        draft.answered.push(...answered)
        draft.close(group)
        return 'taken'
      }
      if (!draft.isEmpty()) {
        draft.clear()
        loaded = undefined
      }
      // Another process may have written: nobody is refused, or told of no change, on a state older than the question.
      if (verifiedAt >= group.arrivedAt) {
        if (refused === undefined) for (const { answer } of answered) answer()
        else group.fail(refused)
        return 'taken'
      }
      await refresh()
    }
  }

  const toAppend = (draft: Draft, target: LoadedStream<State>, recordedAt: string): readonly EventToAppend[] => {
    const through = Number(target.revision) + draft.eventCount()
    let revision = Number(target.revision)
    return draft.decided.flatMap(({ task: { context }, events }) => {
      revision += events.length
      const shared = revision < through ? { appendedThrough: through } : {}
      return events.map(({ event, eventId, schemaVersion, dataBytes }) => {
        const { companyId, commandId, requestHash, correlationId, causationId, actor } = context
        const metadata: EventMetadata = {
          companyId,
          commandId,
          requestHash,
          correlationId,
          causationId,
          actor,
          recordedAt,
          schemaVersion,
          ...shared,
        }
        return { id: eventId, type: event.type, data: event.data, dataBytes, metadata }
      })
    })
  }

  const succeed = (
    draft: Draft,
    target: LoadedStream<State>,
    {
      position,
      recordedAt,
      lastEventId,
      sentAt,
    }: {
      readonly position: bigint
      readonly recordedAt: string
      readonly lastEventId: string | undefined
      readonly sentAt: number
    },
  ): void => {
    draft.applyTo(target)
    let revision = target.revision
    for (const { task, events: own } of draft.decided) {
      addCommand(target.commands, task.context.commandId, revision + 1n)
      target.lastCommandId = task.context.commandId
      task.succeed({ ...describe(own, revision), position })
      revision += BigInt(own.length)
    }
    target.revision = revision
    target.lastRecordedAt = recordedAt
    target.lastEventId = lastEventId
    // The store took it at some moment after it was sent; others may have written between that moment and the answer.
    verifiedAt = sentAt
    for (const { answer } of draft.answered) answer()
    onWritten(target)
  }

  const tasksOf = (draft: Draft): readonly CommandTask<Command, Event>[] => draft.decided.map(({ task }) => task)

  /** Looks in the stream for an append whose outcome nobody told us. */
  const lookFor = async ({ events, after }: SentAppend): Promise<SettledAppend | undefined> => {
    const there: RecordedEvent[] = []
    for await (const event of store.readStream(stream, { from: after + 1n, maxCount: events.length })) there.push(event)
    const last = there.at(-1)
    if (last === undefined) return undefined
    // An earlier attempt may have written the first of them alone: then the rest can never land.
    const isWhole = there.length === events.length && there.every(({ id }, index) => id === events[index]?.id)
    return isWhole ? { is: 'written', position: last.position } : { is: 'overtaken' }
  }

  /**
   * Sends the same bytes until it is known what became of them.
   * @throws StoreUnavailable when it stays unknown; then it is the first thing that the next round settles
   */
  const sendUntilKnown = async (sent: SentAppend): Promise<SettledAppend> => {
    const { events, after } = sent
    for (let times = 1; ; times += 1) {
      const outcome = await store.append(stream, after < 0n ? 'no_stream' : after, events)
      unsettled = sent
      const settled: SettledAppend | undefined =
        outcome.outcome === 'written'
          ? { is: 'written', position: outcome.position }
          : outcome.outcome === 'conflict'
            ? { is: 'overtaken' }
            : await lookFor(sent)
      if (settled !== undefined) {
        unsettled = undefined
        return settled
      }
      if (times > RESENDS_MAX) throw new StoreUnavailable('the append stayed unanswered')
    }
  }

  /**
   * An append that was given up may still land. Nothing may be decided beside it: a command that it carries could be
   * refused for the lack of what stood before it in that append, and be written after all.
   */
  const settleFirst = async (): Promise<void> => {
    if (unsettled === undefined) return
    if ((await lookFor(unsettled)) === undefined) await sendUntilKnown(unsettled)
    unsettled = undefined
    loaded = undefined
  }

  const append = async (draft: Draft, target: LoadedStream<State>): Promise<void> => {
    const clock = now().toISOString()
    const recordedAt = clock > target.lastRecordedAt ? clock : target.lastRecordedAt
    const sentAt = performance.now()
    const events = toAppend(draft, target, recordedAt)
    const sent = { events, after: target.revision, commandIds: draft.commandIds }
    const settled = await sendUntilKnown(sent).catch((error: unknown) => {
      // The adapter throws before anything is sent; what was sent and lost comes back as an outcome.
      if (unsettled === undefined) for (const task of tasksOf(draft)) task.mayBeWritten = false
      throw error
    })
    const lastEventId = sent.events.at(-1)?.id
    if (settled.is === 'written')
      succeed(draft, target, { position: settled.position, recordedAt, lastEventId, sentAt })
    else await overtaken(draft)
  }

  const overtaken = async (draft: Draft): Promise<void> => {
    if (draft.isApplied()) loaded = undefined
    const again: AnyTask[] = []
    let conflicts = 0
    // The revision is taken, so what was sent can never land.
    for (const task of tasksOf(draft)) task.mayBeWritten = false
    const group = draft.group()
    for (const task of group === undefined ? tasksOf(draft) : [group]) {
      task.conflicts += 1
      conflicts = Math.max(conflicts, task.conflicts)
      if (task.conflicts > CONFLICTS_MAX) task.fail(new ConcurrentModification(stream))
      else again.push(task)
    }
    // The members of a group are decided again with it.
    queue.unshift(...again, ...(group === undefined ? draft.answered.map(({ task }) => task) : []))
    await sleep(Math.random() * Math.min(CONFLICT_PAUSE_MAX_MS, CONFLICT_PAUSE_MS * 2 ** conflicts))
    await refresh()
  }

  const lookWith = async (task: LookTask<State>): Promise<void> => {
    if ((await task.look(await current())) === 'settled') return
    await refresh()
    await task.look(await current())
  }

  const round = async (tasks: readonly AnyTask[]): Promise<void> => {
    await settleFirst()
    if (isForgotten) loaded = undefined
    isForgotten = false
    const draft = createDraft()
    const later: AnyTask[] = []
    try {
      for (const task of tasks) {
        if (task.settled) continue
        if (later.length > 0) later.push(task)
        else if (task.kind === 'command') {
          const taken = await take(task, draft).catch((error: unknown) => task.fail(error))
          if (taken === 'later') later.push(task)
        } else if (task.kind === 'group') {
          const taken = await takeGroup(task, draft).catch((error: unknown) => {
            draft.clear()
            loaded = undefined
            task.fail(error)
          })
          if (taken === 'later') later.push(task)
        } else if (!draft.isEmpty()) later.push(task)
        else await lookWith(task).catch((error: unknown) => task.fail(error))
      }
    } finally {
      queue.unshift(...later)
    }
    if (!draft.isEmpty()) await append(draft, await current())
  }

  const isUnknownCommand = (task: CommandTask<Command, Event>): boolean =>
    task.mayBeWritten || (unsettled !== undefined && unsettled.commandIds.has(task.context.commandId))

  /** The command of the task that may be written without our knowing. */
  const unknownIn = (task: AnyTask): string | undefined => {
    if (task.kind === 'look') return undefined
    const commands = task.kind === 'group' ? task.members : [task]
    return commands.find(isUnknownCommand)?.context.commandId
  }

  const fail = (tasks: readonly AnyTask[], error: unknown): void => {
    loaded = undefined
    for (const task of tasks) {
      const commandId = unknownIn(task)
      task.fail(commandId === undefined ? error : new OutcomeUnknown(commandId, { cause: error }))
    }
  }

  /** A look needs a state that is written, so one between two commands would part their append. Nobody can tell the order. */
  const looksFirst = (tasks: readonly AnyTask[]): readonly AnyTask[] => [
    ...tasks.filter(({ kind }) => kind === 'look'),
    ...tasks.filter(({ kind }) => kind !== 'look'),
  ]

  const run = async (): Promise<void> => {
    running = true
    while (queue.length > 0) {
      const tasks = looksFirst(queue.splice(0, COMMANDS_PER_APPEND_MAX))
      await round(tasks).catch((error: unknown) => {
        const waiting = new Set(queue)
        fail(
          tasks.filter((task) => !waiting.has(task)),
          error,
        )
      })
    }
    running = false
    onIdle(loaded)
  }

  const submit = <T>(
    create: (settle: { succeed: (value: T) => void; fail: (error: unknown) => void }) => AnyTask,
  ): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      if (queue.length >= QUEUE_MAX) return reject(new Overloaded(stream))
      const finish = (settle: () => void) => {
        if (task.settled) return
        task.settled = true
        clearTimeout(timer)
        settle()
      }
      const task = create({
        succeed: (value) => finish(() => resolve(value)),
        fail: (error) => finish(() => reject(error instanceof Error ? error : new Error(String(error)))),
      })
      const timer = setTimeout(() => {
        const commandId = unknownIn(task)
        task.fail(
          commandId === undefined
            ? new StoreUnavailable('the event store did not answer')
            : new OutcomeUnknown(commandId),
        )
      }, ANSWER_TIMEOUT_MS)
      queue.push(task)
      if (!running) void run()
    })

  const fresh = () => ({ arrivedAt: performance.now(), settled: false, mayBeWritten: false, conflicts: 0 })

  return {
    forget: () => {
      isForgotten = true
    },

    handle: (command, context) =>
      submit<Handled<Event>>((settle) => ({ kind: 'command', command, context, ...fresh(), ...settle })),

    handleAll: (commands) =>
      submit<readonly Handled<Event>[]>(({ succeed, fail }) => {
        const answers = new Map<number, Handled<Event>>()
        const members = commands.map(
          ({ command, context }, index): CommandTask<Command, Event> => ({
            kind: 'command',
            command,
            context,
            ...fresh(),
            fail,
            succeed: (handled) => {
              answers.set(index, handled)
              if (answers.size === commands.length) succeed(commands.map((_, at) => answers.get(at) ?? handled))
            },
          }),
        )
        return { kind: 'group', members, ...fresh(), fail }
      }),

    replayed: (context) =>
      submit<Handled<Event> | undefined>(({ succeed, fail }) => {
        const times = fresh()
        return {
          kind: 'look',
          ...times,
          fail,
          look: async ({ commands }) => {
            const handled = await findCommand(context, candidatesOf(commands, context.commandId))
            if (handled === undefined && verifiedAt < times.arrivedAt) return 'stale'
            succeed(handled)
            return 'settled'
          },
        }
      }),

    read: (accept) =>
      submit<State>(({ succeed, fail }) => {
        const times = fresh()
        return {
          kind: 'look',
          ...times,
          fail,
          look: async ({ state }) => {
            if (!accept(state) && verifiedAt < times.arrivedAt) return 'stale'
            succeed(state)
            return 'settled'
          },
        }
      }),
  }
}
