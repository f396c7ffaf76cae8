/** What the ledger shows at several pairs of clocks, held against the model's own books. */
import type { Test } from 'tap'
import { z } from 'zod'
import { cents, decimal } from './oracle/amounts.ts'
import type { State } from './oracle/state.ts'
import {
  type AgingRow,
  agingOf,
  drawerOf,
  movedOf,
  statementOf,
  trialBalanceOf,
  turnoversOf,
  unidentifiedOf,
  vatReportOf,
} from './oracle/views.ts'

/** Asks a question of the company, whichever process answers. */
export type Ask = (path: string) => Promise<string>

const answer = async (ask: Ask, path: string): Promise<unknown> => JSON.parse(await ask(path))

/** All rows, however many. */
const rowsOf = async (ask: Ask, path: string): Promise<readonly unknown[]> =>
  (await ask(`${path}&format=ndjson`))
    .split('\n')
    .filter((row) => row !== '')
    .map((row): unknown => JSON.parse(row))

const Page = z.looseObject({ nextCursor: z.string().nullable() })
/** Page by page. */
const pagesOf = async (ask: Ask, path: string): Promise<readonly unknown[]> => {
  const pages: unknown[] = []
  let cursor = ''
  do {
    const page = await answer(ask, `${path}&limit=500${cursor}`)
    pages.push(page)
    const { nextCursor } = Page.parse(page)
    cursor = nextCursor === null ? '' : `&cursor=${nextCursor}`
  } while (cursor !== '')
  return pages
}

/** A moment at which nothing was under way: its number in the model, and the log's position. */
export interface Quiet {
  readonly at: number
  readonly position: string
}

export interface Compared {
  readonly t: Test
  readonly ask: Ask
  /** Of each client. */
  readonly states: readonly State[]
  /** Of the company: money whose client nobody knows. */
  readonly company: State
}

interface At {
  readonly asOf: string
  readonly quiet: Quiet
}

const FIRST_DAY = '2026-01-01'
const Amount = z.string().transform(cents)
const Amounts = { currency: z.string(), amounts: z.array(Amount), open: Amount, credit: Amount }
const AgingLine = z.looseObject({ clientId: z.string(), invoiceId: z.string().optional(), ...Amounts })
const Aging = z.looseObject({
  rows: z.array(AgingLine),
  totals: z.array(z.looseObject(Amounts)),
})
const TrialBalance = z.looseObject({
  lines: z.array(z.looseObject({ account: z.string(), currency: z.string(), debit: Amount, credit: Amount })),
})
const Vat = z.looseObject({
  days: z.array(z.looseObject({ on: z.string(), currency: z.string(), rate: z.string(), vat: Amount })),
  deferred: z.array(z.looseObject({ currency: z.string(), rate: z.string(), vat: Amount })),
})
const Statement = z.looseObject({
  currencies: z.array(
    z.looseObject({
      currency: z.string(),
      opening: Amount.optional(),
      closing: Amount,
      lines: z.array(z.looseObject({ on: z.string(), debit: Amount, credit: Amount })),
    }),
  ),
})
const Unidentified = z.looseObject({
  paymentId: z.string(),
  unidentified: Amount,
  identified: Amount,
  returned: Amount,
})
const CashDays = z.looseObject({
  items: z.array(z.looseObject({ day: z.string(), opening: Amount, closing: Amount })),
})
const Client = z.looseObject({
  balances: z.array(z.looseObject({ currency: z.string(), open: Amount, credit: Amount, balance: Amount })),
})

/** Sorted and without what is nothing, so that two of them differ in amounts only. */
export const plain = (entries: Iterable<readonly [string, number]>): Readonly<Record<string, string>> => {
  const sums = new Map<string, number>()
  for (const [key, amount] of entries) sums.set(key, (sums.get(key) ?? 0) + amount)
  const rows = [...sums].filter(([, amount]) => amount !== 0).toSorted(([one], [other]) => (one < other ? -1 : 1))
  return Object.fromEntries(rows.map(([key, amount]) => [key, decimal(amount)]))
}

const cells = (key: string, { amounts, open, credit }: AgingRow): readonly (readonly [string, number])[] => [
  ...amounts.map((amount, bucket) => [`${key} ${bucket}`, amount] as const),
  [`${key} open`, open],
  [`${key} credit`, credit],
]

