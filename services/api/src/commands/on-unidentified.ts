import { type UnidentifiedCommand, type UnidentifiedEvent, unidentifiedStream } from '@registru/domain'
import type { CommandContext, Handled } from '../ledger/command-context.ts'
import type { CommandDependencies } from './command-definition.ts'

export const onUnidentified = async (
  command: UnidentifiedCommand,
  context: CommandContext,
  { ledger }: CommandDependencies,
): Promise<Handled<UnidentifiedEvent>> => {
  const { companyId } = context
  const stream = unidentifiedStream(companyId)
  const looked = ledger.elsewhere.of(command, companyId)
  await ledger.keys.admit(ledger.unidentified, stream, context)
  const companyRules = await ledger.rules.rulesOf(companyId)
  const price = await ledger.ratesInForce.of(command, companyId, companyRules)
  const elsewhere = await looked
  return ledger.unidentified.handle(stream, command, { ...context, companyRules, elsewhere, price })
}
