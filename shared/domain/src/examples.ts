import type { z } from 'zod'
import type {
  AllocatePayment,
  CancelInvoice,
  ConfirmPaymentCleared,
  DeallocatePayment,
  GrantDiscount,
  IssueReceipt,
  MergeClients,
  RecordPayment,
  RecordRefund,
  RecordSetOff,
  RegisterClaim,
  RegisterClient,
  RegisterCreditNote,
  RegisterInvoice,
  ReleaseCredit,
  RescheduleInvoice,
  ReverseCreditNote,
  ReverseDiscount,
  ReversePayment,
  ReverseRefund,
  ReverseSetOff,
  ReverseWriteOff,
  TransferCredit,
  UpdateClient,
  WithTransferId,
  WriteOffInvoice,
} from './client-account/commands.ts'
import { PaymentAllocated, PaymentDeallocated } from './client-account/events/allocations.ts'
import { CashLimitOverridden } from './client-account/events/cash.ts'
import { ClaimCancelled, ClaimRegistered } from './client-account/events/claims.ts'
import { ClientRegistered, ClientUpdated } from './client-account/events/clients.ts'
import { CreditReleased, RefundRecorded, RefundReversed } from './client-account/events/credit.ts'
import { ReversalDeclined, ReversalRequested } from './client-account/events/followed-reversals.ts'
import {
  IdentificationRefused,
  IdentificationUndone,
  PaymentIdentified,
} from './client-account/events/identifications.ts'
import { InvoiceCancelled, InvoiceRegistered, InvoiceRescheduled } from './client-account/events/invoices.ts'
import {
  InvoiceMoveDeclined,
  InvoiceMoved,
  InvoiceMoveRefused,
  InvoiceMoveRequested,
  MergeAccepted,
  MergeConcluded,
  MergeConfirmed,
  MergeDeclined,
  MergeRefused,
  MergeRequested,
  MergeResumed,
} from './client-account/events/merges.ts'
import {
  CreditNoteRegistered,
  CreditNoteReversed,
  DiscountGranted,
  DiscountReversed,
  InvoiceWrittenOff,
  WriteOffReversed,
} from './client-account/events/papers.ts'
import { PaymentCleared, PaymentRecorded, PaymentReversed } from './client-account/events/payments.ts'
import { ReceiptDeclined, ReceiptReleased, ReceiptRequested } from './client-account/events/receipts.ts'
import {
  TransferCompleted,
  TransferDeclined,
  TransferReceived,
  TransferRefused,
  TransferRequested,
} from './client-account/events/transfers.ts'
import type { ClosePeriod, OpenCashDesk, RegisterCompany, ReopenPeriod, SetPolicy } from './company/commands.ts'
import { CashDeskOpened, CompanyRegistered, PeriodClosed, PeriodReopened, PolicySet } from './company/events.ts'
import type { RecordExchangeRates } from './exchange-rates/commands.ts'
import { ExchangeRatesRecorded } from './exchange-rates/events.ts'
import type { LedgerMessage } from './ledger-events.ts'
import type { EventMetadata } from './metadata.ts'
import type { Money } from './money.ts'
import type {
  AnnulReceipt,
  ContinueReceiptBook,
  EnterReceipt,
  ExtendReceiptRange,
  OpenReceiptBook,
  ReprintReceipt,
} from './receipt-book/commands.ts'
import {
  ReceiptAnnulled,
  ReceiptBookContinued,
  ReceiptBookOpened,
  ReceiptIssued,
  ReceiptRangeExtended,
  ReceiptRefused,
  ReceiptReprinted,
} from './receipt-book/events.ts'
import type {
  IdentifyPayment,
  RecordUnidentifiedPayment,
  ReturnUnidentifiedPayment,
  UndoIdentification,
  WithIdentificationId,
} from './unidentified-payments/commands.ts'
import {
  IdentificationCompleted,
  IdentificationDeclined,
  IdentificationRequested,
  IdentificationReturned,
  UnidentifiedPaymentRecorded,
  UnidentifiedPaymentReturned,
} from './unidentified-payments/events.ts'

// One valid example of each message: documentation shows them, tests override only what they are about.

export const ron = (amount: string): Money => ({ amount, currency: 'RON' })

type Data<Schema extends z.ZodType> = z.infer<Schema>

const address = { street: 'Str. Fabricii 7', city: 'Iași', county: 'IS', countryCode: 'RO' }
const issuer = { name: 'AMC Servicii SRL', taxId: 'RO1234567897', tradeRegisterNumber: 'J22/100/2016', address }
const client = {
  clientId: 'alfa',
  kind: 'BUSINESS' as const,
  name: 'Alfa SRL',
  taxId: '123456789',
  address: { city: 'Cluj-Napoca', countryCode: 'RO' },
}
const settled = {
  invoiceId: 'inv-1024',
  series: 'AMC',
  number: '1024',
  issuedOn: '2026-10-01',
  amount: ron('500.00'),
  openAfter: '710.00',
}

export const registerCompany = (change: Partial<Data<typeof RegisterCompany>> = {}): Data<typeof RegisterCompany> => ({
  ...issuer,
  functionalCurrency: 'RON',
  ...change,
})

export const registerClient = (change: Partial<Data<typeof RegisterClient>> = {}): Data<typeof RegisterClient> => ({
  ...client,
  ...change,
})

export const updateClient = (change: Partial<Data<typeof UpdateClient>> = {}): Data<typeof UpdateClient> => ({
  clientId: 'alfa',
  name: 'Alfa Construct SRL',
  ...change,
})

