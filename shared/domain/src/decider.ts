import type { BusinessDay } from './business-day.ts'
import type { Codec } from './codec.ts'
import type { ClientId, CreditNoteId, EventId, InvoiceId, PaymentId } from './ids.ts'
import type { Message } from './message.ts'
import type { Currency } from './money.ts'
import type { FxRateRule, PriceOf } from './rate-in-force.ts'

/** What a decision may know of the moment it is made in; it comes from the edge because the domain has no clock. */
export interface DecisionContext {
  /** Today in Europe/Bucharest: the effective day of an undo that names none. */
  readonly today: BusinessDay
  /** What the company has decided about itself; the defaults when it has decided nothing. */
  readonly company?: CompanyRules | undefined
  /** What bears on the command in other streams of the company; absent where nobody tells. */
  readonly elsewhere?: Elsewhere | undefined
  /** What a document in another currency than that of the books is worth, where it does not say so and the company keeps rates. */
  readonly price?: PriceOf | undefined
  /** The highest number of this receipt book that anybody else tells of, where somebody does. */
  readonly highestNumber?: number | undefined
}

/** What other streams are known to hold. It may lag behind, so that it warns more surely than it refuses. */
export interface Elsewhere {
  /** Papers of other clients under the same series, number and year. */
  readonly documents?: readonly {
    readonly clientId: ClientId
    readonly kind: 'INVOICE' | 'CREDIT_NOTE'
    readonly documentId: InvoiceId | CreditNoteId
  }[]
  /** Money of the same bank reference, day and amount. */
  readonly payments?: readonly { readonly clientId?: ClientId | undefined; readonly paymentId: PaymentId }[]
  /** Other clients of the same fiscal code. */
  readonly clients?: readonly ClientId[]
  /** By currency, what lies in the drawer that cash is to leave: the least from the day on, in minor units. */
  readonly drawer?: ReadonlyMap<Currency, bigint>
  /** What all businesses together were given back in cash on the day, in bani. */
  readonly paidToBusinesses?: bigint
}

/** How the ledger meets a paper whose name another client's paper has. */
export type DuplicateReaction = 'WARN' | 'REJECT'

/** How the ledger meets cash above a ceiling: it tells, it wants somebody who answers for it, or it refuses. */
export type CashReaction = 'WARN' | 'REQUIRE_OVERRIDE' | 'REJECT'

export interface CompanyRules {
  readonly cashGuard: CashReaction
  /** A cash & carry shop has a higher ceiling. */
  readonly cashAndCarry: boolean
  /** Whether the company has to give individuals a bon fiscal for cash (OUG 28/1999). */
  readonly amefRequired: boolean
  /** The currency of the company's books; `undefined` before the company is registered. */
  readonly functionalCurrency: Currency | undefined
  /** Whether cheques and promissory notes count as paid when they are handed over, not only when they are collected. */
  readonly instrumentCountsAsPaid: boolean
  readonly duplicateDocuments: DuplicateReaction
  /** Up to what a rest is a small difference and no bad debt: a decimal string in the functional currency; zero: nothing is. */
  readonly smallDifference: string
  readonly fxRateRule: FxRateRule
  /** Whether each key is claimed before its command is decided. */
  readonly strictKeys: boolean
  /** Last day of the last closed period; nothing may be dated on it or before. */
  readonly closedThrough: BusinessDay | undefined
}

/** Money already in the drawer is a fact, and losing the fact is worse: so the default only warns. */
export const DEFAULT_RULES: CompanyRules = {
  cashGuard: 'WARN',
  cashAndCarry: false,
  amefRequired: false,
  functionalCurrency: undefined,
  instrumentCountsAsPaid: false,
  duplicateDocuments: 'WARN',
  smallDifference: '0',
  fxRateRule: 'PREVIOUS_PUBLISHED',
  strictKeys: false,
  closedThrough: undefined,
}

/** An event as the store names it; before it is to be stored it has no name yet. */
export type Identified<Event> = Event & { readonly eventId?: EventId | undefined }

/**
 * The heart of a stream. `decide` says what happens: events, `[]` when the same thing has already happened, or a
 * `Rejection`. `evolve` never refuses and never validates; it may change the state it owns in place, for an account can
 * hold 100,000 invoices.
 */
export interface Decider<State, Command extends Message, Event extends Message> {
  readonly name: string
  /** Reads and writes the events of this decider's streams, and no others. */
  readonly codec: Codec<Event>
  readonly initialState: () => State
  readonly decide: (command: Command, state: State, context: DecisionContext) => readonly Event[]
  readonly evolve: (state: State, event: Identified<Event>) => State
  /** Of streams that grow long; a short one is folded sooner than looked up. */
  readonly snapshot?: SnapshotFormat<State>
}

/** A folded state as bytes, so that a long stream is not folded from its start again. A cache: it may be lost. */
export interface SnapshotFormat<State> {
  /** Raised with every change of what `evolve` keeps or `encode` writes: bytes of another version are not read. */
  readonly version: number
  /** Equal for equal histories, whether there was a snapshot between or not. */
  readonly encode: (state: State) => Uint8Array
  /** Keeps nothing of `bytes`. */
  readonly decode: (bytes: Uint8Array) => State
  /** What the state takes in memory, in bytes. */
  readonly weigh: (state: State) => number
}

/** One small function a command; the table over them is complete by type. */
export type DecisionTable<State, Command extends Message, Event extends Message> = {
  readonly [Type in Command['type']]: (
    command: Extract<Command, { readonly type: Type }>['data'],
    state: State,
    context: DecisionContext,
  ) => readonly Event[]
}

/** Looks the command's function up in a table; the one cast that TypeScript needs for a correlated union stands here. */
export const decideBy =
  <State, Command extends Message, Event extends Message>(table: DecisionTable<State, Command, Event>) =>
  (command: Command, state: State, context: DecisionContext): readonly Event[] => {
    const decide = table[command.type as Command['type']] as (
      data: unknown,
      state: State,
      context: DecisionContext,
    ) => readonly Event[]
    return decide(command.data, state, context)
  }
