import { addDays, BusinessDay, ClientId, CompanyId, decimalOf, InvoiceId, PaymentId } from '@registru/domain'
import {
  type AccountingNote,
  type AskedAccount,
  accountName,
  accountsNamed,
  type Correspondence,
  findCompany,
  findFigureDifference,
  findNoteDifference,
  findSheetBalances,
  findTrialBalance,
  listNoteLines,
  listNotes,
  listSheetLines,
  NoteDoesNotBalance,
  type NoteQuestion,
  type PlacedLine,
  type ReadHandle,
  romanianAccount,
  type SheetLine,
  type SheetQuestion,
} from '@registru/projections'
import { z } from 'zod'
import { MalformedRequest } from '../http/malformed-request.ts'
import type { ZodApp } from '../http/zod-app.ts'
import { answerList, type List, type Moment, type QueryDependencies } from './answer.ts'
import { amount, day, Links, listOf, moment, TieOut, tieOutOf } from './answer-schemas.ts'
import { type Column, column } from './columns.ts'
import { formatOf } from './formats.ts'
import { explainLinks } from './links.ts'
import { period, periodOf } from './period.ts'
import { problemResponses } from './problems.ts'
import { CompanyParams, clocks, freshness, list } from './query-parameters.ts'
import { AccountNotFound } from './read-errors.ts'
import { bookOf, certify, certifyBooks, certifyRows, TieOutFailed } from './tie-out.ts'

const chart = {
  chart: z.enum(['romanian', 'symbolic']).optional().meta({ description: 'Names of accounts; romanian when absent' }),
}
const ACCOUNT_CHARACTERS_MAX = 40
const account = z
  .string()
  .min(1)
  .max(ACCOUNT_CHARACTERS_MAX)
  .meta({ description: 'A number of the Romanian chart, or a symbolic account', examples: ['4111'] })

const EntriesQuery = z.strictObject({
  form: z
    .enum(['note', 'flat'])
    .optional()
    .meta({ description: 'note when absent, its lines within it; flat: a row a correspondence, as CSV always is' }),
  ...chart,
  account: account.optional(),
  clientId: ClientId.optional(),
  invoiceId: InvoiceId.optional(),
  paymentId: PaymentId.optional(),
  eventId: z.uuid().optional().meta({ description: 'With `clientId`' }),
  ...period,
  ...clocks,
  ...freshness,
  ...list,
})
type EntriesQuery = z.infer<typeof EntriesQuery>
const SheetParams = z.strictObject({ companyId: CompanyId, account })
const SheetQuery = z.strictObject({
  ...chart,
  clientId: ClientId.optional(),
  ...period,
  ...clocks,
  ...freshness,
  ...list,
})
type SheetQuery = z.infer<typeof SheetQuery>
type Chart = 'romanian' | 'symbolic' | undefined

const digits = z.string().regex(/^-?[0-9]+$/)
const Place = z.strictObject({ on: BusinessDay, note: digits, line: z.int().optional() })
const SheetPlace = Place.extend({ balancesMinor: z.record(z.string(), digits) })

const number = z.int().meta({
  description: 'Counts the notes of the company in the order in which the ledger learned of them; it never changes',
})
const said = {
  number,
  on: day,
  document: z.string().meta({ description: 'Number as on paper', examples: ['AMC 1024'] }),
  explanation: z.string().meta({ examples: ['Încasare factura AMC 1024, Alfa SRL'] }),
  clientId: z.string().optional(),
  clientName: z.string().optional(),
}
const posted = {
  debit: z.string().meta({ description: 'Account', examples: ['5121'] }),
  credit: z.string().meta({ description: 'Account', examples: ['4111'] }),
  amount,
  currency: z.string(),
  invoiceId: z.string().optional(),
  paymentId: z.string().optional(),
}
const NoteLine = z.object(posted)
const Note = z.object({
  ...said,
  recordedAt: z.iso.datetime(),
  lines: z.array(NoteLine),
  eventIds: z.array(z.uuid()),
})
const FlatLine = z.object({ ...said, line: z.int(), ...posted, recordedAt: z.iso.datetime() })
const JournalEntries = listOf(z.union([Note, FlatLine]))
  .extend({ from: day, to: day, links: Links })
  .meta({ id: 'JournalEntries' })

const SheetItem = z.object({
  ...said,
  correspondingAccount: z.string().meta({ examples: ['4111'] }),
  debit: amount,
  credit: amount,
  currency: z.string(),
  balance: amount.meta({ description: 'After the line, in its currency: debits less credits' }),
  invoiceId: z.string().optional(),
  paymentId: z.string().optional(),
})
const AccountSheet = z
  .object({
    account: z.string(),
    accountName: z.string().optional(),
    clientId: z.string().optional(),
    from: day,
    to: day,
    currencies: z
      .array(z.object({ currency: z.string(), opening: amount, closing: amount }))
      .meta({ description: 'Of the whole period: debits less credits' }),
    items: z.array(SheetItem),
    nextCursor: z.string().nullable(),
    tieOut: z.union([TieOut, tieOutOf('lines', 'journal')]),
    links: Links,
    ...moment,
  })
  .meta({ id: 'AccountSheet' })

