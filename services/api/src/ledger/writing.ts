import { setTimeout as sleep } from 'node:timers/promises'
import { type Decider, type Message, type Position, revisionAfter } from '@registru/domain'
import { addCommand } from './command-index.ts'
import { describe } from './decision.ts'
import type { Delivery } from './delivery.ts'
import type { Draft as DraftOf } from './draft.ts'
import { ConcurrentModification } from './errors.ts'
import type { LoadedStream } from './loaded-stream.ts'
import type { StoreGuard } from './store-guard.ts'
import type { StreamMemory } from './stream-memory.ts'
import type { CommandTask, GroupTask } from './task.ts'

/** Conflicts in a row before a command gives up. Each waits a random part of a doubling pause. */
const CONFLICTS_MAX = 8
const CONFLICT_PAUSE_MS = 10
const CONFLICT_PAUSE_MAX_MS = 500

export interface WritingOptions<State, Command extends Message, Event extends Message<string, object>> {
  readonly decider: Decider<State, Command, Event>
  readonly stream: string
  readonly memory: StreamMemory<State>
  readonly delivery: Delivery
  readonly guard: StoreGuard
  readonly now: () => Date
  /** They come first in the next round, in this order. */
  readonly again: (tasks: readonly (CommandTask<Command, Event> | GroupTask<Command, Event>)[]) => void
  /** Called when an append stands and the state says just what is written. */
  readonly onWritten: (stream: LoadedStream<State>) => void
}

/** Writes a round's draft by one append and answers what hangs on it; what was overtaken is decided again. */
export const createWriting = <State, Command extends Message, Event extends Message<string, object>>({
  decider,
  stream,
  memory,
  delivery,
  guard,
  now,
  again,
  onWritten,
}: WritingOptions<State, Command, Event>) => {
  type Task = CommandTask<Command, Event>
  type Group = GroupTask<Command, Event>
  type Draft = DraftOf<Command, Event>

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
    memory.verify(provenAt)
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
    const provenSince = memory.verifiedAt() >= draft.lastArrivedAt() ? memory.verifiedAt() : undefined
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
    if (draft.isApplied()) memory.forget()
    again([...tasksOf(draft), ...answeredBeside(draft)])
    await memory.refresh()
  }

  const overtaken = async (draft: Draft): Promise<void> => {
    if (draft.isApplied()) memory.forget()
    const retried: (Task | Group)[] = []
    let conflicts = 0
    // The revision is taken, so what was sent can never land.
    for (const { task } of draft.decided) task.mayBeWritten = false
    for (const task of tasksOf(draft)) {
      task.conflicts += 1
      conflicts = Math.max(conflicts, task.conflicts)
      if (task.conflicts > CONFLICTS_MAX) task.fail(new ConcurrentModification(stream))
      else retried.push(task)
    }
    again([...retried, ...answeredBeside(draft)])
    await sleep(Math.random() * Math.min(CONFLICT_PAUSE_MAX_MS, CONFLICT_PAUSE_MS * 2 ** conflicts))
    if (await memory.refresh()) return
    // The revision is not ours and nothing comes after it: what is remembered is ahead of the log.
    memory.forget()
    await guard.check()
  }

  return { append }
}
