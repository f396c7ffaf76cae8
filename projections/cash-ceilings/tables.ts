import type { CashDeskId, ClientId, ClientKind, CompanyId, InvoiceId, PaymentId } from '@registru/domain'
import {
  bigint,
  date,
  defineRemembered,
  defineTable,
  id,
  nullable,
  position,
  text,
  uuid,
  type ViewRowOf,
  word,
} from '../core/fold/table.ts'

/** Who the debtors are: whoever pays in cash and names nobody else is one of them. */
export const cashClients = defineRemembered({
  name: 'cash_clients',
  columns: {
    company_id: id<CompanyId>(),
    client_id: id<ClientId>(),
    kind: word<ClientKind>(),
    name: text(),
    tax_id: nullable(text()),
  },
  key: ['company_id', 'client_id'],
})

/** Cash in lei as it was handed over, under the payer's name of that day. */
export const cashHanded = defineTable({
  name: 'cash_handed',
  columns: {
    company_id: id<CompanyId>(),
    payment_id: id<PaymentId>(),
    client_id: id<ClientId>(),
    received_on: date(),
    desk_id: id<CashDeskId>(),
    payer_identity: text(),
    payer_kind: word<ClientKind>(),
    payer_name: text(),
    payer_tax_id: nullable(text()),
    amount_minor: bigint(),
    position: position(),
    /** From here on it is taken back, and no longer counts. */
    reversed_position: nullable(position()),
    event_id: uuid(),
  },
  key: ['company_id', 'payment_id', 'client_id'],
  indexes: ['(company_id, received_on)'],
  fillfactor: 90,
})

/** Invoices of instalment sale contracts: with individuals, outside the ceilings (Legea 70/2015 art. 4 (3)). */
export const contractInvoices = defineRemembered({
  name: 'contract_invoices',
  columns: {
    company_id: id<CompanyId>(),
    invoice_id: id<InvoiceId>(),
    client_id: id<ClientId>(),
    position: position(),
  },
  key: ['company_id', 'invoice_id', 'client_id'],
})

/** What settled them, and what of it was undone. */
export const contractSettlements = defineTable({
  name: 'contract_settlements',
  columns: {
    company_id: id<CompanyId>(),
    payment_id: id<PaymentId>(),
    client_id: id<ClientId>(),
    position: position(),
    amount_minor: bigint(),
  },
  key: ['company_id', 'payment_id', 'client_id', 'position'],
})

export type CashCeilingViews = {
  'read.cash_handed': ViewRowOf<typeof cashHanded>
  'read.contract_settlements': ViewRowOf<typeof contractSettlements>
}