export const registerInvoice = (change: Partial<Data<typeof RegisterInvoice>> = {}): Data<typeof RegisterInvoice> => ({
  clientId: 'alfa',
  invoiceId: 'inv-1024',
  series: 'AMC',
  number: '1024',
  issuedOn: '2026-10-01',
  dueOn: '2026-10-31',
  total: ron('1210.00'),
  vatLines: [{ rate: '21', base: '1000.00', vat: '210.00' }],
  ...change,
})

export const recordPayment = (change: Partial<Data<typeof RecordPayment>> = {}): Data<typeof RecordPayment> => ({
  clientId: 'alfa',
  paymentId: 'pay-1',
  amount: ron('1500.00'),
  method: 'BANK_TRANSFER',
  receivedOn: '2026-11-02',
  bankReference: '029ZEXA2613200AB',
  allocation: { rule: 'explicit', items: [{ invoiceId: 'inv-1024', amount: '1210.00' }] },
  ...change,
})

export const allocatePayment = (change: Partial<Data<typeof AllocatePayment>> = {}): Data<typeof AllocatePayment> => ({
  clientId: 'alfa',
  paymentId: 'pay-1',
  invoiceId: 'inv-1025',
  amount: '290.00',
  allocatedOn: '2026-11-20',
  ...change,
})

export const deallocatePayment = (
  change: Partial<Data<typeof DeallocatePayment>> = {},
): Data<typeof DeallocatePayment> => ({
  clientId: 'alfa',
  paymentId: 'pay-1',
  invoiceId: 'inv-1025',
  amount: '290.00',
  deallocatedOn: '2026-11-24',
  reason: 'WRONG_INVOICE',
  ...change,
})

export const reversePayment = (change: Partial<Data<typeof ReversePayment>> = {}): Data<typeof ReversePayment> => ({
  clientId: 'alfa',
  paymentId: 'pay-1',
  reason: 'BOUNCED',
  reversedOn: '2026-11-05',
  ...change,
})

export const openReceiptBook = (change: Partial<Data<typeof OpenReceiptBook>> = {}): Data<typeof OpenReceiptBook> => ({
  series: 'AMC-C',
  deskId: 'C1',
  from: 1,
  to: 5000,
  decisionNumber: '12',
  decisionOn: '2026-01-05',
  financialYear: 2026,
  ...change,
})

export const issueReceipt = (change: Partial<Data<typeof IssueReceipt>> = {}): Data<typeof IssueReceipt> => ({
  clientId: 'alfa',
  paymentId: 'pay-2',
  series: 'AMC-C',
  issuedOn: '2026-11-02',
  ...change,
})

export const annulReceipt = (change: Partial<Data<typeof AnnulReceipt>> = {}): Data<typeof AnnulReceipt> => ({
  series: 'AMC-C',
  number: 15,
  reason: 'wrong amount',
  annulledOn: '2026-11-02',
  alsoReversePayment: true,
  ...change,
})

export const enterReceipt = (change: Partial<EnterReceipt> = {}): EnterReceipt => ({
  series: 'AMC-C',
  receiptId: 'rec-15',
  clientId: 'alfa',
  paymentId: 'pay-2',
  issuedOn: '2026-11-02',
  issuer,
  receivedFrom: { name: 'Alfa SRL', taxId: '123456789', address: client.address },
  amount: ron('500.00'),
  settles: [settled],
  advance: '0.00',
  cashier: 'development',
  ...change,
})

type EventData<Definition extends { readonly of: (data: never) => unknown }> = Parameters<Definition['of']>[0]

const { receipt: _receipt, ...paymentFacts } = recordPayment({})
const { allocation: _allocation, ...recordedFacts } = paymentFacts

export const clientRegistered = (change: Partial<EventData<typeof ClientRegistered>> = {}) =>
  ClientRegistered.of({ ...client, ...change })

export const clientUpdated = (change: Partial<EventData<typeof ClientUpdated>> = {}) =>
  ClientUpdated.of({ clientId: 'alfa', name: 'Alfa Construct SRL', ...change })

export const invoiceRegistered = (change: Partial<EventData<typeof InvoiceRegistered>> = {}) =>
  InvoiceRegistered.of({
    clientId: 'alfa',
    invoiceId: 'inv-1024',
    kind: 'INVOICE',
    series: 'AMC',
    number: '1024',
    issuedOn: '2026-10-01',
    dueOn: '2026-10-31',
    total: ron('1210.00'),
    vatLines: change.total === undefined ? [{ rate: '21', base: '1000.00', vat: '210.00' }] : [],
    cashAccounting: false,
    instalments: [],
    instalmentContract: false,
    ...change,
  })

export const paymentRecorded = (change: Partial<EventData<typeof PaymentRecorded>> = {}) =>
  PaymentRecorded.of({ ...recordedFacts, allocationRule: 'none@1', ...change })

export const paymentAllocated = (change: Partial<EventData<typeof PaymentAllocated>> = {}) =>
  PaymentAllocated.of({
    clientId: 'alfa',
    paymentId: 'pay-1',
    invoiceId: 'inv-1024',
    amount: ron('500.00'),
    allocatedOn: '2026-11-02',
    collectedOn: '2026-11-02',
    rule: 'explicit@1',
    ...change,
  })

export const paymentDeallocated = (change: Partial<EventData<typeof PaymentDeallocated>> = {}) =>
  PaymentDeallocated.of({
    clientId: 'alfa',
    paymentId: 'pay-1',
    invoiceId: 'inv-1024',
    amount: ron('500.00'),
    deallocatedOn: '2026-11-10',
    reason: 'WRONG_INVOICE',
    ...change,
  })

