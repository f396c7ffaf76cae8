import { BEFORE_THE_STREAM, EventMetadata, type Position, type Revision, revisionAfter } from '@registru/domain'
import { type EventStore, type EventToAppend, type RecordedEvent, StoreUnavailable } from '@registru/event-store'
import type { LogEnd } from './log-end.ts'

/** The adapter resends by itself; this is how often we look whether the append stands and send the same one again. */
const RESENDS_MAX = 3

/** An append at an exact revision. */
export interface Parcel {
  readonly events: readonly EventToAppend[]
  /** The revision that it is sent for. */
  readonly after: Revision
  readonly commandIds: ReadonlySet<string>
}

/**
 * `written`: just now, so that nothing stood after its revision at `provenAt`. `stands`: the same events were written
 * before, with other metadata and perhaps others after them. `overtaken`: the revision is taken by something else, so it
 * can never land.
 */
export type Settled =
  | { readonly is: 'written'; readonly position: Position; readonly provenAt: number }
  | { readonly is: 'stands' }
  | { readonly is: 'overtaken' }

export interface Delivery {
  /**
   * Sends the same bytes until it is known what became of them. `provenSince`: the state was read at this moment, after
   * every command of the parcel had come, so that an equal write of another process can only be one of the same moment.
   * @throws StoreUnavailable when it stays unknown; then it is the first thing to settle
   */
  readonly send: (parcel: Parcel, provenSince: number | undefined) => Promise<Settled>
  /**
   * An append that was given up may still land. Nothing may be decided beside it: a command that it carries could be
   * refused for the lack of what stood before it in that append, and be written after all.
   * @returns whether there was one
   */
  readonly settleFirst: () => Promise<boolean>
  /** Sent, and given up without an answer. */
  readonly unsettled: () => Parcel | undefined
}

const saltOf = (metadata: unknown): string | undefined => EventMetadata.parse(metadata).salt

export const createDelivery = (
  store: Pick<EventStore, 'append' | 'readStream'>,
  stream: string,
  logEnd: LogEnd,
): Delivery => {
  let unsettled: Parcel | undefined

  /** What stands where the parcel belongs; `undefined` when nothing does. */
  const lookFor = async ({ events, after }: Parcel, sentAt: number): Promise<Settled | undefined> => {
    const there: RecordedEvent[] = []
    const from = revisionAfter(after)
    for await (const event of store.readStream(stream, { from, maxCount: events.length })) there.push(event)
    const last = there.at(-1)
    if (last === undefined) return undefined
    // Equal ids are equal events. An earlier attempt may have written the first of them alone: then the rest can never land.
    const isWhole = there.length === events.length && there.every(({ id }, index) => id === events[index]?.id)
    if (!isWhole) return { is: 'overtaken' }
    // Salts are drawn anew for every append, so they tell whose it is.
    const isOurs = saltOf(last.metadata) === saltOf(events.at(-1)?.metadata)
    return isOurs ? { is: 'written', position: last.position, provenAt: sentAt } : { is: 'stands' }
  }

  /**
   * The store says the same of an append that it takes and of one whose events it holds from before. What was written after
   * the question came lies beyond where the log ended then; only for the rest, the stream itself is asked.
   */
  const tellWrittenFrom = async (
    parcel: Parcel,
    position: Position,
    sentAt: number,
    end: Promise<Position> | undefined,
    provenSince: number | undefined,
  ): Promise<Settled> => {
    if (provenSince !== undefined) return { is: 'written', position, provenAt: provenSince }
    const endThen = await end?.catch(() => undefined)
    if (endThen !== undefined && position > endThen) return { is: 'written', position, provenAt: sentAt }
    const found = await lookFor(parcel, sentAt)
    if (found === undefined) throw new Error(`${stream} does not hold what was written after revision ${parcel.after}`)
    return found
  }

  const send: Delivery['send'] = async (parcel, provenSince) => {
    const { events, after } = parcel
    const sentAt = performance.now()
    const end = provenSince === undefined ? logEnd() : undefined
    // Looked at when the append is answered; until then its failure is nobody's.
    end?.catch(() => undefined)
    for (let times = 1; ; times += 1) {
      const outcome = await store.append(stream, after === BEFORE_THE_STREAM ? 'no_stream' : after, events)
      unsettled = parcel
      const settled: Settled | undefined =
        outcome.outcome === 'written'
          ? await tellWrittenFrom(parcel, outcome.position, sentAt, end, provenSince)
          : outcome.outcome === 'conflict'
            ? { is: 'overtaken' }
            : await lookFor(parcel, sentAt)
      if (settled !== undefined) {
        unsettled = undefined
        return settled
      }
      if (times > RESENDS_MAX) throw new StoreUnavailable('the append stayed unanswered')
    }
  }

  return {
    send,
    settleFirst: async () => {
      if (unsettled === undefined) return false
      if ((await lookFor(unsettled, performance.now())) === undefined) await send(unsettled, undefined)
      unsettled = undefined
      return true
    },
    unsettled: () => unsettled,
  }
}
