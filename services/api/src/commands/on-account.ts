import { type AccountCommand, type AccountEvent, clientAccountStream } from '@registru/domain'
import type { CommandContext, Handled, HandledEvent } from '../ledger/command-context.ts'
import type { CommandAnswer, CommandDependencies } from './command-definition.ts'

export const eventsOf = <Type extends AccountEvent['type']>({ events }: Handled<AccountEvent>, type: Type) =>
  events.filter((event): event is HandledEvent<Extract<AccountEvent, { readonly type: Type }>> => event.type === type)

export const onAccount = async (
  command: AccountCommand,
  context: CommandContext,
  { ledger }: CommandDependencies,
): Promise<Handled<AccountEvent>> => {
  const { companyId } = context
  const stream = clientAccountStream(companyId, command.data.clientId)
  const looked = ledger.elsewhere.of(command, companyId)
  await ledger.keys.admit(ledger.accounts, stream, context)
  const companyRules = await ledger.rules.rulesOf(companyId)
  const price = await ledger.ratesInForce.of(command, companyId, companyRules)
  const elsewhere = await looked
  return ledger.accounts.handle(stream, command, { ...context, companyRules, elsewhere, price })
}

export const answer = (handled: Handled<AccountEvent>, result: object): CommandAnswer => ({ ...handled, result })
