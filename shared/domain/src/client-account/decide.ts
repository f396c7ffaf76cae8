import { type BusinessDay, latest } from '../business-day.ts'
import { type DecisionContext, type DecisionTable, decideBy } from '../decider.ts'
import { reject } from '../rejection.ts'
import { type AskedDay, requireNear } from '../rules/days-ahead.ts'
import { askedDayOf } from './asked-day.ts'
import type { AccountCommand } from './commands.ts'
import { claimDecisions } from './decisions/claims.ts'
import { clientDecisions } from './decisions/clients.ts'
import { settlementsOn } from './decisions/freeing.ts'
import { identificationDecisions, undoableFrom } from './decisions/identifications.ts'
import { earliestOn, invoiceDecisions } from './decisions/invoices.ts'
import { onwards, requireOwnAccount } from './decisions/merged.ts'
import { mergeDecisions } from './decisions/merges.ts'
import { paymentDecisions } from './decisions/payments.ts'
import { receiptDecisions } from './decisions/receipts.ts'
import { refundDecisions, refundTakenBackFrom } from './decisions/refunds.ts'
import { releaseDecisions } from './decisions/releases.ts'
import { rescheduleDecisions } from './decisions/reschedules.ts'
import { lastEffectOn } from './decisions/reversals.ts'
import { takenBackFrom, takingBack } from './decisions/taking-back.ts'
import { transferDecisions } from './decisions/transfers.ts'
import type { AccountEvent } from './events/account-events.ts'
import { accountInvoices } from './records/invoices.ts'
import { accountPayments } from './records/payments.ts'
import type { ClientAccount } from './state.ts'

const table: DecisionTable<ClientAccount, AccountCommand, AccountEvent> = {
  ...clientDecisions,
  ...invoiceDecisions,
  ...claimDecisions,
  ...rescheduleDecisions,
  ...paymentDecisions,
  ...refundDecisions,
  ...receiptDecisions,
  ...releaseDecisions,
  ...takingBack,
  ...transferDecisions,
  ...mergeDecisions,
  ...identificationDecisions,
}

const decideByTable = decideBy(table)

/** The day that an event is dated, if it moves money or papers; none is effective before it. */
const datedOn = ({ type, data }: AccountEvent): BusinessDay | undefined => {
  switch (type) {
    case 'InvoiceRegistered':
    case 'ClaimRegistered':
      return data.issuedOn
    case 'InvoiceRescheduled':
      return data.agreedOn
    case 'InvoiceCancelled':
    case 'ClaimCancelled':
      return data.cancelledOn
    // The paper's own day: what it lowers may follow on a later one.
    case 'CreditNoteRegistered':
      return data.issuedOn
    case 'DiscountGranted':
      return data.grantedOn
    case 'InvoiceWrittenOff':
      return data.writtenOffOn
    case 'PaymentRecorded':
      return data.receivedOn
    case 'PaymentAllocated':
      return data.allocatedOn
    case 'PaymentDeallocated':
      return data.deallocatedOn
    case 'PaymentReversed':
    case 'ReversalRequested':
    case 'CreditNoteReversed':
    case 'DiscountReversed':
    case 'WriteOffReversed':
    case 'RefundReversed':
      return data.reversedOn
    case 'PaymentCleared':
      return data.clearedOn
    case 'RefundRecorded':
      return data.refundedOn
    case 'CreditReleased':
      return data.releasedOn
    case 'ReceiptRequested':
      return data.issuedOn
    case 'TransferRequested':
      return data.movedOn
    case 'IdentificationUndone':
      return data.undoneOn
    case 'MergeRequested':
      return data.mergedOn
    case 'InvoiceMoveRequested':
      return data.movedOn
    // What was reserved before a period was closed still arrives on its own day.
    case 'InvoiceMoved':
    case 'InvoiceMoveRefused':
    case 'InvoiceMoveDeclined':
    case 'MergeAccepted':
    case 'MergeRefused':
    case 'MergeDeclined':
    case 'MergeConfirmed':
    case 'MergeResumed':
    case 'MergeConcluded':
    case 'PaymentIdentified':
    case 'IdentificationRefused':
    case 'ReversalDeclined':
    case 'TransferReceived':
    case 'TransferRefused':
    case 'TransferCompleted':
    case 'TransferDeclined':
    // A release does what the book has already done, whatever was closed since.
    case 'ReceiptReleased':
    case 'ReceiptDeclined':
    case 'CashLimitOverridden':
    case 'ClientRegistered':
    case 'ClientUpdated':
      return undefined
  }
}

/** The first day on which an undo may be dated; `undefined` for what undoes nothing that is there. */
const undoneOn = ({ type, data }: AccountCommand, account: ClientAccount): BusinessDay | undefined => {
  switch (type) {
    case 'CancelInvoice': {
      const invoice = accountInvoices.get(account, data.invoiceId)
      if (invoice === undefined || data.freeSettlements !== true) return invoice && earliestOn(invoice)
      return latest(earliestOn(invoice), ...settlementsOn(account, invoice).map(({ on }) => on))
    }
    case 'DeallocatePayment':
    case 'ReversePayment':
    case 'ReverseSetOff': {
      const payment = accountPayments.get(account, data.paymentId)
      return payment && lastEffectOn(payment)
    }
    case 'UndoIdentification': {
      const credit = accountPayments.factsOf(account, data.identificationId)
      return credit && undoableFrom(credit)
    }
    case 'ReverseCreditNote':
      return takenBackFrom.creditNote(account, data.creditNoteId)
    case 'ReverseDiscount':
      return takenBackFrom.discount(account, data.discountId)
    case 'ReverseWriteOff':
      return takenBackFrom.writeOff(account, data.writeOffId)
    case 'ReverseRefund':
      return refundTakenBackFrom(account, data.refundId)
    default:
      return undefined
  }
}

/** Nothing is dated in a closed period (OMFP 2634/2015 annex 1 pct. 58 h): corrections are dated in the open one. */
const requireOpenPeriod = (
  events: readonly AccountEvent[],
  asked: AskedDay | undefined,
  closedThrough: BusinessDay | undefined,
): void => {
  if (closedThrough === undefined) return
  for (const event of events) {
    const day = datedOn(event)
    if (day !== undefined && day <= closedThrough) reject('PERIOD_CLOSED', { path: asked?.path, day, closedThrough })
  }
}

/** What holds for the day of any decision. */
export const decideAccount = (
  command: AccountCommand,
  account: ClientAccount,
  context: DecisionContext,
): readonly AccountEvent[] => {
  requireOwnAccount(command, account)
  const decided = decideByTable(command, account, context)
  const events = [...decided, ...onwards(decided, account)]
  const asked = askedDayOf(command)
  if (asked !== undefined) requireNear(asked, context.today, () => undoneOn(command, account))
  requireOpenPeriod(events, asked, context.company?.closedThrough)
  return events
}
