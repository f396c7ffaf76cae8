/** The certificate under every financial answer, and what happens when a book has been tampered with. */
import * as examples from '@registru/domain/examples'
import t from 'tap'
import { z } from 'zod'
import { authorization, createApi, startStores } from './api.ts'
import { type Corruption, findsAll } from './corruptions.ts'
import { project } from './projected.ts'

const { ron } = examples
t.setTimeout(120_000)

const { store, pool } = await startStores(t)
const api = await createApi(store, pool)

const { must, answer } = api

await must('RegisterCompany', examples.registerCompany())
await must('RegisterClient', examples.registerClient())
await must('RegisterInvoice', examples.registerInvoice())
const pay = (paymentId: string, amount: string) =>
  must('RecordPayment', { ...examples.recordPayment({ paymentId, amount: ron(amount) }), allocation: undefined })
await pay('pay-1', '500.00')
await pay('pay-2', '1000.00')
await must('RegisterInvoice', {
  ...examples.registerInvoice({ invoiceId: 'tomorrow', number: '2', issuedOn: '2026-11-25', dueOn: '2026-12-25' }),
})
await project({ store, pool })

const ofClient = { currency: 'RON', openItems: '0.00', credit: '290.00', statement: '-290.00', journal: '-290.00' }
const ofCompany = { ...ofClient, aging: '-290.00' }
const Certified = z.looseObject({ tieOut: z.looseObject({ currencies: z.array(z.record(z.string(), z.string())) }) })
const sidesAt = async (path: string) => Certified.parse(await answer(path)).tieOut.currencies

t.test('every financial answer carries its certificate', async (t) => {
  for (const path of ['clients/alfa', 'clients/alfa/statement', 'invoices/inv-1024', 'payments/pay-2']) {
    t.match(await answer(path), { tieOut: { scope: 'client', asOf: '2026-11-24' } }, path)
    // The aging of a client is made of its open items: it would be held against itself.
    t.same(await sidesAt(path), [ofClient], path)
  }
  for (const path of ['receivables/aging', 'receivables/aging?groupBy=currency', 'journal/trial-balance']) {
    t.match(await answer(path), { tieOut: { scope: 'company' } }, path)
    t.same(await sidesAt(path), [ofCompany], path)
  }
  t.match(await answer('receivables/aging?asOf=2026-11-25&groupBy=currency'), {
    totals: [{ open: '1210.00', credit: '290.00', net: '920.00' }],
    tieOut: { currencies: [{ openItems: '1210.00', credit: '290.00', journal: '920.00' }] },
  })
  t.match(await answer('clients/alfa?asOf=2026-10-15'), { tieOut: { currencies: [{ openItems: '1210.00' }] } })
  t.match(await answer('clients/alfa?asOf=2026-09-15'), { tieOut: { currencies: [] } })
})

t.test('the aging by invoice, the largest first, as a table', async (t) => {
  t.match(await answer('receivables/aging?groupBy=invoice&asOf=2026-11-25'), {
    rows: [
      { clientId: 'alfa', invoiceId: 'tomorrow', open: '1210.00', credit: '0.00' },
      { clientId: 'alfa', open: '0.00', credit: '290.00' },
    ],
  })
  const csv = await api.get('receivables/aging?groupBy=invoice&asOf=2026-11-25&format=csv&locale=ro')
  t.equal(
    csv.body.slice(1),
    [
      'clientId;clientName;invoiceId;currency;notDue;1-30;31-60;61-90;91+;open;credit;net',
      'alfa;Alfa SRL;tomorrow;RON;1210,00;0,00;0,00;0,00;0,00;1210,00;0,00;1210,00',
      'alfa;Alfa SRL;;RON;0,00;0,00;0,00;0,00;0,00;0,00;290,00;-290,00',
      '',
    ].join('\r\n'),
  )
  t.match(await answer('receivables/aging?sort=-open&limit=1'), { rows: [{ clientId: 'alfa' }], totals: [{}] })
  t.match(await answer('receivables/aging?groupBy=invoice&sort=-open&limit=1&asOf=2026-11-25'), {
    rows: [{ invoiceId: 'tomorrow' }],
    rowsLeftOut: 1,
    totals: [{ open: '1210.00', credit: '290.00', net: '920.00' }],
  })
  t.match(await answer('receivables/aging?groupBy=invoice&asOf=2026-11-25'), { rowsLeftOut: 0 })
  const largest = await api.get('receivables/aging?groupBy=invoice&sort=-open&limit=1&asOf=2026-11-25&format=csv')
  t.match(largest.body, /^[^\n]*\nalfa,Alfa SRL,tomorrow,RON,1210.00,[^\n]*\n$/)
  t.match(
    (await api.get('journal/trial-balance?format=csv')).body,
    /^account,currency,debit,credit,balance\r\nBANK,RON,1500.00/,
  )
})

