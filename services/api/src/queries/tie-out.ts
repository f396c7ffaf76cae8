import {
  type CashDeskId,
  type ClientId,
  type CompanyId,
  decimalOf,
  type InvoiceId,
  type PaymentId,
} from '@registru/domain'
import {
  type Aging,
  type Difference,
  findAging,
  findAgingTotals,
  findOpenTotals,
  findReceivableTotals,
  findStatementClosings,
  listOpenItems,
  listReceivableBalances,
  listReceivablesByInvoice,
  listStatementBalances,
  type ReadHandle,
} from '@registru/projections'
import type { z } from 'zod'
import { wirePosition } from '../problems/wire-position.ts'
import type { Moment } from './answer.ts'
import type { TieOut } from './answer-schemas.ts'

/** What a certificate speaks for: the whole company, or one client. */
export interface Scope {
  readonly companyId: CompanyId
  readonly clientId?: ClientId | undefined
}

/**
 * The sides of one currency, in minor units. Each is added up from a table of its own, whole companies too; `undefined`: there
 * is no other table to add it up from, so nothing is claimed of it.
 */
interface Sides {
  readonly openItemsMinor: bigint
  readonly creditMinor: bigint
  readonly agingMinor: bigint | undefined
  readonly statementMinor: bigint
  readonly journalMinor: bigint
}

/** Where the books first differ, and what two of them say. */
interface FirstDifference {
  readonly clientId?: ClientId
  readonly invoiceId?: InvoiceId
  readonly paymentId?: PaymentId
  readonly deskId?: CashDeskId
  readonly currency: string
  readonly amounts: Readonly<Record<string, string>>
}

/** The books do not agree: a fault of ours or of the disk. The number is not shown. */
export class TieOutFailed extends Error {
  override readonly name = 'TieOutFailed'
  readonly details: object

  constructor(details: { readonly first: object } & Readonly<Record<string, unknown>>) {
    super('the read models do not tie out')
    this.details = details
  }
}

type AgedTotals = Pick<Aging, 'totals'>

/**
 * The aging of a company as we know it now stands in a table of its own, by due days. Of one client, or of the past, it is
 * made of the spans that the open items are made of: unless an answer shows one, there is none to compare.
 */
const agingOf = async (
  handle: ReadHandle,
  { companyId, clientId }: Scope,
  { asOf, knownAt }: Moment,
): Promise<AgedTotals | undefined> => {
  if (clientId !== undefined || knownAt !== undefined) return undefined
  return { totals: await findAgingTotals(handle, { companyId, asOf, knownAt, groupBy: 'currency' }) }
}

const sidesOf = async (
  handle: ReadHandle,
  scope: Scope,
  clocks: Moment,
  shown: AgedTotals | undefined,
): Promise<ReadonlyMap<string, Sides>> => {
  const question = { ...scope, asOf: clocks.asOf, knownAt: clocks.knownAt }
  const open = await findOpenTotals(handle, question)
  const statement = await findStatementClosings(handle, question)
  const journal = await findReceivableTotals(handle, question)
  const aged = shown ?? (await agingOf(handle, scope, clocks))
  const aging = new Map(aged?.totals.map((total) => [total.currency, total.netMinor]))
  const currencies = [...new Set([...open.keys(), ...statement.keys(), ...journal.keys(), ...aging.keys()])].toSorted()
  return new Map(
    currencies.map((currency) => {
      const { openMinor, creditMinor } = open.get(currency) ?? { openMinor: 0n, creditMinor: 0n }
      return [
        currency,
        {
          openItemsMinor: openMinor,
          creditMinor,
          agingMinor: aged === undefined ? undefined : (aging.get(currency) ?? 0n),
          statementMinor: statement.get(currency) ?? 0n,
          journalMinor: journal.get(currency) ?? 0n,
        },
      ]
    }),
  )
}

const ties = ({ openItemsMinor, creditMinor, ...others }: Sides): boolean =>
  Object.values(others).every((other) => other === undefined || other === openItemsMinor - creditMinor)

