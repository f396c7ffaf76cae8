import { writeFileSync } from 'node:fs'
import { ledgerCodec } from '@registru/domain'
import type { Command } from 'commander'
import { z } from 'zod'
import { ask, askForAll, askForBytes, type Query } from './ask.ts'
import { CommandFailed, type Connection, EXIT, type ExitCode, findApi, type Io } from './io.ts'
import { nearTo } from './near.ts'
import { type Column, textTable } from './table.ts'

export interface CommonOptions {
  readonly company?: string
  readonly url?: string
  readonly json?: true
  readonly asOf?: string
  readonly knownAt?: string
  readonly minPosition?: string
}

const right = (head: string): Column => ({ head, align: 'right' })
const left = (head: string): Column => ({ head })

/** What every answer says of itself. */
const Moment = z.looseObject({
  tieOut: z.unknown().optional(),
  position: z.string().optional(),
  asOf: z.string().optional(),
  knownAt: z.string().optional(),
})

/** The last line of every table: which state of the ledger it tells of. */
export const footer = (answer: unknown): string => {
  const { position, asOf, knownAt, tieOut } = Moment.parse(answer)
  const parts = [
    asOf === undefined ? undefined : `as of ${asOf}`,
    knownAt === undefined ? undefined : `known at ${knownAt}`,
    position === undefined ? undefined : `position ${position}`,
    // The API shows no number whose proof fails, so a certificate is a proof.
    tieOut === undefined ? undefined : 'ties out',
  ]
  return parts.filter((part) => part !== undefined).join(', ')
}

export const clocksOf = ({ asOf, knownAt, minPosition }: CommonOptions): Query => ({ asOf, knownAt, minPosition })

const Balances = z.looseObject({
  clientId: z.string(),
  name: z.string(),
  balances: z.array(
    z.looseObject({
      currency: z.string(),
      open: z.string(),
      overdue: z.string(),
      credit: z.string(),
      balance: z.string(),
    }),
  ),
})

const showBalances = (answer: unknown): string => {
  const { clientId, name, balances } = Balances.parse(answer)
  const rows = balances.map(({ currency, open, overdue, credit, balance }) => [
    currency,
    open,
    overdue,
    credit,
    balance,
  ])
  const columns = [left('currency'), right('open'), right('overdue'), right('credit'), right('balance')]
  return `${name} (${clientId})\n${textTable(columns, rows)}`
}

const agingRow = {
  currency: z.string(),
  amounts: z.array(z.string()),
  open: z.string(),
  credit: z.string(),
  net: z.string(),
}
const Aging = z.looseObject({
  buckets: z.array(z.string()),
  rows: z.array(z.looseObject({ clientId: z.string().optional(), invoiceId: z.string().optional(), ...agingRow })),
  totals: z.array(z.looseObject(agingRow)),
  rowsLeftOut: z.int().optional(),
})

const showAging = (answer: unknown): string => {
  const { buckets, rows, totals, rowsLeftOut } = Aging.parse(answer)
  const cells = ({ currency, amounts, open, credit, net }: z.infer<typeof Aging>['totals'][number]): string[] => [
    currency,
    ...amounts,
    open,
    credit,
    net,
  ]
  const columns = [left('client'), left('currency'), ...[...buckets, 'open', 'credit', 'net'].map(right)]
  const named = rows
    .filter(({ clientId }) => clientId !== undefined)
    .map((row) => [[row.clientId, row.invoiceId].filter((id) => id !== undefined).join(' '), ...cells(row)])
  const table = textTable(columns, [...named, ...totals.map((row) => ['total', ...cells(row)])])
  return (rowsLeftOut ?? 0) > 0 ? `${table}\n${rowsLeftOut} more rows` : table
}

