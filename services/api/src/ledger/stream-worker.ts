import { setTimeout as sleep } from 'node:timers/promises'
import { type Decider, type Message, type Position, type Revision, revisionAfter } from '@registru/domain'
import { type EventStore, StoreUnavailable } from '@registru/event-store'
import type { CommandContext, Handled } from './command-context.ts'
import { addCommand, candidatesOf } from './command-index.ts'
import { decideOn, describe } from './decision.ts'
import { createDelivery } from './delivery.ts'
import { type Answered, COMMANDS_PER_APPEND_MAX, createDraft, type Draft as DraftOf } from './draft.ts'
import { CommandTooLarge, ConcurrentModification, GroupRefused, OutcomeUnknown, Overloaded } from './errors.ts'
import { catchUp, emptyStream, type LoadedStream } from './loaded-stream.ts'
import type { LogEnd } from './log-end.ts'
import type { StoreGuard } from './store-guard.ts'
import { createStoredCommands } from './stored-commands.ts'
import { type CommandTask, type GroupTask, type LookTask, newlyArrived } from './task.ts'

const QUEUE_MAX = 2_000
/** A caller hears within 5 s, whatever the store does; the worker goes on to settle what it has sent. */
const ANSWER_TIMEOUT_MS = 4_500
/** Conflicts in a row before a command gives up. Each waits a random part of a doubling pause. */
const CONFLICTS_MAX = 8
const CONFLICT_PAUSE_MS = 10
const CONFLICT_PAUSE_MAX_MS = 500

export interface ContextualCommand<Command> {
  readonly command: Command
  readonly context: CommandContext
}

