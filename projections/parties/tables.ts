import type { Address, ClientKind } from '@registru/domain'
import { defineTable, json, nullable, text, type ViewRowOf, word } from '../core/table.ts'

/** Issuers. */
export const companies = defineTable({
  name: 'companies',
  columns: {
    company_id: text(),
    name: text(),
    tax_id: text(),
    trade_register_number: nullable(text()),
    address: json<Address>(),
    functional_currency: text(),
  },
  key: ['company_id'],
})

/** Debtors, as they are called today. */
export const clients = defineTable({
  name: 'clients',
  columns: {
    company_id: text(),
    client_id: text(),
    kind: word<ClientKind>(),
    name: text(),
    tax_id: nullable(text()),
    trade_register_number: nullable(text()),
    address: nullable(json<Address>()),
    email: nullable(text()),
  },
  key: ['company_id', 'client_id'],
})

export type PartyViews = {
  'read.companies': ViewRowOf<typeof companies>
  'read.clients': ViewRowOf<typeof clients>
}
