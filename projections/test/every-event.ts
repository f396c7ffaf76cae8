import {
  clientAccountStream,
  companyStream,
  exchangeRatesStream,
  LEDGER_CLOCK_STREAM,
  type LedgerEvent,
  type LedgerMessage,
  receiptBookStream,
  unidentifiedStream,
} from '@registru/domain'
import {
  cashDeskOpened,
  claimCancelled,
  claimRegistered,
  clientRegistered,
  clientUpdated,
  companyRegistered,
  creditNoteRegistered,
  creditNoteReversed,
  creditReleased,
  discountGranted,
  discountReversed,
  exchangeRatesRecorded,
  identificationUndone,
  invoiceCancelled,
  invoiceMoved,
  invoiceRegistered,
  invoiceRescheduled,
  invoiceWrittenOff,
  mergeDeclined,
  mergeRequested,
  paymentAllocated,
  paymentCleared,
  paymentDeallocated,
  paymentIdentified,
  paymentRecorded,
  paymentReversed,
  periodClosed,
  periodReopened,
  policySet,
  receiptAnnulled,
  receiptBookContinued,
  receiptBookOpened,
  receiptIssued,
  receiptRangeExtended,
  receiptReprinted,
  refundRecorded,
  refundReversed,
  ron,
  transferReceived,
  unidentifiedPaymentRecorded,
  unidentifiedPaymentReturned,
  writeOffReversed,
} from '@registru/domain/examples'
import { createLog } from './ledger.ts'

const eur = (amount: string) => ({ amount, currency: 'EUR' })
const alfa = clientAccountStream('amc', 'alfa')
const beta = clientAccountStream('amc', 'beta')
const company = companyStream('amc')
const book = receiptBookStream('amc', 'AMC-C')
const nobodys = unidentifiedStream('amc')
const prices = exchangeRatesStream('amc')
const ofBeta = { clientId: 'beta' } as const
/** Of TVA la încasare, and of a contract that is paid in instalments. */
const contract = {
  invoiceId: 'i-5',
  number: '8',
  total: ron('12.10'),
  vatLines: [{ rate: '21', base: '10.00', vat: '2.10' }],
  cashAccounting: true,
  instalmentContract: true,
}
const clockEvent = (type: 'LedgerClockStarted' | 'LedgerClockTicked') => ({ type, version: 1, data: {} })

const lei = { rate: '5.00', source: 'BNR', publishedOn: '2026-10-30' } as const

