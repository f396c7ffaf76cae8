/** Every figure that answers show is the sum of what explains it. */
import * as examples from '@registru/domain/examples'
import t, { type Test } from 'tap'
import { z } from 'zod'
import { createApi, startStores } from './api.ts'
import { project } from './projected.ts'

const { ron } = examples
t.setTimeout(120_000)

const { store, pool } = await startStores(t)
const api = await createApi(store, pool)

const { must } = api
const answer = async <Schema extends z.ZodType>(schema: Schema, path: string): Promise<z.output<Schema>> =>
  schema.parse(await api.answer(path))

const Explanation = z.looseObject({
  sum: z.string(),
  items: z.array(z.looseObject({ amount: z.string(), account: z.string().optional(), eventId: z.string().optional() })),
  nextCursor: z.string().nullable(),
})
const Links = z.record(z.string(), z.string())
const Figured = z.looseObject({ links: Links })

const fill = (link: string | undefined, values: Readonly<Record<string, unknown>>): string =>
  (link ?? 'no-link')
    .replace('/v1/companies/amc/', '')
    .replaceAll(/\{(\w+)\}/g, (_, name: string) => String(values[name]))

const bani = (amount: string): bigint => BigInt(amount.replace('.', ''))
const Row = z.looseObject({ currency: z.string() })
const shown = (row: object, field: string): string => String(Reflect.get(row, field))

/** What a link says, page by page, has to add up to the figure. */
const explains = async (t: Test, figure: string, link: string): Promise<void> => {
  let cursor = ''
  let sum = 0n
  for (;;) {
    const page = await answer(Explanation, `${link}&limit=2${cursor}`)
    t.equal(page.sum, figure, link)
    for (const item of page.items) {
      sum += bani(item.amount)
      if (item.eventId !== undefined)
        t.match(item, { stream: /-amc/, position: /\d/, revision: Number, recordedAt: /Z$/ })
    }
    if (page.nextCursor === null) break
    cursor = `&cursor=${page.nextCursor}`
  }
  t.equal(sum, bani(figure), `${link}: the items`)
  const streamed = await api.get(`${link}&format=ndjson`)
  const lines = streamed.body.split('\n').filter((line) => line !== '')
  const total = lines.reduce((of, line) => of + bani(shown(z.looseObject({}).parse(JSON.parse(line)), 'amount')), 0n)
  t.equal(total, bani(figure), `${link}: streamed`)
}
await must('RegisterCompany', examples.registerCompany())
await must('RegisterClient', examples.registerClient())
await must('RegisterInvoice', examples.registerInvoice())
await must('RegisterInvoice', {
  ...examples.registerInvoice({ invoiceId: 'parts', number: '2' }),
  instalments: [
    { dueOn: '2026-10-10', amount: '200.00' },
    { dueOn: '2026-10-31', amount: '1010.00' },
  ],
})
const pay = (paymentId: string, amount: string, change: object = {}) =>
  must('RecordPayment', {
    ...examples.recordPayment({ paymentId, amount: ron(amount), receivedOn: '2026-11-02' }),
    allocation: undefined,
    ...change,
  })
await pay('pay-1', '150.00', { allocation: { rule: 'explicit', items: [{ invoiceId: 'parts', amount: '100.00' }] } })
await pay('pay-2', '300.00', { allocation: { rule: 'none' } })
await must('RegisterInvoice', examples.registerInvoice({ invoiceId: 'vat', number: '3', cashAccounting: true }))
await must('OpenCashDesk', {
  deskId: 'C1',
  name: 'Casieria centrală',
  openedOn: '2026-11-02',
  openingBalances: [{ amount: '100.00', currency: 'RON' }],
})
const inCash = { method: 'CASH', deskId: 'C1', bankReference: undefined }
await pay('cash-1', '121.00', {
  ...inCash,
  receivedOn: '2026-11-03',
  allocation: { rule: 'explicit', items: [{ invoiceId: 'vat', amount: '121.00' }] },
})
await pay('cash-2', '7.00', { ...inCash, receivedOn: '2026-11-03', allocation: { rule: 'none' } })
await must('ReversePayment', { clientId: 'alfa', paymentId: 'cash-2', reason: 'MISTAKE', reversedOn: '2026-11-04' })
await must('GrantDiscount', {
  clientId: 'alfa',
  invoiceId: 'inv-1024',
  amount: '12.10',
  grantedOn: '2026-11-05',
  kind: 'COMMERCIAL',
})
await project({ store, pool })