const clocksOf = ({ asOf, quiet }: At): string => `asOf=${asOf}&knownAt=${quiet.position}`

const compareAging = async ({ t, ask, states }: Compared, at: At): Promise<void> => {
  const clocks = { asOf: at.asOf, knownAt: at.quiet.at }
  const models = states.map((state) => ({ state, ...agingOf(state, clocks) }))
  const byClient = Aging.parse(await answer(ask, `receivables/aging?${clocksOf(at)}`))
  const ofClients = models.flatMap(({ state, byCurrency }) =>
    [...byCurrency].map(([currency, row]) => ({ key: `${state.clientId} ${currency}`, currency, row })),
  )
  const what = `at ${clocksOf(at)}`
  t.same(
    plain(byClient.rows.flatMap((row) => cells(`${row.clientId} ${row.currency}`, row))),
    plain(ofClients.flatMap(({ key, row }) => cells(key, row))),
    `aging ${what}`,
  )
  t.same(
    plain(byClient.totals.flatMap((row) => cells(row.currency, row))),
    plain(ofClients.flatMap(({ currency, row }) => cells(currency, row))),
    `totals of the aging ${what}`,
  )
  const byInvoice = await rowsOf(ask, `receivables/aging?groupBy=invoice&${clocksOf(at)}`)
  t.same(
    plain(
      byInvoice
        .map((row) => AgingLine.parse(row))
        .flatMap((row) => cells(`${row.clientId} ${row.invoiceId}`, { ...row, credit: 0 })),
    ),
    plain(
      models.flatMap(({ state, byInvoice: rows }) =>
        [...rows].flatMap(([id, row]) => cells(`${state.clientId} ${id}`, row)),
      ),
    ),
    `aging by invoice ${what}`,
  )
}

const compareBooks = async ({ t, ask, states, company }: Compared, at: At): Promise<void> => {
  const clocks = { asOf: at.asOf, knownAt: at.quiet.at }
  const { lines } = TrialBalance.parse(await answer(ask, `journal/trial-balance?${clocksOf(at)}`))
  t.same(
    plain(
      turnoversOf(
        lines.flatMap(({ debit, credit, ...line }) => [
          { ...line, amount: debit },
          { ...line, amount: -credit },
        ]),
      ),
    ),
    plain(trialBalanceOf([...states, company], clocks)),
    `trial balance at ${clocksOf(at)}`,
  )
  const unidentified = await rowsOf(ask, `payments/unidentified?all=true&${clocksOf(at)}`)
  t.same(
    plain(
      unidentified
        .map((row) => Unidentified.parse(row))
        .flatMap((row) => [
          [`${row.paymentId} left`, row.unidentified] as const,
          [`${row.paymentId} identified`, row.identified] as const,
          [`${row.paymentId} returned`, row.returned] as const,
        ]),
    ),
    plain(unidentifiedOf(company, clocks)),
    `unidentified at ${clocksOf(at)}`,
  )
  const register = `cash-desks/C1/days?from=${FIRST_DAY}&to=${at.asOf}&knownAt=${at.quiet.position}`
  const { items } = CashDays.parse(await answer(ask, register))
  t.same(
    plain(items.map(({ day, opening, closing }) => [day, closing - opening] as const)),
    plain(drawerOf(states, clocks)),
    register,
  )
  const asked = `vat/exigible?from=${FIRST_DAY}&to=${at.asOf}&knownAt=${at.quiet.position}`
  const { days, deferred } = Vat.parse(await answer(ask, asked))
  const model = vatReportOf(states, clocks)
  t.same(
    plain(days.map(({ on, currency, rate, vat }) => [`${on} ${currency} ${rate}`, vat] as const)),
    plain(model.exigible),
    asked,
  )
  t.same(
    plain(deferred.map(({ currency, rate, vat }) => [`${currency} ${rate}`, vat] as const)),
    plain(model.deferred),
    `deferred, ${asked}`,
  )
}

