import type { CompanyRules } from '../../decider.ts'
import type { ClientId, InvoiceId, PaymentId } from '../../ids.ts'
import { type Currency, decimalOf, moneyOf } from '../../money.ts'
import { kindAt } from '../../packed/packed-records.ts'
import { reject } from '../../rejection.ts'
import { LEI } from '../cash-guard.ts'
import type { MoveItems, ReceiveInvoice } from '../commands.ts'
import type { AccountEvent } from '../events/account-events.ts'
import {
  InvoiceMoveDeclined,
  InvoiceMoved,
  InvoiceMoveRefused,
  InvoiceMoveRequested,
  MergeAccepted,
  MergeConcluded,
  MergeConfirmed,
  MergeDeclined,
  MergeRefused,
  MergeRequested,
  MergeResumed,
} from '../events/merges.ts'
import { withMoved } from '../moved-invoice.ts'
import { documents, type RegisteredDocument } from '../records/documents.ts'
import { excessClaims } from '../records/excess-claims.ts'
import { KIND } from '../records/fields.ts'
import { accountInvoices, type Invoice } from '../records/invoices.ts'
import type { PaymentFacts } from '../records/payment-facts.ts'
import { accountPayments } from '../records/payments.ts'
import type { ClientAccount, Merge } from '../state.ts'
import { isUncollected } from '../transit.ts'
import { isClaimKind } from '../vocabulary.ts'
import type { Decisions } from './decisions.ts'
import { mergedInto } from './merged.ts'
import { recoveredOf, settledAgain } from './recoveries.ts'
import {
  clientOf,
  collectedOn,
  firstFreeDay,
  printedAdvances,
  printedVatLines,
  requireNotBefore,
} from './requirements.ts'
import { requested } from './transfers.ts'

// Two clients were one: what is open in the one account moves to the other, item by item (decision 0058).

/** Whether anything of the invoice is here that commands of the other account will ask for. */
const hasLeft = ({ open, writtenOff, recovered, paidInCash, vatTaken, corrections }: Invoice, isFirst: boolean) =>
  open > 0n ||
  writtenOff > recovered ||
  // What moved is there already: whatever has changed of it since has to be there as well.
  (!isFirst && (writtenOff !== 0n || recovered !== 0n || paidInCash !== 0n || corrections !== 0 || vatTaken.length > 0))

/** A cheque is its drawer's promise, and is collected or bounces where it was taken; money that is being reversed is held. */
const hasCreditLeft = (payment: PaymentFacts): boolean =>
  payment.credit > 0n && !payment.isReversing && !isUncollected(payment)

export interface Movable {
  readonly invoiceIds: readonly InvoiceId[]
  readonly paymentIds: readonly PaymentId[]
  /** Where to look on; `undefined` at the end. */
  readonly next: number | undefined
}

/** What of so many of an account's records could move, from one of them on. Looks at no more, however many there are. */
export const movableFrom = (account: ClientAccount, from: number, recordsMax: number): Movable => {
  const { records } = account
  const to = Math.min(records.count, from + recordsMax)
  const invoiceIds: InvoiceId[] = []
  const paymentIds: PaymentId[] = []
  for (let ordinal = from; ordinal < to; ordinal += 1) {
    const kind = kindAt(records, ordinal)
    if (kind === KIND.invoice) {
      const invoice = accountInvoices.at(account, ordinal)
      if (hasLeft(invoice, !invoice.hasMoved)) invoiceIds.push(invoice.invoiceId)
    } else if (kind === KIND.payment) {
      const payment = accountPayments.at(account, ordinal)
      if (hasCreditLeft(payment)) paymentIds.push(payment.paymentId)
    }
  }
  return { invoiceIds, paymentIds, next: to < records.count ? to : undefined }
}

/** An id, or a name, that two papers have: what it would be called in the other account is taken there. */
export interface MergeConflict {
  readonly invoiceId: InvoiceId
  /** What has the paper's name there; absent: it is the id itself that is taken. */
  readonly document?: RegisteredDocument
}

