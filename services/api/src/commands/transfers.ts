import { TransferCredit } from '@registru/domain'
import * as examples from '@registru/domain/examples'
import { z } from 'zod'
import { accountKey } from './batch-order.ts'
import { defineCommand } from './command-definition.ts'
import { answer } from './on-account.ts'
import { day, money } from './result-schemas.ts'
import { transferIdOf, withTransfer } from './with-transfer.ts'

export const transferCommands = [
  defineCommand({
    name: 'TransferCredit',
    summary: "Move credit to another client's account",
    description:
      'What is left of a payment or of a credit note on account becomes the credit of another client, under `transferId` among its payments, with `origin` naming where it came from. Both accounts show it from the same position on: at no `knownAt` it stands in both or in neither. Back to the client that it came from it is the credit of its first payment again, which can then be reversed. Money itself does not move: bank and cash stay as they are.',
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
      'CLIENT_MERGED',
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
      const data = { ...command, transferId: transferIdOf(command.transferId, context) }
      const { handled, request } = await withTransfer(data, { type: 'TransferCredit', data }, context, dependencies)
      const { transferId, paymentId, toClientId } = data
      const { amount, movedOn } = request ?? {}
      return answer(handled, { transferId, paymentId, toClientId, amount, movedOn })
    },
  }),
]