const amountsOf = (currency: string, sides: Sides) => ({
  currency,
  openItems: decimalOf(sides.openItemsMinor, currency),
  credit: decimalOf(sides.creditMinor, currency),
  ...(sides.agingMinor === undefined ? {} : { aging: decimalOf(sides.agingMinor, currency) }),
  statement: decimalOf(sides.statementMinor, currency),
  journal: decimalOf(sides.journalMinor, currency),
})

/** Who differs first, by the slow way through every row. `undefined`: the rows agree, so one of the totals is wrong. */
const clientThatDiffers = async (
  handle: ReadHandle,
  { companyId }: Scope,
  clocks: Moment,
  currency: string,
): Promise<FirstDifference | undefined> => {
  const question = { companyId, asOf: clocks.asOf, knownAt: clocks.knownAt }
  const books = {
    openItems: (await findAging(handle, question)).rows.map(({ clientId = '', netMinor: balanceMinor, ...row }) => ({
      ...row,
      clientId,
      balanceMinor,
    })),
    statement: await listStatementBalances(handle, question),
    journal: await listReceivableBalances(handle, question),
  }
  const balances = new Map<string, Record<string, bigint>>()
  for (const [book, rows] of Object.entries(books)) {
    for (const row of rows) {
      if (row.currency !== currency) continue
      const client = balances.get(row.clientId) ?? { openItems: 0n, statement: 0n, journal: 0n }
      client[book] = row.balanceMinor
      balances.set(row.clientId, client)
    }
  }
  const found = [...balances]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .find(([, client]) => new Set(Object.values(client)).size > 1)
  if (found === undefined) return undefined
  const amounts = Object.fromEntries(
    Object.entries(found[1]).map(([book, minor]) => [book, decimalOf(minor, currency)]),
  )
  return { clientId: found[0], currency, amounts }
}

const invoiceThatDiffers = async (
  handle: ReadHandle,
  companyId: CompanyId,
  clientId: ClientId,
  clocks: Moment,
  currency: string,
): Promise<FirstDifference | undefined> => {
  const question = { companyId, clientId, asOf: clocks.asOf, knownAt: clocks.knownAt }
  const open = new Map<string, bigint>()
  for (const item of await listOpenItems(handle, question)) {
    if (item.kind === 'INVOICE') open.set(item.itemId, (open.get(item.itemId) ?? 0n) + item.openMinor)
  }
  const posted = await listReceivablesByInvoice(handle, question)
  const invoiceId = [...new Set([...open.keys(), ...posted.keys()])]
    .toSorted()
    .find((id) => (open.get(id) ?? 0n) !== (posted.get(id) ?? 0n))
  if (invoiceId === undefined) return undefined
  const amounts = {
    openItems: decimalOf(open.get(invoiceId) ?? 0n, currency),
    journal: decimalOf(posted.get(invoiceId) ?? 0n, currency),
  }
  return { clientId, invoiceId, currency, amounts }
}

const firstDifference = async (
  handle: ReadHandle,
  scope: Scope,
  clocks: Moment,
  { currency, ...sides }: ReturnType<typeof amountsOf>,
): Promise<FirstDifference> => {
  const client =
    scope.clientId === undefined
      ? await clientThatDiffers(handle, scope, clocks, currency)
      : { clientId: scope.clientId, currency, amounts: sides }
  if (client?.clientId === undefined) return { currency, amounts: sides }
  return (await invoiceThatDiffers(handle, scope.companyId, client.clientId, clocks, currency)) ?? client
}

/**
 * Adds up what a client or a company owes from several tables and puts the sums under the answer.
 * @param aged the aging that the answer shows, where it shows one: its own rows are a side then
 * @throws TieOutFailed
 */
export const certify = async (
  handle: ReadHandle,
  scope: Scope,
  clocks: Moment,
  aged?: AgedTotals,
): Promise<z.output<typeof TieOut>> => {
  const sides = await sidesOf(handle, scope, clocks, aged)
  const currencies = [...sides].map(([currency, of]) => amountsOf(currency, of))
  const failed = [...sides].find(([, of]) => !ties(of))
  const where = {
    scope: scope.clientId === undefined ? ('company' as const) : ('client' as const),
    position: wirePosition(clocks.position, clocks.generation),
    asOf: clocks.asOf,
  }
  if (failed !== undefined) {
    const found = amountsOf(...failed)
    throw new TieOutFailed({ ...where, first: await firstDifference(handle, scope, clocks, found), totals: found })
  }
  return { ...where, currencies: currencies.filter((of) => Object.values(of).some((text) => /[1-9]/.test(text))) }
}

