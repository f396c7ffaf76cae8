import { latest } from '../../business-day.ts'
import { minorIn, moneyOf } from '../../money.ts'
import { type RejectionCode, reject } from '../../rejection.ts'
import { accountPayments, type PaymentFacts, type Transfer } from '../account-records.ts'
import type { CompleteTransfer, ReceiveTransfer } from '../commands.ts'
import type { ClientAccount } from '../state.ts'
import {
  TransferCompleted,
  TransferDeclined,
  TransferReceived,
  TransferRefused,
  TransferRequested,
} from '../transfer-events.ts'
import type { Decisions } from './decisions.ts'
import { valueOffPayment } from './foreign-parts.ts'
import { collectedOn, firstFreeDay, isUncleared, paymentOf, requireCredit, requireNotBefore } from './requirements.ts'
import { dayOfMoney } from './vat-day.ts'

/** Why an account cannot receive a transfer; `undefined` when it can. Asked before anything is reserved, and again by the event. */
export const transferRefusal = (
  account: ClientAccount,
  { transferId }: Pick<ReceiveTransfer, 'transferId'>,
): RejectionCode | undefined => {
  if (account.client === undefined) return 'CLIENT_NOT_FOUND'
  // Money, credit notes on account and what was received stand under one space of ids.
  return accountPayments.has(account, transferId) ? 'PAYMENT_ALREADY_RECORDED' : undefined
}

/** What is reserved under an id; a second time there is nothing left to conclude. */
const reservedOn = (
  account: ClientAccount,
  { paymentId, transferId }: CompleteTransfer,
): { readonly payment: PaymentFacts; readonly transfer: Transfer } | undefined => {
  const payment = accountPayments.factsOf(account, paymentId)
  const transfer = payment?.transfers.find((one) => one.transferId === transferId && one.isReserved)
  return payment && transfer && { payment, transfer }
}

export const transferDecisions: Decisions<
  'TransferCredit' | 'ReceiveTransfer' | 'CompleteTransfer' | 'DeclineTransfer'
> = {
  TransferCredit: (command, account, { today, company: rules }) => {
    const { clientId, toClientId, transferId, reason } = command
    const payment = paymentOf(account, command)
    const { paymentId, currency } = payment
    if (toClientId === clientId) reject('TRANSFER_TO_SELF', { path: '/toClientId', clientId })
    // A paper that is not collected is its drawer's promise: what it will settle waits in the book of this account.
    if (isUncleared(payment)) reject('PAYMENT_NOT_CLEARED', { paymentId })
    if (payment.transfers.some((transfer) => transfer.transferId === transferId)) {
      reject('PAYMENT_ALREADY_RECORDED', { path: '/transferId', paymentId: transferId })
    }
    const amount = minorIn(command.amount, currency, '/amount')
    requireCredit(payment, amount, '/amount')
    const earliest = latest(payment.receivedOn, payment.lastUndoOn, collectedOn(payment))
    const movedOn = command.movedOn ?? firstFreeDay(rules, today, earliest)
    requireNotBefore(movedOn, earliest, '/movedOn')
    return [
      TransferRequested.of({
        clientId,
        paymentId,
        toClientId,
        transferId,
        amount: moneyOf(amount, currency),
        ...valueOffPayment(payment, amount),
        movedOn,
        // Until it is moved it is the other client's, for no supply of this one.
        ...(dayOfMoney(payment) !== undefined && { collectedOn: movedOn }),
        reason,
      }),
    ]
  },

  // What it refuses is an event as well: two that finish one transfer must hear the same.
  ReceiveTransfer: (command, account) => {
    const code = transferRefusal(account, command)
    if (code === undefined) return [TransferReceived.of(command)]
    const { clientId, origin, transferId } = command
    return [TransferRefused.of({ clientId, origin, transferId, code })]
  },

  CompleteTransfer: (command, account) =>
    reservedOn(account, command) === undefined ? [] : [TransferCompleted.of(command)],

  DeclineTransfer: (command, account) => {
    const reserved = reservedOn(account, command)
    if (reserved === undefined) return []
    const { currency, value } = reserved.payment
    const { amount, value: functional } = reserved.transfer
    return [
      TransferDeclined.of({
        ...command,
        amount: moneyOf(amount, currency),
        ...(value !== undefined && functional !== undefined && { functional: moneyOf(functional, value.currency) }),
      }),
    ]
  },
}
