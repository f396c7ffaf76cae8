import { randomUUID } from 'node:crypto'
import {
  BEFORE_THE_LOG,
  BEFORE_THE_STREAM,
  clientAccountStream,
  companyStream,
  exchangeRateEventDefinitions,
  exchangeRatesStream,
  type LedgerMessage,
  ledgerCodec,
  positionOf,
  type Revision,
  readLedgerEvent,
  receiptBookEventDefinitions,
  revisionAfter,
  revisionOf,
  unidentifiedEventDefinitions,
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
  creditReleased,
  discountGranted,
  eventMetadata,
  exampleEvents,
  exchangeRatesRecorded,
  identificationCompleted,
  identificationDeclined,
  identificationRefused,
  identificationRequested,
  identificationReturned,
  identificationUndone,
  invoiceCancelled,
  invoiceRegistered,
  invoiceRescheduled,
  invoiceWrittenOff,
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
  receiptBookOpened,
  receiptIssued,
  receiptReleased,
  receiptReprinted,
  receiptRequested,
  refundRecorded,
  refundReversed,
  ron,
  transferCompleted,
  transferDeclined,
  transferReceived,
  transferRefused,
  transferRequested,
  unidentifiedPaymentRecorded,
  unidentifiedPaymentReturned,
} from '@registru/domain/examples'
import { formerEventIdOf, type RecordedEvent } from '@registru/event-store'
import { allProjections, ensureSchemas, openPostgresWriter, schemaOf } from '@registru/projections'
import { createPool } from '@registru/runtime'
import { createTestDatabase } from '@registru/runtime/testing'
import t from 'tap'
import { answerInvoices, answerPayments, answerReceipts } from '../src/audit/answer-lists.ts'
import {
  answerCashDay,
  answerCollections,
  answerDso,
  answerExigibleVat,
  answerRecoveries,
  answerTrialBalance,
} from '../src/audit/answer-reports.ts'
import { answerAging, answerBalance, answerOpenItems, answerStatement } from '../src/audit/answers.ts'
import { auditReadModels } from '../src/audit/audit.ts'
import { firstDifference } from '../src/audit/differ.ts'
import { foldKnown } from '../src/audit/known.ts'
import { type LogRead, readFact, readLog } from '../src/audit/log.ts'
import { createReport, isWrong, type Report } from '../src/audit/report.ts'
import { createLedger, holdToRules, type Ledger } from '../src/audit/rules.ts'
import { createSpilledKeys } from '../src/audit/spilled-keys.ts'

const book = 'receiptBook-amc:AMC-C'
const company = companyStream('amc')

const FIRST_MS = Date.parse('2026-11-02T09:00:00.000Z')
const inTheBook: ReadonlySet<string> = new Set(receiptBookEventDefinitions.map((definition) => definition.type))
const ofNobody: ReadonlySet<string> = new Set(unidentifiedEventDefinitions.map((definition) => definition.type))

const ofPrices: ReadonlySet<string> = new Set(exchangeRateEventDefinitions.map((definition) => definition.type))

const streamOfMessage = ({ type, data }: LedgerMessage): string => {
  if (inTheBook.has(type)) return book
  if (ofNobody.has(type)) return unidentifiedStream('amc')
  if (ofPrices.has(type)) return exchangeRatesStream('amc')
  return 'clientId' in data ? clientAccountStream('amc', data.clientId) : company
}

/** A log of events, each from a command of its own. */
const logOf = (...messages: readonly LedgerMessage[]): RecordedEvent[] => {
  const heads = new Map<string, Revision>()
  return messages.map((message, index) => {
    const { type, data } = message
    const { schemaVersion } = ledgerCodec.encode(message)
    const stream = streamOfMessage(message)
    const revision = revisionAfter(heads.get(stream) ?? BEFORE_THE_STREAM)
    heads.set(stream, revision)
    const commandId = randomUUID()
    const recordedAt = new Date(FIRST_MS + index * 1_000).toISOString()
    const metadata = eventMetadata({ commandId, recordedAt, schemaVersion })
    return {
      stream,
      revision,
      position: positionOf(BigInt(index * 7)),
      id: formerEventIdOf(commandId, 0),
      type,
      data,
      metadata,
      createdAt: new Date(FIRST_MS + index * 1_000 + 7),
    }
  })
}

const streamOf = async function* (log: readonly RecordedEvent[]) {
  yield* log
}

