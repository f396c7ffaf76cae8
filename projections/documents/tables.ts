import type { ClientId, CompanyId, DocumentKind } from '@registru/domain'
import { date, defineTable, id, integer, nullable, position, text, type ViewRowOf, word } from '../core/fold/table.ts'

/** The papers of a company by what they are called, whosever they are: an account sees its own alone. */
export const documents = defineTable({
  name: 'documents',
  columns: {
    company_id: id<CompanyId>(),
    kind: word<DocumentKind>(),
    document_id: text(),
    client_id: id<ClientId>(),
    /** The normal form of its name: equal for one paper, however it was typed. */
    year: integer(),
    series_key: text(),
    number_key: text(),
    series: nullable(text()),
    number: text(),
    issued_on: date(),
    position: position(),
    /** Of a paper that was cancelled or reversed: its name is another one's to use. */
    freed_on: nullable(date()),
    freed_position: nullable(position()),
  },
  key: ['company_id', 'kind', 'document_id', 'client_id'],
  indexes: ['(company_id, year, series_key, number_key)'],
})

export type DocumentViews = {
  'read.documents': ViewRowOf<typeof documents>
}
