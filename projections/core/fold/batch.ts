import type { LogEvent } from '@registru/domain'
import { type Changes, mergeOwned, mergeUnseen, type RowChange } from './changes.ts'
import { ProjectionFailed, RowsDisagree } from './errors.ts'
import { type Holding, holdingOf, type Wants } from './owned-row.ts'
import { type EventFold, foldOf, type Projection } from './projection.ts'
import type { RowImage } from './row-image.ts'

/** An event and what it wants to see. */
interface Step {
  readonly event: LogEvent
  readonly entry: EventFold<LogEvent>
  readonly wants: Wants
  /** The same rows in a line. */
  readonly rows: readonly Holding[]
}

/** Events that are about to be folded together. */
export interface PlannedBatch {
  readonly projection: Projection
  readonly steps: readonly Step[]
}

const NOTHING: Wants = {}
const NO_ROWS: readonly Holding[] = []

const inLine = (wants: Wants): readonly Holding[] => {
  const rows: Holding[] = []
  for (const name in wants) {
    const row = wants[name]
    if (row === undefined) continue
    if ('table' in row) rows.push(holdingOf(row))
    else for (const one of row) rows.push(holdingOf(one))
  }
  return rows
}

/** @throws ProjectionFailed */
export const planBatch = (projection: Projection, events: readonly LogEvent[]): PlannedBatch => {
  const steps: Step[] = []
  for (const event of events) {
    const entry = foldOf(projection, event)
    if (entry === undefined) continue
    if (typeof entry === 'function') {
      steps.push({ event, entry, wants: NOTHING, rows: NO_ROWS })
      continue
    }
    try {
      const wants = entry.wants(event)
      steps.push({ event, entry, wants, rows: inLine(wants) })
    } catch (cause) {
      throw new ProjectionFailed(projection.name, event, cause)
    }
  }
  return { projection, steps }
}

const hold = (rows: readonly Holding[], event: LogEvent, image: RowImage): void => {
  for (const row of rows) {
    row.found = image.find(row)
    row.owner = event
  }
}

/** What a fold gets is what it wanted, with the rows in it. */
const asOwned = (wants: Wants): never =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `folding` has checked the functions against each other
  wants as never

/** The rows that the image has to know before the batch is folded. */
export const rowsWantedBy = ({ steps }: PlannedBatch): readonly Holding[] => steps.flatMap(({ rows }) => rows)

/** The rows that only these can name, as they stand before the batch. */
export const moreRowsWantedBy = ({ projection, steps }: PlannedBatch, image: RowImage): readonly Holding[] => {
  const wanted: Holding[] = []
  for (const { event, entry, wants, rows } of steps) {
    if (typeof entry === 'function' || entry.wantsMore === undefined) continue
    try {
      hold(rows, event, image)
      wanted.push(...inLine(entry.wantsMore(event, asOwned(wants))))
    } catch (cause) {
      throw new ProjectionFailed(projection.name, event, cause)
    }
  }
  return wanted
}

const runStep = ({ event, entry, wants, rows }: Step, image: RowImage): readonly RowChange[] => {
  if (typeof entry === 'function') return entry(event)
  hold(rows, event, image)
  if (entry.wantsMore === undefined) return entry.fold(event, asOwned(wants))
  const more = entry.wantsMore(event, asOwned(wants))
  hold(inLine(more), event, image)
  return entry.fold(event, asOwned({ ...wants, ...more }))
}

const apply = (change: RowChange, event: LogEvent, changes: Changes, image: RowImage): void => {
  if (!('owned' in change)) {
    mergeUnseen(changes, change)
    return
  }
  const { owned } = change
  const { table, id, owner } = owned
  if (owner !== event) throw new RowsDisagree(`${table.name}: a row that the event did not want`)
  image.put(table, id, mergeOwned(changes, change, image.find(owned)))
}

/**
 * Folds a batch into merged changes. The image knows the rows that it wants, as they stand before it, and is brought up to
 * after it.
 * @throws ProjectionFailed
 */
export const foldBatch = ({ projection, steps }: PlannedBatch, image: RowImage): Changes => {
  const changes: Changes = new Map()
  for (const step of steps) {
    try {
      for (const change of runStep(step, image)) apply(change, step.event, changes, image)
    } catch (cause) {
      throw new ProjectionFailed(projection.name, step.event, cause)
    }
  }
  return changes
}
