/** Statements page by page and as tables, and the account that they are of. */
import * as examples from '@registru/domain/examples'
import t from 'tap'
import { z } from 'zod'
import { createApi, startStores } from './api.ts'
import { type Corruption, findsAll } from './corruptions.ts'
import { textOfPdf } from './pdf-text.ts'
import { project } from './projected.ts'

const { ron } = examples
t.setTimeout(120_000)

const { store, pool } = await startStores(t)
const api = await createApi(store, pool)

const { must, answer } = api
const Statement = z.looseObject({
  currencies: z.array(
    z.looseObject({
      currency: z.string(),
      opening: z.string().optional(),
      closing: z.string(),
      lines: z.array(z.looseObject({})),
    }),
  ),
  nextCursor: z.string().nullable(),
})

await must('RegisterCompany', examples.registerCompany())
await must('RegisterClient', examples.registerClient())
await must('OpenReceiptBook', examples.openReceiptBook())
for (const [index, currency] of ['RON', 'EUR', 'RON', 'EUR', 'RON', 'USD'].entries()) {
  await must('RegisterInvoice', {
    ...examples.registerInvoice({ invoiceId: `inv-${index}`, number: `${index}`, issuedOn: '2026-10-01' }),
    total: { amount: '100.00', currency },
    vatLines: undefined,
  })
}
const pay = (paymentId: string, change: object = {}) =>
  must('RecordPayment', {
    ...examples.recordPayment({ paymentId, amount: ron('10.00'), receivedOn: '2026-11-02' }),
    allocation: { rule: 'none' },
    ...change,
  })
await pay('pay-1')
await pay('cash', { method: 'CASH', deskId: 'C1', receivedOn: '2026-11-03', receipt: { series: 'AMC-C' } })
await pay('bounced', { receivedOn: '2026-11-04' })
await must('ReversePayment', { clientId: 'alfa', paymentId: 'bounced', reason: 'BOUNCED', reversedOn: '2026-11-05' })
// A currency that comes and goes within the period.
await must('CancelInvoice', { clientId: 'alfa', invoiceId: 'inv-5', cancelledOn: '2026-10-20', reason: 'never sent' })
await project({ store, pool })

/** All pages of so many lines, put together. */
const pagesOf = async (path: string, limit: number) => {
  const lines = new Map<string, object[]>()
  let pages = 0
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page = Statement.parse(await answer(`${path}&limit=${limit}${cursor === '' ? '' : `&cursor=${cursor}`}`))
    for (const { currency, lines: more } of page.currencies) {
      lines.set(currency, [...(lines.get(currency) ?? []), ...more])
    }
    cursor = page.nextCursor
    pages += 1
  }
  return { lines, pages }
}

const PERIOD = 'clients/alfa/statement?from=2026-10-01&to=2026-11-24'
const ITEMS = 'clients/alfa/statement?style=openItem'

t.test('pages put together are the whole', async (t) => {
  for (const [path, count] of [
    [PERIOD, 11],
    [`${PERIOD}&asOf=2026-11-24&knownAt=999`, 0],
    [ITEMS, 7],
  ] as const) {
    const whole = await api.get(path)
    if (count === 0) {
      t.equal(whole.statusCode, 404, 'nobody knew of the client')
      continue
    }
    const { currencies, nextCursor } = Statement.parse(whole.json())
    t.equal(nextCursor, null)
    t.equal(currencies.flatMap(({ lines }) => lines).length, count, path)
    for (const limit of [1, 2, 3, count]) {
      const { lines, pages } = await pagesOf(path, limit)
      t.strictSame(
        [...lines].filter(([, of]) => of.length > 0),
        currencies.filter((of) => of.lines.length > 0).map(({ currency, lines: of }) => [currency, of]),
        `${path} by ${limit}`,
      )
      t.equal(pages, Math.ceil(count / limit))
    }
  }
})

t.test('every page has the opening and the closing of the period', async (t) => {
  const first = Statement.parse(await answer(`${PERIOD}&limit=3`))
  t.match(first.currencies, [
    { currency: 'EUR', opening: '0.00', closing: '200.00', lines: { length: 2 } },
    { currency: 'RON', opening: '0.00', closing: '280.00', lines: { length: 1 } },
  ])
  const later = { paymentId: 'later', receivedOn: '2026-10-01' }
  await pay('later', later)
  await project({ store, pool })
  const second = Statement.parse(await answer(`${PERIOD}&limit=3&cursor=${first.nextCursor ?? ''}`))
  t.match(second.currencies, [{ currency: 'RON', opening: '0.00', closing: '280.00', lines: { length: 3 } }])
  t.match(second, { tieOut: { currencies: [{ currency: 'EUR' }, { currency: 'RON', statement: '280.00' }] } })
})

