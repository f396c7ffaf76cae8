import t from 'tap'
import { creditNoteRegistered, invoiceRegistered, paymentAllocated, paymentRecorded, ron } from '../src/examples.ts'
import { type AccountEvent, clientAccount } from '../src/index.ts'
import { account, eur, explicit, given, record } from './account.ts'
import { today } from './given.ts'

const invoice = (number: string, total: string, change: Parameters<typeof invoiceRegistered>[0] = {}) =>
  invoiceRegistered({ invoiceId: `inv-${number}`, number, total: ron(total), vatLines: [], ...change })

const inParts = (number: string, ...amounts: readonly [string, string, string]) =>
  invoice(number, '600.00', {
    dueOn: '2026-12-31',
    instalments: amounts.map((amount, index) => ({ dueOn: `2026-1${index}-31`.replace('11-31', '11-30'), amount })),
  })

const note = (number: string, total: string, change: Parameters<typeof creditNoteRegistered>[0] = {}) =>
  creditNoteRegistered({
    creditNoteId: `cn-${number}`,
    number,
    invoiceId: undefined,
    total: ron(total),
    vatLines: [],
    creditedOn: '2026-10-20',
    ...change,
  })

const pay = (history: readonly AccountEvent[], amount: string, remittanceText?: string) =>
  given(account, ...history).when(record({ amount: ron(amount), remittanceText, allocation: undefined }))

/** The stage that acted, and what each source settles. */
const spreadOf = (events: readonly AccountEvent[]): readonly string[] =>
  events.flatMap(({ type, data }) => {
    if (type === 'PaymentRecorded') return [data.allocationRule, data.allocationStage ?? 'no stage']
    return type === 'PaymentAllocated' ? [`${data.paymentId} ${data.invoiceId} ${data.amount.amount}`] : []
  })

t.test('auto is the default, and says by what it spread', async (t) => {
  const [recorded, allocated] = pay([invoice('1', '100.00')], '100.00')
  t.match(recorded, { data: { allocationRule: 'auto@1', allocationStage: 'ONE_INVOICE' } })
  t.match(allocated, { data: { rule: 'auto@1' } })
  t.notOk('skippedStages' in (recorded?.data ?? {}))
  t.notOk('unmetNames' in (recorded?.data ?? {}))
})

t.test('what the payer names', async (t) => {
  const history = [
    invoice('1024', '100.00', { dueOn: '2026-12-31' }),
    invoice('1025', '150.00'),
    invoice('1026', '250.00', { dueOn: '2026-10-02' }),
  ]
  t.test('goes before everything when it is exactly the amount', async (t) => {
    t.same(spreadOf(pay(history, '250.00', 'plata AMC 1024, 1025')), [
      'auto@1',
      'NAMED',
      'pay-1 inv-1025 150.00',
      'pay-1 inv-1024 100.00',
    ])
  })
  t.test('comes first when it is not, and what is left follows in the order of the law', async (t) => {
    t.same(spreadOf(pay(history, '99.99', 'rest AMC 1024')), ['auto@1', 'LEGAL_ORDER', 'pay-1 inv-1024 99.99'])
    t.same(spreadOf(pay(history, '100.01', 'AMC 1024')), [
      'auto@1',
      'LEGAL_ORDER',
      'pay-1 inv-1024 100.00',
      'pay-1 inv-1026 0.01',
    ])
  })
  t.test(
    'is never replaced by a guess when it is not open: the rest stays credit, and the event says why',
    async (t) => {
      const settled = [
        ...history,
        paymentRecorded(),
        paymentAllocated({ invoiceId: 'inv-1024', amount: ron('100.00') }),
      ]
      const again = given(account, ...settled).when(
        record({ paymentId: 'pay-2', amount: ron('150.00'), remittanceText: 'AMC 1024', allocation: undefined }),
      )
      t.same(spreadOf(again), ['auto@1', 'NAMED'], 'though another one is open with just that amount')
      t.match(again[0], { data: { unmetNames: [{ name: 'AMC 1024', invoiceId: 'inv-1024' }] } })
      const unknown = pay(history, '400.00', 'facturile AMC 1025 si 9999')
      t.same(spreadOf(unknown), ['auto@1', 'NAMED', 'pay-1 inv-1025 150.00'])
      t.match(unknown[0], { data: { unmetNames: [{ name: '9999' }] } })
      const euros = [...history, invoice('1027', '1.00', { total: eur('100.00') })]
      t.same(spreadOf(pay(euros, '100.00', 'AMC 1027')), ['auto@1', 'NAMED'], 'nor when it is in another currency')
    },
  )
  t.test('is nothing when the text says nothing of invoices', async (t) => {
    t.same(spreadOf(pay(history, '100.00', 'contravaloare servicii')), [
      'auto@1',
      'ONE_INVOICE',
      'pay-1 inv-1024 100.00',
    ])
  })
})