export const paymentReversed = (change: Partial<EventData<typeof PaymentReversed>> = {}) =>
  PaymentReversed.of({
    clientId: 'alfa',
    paymentId: 'pay-1',
    amount: ron('1500.00'),
    method: 'BANK_TRANSFER',
    cleared: false,
    reason: 'BOUNCED',
    reversedOn: '2026-11-05',
    ...change,
  })

export const receiptRequested = (change: Partial<EventData<typeof ReceiptRequested>> = {}) =>
  ReceiptRequested.of({
    clientId: 'alfa',
    paymentId: 'pay-2',
    receiptId: 'rec-15',
    series: 'AMC-C',
    issuedOn: '2026-11-02',
    amount: ron('500.00'),
    settles: [settled],
    advance: '0.00',
    ...change,
  })

export const receiptDeclined = (change: Partial<EventData<typeof ReceiptDeclined>> = {}) =>
  ReceiptDeclined.of({
    clientId: 'alfa',
    paymentId: 'pay-2',
    receiptId: 'rec-15',
    series: 'AMC-C',
    code: 'RECEIPT_RANGE_EXHAUSTED',
    ...change,
  })

export const receiptReleased = (change: Partial<EventData<typeof ReceiptReleased>> = {}) =>
  ReceiptReleased.of({
    clientId: 'alfa',
    paymentId: 'pay-2',
    receiptId: 'rec-15',
    series: 'AMC-C',
    number: 15,
    releasedOn: '2026-11-02',
    ...change,
  })

export const receiptBookOpened = (change: Partial<EventData<typeof ReceiptBookOpened>> = {}) =>
  ReceiptBookOpened.of({ ...openReceiptBook(), ...change })

export const receiptIssued = (change: Partial<EventData<typeof ReceiptIssued>> = {}) =>
  ReceiptIssued.of({
    ...enterReceipt(),
    number: 15,
    deskId: 'C1',
    amountInWords: 'cinci sute de lei',
    representing: 'plată parțială factura AMC 1024 din 01.10.2026: 500,00 lei, rest 710,00 lei',
    ...change,
  })

export const receiptAnnulled = (change: Partial<EventData<typeof ReceiptAnnulled>> = {}) =>
  ReceiptAnnulled.of({
    series: 'AMC-C',
    number: 15,
    receiptId: 'rec-15',
    clientId: 'alfa',
    paymentId: 'pay-2',
    amount: ron('500.00'),
    reason: 'wrong amount',
    annulledOn: '2026-11-02',
    alsoReversePayment: true,
    ...change,
  })

export const companyRegistered = (change: Partial<EventData<typeof CompanyRegistered>> = {}) =>
  CompanyRegistered.of({ companyId: 'amc', ...registerCompany(), ...change })

export const cashLimitOverridden = (change: Partial<EventData<typeof CashLimitOverridden>> = {}) =>
  CashLimitOverridden.of({
    clientId: 'alfa',
    paymentId: 'pay-2',
    breaches: [
      {
        code: 'CASH_LIMIT_PER_PERSON_DAY',
        limit: '5000.00',
        observed: '5000.01',
        day: '2026-11-02',
        deskId: 'C1',
        law: 'Legea 70/2015 art. 3, OUG 115/2023 (MO 1139/15.12.2023)',
      },
    ],
    reason: 'Banii erau deja în sertar',
    approvedBy: 'Ioana Pop',
    ...change,
  })

export const paymentCleared = (change: Partial<EventData<typeof PaymentCleared>> = {}) =>
  PaymentCleared.of({
    clientId: 'alfa',
    paymentId: 'pay-3',
    amount: ron('500.00'),
    method: 'CARD_ONLINE',
    fee: '5.00',
    clearedOn: '2026-11-04',
    ...change,
  })

export const refundRecorded = (change: Partial<EventData<typeof RefundRecorded>> = {}) =>
  RefundRecorded.of({
    clientId: 'alfa',
    refundId: 'ref-3',
    paymentId: 'pay-1',
    amount: ron('90.00'),
    method: 'BANK_TRANSFER',
    refundedOn: '2026-11-10',
    document: 'OP 77',
    ...change,
  })

export const invoiceRescheduled = (change: Partial<EventData<typeof InvoiceRescheduled>> = {}) =>
  InvoiceRescheduled.of({
    clientId: 'alfa',
    invoiceId: 'inv-1024',
    amount: ron('1210.00'),
    instalments: [
      { dueOn: '2026-11-30', amount: '610.00' },
      { dueOn: '2026-12-31', amount: '600.00' },
    ],
    agreedOn: '2026-10-28',
    reason: 'Eșalonare cerută de client',
    ...change,
  })

const moved = {
  transferId: 'pay-1-alfa',
  amount: ron('100.00'),
  movedOn: '2026-11-12',
  collectedOn: '2026-11-12',
  reason: 'Factura este a societății-mamă',
} as const

export const transferRequested = (change: Partial<EventData<typeof TransferRequested>> = {}) =>
  TransferRequested.of({ clientId: 'alfa', paymentId: 'pay-1', toClientId: 'beta', ...moved, ...change })

export const transferReceived = (change: Partial<EventData<typeof TransferReceived>> = {}) =>
  TransferReceived.of({ clientId: 'beta', origin: { clientId: 'alfa', paymentId: 'pay-1' }, ...moved, ...change })

