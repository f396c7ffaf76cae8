import type { Elsewhere } from '../../decider.ts'
import type { ClientKind } from '../../party.ts'
import { reject } from '../../rejection.ts'
import { isFiscalCode, looksLikePersonalCode } from '../../tax-id.ts'
import { ClientRegistered, ClientUpdated } from '../events/clients.ts'
import type { Decisions } from './decisions.ts'
import { clientOf } from './requirements.ts'

const requireTaxId = (client: {
  readonly kind: ClientKind
  readonly taxId?: string | undefined
  readonly address?: { readonly countryCode: string } | undefined
}): void => {
  if (client.taxId === undefined) {
    if (client.kind === 'BUSINESS') reject('TAX_ID_INVALID', { path: '/taxId', rule: 'required for a BUSINESS' })
    return
  }
  if (client.kind === 'INDIVIDUAL' && looksLikePersonalCode(client.taxId)) {
    reject('TAX_ID_INVALID', { path: '/taxId', rule: 'a personal code (CNP) is not kept' })
  }
  // A foreign or unaddressed client's number follows other rules; only a Romanian business is held to the CUI's.
  if (client.kind === 'BUSINESS' && client.address?.countryCode === 'RO' && !isFiscalCode(client.taxId)) {
    reject('TAX_ID_INVALID', { path: '/taxId', taxId: client.taxId, rule: 'control digit of a Romanian fiscal code' })
  }
}

const usedBy = (elsewhere: Elsewhere | undefined) => {
  const others = elsewhere?.clients ?? []
  return others.length === 0 ? {} : { taxIdUsedBy: [...others] }
}

export const clientDecisions: Decisions<'RegisterClient' | 'UpdateClient'> = {
  RegisterClient: (command, account, { elsewhere }) => {
    if (account.client !== undefined) reject('CLIENT_ALREADY_REGISTERED', { clientId: command.clientId })
    requireTaxId(command)
    return [ClientRegistered.of({ ...command, ...usedBy(elsewhere) })]
  },

  UpdateClient: (command, account, { elsewhere }) => {
    const client = clientOf(account, command.clientId)
    requireTaxId({ ...client, ...command, kind: command.kind ?? client.kind })
    const before = new Map<string, unknown>(Object.entries(client))
    const changed = Object.entries(command).filter(
      ([field, value]) => JSON.stringify(before.get(field)) !== JSON.stringify(value),
    )
    if (changed.length === 0) return []
    const told = changed.some(([field]) => field === 'taxId') ? usedBy(elsewhere) : {}
    return [ClientUpdated.of({ clientId: command.clientId, ...Object.fromEntries(changed), ...told })]
  },
}
