import {
  type AccountCommand,
  type AccountEvent,
  accountPayments,
  type CashDeskId,
  type ClientId,
  clientAccountStream,
  type PaymentId,
  Rejection,
} from '@registru/domain'
import { v5 } from 'uuid'
import type { CommandContext, Handled } from '../ledger/command-context.ts'
import { restOf } from '../ledger/errors.ts'
import { lastPosition } from '../ledger/last-position.ts'
import type { ReceiptRequest, WantedReceipt } from '../receipts/receipt-saga.ts'
import type { Cause } from '../steps/step.ts'
import type { CommandDependencies } from './command-definition.ts'
import { onAccount } from './on-account.ts'

/** The caller's id, or one that a retry of the same command derives again. */
export const receiptIdOf = (given: string | undefined, context: CommandContext): string =>
  given ?? v5('receipt', context.commandId)

const requestCause = (handled: Handled<AccountEvent>, context: CommandContext): Cause<ReceiptRequest> => {
  for (const event of handled.events) {
    if (event.type !== 'ReceiptRequested') continue
    const { companyId, actor, correlationId } = context
    return { data: event.data, eventId: event.eventId, companyId, actor, correlationId }
  }
  throw new Error('a receipt was asked for and the account did not reserve one')
}

/** Where the money came in; `undefined` when the payment names no desk, or is not there. */
export const deskOfPayment = async (
  { clientId, paymentId }: { readonly clientId: ClientId; readonly paymentId: PaymentId },
  { companyId }: CommandContext,
  { ledger }: CommandDependencies,
): Promise<string | undefined> => {
  const stream = clientAccountStream(companyId, clientId)
  const account = await ledger.accounts.read(stream, (state) => accountPayments.has(state, paymentId))
  return accountPayments.get(account, paymentId)?.deskId
}

/**
 * Reserves the receipt on the account, then enters it in the book. The book is asked first, so that what it refuses
 * leaves no trace; a command that had been carried out before passes that question whatever the book says today.
 */
export const withReceipt = async (
  wanted: WantedReceipt & { readonly clientId: ClientId },
  commandAt: (deskId: CashDeskId | undefined) => Extract<AccountCommand, { type: 'RecordPayment' | 'IssueReceipt' }>,
  context: CommandContext,
  dependencies: CommandDependencies,
) => {
  const { ledger, receipts } = dependencies
  const stream = clientAccountStream(context.companyId, wanted.clientId)
  let { deskId } = wanted
  try {
    const bookDeskId = await receipts.requireBook(context.companyId, wanted)
    deskId ??= bookDeskId
  } catch (error) {
    const isRefused = error instanceof Rejection
    if (!isRefused || (await ledger.accounts.replayed(stream, context)) === undefined) throw error
  }
  const command = commandAt(deskId)
  const handled = await onAccount(command, context, dependencies)
  const cause = requestCause(handled, context)
  const payer = command.type === 'RecordPayment' ? command.data.payer : undefined
  const booked =
    context.dryRun && !handled.replayed
      ? await receipts.preview(cause, payer)
      : await restOf(context.commandId, receipts.enter(cause))
  return { handled: { ...handled, position: lastPosition(handled, booked) }, booked }
}