/** One ban on one row: who sees it, and what it is called. */
const corruptions: readonly Corruption[] = [
  ['open_spans', "amount_minor = amount_minor + 1 where item_id = 'pay-2'", 'clients/alfa', { clientId: 'alfa' }],
  [
    'open_spans',
    "amount_minor = amount_minor + 1 where item_id = 'tomorrow'",
    'receivables/aging?asOf=2026-11-25',
    { clientId: 'alfa', invoiceId: 'tomorrow', amounts: { openItems: '1210.01', journal: '1210.00' } },
  ],
  ...(['client', 'invoice'] as const).map(
    (group) =>
      [
        'open_spans',
        "amount_minor = amount_minor + 1 where item_id = 'pay-2'",
        `receivables/aging?groupBy=${group}`,
        { clientId: 'alfa' },
      ] as const,
  ),
  [
    'open_dues',
    "amount_minor = amount_minor + 1 where item_kind = 'PAYMENT'",
    'receivables/aging?groupBy=currency',
    {},
  ],
  ['open_days', "amount_minor = amount_minor + 1 where item_kind = 'PAYMENT'", 'journal/trial-balance', {}],
  [
    'open_dues',
    "amount_minor = amount_minor + 1 where item_kind = 'PAYMENT'",
    'journal/trial-balance',
    { amounts: { openItems: '0.00', credit: '290.00', aging: '-290.01', journal: '-290.00' } },
  ],
  [
    'open_spans',
    "amount_minor = amount_minor + 1 where item_id = 'tomorrow'",
    'invoices/tomorrow?asOf=2026-11-25',
    { invoiceId: 'tomorrow', amounts: { invoice: '1210.00', openItem: '1210.01' } },
  ],
  // On a day that the row does not answer for, its history does.
  [
    'invoice_settlements',
    "amount_minor = amount_minor - 1 where payment_id = 'pay-1'",
    'invoices/inv-1024?asOf=2026-11-10',
    { invoiceId: 'inv-1024' },
  ],
  ['invoice_balances', "uncleared_minor = 1 where invoice_id = 'inv-1024'", 'invoices/inv-1024', {}],
  ['invoice_balances', "uncleared_minor = 1 where invoice_id = 'inv-1024'", 'invoices', { invoiceId: 'inv-1024' }],
  ['statement_days', 'debit_minor = debit_minor + 1', 'receivables/aging', { currency: 'RON' }],
  ['statement_months', 'debit_minor = debit_minor + 1', 'clients/alfa/statement', { clientId: 'alfa' }],
  [
    'statement_lines',
    "debit_minor = debit_minor + 1 where kind = 'INVOICE'",
    'clients/alfa/statement?from=2026-10-01',
    { clientId: 'alfa' },
  ],
  ['account_days', "credit_minor = credit_minor + 1 where account = 'RECEIVABLE'", 'receivables/aging', {}],
  ['client_accounts', 'receivable_minor = receivable_minor - 1', 'clients/alfa', { clientId: 'alfa' }],
  [
    'invoice_balances',
    "allocated_minor = allocated_minor - 1 where invoice_id = 'inv-1024'",
    'invoices/inv-1024',
    { invoiceId: 'inv-1024' },
  ],
  ['invoice_settlements', 'amount_minor = amount_minor - 1', 'invoices/inv-1024', { invoiceId: 'inv-1024' }],
  ['payments', "amount_minor = amount_minor + 1 where payment_id = 'pay-2'", 'payments/pay-2', { paymentId: 'pay-2' }],
  ['payment_settlements', 'amount_minor = amount_minor + 1', 'payments/pay-2', { paymentId: 'pay-2' }],
  // A page of a list.
  [
    'open_spans',
    "amount_minor = amount_minor + 1 where item_id = 'tomorrow'",
    'invoices?asOf=2026-11-25',
    { invoiceId: 'tomorrow' },
  ],
  [
    'invoice_balances',
    "total_minor = total_minor + 1 where invoice_id = 'inv-1024'",
    'invoices?clientId=alfa&limit=1',
    { invoiceId: 'inv-1024', amounts: { invoice: '0.01', openItem: '0.00' } },
  ],
  ['payments', "amount_minor = amount_minor + 1 where payment_id = 'pay-2'", 'payments', { paymentId: 'pay-2' }],
  ['payment_settlements', "amount_minor = amount_minor + 1 where payment_id = 'pay-1'", 'payments', {}],
  // Papers.
  [
    'statement_lines',
    "debit_minor = debit_minor + 1 where kind = 'INVOICE'",
    'clients/alfa/statement.pdf?from=2026-10-01',
    { clientId: 'alfa', amounts: { lines: /./, statement: /./ } },
  ],
  [
    'open_spans',
    "amount_minor = amount_minor + 1 where item_id = 'tomorrow'",
    'clients/alfa/reminder.pdf?asOf=2026-12-31',
    { clientId: 'alfa' },
  ],
  [
    'open_spans',
    "amount_minor = amount_minor + 1 where item_id = 'pay-2'",
    'clients/alfa/statement?style=openItem',
    {},
  ],
  // An account that is no client's: the books still have to balance.
  [
    'account_days',
    "debit_minor = debit_minor + 1 where account = 'BANK'",
    'journal/trial-balance',
    { currency: 'RON' },
  ],
]

t.test('a row corrupted by hand is found, named, and not shown', async (t) => {
  const found = await findsAll(t, { api, pool }, corruptions)
  const metrics = await api.app.inject({ url: '/metrics', headers: { authorization } })
  t.match(metrics.body, new RegExp(`registru_tie_out_failures_total\\{.*\\} ${found}`))
})
