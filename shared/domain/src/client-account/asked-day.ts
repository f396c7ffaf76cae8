import type { AskedDay } from '../rules/days-ahead.ts'
import type { AccountCommand } from './commands.ts'

/** What the ledger asks of itself is dated as what it follows, and due days lie ahead by nature: neither is asked for. */
export const askedDayOf = ({ type, data }: AccountCommand): AskedDay | undefined => {
  switch (type) {
    case 'RegisterInvoice':
    case 'RegisterClaim':
    case 'RegisterCreditNote':
    case 'IssueReceipt':
      return { path: '/issuedOn', day: data.issuedOn }
    case 'RescheduleInvoice':
      return { path: '/agreedOn', day: data.agreedOn }
    case 'CancelInvoice':
      return { path: '/cancelledOn', day: data.cancelledOn }
    case 'WriteOffInvoice':
      return { path: '/writtenOffOn', day: data.writtenOffOn }
    case 'GrantDiscount':
      return { path: '/grantedOn', day: data.grantedOn }
    case 'RecordPayment':
      return { path: '/receivedOn', day: data.receivedOn }
    case 'RecordSetOff':
      return { path: '/setOffOn', day: data.setOffOn }
    case 'AllocatePayment':
    case 'PayForAnother':
      return { path: '/allocatedOn', day: data.allocatedOn }
    case 'DeallocatePayment':
      return { path: '/deallocatedOn', day: data.deallocatedOn }
    case 'ReversePayment':
    case 'ReverseCreditNote':
    case 'ReverseDiscount':
    case 'ReverseWriteOff':
    case 'ReverseRefund':
    case 'ReverseSetOff':
      return { path: '/reversedOn', day: data.reversedOn }
    case 'ConfirmPaymentCleared':
      return { path: '/clearedOn', day: data.clearedOn }
    case 'ReleaseCredit':
      return { path: '/releasedOn', day: data.releasedOn }
    case 'RecordRefund':
      return { path: '/refundedOn', day: data.refundedOn }
    case 'MergeClients':
      return { path: '/mergedOn', day: data.mergedOn }
    case 'TransferCredit':
      return { path: '/movedOn', day: data.movedOn }
    case 'UndoIdentification':
      return { path: '/undoneOn', day: data.undoneOn }
    case 'RegisterClient':
    case 'UpdateClient':
    case 'ReceiveTransfer':
    case 'CompleteTransfer':
    case 'DeclineTransfer':
    case 'RecallTransfer':
    case 'ConcludeReversal':
    case 'ReceiveIdentification':
    case 'AcceptMerge':
    case 'ConfirmMerge':
    case 'DeclineMerge':
    case 'MoveItems':
    case 'ReceiveInvoice':
    case 'DeclineInvoiceMove':
    case 'ConcludeMerge':
    case 'DeclineReceipt':
    case 'ReleaseReceipt':
      return undefined
  }
}
