import type { LedgerEvent } from '@registru/domain'
import { insert, type RowChange, set } from '../core/fold/changes.ts'
import { defineProjection } from '../core/fold/projection.ts'
import { clientChanges, clients, companies, type MergedInto } from './tables.ts'

const changed = ({
  // Whom it was alike then is told by the event alone.
  data: { clientId, taxIdUsedBy: _usedBy, ...details },
  metadata,
  position,
}: Extract<LedgerEvent, { readonly type: 'ClientRegistered' | 'ClientUpdated' }>): RowChange =>
  insert(clientChanges, { company_id: metadata.companyId, client_id: clientId, position, changed: details })

const merged = (
  {
    data: { clientId },
    metadata,
    position,
  }: Extract<LedgerEvent, { readonly type: 'MergeRequested' | 'MergeDeclined' }>,
  mergedInto: MergedInto | null,
): readonly RowChange[] => {
  const key = { company_id: metadata.companyId, client_id: clientId }
  return [
    insert(clientChanges, { ...key, position, changed: { mergedInto } }),
    set(clients, key, {
      last_position: position,
      merged_into: mergedInto?.clientId ?? null,
      merged_on: mergedInto?.mergedOn ?? null,
    }),
  ]
}

/** Who the issuers and the debtors are, one row each, and who the debtors were. */
export const parties = defineProjection({
  name: 'parties',
  version: 6,
  tables: [companies, clients, clientChanges],
  on: {
    CompanyRegistered: ({ data, position }) => [
      insert(companies, {
        company_id: data.companyId,
        name: data.name,
        tax_id: data.taxId,
        trade_register_number: data.tradeRegisterNumber ?? null,
        address: data.address,
        functional_currency: data.functionalCurrency,
        position,
      }),
    ],
    ClientRegistered: (event) => [
      changed(event),
      insert(clients, {
        company_id: event.metadata.companyId,
        client_id: event.data.clientId,
        kind: event.data.kind,
        name: event.data.name,
        tax_id: event.data.taxId ?? null,
        trade_register_number: event.data.tradeRegisterNumber ?? null,
        address: event.data.address ?? null,
        email: event.data.email ?? null,
        merged_into: null,
        merged_on: null,
        position: event.position,
        last_position: event.position,
      }),
    ],
    MergeRequested: (event) => {
      const { intoClientId, mergedOn } = event.data
      return merged(event, { clientId: intoClientId, mergedOn })
    },
    MergeDeclined: (event) => merged(event, null),
    ClientUpdated: (event) => [
      changed(event),
      set(
        clients,
        { company_id: event.metadata.companyId, client_id: event.data.clientId },
        {
          last_position: event.position,
          ...(event.data.kind !== undefined && { kind: event.data.kind }),
          ...(event.data.name !== undefined && { name: event.data.name }),
          ...(event.data.taxId !== undefined && { tax_id: event.data.taxId }),
          ...(event.data.tradeRegisterNumber !== undefined && {
            trade_register_number: event.data.tradeRegisterNumber,
          }),
          ...(event.data.address !== undefined && { address: event.data.address }),
          ...(event.data.email !== undefined && { email: event.data.email }),
        },
      ),
    ],
  },
})