/** What of these could not stand in the other account. Credit gets an id of its own there. */
export const mergeConflicts = (
  account: ClientAccount,
  into: ClientAccount,
  invoiceIds: readonly InvoiceId[],
): readonly MergeConflict[] =>
  invoiceIds.flatMap((invoiceId): readonly MergeConflict[] => {
    const invoice = accountInvoices.get(account, invoiceId)
    if (invoice === undefined) return []
    if (accountInvoices.has(into, invoiceId)) return [{ invoiceId }]
    const isClaim = isClaimKind(invoice.kind)
    const [document] = documents.under(into, invoice, (kind) => (kind === 'CLAIM') === isClaim)
    return document === undefined ? [] : [{ invoiceId, document }]
  })

/** Absent where there is nothing. */
const ifAny = <Name extends string>(
  name: Name,
  minor: bigint,
  currency: Currency,
): { readonly [Each in Name]?: string } =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- TypeScript widens a computed name to string
  (minor === 0n ? {} : { [name]: decimalOf(minor, currency) }) as { readonly [Each in Name]?: string }

/** All that the account has of an invoice, with the terms of its paper. */
const moving = (account: ClientAccount, clientId: ClientId, invoice: Invoice) => {
  const { invoiceId, currency, value, vatTaken, corrections, writtenOffOn, lastUndoOn, rescheduledOn } = invoice
  const excessOf = excessClaims.paymentOf(account, invoiceId)
  return {
    invoiceId,
    kind: invoice.kind,
    ...(invoice.series !== undefined && { series: invoice.series }),
    number: invoice.number,
    issuedOn: invoice.issuedOn,
    dueOn: invoice.dueOn,
    instalments: (invoice.dueParts.length > 1 ? invoice.dueParts : []).map(({ dueOn, amount }) => ({
      dueOn,
      amount: decimalOf(amount, currency),
    })),
    ...(rescheduledOn !== undefined && { rescheduledOn }),
    total: moneyOf(invoice.total, currency),
    amount: moneyOf(invoice.open, currency),
    ...(value !== undefined && {
      functional: {
        currency: value.currency,
        total: decimalOf(value.total, value.currency),
        moved: decimalOf(value.left, value.currency),
      },
    }),
    vatLines: [...printedVatLines(invoice.vatLines, currency), ...printedAdvances(invoice)],
    ...(vatTaken.length > 0 && { vatTaken: printedVatLines(vatTaken, currency) }),
    ...(corrections !== 0 && { corrections }),
    cashAccounting: invoice.cashAccounting,
    instalmentContract: invoice.instalmentContract,
    ...ifAny('writtenOff', invoice.writtenOff, currency),
    ...(writtenOffOn !== undefined && { writtenOffOn }),
    ...ifAny('recovered', invoice.recovered, currency),
    ...ifAny('paidInCash', invoice.paidInCash, LEI),
    ...(lastUndoOn !== undefined && { lastUndoOn }),
    ...(excessOf !== undefined && { excessOf }),
    paperOf: invoice.moved?.paperOf ?? clientId,
  }
}

const reason = 'MERGE'

/** Reserves what is left of each; what has nothing left, or is held, stays. */
const moveItems = (
  { clientId, invoices, credits }: MoveItems,
  account: ClientAccount,
  { intoClientId, mergedOn }: Merge,
  rules: CompanyRules | undefined,
): readonly AccountEvent[] => [
  ...invoices.flatMap(({ invoiceId, moveId }) => {
    const invoice = accountInvoices.get(account, invoiceId)
    if (invoice === undefined || !hasLeft(invoice, !invoice.hasMoved)) return []
    const { issuedOn, lastUndoOn, rescheduledOn, moved } = invoice
    const movedOn = firstFreeDay(rules, mergedOn, issuedOn, lastUndoOn, rescheduledOn, moved?.on)
    return [InvoiceMoveRequested.of({ clientId, intoClientId, moveId, ...moving(account, clientId, invoice), movedOn })]
  }),
  ...credits.flatMap(({ paymentId, transferId }) => {
    const payment = accountPayments.factsOf(account, paymentId)
    if (payment === undefined || !hasCreditLeft(payment)) return []
    const wanted = { clientId, paymentId, transferId, amount: decimalOf(payment.credit, payment.currency) }
    const to = { toClientId: intoClientId, merges: true, reason, movedOn: undefined, path: '/mergedOn' }
    return [requested(account, wanted, to, (earliest) => firstFreeDay(rules, mergedOn, earliest))]
  }),
]

