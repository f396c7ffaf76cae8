/**
 * What a receivables ledger must answer, written down a second time and in the simplest way: numbers in maps, one client
 * an account. It knows nothing of the ledger's code.
 */
import { allocatePayment, deallocatePayment, reversePayment, reverseSetOff } from './allocations.ts'
import { registerClaim } from './claims.ts'
import { Body, dayOf, type Judgement, type ModelCommand, type Rule, type Told } from './command.ts'
import { recordRefund, releaseCredit, reverseRefund } from './credit.ts'
import { registerCreditNote, reverseCreditNote } from './credit-notes.ts'
import { reverseEverywhere } from './following.ts'
import { cancelInvoice, registerInvoice, rescheduleInvoice } from './invoices.ts'
import { grantDiscount, reverseDiscount, reverseWriteOff, writeOffInvoice } from './papers.ts'
import { confirmPaymentCleared, recordPayment, recordSetOff } from './payments.ts'
import { annulReceipt, extendReceiptRange, issueReceipt, reprintReceipt } from './receipts.ts'
import { type CashGuard, newState, type State } from './state.ts'
import { payForAnother, recordForOthers, transferCredit } from './transfers.ts'
import { identifyPayment, recordUnidentified, returnUnidentified, undoIdentification } from './unidentified.ts'

export interface Verdict {
  /** Empty: accepted. Otherwise the answer's code is one of them, whichever the ledger looks at first. */
  readonly refusals: ReadonlySet<string>
  /** Where the contract leaves it to the ledger. */
  readonly mayRefuse: ReadonlySet<string>
  /** Codes of the warnings that come with an acceptance. */
  readonly warnings: readonly string[]
  /** Carries it out and says what the answer's `result` has to hold; call it once, when the ledger has accepted. */
  readonly apply: (told?: Told) => object
}

export interface Oracle {
  readonly state: State
  /** Ids of one kind that a command may name. */
  readonly papersOf: (kind: string) => readonly string[]
  /** Numbers of its papers that stand. */
  readonly numbers: () => readonly string[]
  readonly closeThrough: (day: string) => void
  readonly setCashGuard: (cashGuard: CashGuard) => void
  readonly setSmallDifference: (bani: number) => void
  /** Nothing is under way: what comes now is known from the next such moment on. */
  readonly tick: () => void
  /** `others`: of the account that a command names beside its own, or of all that may have some of a payment. */
  readonly judge: (command: ModelCommand, others?: readonly Oracle[]) => Verdict
  /** Another one that knows the same, to try things on. */
  readonly fork: () => Oracle
}

const RULES: Readonly<Record<string, Rule<State>>> = {
  RegisterInvoice: registerInvoice,
  RegisterClaim: registerClaim,
  RescheduleInvoice: rescheduleInvoice,
  CancelInvoice: cancelInvoice,
  RegisterCreditNote: registerCreditNote,
  ReverseCreditNote: reverseCreditNote,
  GrantDiscount: grantDiscount,
  ReverseDiscount: reverseDiscount,
  WriteOffInvoice: writeOffInvoice,
  ReverseWriteOff: reverseWriteOff,
  RecordPayment: recordPayment,
  RecordSetOff: recordSetOff,
  ReverseSetOff: reverseSetOff,
  AllocatePayment: allocatePayment,
  DeallocatePayment: deallocatePayment,
  ConfirmPaymentCleared: confirmPaymentCleared,
  ReversePayment: reversePayment,
  RecordRefund: recordRefund,
  ReverseRefund: reverseRefund,
  ReleaseCredit: releaseCredit,
  IssueReceipt: issueReceipt,
  AnnulReceipt: annulReceipt,
  ReprintReceipt: reprintReceipt,
  ExtendReceiptRange: extendReceiptRange,
  RecordUnidentifiedPayment: recordUnidentified,
  ReturnUnidentifiedPayment: returnUnidentified,
  UpdateClient: () => ({ codes: [], apply: () => ({}) }),
}

type Between = (from: State, others: readonly State[], body: Body, day: string) => Judgement

/** Of the one account that the command names beside its own. */
const withOne =
  (rule: (from: State, to: State, body: Body, day: string) => Judgement): Between =>
  (from, [to = from], body, day) =>
    rule(from, to, body, day)

/** Rules over several accounts, first the one whose credit it is, or the company's. */
const BETWEEN: Readonly<Record<string, Between>> = {
  TransferCredit: withOne(transferCredit),
  AllocatePayment: withOne((from, to, body, day) =>
    to === from ? allocatePayment(from, body, day) : payForAnother(from, to, body, day),
  ),
  IdentifyPayment: withOne(identifyPayment),
  UndoIdentification: withOne(undoIdentification),
  ReversePayment: reverseEverywhere,
  RecordPayment: recordForOthers,
}

/** How far back each may be dated depends on more than what it names; that nothing falls below zero is held anyway. */
const DATED_BACK: ReadonlySet<string> = new Set(['AnnulReceipt', 'ReverseWriteOff', 'ReverseRefund', 'CancelInvoice'])

const oracleOf = (state: State): Oracle => {
  const judged = (name: string, body: Body, day: string, others: readonly State[] | undefined): Judgement => {
    const between = BETWEEN[name]
    if (others !== undefined && between !== undefined) return between(state, others, body, day)
    const rule = RULES[name]
    if (rule === undefined) throw new Error(`the model does not know ${name}`)
    return rule(state, body, day)
  }
  return {
    state,
    papersOf: (kind) =>
      [...state.papers.keys()].filter((key) => key.startsWith(`${kind} `)).map((key) => key.slice(kind.length + 1)),
    numbers: () => [...state.numbers].map((paper) => paper.split(' ', 1)[0] ?? ''),
    closeThrough: (day) => {
      state.closedThrough = day
    },
    setCashGuard: (cashGuard) => {
      state.cashGuard = cashGuard
    },
    setSmallDifference: (bani) => {
      state.smallDifference = bani
    },
    tick: () => {
      state.now += 1
    },
    fork: () => oracleOf(structuredClone(state)),
    judge: ({ name, body }, others) => {
      const day = dayOf(body)
      // The other accounts' own states: what comes to them is written there.
      const states = others?.map((other) => other.state)
      const { codes, mayRefuse: said = [], warnings = [], apply } = judged(name, Body.parse(body), day, states)
      const refusals = new Set(codes)
      if (day !== '' && day <= state.closedThrough) {
        refusals.add('PERIOD_CLOSED')
        // What is dated so far back may be before what it undoes as well.
        refusals.add('UNDO_BEFORE_WHAT_IT_UNDOES')
      }
      const isBack = DATED_BACK.has(name) && state.books.some(({ on }) => on > day)
      const mayRefuse = new Set([...said, ...(isBack ? ['UNDO_BEFORE_WHAT_IT_UNDOES'] : [])])
      return { refusals, mayRefuse, warnings, apply: (told = {}) => apply(told) }
    },
  }
}

export const createOracle = (clientId: string, receiptsMax: number): Oracle => oracleOf(newState(clientId, receiptsMax))