t.test('an amount that only one reading has, to the ban', async (t) => {
  const history = [
    invoice('1', '100.00', { dueOn: '2026-10-02' }),
    invoice('2', '230.00'),
    invoice('3', '75.50', { dueOn: '2026-11-30' }),
    inParts('4', '210.00', '190.00', '200.00'),
  ]
  t.test('is that invoice, be others older', async (t) => {
    t.same(spreadOf(pay(history, '230.00')), ['auto@1', 'ONE_INVOICE', 'pay-1 inv-2 230.00'])
    t.same(spreadOf(pay(history, '600.00')), ['auto@1', 'ONE_INVOICE', 'pay-1 inv-4 600.00'])
    t.same(spreadOf(pay(history, '75.49')), ['auto@1', 'LEGAL_ORDER', 'pay-1 inv-1 75.49'])
    t.same(spreadOf(pay(history, '75.51')), ['auto@1', 'LEGAL_ORDER', 'pay-1 inv-1 75.51'])
  })
  t.test('counts what is open, not what the invoice was for', async (t) => {
    const begun = [...history, paymentRecorded(), paymentAllocated({ invoiceId: 'inv-2', amount: ron('30.00') })]
    const next = (amount: string) =>
      spreadOf(
        given(account, ...begun).when(record({ paymentId: 'pay-2', amount: ron(amount), allocation: undefined })),
      )
    t.same(next('200.00'), ['auto@1', 'ONE_INVOICE', 'pay-2 inv-2 200.00'])
    t.equal(next('230.00')[1], 'LEGAL_ORDER')
  })
  t.test('is the first instalments of one', async (t) => {
    t.same(spreadOf(pay(history, '210.00')), ['auto@1', 'FIRST_PARTS', 'pay-1 inv-4 210.00'])
    t.same(spreadOf(pay(history, '400.00')), ['auto@1', 'FIRST_PARTS', 'pay-1 inv-4 400.00'])
    t.equal(spreadOf(pay(history, '190.00'))[1], 'LEGAL_ORDER', 'not the second one alone')
  })
  t.test('is a group', async (t) => {
    t.same(spreadOf(pay(history, '305.50')), ['auto@1', 'GROUP', 'pay-1 inv-2 230.00', 'pay-1 inv-3 75.50'])
    t.same(spreadOf(pay(history, '405.50')).slice(0, 2), ['auto@1', 'GROUP'])
    t.equal(spreadOf(pay(history, '305.51'))[1], 'LEGAL_ORDER')
  })
  t.test('is none of two: then the law decides', async (t) => {
    const twins = [...history, invoice('5', '230.00', { dueOn: '2026-10-03' })]
    t.same(spreadOf(pay(twins, '230.00')), ['auto@1', 'LEGAL_ORDER', 'pay-1 inv-1 100.00', 'pay-1 inv-5 130.00'])
    const plans = [...history, inParts('6', '210.00', '140.00', '250.00')]
    t.equal(spreadOf(pay(plans, '210.00'))[1], 'LEGAL_ORDER')
    t.equal(spreadOf(pay(twins, '305.50'))[1], 'LEGAL_ORDER', 'two groups')
  })
  t.test('is at most eight invoices', async (t) => {
    const powers = Array.from({ length: 9 }, (_, index) => invoice(`${index}`, `${2 ** index}.00`))
    t.equal(spreadOf(pay(powers, '255.00'))[1], 'GROUP')
    t.equal(spreadOf(pay(powers, '511.00'))[1], 'LEGAL_ORDER')
  })
  t.test('is not searched among more than thirty, which the event says', async (t) => {
    const open = (many: number) =>
      Array.from({ length: many }, (_, index) => invoice(`${index}`, `${1000 + 2 ** index}.00`))
    const group = '2005.00'
    t.match(pay(open(30), group)[0], { data: { allocationStage: 'GROUP' } })
    t.match(pay(open(31), group)[0], { data: { allocationStage: 'LEGAL_ORDER', skippedStages: ['GROUP'] } })
    t.match(pay(open(31), '1004.00')[0], { data: { allocationStage: 'ONE_INVOICE' } })
  })
})