/** More was recovered here than is written off by now, for a write-off was taken back there: it settles what is open again. */
const settledInstead = (
  account: ClientAccount,
  { clientId, movedOn }: ReceiveInvoice,
  received: Invoice,
  rules: CompanyRules | undefined,
): ReturnType<typeof settledAgain> => {
  const amount = received.recovered - received.writtenOff
  if (amount <= 0n) return { undone: [], settled: [] }
  const recovered = recoveredOf(account, received, { amount, kind: undefined })
  const days = recovered.flatMap(({ allocation, payment }) => [allocation.allocatedOn, collectedOn(payment)])
  // A period that was closed since the move was reserved holds none of it: the move itself arrives on its own day.
  return settledAgain(received, recovered, { clientId, on: firstFreeDay(rules, movedOn, ...days) }, rules)
}

export const mergeDecisions: Decisions<
  | 'MergeClients'
  | 'AcceptMerge'
  | 'ConfirmMerge'
  | 'DeclineMerge'
  | 'MoveItems'
  | 'ReceiveInvoice'
  | 'DeclineInvoiceMove'
  | 'ConcludeMerge'
> = {
  MergeClients: (command, account, { today, company: rules }) => {
    const { clientId, intoClientId, reason: why } = command
    clientOf(account, clientId)
    if (intoClientId === clientId) reject('TRANSFER_TO_SELF', { path: '/intoClientId', clientId })
    const { merge } = account
    const mergedOn = command.mergedOn ?? firstFreeDay(rules, today)
    if (merge === undefined) return [MergeRequested.of({ clientId, intoClientId, mergedOn, reason: why })]
    if (merge.intoClientId !== intoClientId) throw mergedInto(merge)
    if (!merge.isConfirmed) return []
    // Asked again: what could not move then may by now.
    requireNotBefore(mergedOn, merge.mergedOn, '/mergedOn')
    return [MergeResumed.of({ clientId, intoClientId, round: merge.round + 1 })]
  },

  // Two that are to be merged into each other both say no.
  AcceptMerge: ({ clientId, fromClientId }, { client, merge }) => {
    if (client === undefined) return [MergeRefused.of({ clientId, fromClientId, code: 'CLIENT_NOT_FOUND' })]
    return merge === undefined
      ? [MergeAccepted.of({ clientId, fromClientId })]
      : [MergeRefused.of({ clientId, fromClientId, code: 'CLIENT_MERGED' })]
  },

  ConfirmMerge: ({ clientId }, { merge }) =>
    merge === undefined || merge.isConfirmed ? [] : [MergeConfirmed.of({ clientId, intoClientId: merge.intoClientId })],

  DeclineMerge: ({ clientId, code }, { merge }) =>
    merge === undefined || merge.isConfirmed
      ? []
      : [MergeDeclined.of({ clientId, intoClientId: merge.intoClientId, code })],

  MoveItems: (command, account, { company: rules }) =>
    account.merge?.isConfirmed === true ? moveItems(command, account, account.merge, rules) : [],

  // What it refuses is an event as well: two that finish one move must hear the same.
  ReceiveInvoice: (command, account, { company: rules }) => {
    const { clientId, fromClientId, moveId, invoiceId } = command
    const known = accountInvoices.get(account, invoiceId)
    if (account.client === undefined || (known !== undefined && known.moved?.from !== fromClientId)) {
      const code = account.client === undefined ? 'CLIENT_NOT_FOUND' : 'MERGE_ID_CONFLICT'
      return [InvoiceMoveRefused.of({ clientId, fromClientId, moveId, invoiceId, code })]
    }
    if (known === undefined) return [InvoiceMoved.of(command)]
    const { undone, settled } = settledInstead(account, command, withMoved(known, command, 1n), rules)
    return [...undone, InvoiceMoved.of({ ...command, again: true }), ...settled]
  },

  DeclineInvoiceMove: (command) => [InvoiceMoveDeclined.of(command)],

  ConcludeMerge: ({ clientId, round }, { merge }) =>
    merge === undefined ? [] : [MergeConcluded.of({ clientId, intoClientId: merge.intoClientId, round })],
}