export interface StreamWorkerOptions<State, Command extends Message, Event extends Message<string, object>> {
  readonly decider: Decider<State, Command, Event>
  readonly stream: string
  readonly store: EventStore
  readonly logEnd: LogEnd
  readonly guard: StoreGuard
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
 * saves wasted conflicts, but correctness rests on the exact revision of each append, and on equal ids being equal events.
 */
export const createStreamWorker = <State, Command extends Message, Event extends Message<string, object>>(
  options: StreamWorkerOptions<State, Command, Event>,
): StreamWorker<State, Command, Event> => {
  const { decider, stream, store, logEnd, guard, today, now, open, onWritten, onIdle } = options
  type Task = CommandTask<Command, Event>
  type Group = GroupTask<Command, Event>
  type AnyTask = Task | Group | LookTask<State>
  type Draft = DraftOf<Command, Event>

  const delivery = createDelivery(store, stream, logEnd)
  const stored = createStoredCommands(store, decider.codec, stream)
  let loaded = options.loaded
  /** When the state was last known to be the store's (monotonic ms). */
  let verifiedAt = Number.NEGATIVE_INFINITY
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

  const findIn = ({ commands }: LoadedStream<State>, context: CommandContext) =>
    stored.find(context, candidatesOf(commands, context.commandId))

  const decide = ({ command, context }: Task, { state }: LoadedStream<State>, revision: Revision) =>
    decideOn(decider, command, context, { state, revision, today: today() })

  /** @returns 'later' when the task has to wait for the append of this round */
  const take = async (task: Task, draft: Draft): Promise<'taken' | 'later'> => {
    if (draft.isFull() || draft.commandIds.has(task.context.commandId)) return 'later'
    for (;;) {
      // Each time the stream was read again: another process may have carried it out.
      const target = await current()
      const replay = await findIn(target, task.context)
      if (replay !== undefined) {
        task.succeed(replay)
        return 'taken'
      }
      draft.applyTo(target, decider.evolve)
      const revision = revisionAfter(target.revision, draft.eventCount())
      const decision = decide(task, target, revision)
      if (decision.refused === undefined && decision.events.length > 0 && !task.context.dryRun) {
        if (!draft.hasRoomFor(decision.bytes)) return 'later'
        draft.add(task, decision.events, decision.bytes)
        return 'taken'
      }
      const answer = () =>
        decision.refused === undefined
          ? task.succeed(describe(stream, decision.events, revision))
          : task.fail(decision.refused)
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
  const takeGroup = async (group: Group, draft: Draft): Promise<'taken' | 'later'> => {
    if (!draft.isEmpty()) return 'later'
    const isDry = group.members.some(({ context }) => context.dryRun)
    for (;;) {
      const target = await current()
      const answered: Answered<Command, Event>[] = []
      let refused: GroupRefused | undefined
      for (const [index, task] of group.members.entries()) {
        const replay = await findIn(target, task.context)
        if (replay !== undefined) {
          answered.push({ task, answer: () => task.succeed(replay) })
          continue
        }
        const revision = revisionAfter(target.revision, draft.eventCount())
        const decision = decide(task, target, revision)
        if (decision.refused !== undefined || !draft.isBytesLeftFor(decision.bytes)) {
          refused = new GroupRefused(index, decision.refused ?? new CommandTooLarge(stream))
          break
        }
        const { events } = decision
        if (events.length > 0) draft.add(task, events, decision.bytes)
        draft.applyTo(target, decider.evolve)
        if (events.length === 0 || isDry)
          answered.push({ task, answer: () => task.succeed(describe(stream, events, revision)) })
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

  const succeed = (draft: Draft, target: LoadedStream<State>, position: Position, provenAt: number): void => {
    draft.applyTo(target, decider.evolve)
    let { revision } = target
    for (const { task, events } of draft.decided) {
      addCommand(target.commands, task.context.commandId, revisionAfter(revision))
      target.lastCommandId = task.context.commandId
      task.succeed({ ...describe(stream, events, revision), position })
      revision = revisionAfter(revision, events.length)
      target.lastEventId = events.at(-1)?.eventId
    }
    target.revision = revision
    verifiedAt = provenAt
    for (const { answer } of draft.answered) answer()
    guard.saw({ stream, revision, eventId: target.lastEventId ?? '', position })
    onWritten(target)
  }

  const append = async (draft: Draft, target: LoadedStream<State>): Promise<void> => {
    const clock = now().toISOString()
    const recordedAt = clock > target.recordedNotBefore ? clock : target.recordedNotBefore
    target.recordedNotBefore = recordedAt
    const parcel = {
      events: draft.toAppend(target.revision, recordedAt),
      after: target.revision,
      commandIds: draft.commandIds,
    }
    const provenSince = verifiedAt >= draft.lastArrivedAt() ? verifiedAt : undefined
    const settled = await delivery.send(parcel, provenSince).catch((error: unknown) => {
      // The adapter throws before anything is sent; what was sent and lost comes back as an outcome.
      if (delivery.unsettled() === undefined) for (const { task } of draft.decided) task.mayBeWritten = false
      throw error
    })
    if (settled.is === 'written') succeed(draft, target, settled.position, settled.provenAt)
    else if (settled.is === 'stands') await answerFromLog(draft)
    else await overtaken(draft)
  }

  /** Whatever was decided in a round, in the order in which it came; the members of a group are decided again with it. */
  const tasksOf = (draft: Draft): readonly (Task | Group)[] => {
    const group = draft.group()
    return group === undefined ? draft.decided.map(({ task }) => task) : [group]
  }
  const answeredBeside = (draft: Draft): readonly Task[] =>
    draft.group() === undefined ? draft.answered.map(({ task }) => task) : []

  /** The commands were carried out before we sent them: the stream, read again, knows their answers. */
  const answerFromLog = async (draft: Draft): Promise<void> => {
    if (draft.isApplied()) loaded = undefined
    queue.unshift(...tasksOf(draft), ...answeredBeside(draft))
    await refresh()
  }

  const overtaken = async (draft: Draft): Promise<void> => {
    if (draft.isApplied()) loaded = undefined
    const again: AnyTask[] = []
    let conflicts = 0
    // The revision is taken, so what was sent can never land.
    for (const { task } of draft.decided) task.mayBeWritten = false
    for (const task of tasksOf(draft)) {
      task.conflicts += 1
      conflicts = Math.max(conflicts, task.conflicts)
      if (task.conflicts > CONFLICTS_MAX) task.fail(new ConcurrentModification(stream))
      else again.push(task)
    }
    queue.unshift(...again, ...answeredBeside(draft))
    await sleep(Math.random() * Math.min(CONFLICT_PAUSE_MAX_MS, CONFLICT_PAUSE_MS * 2 ** conflicts))
    if (await refresh()) return
    // The revision is not ours and nothing comes after it: what is remembered is ahead of the log.
    loaded = undefined
    await guard.check()
  }

  const lookWith = async (task: LookTask<State>): Promise<void> => {
    if ((await task.look(await current())) === 'settled') return
    await refresh()
    await task.look(await current())
  }

  const round = async (tasks: readonly AnyTask[]): Promise<void> => {
    guard.require()
    if ((await delivery.settleFirst()) || isForgotten) loaded = undefined
    isForgotten = false
    const draft = createDraft<Command, Event>()
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

  const isUnknownCommand = (task: Task): boolean =>
    task.mayBeWritten || delivery.unsettled()?.commandIds.has(task.context.commandId) === true

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

  return {
    forget: () => {
      isForgotten = true
    },

    handle: (command, context) =>
      submit<Handled<Event>>((settle) => ({ kind: 'command', command, context, ...newlyArrived(), ...settle })),

    handleAll: (commands) =>
      submit<readonly Handled<Event>[]>(({ succeed, fail }) => {
        const answers = new Map<number, Handled<Event>>()
        const members = commands.map(
          ({ command, context }, index): Task => ({
            kind: 'command',
            command,
            context,
            ...newlyArrived(),
            fail,
            succeed: (handled) => {
              answers.set(index, handled)
              if (answers.size === commands.length) succeed(commands.map((_, at) => answers.get(at) ?? handled))
            },
          }),
        )
        return { kind: 'group', members, ...newlyArrived(), fail }
      }),

    replayed: (context) =>
      submit<Handled<Event> | undefined>(({ succeed, fail }) => {
        const times = newlyArrived()
        return {
          kind: 'look',
          ...times,
          fail,
          look: async (target) => {
            const handled = await findIn(target, context)
            if (handled === undefined && verifiedAt < times.arrivedAt) return 'stale'
            succeed(handled)
            return 'settled'
          },
        }
      }),

    read: (accept) =>
      submit<State>(({ succeed, fail }) => {
        const times = newlyArrived()
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
