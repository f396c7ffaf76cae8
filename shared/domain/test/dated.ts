import { invoiceRegistered, paymentAllocated, paymentRecorded, ron } from '../src/examples.ts'
import type { AccountCommand, AccountEvent } from '../src/index.ts'
import {
  account,
  allocate,
  askReceipt,
  cancel,
  clear,
  credit,
  deallocate,
  discount,
  record,
  refund,
  register,
  reschedule,
  reverse,
  setOff,
  writeOff,
} from './account.ts'

const cash = { paymentId: 'pay-2', method: 'CASH' as const, amount: ron('500.00'), receivedOn: '2026-11-02' }
/** An account on which each of them is accepted. */
export const history: readonly AccountEvent[] = [
  account,
  invoiceRegistered(),
  invoiceRegistered({ invoiceId: 'inv-1025' }),
  paymentRecorded(),
  paymentRecorded(cash),
  paymentRecorded({ paymentId: 'pay-3', method: 'CARD_ONLINE', amount: ron('500.00') }),
  paymentAllocated({ amount: ron('300.00') }),
]
const explicitly = { allocation: { rule: 'none' as const } }

/** Every command that takes a day, and how it takes it. */
export const dated: Readonly<Record<string, (day: string) => AccountCommand>> = {
  RegisterInvoice: (day) => register({ invoiceId: 'new', number: '7', issuedOn: day, dueOn: day }),
  RescheduleInvoice: (day) => reschedule({ agreedOn: day }),
  CancelInvoice: (day) => cancel({ invoiceId: 'inv-1025', cancelledOn: day }),
  RegisterCreditNote: (day) => credit({ issuedOn: day }),
  'RegisterCreditNote on account': (day) => credit({ invoiceId: undefined, issuedOn: day }),
  WriteOffInvoice: (day) => writeOff({ writtenOffOn: day }),
  GrantDiscount: (day) => discount({ grantedOn: day }),
  RecordPayment: (day) => record({ paymentId: 'new', receivedOn: day, ...explicitly }),
  RecordSetOff: (day) => setOff({ setOffOn: day }),
  AllocatePayment: (day) => allocate({ allocatedOn: day }),
  DeallocatePayment: (day) => deallocate({ invoiceId: 'inv-1024', amount: undefined, deallocatedOn: day }),
  ReversePayment: (day) => reverse({ reversedOn: day }),
  ConfirmPaymentCleared: (day) => clear({ clearedOn: day }),
  RecordRefund: (day) => refund({ refundedOn: day }),
  IssueReceipt: (day) => askReceipt({ issuedOn: day }),
}
