import type { LedgerEvent } from '@registru/domain'
import { type Changes, mergeChange, type RowChange } from './changes.ts'
import { ProjectionFailed } from './errors.ts'
import { createRowImage, type RowImage, type Rows } from './row-image.ts'
import type { KeyOf, Row, Table } from './table.ts'

type EventNamed<Type extends LedgerEvent['type']> = Extract<LedgerEvent, { readonly type: Type }>

export interface RowWanted {
  readonly table: Table
  readonly key: Row
  /** No event before this one can have made the row, so it need not be looked for. */
  readonly isNew: boolean
}

/** Names a row that an event needs to see. */
export const wanted = <T extends Table>(table: T, key: KeyOf<T>): RowWanted => ({ table, key, isNew: false })

/** Names a row under an id that comes up in this event: later ones, which may want it, find it or know that it is not there. */
export const begun = <T extends Table>(table: T, key: KeyOf<T>): RowWanted => ({ table, key, isNew: true })

/** A function a type of event, or one function that is told of every event. */
type Told<Result, Seen extends readonly unknown[]> =
  | ((event: LedgerEvent, ...seen: Seen) => Result)
  | { readonly [Type in LedgerEvent['type']]?: (event: EventNamed<Type>, ...seen: Seen) => Result }

export interface Projection {
  readonly name: string
  /** Goes up with every change of tables or meaning; each version has a schema and a checkpoint of its own. */
  readonly version: number
  /** Which build of this version; absent: the first, which the projector made by itself. A rebuild makes the next one. */
  readonly generation?: number
  readonly tables: readonly Table[]
  /** Pure: the event and the rows it asked for in, row changes out. */
  readonly on: Told<readonly RowChange[], [rows: Rows]>
  /** Rows that an event's changes depend on. They are loaded for a whole batch in one query a table. */
  readonly reads?: Told<readonly RowWanted[], []>
  /** The tables that `on` looks at; absent with `reads`: all of them. Rows of the others need not be remembered. */
  readonly looksAt?: readonly Table[]
}

export const defineProjection = (projection: Projection): Projection => projection

export const schemaOf = ({
  name,
  version,
  generation = 1,
}: Pick<Projection, 'name' | 'version' | 'generation'>): string =>
  `${name}_v${version}${generation === 1 ? '' : `_g${generation}`}`

const handlerOf = <Result, Seen extends readonly unknown[]>(told: Told<Result, Seen>, event: LedgerEvent) => {
  if (typeof told === 'function') return told
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- looked up by the event's own type: the mapped type has checked the pair
  return told[event.type] as ((event: LedgerEvent, ...seen: Seen) => Result) | undefined
}

export const rowsWantedBy = ({ reads }: Projection, events: readonly LedgerEvent[]): readonly RowWanted[] =>
  reads === undefined ? [] : events.flatMap((event) => handlerOf(reads, event)?.(event) ?? [])

/**
 * Folds events into merged changes. `image` holds the rows that the events want, as they stand before the batch, and is
 * brought up to after it.
 * @throws ProjectionFailed
 */
export const project = (
  projection: Projection,
  events: readonly LedgerEvent[],
  image: RowImage = createRowImage(),
): Changes => {
  const { reads, looksAt } = projection
  const remembers = ({ table }: RowChange): boolean =>
    reads !== undefined && (looksAt === undefined || looksAt.includes(table))
  const changes: Changes = new Map()
  for (const event of events) {
    const handler = handlerOf(projection.on, event)
    if (handler === undefined) continue
    try {
      for (const change of handler(event, image)) {
        mergeChange(changes, change)
        if (remembers(change)) image.apply(change)
      }
    } catch (cause) {
      throw new ProjectionFailed(projection.name, event, cause)
    }
  }
  return changes
}