const fold = async (
  log: readonly RecordedEvent[],
): Promise<{ ledger: Ledger; report: Report; wrong: readonly string[] }> => {
  const report = createReport()
  const ledger = createLedger()
  const read: LogRead = { events: 0, streams: 0, position: BEFORE_THE_LOG, awaited: new Set() }
  for await (const fact of readLog(streamOf(log), positionOf(1_000_000n), report, read))
    holdToRules(ledger, report, fact)
  const wrong = report.checks.filter(isWrong).flatMap(({ first }) => (first === undefined ? [] : [first.what]))
  return { ledger, report, wrong }
}

const cash = { paymentId: 'pay-2', method: 'CASH' as const, amount: ron('500.00') }
const card = paymentRecorded({ paymentId: 'pay-3', method: 'CARD_ONLINE', amount: ron('500.00') })
const history = [
  clientRegistered(),
  invoiceRegistered(),
  paymentRecorded(cash),
  paymentAllocated({ paymentId: 'pay-2' }),
  receiptRequested(),
  receiptBookOpened({ from: 15 }),
  receiptIssued(),
]

t.test('the fold of a right history', async (t) => {
  t.test('finds nothing wrong, and adds up', async (t) => {
    const { ledger, wrong } = await fold(logOf(...history, receiptAnnulled(), receiptReleased()))
    t.same(wrong, [])
    t.match(ledger.invoices.get('amc alfa inv-1024'), { total: 121_000n, allocated: 50_000n })
    t.match(ledger.payments.get('amc alfa pay-2'), { amount: 50_000n, allocated: 50_000n, receipt: undefined })
    t.match(ledger.receipts.get('amc AMC-C 15'), { annulledOn: '2026-11-02' })
    t.equal(ledger.openSteps.size, 0)
  })
  t.test('knows what lowers an invoice or a credit without money', async (t) => {
    const { ledger, wrong } = await fold(
      logOf(
        clientRegistered(),
        invoiceRegistered(),
        creditNoteRegistered(),
        discountGranted(),
        invoiceWrittenOff({ amount: ron('943.80') }),
        invoiceRegistered({ invoiceId: 'inv-1025' }),
        invoiceCancelled({ invoiceId: 'inv-1025' }),
        creditNoteRegistered({ creditNoteId: 'cn-8', invoiceId: undefined }),
        refundRecorded({ paymentId: 'cn-8', amount: ron('42.00') }),
        card,
        paymentCleared(),
      ),
    )
    t.same(wrong, [])
    const whole = { credited: 24_200n, discounted: 2_420n, writtenOff: 94_380n, cancelled: 0n }
    t.match(ledger.invoices.get('amc alfa inv-1024'), whole)
    t.match(ledger.invoices.get('amc alfa inv-1025'), { cancelled: 121_000n })
    t.match(ledger.payments.get('amc alfa cn-8'), { method: 'CREDIT_NOTE', refunded: 4_200n })
    t.match(ledger.payments.get('amc alfa pay-3'), { clearedOn: '2026-11-04', fee: 500n })
  })
  t.test('knows every event of the ledger', async (t) => {
    const { report } = await fold(logOf(...exampleEvents))
    t.equal(report.check('log: every event can be read by this auditor').first, undefined)
  })
  t.test('tells which receipt is between its two streams', async (t) => {
    const { ledger } = await fold(logOf(...history.slice(0, -1)))
    t.same([...ledger.openSteps], ['issue amc AMC-C rec-15'])
  })
})

/** Owed for money that left beyond what was there. */
const neverCame = { method: 'BANK_TRANSFER', amount: ron('100.00'), fee: '4.00' } as const
const beyond = { claimId: 'claim-6', kind: 'RETURNED_MONEY', total: ron('100.00'), paymentId: 'pay-30' } as const

