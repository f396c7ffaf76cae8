/** In the end one client turns out to be another: what the model has of him is owed and has its credit over there. */
import * as examples from '@registru/domain/examples'
import type { Test } from 'tap'
import { z } from 'zod'
import type { Caller } from './caller.ts'
import { cents, decimal } from './oracle/amounts.ts'
import type { State } from './oracle/state.ts'
import { agingOf, vatReportOf } from './oracle/views.ts'
import { money } from './play/moment.ts'
import { type Ask, plain, type Quiet } from './reports.ts'

const INTO = 'same-debtor'

interface Merging {
  readonly t: Test
  readonly send: Caller['send']
  readonly must: (name: string, body: object, key: string) => Promise<string>
  readonly ask: Ask
  /** Reads what was written into the read models. */
  readonly readAll: () => Promise<void>
  readonly on: string
}

const Amount = z.string().transform(cents)
const Row = z.looseObject({
  clientId: z.string(),
  invoiceId: z.string().optional(),
  currency: z.string(),
  amounts: z.array(Amount),
  open: Amount,
  credit: Amount,
})
const Aging = z.looseObject({ rows: z.array(Row) })
const Balance = z.looseObject({
  lines: z.array(z.looseObject({ account: z.string(), currency: z.string(), balance: z.string() })),
})
const Vat = z.looseObject({
  days: z.array(z.looseObject({ on: z.string(), currency: z.string(), rate: z.string(), vat: Amount })),
})

/** What a question answers at some moment: at a past one, the same for ever. */
const told = async (ask: Ask, path: string, clocks: string): Promise<unknown> =>
  JSON.parse(await ask(`${path}${path.includes('?') ? '&' : '?'}${clocks}`))

export const compareMerge = async (
  { t, send, must, ask, readAll, on }: Merging,
  state: State,
  { states, before }: { readonly states: readonly State[]; readonly before: Quiet },
): Promise<void> => {
  const { clientId } = state
  const past = `asOf=${on}&knownAt=${before.position}`
  const agingThen = await ask(`receivables/aging?${past}`)
  const balancesNow = Balance.parse(await told(ask, 'journal/trial-balance', `asOf=${on}`)).lines
  await must('RegisterClient', examples.registerClient({ clientId: INTO }), INTO)
  const merge = { clientId, intoClientId: INTO, mergedOn: on, reason: 'același debitor' }
  const [first, second] = await Promise.all([
    send({ name: 'MergeClients', body: merge }, 'merge'),
    send({ name: 'MergeClients', body: merge }, 'merge', { first: 1 }),
  ])
  t.same(new Set([first.status, second.status]), new Set([200, 201]), `${first.text} ${second.text}`)
  t.same(first.answer.result, second.answer.result, 'asked at both processes, it is one merge')
  const again = await send({ name: 'MergeClients', body: merge }, 'merge')
  const created = first.status === 201 ? first : second
  t.equal(again.text, created.text, 'asked again, it is the same answer')
  await readAll()

  const model = agingOf(state, { asOf: on, knownAt: Number.POSITIVE_INFINITY })
  const rows = (await ask(`receivables/aging?groupBy=invoice&format=ndjson&asOf=${on}`))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => Row.parse(JSON.parse(line)))
  t.same(
    plain(
      rows
        .filter((row) => row.clientId === INTO)
        .flatMap(({ invoiceId, amounts }) =>
          amounts.map((amount, bucket) => [`${invoiceId} ${bucket}`, amount] as const),
        ),
    ),
    plain(
      [...model.byInvoice].flatMap(([id, { amounts }]) =>
        amounts.map((amount, bucket) => [`${id} ${bucket}`, amount] as const),
      ),
    ),
    'every invoice is as old over there as it was',
  )
  t.same(
    rows.filter((row) => row.clientId === clientId && row.open !== 0),
    [],
    'nothing is owed where it was',
  )
  const clients = Aging.parse(await told(ask, 'receivables/aging', `asOf=${on}`)).rows
  t.same(
    plain(
      clients
        .filter((row) => row.clientId === clientId || row.clientId === INTO)
        .flatMap(({ currency, open, credit }) => [
          [`${currency} open`, open] as const,
          [`${currency} credit`, credit] as const,
        ]),
    ),
    plain(
      [...model.byCurrency].flatMap(([currency, { open, credit }]) => [
        [`${currency} open`, open] as const,
        [`${currency} credit`, credit] as const,
      ]),
    ),
    'the two have together what the one had',
  )
  const after = Balance.parse(await told(ask, 'journal/trial-balance', `asOf=${on}`)).lines
  const nets = (lines: typeof after) =>
    lines.filter(({ balance }) => cents(balance) !== 0).map((line) => [line.account, line.currency, line.balance])
  t.same(nets(after), nets(balancesNow), 'no account of the company has more or less')
  const { days } = Vat.parse(await told(ask, `vat/exigible?from=2026-01-01&to=${on}`, ''))
  t.same(
    plain(days.map(({ on: day, currency, rate, vat }) => [`${day} ${currency} ${rate}`, vat] as const)),
    plain(vatReportOf(states, { asOf: on, knownAt: Number.POSITIVE_INFINITY }).exigible),
    'no VAT moves',
  )
  t.equal(await ask(`receivables/aging?${past}`), agingThen, 'what was known before is what it was')

  const number = 'ANOTHER-1'
  const paper = { clientId, invoiceId: 'another', number, issuedOn: on, dueOn: on, total: money(100) }
  const refused = await send({ name: 'RegisterInvoice', body: paper }, 'another')
  t.match(refused.answer, { code: 'CLIENT_MERGED' }, refused.text)
  t.match(refused.text, INTO)
  const [invoiceId, of] =
    [...state.invoices].find(([, invoice]) => invoice.open > 0 && invoice.currency === 'RON') ?? []
  if (invoiceId === undefined || of === undefined) return
  const payment = {
    clientId: INTO,
    paymentId: 'pays-it',
    amount: money(of.open),
    method: 'BANK_TRANSFER',
    receivedOn: on,
  }
  const allocation = { rule: 'explicit', items: [{ invoiceId, amount: decimal(of.open) }] }
  const paid = await send({ name: 'RecordPayment', body: { ...payment, allocation } }, 'pays-it')
  t.match(paid.answer.result, { allocated: [{ invoiceId, amount: decimal(of.open) }], credit: '0.00' }, paid.text)
}
