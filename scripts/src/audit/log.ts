import { BEFORE_THE_STREAM, type Position, type Revision } from '@registru/domain'
import { eventIdOf, formerEventIdOf, type RecordedEvent } from '@registru/event-store'
import { z } from 'zod'
import { ClockMetadata, Fact, isKnownVersion, Metadata, type PlacedFact } from './facts.ts'
import { expectEqual, type Report } from './report.ts'
import { createSpilledKeys } from './spilled-keys.ts'

const CLOCK = 'ledger-clock'
const prefixes = ['company-', 'clientAccount-', 'receiptBook-', 'unidentified-', 'exchangeRates-', CLOCK]

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
  createdAt,
}: RecordedEvent): PlacedFact | undefined => {
  const fact = Fact.safeParse({ type, data })
  const place = (stream === CLOCK ? ClockMetadata : Metadata).safeParse(metadata)
  if (!fact.success || !place.success || !isKnownVersion(type, place.data.schemaVersion)) return undefined
  const { companyId, commandId, correlationId, recordedAt, actor, reason } = place.data
  const told = { companyId, commandId, correlationId, recordedAt, actor, reason }
  const createdMs = createdAt.getTime()
  return { ...fact.data, ...told, createdMs, stream, revision, position, eventId: id, whole: data }
}

export interface LogRead {
  events: number
  streams: number
  /** Of the last event of the ledger. */
  position: Position
  /** `stream id` of events that have to be there; those that were seen are taken out. */
  readonly awaited: Set<string>
}

/** The last event of a stream, and the command that it is of. */
interface Head {
  readonly revision: Revision
  readonly commandId: string
  /** Of the command's events so far. */
  readonly count: number
}

const NO_HEAD: Head = { revision: BEFORE_THE_STREAM, commandId: '', count: 0 }

/** Events without salt are from before ids covered the content: those follow from the command alone. */
const ownIdOf = ({ type, data, metadata }: RecordedEvent, commandId: string, index: number): string => {
  const told = Metadata.safeParse(metadata)
  if (!told.success || told.data.salt === undefined) return formerEventIdOf(commandId, index)
  const { schemaVersion, requestHash } = told.data
  return eventIdOf({ commandId, index, type, schemaVersion, data: JSON.stringify(data), requestHash })
}

/** A command that is carried out again begins with its first event again. */
const isNext = (event: RecordedEvent, { commandId, count }: Head): boolean =>
  event.id === ownIdOf(event, commandId, count)

const KeyPolicy = z.object({ strictKeys: z.boolean().optional() })

/** A process hears of a policy within a second. */
const HEARD_WITHIN_MS = 1_000

/** Tells of a command that comes first in a stream whether its key was claimed: then it is in no other one. */
const createClaims = () => {
  const since = new Map<string, number>()
  return ({ type, companyId, createdMs, whole }: PlacedFact): boolean => {
    const { strictKeys } = type === 'PolicySet' ? KeyPolicy.parse(whole) : {}
    if (strictKeys === true) since.set(companyId, createdMs + HEARD_WITHIN_MS)
    if (strictKeys === false) since.delete(companyId)
    return createdMs > (since.get(companyId) ?? Number.POSITIVE_INFINITY)
  }
}

interface Place {
  readonly at: string
  readonly stream: string
  readonly category: string
  readonly isClaimed: boolean
}

const placeOf = (where: string): Place => {
  const [stream = '', revision = '', claim] = where.split(' ')
  const [category = ''] = stream.split('-')
  return { at: `${stream} ${revision}`, stream, category, isClaimed: claim !== undefined }
}

/**
 * Two processes cannot know of each other's streams before the read models do, so that one key may be carried out for two
 * accounts, or books, unless it was claimed. What else stands twice was not to.
 */
const mayBoth = (here: Place, there: Place): boolean =>
  here.stream !== there.stream && here.category === there.category && !(here.isClaimed && there.isClaimed)

/**
 * Yields the facts of the ledger up to a position, in order, and holds the log to its own rules on the way. It remembers the
 * head of each stream; that a command stands once is looked up on disk in the end. Ids of events follow from their commands,
 * so they are unique when commands are.
 */
export const readLog = async function* (
  events: AsyncIterable<RecordedEvent>,
  until: Position,
  report: Report,
  read: LogRead,
): AsyncGenerator<PlacedFact> {
  const heads = new Map<string, Head>()
  const commands = createSpilledKeys()
  const order = report.check('log: positions rise, revisions have no gap')
  const ids = report.check("log: event ids are their commands' own")
  const once = report.check('log: each command stands once, in one place')
  const apart = report.remark('log: a key that was used for two accounts at once is two commands')
  const isClaimed = createClaims()
  const readable = report.check('log: every event can be read by this auditor')
  try {
    for await (const event of events) {
      const { stream, revision, position, id } = event
      if (position > until) break
      if (!isOfTheLedger(stream)) continue
      const at = `${stream} ${revision}`
      const head = heads.get(stream) ?? NO_HEAD
      expectEqual(order, `${at}: above the last position`, true, position > read.position)
      expectEqual(order, `${stream}: next revision`, head.revision + 1n, revision)
      read.awaited.delete(`${stream} ${id}`)
      read.events += 1
      read.position = position

      const fact = readFact(event)
      expectEqual(readable, `${at}: ${event.type}`, 'a known shape', fact === undefined ? 'another' : 'a known shape')
      const commandId = fact?.commandId ?? ''
      const count = fact !== undefined && commandId === head.commandId && isNext(event, head) ? head.count : 0
      heads.set(stream, { revision, commandId, count: count + 1 })
      read.streams = heads.size
      if (fact === undefined) continue
      if (stream === CLOCK) {
        // Of no command.
        yield fact
        continue
      }
      const claimed = isClaimed(fact)
      if (count === 0) {
        commands.add(commandId, claimed ? `${at} claimed` : at)
        once.compared += 1
      }
      expectEqual(ids, `${commandId}: id of event ${count}`, ownIdOf(event, commandId, count), id)
      yield fact
    }
    commands.eachRepeated((commandId, again, before) => {
      const [here, others] = [placeOf(again), before.map(placeOf)]
      const wrong = others.find((there) => !mayBoth(here, there))
      expectEqual(wrong === undefined ? apart : once, `${commandId} at ${here.at}`, (wrong ?? others[0])?.at, here.at)
    })
  } finally {
    commands.dispose()
  }
}
