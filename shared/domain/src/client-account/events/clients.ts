// Stored for ever: a change of shape is a new version with an upcaster, never an edit.
import { z } from 'zod'
import { defineEvent } from '../../event-definition.ts'
import { ClientId } from '../../ids.ts'
import { Address, ClientKind, Email, TaxId, TradeRegisterNumber } from '../../party.ts'
import { Name, personal } from '../../text.ts'

const clientDetails = {
  kind: ClientKind,
  name: personal(Name),
  taxId: TaxId.optional(),
  tradeRegisterNumber: TradeRegisterNumber.optional(),
  address: personal(Address).optional(),
  email: personal(Email).optional(),
}

/** Who else of the company was known to have the same fiscal code. */
const taxIdUsedBy = z.array(ClientId).min(1).optional()

export const ClientRegistered = defineEvent({
  type: 'ClientRegistered',
  version: 1,
  data: z.strictObject({ clientId: ClientId, ...clientDetails, taxIdUsedBy }),
})

/** Only the fields that changed: personal data stands in as few events as possible. */
export const ClientUpdated = defineEvent({
  type: 'ClientUpdated',
  version: 1,
  data: z.strictObject({ clientId: ClientId, ...z.strictObject(clientDetails).partial().shape, taxIdUsedBy }),
})
