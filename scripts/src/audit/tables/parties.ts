import { canonical, type Expected, type Fold, find, type History, jsonCell, put } from '../expected.ts'
import type { PlacedFact } from '../facts.ts'

const companies = { name: 'companies', key: ['company_id'] }
const clients = { name: 'clients', key: ['company_id', 'client_id'] }

const changes: History = { name: 'client_changes', position: 'position', within: ['company_id', 'client_id'] }

const foldParties = (expected: Expected, fact: PlacedFact): void => {
  const { type, data, companyId, position } = fact
  if (type === 'CompanyRegistered') {
    put(expected, companies, {
      company_id: data.companyId,
      name: data.name,
      tax_id: data.taxId,
      trade_register_number: data.tradeRegisterNumber ?? null,
      address: jsonCell(data.address),
      functional_currency: data.functionalCurrency,
      position,
    })
  } else if (type === 'ClientRegistered' || type === 'ClientUpdated') {
    const { clientId: client_id, ...changed } = data
    expected.bear(changes, { company_id: companyId, client_id, position, changed: canonical(changed) })
    const before = find(expected, clients, companyId, data.clientId) ?? {}
    // What an update does not name stays.
    put(expected, clients, {
      company_id: companyId,
      client_id: data.clientId,
      kind: data.kind ?? before['kind'] ?? null,
      name: data.name ?? before['name'] ?? null,
      tax_id: data.taxId ?? before['tax_id'] ?? null,
      trade_register_number: data.tradeRegisterNumber ?? before['trade_register_number'] ?? null,
      address: jsonCell(data.address) ?? before['address'] ?? null,
      email: data.email ?? before['email'] ?? null,
      merged_into: before['merged_into'] ?? null,
      merged_on: before['merged_on'] ?? null,
      position: before['position'] ?? position,
      last_position: position,
    })
  } else if (type === 'MergeRequested' || type === 'MergeDeclined') {
    const { clientId: client_id, intoClientId: into } = data
    const mergedInto = type === 'MergeRequested' ? { clientId: into, mergedOn: data.mergedOn } : null
    expected.bear(changes, { company_id: companyId, client_id, position, changed: canonical({ mergedInto }) })
    const row = find(expected, clients, companyId, client_id)
    if (row === undefined) return
    row['merged_into'] = mergedInto?.clientId ?? null
    row['merged_on'] = mergedInto?.mergedOn ?? null
    row['last_position'] = position
  }
}

export const partyFold: Fold = { histories: [changes], states: [companies, clients], start: () => foldParties }
