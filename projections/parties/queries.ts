import {
  type Address,
  type ClientId,
  type ClientKind,
  type CompanyId,
  fiscalCodeOf,
  type Position,
} from '@registru/domain'
import type { Pool } from '@registru/runtime'
import { sql } from 'kysely'
import { wasKnown } from '../core/reading/clocks.ts'
import { type Page, pageOf, READ_SCHEMA, type ReadHandle, rowsToAskFor } from '../core/reading/read.ts'
import { type ClientDetails, FISCAL_CODE_SQL, type MergedInto, type PartyViews } from './tables.ts'

export interface ClientCard {
  readonly clientId: ClientId
  readonly kind: ClientKind
  readonly name: string
  readonly taxId: string | undefined
  readonly tradeRegisterNumber: string | undefined
  readonly address: Address | undefined
  readonly email: string | undefined
  readonly mergedInto: MergedInto | undefined
}

export interface CompanyCard {
  readonly companyId: CompanyId
  readonly name: string
  readonly taxId: string
  readonly tradeRegisterNumber: string | undefined
  readonly address: Address
  readonly functionalCurrency: string
}

const clientCard = (row: PartyViews['read.clients']): ClientCard => ({
  clientId: row.client_id,
  kind: row.kind,
  name: row.name,
  taxId: row.tax_id ?? undefined,
  tradeRegisterNumber: row.trade_register_number ?? undefined,
  address: row.address ?? undefined,
  email: row.email ?? undefined,
  mergedInto:
    row.merged_into === null || row.merged_on === null
      ? undefined
      : { clientId: row.merged_into, mergedOn: row.merged_on },
})

/** The cards as they were when the log ended at `knownAt`, by id; a field that was never said is not there. */
const clientsKnownAt = async (
  db: ReadHandle,
  {
    companyId,
    clientIds,
    knownAt,
  }: { readonly companyId: CompanyId; readonly clientIds: readonly string[]; readonly knownAt: Position },
): Promise<ReadonlyMap<string, ClientCard>> => {
  const rows = await db
    .withTables<PartyViews>()
    .selectFrom('read.client_changes')
    .select(['client_id', 'changed'])
    .where('company_id', '=', companyId)
    .where('client_id', 'in', [...clientIds])
    .where(wasKnown(knownAt))
    .orderBy('position')
    .execute()
  const said = new Map<string, ClientDetails>()
  for (const { client_id, changed } of rows) said.set(client_id, { ...said.get(client_id), ...changed })
  const cards = new Map<string, ClientCard>()
  for (const [clientId, { kind, name, taxId, tradeRegisterNumber, address, email, mergedInto }] of said) {
    if (kind === undefined || name === undefined) continue
    const about = { clientId, kind, name, taxId, tradeRegisterNumber, address, email }
    cards.set(clientId, { ...about, mergedInto: mergedInto ?? undefined })
  }
  return cards
}

export const findClient = async (
  db: ReadHandle,
  {
    companyId,
    clientId,
    knownAt,
  }: {
    readonly companyId: CompanyId
    readonly clientId: ClientId
    /** A position; `undefined`: as the client is called today. */
    readonly knownAt?: Position | undefined
  },
): Promise<ClientCard | undefined> => {
  if (knownAt !== undefined) {
    return (await clientsKnownAt(db, { companyId, clientIds: [clientId], knownAt })).get(clientId)
  }
  const row = await db
    .withTables<PartyViews>()
    .selectFrom('read.clients')
    .selectAll()
    .where('company_id', '=', companyId)
    .where('client_id', '=', clientId)
    .executeTakeFirst()
  return row && clientCard(row)
}

/** How some clients are called, by id; of whom nothing was known at `knownAt` is left out. */
export const findClientNames = async (
  db: ReadHandle,
  {
    companyId,
    clientIds,
    knownAt,
  }: {
    readonly companyId: CompanyId
    readonly clientIds: readonly string[]
    /** A position; `undefined`: as they are called today. */
    readonly knownAt?: Position | undefined
  },
): Promise<ReadonlyMap<string, string>> => {
  const wanted = sql`company_id = ${companyId} and client_id = any(${[...clientIds]}::text[])`
  const { rows } = await sql<{ client_id: ClientId; name: string }>`${
    knownAt === undefined
      ? sql`select client_id, name from read.clients where ${wanted}`
      : sql`select distinct on (client_id) client_id, changed ->> 'name' as name from read.client_changes
          where ${wanted} and ${wasKnown(knownAt)} and changed ? 'name'
          order by client_id, position desc`
  }`.execute(db)
  return new Map(rows.map(({ client_id, name }) => [client_id, name]))
}

