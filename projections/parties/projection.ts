import { insert, set } from '../core/changes.ts'
import { defineProjection } from '../core/projection.ts'
import { clients, companies } from './tables.ts'

/** Who the issuers and the debtors are. One row each. */
export const parties = defineProjection({
  name: 'parties',
  version: 1,
  tables: [companies, clients],
  on: {
    CompanyRegistered: ({ data }) => [
      insert(companies, {
        company_id: data.companyId,
        name: data.name,
        tax_id: data.taxId,
        trade_register_number: data.tradeRegisterNumber ?? null,
        address: data.address,
        functional_currency: data.functionalCurrency,
      }),
    ],
    ClientRegistered: ({ data, metadata }) => [
      insert(clients, {
        company_id: metadata.companyId,
        client_id: data.clientId,
        kind: data.kind,
        name: data.name,
        tax_id: data.taxId ?? null,
        trade_register_number: data.tradeRegisterNumber ?? null,
        address: data.address ?? null,
        email: data.email ?? null,
      }),
    ],
    ClientUpdated: ({ data, metadata }) => [
      set(
        clients,
        { company_id: metadata.companyId, client_id: data.clientId },
        {
          ...(data.kind !== undefined && { kind: data.kind }),
          ...(data.name !== undefined && { name: data.name }),
          ...(data.taxId !== undefined && { tax_id: data.taxId }),
          ...(data.tradeRegisterNumber !== undefined && { trade_register_number: data.tradeRegisterNumber }),
          ...(data.address !== undefined && { address: data.address }),
          ...(data.email !== undefined && { email: data.email }),
        },
      ),
    ],
  },
})