t.test('the fold of a wrong history names what is wrong', async (t) => {
  const cases: [name: string, log: readonly RecordedEvent[], what: RegExp][] = [
    [
      'more allocated than open',
      logOf(
        ...history,
        paymentRecorded({ paymentId: 'pay-3' }),
        paymentAllocated({ paymentId: 'pay-3', amount: ron('710.01') }),
      ),
      /inv-1024: 0 ≤ open/,
    ],
    [
      'more allocated than paid',
      logOf(...history, paymentAllocated({ paymentId: 'pay-2', amount: ron('0.01') })),
      /pay-2: credit/,
    ],
    [
      'more undone than allocated',
      logOf(...history, paymentDeallocated({ paymentId: 'pay-2', amount: ron('500.01') })),
      /inv-1024: 0 ≤ open/,
    ],
    ['a gap in a book', logOf(...history, receiptIssued({ number: 17, receiptId: 'rec-17' })), /next number/],
    [
      'a second living receipt',
      logOf(...history, receiptRequested({ receiptId: 'rec-16' }), receiptIssued({ number: 16, receiptId: 'rec-16' })),
      /living receipts/,
    ],
    [
      'more refunded than credit',
      logOf(...history, refundRecorded({ paymentId: 'pay-2', amount: ron('0.01') })),
      /pay-2: no more refunded/,
    ],
    [
      'credit that is received twice',
      logOf(...history, paymentRecorded(), transferRequested(), transferReceived(), transferReceived()),
      /pay-1: received as reserved/,
    ],
    [
      'credit that is used while it is reserved',
      logOf(...history, paymentRecorded(), transferRequested(), refundRecorded({ amount: ron('1400.01') })),
      /pay-1: no more refunded/,
    ],
    [
      'credit that is freed and received',
      logOf(...history, paymentRecorded(), transferRequested(), transferReceived(), transferDeclined()),
      /pay-1: freed as reserved/,
    ],
    [
      'a payment that is reversed under what went to another client',
      logOf(...history, paymentRecorded(), transferRequested(), transferReceived(), paymentReversed()),
      /pay-1: reversed from its credit, with nothing of it on its way/,
    ],
    [
      'unidentified money that two have',
      logOf(
        unidentifiedPaymentRecorded(),
        identificationRequested(),
        paymentIdentified(),
        paymentIdentified({ identificationId: 'again' }),
      ),
      /unk-1: received as reserved/,
    ],
    [
      'more of it given away than there is',
      logOf(unidentifiedPaymentRecorded(), identificationRequested({ amount: ron('1210.01') })),
      /unk-1 as unk-1-alfa of alfa: no more reserved than is nobody's/,
    ],
    [
      'unidentified money that is gone, and somebody has',
      logOf(
        unidentifiedPaymentRecorded(),
        identificationRequested({ amount: ron('1200.00') }),
        unidentifiedPaymentReturned({ amount: ron('10.01') }),
      ),
      /unk-1: no more is gone than is nobody's/,
    ],
    [
      'an identification that is undone though it is used',
      logOf(
        ...history,
        unidentifiedPaymentRecorded(),
        identificationRequested(),
        paymentIdentified(),
        paymentAllocated({ paymentId: 'unk-1-alfa', amount: ron('0.01') }),
        identificationUndone(),
      ),
      /alfa unk-1-alfa: no more taken back than is unused/,
    ],
    [
      'money that comes back before it was taken back',
      logOf(
        unidentifiedPaymentRecorded(),
        identificationRequested(),
        paymentIdentified(),
        identificationCompleted(),
        identificationReturned(),
      ),
      /unk-1: no more comes back than was taken back/,
    ],
    [
      'more recovered than written off',
      logOf(
        ...history,
        invoiceWrittenOff({ amount: ron('1.00') }),
        paymentRecorded(),
        paymentAllocated({ amount: ron('1.01'), recovers: true }),
      ),
      /inv-1024: 0 ≤ recovered ≤ written off/,
    ],
    ['a claim for money of nobody', logOf(...history, claimRegistered(beyond)), /pay-30: claimed in its currency/],
    [
      'a claim that is owed no longer, and was paid',
      logOf(...history, claimRegistered(), claimCancelled(), claimCancelled()),
      /claim-5: taken back whole, once/,
    ],
    [
      'a fee that goes back of money that came',
      logOf(clientRegistered(), paymentRecorded(neverCame), paymentReversed({ ...neverCame, reason: 'BOUNCED' })),
      /pay-1: what was kept of it goes back if it never came/,
    ],
    [
      'more of a fee that goes back than was kept',
      logOf(
        clientRegistered(),
        paymentRecorded(neverCame),
        paymentReversed({ ...neverCame, fee: '4.01', reason: 'MISTAKE' }),
      ),
      /pay-1: what was kept of it goes back if it never came/,
    ],
    ['more lowered than open', logOf(...history, invoiceWrittenOff({ amount: ron('710.01') })), /inv-1024: 0 ≤ open/],
    [
      'money that cleared twice',
      logOf(...history, card, paymentCleared(), paymentCleared()),
      /pay-3: no more arrives than was on its way/,
    ],
    [
      'a part that arrived and says that nothing is left',
      logOf(...history, card, paymentCleared({ amount: ron('499.99') })),
      /pay-3: what is still on its way/,
    ],
    [
      'money that leaves from where it is not',
      logOf(
        ...history,
        card,
        paymentCleared(),
        paymentReversed({ paymentId: 'pay-3', method: 'CARD_ONLINE', amount: ron('500.00') }),
      ),
      /pay-3: reversed from where it lay/,
    ],
    [
      'more gone again than was left',
      logOf(...history, paymentRecorded(), refundRecorded(), paymentReversed()),
      /pay-1: reversed from its credit/,
    ],
    [
      'money that was given back and never came',
      logOf(
        ...history,
        paymentRecorded(),
        refundRecorded(),
        paymentReversed({ amount: ron('1410.00'), reason: 'MISTAKE' }),
      ),
      /pay-1: no mistake that was refunded/,
    ],
    [
      'a receipt that replaces a living one',
      logOf(
        ...history,
        receiptRequested({ receiptId: 'rec-16' }),
        receiptIssued({ number: 16, receiptId: 'rec-16', replaces: { series: 'AMC-C', number: 15 } }),
      ),
      /replaces an annulled one/,
    ],
    ['a receipt annulled twice', logOf(...history, receiptAnnulled(), receiptAnnulled()), /annulled once/],
    ['a gap in a stream', logOf(...history).filter((_, index) => index !== 2), /next revision/],
  ]
  for (const [name, log, what] of cases) {
    t.test(name, async (t) => {
      const { wrong } = await fold(log)
      t.ok(
        wrong.some((text) => what.test(text)),
        wrong.join('; '),
      )
    })
  }

  t.test('a command carried out twice', async (t) => {
    const log = logOf(...history)
    const [, , payment] = log
    if (payment === undefined) return t.fail('no payment')
    const last = log.at(-1)
    const again = { ...payment, revision: revisionOf(5n), position: positionOf((last?.position ?? 0n) + 7n) }
    const { wrong } = await fold([...log, again])
    t.ok(
      wrong.some((text) => /^[0-9a-f-]{36} at clientAccount-amc:alfa 5/.test(text)),
      wrong.join('; '),
    )
  })
  t.test('a command in two streams', async (t) => {
    const log = logOf(...history)
    const [client, , , , , opened] = log
    if (client === undefined || opened === undefined) return t.fail('no book')
    const elsewhere = { ...opened, id: client.id, metadata: client.metadata }
    const { wrong } = await fold(log.map((event) => (event === opened ? elsewhere : event)))
    t.ok(
      wrong.some((text) => /^[0-9a-f-]{36} at receiptBook-amc:AMC-C 0/.test(text)),
      wrong.join('; '),
    )
  })
  t.test('a key that was used for two clients is told, and wrong where keys are claimed', async (t) => {
    const inTwo = (...before: readonly LedgerMessage[]): RecordedEvent[] => {
      const log = logOf(...before, clientRegistered(), clientRegistered({ clientId: 'beta' }))
      const [one, other] = log.slice(-2)
      if (one === undefined || other === undefined) throw new Error('there are two')
      return [...log.slice(0, -1), { ...other, id: one.id, metadata: one.metadata }]
    }
    const told = async (log: readonly RecordedEvent[]) => {
      const { report, wrong } = await fold(log)
      const remarks = report.checks.filter(({ isRemark }) => isRemark)
      return { wrong, remarks: remarks.flatMap(({ first }) => first?.what.replace(/^\S+/, 'it') ?? []) }
    }
    const at = 'it at clientAccount-amc:beta 0'
    t.same(await told(inTwo()), { wrong: [], remarks: [at] })
    t.same(await told(inTwo(policySet({ strictKeys: true }))), { wrong: [], remarks: [at] }, 'not yet heard of')
    const after = [policySet({ strictKeys: true }), policySet({ cashGuard: 'WARN' }), policySet({ cashGuard: 'WARN' })]
    const claimed = await told(inTwo(...after))
    t.match(claimed, { wrong: [/ at clientAccount-amc:beta 0$/], remarks: { length: 0 } })
    const ended = await told(inTwo(...after, policySet({ strictKeys: false })))
    t.same(ended, { wrong: [], remarks: [at] })
  })
  t.test('an event that is not named after its command', async (t) => {
    const [first] = logOf(clientRegistered())
    const { wrong } = await fold(first === undefined ? [] : [{ ...first, id: randomUUID() }])
    t.match(wrong, [/id of event 0/])
  })
  t.test('an event that this auditor does not know', async (t) => {
    const [first] = logOf(clientRegistered())
    const { wrong } = await fold(first === undefined ? [] : [{ ...first, type: 'ClientRenamed' }])
    t.match(wrong[0], /ClientRenamed/)
  })
})

