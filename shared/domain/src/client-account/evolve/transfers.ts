import { latest } from '../../business-day.ts'
import { minorOf } from '../../money.ts'
import { accountPayments } from '../records/payments.ts'
import { changePayment, newPayment } from './changed-payments.ts'
import type { Evolutions } from './evolutions.ts'
import { takeValue } from './values.ts'

export const transferEvolutions: Evolutions<
  'TransferRequested' | 'TransferReceived' | 'TransferRefused' | 'TransferCompleted' | 'TransferDeclined'
> = {
  TransferRequested: (requested, account) => {
    const { paymentId, transferId, toClientId, functional, merges = false } = requested
    const amount = minorOf(requested.amount)
    changePayment(account, paymentId, (payment) => {
      payment.credit -= amount
      takeValue(payment.value, functional?.amount)
      const value = functional && minorOf(functional)
      payment.transfers = [...payment.transfers, { transferId, toClientId, amount, value, isReserved: true, merges }]
    })
  },
  TransferReceived: (received, account) => {
    const { transferId, amount, movedOn, collectedOn, functional, returnsTo } = received
    if (returnsTo !== undefined) {
      const given = received.origin.paymentId
      changePayment(account, returnsTo, (payment) => {
        payment.credit += minorOf(amount)
        takeValue(payment.value, functional?.amount, -1n)
        payment.lastUndoOn = latest(movedOn, payment.lastUndoOn)
        payment.transfers = payment.transfers.flatMap((transfer) => {
          if (transfer.transferId !== given) return [transfer]
          const left = transfer.amount - minorOf(amount)
          return left === 0n ? [] : [{ ...transfer, amount: left }]
        })
      })
      return
    }
    const origin = { ...received.origin, collectedOn, noteOf: received.merges === true ? received.noteOf : undefined }
    // Whoever it was, the ceiling of that day is counted in the account that took it in.
    const cashPayer = received.cashOf && { identity: '', kind: received.cashOf }
    const facts = { paymentId: transferId, amount, receivedOn: movedOn, functional, origin, cashPayer }
    accountPayments.set(account, newPayment({ ...facts, method: 'TRANSFER' }))
  },
  TransferRefused: () => undefined,
  TransferCompleted: ({ paymentId, transferId }, account) =>
    changePayment(account, paymentId, (payment) => {
      payment.transfers = payment.transfers.map((transfer) =>
        transfer.transferId === transferId ? { ...transfer, isReserved: false } : transfer,
      )
    }),
  TransferDeclined: (declined, account) =>
    changePayment(account, declined.paymentId, (payment) => {
      payment.credit += minorOf(declined.amount)
      takeValue(payment.value, declined.functional?.amount, -1n)
      payment.transfers = payment.transfers.filter(({ transferId }) => transferId !== declined.transferId)
    }),
}
