import { type AccountCommand, type AccountEvent, clientAccountStream } from '@registru/domain'
import type { CommandContext, Handled, HandledEvent } from '../ledger/command-context.ts'
import { restOf } from '../ledger/errors.ts'
import { lastPosition } from '../ledger/last-position.ts'
import type { CommandAnswer, CommandDependencies } from './command-definition.ts'

export const eventsOf = <Type extends AccountEvent['type']>({ events }: Handled<AccountEvent>, type: Type) =>
  events.filter((event): event is HandledEvent<Extract<AccountEvent, { readonly type: Type }>> => event.type === type)

export const onAccount = async (
  command: AccountCommand,
  context: CommandContext,
  { ledger, merges }: CommandDependencies,
): Promise<Handled<AccountEvent>> => {
  const { companyId } = context
  const stream = clientAccountStream(companyId, command.data.clientId)
  const looked = ledger.elsewhere.of(command, companyId)
  await ledger.keys.admit(ledger.accounts, stream, context)
  const companyRules = await ledger.rules.rulesOf(companyId)
  const price = await ledger.ratesInForce.of(command, companyId, companyRules)
  const elsewhere = await looked
  const handled = await ledger.accounts.handle(stream, command, { ...context, companyRules, elsewhere, price })
  const [resumed] = eventsOf(handled, 'MergeResumed')
  if (resumed === undefined || (context.dryRun && !handled.replayed)) return handled
  // What an undo leaves in an account that is merged goes on to the other one.
  const { data, eventId } = resumed
  const { actor, correlationId, commandId } = context
  const moved = await restOf(commandId, merges.moveOn({ data, eventId, companyId, actor, correlationId }))
  return { ...handled, position: lastPosition(handled, moved) }
}

export const answer = (handled: Handled<AccountEvent>, result: object): CommandAnswer => ({ ...handled, result })