const SAID_COLUMNS: readonly Column[] = [
  column('number', 'number', 'Nr. notă'),
  column('on', 'day', 'Data'),
  column('document', 'text', 'Document'),
  column('explanation', 'text', 'Explicație'),
]
const CLIENT_COLUMNS: readonly Column[] = [
  column('clientId', 'text', 'Cod client'),
  column('clientName', 'text', 'Client'),
]
const ENTRY_COLUMNS: readonly Column[] = [
  ...SAID_COLUMNS,
  column('line', 'number', 'Nr. rând'),
  column('debit', 'text', 'Cont debitor'),
  column('credit', 'text', 'Cont creditor'),
  column('amount', 'decimal', 'Suma'),
  column('currency', 'text', 'Moneda'),
  ...CLIENT_COLUMNS,
]
const SHEET_COLUMNS: readonly Column[] = [
  ...SAID_COLUMNS,
  column('correspondingAccount', 'text', 'Cont corespondent'),
  column('debit', 'decimal', 'Debit'),
  column('credit', 'decimal', 'Credit'),
  column('balance', 'decimal', 'Sold'),
  column('currency', 'text', 'Moneda'),
  ...CLIENT_COLUMNS,
]

interface Naming {
  readonly functionalCurrency: string
  readonly nameOf: (account: Correspondence['debit']['account'], currency: string) => string
}

/** How the company's accounts are called on the last day of a period. */
const namingOf = async (
  handle: ReadHandle,
  companyId: CompanyId,
  { knownAt }: Moment,
  { asked, to }: { readonly asked: Chart; readonly to: string },
): Promise<Naming> => {
  const company = await findCompany(handle, { companyId, knownAt })
  const functionalCurrency = company?.functionalCurrency ?? 'RON'
  return {
    functionalCurrency,
    nameOf: (of, currency) =>
      asked === 'symbolic' ? of : romanianAccount(of, currency, { functionalCurrency, on: to }),
  }
}

const saidBy = ({ number: of, on, document, explanation, clientId, clientName }: AccountingNote) => ({
  number: Number(of),
  on,
  document,
  explanation,
  clientId,
  clientName,
})

/** The one place where what a correspondence is worth becomes fields. */
const amountOf = ({ amountMinor, currency }: Correspondence) => ({ amount: decimalOf(amountMinor, currency), currency })

const lineBody = (line: Correspondence, { nameOf }: Naming) => ({
  debit: nameOf(line.debit.account, line.currency),
  credit: nameOf(line.credit.account, line.currency),
  ...amountOf(line),
  invoiceId: line.invoiceId,
  paymentId: line.paymentId,
})

const noteBody = (note: AccountingNote, naming: Naming) => ({
  ...saidBy(note),
  recordedAt: note.recordedAt,
  lines: note.lines.map((line) => lineBody(line, naming)),
  eventIds: note.eventIds,
})

type Numbered = PlacedLine<{ readonly line: number; readonly correspondence: Correspondence }>

const flatBody = ({ note, line: { line, correspondence } }: Numbered, naming: Naming) => ({
  ...saidBy(note),
  line,
  ...lineBody(correspondence, naming),
  recordedAt: note.recordedAt,
})

const accountsAsked = (
  asked: string | undefined,
  { functionalCurrency }: Naming,
  on: string,
): readonly AskedAccount[] | undefined => {
  if (asked === undefined) return undefined
  const accounts = accountsNamed(asked, { functionalCurrency, on })
  if (accounts.length === 0) throw new MalformedRequest([{ path: '/query/account', rule: 'an account of the chart' }])
  return accounts
}

/** Holds the postings of notes that are shown against one another, event by event. @throws TieOutFailed */
const certifyNotes = (handle: ReadHandle, companyId: CompanyId, notes: readonly AccountingNote[]): Promise<void> =>
  certifyRows(findNoteDifference(handle, { companyId, notes }))

/** Notes whose postings do not even balance are books that differ. @throws TieOutFailed */
const balanced = async <Notes>(reading: Promise<Notes>): Promise<Notes> => {
  try {
    return await reading
  } catch (error) {
    if (!(error instanceof NoteDoesNotBalance)) throw error
    const { eventId, currency, differenceMinor } = error
    throw new TieOutFailed({ first: { eventId, currency, difference: decimalOf(differenceMinor, currency) } })
  }
}

