import type { CommandContext, Handled } from './command-context.ts'
import type { LoadedStream } from './loaded-stream.ts'

/** What waits for a stream's worker. */
interface Waiting {
  /** Monotonic ms: whatever is told of the state must have been read since. */
  readonly arrivedAt: number
  settled: boolean
  /** From when it was decided until its append is known to have failed: nobody may be told that it was not carried out. */
  mayBeWritten: boolean
  conflicts: number
  readonly fail: (error: unknown) => void
}

export interface CommandTask<Command, Event extends { readonly type: string; readonly data: object }> extends Waiting {
  readonly kind: 'command'
  readonly command: Command
  readonly context: CommandContext
  readonly succeed: (handled: Handled<Event>) => void
}

/** Commands that are written by one append or not at all. */
export interface GroupTask<Command, Event extends { readonly type: string; readonly data: object }> extends Waiting {
  readonly kind: 'group'
  readonly members: readonly CommandTask<Command, Event>[]
}

/** Looks at the state between appends, when it says only what is written. */
export interface LookTask<State> extends Waiting {
  readonly kind: 'look'
  readonly look: (stream: LoadedStream<State>) => Promise<'settled' | 'stale'>
}

export const newlyArrived = () => ({
  arrivedAt: performance.now(),
  settled: false,
  mayBeWritten: false,
  conflicts: 0,
})

export interface ContextualCommand<Command> {
  readonly command: Command
  readonly context: CommandContext
}

export interface Settle<Value> {
  readonly succeed: (value: Value) => void
  readonly fail: (error: unknown) => void
}

/** Answered when each of its members is; the answers stand in their order. */
export const groupOf = <Command, Event extends { readonly type: string; readonly data: object }>(
  commands: readonly ContextualCommand<Command>[],
  { succeed, fail }: Settle<readonly Handled<Event>[]>,
): GroupTask<Command, Event> => {
  const answers = new Map<number, Handled<Event>>()
  const members = commands.map(
    ({ command, context }, index): CommandTask<Command, Event> => ({
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
}
