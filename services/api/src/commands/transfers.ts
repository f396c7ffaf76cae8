import { type AccountEvent, clientAccountStream, Rejection, TransferCredit } from '@registru/domain'
import * as examples from '@registru/domain/examples'
import { v5 } from 'uuid'
import { z } from 'zod'
import type { CommandContext, Handled } from '../ledger/command-context.ts'
import { restOf } from '../ledger/errors.ts'
import { lastPosition } from '../ledger/last-position.ts'
import type { Cause } from '../steps/step.ts'
import type { TransferRequest } from '../transfers/transfer-saga.ts'
import { accountKey } from './batch-order.ts'
import { type CommandDependencies, defineCommand } from './command-definition.ts'
import { answer, eventsOf, onAccount } from './on-account.ts'
import { day, money } from './result-schemas.ts'

/** The other account is asked first; a command that was carried out before passes that question whatever it says today. */
const requireReceiver = async (
  transfer: Pick<TransferRequest, 'clientId' | 'toClientId' | 'transferId'>,
  context: CommandContext,
  { ledger, transfers }: CommandDependencies,
): Promise<void> => {
  try {
    await transfers.requireReceiver(context.companyId, transfer)
  } catch (error) {
    const isRefused = error instanceof Rejection
    const stream = clientAccountStream(context.companyId, transfer.clientId)
    if (!isRefused || (await ledger.accounts.replayed(stream, context)) === undefined) throw error
  }
}

/** Carries on what the account has reserved. @throws Rejection when the other account refused after all */
const moveReserved = async (
  handled: Handled<AccountEvent>,
  context: CommandContext,
  { transfers }: CommandDependencies,
): Promise<Handled<AccountEvent>> => {
  const { companyId, actor, correlationId, commandId } = context
  let { position } = handled
  if (context.dryRun && !handled.replayed) return handled
  for (const { data, eventId } of eventsOf(handled, 'TransferRequested')) {
    const cause: Cause<TransferRequest> = { data, eventId, companyId, actor, correlationId }
    const moved = await restOf(commandId, transfers.move(cause))
    if (moved.code !== undefined) throw new Rejection(moved.code, { paymentId: data.transferId })
    position = lastPosition({ position }, moved)
  }
  return { ...handled, position }
}

export const transferCommands = [
  defineCommand({
    name: 'TransferCredit',
    summary: "Move credit to another client's account",
    description:
      'What is left of a payment or of a credit note on account becomes the credit of another client, under `transferId` among its payments, with `origin` naming where it came from. Both accounts show it from the same position on: at no `knownAt` it stands in both or in neither. Money itself does not move: bank and cash stay as they are.',
    schema: TransferCredit,
    example: examples.transferCredit(),
    result: z.object({
      transferId: z.string(),
      paymentId: z.string(),
      toClientId: z.string(),
      amount: money,
      movedOn: day,
    }),
    rejections: [
      'ALLOCATION_EXCEEDS_CREDIT',
      'AMOUNT_TOO_PRECISE',
      'CLIENT_NOT_FOUND',
      'CREDIT_RESERVED',
      'DAY_TOO_FAR_AHEAD',
      'PAYMENT_ALREADY_RECORDED',
      'PAYMENT_NOT_CLEARED',
      'PAYMENT_NOT_FOUND',
      'PERIOD_CLOSED',
      'TRANSFER_TO_SELF',
      'UNDO_BEFORE_WHAT_IT_UNDOES',
    ],
    alsoOn: ({ toClientId }) => [accountKey(toClientId)],
    execute: async (command, context, dependencies) => {
      const data = { ...command, transferId: command.transferId ?? v5('transfer', context.commandId) }
      await requireReceiver(data, context, dependencies)
      const handled = await onAccount({ type: 'TransferCredit', data }, context, dependencies)
      const moved = await moveReserved(handled, context, dependencies)
      const request = eventsOf(handled, 'TransferRequested')[0]?.data
      const { transferId, paymentId, toClientId } = data
      const { amount, movedOn } = request ?? {}
      return answer(moved, { transferId, paymentId, toClientId, amount, movedOn })
    },
  }),
]