const entries = (companyId: CompanyId, query: EntriesQuery, isFlat: boolean): List<typeof Place> => {
  const { clientId, invoiceId, paymentId, eventId } = query
  if (eventId !== undefined && clientId === undefined) {
    throw new MalformedRequest([{ path: '/query/eventId', rule: 'with the `clientId` whose it is' }])
  }
  const questionAt = async (handle: ReadHandle, clock: Moment) => {
    const { from, to } = periodOf(query, clock)
    const naming = await namingOf(handle, companyId, clock, { asked: query.chart, to })
    const accounts = accountsAsked(query.account, naming, to)
    const question: NoteQuestion = {
      companyId,
      functionalCurrency: naming.functionalCurrency,
      from,
      to,
      knownAt: clock.knownAt,
      accounts,
      clientId,
      invoiceId,
      paymentId,
      eventId,
    }
    return { naming, question }
  }
  return {
    row: ENTRY_COLUMNS,
    place: Place,
    knowsKnownAt: true,
    read: async (handle, clock, { after, limit }) => {
      const { naming, question } = await questionAt(handle, clock)
      if (!isFlat) {
        const { items, next } = await balanced(listNotes(handle, { ...question, after, limit }))
        await certifyNotes(handle, companyId, items)
        return { items: items.map((note) => noteBody(note, naming)), next }
      }
      const { items, next } = await balanced(
        listNoteLines(handle, { ...question, after, limit }, ({ lines }) =>
          lines.map((correspondence, index) => ({ line: index + 1, correspondence })),
        ),
      )
      await certifyNotes(handle, companyId, [...new Set(items.map(({ note }) => note))])
      return { items: items.map((line) => flatBody(line, naming)), next }
    },
    head: (_, clock) => {
      const { from, to } = periodOf(query, clock)
      const of = { figure: 'account', currency: '{currency}' } as const
      const links = explainLinks(
        companyId,
        { ...clock, asOf: to },
        { explainDebit: { ...of, account: '{debit}' }, explainCredit: { ...of, account: '{credit}' } },
      )
      return { from, to, links }
    },
  }
}

/** The accounts' days balance as a whole, so none of them is wrong alone. @throws TieOutFailed */
const certifyDays = async (handle: ReadHandle, companyId: CompanyId, clock: Moment): Promise<void> => {
  const lines = await findTrialBalance(handle, { companyId, ...clock })
  const debits = bookOf(lines, (line) => line.debitMinor)
  certifyBooks(clock, { debits, credits: bookOf(lines, (line) => line.creditMinor) })
}

/** Balances of one client, who has no totals of his own on most accounts, are held posting by posting. @throws TieOutFailed */
const certifyClient = async (
  handle: ReadHandle,
  { companyId, clientId, accounts, knownAt }: SheetQuestion,
  asOf: string,
  currencies: Iterable<string>,
): Promise<void> => {
  const figure = { of: 'postings', accounts: accounts.map((of) => of.account), clientId } as const
  for (const currency of currencies) {
    await certifyRows(findFigureDifference(handle, { companyId, currency, figure, asOf, knownAt }))
  }
}

