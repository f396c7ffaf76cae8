import t from 'tap'
import { z } from 'zod'
import { invoiceRegistered, ron } from '../src/examples.ts'
import { byDigitsOf, namesIn } from '../src/index.ts'
import { account, allocations, eur, given, record } from './account.ts'
import { readFixture } from './fixtures.ts'

const References = z.object({
  open: z.array(z.strictObject({ id: z.string(), series: z.string(), number: z.string() })),
  cases: z.array(z.tuple([z.string(), z.array(z.string())])),
})

const Printed = z.tuple([z.string(), z.string().nullable(), z.string()])
const Words = z.object({
  cases: z.array(
    z.strictObject({ what: z.string(), open: z.array(Printed), text: z.string(), named: z.array(z.string()) }),
  ),
})

interface Nameable {
  readonly invoiceId: string
  readonly series: string | undefined
  readonly number: string
}

const namedInvoices = (text: string, invoices: readonly Nameable[]): readonly string[] =>
  namesIn(text, { withDigits: byDigitsOf(invoices), isOpen: () => true, some: () => invoices })
    .named.map(({ invoiceId }) => invoiceId)
    .toSorted()

t.test('invoices are found in a payer’s words', async (t) => {
  const { open, cases } = readFixture('references.json', References)
  const invoices = open.map(({ id, series, number }) => ({
    invoiceId: id,
    series: series === '' ? undefined : series,
    number,
  }))
  const named = (text: string) => namedInvoices(text, invoices)

  for (const [text, ids] of cases) t.same(named(text), ids, text)

  t.test('what only looks like one is none', async (t) => {
    for (const text of [
      '',
      '1024',
      'XAMC 1024',
      'CUI: RO1024 fact',
      'plata 1.024,00 lei',
      'plata factura 1024,00 lei',
      'fact 1024 lei',
      'avans 1024.00 RON fact',
      'comanda 1024',
      'fact din 10.24.2026',
      'contract nr. 1024',
    ]) {
      t.same(named(text), [], text)
    }
  })
  t.test('case, diacritics and leading zeros are print', async (t) => {
    t.same(named('Plată factură amc 0001024'), ['a1024'])
    t.same(named('facturile AMC 1024 și 1025'), ['a1024', 'a1025'])
  })
  t.test('a number that two series carry names none without its series', async (t) => {
    const twins = [
      { invoiceId: 'a', series: 'AMC', number: '7' },
      { invoiceId: 'b', series: 'B', number: '07' },
    ]
    t.same(namedInvoices('factura 7', twins), [])
    t.same(namedInvoices('factura B 7', twins), ['b'])
    const within = [
      { invoiceId: 'a', series: undefined, number: 'AMC-7' },
      { invoiceId: 'b', series: undefined, number: 'B-7' },
    ]
    t.same(namedInvoices('factura B 7', within), ['b'], 'wherever it is written')
    t.same(namedInvoices('factura AMC-7', within), ['a'])
  })
  t.test('a series and number that two invoices carry name none of them, be it printed otherwise', async (t) => {
    const alike = [
      { invoiceId: 'a', series: 'AMC', number: '7' },
      { invoiceId: 'b', series: 'amc', number: '007' },
      { invoiceId: 'c', series: 'AMC', number: '8' },
    ]
    t.same(namedInvoices('AMC 7', alike), [])
    t.same(namedInvoices('factura 7', alike), [])
    t.same(namedInvoices('AMC 7, 8', alike), ['c'], 'the others are named all the same')
  })
  t.test('of a hundred thousand alike none is named, before the payer gets tired of waiting', async (t) => {
    const alike = Array.from({ length: 100_000 }, (_, index) => ({
      invoiceId: `inv-${index}`,
      series: undefined,
      number: '1',
    }))
    const startedAt = performance.now()
    t.same(namedInvoices('factura 1', alike), [])
    t.ok(performance.now() - startedAt < 2_000)
  })
})

