import { type ClientId, type CompanyId, type DocumentKey, type DocumentKind } from '@registru/domain'
import type { Pool } from '@registru/runtime'
import { sql } from 'kysely'
import { countsSql } from '../core/reading/clocks.ts'
import { type Clocks, type Page, pageOf, READ_SCHEMA, type ReadHandle, rowsToAskFor } from '../core/reading/read.ts'

export interface NamedDocument {
  readonly clientId: ClientId
  readonly kind: DocumentKind
  readonly documentId: string
}

export interface DuplicateDocument extends NamedDocument {
  readonly series: string | undefined
  readonly number: string
  readonly issuedOn: string
}

/** Several papers of one name, the first registered first. */
export interface Duplicates {
  readonly key: DocumentKey
  readonly documents: readonly DuplicateDocument[]
}

/** Names that several papers carry at both clocks; what is cancelled by then carries none. */
export const listDuplicateDocuments = async (
  db: ReadHandle,
  {
    companyId,
    after,
    limit,
    ...clocks
  }: Clocks & { readonly companyId: CompanyId; readonly after?: DocumentKey | undefined; readonly limit: number },
): Promise<Page<Duplicates, DocumentKey>> => {
  const beyond =
    after === undefined
      ? sql``
      : sql`and (year, series_key, number_key) > (${after.year}::integer, ${after.series}, ${after.number})`
  const { rows } = await sql<{
    year: number
    series_key: string
    number_key: string
    documents: readonly (NamedDocument & { series: string | null; number: string; issuedOn: string })[]
  }>`
    select year, series_key, number_key, json_agg(json_build_object('clientId', client_id, 'kind', kind,
      'documentId', document_id, 'series', series, 'number', number, 'issuedOn', issued_on) order by position) as documents
    from read.documents
    where company_id = ${companyId} and ${countsSql(clocks, 'issued_on', 'position')}
      and not coalesce(${countsSql(clocks, 'freed_on', 'freed_position')}, false) ${beyond}
    group by year, series_key, number_key having count(*) > 1
    order by year, series_key, number_key
    limit ${rowsToAskFor(limit)}`.execute(db)
  const found = rows.map(
    (row): Duplicates => ({
      key: { year: row.year, series: row.series_key, number: row.number_key },
      documents: row.documents.map((document) => ({ ...document, series: document.series ?? undefined })),
    }),
  )
  return pageOf(found, limit, ({ key }) => key)
}

/** A name that another client's paper may carry. */
export interface AskedName extends DocumentKey {
  readonly companyId: CompanyId
  readonly clientId: ClientId
}

/** Of many papers of one name, nobody reads more. */
const ALIKE_MAX = 5

/** Asked before papers are decided, so it is planned once a connection. */
const SAME_NAME = {
  name: 'papers of other clients',
  text: `select (asked.place - 1)::integer as place, found.*
    from unnest($1::text[], $2::text[], $3::integer[], $4::text[], $5::text[]) with ordinality
      as asked (company_id, client_id, year, series_key, number_key, place)
    cross join lateral (
      select client_id as "clientId", kind, document_id as "documentId" from ${READ_SCHEMA}.documents
      where (company_id, year, series_key, number_key) = (asked.company_id, asked.year, asked.series_key, asked.number_key)
        and client_id <> asked.client_id and freed_position is null
      order by position limit ${ALIKE_MAX}
    ) found`,
}

/** Papers of other clients of the company that stand under each name, in the order of the names. */
export const listSameNames = async (
  pool: Pick<Pool, 'query'>,
  names: readonly AskedName[],
): Promise<readonly (readonly NamedDocument[])[]> => {
  const values = [
    names.map(({ companyId }) => companyId),
    names.map(({ clientId }) => clientId),
    names.map(({ year }) => year),
    names.map(({ series }) => series),
    names.map(({ number }) => number),
  ]
  const { rows } = await pool.query<NamedDocument & { readonly place: number }>({ ...SAME_NAME, values })
  return names.map((_, asked) =>
    rows
      .filter(({ place }) => place === asked)
      .map(({ clientId, kind, documentId }) => ({ clientId, kind, documentId })),
  )
}