const sheet = (
  { companyId, account: asked }: z.infer<typeof SheetParams>,
  query: SheetQuery,
): List<typeof SheetPlace> => {
  const { clientId } = query
  const questionAt = async (handle: ReadHandle, clock: Moment) => {
    const { from, to } = periodOf(query, clock)
    const naming = await namingOf(handle, companyId, clock, { asked: query.chart, to })
    const { functionalCurrency } = naming
    const accounts = accountsNamed(asked, { functionalCurrency, on: to })
    if (accounts.length === 0) throw new AccountNotFound(asked)
    const question: SheetQuestion = {
      companyId,
      functionalCurrency,
      accounts,
      from,
      to,
      knownAt: clock.knownAt,
      clientId,
    }
    return { naming, question }
  }
  const balancesAt = (handle: ReadHandle, question: SheetQuestion, asOf: string) =>
    findSheetBalances(handle, { ...question, asOf })
  const certified = async (handle: ReadHandle, clock: Moment, question: SheetQuestion) => {
    const { from, to } = question
    const before = addDays(from, -1)
    const openings = await balancesAt(handle, question, before)
    const closings = await balancesAt(handle, question, to)
    if (clientId === undefined) {
      for (const asOf of [before, to]) await certifyDays(handle, companyId, { ...clock, asOf })
    } else await certifyClient(handle, question, to, closings.keys())
    await certify(handle, { companyId, clientId }, { ...clock, asOf: before })
    return { openings, closings, tieOut: await certify(handle, { companyId, clientId }, { ...clock, asOf: to }) }
  }
  const bodyOf = ({ note, line }: PlacedLine<SheetLine>, naming: Naming, balanceMinor: bigint) => {
    const { side, against, correspondence } = line
    const { currency, amountMinor, invoiceId, paymentId } = correspondence
    return {
      ...saidBy(note),
      correspondingAccount: naming.nameOf(against, currency),
      debit: decimalOf(side === 'debit' ? amountMinor : 0n, currency),
      credit: decimalOf(side === 'credit' ? amountMinor : 0n, currency),
      currency,
      balance: decimalOf(balanceMinor, currency),
      invoiceId,
      paymentId,
    }
  }
  return {
    row: SHEET_COLUMNS,
    place: SheetPlace,
    knowsKnownAt: true,
    read: async (handle, clock, { after, limit }) => {
      const { naming, question } = await questionAt(handle, clock)
      const balances =
        after === undefined
          ? new Map(await balancesAt(handle, question, addDays(question.from, -1)))
          : new Map(Object.entries(after.balancesMinor).map(([currency, minor]) => [currency, BigInt(minor)]))
      const { items, next } = await balanced(listSheetLines(handle, { ...question, after, limit }))
      await certifyNotes(handle, companyId, [...new Set(items.map(({ note }) => note))])
      const bodies = items.map((placed) => {
        const { side, correspondence } = placed.line
        const { currency, amountMinor } = correspondence
        const balanceMinor = (balances.get(currency) ?? 0n) + (side === 'debit' ? amountMinor : -amountMinor)
        balances.set(currency, balanceMinor)
        return bodyOf(placed, naming, balanceMinor)
      })
      if (next === undefined) {
        const atEnd = { ...clock, asOf: question.to }
        certifyBooks(atEnd, { lines: balances, journal: await balancesAt(handle, question, question.to) })
      }
      const balancesMinor = Object.fromEntries([...balances].map(([currency, minor]) => [currency, `${minor}`]))
      return { items: bodies, next: next && { ...next, balancesMinor } }
    },
    before: async (handle, clock) => {
      const { question } = await questionAt(handle, clock)
      await certified(handle, clock, question)
    },
    shape: async (handle, clock, { items }) => {
      const { question } = await questionAt(handle, clock)
      const { from, to } = question
      const { openings, closings, tieOut } = await certified(handle, clock, question)
      const currencies = [...new Set([...openings.keys(), ...closings.keys()])].toSorted().map((currency) => ({
        currency,
        opening: decimalOf(openings.get(currency) ?? 0n, currency),
        closing: decimalOf(closings.get(currency) ?? 0n, currency),
      }))
      const figure = { figure: 'account', account: asked, currency: '{currency}', clientId } as const
      const links = {
        ...explainLinks(companyId, { ...clock, asOf: addDays(from, -1) }, { explainOpening: figure }),
        ...explainLinks(companyId, { ...clock, asOf: to }, { explainClosing: figure }),
      }
      return { account: asked, accountName: accountName(asked), clientId, from, to, currencies, items, tieOut, links }
    },
  }
}

/** The books as an accountant reads them: notes, and the sheet of each account. */
export const accountingRoutes = (app: ZodApp, dependencies: QueryDependencies): void => {
  app.get(
    '/v1/companies/:companyId/journal/entries',
    {
      schema: {
        tags: ['queries'],
        operationId: 'listJournalEntries',
        summary: 'Accounting notes (note contabile)',
        description:
          'What one command posts on one day is a note, by day and number. Money that settles at once reads 5121 = 4111: only what stays a client’s credit on that day passes through 419. `form=flat` and CSV have a row a correspondence; CSV with `locale=ro` is what an accounting program imports.',
        params: CompanyParams,
        querystring: EntriesQuery,
        response: {
          200: JournalEntries,
          ...problemResponses(['MALFORMED_REQUEST', 'READ_MODEL_BEHIND', 'UNAUTHORIZED']),
        },
      },
    },
    ({ params: { companyId }, query, headers }, reply) => {
      const isFlat = query.form === 'flat' || formatOf(query, headers.accept) === 'csv'
      return answerList(dependencies, query, reply, entries(companyId, query, isFlat))
    },
  )

  app.get(
    '/v1/companies/:companyId/journal/accounts/:account',
    {
      schema: {
        tags: ['queries'],
        operationId: 'findAccountSheet',
        summary: 'Sheet of an account (fișă de cont), of all clients or of one',
        description:
          'closing = opening + debits − credits, per currency. Openings and closings are those of the whole period on each page; balances run on from page to page. Lines are those of the accounting notes.',
        params: SheetParams,
        querystring: SheetQuery,
        response: {
          200: AccountSheet,
          ...problemResponses(['ACCOUNT_NOT_FOUND', 'MALFORMED_REQUEST', 'READ_MODEL_BEHIND', 'UNAUTHORIZED']),
        },
      },
    },
    ({ params, query }, reply) => answerList(dependencies, query, reply, sheet(params, query)),
  )
}