/** Every event that moves a row, in each of its shapes, with amounts that tell them apart. One append a line. */
const appends: readonly (readonly [stream: string, ...messages: readonly LedgerMessage[]])[] = [
  // 0
  [company, companyRegistered()],
  [company, policySet({ cashGuard: 'WARN', strictKeys: true })],
  [company, cashDeskOpened({ openingBalances: [ron('250.00'), eur('10.00')] })],
  [company, periodClosed()],
  [company, periodReopened()],
  // 5
  [alfa, clientRegistered({ email: 'alfa@example.ro', tradeRegisterNumber: 'J12/1/2020' })],
  [
    beta,
    clientRegistered({ ...ofBeta, kind: 'INDIVIDUAL', name: 'Ion Popescu', taxId: undefined, address: undefined }),
  ],
  [alfa, clientUpdated({ taxId: 'RO13548146', email: 'nou@example.ro', tradeRegisterNumber: 'J12/2/2021' })],
  [beta, clientUpdated({ ...ofBeta, name: undefined, kind: 'BUSINESS', address: { city: 'Iași', countryCode: 'RO' } })],
  [alfa, invoiceRegistered({ invoiceId: 'i-1', number: '1', total: ron('1210.00') })],
  // 10
  [
    beta,
    invoiceRegistered({
      ...ofBeta,
      invoiceId: 'i-2',
      series: undefined,
      number: '2',
      total: eur('100.00'),
      instalments: [
        { dueOn: '2026-10-15', amount: '40.00' },
        { dueOn: '2026-10-31', amount: '60.00' },
      ],
      instalmentContract: true,
    }),
  ],
  [alfa, invoiceRegistered({ invoiceId: 'i-3', number: '3', kind: 'ADVANCE', total: ron('300.00') })],
  [alfa, invoiceCancelled({ invoiceId: 'i-3', kind: 'ADVANCE', total: ron('300.00'), vatLines: [] })],
  [
    alfa,
    paymentRecorded({
      paymentId: 'p-1',
      amount: ron('700.00'),
      allocationRule: 'auto@1',
      allocationStage: 'ONE_INVOICE',
      remittanceText: 'fact 1',
      fee: '2.00',
    }),
    paymentAllocated({ paymentId: 'p-1', invoiceId: 'i-1', amount: ron('600.00') }),
  ],
  // 15
  [
    alfa,
    paymentRecorded({
      paymentId: 'p-2',
      amount: ron('120.00'),
      method: 'CASH',
      receivedOn: '2026-11-03',
      bankReference: undefined,
      deskId: 'C1',
      payer: { name: 'Gama SRL', taxId: 'RO 7' },
      allocationRule: 'explicit@1',
    }),
    paymentAllocated({ paymentId: 'p-2', invoiceId: 'i-1', amount: ron('110.00'), allocatedOn: '2026-11-03' }),
  ],
  [
    beta,
    paymentRecorded({
      ...ofBeta,
      paymentId: 'p-3',
      amount: eur('33.00'),
      method: 'CASH',
      receivedOn: '2026-11-03',
      bankReference: undefined,
    }),
  ],
  [
    beta,
    paymentRecorded({ ...ofBeta, paymentId: 'p-4', amount: ron('50.00'), method: 'CASH', bankReference: undefined }),
    paymentAllocated({
      ...ofBeta,
      paymentId: 'p-4',
      invoiceId: 'i-2',
      amount: eur('10.00'),
      conversion: { paid: ron('50.00'), ...lei },
    }),
  ],
  // 20
  [
    beta,
    paymentDeallocated({
      ...ofBeta,
      paymentId: 'p-4',
      invoiceId: 'i-2',
      amount: eur('4.00'),
      conversion: { paid: ron('20.00') },
    }),
    paymentReversed({
      ...ofBeta,
      paymentId: 'p-4',
      amount: ron('20.00'),
      method: 'CASH',
      cleared: true,
      reason: 'MISTAKE',
      note: 'dublă',
    }),
  ],
  // 22
  [
    alfa,
    paymentRecorded({ paymentId: 'p-5', amount: ron('80.00'), method: 'CHEQUE', receivedOn: '2026-11-04' }),
    paymentAllocated({
      paymentId: 'p-5',
      invoiceId: 'i-1',
      amount: ron('75.00'),
      allocatedOn: '2026-11-04',
      uncleared: true,
    }),
    paymentCleared({
      paymentId: 'p-5',
      method: 'CHEQUE',
      amount: ron('30.00'),
      fee: '1.00',
      settles: [{ invoiceId: 'i-1', amount: ron('30.00') }],
      stillInTransit: '50.00',
      clearedOn: '2026-11-06',
    }),
    paymentDeallocated({
      paymentId: 'p-5',
      invoiceId: 'i-1',
      amount: ron('45.00'),
      uncleared: true,
      collected: '5.00',
      deallocatedOn: '2026-11-07',
      reason: 'PAYMENT_REVERSED',
    }),
    paymentReversed({
      paymentId: 'p-5',
      amount: ron('50.00'),
      method: 'CHEQUE',
      takenInTransit: '44.00',
      reversedOn: '2026-11-07',
    }),
  ],
  // 27
  [book, receiptBookOpened()],
  [receiptBookStream('amc', 'LIBER'), receiptBookOpened({ series: 'LIBER', deskId: 'C2', from: 7, to: undefined })],
  [
    book,
    receiptIssued({ number: 1, receiptId: 'r-1', paymentId: 'p-2', issuedOn: '2026-11-03', amount: ron('120.00') }),
  ],
  // 30
  [
    book,
    receiptAnnulled({ number: 1, receiptId: 'r-1', paymentId: 'p-2', amount: ron('120.00'), annulledOn: '2026-11-05' }),
    receiptIssued({
      number: 2,
      receiptId: 'r-2',
      paymentId: 'p-2',
      issuedOn: '2026-11-05',
      amount: ron('120.00'),
      advance: '0.50',
      settles: [
        {
          invoiceId: 'i-1',
          number: '1',
          issuedOn: '2026-10-01',
          amount: ron('110.00'),
          openAfter: '100.00',
          conversion: { settled: eur('22.00'), rate: '5.00' },
        },
      ],
      replaces: { series: 'AMC-C', number: 1 },
    }),
    receiptReprinted({ number: 2, copy: 1 }),
    receiptRangeExtended({ to: 9_000 }),
    receiptBookContinued({ lastNumber: 2, continueFrom: 21 }),
  ],
  // 35
  [
    alfa,
    creditNoteRegistered({ creditNoteId: 'n-1', invoiceId: 'i-1', number: '4', total: ron('21.00'), vatLines: [] }),
  ],
  [
    beta,
    creditNoteRegistered({
      ...ofBeta,
      creditNoteId: 'n-2',
      invoiceId: undefined,
      number: '5',
      total: ron('60.00'),
      vatLines: [],
    }),
    creditNoteRegistered({
      ...ofBeta,
      creditNoteId: 'n-3',
      invoiceId: undefined,
      series: undefined,
      number: '6',
      total: ron('61.00'),
      vatLines: [],
    }),
  ],
  [alfa, creditNoteReversed({ creditNoteId: 'n-1', invoiceId: 'i-1', total: ron('21.00'), vatLines: [] })],
  [
    beta,
    creditNoteReversed({
      ...ofBeta,
      creditNoteId: 'n-3',
      invoiceId: undefined,
      total: ron('61.00'),
      vatLines: [],
      note: 'greșită',
    }),
  ],
  // 40
  [
    alfa,
    discountGranted({ invoiceId: 'i-1', amount: ron('15.00'), vatLines: [], grantedOn: '2026-11-08' }),
    discountReversed({ invoiceId: 'i-1', amount: ron('15.00'), vatLines: [] }),
    invoiceWrittenOff({ invoiceId: 'i-1', amount: ron('425.00') }),
    paymentAllocated({ paymentId: 'p-1', invoiceId: 'i-1', amount: ron('40.00'), recovers: true }),
    paymentDeallocated({ paymentId: 'p-1', invoiceId: 'i-1', amount: ron('16.00'), recovers: true }),
    writeOffReversed({ invoiceId: 'i-1', amount: ron('25.00') }),
  ],
  // 46
  [
    alfa,
    refundRecorded({ refundId: 'f-1', paymentId: 'p-1', amount: ron('9.00'), note: 'la cerere' }),
    refundRecorded({
      refundId: 'f-2',
      paymentId: 'p-1',
      amount: ron('11.00'),
      method: 'CARD_ONLINE',
      document: undefined,
    }),
    refundReversed({ refundId: 'f-1', paymentId: 'p-1', amount: ron('9.00') }),
  ],
  // 49
  [
    beta,
    refundRecorded({
      ...ofBeta,
      refundId: 'f-3',
      paymentId: 'p-3',
      amount: eur('3.00'),
      method: 'CASH',
      deskId: 'C2',
      document: undefined,
      conversion: { paid: ron('15.00'), ...lei },
      worth: { currency: 'RON', paid: '15.00', difference: '-0.60' },
    }),
    refundRecorded({
      ...ofBeta,
      refundId: 'f-4',
      paymentId: 'p-3',
      amount: eur('2.00'),
      method: 'CASH',
      document: 'DP 8',
      worth: { currency: 'RON', paid: '10.00' },
    }),
    refundReversed({
      ...ofBeta,
      refundId: 'f-3',
      paymentId: 'p-3',
      amount: eur('3.00'),
      method: 'CASH',
      deskId: 'C2',
      conversion: { paid: ron('15.00') },
    }),
    creditReleased({ ...ofBeta, paymentId: 'p-3', amount: eur('1.00'), reason: 'TIP' }),
  ],
  // 53
  [beta, transferReceived({ transferId: 't-1', origin: { clientId: 'alfa', paymentId: 'p-1' }, amount: ron('17.00') })],
  [
    alfa,
    transferReceived({
      clientId: 'alfa',
      transferId: 't-2',
      origin: { clientId: 'beta', paymentId: 't-1' },
      amount: ron('6.00'),
      movedOn: '2026-11-19',
      returnsTo: 'p-1',
    }),
  ],
  // 55
  [
    beta,
    invoiceRescheduled({
      ...ofBeta,
      invoiceId: 'i-2',
      amount: eur('94.00'),
      instalments: [{ dueOn: '2026-12-31', amount: '94.00' }],
    }),
  ],
  [
    beta,
    invoiceRescheduled({
      ...ofBeta,
      invoiceId: 'i-2',
      amount: eur('94.00'),
      instalments: [
        { dueOn: '2027-01-15', amount: '50.00' },
        { dueOn: '2027-01-31', amount: '44.00' },
      ],
      agreedOn: '2026-11-25',
    }),
  ],
  [alfa, invoiceRegistered({ invoiceId: 'i-4', number: '7', total: ron('5.00') })],
  [
    alfa,
    paymentAllocated({ paymentId: 'p-1', invoiceId: 'i-4', amount: ron('2.00') }),
    invoiceRescheduled({
      invoiceId: 'i-4',
      amount: ron('3.00'),
      instalments: [{ dueOn: '2026-11-05', amount: '3.00' }],
    }),
  ],
  // 60
  [alfa, paymentRecorded({ paymentId: 'p-6', amount: ron('70.00'), method: 'CARD_POS', bankReference: undefined })],
  [alfa, paymentReversed({ paymentId: 'p-6', amount: ron('70.00'), method: 'CARD_POS', reversedOn: '2026-11-13' })],
  [alfa, claimRegistered({ claimId: 'c-1', series: 'D', number: '1', total: ron('8.00') })],
  // 63
  [alfa, claimCancelled({ claimId: 'c-1', total: ron('8.00') })],
  [
    alfa,
    claimRegistered({ claimId: 'c-2', kind: 'RETURNED_MONEY', number: 'c-2', total: ron('9.00'), paymentId: 'p-6' }),
    refundRecorded({ refundId: 'f-5', paymentId: 'p-6', amount: ron('9.00'), claimId: 'c-2' }),
  ],
  // 66
  [
    alfa,
    refundReversed({ refundId: 'f-5', paymentId: 'p-6', amount: ron('9.00') }),
    claimCancelled({ claimId: 'c-2', kind: 'RETURNED_MONEY', total: ron('9.00'), paymentId: 'p-6' }),
  ],
  [
    alfa,
    claimRegistered({ claimId: 'c-3', kind: 'RETURNED_MONEY', number: 'c-3', total: ron('4.00'), paymentId: 'p-6' }),
    paymentReversed({
      paymentId: 'p-6',
      amount: ron('4.00'),
      method: 'CARD_POS',
      cleared: true,
      reversedOn: '2026-11-14',
    }),
  ],
  // 70
  [alfa, invoiceWrittenOff({ invoiceId: 'i-4', writeOffId: 'w-9', amount: ron('2.00'), kind: 'SMALL_DIFFERENCE' })],
  [alfa, writeOffReversed({ invoiceId: 'i-4', writeOffId: 'w-9', amount: ron('1.00'), kind: 'SMALL_DIFFERENCE' })],
  // 72
  [nobodys, unidentifiedPaymentRecorded({ paymentId: 'u-1', amount: ron('61.00'), fee: '0.61' })],
  [
    alfa,
    paymentIdentified({
      paymentId: 'u-1',
      identificationId: 'his-1',
      amount: ron('41.00'),
      identifiedOn: '2026-11-06',
    }),
  ],
  [alfa, identificationUndone({ paymentId: 'u-1', identificationId: 'his-1', amount: ron('21.00') })],
  [nobodys, unidentifiedPaymentReturned({ paymentId: 'u-1', amount: ron('11.00'), note: 'cerută înapoi' })],
  // 76
  [prices, exchangeRatesRecorded()],
  [prices, exchangeRatesRecorded({ rates: { CHF: '5.4321', EUR: '5.0910' }, replaces: { EUR: '5.0900' } })],
  // 78
  [
    alfa,
    invoiceRegistered({ ...contract, issuedOn: '2026-10-01', dueOn: '2026-10-31' }),
    paymentAllocated({ paymentId: 'p-1', invoiceId: 'i-5', amount: ron('1.10') }),
    invoiceWrittenOff({ invoiceId: 'i-5', writeOffId: 'w-10', amount: ron('1.00') }),
    mergeRequested(),
    mergeDeclined(),
    mergeRequested({ mergedOn: '2026-11-21' }),
  ],
  // 84
  [beta, invoiceMoved({ ...contract, amount: ron('10.00'), writtenOff: '1.00', movedOn: '2026-11-21' })],
  [alfa, paymentDeallocated({ paymentId: 'p-1', invoiceId: 'i-5', amount: ron('0.60'), deallocatedOn: '2026-11-22' })],
  [beta, invoiceMoved({ ...contract, amount: ron('0.60'), movedOn: '2026-11-22', again: true })],
  // 87
  [
    beta,
    paymentAllocated({
      ...ofBeta,
      paymentId: 't-1',
      invoiceId: 'i-5',
      amount: ron('2.00'),
      allocatedOn: '2026-11-23',
      paperOf: 'alfa',
    }),
    transferReceived({
      transferId: 't-3',
      origin: { clientId: 'alfa', paymentId: 'p-1' },
      amount: ron('1.00'),
      movedOn: '2026-11-23',
      merges: true,
    }),
  ],
]

/** They stand at the places that the comments count. */
export const everyEvent = (): readonly LedgerEvent[] => {
  const { events, append } = createLog()
  for (const [stream, ...messages] of appends) append('amc', stream, messages)
  return events
}

/** The same, with the log's own clock started after a few of them: from there on nobody else's counts. */
export const withClock = (): readonly LedgerEvent[] => {
  const { events, append } = createLog()
  for (const [at, [stream, ...messages]] of appends.slice(0, 14).entries()) {
    append('amc', stream, messages)
    if (at < 8 || at % 2 === 1) continue
    const type = at === 8 ? 'LedgerClockStarted' : 'LedgerClockTicked'
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the log takes whatever has a type and data
    append('amc', LEDGER_CLOCK_STREAM, [clockEvent(type) as unknown as LedgerMessage])
  }
  return events
}