export const reversalRequested = (change: Partial<EventData<typeof ReversalRequested>> = {}) =>
  ReversalRequested.of({
    clientId: 'alfa',
    paymentId: 'pay-1',
    amount: ron('1500.00'),
    reason: 'BOUNCED',
    reversedOn: '2026-11-20',
    ...change,
  })

export const reversalDeclined = (change: Partial<EventData<typeof ReversalDeclined>> = {}) =>
  ReversalDeclined.of({ clientId: 'alfa', paymentId: 'pay-1', code: 'PAYMENT_REFUNDED', ...change })

const merged = {
  moveId: '7d1f3c52-6a0b-5c7e-9a51-0f6a4d2b9e10',
  invoiceId: 'inv-1024',
  kind: 'INVOICE',
  series: 'AMC',
  number: '1024',
  issuedOn: '2026-10-01',
  dueOn: '2026-10-31',
  instalments: [],
  paperOf: 'alfa',
  total: ron('1210.00'),
  amount: ron('710.00'),
  vatLines: [{ rate: '21', base: '1000.00', vat: '210.00' }],
  cashAccounting: false,
  instalmentContract: false,
  movedOn: '2026-11-20',
} as const satisfies Omit<EventData<typeof InvoiceMoved>, 'clientId' | 'fromClientId'>

const intoBeta = { clientId: 'alfa', intoClientId: 'beta' }

export const mergeRequested = (change: Partial<EventData<typeof MergeRequested>> = {}) =>
  MergeRequested.of({ ...intoBeta, mergedOn: '2026-11-20', reason: 'înregistrat de două ori', ...change })

export const mergeAccepted = () => MergeAccepted.of({ clientId: 'beta', fromClientId: 'alfa' })

export const mergeRefused = () => MergeRefused.of({ clientId: 'beta', fromClientId: 'alfa', code: 'CLIENT_MERGED' })

export const mergeConfirmed = (change: Partial<EventData<typeof MergeConfirmed>> = {}) =>
  MergeConfirmed.of({ ...intoBeta, ...change })

export const mergeDeclined = () => MergeDeclined.of({ ...intoBeta, code: 'CLIENT_MERGED' })

export const mergeResumed = (change: Partial<EventData<typeof MergeResumed>> = {}) =>
  MergeResumed.of({ ...intoBeta, round: 1, left: { invoiceIds: ['inv-1024'], paymentIds: ['pay-1'] }, ...change })

export const mergeConcluded = (change: Partial<EventData<typeof MergeConcluded>> = {}) =>
  MergeConcluded.of({ ...intoBeta, round: 0, ...change })

export const invoiceMoveRequested = (change: Partial<EventData<typeof InvoiceMoveRequested>> = {}) =>
  InvoiceMoveRequested.of({ ...intoBeta, ...merged, instalments: [], vatLines: [...merged.vatLines], ...change })

export const invoiceMoved = (change: Partial<EventData<typeof InvoiceMoved>> = {}) =>
  InvoiceMoved.of({
    clientId: 'beta',
    fromClientId: 'alfa',
    ...merged,
    instalments: [],
    vatLines: [...merged.vatLines],
    ...change,
  })

export const invoiceMoveRefused = (change: Partial<EventData<typeof InvoiceMoveRefused>> = {}) =>
  InvoiceMoveRefused.of({
    clientId: 'beta',
    fromClientId: 'alfa',
    moveId: merged.moveId,
    invoiceId: 'inv-1024',
    code: 'MERGE_ID_CONFLICT',
    ...change,
  })

export const invoiceMoveDeclined = (change: Partial<EventData<typeof InvoiceMoveDeclined>> = {}) =>
  InvoiceMoveDeclined.of({
    ...intoBeta,
    ...merged,
    instalments: [],
    vatLines: [...merged.vatLines],
    code: 'MERGE_ID_CONFLICT',
    ...change,
  })

const identified = {
  paymentId: 'unk-1',
  clientId: 'alfa',
  identificationId: 'unk-1-alfa',
  amount: ron('1210.00'),
} as const

export const unidentifiedPaymentRecorded = (change: Partial<EventData<typeof UnidentifiedPaymentRecorded>> = {}) =>
  UnidentifiedPaymentRecorded.of({ ...recordUnidentifiedPayment(), ...change })

export const identificationRequested = (change: Partial<EventData<typeof IdentificationRequested>> = {}) =>
  IdentificationRequested.of({
    ...identified,
    identifiedOn: '2026-11-02',
    collectedOn: '2026-11-02',
    allocation: { rule: 'auto' },
    ...change,
  })

export const paymentIdentified = (change: Partial<EventData<typeof PaymentIdentified>> = {}) =>
  PaymentIdentified.of({
    ...identified,
    method: 'BANK_TRANSFER',
    identifiedOn: '2026-11-02',
    collectedOn: '2026-11-02',
    bankReference: '029ZEXA2613200CD',
    allocationRule: 'auto@1',
    allocationStage: 'LEGAL_ORDER',
    ...change,
  })

export const identificationRefused = (change: Partial<EventData<typeof IdentificationRefused>> = {}) => {
  const { amount: _, ...which } = identified
  return IdentificationRefused.of({ ...which, code: 'PAYMENT_ALREADY_RECORDED', ...change })
}

export const identificationCompleted = (change: Partial<EventData<typeof IdentificationCompleted>> = {}) => {
  const { amount: _, ...which } = identified
  return IdentificationCompleted.of({ ...which, ...change })
}

