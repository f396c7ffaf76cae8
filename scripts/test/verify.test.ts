import { randomUUID } from 'node:crypto'
import { type LedgerMessage, receiptBookEventDefinitions } from '@registru/domain'
import {
  clientRegistered,
  creditNoteRegistered,
  discountGranted,
  exampleEvents,
  invoiceCancelled,
  invoiceRegistered,
  invoiceWrittenOff,
  paymentAllocated,
  paymentCleared,
  paymentDeallocated,
  paymentRecorded,
  paymentReversed,
  receiptAnnulled,
  receiptBookOpened,
  receiptIssued,
  receiptReleased,
  receiptRequested,
  refundRecorded,
  ron,
} from '@registru/domain/examples'
import { eventIdOf, type RecordedEvent } from '@registru/event-store'
import t from 'tap'
import { createReport, expectSameRows, type Report } from '../src/verify/differences.ts'
import { foldLedger, type Ledger } from '../src/verify/ledger.ts'

const account = 'clientAccount-amc:alfa'
const book = 'receiptBook-amc:AMC-C'

const inTheBook: ReadonlySet<string> = new Set(receiptBookEventDefinitions.map((definition) => definition.type))

/** A log of events, each from a command of its own. */
const logOf = (...messages: readonly LedgerMessage[]): RecordedEvent[] => {
  const heads = new Map<string, bigint>()
  return messages.map(({ type, data }, index) => {
    const stream = inTheBook.has(type) ? book : account
    const revision = (heads.get(stream) ?? -1n) + 1n
    heads.set(stream, revision)
    const commandId = randomUUID()
    const metadata = { companyId: 'amc', commandId, schemaVersion: 1 }
    return {
      stream,
      revision,
      position: BigInt(index * 7),
      id: eventIdOf(commandId, 0),
      type,
      data,
      metadata,
      createdAt: new Date(),
    }
  })
}

const fold = async (
  log: readonly RecordedEvent[],
): Promise<{ ledger: Ledger; report: Report; wrong: readonly string[] }> => {
  const report = createReport()
  const events = (async function* () {
    yield* log
  })()
  const ledger = await foldLedger(events, 1_000_000n, report, () => undefined)
  const wrong = report.checks.flatMap(({ first }) => (first === undefined ? [] : [first.what]))
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
    const balances = [...ledger.accountBalances].filter(([, balance]) => balance !== 0n)
    t.same(Object.fromEntries(balances), {
      'amc REVENUE RON': -60_000n,
      'amc VAT_DUE RON': -12_180n,
      'amc SETTLEMENT_DISCOUNT RON': 2_000n,
      'amc WRITE_OFF RON': 94_380n,
      'amc CLIENT_CREDIT RON': -70_000n,
      'amc BANK RON': 45_300n,
      'amc FEE RON': 500n,
    })
  })
  t.test('knows every event of the ledger', async (t) => {
    const { report } = await fold(logOf(...exampleEvents))
    t.equal(report.check('log: every event can be read by this checker').first, undefined)
  })
  t.test('tells which receipt is between its two streams', async (t) => {
    const { ledger } = await fold(logOf(...history.slice(0, -1)))
    t.same([...ledger.openSteps], ['issue amc AMC-C rec-15'])
  })
})

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
    ['more lowered than open', logOf(...history, invoiceWrittenOff({ amount: ron('710.01') })), /inv-1024: 0 ≤ open/],
    ['money that cleared twice', logOf(...history, card, paymentCleared(), paymentCleared()), /pay-3: cleared once/],
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
    const again = { ...payment, revision: 5n, position: (last?.position ?? 0n) + 7n }
    const { wrong } = await fold([...log, again])
    t.ok(
      wrong.some((text) => /^[0-9a-f-]{36} at clientAccount-amc:alfa 5/.test(text)),
      wrong.join('; '),
    )
  })
  t.test('an event that this checker does not know', async (t) => {
    const [first] = logOf(clientRegistered())
    const { wrong } = await fold(first === undefined ? [] : [{ ...first, type: 'ClientRenamed' }])
    t.match(wrong[0], /ClientRenamed/)
  })
})

t.test('a comparison', async (t) => {
  const rows = (...entries: [string, bigint][]) => new Map(entries.map(([key, open]) => [key, { open }]))

  t.test('goes both ways and keeps the first difference', async (t) => {
    const check = createReport().check('rows')
    expectSameRows(check, rows(['a', 1n], ['b', 2n], ['c', 3n]), rows(['a', 1n], ['b', 5n], ['d', 4n]))
    t.match(check, { compared: 4, differences: 3, first: { what: 'b: open', byTheEvents: '2', found: '5' } })
  })
})