const Line = z.looseObject({
  on: z.string().optional(),
  issuedOn: z.string().optional(),
  dueOn: z.string().optional(),
  kind: z.string(),
  document: z.string().nullish(),
  invoiceId: z.string().nullish(),
  paymentId: z.string().nullish(),
  debit: z.string().optional(),
  credit: z.string().optional(),
  balance: z.string().optional(),
  open: z.string().optional(),
})
const Statement = z.looseObject({
  clientId: z.string(),
  from: z.string(),
  to: z.string(),
  style: z.string(),
  currencies: z.array(
    z.looseObject({
      currency: z.string(),
      opening: z.string().optional(),
      closing: z.string(),
      lines: z.array(Line),
    }),
  ),
})

const showStatement = (answer: unknown): string => {
  const { clientId, from, to, style, currencies } = Statement.parse(answer)
  const forward = style === 'balanceForward'
  const columns = forward
    ? [left('day'), left('kind'), left('document'), right('debit'), right('credit'), right('balance')]
    : [left('issued'), left('due'), left('kind'), left('item'), right('open')]
  const cells = (line: z.infer<typeof Line>): string[] => {
    const id = line.invoiceId ?? line.paymentId ?? ''
    if (!forward) return [line.issuedOn ?? '', line.dueOn ?? '', line.kind, id, line.open ?? '']
    return [line.on ?? '', line.kind, line.document ?? id, line.debit ?? '', line.credit ?? '', line.balance ?? '']
  }
  const tables = currencies.map(({ currency, opening, closing, lines }) => {
    const edge = (name: string, amount: string | undefined): string[][] =>
      amount === undefined ? [] : [[...columns.slice(0, -1).map((_, index) => (index === 0 ? name : '')), amount]]
    const rows = [...edge('opening', opening), ...lines.map(cells), ...edge('closing', closing)]
    return `${currency}\n${textTable(columns, rows)}`
  })
  return [`${clientId}, ${from} to ${to}`, ...tables].join('\n\n')
}

const ReceiptItem = z.looseObject({
  series: z.string(),
  number: z.int(),
  issuedOn: z.string(),
  clientId: z.string(),
  paymentId: z.string(),
  deskId: z.string(),
  currency: z.string(),
  amount: z.string(),
  value: z.string(),
  annulled: z.looseObject({ on: z.string(), reason: z.string() }).optional(),
})

const showReceipts = (answer: unknown): string => {
  const list = z.looseObject({ items: z.array(ReceiptItem) }).safeParse(answer)
  const items = list.success ? list.data.items : [ReceiptItem.parse(answer)]
  const columns = [
    left('series'),
    right('number'),
    left('issued'),
    left('client'),
    left('payment'),
    left('desk'),
    right('amount'),
    right('value'),
    left('currency'),
    left('annulled'),
  ]
  const rows = items.map((receipt) => [
    receipt.series,
    `${receipt.number}`,
    receipt.issuedOn,
    receipt.clientId,
    receipt.paymentId,
    receipt.deskId,
    receipt.amount,
    receipt.value,
    receipt.currency,
    receipt.annulled === undefined ? '' : `${receipt.annulled.on}: ${receipt.annulled.reason}`,
  ])
  return textTable(columns, rows)
}

const Events = z.looseObject({
  items: z.array(
    z.looseObject({
      stream: z.string(),
      revision: z.int(),
      position: z.string(),
      type: z.string(),
      metadata: z.looseObject({ recordedAt: z.string(), actor: z.string() }),
    }),
  ),
})

const showEvents = (answer: unknown): string => {
  const columns = [
    right('position'),
    left('recorded at'),
    left('stream'),
    right('revision'),
    left('type'),
    left('actor'),
  ]
  const rows = Events.parse(answer).items.map(({ position, metadata, stream, revision, type }) => [
    position,
    metadata.recordedAt,
    stream,
    `${revision}`,
    type,
    metadata.actor,
  ])
  return textTable(columns, rows)
}