export const identificationDeclined = (change: Partial<EventData<typeof IdentificationDeclined>> = {}) =>
  IdentificationDeclined.of({ ...identified, code: 'PAYMENT_ALREADY_RECORDED', ...change })

export const identificationUndone = (change: Partial<EventData<typeof IdentificationUndone>> = {}) =>
  IdentificationUndone.of({
    ...identified,
    method: 'BANK_TRANSFER',
    undoneOn: '2026-11-20',
    reason: 'Plata este a societății-mamă',
    ...change,
  })

export const identificationReturned = (change: Partial<EventData<typeof IdentificationReturned>> = {}) =>
  IdentificationReturned.of({ ...identified, undoneOn: '2026-11-20', ...change })

export const unidentifiedPaymentReturned = (change: Partial<EventData<typeof UnidentifiedPaymentReturned>> = {}) =>
  UnidentifiedPaymentReturned.of({
    paymentId: 'unk-1',
    amount: ron('1210.00'),
    reason: 'RETURNED_TO_SENDER',
    returnedOn: '2026-11-20',
    ...change,
  })

export const transferRefused = (change: Partial<EventData<typeof TransferRefused>> = {}) =>
  TransferRefused.of({
    clientId: 'beta',
    origin: { clientId: 'alfa', paymentId: 'pay-1' },
    transferId: 'pay-1-alfa',
    code: 'PAYMENT_ALREADY_RECORDED',
    ...change,
  })

export const transferCompleted = (change: Partial<EventData<typeof TransferCompleted>> = {}) =>
  TransferCompleted.of({ clientId: 'alfa', paymentId: 'pay-1', transferId: 'pay-1-alfa', ...change })

export const transferDeclined = (change: Partial<EventData<typeof TransferDeclined>> = {}) =>
  TransferDeclined.of({
    clientId: 'alfa',
    paymentId: 'pay-1',
    transferId: 'pay-1-alfa',
    amount: ron('100.00'),
    code: 'PAYMENT_ALREADY_RECORDED',
    ...change,
  })

export const creditReleased = (change: Partial<EventData<typeof CreditReleased>> = {}) =>
  CreditReleased.of({
    clientId: 'alfa',
    paymentId: 'pay-1',
    amount: ron('90.00'),
    reason: 'PRESCRIBED',
    releasedOn: '2026-11-20',
    approvedBy: 'Ioana Pop',
    ...change,
  })

export const claimRegistered = (change: Partial<EventData<typeof ClaimRegistered>> = {}) =>
  ClaimRegistered.of({
    clientId: 'alfa',
    claimId: 'claim-5',
    kind: 'INTEREST',
    total: ron('57.53'),
    number: 'D 5',
    issuedOn: '2026-11-02',
    dueOn: '2026-11-17',
    note: 'Dobândă penalizatoare, factura AMC 1024',
    ...change,
  })

export const claimCancelled = (change: Partial<EventData<typeof ClaimCancelled>> = {}) =>
  ClaimCancelled.of({
    clientId: 'alfa',
    claimId: 'claim-5',
    kind: 'INTEREST',
    total: ron('57.53'),
    cancelledOn: '2026-11-20',
    reason: 'Renunțare',
    ...change,
  })

export const invoiceCancelled = (change: Partial<EventData<typeof InvoiceCancelled>> = {}) =>
  InvoiceCancelled.of({
    clientId: 'alfa',
    invoiceId: 'inv-1024',
    kind: 'INVOICE',
    total: ron('1210.00'),
    vatLines: [{ rate: '21', base: '1000.00', vat: '210.00' }],
    cashAccounting: false,
    cancelledOn: '2026-10-05',
    reason: 'Emisă de două ori',
    ...change,
  })

export const creditNoteRegistered = (change: Partial<EventData<typeof CreditNoteRegistered>> = {}) =>
  CreditNoteRegistered.of({
    clientId: 'alfa',
    creditNoteId: 'cn-7',
    invoiceId: 'inv-1024',
    kind: 'INVOICE',
    series: 'AMC',
    number: '1030',
    issuedOn: '2026-10-20',
    creditedOn: '2026-10-20',
    total: ron('242.00'),
    vatLines: [{ rate: '21', base: '200.00', vat: '42.00' }],
    cashAccounting: false,
    ...change,
  })

export const discountGranted = (change: Partial<EventData<typeof DiscountGranted>> = {}) =>
  DiscountGranted.of({
    clientId: 'alfa',
    discountId: 'dis-4',
    invoiceId: 'inv-1024',
    kind: 'SETTLEMENT',
    amount: ron('24.20'),
    vatLines: [{ rate: '21', base: '20.00', vat: '4.20' }],
    cashAccounting: false,
    grantedOn: '2026-10-10',
    ...change,
  })

export const invoiceWrittenOff = (change: Partial<EventData<typeof InvoiceWrittenOff>> = {}) =>
  InvoiceWrittenOff.of({
    clientId: 'alfa',
    writeOffId: 'wo-2',
    invoiceId: 'inv-1024',
    amount: ron('1210.00'),
    writtenOffOn: '2026-11-20',
    reason: 'Debitor radiat',
    approvedBy: 'Ioana Pop',
    ...change,
  })

export const creditNoteReversed = (change: Partial<EventData<typeof CreditNoteReversed>> = {}) =>
  CreditNoteReversed.of({
    clientId: 'alfa',
    creditNoteId: 'cn-7',
    invoiceId: 'inv-1024',
    kind: 'INVOICE',
    total: ron('242.00'),
    vatLines: [{ rate: '21', base: '200.00', vat: '42.00' }],
    cashAccounting: false,
    reversedOn: '2026-11-21',
    reason: 'WRONG_INVOICE',
    ...change,
  })