t.test('an invoice, a payment and a balance', async (t) => {
  const invoice = await answer(Figured.extend({ open: z.string() }), 'invoices/parts')
  t.equal(invoice.open, '1110.00')
  await explains(t, invoice.open, fill(invoice.links['explain'], {}))
  for (const field of ['total', 'allocated', 'credited', 'discounted', 'writtenOff']) {
    const link = `explain${field.slice(0, 1).toUpperCase()}${field.slice(1)}`
    await explains(t, shown(invoice, field), fill(invoice.links[link], {}))
  }
  const payment = await answer(Figured.extend({ credit: z.string() }), 'payments/pay-1')
  t.equal(payment.credit, '50.00')
  await explains(t, payment.credit, fill(payment.links['explain'], {}))
  const client = await answer(Figured.extend({ balances: z.array(Row) }), 'clients/alfa')
  for (const row of client.balances) {
    await explains(t, shown(row, 'balance'), fill(client.links['explain'], row))
    await explains(t, shown(row, 'open'), fill(client.links['explainOpen'], row))
    await explains(t, shown(row, 'overdue'), fill(client.links['explainOverdue'], row))
    await explains(t, shown(row, 'credit'), fill(client.links['explainCredit'], row))
  }
})

t.test('every line of a statement', async (t) => {
  const Line = z.looseObject({ debit: z.string(), credit: z.string(), eventId: z.string() })
  const statement = await answer(
    Figured.extend({ currencies: z.array(z.looseObject({ currency: z.string(), lines: z.array(Line) })) }),
    'clients/alfa/statement?from=2026-10-01',
  )
  for (const { currency, lines } of statement.currencies) {
    t.equal(lines.length, 9)
    for (const { debit, credit, eventId } of lines) {
      const figure = credit === '0.00' ? debit : `-${credit}`
      await explains(t, figure, fill(statement.links['explain'], { currency, eventId }))
    }
  }
})

t.test('every cell of the aging, instalments apart', async (t) => {
  const Cells = Row.extend({ invoiceId: z.string().optional(), amounts: z.array(z.string()), credit: z.string() })
  const Aging = Figured.extend({ buckets: z.array(z.string()), rows: z.array(Cells), totals: z.array(Cells) })
  for (const path of [
    'receivables/aging',
    'receivables/aging?asOf=2026-10-20&by=issued&buckets=0,10',
    'receivables/aging?asOf=2026-10-15',
    'receivables/aging?asOf=2026-10-15&groupBy=invoice',
    'receivables/aging?groupBy=invoice',
    'receivables/aging?groupBy=currency',
  ]) {
    const aging = await answer(Aging, path)
    const cells = async (rows: typeof aging.rows, link: string | undefined): Promise<void> => {
      for (const row of rows) {
        for (const [index, figure] of row.amounts.entries()) {
          await explains(t, figure, fill(link, { ...row, bucket: encodeURIComponent(aging.buckets[index] ?? '') }))
        }
      }
    }
    const ofCredit = aging.rows.filter(({ credit, invoiceId }) => credit !== '0.00' && invoiceId === undefined)
    for (const row of ofCredit) await explains(t, row.credit, fill(aging.links['explainCredit'], row))
    const isByInvoice = path.includes('groupBy=invoice')
    await cells(
      isByInvoice ? aging.rows.filter(({ invoiceId }) => invoiceId !== undefined) : aging.rows,
      aging.links['explain'],
    )
    await cells(aging.totals, aging.links['explainTotals'])
  }
})

t.test('every line of the trial balance, in both charts', async (t) => {
  const Line = z.looseObject({ account: z.string(), currency: z.string(), balance: z.string() })
  for (const chart of ['symbolic', 'romanian']) {
    const balance = await answer(Figured.extend({ lines: z.array(Line) }), `journal/trial-balance?chart=${chart}`)
    t.ok(balance.lines.length > 3)
    for (const { account, currency, balance: figure } of balance.lines) {
      await explains(t, figure, fill(balance.links['explain'], { account, currency }))
    }
  }
})

