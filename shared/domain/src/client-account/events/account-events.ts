// Stored for ever: a change of shape is a new version with an upcaster, never an edit.
import type { EventOf } from '../../event-definition.ts'
import { PaymentAllocated, PaymentDeallocated } from './allocations.ts'
import { CashLimitOverridden } from './cash.ts'
import { claimEventDefinitions } from './claims.ts'
import { ClientRegistered, ClientUpdated } from './clients.ts'
import { CreditReleased, RefundRecorded, RefundReversed } from './credit.ts'
import { followedReversalDefinitions } from './followed-reversals.ts'
import { identificationEventDefinitions } from './identifications.ts'
import { InvoiceCancelled, InvoiceRegistered, InvoiceRescheduled } from './invoices.ts'
import { mergeEventDefinitions } from './merges.ts'
import {
  CreditNoteRegistered,
  CreditNoteReversed,
  DiscountGranted,
  DiscountReversed,
  InvoiceWrittenOff,
  WriteOffReversed,
} from './papers.ts'
import { PaymentCleared, PaymentRecorded, PaymentReversed } from './payments.ts'
import { ReceiptDeclined, ReceiptReleased, ReceiptRequested } from './receipts.ts'
import { transferEventDefinitions } from './transfers.ts'

export const accountEventDefinitions = [
  ClientRegistered,
  ClientUpdated,
  InvoiceRegistered,
  PaymentRecorded,
  PaymentAllocated,
  PaymentDeallocated,
  PaymentReversed,
  CashLimitOverridden,
  PaymentCleared,
  RefundRecorded,
  InvoiceRescheduled,
  InvoiceCancelled,
  CreditNoteRegistered,
  DiscountGranted,
  InvoiceWrittenOff,
  CreditNoteReversed,
  DiscountReversed,
  WriteOffReversed,
  RefundReversed,
  ReceiptRequested,
  ReceiptDeclined,
  ReceiptReleased,
  ...transferEventDefinitions,
  ...identificationEventDefinitions,
  ...followedReversalDefinitions,
  CreditReleased,
  ...claimEventDefinitions,
  ...mergeEventDefinitions,
] as const

export type AccountEvent = EventOf<(typeof accountEventDefinitions)[number]>