export const discountReversed = (change: Partial<EventData<typeof DiscountReversed>> = {}) =>
  DiscountReversed.of({
    clientId: 'alfa',
    discountId: 'dis-4',
    invoiceId: 'inv-1024',
    kind: 'SETTLEMENT',
    amount: ron('24.20'),
    vatLines: [{ rate: '21', base: '20.00', vat: '4.20' }],
    cashAccounting: false,
    reversedOn: '2026-11-21',
    reason: 'MISTAKE',
    ...change,
  })

export const writeOffReversed = (change: Partial<EventData<typeof WriteOffReversed>> = {}) =>
  WriteOffReversed.of({
    clientId: 'alfa',
    writeOffId: 'wo-2',
    invoiceId: 'inv-1024',
    amount: ron('1210.00'),
    reversedOn: '2026-11-21',
    reason: 'MISTAKE',
    ...change,
  })

export const refundReversed = (change: Partial<EventData<typeof RefundReversed>> = {}) =>
  RefundReversed.of({
    clientId: 'alfa',
    refundId: 'ref-3',
    paymentId: 'pay-1',
    amount: ron('90.00'),
    method: 'BANK_TRANSFER',
    reversedOn: '2026-11-21',
    reason: 'RETURNED_BY_BANK',
    ...change,
  })

export const receiptRangeExtended = (change: Partial<EventData<typeof ReceiptRangeExtended>> = {}) =>
  ReceiptRangeExtended.of({
    series: 'AMC-C',
    to: 10_000,
    decisionNumber: '15',
    decisionOn: '2026-11-20',
    ...change,
  })

export const receiptRefused = (change: Partial<EventData<typeof ReceiptRefused>> = {}) =>
  ReceiptRefused.of({
    series: 'AMC-C',
    receiptId: 'rec-15',
    clientId: 'alfa',
    paymentId: 'pay-2',
    code: 'RECEIPT_RANGE_EXHAUSTED',
    issuedOn: '2026-11-02',
    lastIssuedOn: '2026-11-02',
    to: 14,
    ...change,
  })

export const receiptReprinted = (change: Partial<EventData<typeof ReceiptReprinted>> = {}) =>
  ReceiptReprinted.of({ series: 'AMC-C', number: 15, copy: 1, reason: 'Pierdută de client', ...change })

export const receiptBookContinued = (change: Partial<EventData<typeof ReceiptBookContinued>> = {}) =>
  ReceiptBookContinued.of({
    series: 'AMC-C',
    lastNumber: 15,
    continueFrom: 21,
    reason: 'Restaurare din copia de siguranță; chitanțele 16-20 sunt tipărite',
    acknowledgedBy: 'Ana Ionescu',
    ...change,
  })

export const policySet = (change: Partial<EventData<typeof PolicySet>> = {}) =>
  PolicySet.of({ companyId: 'amc', cashGuard: 'REQUIRE_OVERRIDE', ...change })

export const cashDeskOpened = (change: Partial<EventData<typeof CashDeskOpened>> = {}) =>
  CashDeskOpened.of({
    companyId: 'amc',
    deskId: 'C1',
    name: 'Casieria centrală',
    openedOn: '2026-01-05',
    openingBalances: [ron('250.00')],
    ...change,
  })

export const periodClosed = (change: Partial<EventData<typeof PeriodClosed>> = {}) =>
  PeriodClosed.of({ companyId: 'amc', through: '2026-10-31', ...change })

export const periodReopened = (change: Partial<EventData<typeof PeriodReopened>> = {}) =>
  PeriodReopened.of({
    companyId: 'amc',
    from: '2026-10-01',
    reason: 'Factură omisă',
    requestedBy: 'Ion Ene',
    approvedBy: 'Ioana Pop',
    ...change,
  })

export const rescheduleInvoice = (
  change: Partial<Data<typeof RescheduleInvoice>> = {},
): Data<typeof RescheduleInvoice> => ({
  clientId: 'alfa',
  invoiceId: 'inv-1024',
  dueOn: '2026-11-30',
  reason: 'Termen prelungit la cererea clientului',
  agreedOn: '2026-10-28',
  ...change,
})

export const cancelInvoice = (change: Partial<Data<typeof CancelInvoice>> = {}): Data<typeof CancelInvoice> => ({
  clientId: 'alfa',
  invoiceId: 'inv-1024',
  reason: 'Emisă de două ori',
  cancelledOn: '2026-10-05',
  ...change,
})

export const registerCreditNote = (
  change: Partial<Data<typeof RegisterCreditNote>> = {},
): Data<typeof RegisterCreditNote> => ({
  clientId: 'alfa',
  creditNoteId: 'cn-7',
  invoiceId: 'inv-1024',
  series: 'AMC',
  number: '1030',
  issuedOn: '2026-10-20',
  total: ron('242.00'),
  vatLines: [{ rate: '21', base: '200.00', vat: '42.00' }],
  ...change,
})

export const confirmPaymentCleared = (
  change: Partial<Data<typeof ConfirmPaymentCleared>> = {},
): Data<typeof ConfirmPaymentCleared> => ({
  clientId: 'alfa',
  paymentId: 'pay-3',
  clearedOn: '2026-11-04',
  fee: '5.00',
  ...change,
})