const compareClient = async ({ t, ask }: Compared, state: State, from: string, at: At): Promise<void> => {
  const clocks = { asOf: at.asOf, knownAt: at.quiet.at }
  const { clientId } = state
  const { byCurrency } = agingOf(state, clocks)
  const { balances } = Client.parse(await answer(ask, `clients/${clientId}?${clocksOf(at)}`))
  t.same(
    plain(
      balances.flatMap(({ currency, open, credit, balance }) => cells(currency, { amounts: [balance], open, credit })),
    ),
    plain([...byCurrency].flatMap(([currency, row]) => cells(currency, { ...row, amounts: [row.open - row.credit] }))),
    `balances of ${clientId} at ${clocksOf(at)}`,
  )
  const asked = `clients/${clientId}/statement?from=${from}&to=${at.asOf}&knownAt=${at.quiet.position}`
  const pages = (await pagesOf(ask, asked)).map((page) => Statement.parse(page).currencies)
  const model = statementOf(state, from, clocks)
  const currencies = pages[0] ?? []
  const told = [
    ...currencies.map(({ currency, opening = 0 }) => [`${currency} `, opening] as const),
    ...pages
      .flat()
      .flatMap(({ currency, lines }) =>
        lines.map(({ on, debit, credit }) => [`${currency} ${on}`, debit - credit] as const),
      ),
  ]
  t.same(plain(told), plain(model), asked)
  const closing = [...model].map(([key, amount]) => [key.slice(0, 3), amount] as const)
  t.same(plain(currencies.map((of) => [of.currency, of.closing] as const)), plain(closing), `closing, ${asked}`)
}

export interface Pairs {
  readonly days: readonly string[]
  readonly quiets: readonly Quiet[]
}

/** Each day at each moment. */
export const compareReports = async (compared: Compared, { days, quiets }: Pairs): Promise<void> => {
  for (const quiet of quiets) {
    for (const [index, asOf] of days.entries()) {
      const at = { asOf, quiet }
      await compareAging(compared, at)
      await compareBooks(compared, at)
      for (const state of compared.states)
        await compareClient(compared, state, days[Math.max(0, index - 1)] ?? asOf, at)
    }
  }
}

const Invoice = z.looseObject({
  invoiceId: z.string(),
  allocated: Amount,
  credited: Amount,
  discounted: Amount,
  writtenOff: Amount,
  recovered: Amount,
  open: Amount,
})
const Payment = z.looseObject({
  paymentId: z.string(),
  allocated: Amount,
  refunded: Amount,
  reversed: Amount,
  transferred: Amount,
  released: Amount,
  inTransit: Amount,
  credit: Amount,
})

/** Every figure of every invoice and payment of a client, as they are in the end. */
export const compareItems = async ({ t, ask }: Compared, state: State, asOf: string): Promise<void> => {
  const { clientId } = state
  const clocks = { asOf, knownAt: Number.POSITIVE_INFINITY }
  const settled = movedOf(state, 'RECEIVABLE', clocks)
  const told = (await rowsOf(ask, `invoices?clientId=${clientId}&asOf=${asOf}`)).map((item) => Invoice.parse(item))
  t.equal(told.length, state.invoices.size, `${clientId} has so many invoices`)
  for (const { invoiceId, allocated, credited, discounted, writtenOff, recovered, open } of told) {
    const of = (cause: string): number => -(settled.get(`${invoiceId} ${cause}`) ?? 0)
    const invoice = state.invoices.get(invoiceId)
    t.same(
      { allocated, credited, discounted, writtenOff, recovered, open },
      {
        allocated: of('allocated'),
        credited: of('credited'),
        discounted: of('discounted'),
        writtenOff: of('writtenOff'),
        recovered: invoice?.recovered,
        open: invoice?.open,
      },
      `${clientId} ${invoiceId}`,
    )
  }
  const left = movedOf(state, 'CLIENT_CREDIT', clocks)
  const payments = (await rowsOf(ask, `payments?clientId=${clientId}&asOf=${asOf}`)).map((item) => Payment.parse(item))
  for (const { paymentId, allocated, refunded, reversed, transferred, released, inTransit, credit } of payments) {
    const of = (cause: string): number => left.get(`${paymentId} ${cause}`) ?? 0
    const payment = state.payments.get(paymentId)
    t.same(
      { allocated, refunded, reversed, transferred, released, inTransit, credit },
      {
        // What recovers left the credit as well.
        allocated: of('allocated') + of('recovered'),
        refunded: of('refunded'),
        reversed: of('reversed'),
        transferred: of('transferred'),
        released: of('released'),
        inTransit: payment?.inTransit,
        credit: payment?.credit,
      },
      `${clientId} ${paymentId}`,
    )
  }
}
