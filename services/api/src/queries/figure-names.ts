import { addDays, BusinessDay, CashDeskId, ClientId, InvoiceId, PaymentId, PaymentMethod } from '@registru/domain'
import {
  type Account,
  accountsOfChart,
  agingLabels,
  type CashFigure,
  DESKLESS,
  type FigureQuestion,
  type PostedFigure,
  type TradedFigure,
  type VatFigure,
} from '@registru/projections'
import { z } from 'zod'
import { MalformedRequest } from '../http/malformed-request.ts'
import { Buckets, bucketsOf } from './buckets.ts'

/** What narrows a figure; each takes some of these. */
export const figureFilters = {
  clientId: ClientId.optional(),
  invoiceId: InvoiceId.optional(),
  paymentId: PaymentId.optional(),
  eventId: z.uuid().optional(),
  account: z.string().max(40).optional().meta({ description: 'Symbolic, or a number of the Romanian chart' }),
  bucket: z.string().max(20).optional().meta({ description: 'A label of the aging, e.g. notDue or 31-60' }),
  buckets: Buckets.optional(),
  by: z.enum(['due', 'issued']).optional(),
  method: PaymentMethod.optional(),
  deskId: z.union([CashDeskId, z.literal(DESKLESS)]).optional(),
  rate: z.string().max(10).optional().meta({ description: 'Percent of VAT, as the invoice has it' }),
  from: BusinessDay.optional().meta({ description: 'First day; of `overdue` and `dueOpen`, a due day' }),
  to: BusinessDay.optional().meta({ description: 'Last day; of `overdue` and `dueOpen`, a due day' }),
}
const Filters = z.strictObject(figureFilters)
type Filters = z.infer<typeof Filters>
type FilterName = keyof Filters

interface Asked {
  readonly filters: Filters
  readonly currency: string
  readonly asOf: string
  readonly functionalCurrency: string
}

interface FigureKind {
  readonly needs: readonly FilterName[]
  readonly takes?: readonly FilterName[]
  /** The journal has on the credit side what is shown as an amount of its own. */
  readonly isCredit?: boolean
  readonly figure: (asked: Asked) => FigureQuestion['figure']
}

const posted = ({ filters }: Asked, accounts: readonly Account[], more: Partial<PostedFigure> = {}): PostedFigure => {
  const { clientId, invoiceId, paymentId, eventId } = filters
  return { of: 'postings', accounts, clientId, invoiceId, paymentId, eventId, ...more }
}

/** What some events have moved of an invoice's receivable. */
const settled = (...types: readonly string[]): FigureKind => ({
  needs: ['clientId', 'invoiceId'],
  isCredit: true,
  figure: (asked) => posted(asked, ['RECEIVABLE'], { types }),
})

const traded = (added: TradedFigure['added'], takenOff: TradedFigure['takenOff'] = []): FigureKind => ({
  needs: [],
  takes: ['method', 'from', 'to'],
  figure: ({ filters: { method, from, to } }) => ({ of: 'trade', added, takenOff, method, from, to }),
})

const cash = (side: CashFigure['side'], takes: readonly FilterName[]): FigureKind => ({
  needs: ['deskId'],
  takes,
  figure: ({ filters: { deskId = DESKLESS, eventId, from, to } }) => ({ of: 'cash', deskId, side, eventId, from, to }),
})

const vat = (amount: VatFigure['amount'], takes: readonly FilterName[]): FigureKind => ({
  needs: [],
  takes,
  figure: ({ filters: { rate, from, to } }) => ({ of: 'vat', amount, rate, from, to }),
})

const cellOf = ({ bucket = '', buckets, by }: Filters) => {
  const asked = bucketsOf(buckets)
  const index = agingLabels(asked).indexOf(bucket)
  if (index < 0) {
    throw new MalformedRequest([{ path: '/query/bucket', rule: `one of ${agingLabels(asked).join(', ')}` }])
  }
  return { bucket: index, buckets: asked, by }
}

const accountsOf = ({ filters, currency, asOf, functionalCurrency }: Asked): readonly Account[] => {
  const accounts = accountsOfChart(filters.account ?? '', currency, { functionalCurrency, on: asOf })
  if (accounts.length === 0) throw new MalformedRequest([{ path: '/query/account', rule: 'an account of the chart' }])
  return accounts
}

const earlierOf = (a: string, b: string | undefined): string => (b !== undefined && b < a ? b : a)

