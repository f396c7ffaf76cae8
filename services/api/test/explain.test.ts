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

const must = async (name: string, body: unknown): Promise<void> => {
  const response = await api.command(name, body)
  if (response.statusCode !== 201) throw new Error(`${name}: ${response.statusCode} ${response.body}`)
}
const answer = async <Schema extends z.ZodType>(schema: Schema, path: string): Promise<z.output<Schema>> => {
  const response = await api.get(path)
  if (response.statusCode !== 200) throw new Error(`${path}: ${response.statusCode} ${response.body}`)
  return schema.parse(response.json())
}

const Explanation = z.looseObject({
  sum: z.string(),
  items: z.array(z.looseObject({ amount: z.string(), account: z.string().optional(), eventId: z.string().optional() })),
  nextCursor: z.string().nullable(),
})
const Links = z.looseObject({ explain: z.string() })
const Figured = z.looseObject({ links: Links })

const fill = (link: string, values: Readonly<Record<string, string>>): string =>
  link
    .replace('/v1/companies/amc/', '')
    .replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name] ?? '')
    .replace('clientId=&', '')

const bani = (amount: string): bigint => BigInt(amount.replace('.', ''))

/** What a link says, page by page, has to add up to the figure. */
const explains = async (t: Test, figure: string, link: string): Promise<void> => {
  let cursor = ''
  let sum = 0n
  for (;;) {
    const page = await answer(Explanation, `${link}&limit=2${cursor}`)
    t.equal(page.sum, figure, link)
    for (const item of page.items) {
      sum += bani(item.amount)
      if (item.account !== undefined)
        t.match(item, { stream: 'clientAccount-amc:alfa', position: /\d/, revision: Number })
    }
    if (page.nextCursor === null) break
    cursor = `&cursor=${page.nextCursor}`
  }
  t.equal(sum, bani(figure), `${link}: the items`)
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
await project({ store, pool })

t.test('an invoice, a payment and a balance', async (t) => {
  const invoice = await answer(Figured.extend({ open: z.string() }), 'invoices/parts')
  t.equal(invoice.open, '1110.00')
  await explains(t, invoice.open, fill(invoice.links.explain, {}))
  const payment = await answer(Figured.extend({ credit: z.string() }), 'payments/pay-1')
  t.equal(payment.credit, '50.00')
  await explains(t, payment.credit, fill(payment.links.explain, {}))
  const client = await answer(
    Figured.extend({ balances: z.array(z.looseObject({ balance: z.string(), open: z.string(), credit: z.string() })) }),
    'clients/alfa',
  )
  const [balance] = client.balances
  const link = fill(client.links.explain, { currency: 'RON' })
  await explains(t, balance?.balance ?? '', link)
  await explains(t, balance?.open ?? '', link.replace('clientBalance', 'clientOpen'))
  await explains(t, balance?.credit ?? '', link.replace('clientBalance', 'clientCredit'))
})

t.test('every line of a statement', async (t) => {
  const Line = z.looseObject({ debit: z.string(), credit: z.string(), eventId: z.string() })
  const statement = await answer(
    Figured.extend({ currencies: z.array(z.looseObject({ currency: z.string(), lines: z.array(Line) })) }),
    'clients/alfa/statement?from=2026-10-01',
  )
  for (const { currency, lines } of statement.currencies) {
    t.equal(lines.length, 4)
    for (const { debit, credit, eventId } of lines) {
      const figure = credit === '0.00' ? debit : `-${credit}`
      await explains(t, figure, fill(statement.links.explain, { currency, eventId }))
    }
  }
})

t.test('every cell of the aging, instalments apart', async (t) => {
  const Row = z.looseObject({ clientId: z.string().optional(), currency: z.string(), amounts: z.array(z.string()) })
  const Aging = Figured.extend({ buckets: z.array(z.string()), rows: z.array(Row), totals: z.array(Row) })
  for (const path of [
    'receivables/aging',
    'receivables/aging?asOf=2026-10-20&by=issued&buckets=0,10',
    'receivables/aging?asOf=2026-10-15',
  ]) {
    const aging = await answer(Aging, path)
    for (const { clientId = '', currency, amounts } of [...aging.rows, ...aging.totals]) {
      for (const [index, figure] of amounts.entries()) {
        const bucket = encodeURIComponent(aging.buckets[index] ?? '')
        await explains(t, figure, fill(aging.links.explain, { currency, clientId, bucket }))
      }
    }
  }
})

t.test('every line of the trial balance, in both charts', async (t) => {
  const Line = z.looseObject({ account: z.string(), currency: z.string(), balance: z.string() })
  for (const chart of ['symbolic', 'romanian']) {
    const balance = await answer(Figured.extend({ lines: z.array(Line) }), `journal/trial-balance?chart=${chart}`)
    t.ok(balance.lines.length > 3)
    for (const { account, currency, balance: figure } of balance.lines) {
      await explains(t, figure, fill(balance.links.explain, { account, currency }))
    }
  }
})

t.test('later events leave an explanation alone', async (t) => {
  const before = await answer(Figured.extend({ open: z.string() }), 'invoices/inv-1024')
  await pay('pay-3', '1000.00')
  await project({ store, pool })
  await explains(t, before.open, fill(before.links.explain, {}))
})

t.test('a figure that is not named in full is refused', async (t) => {
  for (const [path, missing] of [
    ['explain?figure=invoiceOpen&currency=RON&clientId=alfa', '/query/invoiceId'],
    ['explain?figure=agingCell&currency=RON&bucket=1-7', '/query/bucket'],
    ['explain?figure=account&currency=RON&account=9999', '/query/account'],
    ['explain?figure=clientOpen&currency=XYZ&clientId=alfa', '/query/currency'],
  ] as const) {
    const response = await api.get(path)
    t.match(response.json(), { code: 'MALFORMED_REQUEST', errors: [{ path: missing }] }, path)
  }
})
