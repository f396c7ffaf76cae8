import { type Codec, type Message, type Position, type Revision, revisionAfter, revisionOf } from '@registru/domain'
import type { EventStore, RecordedEvent } from '@registru/event-store'
import type { CommandContext, Handled } from './command-context.ts'
import { IdempotencyKeyReused } from './errors.ts'
import { readEvent, type StreamEvent } from './loaded-stream.ts'

/** A command found again is read in pages of this: few write more, and what comes after it may be 100,000 events. */
const COMMAND_PAGE_EVENTS = 16

/** Logs hold hashes of two kinds; the former one said nothing of who asked. */
const isSameRequest = (
  { requestHash, actor }: StreamEvent<Message<string, object>>['metadata'],
  context: CommandContext,
): boolean =>
  requestHash === context.requestHash || (requestHash === context.formerRequestHash() && actor === context.actor)

/** Finds the answers of commands that are in a stream, as its events tell them. */
export const createStoredCommands = <Event extends Message<string, object>>(
  store: Pick<EventStore, 'readStream'>,
  codec: Codec<Event>,
  stream: string,
) => {
  const firstEventAt = async (revision: Revision): Promise<RecordedEvent | undefined> => {
    for await (const event of store.readStream(stream, { from: revision, maxCount: 1 })) return event
    return undefined
  }

  /** The answer's position is that of the whole append, which other commands may have shared. */
  const lastPositionOf = async ({ position, metadata }: StreamEvent<Event>): Promise<Position> => {
    if (metadata.appendedThrough === undefined) return position
    const end = await firstEventAt(revisionOf(BigInt(metadata.appendedThrough)))
    if (end !== undefined) return end.position
    throw new Error(`${stream} ends before revision ${metadata.appendedThrough}, which one of its events names`)
  }

  /** Reads the command's events at a revision that the index names; `undefined` when a fingerprint merely coincided. */
  const readCommand = async (revision: Revision, context: CommandContext): Promise<Handled<Event> | undefined> => {
    const own: StreamEvent<Event>[] = []
    for (let isMore = true; isMore; ) {
      isMore = false
      const from = revisionAfter(revision, own.length)
      for await (const recorded of store.readStream(stream, { from, maxCount: COMMAND_PAGE_EVENTS })) {
        const event = readEvent(codec, recorded)
        isMore = event.metadata.commandId === context.commandId
        if (!isMore) break
        own.push(event)
      }
    }
    const last = own.at(-1)
    if (last === undefined) return undefined
    if (!isSameRequest(last.metadata, context)) throw new IdempotencyKeyReused(context.commandId)
    const events = own.map(({ event, eventId, revision: at }) => ({ ...event, eventId, revision: at }))
    return { stream, events, revision: last.revision, position: await lastPositionOf(last), replayed: true }
  }

  return {
    /** @param candidates revisions where the command may begin @throws IdempotencyKeyReused */
    find: async (context: CommandContext, candidates: readonly Revision[]): Promise<Handled<Event> | undefined> => {
      for (const revision of candidates) {
        const handled = await readCommand(revision, context)
        if (handled !== undefined) return handled
      }
      return undefined
    },
  }
}
