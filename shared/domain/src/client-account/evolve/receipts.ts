import type { ReceiptId } from '../../ids.ts'
import type { PaymentFacts } from '../records/payment-facts.ts'
import { changePayment } from './changed-payments.ts'
import type { Evolutions } from './evolutions.ts'

const freeOfReceipt = (payment: PaymentFacts, receiptId: ReceiptId): void => {
  if (payment.receipt?.receiptId === receiptId) payment.receipt = undefined
}

export const receiptEvolutions: Evolutions<'ReceiptRequested' | 'ReceiptDeclined' | 'ReceiptReleased'> = {
  ReceiptRequested: ({ paymentId, receiptId, series }, account) =>
    changePayment(account, paymentId, (payment) => {
      payment.receipt = { receiptId, series }
    }),
  ReceiptDeclined: ({ paymentId, receiptId }, account) =>
    changePayment(account, paymentId, (payment) => freeOfReceipt(payment, receiptId)),
  ReceiptReleased: ({ paymentId, receiptId, series, number }, account) =>
    changePayment(account, paymentId, (payment) => {
      freeOfReceipt(payment, receiptId)
      payment.annulledReceipt = { series, number }
    }),
}