t.test('what payers write is read as they meant it, or not at all', async (t) => {
  for (const { what, open, text, named } of readFixture('payers-words.json', Words).cases) {
    const invoices = open.map(([invoiceId, series, number]) => ({ invoiceId, series: series ?? undefined, number }))
    t.same(namedInvoices(text, invoices), named, `${what}: ${text}`)
  }
})

t.test('a name that no open invoice has', async (t) => {
  const invoices = [
    { invoiceId: 'open', series: 'AMC', number: '1024' },
    { invoiceId: 'settled', series: 'AMC', number: '1023' },
  ]
  const unmet = (text: string) =>
    namesIn(text, {
      withDigits: byDigitsOf(invoices),
      isOpen: ({ invoiceId }) => invoiceId === 'open',
      some: () => invoices,
    })

  t.test('is told with the invoice that has it', async (t) => {
    t.same(unmet('plata AMC 1023').unmet, [{ name: 'AMC 1023', invoiceId: 'settled' }])
    t.same(unmet('plata fact. 1023 din 02.03.2026').unmet, [{ name: 'FACT. 1023', invoiceId: 'settled' }])
  })
  t.test('is told when nobody has it', async (t) => {
    t.same(unmet('plata fact 999').unmet, [{ name: 'FACT 999' }])
    t.same(unmet('plata fact AMC 999').unmet, [{ name: 'AMC 999' }])
    t.same(unmet('plata fact XYZ 999').unmet, [], 'but not in a series that the client has none of')
  })
  t.test('does not hide the others of its list', async (t) => {
    const { named, unmet: missed } = unmet('AMC 1023, 1024 si 1025')
    t.same(
      named.map(({ invoiceId }) => invoiceId),
      ['open'],
    )
    t.same(missed, [{ name: 'AMC 1023', invoiceId: 'settled' }, { name: '1025' }])
  })
  t.test('is none where the text may mean something else', async (t) => {
    for (const text of ['plata facturi 2026', 'factura 10 iulie', 'plata 1023', 'fact AMC 1024 + 7 zile', '']) {
      t.same(unmet(text).unmet, [], text)
    }
  })
})

t.test('the rule «named»', async (t) => {
  const invoice = (number: string, dueOn: string, total = ron('100.00')) =>
    invoiceRegistered({ invoiceId: `inv-${number}`, number, dueOn, total })
  const history = [
    account,
    invoice('1024', '2026-10-31'),
    invoice('1025', '2026-10-15'),
    invoice('1026', '2026-10-02'),
    invoice('1027', '2026-10-02', eur('100.00')),
  ]
  const pay = (amount: string, remittanceText?: string) =>
    given(...history).when(record({ amount: ron(amount), remittanceText, allocation: { rule: 'named' } }))

  t.test('settles what the payer names, oldest due first, and nothing else', async (t) => {
    const events = pay('150.00', 'plata fact AMC 1024, 1025')
    t.same(allocations(events), ['inv-1025 100.00 2026-11-02', 'inv-1024 50.00 2026-11-02'])
    t.match(events, [
      { data: { allocationRule: 'named@3', remittanceText: 'plata fact AMC 1024, 1025' } },
      { data: { rule: 'named@3' } },
      {},
    ])
  })
  t.test('leaves what is too much as credit, to the ban', async (t) => {
    t.same(allocations(pay('100.01', 'AMC 1026')), ['inv-1026 100.00 2026-11-02'])
    t.same(allocations(pay('99.99', 'AMC 1026')), ['inv-1026 99.99 2026-11-02'])
  })
  t.test('settles nothing when nothing is named, nothing named is open, or it is in another currency', async (t) => {
    for (const text of [undefined, 'contravaloare servicii', 'AMC 999', 'AMC 1027']) {
      t.same(allocations(pay('100.00', text)), [], `${text}`)
    }
  })
})
