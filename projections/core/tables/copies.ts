import type { Changes } from '../fold/changes.ts'
import { type ColumnType, type Row, type Table, textOf } from '../fold/table.ts'

/** New rows of one table, in the text format of COPY. */
export interface TableCopy {
  readonly target: string
  readonly text: string
}

const SPECIAL = /[\\\n\r\t]/
const ESCAPED: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' }

const field = (type: ColumnType, value: unknown): string => {
  const text = textOf(type, value)
  if (text === undefined) return '\\N'
  return SPECIAL.test(text) ? text.replaceAll(/[\\\n\r\t]/g, (special) => ESCAPED[special] ?? special) : text
}

const textOfRows = (table: Table, rows: Iterable<Row>): string => {
  const columns = Object.entries(table.columns)
  let lines = ''
  for (const row of rows) {
    let line = ''
    for (const [column, { type }] of columns) line += `\t${field(type, row[column])}`
    lines += `${line.slice(1)}\n`
  }
  return lines
}

/** Takes the new rows out of the changes; what is left is for a statement. */
export const takeCopies = (
  writes: readonly { readonly changes: Changes; readonly checkpoint: { readonly schema: string } }[],
): readonly TableCopy[] => {
  const copies: TableCopy[] = []
  for (const { changes, checkpoint } of writes) {
    for (const [table, { inserts }] of changes) {
      if (inserts.size === 0) continue
      copies.push({ target: `${checkpoint.schema}.${table.name}`, text: textOfRows(table, inserts.values()) })
      inserts.clear()
    }
  }
  return copies
}
