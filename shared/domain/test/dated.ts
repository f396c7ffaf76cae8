import {
  creditNoteRegistered,
  discountGranted,
  invoiceRegistered,
  invoiceWrittenOff,
  paymentAllocated,
  paymentIdentified,
  paymentRecorded,
  refundRecorded,
  ron,
} from '../src/examples.ts'
import type { AccountCommand, AccountEvent } from '../src/index.ts'
import {
  account,
  allocate,
  askReceipt,
  cancel,
  claim,
  clear,
  credit,
  deallocate,
  discount,
  payFor,
  reactivate,
  record,
  refund,
  register,
  release,
  reschedule,
  returned,
  reverse,
  reverseGrant,
  reverseNote,
  setOff,
  transfer,
  undoIdentified,
  undoSetOff,
  writeOff,
} from './account.ts'

/** What may be taken back. */
export const papers: readonly AccountEvent[] = [
  // Due last, so that what falls on the others is as if it were not there.
  invoiceRegistered({ invoiceId: 'corrected', dueOn: '2027-01-31' }),
  creditNoteRegistered({ invoiceId: 'corrected', creditNoteId: 'cn-given', number: '1031' }),
  discountGranted({ invoiceId: 'corrected', discountId: 'dis-given', amount: ron('1.00'), vatLines: [] }),
  invoiceWrittenOff({
    invoiceId: 'corrected',
    writeOffId: 'wo-given',
    amount: ron('1.00'),
    writtenOffOn: '2026-11-02',
  }),
  paymentRecorded({ paymentId: 'given-back' }),
  refundRecorded({ paymentId: 'given-back', refundId: 'ref-given', refundedOn: '2026-11-02' }),
  paymentRecorded({ paymentId: 'set-given', method: 'SET_OFF', amount: ron('10.00') }),
  paymentAllocated({ paymentId: 'set-given', invoiceId: 'corrected', amount: ron('10.00') }),
]
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
  paymentIdentified(),
  ...papers,
]
const explicitly = { allocation: { rule: 'none' as const } }

/** Every command that takes a day, and how it takes it. */
export const dated: Readonly<Record<string, (day: string) => AccountCommand>> = {
  RegisterInvoice: (day) => register({ invoiceId: 'new', number: '7', issuedOn: day, dueOn: day }),
  RegisterClaim: (day) => claim({ issuedOn: day, dueOn: day }),
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
  PayForAnother: (day) => payFor({ allocatedOn: day }),
  TransferCredit: (day) => transfer({ movedOn: day }),
  UndoIdentification: (day) => undoIdentified({ undoneOn: day }),
  RecordRefund: (day) => refund({ refundedOn: day }),
  ReleaseCredit: (day) => release({ releasedOn: day }),
  ReverseCreditNote: (day) => reverseNote({ creditNoteId: 'cn-given', reversedOn: day }),
  ReverseDiscount: (day) => reverseGrant({ discountId: 'dis-given', reversedOn: day }),
  ReverseWriteOff: (day) => reactivate({ writeOffId: 'wo-given', reversedOn: day }),
  ReverseRefund: (day) => returned({ refundId: 'ref-given', reversedOn: day }),
  ReverseSetOff: (day) => undoSetOff({ paymentId: 'set-given', reversedOn: day }),
  IssueReceipt: (day) => askReceipt({ issuedOn: day }),
}
