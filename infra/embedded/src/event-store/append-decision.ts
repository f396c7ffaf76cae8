/**
 * The append decision of EventStoreDB 23.10, pure: what the server knows of a stream and of recent ids in, what to do out.
 * The property test uses it as its model.
 */

export type ExpectedRevision =
  | { readonly kind: 'any' }
  | { readonly kind: 'noStream' }
  | { readonly kind: 'streamExists' }
  | { readonly kind: 'exact'; readonly revision: bigint }

export interface StreamFacts {
  /** The last revision, -1 for a stream without events. */
  readonly head: number
  readonly tombstoned: boolean
  /** Its metadata says that everything is truncated. */
  readonly softDeleted: boolean
  readonly hasMetadata: boolean
}

/** Where an id was first written. */
export interface RecentPlace {
  readonly revision: number
  readonly position: number
}

export type AppendDecision =
  /** Write at head + 1. */
  | { readonly kind: 'write' }
  /** The same append again: `revision` is the last one of the first write. */
  | { readonly kind: 'alreadyWritten'; readonly revision: number }
  | { readonly kind: 'wrongExpectedRevision'; readonly current: number }
  | { readonly kind: 'streamDeleted' }
  /** A real server never answers it: known ids, sent again from the back to the front. */
  | { readonly kind: 'unanswerable' }
  /** Cannot be decided before the ids that stand at revisions `from` … `from + count - 1` are known. */
  | { readonly kind: 'needsIds'; readonly from: number; readonly count: number }

export interface AppendQuestion {
  readonly expected: ExpectedRevision
  readonly ids: readonly string[]
  readonly facts: StreamFacts
  /** The place of an id in this stream, as far as the bounded memory of recent ids reaches. */
  readonly recent: (id: string) => RecentPlace | undefined
  /** The id at a revision of this stream; needed only for an expected revision below the head. */
  readonly idsFrom?: { readonly from: number; readonly ids: readonly string[] }
}

const WRITE: AppendDecision = { kind: 'write' }
const DELETED: AppendDecision = { kind: 'streamDeleted' }

/** `any` and `streamExists`: only the memory of recent ids is asked, so a restart forgets. */
const decideWeakly = ({ ids, facts, recent }: AppendQuestion): AppendDecision => {
  let first = -1
  let last = -1
  for (const id of ids) {
    const known = recent(id)
    if (!known) {
      return first === -1 ? WRITE : { kind: 'wrongExpectedRevision', current: facts.head }
    }
    if (first === -1) first = known.revision
    last = known.revision
  }
  if (first === -1) return WRITE
  return last < first - 1 ? { kind: 'unanswerable' } : { kind: 'alreadyWritten', revision: last }
}

/** An expected revision below the head: the same append again, or too late. */
const decideRetry = (question: AppendQuestion, expected: number): AppendDecision => {
  const { ids, facts, recent, idsFrom } = question
  const refused: AppendDecision = { kind: 'wrongExpectedRevision', current: facts.head }
  for (const [index, id] of ids.entries()) {
    const revision = expected + 1 + index
    if (recent(id)?.revision === revision) continue
    if (revision > facts.head) return refused
    if (!idsFrom) return { kind: 'needsIds', from: expected + 1, count: Math.min(ids.length, facts.head - expected) }
    if (idsFrom.ids[revision - idsFrom.from] === id) continue
    // A deleted stream may be begun anew; but an append that is partly known is no new beginning.
    return index === 0 && expected === -1 && facts.softDeleted ? WRITE : refused
  }
  return ids.length === 0 ? refused : { kind: 'alreadyWritten', revision: expected + ids.length }
}

export const decideAppend = (question: AppendQuestion): AppendDecision => {
  const { expected, facts } = question
  if (facts.tombstoned) return DELETED
  switch (expected.kind) {
    case 'streamExists':
      if (facts.softDeleted) return DELETED
      if (facts.head < 0 && !facts.hasMetadata) return { kind: 'wrongExpectedRevision', current: facts.head }
      return decideWeakly(question)
    case 'any':
      return decideWeakly(question)
    case 'noStream':
      return facts.head < 0 ? WRITE : decideRetry(question, -1)
    case 'exact':
      if (expected.revision > BigInt(facts.head)) return { kind: 'wrongExpectedRevision', current: facts.head }
      return expected.revision === BigInt(facts.head) ? WRITE : decideRetry(question, Number(expected.revision))
  }
}

/** A soft delete and a tombstone are decided as an append of one event that nobody has seen. */
export const decideDelete = (
  expected: ExpectedRevision,
  facts: StreamFacts,
  kind: 'delete' | 'tombstone',
): AppendDecision => {
  if (kind === 'delete' && !facts.tombstoned && facts.head < 0 && !facts.hasMetadata) {
    return { kind: 'wrongExpectedRevision', current: facts.head }
  }
  return decideAppend({
    expected,
    ids: [''],
    facts,
    recent: () => undefined,
    idsFrom: { from: 0, ids: [] },
  })
}