const FIGURES = [
  'invoiceOpen',
  'invoiceTotal',
  'invoiceAllocated',
  'invoiceCredited',
  'invoiceDiscounted',
  'invoiceWrittenOff',
  'invoiceRecovered',
  'paymentCredit',
  'clientBalance',
  'clientOpen',
  'clientCredit',
  'statementLine',
  'agingCell',
  'dueOpen',
  'overdue',
  'account',
  'sales',
  'collected',
  'reversed',
  'refunded',
  'collectedNet',
  'cashIn',
  'cashOut',
  'cashOpening',
  'cashBalance',
  'vatExigible',
  'vatBase',
  'vatDeferred',
]

interface ExplainOptions extends CommonOptions {
  readonly currency: string
  readonly client?: string
  readonly invoice?: string
  readonly payment?: string
  readonly event?: string
  readonly account?: string
  readonly bucket?: string
  readonly buckets?: string
  readonly by?: string
  readonly method?: string
  readonly desk?: string
  readonly rate?: string
  readonly from?: string
  readonly to?: string
  readonly limit: string
}

const Explanation = z.looseObject({
  figure: z.string(),
  currency: z.string(),
  sum: z.string(),
  items: z.array(
    z.looseObject({
      account: z.string().optional(),
      clientId: z.string().optional(),
      invoiceId: z.string().optional(),
      paymentId: z.string().optional(),
      amount: z.string(),
      effectiveOn: z.string(),
      stream: z.string().optional(),
      revision: z.int().optional(),
      eventId: z.string().optional(),
    }),
  ),
})

const showExplanation = (answer: unknown): string => {
  const { figure, currency, sum, items } = Explanation.parse(answer)
  const columns = [
    left('day'),
    left('account'),
    left('about'),
    right('amount'),
    left('stream'),
    right('revision'),
    left('event'),
  ]
  const rows = items.map((item) => [
    item.effectiveOn,
    item.account ?? '',
    [item.invoiceId, item.paymentId].filter((id) => id !== undefined).join(' ') || (item.clientId ?? ''),
    item.amount,
    item.stream ?? '',
    `${item.revision ?? ''}`,
    item.eventId ?? '',
  ])
  return textTable(columns, [...rows, ['sum', figure, currency, sum, '', '', '']])
}

const Page = z.looseObject({
  items: z.array(z.unknown()),
  nextCursor: z.string().nullable(),
  /** Of a list that grows, which always has a cursor. */
  atEnd: z.boolean().optional(),
})
/** What a list of the API answers at most at once. */
const PAGE_ITEMS_MAX = 500

/** As many items of a list as were asked for, page by page. */
export const askForList = async (
  connection: Connection,
  path: string,
  query: Query,
  limit: number,
): Promise<unknown> => {
  const items: unknown[] = []
  let cursor: string | undefined
  for (;;) {
    const pageLimit = Math.min(PAGE_ITEMS_MAX, limit - items.length)
    const page = Page.parse(await ask(connection, path, { ...query, limit: `${pageLimit}`, cursor }))
    items.push(...page.items)
    if (page.nextCursor === null || page.atEnd === true || items.length >= limit) return { ...page, items }
    cursor = page.nextCursor
  }
}

export const limitOf = (text: string): number => {
  const limit = Number(text)
  if (Number.isInteger(limit) && limit > 0) return limit
  throw new CommandFailed(EXIT.USAGE, '--limit wants a whole number above zero.')
}

/** @throws CommandFailed that names what may have been meant */
const mustBeOneOf = (what: string, given: string, names: readonly string[]): void => {
  if (names.includes(given)) return
  const near = nearTo(given, names)
  const meant = near.length === 0 ? `there are ${names.join(', ')}` : `did you mean ${near.join(' or ')}?`
  throw new CommandFailed(EXIT.USAGE, `There is no ${what} ${given}: ${meant}`)
}

export const companyPath = ({ environment }: Io, { company }: CommonOptions, rest: string): string => {
  const companyId = company ?? environment['REGISTRU_COMPANY']
  if (companyId === undefined) throw new CommandFailed(EXIT.USAGE, 'Which company? Give --company or REGISTRU_COMPANY.')
  return `/v1/companies/${encodeURIComponent(companyId)}/${rest}`
}

