import { randomUUID } from 'node:crypto'
import { type LedgerMessage, receiptBookEventDefinitions } from '@registru/domain'
import {
  clientRegistered,
  exampleEvents,
  invoiceRegistered,
  paymentAllocated,
  paymentDeallocated,
  paymentRecorded,
  receiptAnnulled,
  receiptBookOpened,
  receiptIssued,
  receiptReleased,
  receiptRequested,
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
    t.match(ledger.invoices.get('amc inv-1024'), { total: 121_000n, allocated: 50_000n })
    t.match(ledger.payments.get('amc pay-2'), { amount: 50_000n, allocated: 50_000n, receipt: undefined })
    t.match(ledger.receipts.get('amc AMC-C 15'), { annulledOn: '2026-11-02' })
    t.equal(ledger.openSteps.size, 0)
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
