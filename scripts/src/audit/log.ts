import { eventIdOf, type RecordedEvent } from '@registru/event-store'
import { Fact, Metadata, type PlacedFact } from './facts.ts'
import { expectEqual, type Report } from './report.ts'

const prefixes = ['company-', 'clientAccount-', 'receiptBook-']

/** The store's own events and other people's streams are none of the ledger's. */
export const isOfTheLedger = (stream: string): boolean => prefixes.some((prefix) => stream.startsWith(prefix))

/** The fact of a stored event; `undefined` when this auditor does not know its type, version or shape. */
export const readFact = ({
  type,
  data,
  metadata,
  stream,
  revision,
  position,
  id,
}: RecordedEvent): PlacedFact | undefined => {
  const fact = Fact.safeParse({ type, data })
  const place = Metadata.safeParse(metadata)
  if (!fact.success || !place.success) return undefined
  const { companyId, commandId, correlationId, recordedAt, actor, reason } = place.data
  const told = { companyId, commandId, correlationId, recordedAt, actor, reason }
  return { ...fact.data, ...told, stream, revision, position, eventId: id, whole: data }
}

export interface LogRead {
  events: number
  streams: number
  /** Of the last event of the ledger. */
  position: bigint
  /** `stream id` of every event. */
  readonly eventIds: Set<string>
}

/** Yields the facts of the ledger up to a position, in order, and holds the log to its own rules on the way. */
export const readLog = async function* (
  events: AsyncIterable<RecordedEvent>,
  until: bigint,
  report: Report,
  read: LogRead,
): AsyncGenerator<PlacedFact> {
  const heads = new Map<string, bigint>()
  /** Where each command's events stand, and how many there were. */
  const commands = new Map<string, { readonly stream: string; next: bigint; count: number }>()
  const order = report.check('log: positions rise, revisions have no gap')
  const ids = report.check('log: event ids are unique')
  const once = report.check('log: each command stands once, in one place')
  const readable = report.check('log: every event can be read by this auditor')
  for await (const event of events) {
    const { stream, revision, position, id } = event
    if (position > until) break
    if (!isOfTheLedger(stream)) continue
    const at = `${stream} ${revision}`
    expectEqual(order, `${at}: above the last position`, true, position > read.position)
    expectEqual(order, `${stream}: next revision`, (heads.get(stream) ?? -1n) + 1n, revision)
    expectEqual(ids, id, 'one event', read.eventIds.has(`${stream} ${id}`) ? 'a second one' : 'one event')
    heads.set(stream, revision)
    read.eventIds.add(`${stream} ${id}`)
    read.events += 1
    read.streams = heads.size
    read.position = position

    const fact = readFact(event)
    expectEqual(readable, `${at}: ${event.type}`, 'a known shape', fact === undefined ? 'another' : 'a known shape')
    if (fact === undefined) continue
    const { commandId } = fact
    const command = commands.get(commandId) ?? { stream, next: revision, count: 0 }
    expectEqual(once, `${commandId} at ${at}`, `${command.stream} ${command.next}`, at)
    expectEqual(once, `${commandId}: id of event ${command.count}`, eventIdOf(commandId, command.count), id)
    commands.set(commandId, { stream, next: revision + 1n, count: command.count + 1 })
    yield fact
  }
}
