import type { Identified } from '../../decider.ts'
import type { EventId } from '../../ids.ts'
import type { AccountEvent } from '../events/account-events.ts'
import type { ClientAccount } from '../state.ts'
import { allocationEvolutions } from './allocations.ts'
import { claimEvolutions } from './claims.ts'
import { clientEvolutions } from './clients.ts'
import { creditEvolutions } from './credit.ts'
import type { Evolutions } from './evolutions.ts'
import { identificationEvolutions } from './identifications.ts'
import { invoiceEvolutions } from './invoices.ts'
import { mergeEvolutions } from './merges.ts'
import { paperEvolutions } from './papers.ts'
import { paymentEvolutions } from './payments.ts'
import { receiptEvolutions } from './receipts.ts'
import { transferEvolutions } from './transfers.ts'

const table: Evolutions<AccountEvent['type']> = {
  ...clientEvolutions,
  ...invoiceEvolutions,
  ...claimEvolutions,
  ...paperEvolutions,
  ...paymentEvolutions,
  ...allocationEvolutions,
  ...creditEvolutions,
  ...transferEvolutions,
  ...identificationEvolutions,
  ...receiptEvolutions,
  ...mergeEvolutions,
}

export const evolveAccount = (account: ClientAccount, event: Identified<AccountEvent>): ClientAccount => {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- TypeScript does not see that an event's data fits the function of its type
  const evolve = table[event.type] as (data: unknown, account: ClientAccount, eventId: EventId | undefined) => void
  evolve(event.data, account, event.eventId)
  return account
}
