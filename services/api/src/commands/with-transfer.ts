import {
  type AccountCommand,
  type AccountEvent,
  accountPayments,
  type ClientId,
  clientAccountStream,
  type PaymentFacts,
  type PaymentId,
  Rejection,
} from '@registru/domain'
import { v5 } from 'uuid'
import type { CommandContext, Handled } from '../ledger/command-context.ts'
import { restOf } from '../ledger/errors.ts'
import { lastPosition } from '../ledger/last-position.ts'
import type { Cause } from '../steps/step.ts'
import type { TransferRequest } from '../transfers/transfer-saga.ts'
import type { CommandDependencies } from './command-definition.ts'
import { eventsOf, onAccount } from './on-account.ts'

/** The caller's id, or one that a retry of the same command derives again. */
export const transferIdOf = (given: PaymentId | undefined, context: CommandContext): PaymentId =>
  given ?? v5('transfer', context.commandId)

/** Of the payment whose credit moves, what bears on that; `undefined` when it is not there, which its account will say. */
const creditOf = async (
  { clientId, paymentId }: { readonly clientId: ClientId; readonly paymentId: PaymentId },
  { companyId }: CommandContext,
  { ledger }: CommandDependencies,
): Promise<Pick<PaymentFacts, 'currency' | 'receivedOn' | 'cashPayer'> | undefined> => {
  const stream = clientAccountStream(companyId, clientId)
  const account = await ledger.accounts.read(stream, (state) => accountPayments.has(state, paymentId))
  return accountPayments.factsOf(account, paymentId)
}

type Wanted = Pick<
  TransferRequest,
  'clientId' | 'toClientId' | 'transferId' | 'invoiceId' | 'paymentId' | 'cashOverride'
> & {
  readonly amount: string
}

/** The other account is asked first; a command that was carried out before passes that question whatever it says today. */
const requireReceiver = async (wanted: Wanted, context: CommandContext, dependencies: CommandDependencies) => {
  const { ledger, transfers } = dependencies
  try {
    const credit = await creditOf(wanted, context, dependencies)
    const { toClientId, transferId, invoiceId, cashOverride, amount } = wanted
    await transfers.requireReceiver(context.companyId, {
      toClientId,
      transferId,
      invoiceId,
      ...(credit !== undefined && {
        amount: { amount, currency: credit.currency },
        movedOn: credit.receivedOn,
        cashOf: credit.cashPayer?.kind,
        cashOverride,
      }),
    })
  } catch (error) {
    const isRefused = error instanceof Rejection
    const stream = clientAccountStream(context.companyId, wanted.clientId)
    if (!isRefused || (await ledger.accounts.replayed(stream, context)) === undefined) throw error
  }
}

/**
 * Reserves the credit on the one account, then has the other receive it.
 * @throws Rejection also when the other account refused after all: then nothing has moved
 */
export const withTransfer = async (
  wanted: Wanted,
  command: AccountCommand,
  context: CommandContext,
  dependencies: CommandDependencies,
) => {
  await requireReceiver(wanted, context, dependencies)
  const handled = await onAccount(command, context, dependencies)
  const received: Handled<AccountEvent>['events'][number][] = []
  const { companyId, actor, correlationId, commandId } = context
  let { position } = handled
  const requests = eventsOf(handled, 'TransferRequested')
  for (const { data, eventId } of context.dryRun && !handled.replayed ? [] : requests) {
    const cause: Cause<TransferRequest> = { data, eventId, companyId, actor, correlationId }
    const moved = await restOf(commandId, dependencies.transfers.move(cause))
    if (moved.code !== undefined) throw new Rejection(moved.code, { paymentId: data.transferId })
    received.push(...moved.received)
    position = lastPosition({ position }, moved)
  }
  return { handled: { ...handled, position }, received, request: requests[0]?.data }
}
