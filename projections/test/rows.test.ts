/** What every event makes of the rows of the read models, written down and read. */
import { BEFORE_THE_LOG, isClockEvent, type LedgerEvent } from '@registru/domain'
import t from 'tap'
import type { Table } from '../core/fold/table.ts'
import { STILL_KNOWN } from '../core/reading/clocks.ts'
import { allProjections, createMemoryWriter, type Projection } from '../index.ts'
import { everyEvent, withClock } from './every-event.ts'
import { readModels, rowsByTable } from './fixtures/rows.ts'

/** They have tests of their own, which say why each row is as it is. */
const TOLD_ELSEWHERE = ['journal', 'receivables_aging', 'vat_on_collection']

type Row = Readonly<Record<string, unknown>>

/** Of the event that made the row; `undefined` where a row does not say. */
const originOf = (row: Row, events: readonly LedgerEvent[]): LedgerEvent | undefined =>
  events.find(({ position }) => position === row['position'])

/** What a row copies of its event, by column. */
const copiedOf = (event: LedgerEvent): Row => {
  const { eventId, stream, revision, data, metadata } = event
  if (isClockEvent(event)) return {}
  const { companyId, recordedAt, correlationId, commandId, actor } = metadata
  return {
    company_id: companyId,
    event_id: eventId,
    stream,
    revision,
    recorded_at: recordedAt,
    correlation_id: correlationId,
    command_id: commandId,
    actor,
    document: 'receiptId' in data ? data : undefined,
  }
}
const COPIED = [
  'company_id',
  'event_id',
  'stream',
  'revision',
  'recorded_at',
  'correlation_id',
  'command_id',
  'actor',
  'document',
]
/** Names of papers are columns of that name too. */
const isCopied = (column: string, value: unknown): boolean =>
  COPIED.includes(column) && !(column === 'document' && (typeof value === 'string' || value === null))

/** Positions are told by their places in the log, `#3`; what is copied, and what is nothing, is left out. */
const tellerOf = (events: readonly LedgerEvent[]) => {
  const places = new Map<unknown, string>(events.map(({ position }, index) => [position, `#${index}`]))
  const told = (value: unknown): string => {
    if (value === STILL_KNOWN) return 'always'
    if (typeof value === 'bigint') return places.get(value) ?? `${value}`
    return typeof value === 'string' ? value : JSON.stringify(value)
  }
  return (row: Row): string =>
    Object.entries(row)
      .filter(([column, value]) => value !== null && value !== 0n && !isCopied(column, value))
      .map(([column, value]) => `${column}=${told(value)}`)
      .join(' ')
}

const rowsOf = async (projection: Projection, events: readonly LedgerEvent[]) => {
  const memory = createMemoryWriter([projection])
  await memory.apply(events, { position: events.at(-1)?.position ?? BEFORE_THE_LOG, storeId: 'memory' })
  return (table: Table): readonly Row[] => memory.rows.list(table)
}

t.test('read models and their tables', async (t) => {
  t.same(
    allProjections.map(({ name, tables }) => `${name}: ${tables.map((table) => table.name).join(', ')}`),
    readModels,
  )
})

for (const projection of allProjections.filter(({ name }) => !TOLD_ELSEWHERE.includes(name))) {
  t.test(projection.name, async (t) => {
    const events = projection.name === 'timeline' ? withClock() : everyEvent()
    const rows = await rowsOf(projection, events)
    for (const table of projection.tables) {
      const found = rows(table)
      const columns = Object.keys(table.columns).toSorted()
      for (const row of found) t.strictSame(Object.keys(row).toSorted(), columns, `${table.name}: its columns`)
      t.strictSame(found.map(tellerOf(events)), rowsByTable[table.name]?.trim().split('\n'), table.name)
      const copies = found.map((row) => Object.entries(row).filter(([column, value]) => isCopied(column, value)))
      const originals = found.map((row, index) => {
        const origin = originOf(row, events)
        const copied = origin === undefined ? { company_id: 'amc' } : copiedOf(origin)
        return copies[index]?.map(([column]) => [column, copied[column]])
      })
      t.strictSame(copies, originals, `${table.name}: what is copied`)
    }
  })
}
