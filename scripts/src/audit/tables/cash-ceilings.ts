import { type Expected, type Fold, find, put } from '../expected.ts'
import { minorOf, type PlacedFact, paidOf } from '../facts.ts'
import type { Cell } from '../report.ts'

const clients = { name: 'cash_clients', key: ['company_id', 'client_id'] }
const handed = { name: 'cash_handed', key: ['company_id', 'payment_id', 'client_id'] }
const contracts = { name: 'contract_invoices', key: ['company_id', 'invoice_id', 'client_id'] }
const settlements = { name: 'contract_settlements', position: 'position', within: [] }

const DESKLESS = '-'

interface Payer {
  readonly kind: Cell
  readonly name: string
  readonly taxId: string | undefined
}

const plainName = (name: string): string => name.trim().toUpperCase()
const fiscalCode = (taxId: string): string => taxId.toUpperCase().replace(/\s/g, '').replace(/^RO/, '')

/** A business is known by its fiscal code, a person by the name. */
const identityOf = ({ name, taxId }: Payer): string => (taxId === undefined ? plainName(name) : fiscalCode(taxId))

/** Cash in lei by who handed it over, and what of it paid for instalment contracts, which the ceilings leave out. */
const foldCashCeilings = (expected: Expected, fact: PlacedFact): void => {
  const { type, data, companyId: company_id, position } = fact

  switch (type) {
    case 'ClientRegistered':
    case 'ClientUpdated': {
      const before = find(expected, clients, company_id, data.clientId) ?? {}
      put(expected, clients, {
        company_id,
        client_id: data.clientId,
        kind: data.kind ?? before['kind'] ?? null,
        name: data.name ?? before['name'] ?? null,
        tax_id: data.taxId ?? before['tax_id'] ?? null,
      })
      return
    }
    case 'InvoiceRegistered':
    case 'InvoiceMoved':
      if (!data.instalmentContract || (type === 'InvoiceMoved' && data.again === true)) return
      put(expected, contracts, { company_id, invoice_id: data.invoiceId, client_id: data.clientId, position })
      return
    case 'PaymentRecorded': {
      if (data.method !== 'CASH' || data.amount.currency !== 'RON') return
      const client = find(expected, clients, company_id, data.clientId) ?? {}
      const payer = payerOf(data.payer, {
        kind: client['kind'] ?? null,
        name: `${client['name']}`,
        taxId: typeof client['tax_id'] === 'string' ? client['tax_id'] : undefined,
      })
      put(expected, handed, {
        company_id,
        payment_id: data.paymentId,
        client_id: data.clientId,
        received_on: data.receivedOn,
        desk_id: data.deskId ?? DESKLESS,
        payer_identity: identityOf(payer),
        payer_kind: payer.kind,
        payer_name: payer.name,
        payer_tax_id: payer.taxId ?? null,
        amount_minor: minorOf(data.amount.amount),
        position,
        reversed_position: null,
        event_id: fact.eventId,
      })
      return
    }
    case 'PaymentReversed': {
      const row = find(expected, handed, company_id, data.paymentId, data.clientId)
      if (row !== undefined) row['reversed_position'] = position
      return
    }
    case 'PaymentAllocated':
    case 'PaymentDeallocated': {
      if (find(expected, contracts, company_id, data.invoiceId, data.clientId) === undefined) return
      expected.bear(settlements, {
        company_id,
        payment_id: data.paymentId,
        client_id: data.clientId,
        position,
        amount_minor: (type === 'PaymentAllocated' ? 1n : -1n) * minorOf(paidOf(data).amount),
      })
      return
    }
    default:
      return
  }
}

/** The client, unless the payment names another. A payer with a fiscal code is a business, one without is a person. */
const payerOf = (named: unknown, client: Payer): Payer => {
  if (typeof named !== 'object' || named === null || !('name' in named) || typeof named.name !== 'string') return client
  const taxId = 'taxId' in named && typeof named.taxId === 'string' ? named.taxId : undefined
  const isClient =
    taxId === undefined || client.taxId === undefined
      ? plainName(named.name) === plainName(client.name)
      : fiscalCode(taxId) === fiscalCode(client.taxId)
  return isClient ? client : { kind: taxId === undefined ? 'INDIVIDUAL' : 'BUSINESS', name: named.name, taxId }
}

export const cashCeilingFold: Fold = {
  histories: [settlements],
  states: [clients, handed, contracts],
  start: () => foldCashCeilings,
}
