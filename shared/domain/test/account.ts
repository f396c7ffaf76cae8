import {
  allocatePayment,
  cancelInvoice,
  clientRegistered,
  confirmPaymentCleared,
  deallocatePayment,
  grantDiscount,
  identificationUndone,
  issueReceipt,
  paymentIdentified,
  recordPayment,
  recordRefund,
  recordSetOff,
  registerClaim,
  registerCreditNote,
  registerInvoice,
  releaseCredit,
  rescheduleInvoice,
  reverseCreditNote,
  reverseDiscount,
  reversePayment,
  reverseRefund,
  reverseSetOff,
  reverseWriteOff,
  transferCredit,
  writeOffInvoice,
} from '../src/examples.ts'
import {
  type AccountEvent,
  clientAccount,
  type PayForAnother,
  type ReceiveIdentification,
  type TakeIdentificationBack,
} from '../src/index.ts'
import { givenOf } from './given.ts'

// The commands of an account as its tests write them: an example, and what a test changes of it.

export const given = givenOf(clientAccount)
/** The history of an account whose client is known. */
export const account = clientRegistered()

export const eur = (amount: string) => ({ amount, currency: 'EUR' })

export const explicit = (invoiceId: string, amount: string) => ({
  rule: 'explicit' as const,
  items: [{ invoiceId, amount }],
})

export const register = (change: Parameters<typeof registerInvoice>[0] = {}) =>
  ({ type: 'RegisterInvoice', data: registerInvoice(change) }) as const
export const claim = (change: Parameters<typeof registerClaim>[0] = {}) =>
  ({ type: 'RegisterClaim', data: registerClaim(change) }) as const
export const reschedule = (change: Parameters<typeof rescheduleInvoice>[0] = {}) =>
  ({ type: 'RescheduleInvoice', data: rescheduleInvoice(change) }) as const
export const cancel = (change: Parameters<typeof cancelInvoice>[0] = {}) =>
  ({ type: 'CancelInvoice', data: cancelInvoice(change) }) as const
export const credit = (change: Parameters<typeof registerCreditNote>[0] = {}) =>
  ({ type: 'RegisterCreditNote', data: registerCreditNote(change) }) as const
export const writeOff = (change: Parameters<typeof writeOffInvoice>[0] = {}) =>
  ({ type: 'WriteOffInvoice', data: writeOffInvoice(change) }) as const
export const discount = (change: Parameters<typeof grantDiscount>[0] = {}) =>
  ({ type: 'GrantDiscount', data: grantDiscount(change) }) as const
export const record = (change: Omit<Partial<ReturnType<typeof recordPayment>>, 'receipt'> = {}, series?: string) => {
  const { receipt: _, ...data } = recordPayment(change)
  const receipt = series === undefined ? undefined : { series, receiptId: 'rec-15' }
  return { type: 'RecordPayment', data: { ...data, receipt } } as const
}
export const setOff = (change: Parameters<typeof recordSetOff>[0] = {}) =>
  ({ type: 'RecordSetOff', data: recordSetOff(change) }) as const
export const allocate = (change: Parameters<typeof allocatePayment>[0] = {}) =>
  ({ type: 'AllocatePayment', data: allocatePayment(change) }) as const
export const deallocate = (change: Parameters<typeof deallocatePayment>[0] = {}) =>
  ({ type: 'DeallocatePayment', data: deallocatePayment(change) }) as const
export const reverse = (change: Parameters<typeof reversePayment>[0] = {}) =>
  ({ type: 'ReversePayment', data: { ...reversePayment(change), claimId: 'claim-1' } }) as const
export const release = (change: Parameters<typeof releaseCredit>[0] = {}) =>
  ({ type: 'ReleaseCredit', data: releaseCredit(change) }) as const
export const reverseNote = (change: Parameters<typeof reverseCreditNote>[0] = {}) =>
  ({ type: 'ReverseCreditNote', data: reverseCreditNote(change) }) as const
export const reverseGrant = (change: Parameters<typeof reverseDiscount>[0] = {}) =>
  ({ type: 'ReverseDiscount', data: reverseDiscount(change) }) as const
export const reactivate = (change: Parameters<typeof reverseWriteOff>[0] = {}) =>
  ({ type: 'ReverseWriteOff', data: reverseWriteOff(change) }) as const
export const returned = (change: Parameters<typeof reverseRefund>[0] = {}) =>
  ({ type: 'ReverseRefund', data: reverseRefund(change) }) as const
export const undoSetOff = (change: Parameters<typeof reverseSetOff>[0] = {}) =>
  ({ type: 'ReverseSetOff', data: reverseSetOff(change) }) as const
export const clear = (change: Parameters<typeof confirmPaymentCleared>[0] = {}) =>
  ({ type: 'ConfirmPaymentCleared', data: confirmPaymentCleared(change) }) as const
export const refund = (change: Parameters<typeof recordRefund>[0] = {}) =>
  ({ type: 'RecordRefund', data: { ...recordRefund(change), claimId: 'claim-1' } }) as const
export const payFor = (change: Partial<PayForAnother> = {}) =>
  ({
    type: 'PayForAnother',
    data: { ...allocatePayment(), amount: '290.00', invoiceClientId: 'beta', transferId: 'pay-1-alfa', ...change },
  }) as const
export const transfer = (change: Parameters<typeof transferCredit>[0] = {}) =>
  ({ type: 'TransferCredit', data: transferCredit(change) }) as const
export const identified = (change: Partial<ReceiveIdentification> = {}) => {
  const { allocationRule: _, allocationStage: _stage, ...facts } = paymentIdentified().data
  const allocation = { rule: 'auto' } as const
  return { type: 'ReceiveIdentification', data: { ...facts, allocation, ...change } } as const
}
export const undoIdentified = (change: Partial<TakeIdentificationBack> = {}) => {
  const { amount: _, ...facts } = identificationUndone().data
  return { type: 'UndoIdentification', data: { ...facts, ...change } } as const
}
export const askReceipt = (change: Parameters<typeof issueReceipt>[0] = {}) =>
  ({ type: 'IssueReceipt', data: { ...issueReceipt(change), receiptId: 'rec-15' } }) as const

/** The allocations among the events, as `invoice amount day`. */
export const allocations = (events: readonly AccountEvent[]): readonly string[] =>
  events.flatMap(({ type, data }) =>
    type === 'PaymentAllocated' ? [`${data.invoiceId} ${data.amount.amount} ${data.allocatedOn}`] : [],
  )
