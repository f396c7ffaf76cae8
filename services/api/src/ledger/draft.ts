import { randomBytes } from 'node:crypto'
import type { EventMetadata, Identified, Message, Revision } from '@registru/domain'
import { APPEND_BYTES_MAX, type EventToAppend } from '@registru/event-store'
import type { EncodedEvent } from './decision.ts'
import type { LoadedStream } from './loaded-stream.ts'
import type { CommandTask, GroupTask } from './task.ts'

/** Commands that wait for one stream share an append: the gRPC path costs as much as the decision, and is paid once. */
export const COMMANDS_PER_APPEND_MAX = 200
/** Far below what the store takes, so that a group is answered soon; a single command may weigh more. */
const GROUP_BYTES_MAX = 300_000
const SALT_BYTES = 16

export interface Answered<Command, Event extends Message<string, object>> {
  readonly task: CommandTask<Command, Event>
  readonly answer: () => void
}

export interface Decided<Command, Event extends Message<string, object>> {
  readonly task: CommandTask<Command, Event>
  readonly events: readonly EncodedEvent<Event>[]
}

/** What a round has decided and not yet written. */
export type Draft<Command, Event extends Message<string, object>> = ReturnType<typeof createDraft<Command, Event>>

export const createDraft = <Command, Event extends Message<string, object>>() => {
  type Task = CommandTask<Command, Event>
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
    /** A large command goes alone rather than make the whole group too large. */
    hasRoomFor: (more: number) => decided.length === 0 || bytes + more <= GROUP_BYTES_MAX,
    group: () => group,
    close: (whole: GroupTask<Command, Event>) => {
      group = whole
    },
    eventCount: () => eventCount,
    /** When the last of those came whose answers hang on this append. */
    lastArrivedAt: () =>
      [...decided, ...answered].reduce((last, { task }) => Math.max(last, task.arrivedAt), Number.NEGATIVE_INFINITY),
    clear: () => {
      for (const { task } of decided) task.mayBeWritten = false
      decided.length = 0
      commandIds.clear()
      eventCount = 0
      bytes = 0
      applied = 0
    },
    add: (task: Task, events: readonly EncodedEvent<Event>[], weight: number) => {
      task.mayBeWritten = true
      decided.push({ task, events })
      commandIds.add(task.context.commandId)
      eventCount += events.length
      bytes += weight
    },
    /** Whether the state already says what is not yet written. */
    isApplied: () => applied > 0,
    /** The last command's events wait until another decision needs them: a lone command leaves the state clean. */
    applyTo: <State>(target: LoadedStream<State>, evolve: (state: State, event: Identified<Event>) => State) => {
      for (; applied < decided.length; applied += 1) {
        for (const { event, eventId } of decided[applied]?.events ?? []) {
          target.state = evolve(target.state, { ...event, eventId })
        }
      }
    },
    /** As they are sent, to come after this revision. */
    toAppend: (after: Revision, recordedAt: string): readonly EventToAppend[] => {
      const through = Number(after) + eventCount
      let revision = Number(after)
      return decided.flatMap(({ task: { context }, events }) => {
        revision += events.length
        const shared = revision < through ? { appendedThrough: through } : {}
        const { companyId, commandId, requestHash, correlationId, causationId, actor } = context
        const told = { companyId, commandId, requestHash, correlationId, causationId, actor, recordedAt }
        return events.map(({ event, eventId, schemaVersion, dataJson }) => {
          const salt = randomBytes(SALT_BYTES).toString('base64url')
          const metadata: EventMetadata = { ...told, schemaVersion, salt, ...shared }
          return { id: eventId, type: event.type, data: event.data, dataJson, metadata }
        })
      })
    },
  }
}
