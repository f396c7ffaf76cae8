import type { z } from 'zod'
import type {
  AllocatePayment,
  DeallocatePayment,
  IssueReceipt,
  RecordPayment,
  RegisterClient,
  RegisterInvoice,
  ReversePayment,
  UpdateClient,
} from './client-account/commands.ts'
import {
  ClientRegistered,
  ClientUpdated,
  InvoiceRegistered,
  PaymentAllocated,
  PaymentDeallocated,
  PaymentRecorded,
  PaymentReversed,
  ReceiptDeclined,
  ReceiptReleased,
  ReceiptRequested,
} from './client-account/events.ts'
import { CompanyRegistered, type RegisterCompany } from './company/company.ts'
import type { LedgerMessage } from './ledger-events.ts'
import type { EventMetadata } from './metadata.ts'
import type { Money } from './money.ts'
import type { AnnulReceipt, EnterReceipt, OpenReceiptBook } from './receipt-book/commands.ts'
import { ReceiptAnnulled, ReceiptBookOpened, ReceiptIssued } from './receipt-book/events.ts'

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