export const recordRefund = (change: Partial<Data<typeof RecordRefund>> = {}): Data<typeof RecordRefund> => ({
  clientId: 'alfa',
  refundId: 'ref-3',
  paymentId: 'pay-1',
  amount: '90.00',
  method: 'BANK_TRANSFER',
  refundedOn: '2026-11-10',
  document: 'OP 77',
  ...change,
})

export const registerClaim = (change: Partial<Data<typeof RegisterClaim>> = {}): Data<typeof RegisterClaim> => ({
  clientId: 'alfa',
  claimId: 'claim-5',
  kind: 'INTEREST',
  number: 'D 5',
  issuedOn: '2026-11-02',
  dueOn: '2026-11-17',
  total: ron('57.53'),
  note: 'Dobândă penalizatoare, factura AMC 1024',
  ...change,
})

export const mergeClients = (change: Partial<Data<typeof MergeClients>> = {}): Data<typeof MergeClients> => ({
  ...intoBeta,
  mergedOn: '2026-11-20',
  reason: 'înregistrat de două ori',
  ...change,
})

export const transferCredit = (
  change: Partial<WithTransferId<Data<typeof TransferCredit>>> = {},
): WithTransferId<Data<typeof TransferCredit>> => ({
  clientId: 'alfa',
  toClientId: 'beta',
  paymentId: 'pay-1',
  transferId: 'pay-1-alfa',
  amount: '100.00',
  movedOn: '2026-11-12',
  reason: 'Factura este a societății-mamă',
  ...change,
})

const unknownPayer = { name: 'Holding SA', taxId: '14399840' }

export const recordUnidentifiedPayment = (
  change: Partial<Data<typeof RecordUnidentifiedPayment>> = {},
): Data<typeof RecordUnidentifiedPayment> => ({
  paymentId: 'unk-1',
  amount: ron('1210.00'),
  method: 'BANK_TRANSFER',
  receivedOn: '2026-11-02',
  bankReference: '029ZEXA2613200CD',
  bankAccount: 'RO49AAAA1B31007593840000',
  remittanceText: 'plata fact AMC 1024',
  payer: unknownPayer,
  ...change,
})

export const identifyPayment = (
  change: Partial<WithIdentificationId<Data<typeof IdentifyPayment>>> = {},
): WithIdentificationId<Data<typeof IdentifyPayment>> => ({
  paymentId: 'unk-1',
  clientId: 'alfa',
  identificationId: 'unk-1-alfa',
  ...change,
})

export const returnUnidentifiedPayment = (
  change: Partial<Data<typeof ReturnUnidentifiedPayment>> = {},
): Data<typeof ReturnUnidentifiedPayment> => ({
  paymentId: 'unk-1',
  reason: 'RETURNED_TO_SENDER',
  returnedOn: '2026-11-20',
  ...change,
})

export const undoIdentification = (
  change: Partial<Data<typeof UndoIdentification>> = {},
): Data<typeof UndoIdentification> => ({
  paymentId: 'unk-1',
  identificationId: 'unk-1-alfa',
  undoneOn: '2026-11-20',
  reason: 'Plata este a societății-mamă',
  ...change,
})

export const releaseCredit = (change: Partial<Data<typeof ReleaseCredit>> = {}): Data<typeof ReleaseCredit> => ({
  clientId: 'alfa',
  paymentId: 'pay-1',
  amount: '90.00',
  reason: 'PRESCRIBED',
  releasedOn: '2026-11-20',
  approvedBy: 'Ioana Pop',
  ...change,
})

export const writeOffInvoice = (change: Partial<Data<typeof WriteOffInvoice>> = {}): Data<typeof WriteOffInvoice> => ({
  clientId: 'alfa',
  writeOffId: 'wo-2',
  invoiceId: 'inv-1024',
  reason: 'Debitor radiat',
  approvedBy: 'Ioana Pop',
  writtenOffOn: '2026-11-20',
  ...change,
})

export const grantDiscount = (change: Partial<Data<typeof GrantDiscount>> = {}): Data<typeof GrantDiscount> => ({
  clientId: 'alfa',
  discountId: 'dis-4',
  invoiceId: 'inv-1024',
  kind: 'SETTLEMENT',
  amount: '24.20',
  vatLines: [{ rate: '21', base: '20.00', vat: '4.20' }],
  grantedOn: '2026-10-10',
  ...change,
})

export const recordSetOff = (change: Partial<Data<typeof RecordSetOff>> = {}): Data<typeof RecordSetOff> => ({
  clientId: 'alfa',
  paymentId: 'set-4',
  amount: ron('300.00'),
  setOffOn: '2026-11-12',
  document: 'PV 4',
  items: [{ invoiceId: 'inv-1024', amount: '300.00' }],
  ...change,
})

export const reverseCreditNote = (
  change: Partial<Data<typeof ReverseCreditNote>> = {},
): Data<typeof ReverseCreditNote> => ({
  clientId: 'alfa',
  creditNoteId: 'cn-7',
  reason: 'WRONG_INVOICE',
  reversedOn: '2026-11-21',
  ...change,
})

export const reverseDiscount = (change: Partial<Data<typeof ReverseDiscount>> = {}): Data<typeof ReverseDiscount> => ({
  clientId: 'alfa',
  discountId: 'dis-4',
  reason: 'MISTAKE',
  reversedOn: '2026-11-21',
  ...change,
})

export const reverseWriteOff = (change: Partial<Data<typeof ReverseWriteOff>> = {}): Data<typeof ReverseWriteOff> => ({
  clientId: 'alfa',
  writeOffId: 'wo-2',
  reason: 'MISTAKE',
  reversedOn: '2026-11-21',
  ...change,
})