/** Every kind of row that there is, some of them more than once. */
const inLei = {
  paymentId: 'pay-euro',
  amount: { amount: '100.00', currency: 'EUR' },
  functional: ron('498.00'),
  conversion: { paid: ron('503.00'), rate: '5.0300', source: 'BNR', publishedOn: '2026-11-06' },
  worth: { currency: 'RON', paid: '503.00', difference: '-5.00' },
} as const

const rich = [
  companyRegistered(),
  clientRegistered(),
  clientUpdated(),
  ...history.slice(1),
  invoiceRegistered({
    invoiceId: 'inv-1025',
    total: ron('900.00'),
    instalments: [
      { dueOn: '2026-10-31', amount: '300.00' },
      { dueOn: '2026-11-30', amount: '600.00' },
    ],
    dueOn: '2026-11-30',
  }),
  card,
  paymentAllocated({ paymentId: 'pay-3', invoiceId: 'inv-1025', amount: ron('400.00') }),
  paymentCleared(),
  paymentDeallocated({ paymentId: 'pay-3', invoiceId: 'inv-1025', amount: ron('100.00') }),
  invoiceRescheduled({
    invoiceId: 'inv-1025',
    amount: ron('600.00'),
    instalments: [
      { dueOn: '2026-12-15', amount: '200.00' },
      { dueOn: '2026-12-31', amount: '400.00' },
    ],
    agreedOn: '2026-11-10',
  }),
  creditNoteRegistered(),
  discountGranted(),
  invoiceWrittenOff({ amount: ron('100.00') }),
  paymentRecorded({ paymentId: 'pay-10' }),
  paymentAllocated({ paymentId: 'pay-10', amount: ron('50.00'), allocatedOn: '2026-11-20', recovers: true }),
  paymentDeallocated({ paymentId: 'pay-10', amount: ron('20.00'), deallocatedOn: '2026-11-21', recovers: true }),
  invoiceRegistered({ invoiceId: 'inv-1026', total: ron('10.00') }),
  invoiceCancelled({ invoiceId: 'inv-1026', total: ron('10.00'), vatLines: [] }),
  creditNoteRegistered({ creditNoteId: 'cn-8', invoiceId: undefined }),
  refundRecorded({ paymentId: 'cn-8', amount: ron('42.00') }),
  receiptReprinted(),
  receiptAnnulled(),
  receiptReleased(),
  receiptRequested({ receiptId: 'rec-16', replaces: { series: 'AMC-C', number: 15 } }),
  receiptIssued({ number: 16, receiptId: 'rec-16', replaces: { series: 'AMC-C', number: 15 } }),
  paymentRecorded({ paymentId: 'pay-4' }),
  paymentReversed({ paymentId: 'pay-4' }),
  paymentRecorded({ paymentId: 'pay-8' }),
  refundRecorded({ refundId: 'ref-8', paymentId: 'pay-8' }),
  paymentReversed({ paymentId: 'pay-8', amount: ron('1410.00') }),
  // Euro that were worth 498.00 lei leave as 503.00, in cash; and come back.
  paymentRecorded({ paymentId: 'pay-euro', amount: { amount: '300.00', currency: 'EUR' }, functional: ron('1494.00') }),
  ...(['lei-1', 'lei-2'] as const).map((refundId) => refundRecorded({ ...inLei, refundId, method: 'CASH' })),
  refundReversed({
    ...inLei,
    refundId: 'lei-2',
    method: 'CASH',
    deskId: undefined,
    conversion: { paid: inLei.conversion.paid },
  }),
  policySet(),
  exchangeRatesRecorded(),
  exchangeRatesRecorded({ rates: { EUR: '5.0910' }, replaces: { EUR: '5.0900' } }),
  cashDeskOpened(),
  periodClosed(),
  periodReopened(),
  invoiceRegistered({
    invoiceId: 'inv-1027',
    total: ron('1765.00'),
    vatLines: [
      { rate: '21', base: '1000.00', vat: '210.00' },
      { rate: '11', base: '500.00', vat: '55.00' },
    ],
    cashAccounting: true,
    instalmentContract: true,
  }),
  paymentRecorded({ paymentId: 'pay-5', method: 'CHEQUE', amount: ron('800.00') }),
  paymentAllocated({ paymentId: 'pay-5', invoiceId: 'inv-1027', amount: ron('800.00') }),
  paymentCleared({ paymentId: 'pay-5', method: 'CHEQUE', amount: ron('800.00'), fee: '0.00' }),
  // Dated before the money whose VAT it divides anew: each rate moves on two days.
  discountGranted({
    discountId: 'discount-1027',
    invoiceId: 'inv-1027',
    amount: ron('111.00'),
    vatLines: [{ rate: '11', base: '100.00', vat: '11.00' }],
    cashAccounting: true,
    grantedOn: '2026-10-02',
  }),
  paymentRecorded({ paymentId: 'pay-6', method: 'PROMISSORY_NOTE', amount: ron('100.00') }),
  paymentAllocated({ paymentId: 'pay-6', invoiceId: 'inv-1027', amount: ron('100.00') }),
  invoiceRegistered({ invoiceId: 'inv-1028', total: { amount: '100.00', currency: 'EUR' } }),
  paymentRecorded({ paymentId: 'pay-7', amount: ron('500.00') }),
  paymentAllocated({
    paymentId: 'pay-7',
    invoiceId: 'inv-1028',
    amount: { amount: '100.00', currency: 'EUR' },
    conversion: { paid: ron('500.00'), rate: '5.0000', source: 'BNR', publishedOn: '2026-10-30' },
    functional: { currency: 'RON', invoice: '503.00', payment: '500.00', difference: '-3.00' },
  }),
  paymentDeallocated({
    paymentId: 'pay-7',
    invoiceId: 'inv-1028',
    amount: { amount: '40.00', currency: 'EUR' },
    conversion: { paid: ron('200.00') },
    functional: { currency: 'RON', invoice: '201.20', payment: '200.00', difference: '-1.20' },
  }),
  paymentRecorded({ paymentId: 'pay-9' }),
  transferRequested({ paymentId: 'pay-9' }),
  transferReceived({ origin: { clientId: 'alfa', paymentId: 'pay-9' } }),
  transferCompleted({ paymentId: 'pay-9' }),
  transferRequested({
    clientId: 'beta',
    paymentId: 'pay-1-alfa',
    toClientId: 'alfa',
    transferId: 'back',
    amount: ron('40.00'),
    returnsTo: 'pay-9',
  }),
  transferReceived({
    clientId: 'alfa',
    origin: { clientId: 'beta', paymentId: 'pay-1-alfa' },
    transferId: 'back',
    amount: ron('40.00'),
    returnsTo: 'pay-9',
  }),
  transferCompleted({ clientId: 'beta', paymentId: 'pay-1-alfa', transferId: 'back' }),
  transferRequested({ paymentId: 'pay-9', transferId: 'taken' }),
  transferRefused({ transferId: 'taken', origin: { clientId: 'alfa', paymentId: 'pay-9' } }),
  transferDeclined({ paymentId: 'pay-9', transferId: 'taken' }),
  creditReleased({ paymentId: 'pay-9' }),
  // Its VAT comes back in the account where it stands.
  creditNoteRegistered({ creditNoteId: 'cn-9', invoiceId: undefined, cashAccounting: true }),
  transferRequested({ paymentId: 'cn-9', transferId: 'cn-9-alfa' }),
  transferReceived({ origin: { clientId: 'alfa', paymentId: 'cn-9' }, transferId: 'cn-9-alfa' }),
  transferCompleted({ paymentId: 'cn-9', transferId: 'cn-9-alfa' }),
  claimRegistered(),
  claimCancelled(),
  paymentRecorded({ paymentId: 'pay-30' }),
  claimRegistered({ ...beyond, number: 'D 6' }),
  refundRecorded({ refundId: 'ref-30', paymentId: 'pay-30', amount: ron('1600.00'), claimId: 'claim-6' }),
  unidentifiedPaymentRecorded({ fee: '2.00' }),
  identificationRequested({ amount: ron('700.00') }),
  paymentIdentified({ amount: ron('700.00') }),
  identificationCompleted(),
  identificationUndone({ amount: ron('300.00') }),
  identificationReturned({ amount: ron('300.00') }),
  identificationRequested({ identificationId: 'taken', amount: ron('10.00') }),
  identificationRefused({ identificationId: 'taken' }),
  identificationDeclined({ identificationId: 'taken', amount: ron('10.00') }),
  unidentifiedPaymentReturned({ amount: ron('10.00') }),
  unidentifiedPaymentRecorded({ paymentId: 'unk-2', fee: '3.00' }),
  unidentifiedPaymentReturned({ paymentId: 'unk-2', reason: 'MISTAKE', fee: '3.00' }),
  paymentRecorded({ paymentId: 'pay-31', ...neverCame }),
  paymentReversed({ paymentId: 'pay-31', ...neverCame, reason: 'MISTAKE' }),
  // A day on which something is, and nothing moves.
  invoiceRegistered({ invoiceId: 'inv-1029', total: ron('0.00'), vatLines: [], issuedOn: '2026-03-02' }),
]

