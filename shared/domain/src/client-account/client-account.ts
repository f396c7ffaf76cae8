import { createCodec } from '../codec.ts'
import type { Decider } from '../decider.ts'
import type { AccountCommand } from './commands.ts'
import { decideAccount } from './decide.ts'
import { type AccountEvent, accountEventDefinitions } from './events/account-events.ts'
import { evolveAccount } from './evolve/evolve-account.ts'
import { accountSnapshot } from './snapshot.ts'
import { type ClientAccount, initialAccount } from './state.ts'

/**
 * What one client owes one company: invoices, payments and what settles what. One append settles a payment against any
 * number of invoices, so no invoice is ever over-allocated.
 */
export const clientAccount: Decider<ClientAccount, AccountCommand, AccountEvent> = {
  name: 'clientAccount',
  codec: createCodec(accountEventDefinitions),
  initialState: initialAccount,
  decide: decideAccount,
  evolve: evolveAccount,
  snapshot: accountSnapshot,
}
