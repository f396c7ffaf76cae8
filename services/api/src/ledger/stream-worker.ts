import type { Message } from '@registru/domain'
import { StoreUnavailable } from '@registru/event-store'
import type { CommandContext, Handled } from './command-context.ts'
import { candidatesOf } from './command-index.ts'
import { createDelivery } from './delivery.ts'
import { COMMANDS_PER_APPEND_MAX, createDraft } from './draft.ts'
import { OutcomeUnknown, Overloaded } from './errors.ts'
import type { LoadedStream } from './loaded-stream.ts'
import type { LogEnd } from './log-end.ts'
import type { StoreGuard } from './store-guard.ts'
import { createStoredCommands } from './stored-commands.ts'
import { createStreamMemory, type StreamMemoryOptions } from './stream-memory.ts'
import { createTaking } from './taking.ts'
import {
  type CommandTask,
  type ContextualCommand,
  type GroupTask,
  groupOf,
  type LookTask,
  newlyArrived,
  type Settle,
} from './task.ts'
import { createWriting } from './writing.ts'

const QUEUE_MAX = 2_000
/** A caller hears within 5 s, whatever the store does; the worker goes on to settle what it has sent. */
const ANSWER_TIMEOUT_MS = 4_500

export interface StreamWorkerOptions<State, Command extends Message, Event extends Message<string, object>>
  extends StreamMemoryOptions<State, Command, Event> {
  readonly logEnd: LogEnd
  readonly guard: StoreGuard
  readonly today: () => string
  readonly now: () => Date
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
  const { decider, stream, store, logEnd, guard, onIdle } = options
  type Task = CommandTask<Command, Event>
  type Group = GroupTask<Command, Event>
  type AnyTask = Task | Group | LookTask<State>

  const memory = createStreamMemory(options)
  const delivery = createDelivery(store, stream, logEnd)
  const stored = createStoredCommands(store, decider.codec, stream)
  const queue: AnyTask[] = []
  let running = false
  let isForgotten = false

  const findIn = ({ commands }: LoadedStream<State>, context: CommandContext) =>
    stored.find(context, candidatesOf(commands, context.commandId))
  const { take, takeGroup } = createTaking({ ...options, memory, findIn })
  const { append } = createWriting({ ...options, memory, delivery, again: (tasks) => queue.unshift(...tasks) })

  const lookWith = async (task: LookTask<State>): Promise<void> => {
    if ((await task.look(await memory.current())) === 'settled') return
    await memory.refresh()
    await task.look(await memory.current())
  }

  const round = async (tasks: readonly AnyTask[]): Promise<void> => {
    guard.require()
    if ((await delivery.settleFirst()) || isForgotten) memory.forget()
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
            memory.forget()
            task.fail(error)
          })
          if (taken === 'later') later.push(task)
        } else if (!draft.isEmpty()) later.push(task)
        else await lookWith(task).catch((error: unknown) => task.fail(error))
      }
    } finally {
      queue.unshift(...later)
    }
    if (!draft.isEmpty()) await append(draft, await memory.current())
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
    memory.forget()
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
    onIdle(memory.kept())
  }

  const submit = <T>(create: (settle: Settle<T>) => AnyTask): Promise<T> =>
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

    handleAll: (commands) => submit<readonly Handled<Event>[]>((settle) => groupOf<Command, Event>(commands, settle)),

    replayed: (context) =>
      submit<Handled<Event> | undefined>(({ succeed, fail }) => {
        const times = newlyArrived()
        return {
          kind: 'look',
          ...times,
          fail,
          look: async (target) => {
            const handled = await findIn(target, context)
            if (handled === undefined && memory.verifiedAt() < times.arrivedAt) return 'stale'
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
            if (!accept(state) && memory.verifiedAt() < times.arrivedAt) return 'stale'
            succeed(state)
            return 'settled'
          },
        }
      }),
  }
}