t.test('among very many open invoices an amount is found as among few, while they change', async (t) => {
  const many = Array.from({ length: 1_200 }, (_, index) => invoice(`${index}`, `${10_000 + index}.00`))
  const history = [account, ...many, invoice('twin', '10007.00')]
  const live = history.reduce(clientAccount.evolve, clientAccount.initialState())
  /** Decides on the account as it is, and carries the decision out. */
  const next = (paymentId: string, amount: string, change: Parameters<typeof record>[0] = {}) => {
    const command = record({ paymentId, amount: ron(amount), allocation: undefined, ...change })
    const events = clientAccount.decide(command, live, { today })
    events.reduce(clientAccount.evolve, live)
    return spreadOf(events)
  }
  t.same(next('pay-1', '11199.00'), ['auto@1', 'ONE_INVOICE', 'pay-1 inv-1199 11199.00'])
  t.equal(next('pay-2', '11199.00')[1], 'LEGAL_ORDER', 'it is settled')
  t.equal(next('pay-3', '10007.00')[1], 'LEGAL_ORDER', 'two have it')
  next('pay-4', '10007.00', { allocation: explicit('inv-twin', '10007.00') })
  t.same(next('pay-5', '10007.00'), ['auto@1', 'ONE_INVOICE', 'pay-5 inv-7 10007.00'])
  next('pay-6', '1.00', { allocation: explicit('inv-9', '1.00') })
  t.same(next('pay-7', '10008.00').slice(0, 2), ['auto@1', 'LEGAL_ORDER'], 'inv-8 and what is left of inv-9')
})

t.test('credit notes on account that the payer takes off', async (t) => {
  const history = [
    invoice('1', '100.00'),
    invoice('2', '230.00'),
    inParts('3', '210.00', '190.00', '200.00'),
    note('1', '20.00'),
    note('2', '7.00'),
  ]
  t.test('are settled with the invoice, all of them, on the day of the payment', async (t) => {
    const events = pay(history, '80.00')
    t.same(spreadOf(events), ['auto@1', 'LESS_CREDIT_NOTES', 'pay-1 inv-1 80.00', 'cn-1 inv-1 20.00'])
    t.match(events.at(-1), { data: { allocatedOn: '2026-11-02', rule: 'auto@1' } })
    t.same(spreadOf(pay(history, '203.00')), [
      'auto@1',
      'LESS_CREDIT_NOTES',
      'pay-1 inv-2 203.00',
      'cn-1 inv-2 20.00',
      'cn-2 inv-2 7.00',
    ])
    t.equal(spreadOf(pay(history, '79.99'))[1], 'LEGAL_ORDER')
    t.equal(spreadOf(pay(history, '90.00'))[1], 'LEGAL_ORDER', 'never a part of one')
  })
  t.test('fit first instalments, and groups', async (t) => {
    t.same(spreadOf(pay(history, '190.00')), ['auto@1', 'LESS_CREDIT_NOTES', 'pay-1 inv-3 190.00', 'cn-1 inv-3 20.00'])
    t.same(spreadOf(pay(history, '303.00')), [
      'auto@1',
      'LESS_CREDIT_NOTES',
      'pay-1 inv-1 100.00',
      'pay-1 inv-2 203.00',
      'cn-1 inv-2 20.00',
      'cn-2 inv-2 7.00',
    ])
  })
  t.test('are left alone when an amount fits without them, or fits twice with them', async (t) => {
    t.same(spreadOf(pay([...history, invoice('4', '80.00')], '80.00')), ['auto@1', 'ONE_INVOICE', 'pay-1 inv-4 80.00'])
    t.equal(spreadOf(pay([...history, note('3', '20.00')], '80.00'))[1], 'LEGAL_ORDER')
  })
  t.test('count with what is left of them', async (t) => {
    const begun = [...history, paymentAllocated({ paymentId: 'cn-1', invoiceId: 'inv-2', amount: ron('5.00') })]
    t.equal(spreadOf(pay(begun, '85.00'))[1], 'LESS_CREDIT_NOTES')
    t.equal(spreadOf(pay(begun, '80.00'))[1], 'LEGAL_ORDER')
  })
  t.test('make the receipt say that the invoice is settled', async (t) => {
    const cash = record({ amount: ron('80.00'), method: 'CASH', allocation: undefined }, 'AMC-C')
    t.match(
      given(account, ...history)
        .when(cash)
        .find(({ type }) => type === 'ReceiptRequested'),
      {
        data: { settles: [{ amount: ron('80.00'), openAfter: '0.00' }], advance: '0.00' },
      },
    )
  })
})