export const reverseRefund = (change: Partial<Data<typeof ReverseRefund>> = {}): Data<typeof ReverseRefund> => ({
  clientId: 'alfa',
  refundId: 'ref-3',
  reason: 'RETURNED_BY_BANK',
  reversedOn: '2026-11-21',
  ...change,
})

export const reverseSetOff = (change: Partial<Data<typeof ReverseSetOff>> = {}): Data<typeof ReverseSetOff> => ({
  clientId: 'alfa',
  paymentId: 'set-4',
  reason: 'MISTAKE',
  reversedOn: '2026-11-21',
  ...change,
})

export const extendReceiptRange = (
  change: Partial<Data<typeof ExtendReceiptRange>> = {},
): Data<typeof ExtendReceiptRange> => ({
  series: 'AMC-C',
  to: 10_000,
  decisionNumber: '15',
  decisionOn: '2026-11-20',
  ...change,
})

export const reprintReceipt = (change: Partial<Data<typeof ReprintReceipt>> = {}): Data<typeof ReprintReceipt> => ({
  series: 'AMC-C',
  number: 15,
  reason: 'Pierdută de client',
  ...change,
})

export const continueReceiptBook = (
  change: Partial<Data<typeof ContinueReceiptBook>> = {},
): Data<typeof ContinueReceiptBook> => ({
  series: 'AMC-C',
  continueFrom: 21,
  reason: 'Restaurare din copia de siguranță; chitanțele 16-20 sunt tipărite',
  acknowledgedBy: 'Ana Ionescu',
  ...change,
})

export const setPolicy = (change: Partial<Data<typeof SetPolicy>> = {}): Data<typeof SetPolicy> => ({
  cashGuard: 'REQUIRE_OVERRIDE',
  ...change,
})

export const openCashDesk = (change: Partial<Data<typeof OpenCashDesk>> = {}): Data<typeof OpenCashDesk> => ({
  deskId: 'C1',
  name: 'Casieria centrală',
  openedOn: '2026-01-05',
  openingBalances: [ron('250.00')],
  ...change,
})

export const closePeriod = (change: Partial<Data<typeof ClosePeriod>> = {}): Data<typeof ClosePeriod> => ({
  through: '2026-10-31',
  ...change,
})

export const reopenPeriod = (change: Partial<Data<typeof ReopenPeriod>> = {}): Data<typeof ReopenPeriod> => ({
  from: '2026-10-01',
  reason: 'Factură omisă',
  requestedBy: 'Ion Ene',
  approvedBy: 'Ioana Pop',
  ...change,
})

export const recordExchangeRates = (
  change: Partial<Data<typeof RecordExchangeRates>> = {},
): Data<typeof RecordExchangeRates> => ({
  source: 'BNR',
  on: '2026-10-30',
  rates: { EUR: '5.0900', HUF: '0.013100' },
  ...change,
})

export const exchangeRatesRecorded = (change: Partial<EventData<typeof ExchangeRatesRecorded>> = {}) =>
  ExchangeRatesRecorded.of({ ...recordExchangeRates(), ...change })

/** Today's shape of every event of the ledger. */
export const exampleEvents: readonly LedgerMessage[] = [
  clientRegistered(),
  clientUpdated(),
  invoiceRegistered(),
  paymentRecorded(),
  paymentAllocated(),
  paymentDeallocated(),
  paymentReversed(),
  receiptRequested(),
  receiptDeclined(),
  receiptReleased(),
  receiptBookOpened(),
  receiptIssued(),
  receiptAnnulled(),
  companyRegistered(),
  cashLimitOverridden(),
  paymentCleared(),
  refundRecorded(),
  creditReleased(),
  invoiceRescheduled(),
  transferRequested(),
  transferReceived(),
  transferRefused(),
  transferCompleted(),
  transferDeclined(),
  claimRegistered(),
  claimCancelled(),
  unidentifiedPaymentRecorded(),
  identificationRequested(),
  paymentIdentified(),
  identificationRefused(),
  identificationCompleted(),
  identificationDeclined(),
  identificationUndone(),
  identificationReturned(),
  unidentifiedPaymentReturned(),
  reversalRequested(),
  reversalDeclined(),
  mergeRequested(),
  mergeAccepted(),
  mergeRefused(),
  mergeConfirmed(),
  mergeDeclined(),
  mergeResumed(),
  mergeConcluded(),
  invoiceMoveRequested(),
  invoiceMoved(),
  invoiceMoveRefused(),
  invoiceMoveDeclined(),
  invoiceCancelled(),
  creditNoteRegistered(),
  discountGranted(),
  invoiceWrittenOff(),
  creditNoteReversed(),
  discountReversed(),
  writeOffReversed(),
  refundReversed(),
  receiptRangeExtended(),
  receiptRefused(),
  receiptReprinted(),
  receiptBookContinued(),
  policySet(),
  exchangeRatesRecorded(),
  cashDeskOpened(),
  periodClosed(),
  periodReopened(),
]

export const eventMetadata = (change: Partial<EventMetadata> = {}): EventMetadata => ({
  companyId: 'amc',
  commandId: '8b0f2d4e-5a0a-5c38-9f21-6a3a2c1d0e4f',
  requestHash: 'a'.repeat(64),
  correlationId: 'req-1',
  causationId: 'req-1',
  actor: 'development',
  recordedAt: '2026-11-02T09:00:00.000Z',
  schemaVersion: 1,
  ...change,
})
