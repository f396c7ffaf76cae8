import type { LogEvent } from '@registru/domain'
import type { RowChange } from './changes.ts'
import type { Owned, Wants } from './owned-row.ts'
import type { Table } from './table.ts'

type EventNamed<Type extends LogEvent['type']> = Extract<LogEvent, { readonly type: Type }>

/** A fold that owns rows; see `folding`. */
export interface RowFold<Event> {
  readonly wants: (event: Event) => Wants
  readonly wantsMore?: ((event: Event, rows: never) => Wants) | undefined
  readonly fold: (event: Event, rows: never) => readonly RowChange[]
}

/** What an event does to rows; a function of the event alone wants none. */
export type EventFold<Event> = ((event: Event) => readonly RowChange[]) | RowFold<Event>

/**
 * What an event does to rows that it has to see: `wants` names them, they are found for a whole batch in one query a table,
 * and `fold` gets them. It can write no other row of a remembered table.
 */
export const folding = <Event, W extends Wants, More extends Wants = Readonly<Record<never, never>>>(entry: {
  readonly wants: (event: NoInfer<Event>) => W
  /**
   * Rows that only a wanted row can name. It is asked before the batch, and again by the fold: what an earlier event of the
   * batch has it name newly must be a row that this event wanted.
   */
  readonly wantsMore?: (event: NoInfer<Event>, rows: Owned<W>) => More
  readonly fold: (event: NoInfer<Event>, rows: Owned<W & More>) => readonly RowChange[]
}): RowFold<Event> => entry

export interface Projection {
  readonly name: string
  /** Goes up with every change of tables or meaning; each version has a schema and a checkpoint of its own. */
  readonly version: number
  /** Which build of this version; absent: the first, which the projector made by itself. A rebuild makes the next one. */
  readonly generation?: number
  readonly tables: readonly Table[]
  /** Pure: a fold a type of event, or one that is told of every event. */
  readonly on: EventFold<LogEvent> | { readonly [Type in LogEvent['type']]?: EventFold<EventNamed<Type>> }
}

export const defineProjection = (projection: Projection): Projection => projection

export const schemaOf = ({
  name,
  version,
  generation = 1,
}: Pick<Projection, 'name' | 'version' | 'generation'>): string =>
  `${name}_v${version}${generation === 1 ? '' : `_g${generation}`}`

const isOne = (on: Projection['on']): on is EventFold<LogEvent> => typeof on === 'function' || 'fold' in on

/** `undefined`: the event does nothing here. */
export const foldOf = ({ on }: Projection, event: LogEvent): EventFold<LogEvent> | undefined => {
  if (isOne(on)) return on
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- looked up by the event's own type: the mapped type has checked the pair
  return on[event.type] as EventFold<LogEvent> | undefined
}