/** Another value of the same kind. */
const corrupted: Readonly<Record<string, (column: string) => string>> = {
  text: (column) => `coalesce(${column}, '') || 'x'`,
  bigint: (column) => `coalesce(${column}, 0) - 1`,
  numeric: (column) => `${column} - 1`,
  integer: (column) => `coalesce(${column}, 0) + 100`,
  boolean: (column) => `${column} is not true`,
  date: (column) => `case when isfinite(${column}) then ${column} + 100 else date '2099-01-01' end`,
  timestamptz: (column) => `coalesce(${column}, now()) + interval '1 day'`,
  uuid: () => 'gen_random_uuid()',
  jsonb: () => `'{"corrupted": true}'`,
  json: () => `'[]'`,
}

/** Columns by which the audit finds a row: another value there is one row too few and one too many. */
const NAMING = [
  'position',
  'known_from',
  'account',
  'currency',
  'line',
  'kind',
  'document_id',
  'rate',
  'policy',
  'vat_movements.effective_on',
]

t.test('keys that come twice are found on disk as in memory', (t) => {
  const keys = createSpilledKeys()
  t.teardown(() => keys.dispose())
  const KEYS = 60_000
  for (let index = 0; index < KEYS; index += 1) {
    keys.add(`a-key-as-long-as-a-command-id-${'0'.repeat(100)}${index % (KEYS - 2)}`, `place ${index}`)
  }
  const found: string[] = []
  keys.eachRepeated((_, again, before) => found.push(`${before.join()}, ${again}`))
  t.same(found.toSorted(), ['place 0, place 59998', 'place 1, place 59999'])
  t.end()
})