t.test('as tables', async (t) => {
  const csv = (await api.get(`${PERIOD}&format=csv`)).body.trimEnd().split('\r\n')
  t.equal(csv.length, 13)
  t.match(csv[0], /^currency,on,kind,document,counterpartyDocument,/)
  t.match(csv[1], /^EUR,2026-10-01,INVOICE,AMC 1,,inv-1,,100.00,0.00,100.00,/)
  const items = (await api.get(`${ITEMS}&format=ndjson`)).body.trimEnd().split('\n')
  t.equal(items.length, 8)
  t.match(JSON.parse(items[0] ?? ''), { currency: 'EUR', kind: 'INVOICE', open: '100.00' })
})

t.test('what the other side calls a payment stays beside its receipt', async (t) => {
  const { currencies } = Statement.parse(await answer(PERIOD))
  const lines = currencies.find(({ currency }) => currency === 'RON')?.lines ?? []
  t.match(
    lines.find((line) => Reflect.get(line, 'paymentId') === 'cash'),
    { document: 'AMC-C 1', counterpartyDocument: '029ZEXA2613200AB' },
  )
})

t.test("a client's account", async (t) => {
  t.match(await answer('clients/alfa'), {
    balances: [{ currency: 'EUR' }, { currency: 'RON' }],
    lastPayment: { paymentId: 'cash', on: '2026-11-03', currency: 'RON', amount: '10.00' },
    openItems: { length: 8 },
    moreOpenItems: false,
    links: { openItems: /style=openItem/ },
  })
  t.match(await answer('clients/alfa?asOf=2026-11-04'), { lastPayment: { paymentId: 'bounced' } })
  t.notOk(Reflect.has(z.looseObject({}).parse(await answer('clients/alfa?asOf=2026-09-01')), 'lastPayment'))
  const link = z.looseObject({ links: z.looseObject({ openItems: z.string() }) }).parse(await answer('clients/alfa'))
  t.equal((await api.get(link.links.openItems.replace('/v1/companies/amc/', ''))).statusCode, 200)
})

t.test('a claim is called what it is, wherever it is open', async (t) => {
  const due = { issuedOn: '2026-10-05', dueOn: '2026-10-06' }
  // A payment may have the id of a claim, and is none.
  await pay('interest', { receivedOn: '2026-10-07' })
  await must('RegisterClaim', examples.registerClaim({ claimId: 'interest', kind: 'INTEREST', number: 'D 7', ...due }))
  await project({ store, pool })
  const claim = { kind: 'CLAIM', claim: 'INTEREST', invoiceId: 'interest', instalment: 1 }
  const invoice = { kind: 'INVOICE', claim: undefined, invoiceId: 'inv-0' }
  const payment = { kind: 'PAYMENT', claim: undefined, paymentId: 'interest' }
  const { openItems } = z.looseObject({ openItems: z.array(z.looseObject({})) }).parse(await answer('clients/alfa'))
  const { currencies } = Statement.parse(await answer(ITEMS))
  for (const items of [openItems, currencies.flatMap(({ lines }) => lines)]) {
    const found = (id: string, field: string) => items.find((item) => Reflect.get(item, field) === id)
    t.match(found('interest', 'invoiceId'), claim)
    t.match(found('inv-0', 'invoiceId'), invoice)
    t.match(found('interest', 'paymentId'), payment)
  }
  t.ok(textOfPdf((await api.get('clients/alfa/reminder.pdf')).rawPayload).includes('dobândă penalizatoare D 7'))
})

const first = { clientId: 'alfa', currency: 'RON' }
const ofReceipt = "credit_minor = credit_minor + 1 where payment_id = 'cash' and kind = 'PAYMENT'"
const corruptions: readonly Corruption[] = [
  ['statement_lines', ofReceipt, PERIOD, first],
  ['open_spans', "amount_minor = amount_minor + 1 where item_id = 'cash'", ITEMS, first],
  ['statement_months', 'credit_minor = credit_minor + 1', ITEMS, { clientId: 'alfa' }],
]

t.test('a row corrupted by hand is found, named, and not shown', (t) => findsAll(t, { api, pool }, corruptions))
