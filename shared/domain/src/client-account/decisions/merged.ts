import type { ClientId } from '../../ids.ts'
import { Rejection } from '../../rejection.ts'
import type { AccountCommand, DeclineTransfer } from '../commands.ts'
import type { AccountEvent } from '../events/account-events.ts'
import { MergeResumed } from '../events/merges.ts'
import { accountPayments } from '../records/payments.ts'
import type { ClientAccount, Merge } from '../state.ts'

// An account whose client was found to be another one takes back what it recorded, and nothing new (decision 0058).

type Taken = 'ALWAYS' | 'UNTIL_MERGED'

/** What an account that is merged into another still decides: undoing, what was on its way, and the steps of a process. */
const TAKEN: Readonly<Record<AccountCommand['type'], Taken>> = {
  RegisterClient: 'ALWAYS',
  UpdateClient: 'ALWAYS',
  RegisterInvoice: 'UNTIL_MERGED',
  RegisterClaim: 'UNTIL_MERGED',
  RecordPayment: 'UNTIL_MERGED',
  AllocatePayment: 'UNTIL_MERGED',
  DeallocatePayment: 'ALWAYS',
  ReversePayment: 'ALWAYS',
  RescheduleInvoice: 'UNTIL_MERGED',
  CancelInvoice: 'UNTIL_MERGED',
  RegisterCreditNote: 'UNTIL_MERGED',
  ConfirmPaymentCleared: 'ALWAYS',
  RecordRefund: 'UNTIL_MERGED',
  ReleaseCredit: 'UNTIL_MERGED',
  WriteOffInvoice: 'UNTIL_MERGED',
  GrantDiscount: 'UNTIL_MERGED',
  RecordSetOff: 'UNTIL_MERGED',
  ReverseCreditNote: 'ALWAYS',
  ReverseDiscount: 'ALWAYS',
  ReverseWriteOff: 'ALWAYS',
  ReverseRefund: 'ALWAYS',
  ReverseSetOff: 'ALWAYS',
  IssueReceipt: 'UNTIL_MERGED',
  TransferCredit: 'UNTIL_MERGED',
  PayForAnother: 'UNTIL_MERGED',
  ReceiveTransfer: 'ALWAYS',
  CompleteTransfer: 'ALWAYS',
  DeclineTransfer: 'ALWAYS',
  RecallTransfer: 'ALWAYS',
  ConcludeReversal: 'ALWAYS',
  MergeClients: 'ALWAYS',
  AcceptMerge: 'ALWAYS',
  ConfirmMerge: 'ALWAYS',
  DeclineMerge: 'ALWAYS',
  MoveItems: 'ALWAYS',
  ReceiveInvoice: 'ALWAYS',
  DeclineInvoiceMove: 'ALWAYS',
  ConcludeMerge: 'ALWAYS',
  ReceiveIdentification: 'ALWAYS',
  UndoIdentification: 'ALWAYS',
  DeclineReceipt: 'ALWAYS',
  ReleaseReceipt: 'ALWAYS',
}

export const mergedInto = ({ intoClientId, mergedOn }: Merge): Rejection =>
  new Rejection('CLIENT_MERGED', { intoClientId, mergedOn })

/** @throws Rejection for new papers and new money of an account that is closed to them */
export const requireOwnAccount = ({ type }: AccountCommand, { merge }: ClientAccount): void => {
  if (merge !== undefined && TAKEN[type] === 'UNTIL_MERGED') throw mergedInto(merge)
}

interface Left {
  readonly invoiceIds: readonly string[]
  readonly paymentIds: readonly string[]
}

const NOTHING: Left = { invoiceIds: [], paymentIds: [] }

/** Whatever stands in the account after the event, and may not have before. */
const leftBy = ({ type, data }: AccountEvent, { intoClientId }: Merge, account: ClientAccount): Left => {
  switch (type) {
    case 'PaymentDeallocated':
      return { invoiceIds: [data.invoiceId], paymentIds: [data.paymentId] }
    case 'CreditNoteReversed':
    case 'CreditNoteRegistered':
      return { invoiceIds: [data.invoiceId, data.corrects].flatMap((id) => id ?? []), paymentIds: [] }
    case 'DiscountReversed':
    case 'WriteOffReversed':
    case 'InvoiceMoved':
      return { invoiceIds: [data.invoiceId], paymentIds: [] }
    case 'ClaimRegistered':
      return { invoiceIds: [data.claimId], paymentIds: [] }
    case 'PaymentCleared':
    case 'RefundReversed':
    case 'PaymentReversed':
    case 'ReversalDeclined':
      return { invoiceIds: [], paymentIds: [data.paymentId] }
    case 'TransferDeclined':
      return { invoiceIds: [], paymentIds: goesOn(account, data, intoClientId) ? [] : [data.paymentId] }
    case 'TransferReceived':
      return { invoiceIds: [], paymentIds: [data.returnsTo ?? data.transferId] }
    default:
      return NOTHING
  }
}

/** What the merge itself could not move stays, until somebody asks again. */
const goesOn = (account: ClientAccount, declined: DeclineTransfer, intoClientId: ClientId): boolean =>
  accountPayments
    .factsOf(account, declined.paymentId)
    ?.transfers.some(
      ({ transferId, toClientId }) => transferId === declined.transferId && toClientId === intoClientId,
    ) ?? false

const distinct = <Id extends string>(ids: readonly Id[]): Id[] => [...new Set(ids)]

/** What an undo leaves in an account that is merged moves on: said in the same append, so that nothing forgets it. */
export const onwards = (events: readonly AccountEvent[], account: ClientAccount): readonly AccountEvent[] => {
  const { merge, client } = account
  if (merge?.isConfirmed !== true || client === undefined) return []
  const left = events.map((event) => leftBy(event, merge, account))
  const invoiceIds = distinct(left.flatMap((one) => one.invoiceIds))
  const paymentIds = distinct(left.flatMap((one) => one.paymentIds))
  if (invoiceIds.length + paymentIds.length === 0) return []
  const { intoClientId, round } = merge
  return [
    MergeResumed.of({ clientId: client.clientId, intoClientId, round: round + 1, left: { invoiceIds, paymentIds } }),
  ]
}