/** What a book says, by currency; one that it leaves out is zero. */
type Book = ReadonlyMap<string, bigint>

/** Adds up rows that are shown. */
export const bookOf = <Row extends { readonly currency: string }>(
  rows: readonly Row[],
  minorOf: (row: Row) => bigint,
): Book => {
  const book = new Map<string, bigint>()
  for (const row of rows) book.set(row.currency, (book.get(row.currency) ?? 0n) + minorOf(row))
  return book
}

/** Holds what an answer shows against what another book of the company says. @throws TieOutFailed */
export const certifyBooks = (
  clocks: Pick<Moment, 'asOf' | 'position' | 'generation'>,
  books: Readonly<Record<string, Book>>,
) => {
  const where = {
    scope: 'company' as const,
    position: wirePosition(clocks.position, clocks.generation),
    asOf: clocks.asOf,
  }
  const currencies = [...new Set(Object.values(books).flatMap((book) => [...book.keys()]))].toSorted()
  const sides = currencies.map((currency) => {
    const minors = Object.entries(books).map(([name, book]) => [name, book.get(currency) ?? 0n] as const)
    const amounts = Object.fromEntries(minors.map(([name, minor]) => [name, decimalOf(minor, currency)] as const))
    if (new Set(minors.map(([, minor]) => minor)).size > 1) {
      throw new TieOutFailed({ ...where, first: { currency, amounts } })
    }
    return { side: { currency, ...amounts }, isZero: minors.every(([, minor]) => minor === 0n) }
  })
  return { ...where, currencies: sides.filter(({ isZero }) => !isZero).map(({ side }) => side) }
}

/** Holds a row that is shown against what another book says of the same thing. @throws TieOutFailed */
export const certifyRow = (
  of: Omit<FirstDifference, 'amounts'>,
  amountsMinor: Readonly<Record<string, bigint>>,
): void => {
  if (new Set(Object.values(amountsMinor)).size <= 1) return
  const amounts = Object.fromEntries(
    Object.entries(amountsMinor).map(([book, minor]) => [book, decimalOf(minor, of.currency)] as const),
  )
  throw new TieOutFailed({ first: { ...of, amounts } })
}

/** Holds the rows that are shown against their other sides, each in a table of its own. @throws TieOutFailed */
export const certifyRows = async (looking: Promise<Difference | undefined>): Promise<void> => {
  const found = await looking
  if (found === undefined) return
  const { tie, currency, place, amountsMinor } = found
  const amounts = Object.fromEntries(
    Object.entries(amountsMinor).map(([book, minor]) => [
      book,
      currency === undefined ? `${minor}` : decimalOf(minor, currency),
    ]),
  )
  throw new TieOutFailed({ first: { ...place, tie, currency, amounts } })
}

/**
 * Holds the closings that a statement shows, made of its own lines, against the certificate.
 * @param isWhole whether every currency with a balance has to be among them
 * @throws TieOutFailed
 */
export const certifyClosings = (
  { currencies }: z.output<typeof TieOut>,
  clientId: ClientId,
  closings: readonly { readonly currency: string; readonly closing: string }[],
  isWhole = true,
): void => {
  const shown = new Map(closings.map(({ currency, closing }) => [currency, closing]))
  const missing = isWhole ? currencies.map((of) => of.currency) : []
  for (const currency of new Set([...shown.keys(), ...missing])) {
    const lines = shown.get(currency) ?? decimalOf(0n, currency)
    const statement = currencies.find((of) => of.currency === currency)?.statement ?? decimalOf(0n, currency)
    if (lines !== statement) throw new TieOutFailed({ first: { clientId, currency, amounts: { lines, statement } } })
  }
}
