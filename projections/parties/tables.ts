import type { Address, ClientId, ClientKind, CompanyId } from '@registru/domain'
import { date, defineTable, id, json, nullable, position, text, type ViewRowOf, word } from '../core/fold/table.ts'

/** Issuers. */
export const companies = defineTable({
  name: 'companies',
  columns: {
    company_id: id<CompanyId>(),
    name: text(),
    tax_id: text(),
    trade_register_number: nullable(text()),
    address: json<Address>(),
    functional_currency: text(),
    /** Of the event that told of it. */
    position: position(),
  },
  key: ['company_id'],
})

/** A fiscal code without «RO» and spaces, as `fiscalCodeOf` has it: «RO» is a status, no identity. */
export const FISCAL_CODE_SQL = `regexp_replace(regexp_replace(upper(tax_id), '\\s', '', 'g'), '^RO', '')`

/** Debtors, as they are called today. */
export const clients = defineTable({
  name: 'clients',
  columns: {
    company_id: id<CompanyId>(),
    client_id: id<ClientId>(),
    kind: word<ClientKind>(),
    name: text(),
    tax_id: nullable(text()),
    trade_register_number: nullable(text()),
    address: nullable(json<Address>()),
    email: nullable(text()),
    /** The same debtor, whose account has what was open in this one. */
    merged_into: nullable(id<ClientId>()),
    merged_on: nullable(date()),
    /** Of the event that told of it first, and of the last one that changed it. */
    position: position(),
    last_position: position(),
  },
  key: ['company_id', 'client_id'],
  indexes: [`(company_id, (${FISCAL_CODE_SQL})) where tax_id is not null`],
})

/** The same debtor, whose account has what was open in this one. */
export interface MergedInto {
  readonly clientId: ClientId
  readonly mergedOn: string
}

/** What is said of a debtor: all of it at first, then what changed. */
export interface ClientDetails {
  readonly kind?: ClientKind | undefined
  readonly name?: string | undefined
  readonly taxId?: string | undefined
  readonly tradeRegisterNumber?: string | undefined
  readonly address?: Address | undefined
  readonly email?: string | undefined
  /** `null`: it is not merged after all. */
  readonly mergedInto?: MergedInto | null | undefined
}

/** Who each debtor was said to be, so that a paper of another day names the one of that day. */
export const clientChanges = defineTable({
  name: 'client_changes',
  columns: {
    company_id: id<CompanyId>(),
    client_id: id<ClientId>(),
    position: position(),
    changed: json<ClientDetails>(),
  },
  key: ['company_id', 'client_id', 'position'],
})

export type PartyViews = {
  'read.client_changes': ViewRowOf<typeof clientChanges>
  'read.companies': ViewRowOf<typeof companies>
  'read.clients': ViewRowOf<typeof clients>
}
