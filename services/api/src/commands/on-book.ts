import { type ReceiptBookCommand, type ReceiptBookEvent, receiptBookStream } from '@registru/domain'
import type { CommandContext, Handled } from '../ledger/command-context.ts'
import type { CommandDependencies } from './command-definition.ts'

export const onBook = async (
  command: ReceiptBookCommand,
  context: CommandContext,
  { ledger }: CommandDependencies,
): Promise<Handled<ReceiptBookEvent>> => {
  const stream = receiptBookStream(context.companyId, command.data.series)
  await ledger.keys.admit(ledger.books, stream, context)
  return ledger.books.handle(stream, command, context)
}