/** In the order of their ids. */
export const listClients = async (
  db: ReadHandle,
  {
    companyId,
    knownAt,
    after,
    limit,
  }: {
    readonly companyId: CompanyId
    /** A position; `undefined`: as they are called today. */
    readonly knownAt?: Position | undefined
    readonly after?: string | undefined
    readonly limit: number
  },
): Promise<Page<ClientCard, string>> => {
  const rows = await db
    .withTables<PartyViews>()
    .selectFrom('read.clients')
    .selectAll()
    .where('company_id', '=', companyId)
    .where(wasKnown(knownAt))
    .$if(after !== undefined, (query) => query.where('client_id', '>', after ?? ''))
    .orderBy('client_id')
    .limit(rowsToAskFor(limit))
    .execute()
  const { items, next } = pageOf(rows, limit, (row) => row.client_id)
  const changedLater = items.filter(({ last_position }) => knownAt !== undefined && last_position > knownAt)
  const then =
    knownAt === undefined || changedLater.length === 0
      ? new Map<string, ClientCard>()
      : await clientsKnownAt(db, { companyId, clientIds: changedLater.map(({ client_id }) => client_id), knownAt })
  return { items: items.map((row) => then.get(row.client_id) ?? clientCard(row)), next }
}

type CompanyRow = PartyViews['read.companies']

const companyCard = (row: CompanyRow): CompanyCard => ({
  companyId: row.company_id,
  name: row.name,
  taxId: row.tax_id,
  tradeRegisterNumber: row.trade_register_number ?? undefined,
  address: row.address,
  functionalCurrency: row.functional_currency,
})

/** Those that have said who they are, in the order of their ids. */
export const listCompanies = async (
  db: ReadHandle,
  {
    knownAt,
    after,
    limit,
  }: {
    /** A position; `undefined`: everything. */
    readonly knownAt?: Position | undefined
    readonly after?: string | undefined
    readonly limit: number
  },
): Promise<Page<CompanyCard, string>> => {
  const rows = await db
    .withTables<PartyViews>()
    .selectFrom('read.companies')
    .selectAll()
    .where(wasKnown(knownAt))
    .$if(after !== undefined, (query) => query.where('company_id', '>', after ?? ''))
    .orderBy('company_id')
    .limit(rowsToAskFor(limit))
    .execute()
  return pageOf(rows.map(companyCard), limit, ({ companyId }) => companyId)
}

export const findCompany = async (
  db: ReadHandle,
  {
    companyId,
    knownAt,
  }: {
    readonly companyId: CompanyId
    /** A position; `undefined`: whenever it was registered. */
    readonly knownAt?: Position | undefined
  },
): Promise<CompanyCard | undefined> => {
  const row = await db
    .withTables<PartyViews>()
    .selectFrom('read.companies')
    .selectAll()
    .where('company_id', '=', companyId)
    .where(wasKnown(knownAt))
    .executeTakeFirst()
  return row && companyCard(row)
}

/** A fiscal code that another client may have. */
export interface AskedTaxId {
  readonly companyId: CompanyId
  readonly clientId: ClientId
  readonly taxId: string
}

/** Of many clients of one code, nobody reads more. */
const ALIKE_MAX = 5

/** Asked before clients are decided, so it is planned once a connection. */
const SAME_TAX_ID = {
  name: 'clients of one fiscal code',
  text: `select (asked.place - 1)::integer as place, found.client_id
    from unnest($1::text[], $2::text[], $3::text[]) with ordinality as asked (company_id, client_id, code, place)
    cross join lateral (
      select client_id from ${READ_SCHEMA}.clients
      where company_id = asked.company_id and ${FISCAL_CODE_SQL} = asked.code and tax_id is not null
        and client_id <> asked.client_id
      order by client_id limit ${ALIKE_MAX}
    ) found`,
}

/** Other clients of the company that have each fiscal code, in the order of the codes. */
export const listSameTaxIds = async (
  pool: Pick<Pool, 'query'>,
  asked: readonly AskedTaxId[],
): Promise<readonly (readonly ClientId[])[]> => {
  const values = [
    asked.map(({ companyId }) => companyId),
    asked.map(({ clientId }) => clientId),
    asked.map(({ taxId }) => fiscalCodeOf(taxId)),
  ]
  const { rows } = await pool.query<{ readonly place: number; readonly client_id: ClientId }>({
    ...SAME_TAX_ID,
    values,
  })
  return asked.map((_, index) => rows.flatMap(({ place, client_id }) => (place === index ? [client_id] : [])))
}
