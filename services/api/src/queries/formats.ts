import { z } from 'zod'
import type { Column } from './columns.ts'
import { csvHead, csvRow, type Locale } from './csv.ts'

export type Format = 'json' | 'csv' | 'ndjson'

/** Every list takes these. */
export const format = {
  format: z.enum(['json', 'csv', 'ndjson']).optional().meta({
    description:
      'What `Accept` says when absent (`text/csv`, `application/x-ndjson`), else json. csv and ndjson stream all rows',
  }),
  locale: z.enum(['ro']).optional().meta({
    description: 'CSV for spreadsheets with Romanian settings: semicolons, decimal comma, byte order mark',
  }),
}

const MEDIA_TYPES: Readonly<Record<string, Format>> = {
  'application/json': 'json',
  'text/csv': 'csv',
  'application/x-ndjson': 'ndjson',
}

export const contentTypeOf = (chosen: Format): string =>
  chosen === 'csv' ? 'text/csv; charset=utf-8; header=present' : 'application/x-ndjson; charset=utf-8'

/** The first of ours that the caller names; whoever names none gets JSON. */
export const formatOf = (query: { readonly format?: Format | undefined }, accept: string | undefined): Format => {
  if (query.format !== undefined) return query.format
  const named = (accept ?? '').split(',').map((range) => range.split(';', 1)[0]?.trim().toLowerCase() ?? '')
  return named.map((type) => MEDIA_TYPES[type]).find((known) => known !== undefined) ?? 'json'
}

/** The text of a table, one piece a page of rows. */
export const textOf = async function* (
  pages: AsyncIterable<readonly object[]>,
  { format: chosen, columns, locale }: { format: Exclude<Format, 'json'>; columns: readonly Column[]; locale: Locale },
): AsyncGenerator<string> {
  if (chosen === 'csv') yield csvHead(columns, locale)
  for await (const rows of pages) {
    let text = ''
    for (const row of rows) text += chosen === 'csv' ? csvRow(columns, row, locale) : `${JSON.stringify(row)}\n`
    if (text !== '') yield text
  }
}
