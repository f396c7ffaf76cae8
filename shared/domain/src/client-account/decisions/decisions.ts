import type { DecisionTable } from '../../decider.ts'
import type { AccountCommand } from '../commands.ts'
import type { AccountEvent } from '../events/account-events.ts'
import type { ClientAccount } from '../state.ts'

export type CommandData<Type extends AccountCommand['type']> = Extract<AccountCommand, { readonly type: Type }>['data']

/** A part of the account's table: one function a command. */
export type Decisions<Type extends AccountCommand['type']> = DecisionTable<
  ClientAccount,
  Extract<AccountCommand, { readonly type: Type }>,
  AccountEvent
>