t.test('an audit of read models', async (t) => {
  const log = logOf(...rich)
  const url = await createTestDatabase(t)
  const pool = createPool({ url, connectionsMax: 1, applicationName: 'audit.test', onIdleError: () => undefined })
  t.teardown(() => pool.end())
  const client = await pool.connect()
  t.teardown(() => client.release())
  await ensureSchemas(client, allProjections)
  const writer = await openPostgresWriter({ client, projections: allProjections })
  const position = log.at(-1)?.position ?? BEFORE_THE_LOG
  await writer.apply(log.map(readLedgerEvent), { position, storeId: 'test' })

  const audit = async (until = position): Promise<readonly string[]> => {
    const report = createReport()
    await auditReadModels(client, streamOf(log), until, report, () => undefined)
    return report.checks.flatMap(({ name, first }) => (first === undefined ? [] : [`${name}: ${first.what}`]))
  }
  /** What the audit finds after a statement that is then undone. */
  const auditAfter = async (statement: string): Promise<readonly string[]> => {
    await client.query('begin')
    try {
      const { rowCount } = await client.query(statement)
      if (rowCount !== 1) t.fail(`${statement}: ${rowCount} rows`)
      return await audit()
    } finally {
      await client.query('rollback')
    }
  }

  t.test('finds nothing where nothing is wrong, and knows every column of every table', async (t) => {
    await client.query('begin')
    t.same(await audit(), [])
    await client.query('rollback')
  })

  for (const projection of allProjections) {
    const schema = schemaOf(projection)
    for (const table of projection.tables) {
      t.test(`names a row of ${table.name} that was corrupted by hand`, async (t) => {
        const name = `${schema}.${table.name}`
        for (const [column, { type }] of Object.entries(table.columns)) {
          const value = corrupted[type]?.(column) ?? 'null'
          const row = `select ctid from ${name} order by (${column} is null) limit 1`
          const found = await auditAfter(`update ${name} set ${column} = ${value} where ctid = (${row})`)
          const [first] = found.filter((what) => what.startsWith(`${table.name}: `))
          const isKey = [column, `${table.name}.${column}`].some((named) => [...table.key, ...NAMING].includes(named))
          t.match(first, isKey ? /./ : new RegExp(`: ${column}$`), `${column}: ${first ?? 'nothing was found'}`)
        }
        const deleted = await auditAfter(`delete from ${name} where ctid = (select ctid from ${name} limit 1)`)
        t.ok(deleted.some((what) => what.startsWith(`${table.name}: `)))
      })
    }
  }
})

