import type { AccountCommand } from '@registru/domain'
import type { CommandContext } from '../ledger/command-context.ts'
import { restOf } from '../ledger/errors.ts'
import type { CommandDependencies } from './command-definition.ts'
import { eventsOf, onAccount } from './on-account.ts'

/**
 * Reverses a payment, or, where other accounts have some of it, holds it until all is back and reverses it then.
 * @throws Rejection also when other accounts cannot give back on that day: then nothing is held
 */
export const withReversal = async (
  command: Extract<AccountCommand, { readonly type: 'ReversePayment' }>,
  context: CommandContext,
  dependencies: CommandDependencies,
) => {
  const { reversals } = dependencies
  const { companyId, actor, correlationId, commandId } = context
  if (await reversals.isElsewhere(companyId, command.data)) {
    const asked = await onAccount(command, { ...context, dryRun: true }, dependencies)
    const [wanted] = eventsOf(asked, 'ReversalRequested')
    if (wanted !== undefined && !asked.replayed) {
      await reversals.requireDay(companyId, command.data, wanted.data.reversedOn)
    }
  }
  const handled = await onAccount(command, context, dependencies)
  const [request] = eventsOf(handled, 'ReversalRequested')
  if (request === undefined || (context.dryRun && !handled.replayed)) return { handled, followed: undefined }
  const { data, eventId } = request
  const cause = { data, eventId, companyId, actor, correlationId }
  return { handled, followed: await restOf(commandId, reversals.carryOut(cause)) }
}
