/** Commands as they go over HTTP, and what the model says of one. */
import { z } from 'zod'
import { Amount, ExchangeRate, Money } from './amounts.ts'

export interface ModelCommand {
  readonly name: string
  readonly body: Readonly<Record<string, unknown>>
}

/** What an answer's `result` told, for names that the ledger gives by itself. */
export type Told = Readonly<Record<string, unknown>>

export interface Judgement {
  /** Why it may be refused, whichever the ledger looks at first; none: accepted. */
  readonly codes: readonly string[]
  /** Why it may be refused all the same, where that is the ledger's to say. */
  readonly mayRefuse?: readonly string[]
  /** Codes of the warnings that come with an acceptance. */
  readonly warnings?: readonly string[]
  /** Carries it out and says what the answer's `result` has to hold; call it once, when the ledger has accepted. */
  readonly apply: (told: Told) => object
}

const Items = z
  .array(
    z.object({
      invoiceId: z.string(),
      invoiceClientId: z.string().optional(),
      amount: Amount.optional(),
      paid: Amount.optional(),
      exchangeRate: ExchangeRate.optional(),
    }),
  )
  .default([])
export type Item = z.infer<typeof Items>[number]

const Lines = z.array(
  z.object({ rate: z.string(), base: Amount, vat: Amount, advanceInvoiceId: z.string().optional() }),
)
export type Line = z.infer<typeof Lines>[number]

const id = z.string().default('')
export const Body = z.looseObject({
  clientId: id,
  invoiceId: id,
  paymentId: id,
  creditNoteId: id,
  refundId: id,
  discountId: id,
  writeOffId: id,
  transferId: id,
  identificationId: id,
  toClientId: id,
  invoiceClientId: id,
  corrects: id,
  claimId: id,
  allowExcess: z.boolean().default(false),
  dueOn: id,
  total: Money.default({ amount: 0, currency: 'RON' }),
  amount: z.union([Amount.transform((amount) => ({ amount, currency: undefined })), Money]).optional(),
  paid: Amount.optional(),
  exchangeRate: ExchangeRate.optional(),
  kind: id,
  cashAccounting: z.boolean().default(false),
  vatLines: Lines.optional(),
  instalments: z.array(z.object({ dueOn: z.string(), amount: Amount })).default([]),
  method: id,
  reason: id,
  number: z.union([z.int(), z.string()]).optional(),
  to: z.int().default(0),
  fee: Amount.default(0),
  remittanceText: id,
  cashOverride: z.looseObject({}).optional(),
  items: Items,
  alsoReversePayment: z.boolean().default(false),
  freeSettlements: z.boolean().default(false),
  receipt: z.object({ series: z.string() }).optional(),
  allocation: z.object({ rule: z.string(), items: Items }).default({ rule: 'auto', items: [] }),
})
export type Body = z.infer<typeof Body>

/** The day of a command, whatever it is called in it. */
const DAYS = [
  'issuedOn',
  'receivedOn',
  'allocatedOn',
  'deallocatedOn',
  'reversedOn',
  'refundedOn',
  'releasedOn',
  'writtenOffOn',
  'grantedOn',
  'cancelledOn',
  'annulledOn',
  'clearedOn',
  'setOffOn',
  'agreedOn',
  'movedOn',
  'identifiedOn',
  'undoneOn',
  'returnedOn',
]
export const dayOf = (body: ModelCommand['body']): string =>
  DAYS.flatMap((name) => (typeof body[name] === 'string' ? [body[name]] : []))[0] ?? ''

export const ifNot = (condition: boolean, ...codes: readonly string[]): readonly string[] => (condition ? [] : codes)

/** Judges the commands of one name. */
export type Rule<State> = (state: State, body: Body, day: string) => Judgement