export const withCommon = (command: Command): Command =>
  command
    .option('--company <id>', 'whose ledger (or REGISTRU_COMPANY)')
    .option('--url <url>', 'the API, if it is not the one that runs here (or REGISTRU_URL)')
    .option('--json', 'print the answer as it comes')

export const withClocks = (command: Command): Command =>
  withCommon(command)
    .option('--as-of <day>', 'effective day, yyyy-mm-dd; today when absent')
    .option('--known-at <moment>', 'what was known then: an instant (RFC 3339) or a position')
    .option('--min-position <position>', 'wait until the read models have come as far')

const inPath = encodeURIComponent

/** What events may be asked for by; all that is given has to hold. */
interface EventOptions {
  client?: string
  stream?: string
  invoice?: string
  payment?: string
  correlation?: string
  command?: string
  type?: string
  from?: string
  to?: string
}

/** What the ledger answers, for people. The amounts are the API's own, digit by digit. */
export const addQueryCommands = (program: Command, io: Io, end: (code: ExitCode) => void): void => {
  const answer = (options: CommonOptions, found: unknown, show: (found: unknown) => string): void => {
    io.print(options.json === true ? JSON.stringify(found, undefined, 2) : show(found))
    const told = options.json === true ? '' : footer(found)
    if (told !== '') io.print(told)
    end(EXIT.OK)
  }

  withClocks(program.command('balance'))
    .description('What a client owes per currency; without a client, what all of them owe together')
    .argument('[client]', 'client id')
    .action(async (client: string | undefined, options: CommonOptions) => {
      const api = findApi(io, options.url)
      if (client === undefined) {
        const path = companyPath(io, options, 'receivables/aging')
        answer(options, await ask(api, path, { ...clocksOf(options), groupBy: 'currency' }), showAging)
      } else {
        const path = companyPath(io, options, `clients/${inPath(client)}`)
        answer(options, await ask(api, path, clocksOf(options)), showBalances)
      }
    })

  withClocks(program.command('statement'))
    .description("A client's statement: opening, every document with the balance after it, closing")
    .argument('<client>', 'client id')
    .option('--from <day>', 'first day; the first of the month of --to when absent')
    .option('--to <day>', 'last day; --as-of when absent')
    .option('--open-items', 'what makes up the balance instead: open invoices and credit')
    .action(async (client: string, options: CommonOptions & { from?: string; to?: string; openItems?: true }) => {
      const { from, to } = options
      const style = options.openItems === true ? 'openItem' : undefined
      const path = companyPath(io, options, `clients/${inPath(client)}/statement`)
      const found = await askForAll(findApi(io, options.url), path, { ...clocksOf(options), from, to, style })
      answer(options, found, showStatement)
    })

  withClocks(program.command('aging'))
    .description('What is still to be recovered, by age')
    .option('--buckets <days>', 'upper ends of the buckets, e.g. 0,30,60,90')
    .option('--by <day>', 'due or issued')
    .option('--group-by <what>', 'client, currency or invoice')
    .action(async (options: CommonOptions & { buckets?: string; by?: string; groupBy?: string }) => {
      const { buckets, by, groupBy } = options
      const path = companyPath(io, options, 'receivables/aging')
      const found = await ask(findApi(io, options.url), path, { ...clocksOf(options), buckets, by, groupBy })
      answer(options, found, showAging)
    })

  withCommon(program.command('receipt'))
    .description('A receipt of a book, or the register of them')
    .argument('[series]', 'of the book; without it, all books')
    .argument('[number]', 'of the receipt')
    .option('--pdf <file>', 'write the paper to this file')
    .option('--limit <n>', 'of the register, at most so many', '100')
    .action(
      async (
        series: string | undefined,
        number: string | undefined,
        options: CommonOptions & { pdf?: string; limit: string },
      ) => {
        const api = findApi(io, options.url)
        if (series === undefined || number === undefined) {
          if (options.pdf !== undefined) throw new CommandFailed(EXIT.USAGE, '--pdf wants a series and a number.')
          const path = companyPath(io, options, 'receipts')
          answer(options, await askForList(api, path, { series }, limitOf(options.limit)), showReceipts)
          return
        }
        const path = companyPath(io, options, `receipts/${inPath(series)}/${inPath(number)}`)
        if (options.pdf === undefined) answer(options, await ask(api, path), showReceipts)
        else {
          writeFileSync(options.pdf, await askForBytes(api, `${path}.pdf`))
          io.say(`${options.pdf} written.`)
        }
      },
    )

  withClocks(program.command('explain'))
    .summary('the postings and events behind a figure')
    .description(
      'The postings and events behind a figure, and their sum: the figure to the ban. Name the figure and what it is of, or give ' +
        'the link that stands beside it in an answer (links.explain).',
    )
    .argument('<figure>', `${FIGURES.join(', ')}, or a link`)
    .option('--currency <code>', 'of the figure', 'RON')
    .option('--client <id>', 'of this client')
    .option('--invoice <id>', 'of this invoice')
    .option('--payment <id>', 'of this payment')
    .option('--event <id>', 'of a line of a statement or a register')
    .option('--account <account>', 'symbolic, or a number of the Romanian chart')
    .option('--bucket <label>', 'of the aging, e.g. 31-60')
    .option('--buckets <days>', 'upper ends of the buckets, where they are not the usual ones')
    .option('--by <day>', 'due or issued')
    .option('--method <method>', 'of payment')
    .option('--desk <id>', 'of this cash desk')
    .option('--rate <percent>', 'of VAT')
    .option('--from <day>', 'first day')
    .option('--to <day>', 'last day')
    .option('--limit <n>', 'at most so many lines', '500')
    .action(async (figure: string, options: ExplainOptions) => {
      const api = findApi(io, options.url)
      const limit = limitOf(options.limit)
      if (figure.startsWith('/')) {
        const link = new URL(figure, api.apiUrl)
        answer(
          options,
          await askForList(api, link.pathname, Object.fromEntries(link.searchParams), limit),
          showExplanation,
        )
        return
      }
      mustBeOneOf('figure', figure, FIGURES)
      const { currency, client: clientId, invoice: invoiceId, payment: paymentId, event: eventId } = options
      const { account, bucket, buckets, by, method, desk: deskId, rate, from, to } = options
      const whose = { clientId, invoiceId, paymentId, eventId, account, deskId }
      const of = { figure, currency, ...whose, bucket, buckets, by, method, rate, from, to }
      const path = companyPath(io, options, 'explain')
      answer(options, await askForList(api, path, { ...clocksOf(options), ...of }, limit), showExplanation)
    })

  withCommon(program.command('events'))
    .description('Events as they were written, in order; name what they are about')
    .option('--client <id>', 'of this client')
    .option('--stream <name>', 'of this stream, and of nothing else')
    .option('--invoice <id>', 'about this invoice')
    .option('--payment <id>', 'about this payment')
    .option('--correlation <id>', 'of this request')
    .option('--command <id>', 'of this command')
    .option('--type <name>', 'of this type')
    .option('--from <instant>', 'recorded at this instant or later')
    .option('--to <instant>', 'recorded at this instant or before')
    .option('--limit <n>', 'at most so many', '100')
    .action(async (options: CommonOptions & EventOptions & { limit: string }) => {
      if (options.type !== undefined) mustBeOneOf('type of event', options.type, ledgerCodec.types)
      const path = companyPath(io, options, 'events')
      const query = {
        clientId: options.client,
        stream: options.stream,
        invoiceId: options.invoice,
        paymentId: options.payment,
        correlationId: options.correlation,
        commandId: options.command,
        type: options.type,
        from: options.from,
        to: options.to,
      }
      answer(options, await askForList(findApi(io, options.url), path, query, limitOf(options.limit)), showEvents)
    })
}