t.test('a spot check answers from the events alone', async (t) => {
  const facts = async function* () {
    for (const event of logOf(...history)) {
      const fact = readFact(event)
      if (fact !== undefined) yield fact
    }
  }
  const all = await foldKnown(facts(), 'amc', () => true)

  t.test('what a client owes', (t) => {
    const ron710 = { currency: 'RON', open: '710.00', overdue: '710.00', credit: '0.00', balance: '710.00' }
    t.same(answerBalance(all, { asOf: '2026-11-24' }, 'alfa').balances, [ron710])
    t.same(answerBalance(all, { asOf: '2026-09-30' }, 'alfa').balances, [])
    t.end()
  })
  t.test('how old it is', (t) => {
    const { rows, totals } = answerAging(all, { asOf: '2026-11-24' }, { ends: [0, 30, 60], by: 'due' })
    const amounts = { amounts: ['0.00', '710.00', '0.00', '0.00'], open: '710.00', credit: '0.00', net: '710.00' }
    t.same(rows, [{ clientId: 'alfa', currency: 'RON', ...amounts }])
    t.same(totals, [{ currency: 'RON', ...amounts }])
    t.end()
  })
  t.test('what the statement says', (t) => {
    const { currencies } = answerStatement(all, { from: '2026-11-01', to: '2026-11-30' }, 'alfa')
    t.match(currencies, [{ opening: '1210.00', closing: '710.00', lines: [{ kind: 'PAYMENT', balance: '710.00' }] }])
    t.end()
  })
  t.test('what makes it up', (t) => {
    const { currencies } = answerOpenItems(all, { asOf: '2026-11-24' }, 'alfa')
    t.match(currencies, [{ closing: '710.00', lines: [{ kind: 'INVOICE', invoiceId: 'inv-1024', open: '710.00' }] }])
    t.end()
  })
  t.test('what is identified and undone within a month has left no trace in it', async (t) => {
    const log = logOf(companyRegistered(), paymentIdentified(), identificationUndone({ undoneOn: '2026-11-04' }))
    const facts = async function* () {
      for (const event of log) yield* [readFact(event)].filter((fact) => fact !== undefined)
    }
    const known = await foldKnown(facts(), 'amc', () => true)
    const november = { from: '2026-11-01', to: '2026-11-30' }
    t.match(answerCollections(known, november, 'month'), { items: [], totals: [] })
    t.match(answerCollections(known, november, 'day').items, [{ from: '2026-11-02' }, { from: '2026-11-04' }])
  })
  t.test('the reports and the lists', async (t) => {
    const everything = async function* () {
      for (const event of logOf(...rich)) {
        const fact = readFact(event)
        if (fact !== undefined) yield fact
      }
    }
    const known = await foldKnown(everything(), 'amc', () => true)
    const year = { from: '2026-01-01', to: '2026-12-31' }
    const { lines, totals } = answerTrialBalance(known, { asOf: year.to })
    t.ok(lines.length > 5)
    for (const { debit, credit } of totals) t.equal(debit, credit)
    t.match(answerExigibleVat(known, year).days[0], { rate: '21' })
    const [card] = answerCollections(known, year, 'month').totals.filter(({ method }) => method === 'CARD_ONLINE')
    t.match(card, { collected: '500.00', net: '500.00' })
    t.match(answerRecoveries(known, { asOf: year.to }).totals[0], { currency: 'EUR', open: '40.00', overdue: '40.00' })
    t.match(answerDso(known, { asOf: year.to }, 30).currencies.at(-1), { currency: 'RON', simple: { days: 30 } })
    const open = answerOpenItems(known, { asOf: year.to }, 'alfa').currencies.flatMap(({ lines: items }) => items)
    t.match(
      open.find(({ kind }) => kind === 'CLAIM'),
      { claim: 'RETURNED_MONEY', invoiceId: 'claim-6' },
    )
    t.ok(open.some(({ kind }) => kind === 'INVOICE'))
    const desk = { deskId: '-', currency: 'RON' }
    t.match(answerCashDay(known, desk, '2026-11-02').lines, [{ kind: 'PAYMENT', in: '500.00' }])
    t.match(answerInvoices(known, { asOf: year.to }, 'alfa').items[0], { status: 'PARTIALLY_PAID' })
    t.match(
      answerPayments(known, { asOf: year.to }, 'alfa').items.find(({ paymentId }) => paymentId === 'cn-8'),
      { refunded: '42.00' },
    )
    t.match(answerReceipts(known, { asOf: year.to }, undefined).items, [
      { number: 15, value: '0.00' },
      { number: 16, value: '500.00' },
    ])
  })
  t.test('and what was known before', async (t) => {
    const before = await foldKnown(facts(), 'amc', ({ type }) => type !== 'PaymentRecorded')
    t.match(answerBalance(before, { asOf: '2026-11-24' }, 'alfa').balances, [{ open: '1210.00' }])
  })
  t.test('a difference from the API is named by its place', (t) => {
    t.equal(firstDifference({ rows: [{ open: '1.00' }] }, { rows: [{ open: '1.00', more: 1 }] }), undefined)
    t.match(
      firstDifference({ rows: [{ open: '1.00' }] }, { rows: [{ open: '2.00' }] }),
      /^\/rows\/0\/open: .*1\.00.*2\.00/,
    )
    t.match(firstDifference({ rows: [] }, { rows: [{ open: '2.00' }] }), /expected 0 items, found 1/)
    t.end()
  })
})
