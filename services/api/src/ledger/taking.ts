import { type Decider, type Message, type Revision, revisionAfter } from '@registru/domain'
import type { CommandContext, Handled } from './command-context.ts'
import { decideOn, describe } from './decision.ts'
import type { Answered, Draft as DraftOf } from './draft.ts'
import { CommandTooLarge, GroupRefused } from './errors.ts'
import type { LoadedStream } from './loaded-stream.ts'
import type { StreamMemory } from './stream-memory.ts'
import type { CommandTask, GroupTask } from './task.ts'

export interface TakingOptions<State, Command extends Message, Event extends Message<string, object>> {
  readonly decider: Decider<State, Command, Event>
  readonly stream: string
  readonly memory: StreamMemory<State>
  /** The answer of a command that is in the stream as it is remembered. */
  readonly findIn: (target: LoadedStream<State>, context: CommandContext) => Promise<Handled<Event> | undefined>
  readonly today: () => string
}

/** Decides what waits: into the round's draft what is to be written, an answer at once to the rest. */
export const createTaking = <State, Command extends Message, Event extends Message<string, object>>({
  decider,
  stream,
  memory,
  findIn,
  today,
}: TakingOptions<State, Command, Event>) => {
  type Task = CommandTask<Command, Event>
  type Group = GroupTask<Command, Event>
  type Draft = DraftOf<Command, Event>

  const decide = ({ command, context }: Task, { state }: LoadedStream<State>, revision: Revision) =>
    decideOn(decider, command, context, { state, revision, today: today() })

  /** @returns 'later' when the task has to wait for the append of this round */
  const take = async (task: Task, draft: Draft): Promise<'taken' | 'later'> => {
    if (draft.isFull() || draft.commandIds.has(task.context.commandId)) return 'later'
    for (;;) {
      // Each time the stream was read again: another process may have carried it out.
      const target = await memory.current()
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
      if (memory.verifiedAt() >= task.arrivedAt || !(await memory.refresh())) {
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
      const target = await memory.current()
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
        memory.forget()
      }
      // Another process may have written: nobody is refused, or told of no change, on a state older than the question.
      if (memory.verifiedAt() >= group.arrivedAt) {
        if (refused === undefined) for (const { answer } of answered) answer()
        else group.fail(refused)
        return 'taken'
      }
      await memory.refresh()
    }
  }

  return { take, takeGroup }
}
