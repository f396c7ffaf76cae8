import { type RawBuilder, sql } from 'kysely'

/** Days late at which one bucket ends and the next begins, when the question names none. */
const DEFAULT_BUCKETS: readonly number[] = [0, 30, 60, 90]

export type AgeBy = 'due' | 'issued'

/** How open items are told apart by age. Bucket 0 holds what is not late. */
export interface Ageing {
  readonly asOf: string
  /** Rising days; 0 need not be named. */
  readonly buckets?: readonly number[] | undefined
  readonly by?: AgeBy | undefined
}

/** The last age of every bucket but the last one, which has no end. */
const endsOf = (buckets: readonly number[] = DEFAULT_BUCKETS): readonly number[] =>
  buckets[0] === 0 ? buckets : [0, ...buckets]

/** One a bucket, in their order. */
export const agingLabels = (buckets?: readonly number[]): readonly string[] => {
  const ends = endsOf(buckets)
  return [
    'notDue',
    ...ends.slice(1).map((end, index) => `${(ends[index] ?? 0) + 1}-${end}`),
    `${(ends.at(-1) ?? 0) + 1}+`,
  ]
}

/**
 * Whether a row with `due_on` and `issued_on` falls into a bucket. Days are compared, not ages: half of the time that
 * counting the days of each row and looking up its bucket would take.
 */
export const isInBucket = ({ asOf, buckets, by = 'due' }: Ageing, bucket: number): RawBuilder<boolean> => {
  const ends = endsOf(buckets)
  const day = by === 'due' ? sql`due_on` : sql`issued_on`
  const [after, upTo] = [ends[bucket - 1], ends[bucket]]
  const notLater = after === undefined ? sql`true` : sql`${day} < ${asOf}::date - ${sql.lit(after)}`
  const notEarlier = upTo === undefined ? sql`true` : sql`${day} >= ${asOf}::date - ${sql.lit(upTo)}`
  return sql`(${notLater} and ${notEarlier})`
}