t.test('what was collected, sold, and is to be recovered', async (t) => {
  const Items = Figured.extend({ items: z.array(Row), totals: z.array(Row) })
  for (const path of ['collections', 'collections?from=2026-10-01&by=month', 'collections?by=week']) {
    const { items, totals, links } = await answer(Items, path)
    t.ok(items.length > 1, path)
    for (const item of items) {
      await explains(t, shown(item, 'net'), fill(links['explain'], item))
      await explains(t, shown(item, 'collected'), fill(links['explainCollected'], item))
      await explains(t, shown(item, 'reversed'), fill(links['explainReversed'], item))
      await explains(t, shown(item, 'refunded'), fill(links['explainRefunded'], item))
    }
    for (const total of totals) await explains(t, shown(total, 'net'), fill(links['explainTotals'], total))
  }
  for (const path of ['collections/to-recover', 'collections/to-recover?asOf=2026-10-15']) {
    const { items, totals, links } = await answer(Items, path)
    t.equal(items.length, 2, path)
    for (const item of items) {
      await explains(t, shown(item, 'open'), fill(links['explain'], item))
      await explains(t, shown(item, 'overdue'), fill(links['explainOverdue'], item))
    }
    for (const total of totals) await explains(t, shown(total, 'open'), fill(links['explainTotals'], total))
  }
  const Span = z.looseObject({ from: z.string(), to: z.string(), sales: z.string() })
  const Currency = Row.extend({ open: z.string(), simple: Span, countBack: z.looseObject({ terms: z.array(Span) }) })
  const dso = await answer(Figured.extend({ currencies: z.array(Currency) }), 'collections/dso')
  for (const { currency, open, simple, countBack } of dso.currencies) {
    await explains(t, open, fill(dso.links['explainOpen'], { currency }))
    for (const span of [simple, ...countBack.terms]) {
      await explains(t, span.sales, fill(dso.links['explain'], { ...span, currency }))
    }
  }
})

t.test('VAT made exigible, and cash in a drawer', async (t) => {
  const Vat = Figured.extend({ days: z.array(Row), totals: z.array(Row), deferred: z.array(Row) })
  const exigible = await answer(Vat, 'vat/exigible')
  t.ok(exigible.days.length > 0 && exigible.deferred.length > 0)
  for (const row of exigible.days) {
    await explains(t, shown(row, 'vat'), fill(exigible.links['explain'], row))
    await explains(t, shown(row, 'base'), fill(exigible.links['explainBase'], row))
  }
  for (const row of exigible.totals) await explains(t, shown(row, 'vat'), fill(exigible.links['explainTotals'], row))
  for (const row of exigible.deferred)
    await explains(t, shown(row, 'vat'), fill(exigible.links['explainDeferred'], row))

  const desks = await answer(
    Figured.extend({ items: z.array(z.looseObject({ deskId: z.string(), balances: z.array(Row) })) }),
    'cash-desks',
  )
  for (const { deskId, balances } of desks.items) {
    for (const row of balances) {
      await explains(t, shown(row, 'balance'), fill(desks.links['explain'], { ...row, deskId }))
    }
  }
  const FIELDS = ['opening', 'in', 'out', 'closing']
  const linksOf = (links: Readonly<Record<string, string>>) => [
    links['explainOpening'],
    links['explainIn'],
    links['explainOut'],
    links['explain'],
  ]
  const Days = Figured.extend({ items: z.array(z.looseObject({ day: z.string() })) })
  const days = await answer(Days, 'cash-desks/C1/days')
  t.equal(days.items.length, 3)
  for (const item of days.items) {
    for (const [index, field] of FIELDS.entries()) {
      await explains(t, shown(item, field), fill(linksOf(days.links)[index], item))
    }
    const Register = Figured.extend({ lines: z.array(z.looseObject({ eventId: z.string() })) })
    const register = await answer(Register, `cash-desks/C1/days/${item.day}`)
    for (const [index, field] of FIELDS.entries()) {
      await explains(t, shown(register, field), fill(linksOf(register.links)[index], {}))
    }
    for (const line of register.lines) {
      await explains(t, shown(line, 'in'), fill(register.links['explainLineIn'], line))
      await explains(t, shown(line, 'out'), fill(register.links['explainLineOut'], line))
    }
  }
})

t.test('later events leave an explanation alone', async (t) => {
  const before = await answer(Figured.extend({ open: z.string() }), 'invoices/inv-1024')
  await pay('pay-3', '1000.00')
  await project({ store, pool })
  await explains(t, before.open, fill(before.links['explain'], {}))
})

t.test('a figure that is not named in full is refused', async (t) => {
  for (const [path, missing] of [
    ['explain?figure=invoiceOpen&currency=RON&clientId=alfa', '/query/invoiceId'],
    ['explain?figure=agingCell&currency=RON&bucket=1-7', '/query/bucket'],
    ['explain?figure=account&currency=RON&account=9999', '/query/account'],
    ['explain?figure=clientOpen&currency=RON&clientId=alfa&invoiceId=parts', '/query/invoiceId'],
    ['explain?figure=invoiceOpen&currency=RON&clientId=alfa&invoiceId=parts&bucket=1-30', '/query/bucket'],
    ['explain?figure=sales&currency=RON&clientId=alfa', '/query/clientId'],
    ['explain?figure=cashBalance&currency=RON', '/query/deskId'],
    ['explain?figure=clientOpen&currency=XYZ&clientId=alfa', '/query/currency'],
  ] as const) {
    const response = await api.get(path)
    t.match(response.json(), { code: 'MALFORMED_REQUEST', errors: [{ path: missing }] }, path)
  }
})