/** Every figure that an answer shows, by name: what narrows it, and what it is the sum of. */
const KINDS = {
  invoiceOpen: { needs: ['clientId', 'invoiceId'], figure: (asked) => posted(asked, ['RECEIVABLE']) },
  invoiceTotal: { ...settled('InvoiceRegistered', 'ClaimRegistered'), isCredit: false },
  invoiceAllocated: settled('PaymentAllocated', 'PaymentDeallocated'),
  invoiceCredited: settled('CreditNoteRegistered', 'CreditNoteReversed'),
  invoiceDiscounted: settled('DiscountGranted', 'DiscountReversed'),
  invoiceWrittenOff: settled('InvoiceWrittenOff', 'WriteOffReversed'),
  invoiceRecovered: {
    needs: ['clientId', 'invoiceId'],
    isCredit: true,
    figure: (asked) => posted(asked, ['RECOVERY']),
  },
  paymentCredit: {
    needs: ['clientId', 'paymentId'],
    isCredit: true,
    figure: (asked) => posted(asked, ['CLIENT_CREDIT']),
  },
  // Of one client, or of all.
  clientBalance: { needs: [], takes: ['clientId'], figure: (asked) => posted(asked, ['RECEIVABLE', 'CLIENT_CREDIT']) },
  clientOpen: { needs: [], takes: ['clientId'], figure: (asked) => posted(asked, ['RECEIVABLE']) },
  clientCredit: {
    needs: [],
    takes: ['clientId'],
    isCredit: true,
    figure: (asked) => posted(asked, ['CLIENT_CREDIT']),
  },
  statementLine: {
    needs: ['clientId', 'eventId'],
    figure: (asked) => posted(asked, ['RECEIVABLE', 'CLIENT_CREDIT']),
  },
  agingCell: {
    needs: ['bucket'],
    takes: ['clientId', 'invoiceId', 'buckets', 'by'],
    figure: (asked) => posted(asked, ['RECEIVABLE'], { cell: cellOf(asked.filters) }),
  },
  dueOpen: {
    needs: [],
    takes: ['clientId', 'from', 'to'],
    figure: (asked) => {
      const { from: dueFrom, to: dueTo } = asked.filters
      return posted(asked, ['RECEIVABLE'], { cell: { dueFrom, dueTo } })
    },
  },
  overdue: {
    needs: [],
    takes: ['clientId', 'from', 'to'],
    figure: (asked) => {
      const { from: dueFrom, to } = asked.filters
      return posted(asked, ['RECEIVABLE'], { cell: { dueFrom, dueTo: earlierOf(addDays(asked.asOf, -1), to) } })
    },
  },
  account: { needs: ['account'], takes: ['clientId'], figure: (asked) => posted(asked, accountsOf(asked)) },
  sales: traded(['INVOICED'], ['CANCELLED', 'CREDITED']),
  collected: traded(['COLLECTED']),
  reversed: traded(['REVERSED']),
  refunded: traded(['REFUNDED']),
  collectedNet: traded(['COLLECTED'], ['REVERSED', 'REFUNDED']),
  cashIn: cash('in', ['eventId', 'from', 'to']),
  cashOut: cash('out', ['eventId', 'from', 'to']),
  cashOpening: cash('opening', []),
  cashBalance: cash('balance', []),
  vatExigible: vat('vat', ['rate', 'from', 'to']),
  vatBase: vat('base', ['rate', 'from', 'to']),
  vatDeferred: vat('deferred', ['rate']),
} as const satisfies Readonly<Record<string, FigureKind>>

export type FigureName = keyof typeof KINDS

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of an object of our own, of which there is at least one
const names = Object.keys(KINDS) as [FigureName, ...FigureName[]]
export const Figure = z.enum(names)

const kindOf = (name: FigureName): FigureKind => KINDS[name]

/** @throws MalformedRequest when a filter is missing, or narrows nothing of this figure */
export const requireFilters = (name: FigureName, filters: Filters): void => {
  const { needs, takes = [] } = kindOf(name)
  const isGiven = (filter: FilterName): boolean => filters[filter] !== undefined
  const violations = Filters.keyof().options.flatMap((filter) => {
    const path = `/query/${filter}`
    if (needs.includes(filter)) return isGiven(filter) ? [] : [{ path, rule: `required for ${name}` }]
    return isGiven(filter) && !takes.includes(filter) ? [{ path, rule: `not taken by ${name}` }] : []
  })
  if (violations.length > 0) throw new MalformedRequest(violations)
}

export const figureOf = (name: FigureName, asked: Asked): FigureQuestion['figure'] => kindOf(name).figure(asked)

export const signOf = (name: FigureName): bigint => (kindOf(name).isCredit === true ? -1n : 1n)
