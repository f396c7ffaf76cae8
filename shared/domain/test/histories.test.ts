import { deepEqual, equal, ok } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { reversibleOf } from '../src/client-account/decisions/reversals.ts'
import { accountSnapshot } from '../src/client-account/snapshot.ts'
import { openParts } from '../src/client-account/state.ts'
import { uncollectedCredit } from '../src/client-account/transit.ts'
import { createCodec } from '../src/codec.ts'
import { clientRegistered } from '../src/examples.ts'
import {
  type AccountCommand,
  type AccountEvent,
  accountEventDefinitions,
  accountInvoices,
  accountPayments,
  addDays,
  type BusinessDay,
  type ClientAccount,
  clientAccount,
  type Invoice,
  isClaimKind,
  minorOf,
  moneyOf,
  type Payment,
} from '../src/index.ts'
import { type Closing, decide, fold, live, type Step, steps, today } from './histories.ts'
import { holds } from './random.ts'
import { blocksRun } from './work.ts'

/** A history read again by the plainest code there is: amounts by invoice, payment and pair, as of one effective day. */
interface Books {
  readonly total: Map<string, bigint>
  readonly open: Map<string, bigint>
  /** What was written off and not paid after all. */
  readonly unrecovered: Map<string, bigint>
  readonly credit: Map<string, bigint>
  readonly allocated: Map<string, bigint>
}

const effectiveDay = ({ type, data }: AccountEvent): BusinessDay => {
  switch (type) {
    case 'InvoiceRegistered':
    case 'ClaimRegistered':
      return data.issuedOn
    case 'InvoiceRescheduled':
      return data.agreedOn
    case 'InvoiceCancelled':
    case 'ClaimCancelled':
      return data.cancelledOn
    case 'CreditNoteRegistered':
      return data.creditedOn
    case 'DiscountGranted':
      return data.grantedOn
    case 'InvoiceWrittenOff':
      return data.writtenOffOn
    case 'PaymentRecorded':
      return data.receivedOn
    case 'PaymentAllocated':
      return data.allocatedOn
    case 'PaymentDeallocated':
      return data.deallocatedOn
    case 'PaymentReversed':
    case 'CreditNoteReversed':
    case 'DiscountReversed':
    case 'WriteOffReversed':
    case 'RefundReversed':
      return data.reversedOn
    case 'PaymentCleared':
      return data.clearedOn
    case 'RefundRecorded':
      return data.refundedOn
    case 'TransferRequested':
    case 'TransferReceived':
    case 'InvoiceMoveRequested':
    case 'InvoiceMoved':
    case 'InvoiceMoveDeclined':
      return data.movedOn
    case 'MergeRequested':
      return data.mergedOn
    case 'CreditReleased':
      return data.releasedOn
    case 'PaymentIdentified':
      return data.identifiedOn
    case 'IdentificationUndone':
      return data.undoneOn
    case 'ReversalRequested':
      return data.reversedOn
    case 'InvoiceMoveRefused':
    case 'MergeAccepted':
    case 'MergeRefused':
    case 'MergeDeclined':
    case 'MergeConfirmed':
    case 'MergeResumed':
    case 'MergeConcluded':
    case 'ReversalDeclined':
    case 'IdentificationRefused':
    case 'TransferRefused':
    case 'TransferCompleted':
    case 'TransferDeclined':
    case 'ClientRegistered':
    case 'ClientUpdated':
    case 'CashLimitOverridden':
    case 'ReceiptRequested':
    case 'ReceiptDeclined':
    case 'ReceiptReleased':
      return today
  }
}

const add = (map: Map<string, bigint>, key: string, amount: bigint): void => {
  map.set(key, (map.get(key) ?? 0n) + amount)
}

const post = ({ total, open, unrecovered, credit, allocated }: Books, { type, data }: AccountEvent): void => {
  if (type === 'InvoiceRegistered') {
    add(total, data.invoiceId, minorOf(data.total))
    add(open, data.invoiceId, minorOf(data.total))
  }
  if (type === 'ClaimRegistered') {
    add(total, data.claimId, minorOf(data.total))
    add(open, data.claimId, minorOf(data.total))
    if (data.paymentId !== undefined) add(credit, data.paymentId, minorOf(data.total))
  }
  if (type === 'ClaimCancelled') {
    add(open, data.claimId, -minorOf(data.total))
    if (data.paymentId !== undefined) add(credit, data.paymentId, -minorOf(data.total))
  }
  if (type === 'InvoiceWrittenOff' && data.kind === undefined) add(unrecovered, data.invoiceId, minorOf(data.amount))
  if (type === 'WriteOffReversed' && data.kind === undefined) add(unrecovered, data.invoiceId, -minorOf(data.amount))
  if (type === 'PaymentRecorded') add(credit, data.paymentId, minorOf(data.amount))
  if (type === 'PaymentReversed') add(credit, data.paymentId, -minorOf(data.amount))
  if (type === 'CreditReleased') add(credit, data.paymentId, -minorOf(data.amount))
  if (type === 'RefundRecorded') add(credit, data.paymentId, -minorOf(data.amount))
  if (type === 'RefundReversed') add(credit, data.paymentId, minorOf(data.amount))
  if (type === 'DiscountReversed' || type === 'WriteOffReversed') add(open, data.invoiceId, minorOf(data.amount))
  if (type === 'CreditNoteReversed') {
    if (data.invoiceId === undefined) add(credit, data.creditNoteId, -minorOf(data.total))
    else add(open, data.invoiceId, minorOf(data.total))
  }
  if (type === 'TransferRequested') add(credit, data.paymentId, -minorOf(data.amount))
  if (type === 'TransferReceived') add(credit, data.transferId, minorOf(data.amount))
  if (type === 'PaymentIdentified') add(credit, data.identificationId, minorOf(data.amount))
  if (type === 'IdentificationUndone') add(credit, data.identificationId, -minorOf(data.amount))
  if (type === 'InvoiceCancelled') add(open, data.invoiceId, -minorOf(data.total))
  if (type === 'DiscountGranted' || type === 'InvoiceWrittenOff') add(open, data.invoiceId, -minorOf(data.amount))
  if (type === 'CreditNoteRegistered') {
    if (data.invoiceId === undefined) add(credit, data.creditNoteId, minorOf(data.total))
    else add(open, data.invoiceId, -minorOf(data.total))
  }
  if (type === 'PaymentAllocated' || type === 'PaymentDeallocated') {
    const sign = type === 'PaymentAllocated' ? 1n : -1n
    const amount = sign * minorOf(data.amount)
    const paid = data.conversion === undefined ? amount : sign * minorOf(data.conversion.paid)
    if (data.recovers) add(unrecovered, data.invoiceId, -amount)
    else add(open, data.invoiceId, -amount)
    add(credit, data.paymentId, -paid)
    add(allocated, `${data.paymentId} ${data.invoiceId}`, amount)
  }
}

const emptyBooks = (): Books => ({
  total: new Map(),
  open: new Map(),
  unrecovered: new Map(),
  credit: new Map(),
  allocated: new Map(),
})

/**
 * As the books have it: what is reserved moves when the other account has it, which this one hears of when the transfer is
 * completed; what is declined has never moved.
 */
const withMoved = (history: readonly AccountEvent[]): readonly AccountEvent[] => {
  const reserved = new Map<string, AccountEvent>()
  return history.flatMap((event) => {
    const { type, data } = event
    if (type === 'TransferRequested') reserved.set(`${data.paymentId} ${data.transferId}`, event)
    if (type !== 'TransferCompleted') return type === 'TransferRequested' ? [] : [event]
    return reserved.get(`${data.paymentId} ${data.transferId}`) ?? []
  })
}

const booksOf = (history: readonly AccountEvent[]): Books => {
  const books = emptyBooks()
  for (const event of history) post(books, event)
  return books
}

/** What came off each invoice without money, and stands: credit notes, discounts, write-offs, a cancellation. */
const loweredBy = (history: readonly AccountEvent[]): ReadonlyMap<string, bigint> => {
  const lowered = new Map<string, bigint>()
  for (const { type, data } of history) {
    if (type === 'DiscountGranted' || type === 'InvoiceWrittenOff') add(lowered, data.invoiceId, minorOf(data.amount))
    if (type === 'InvoiceCancelled') add(lowered, data.invoiceId, minorOf(data.total))
    if (type === 'ClaimCancelled') add(lowered, data.claimId, minorOf(data.total))
    if (type === 'CreditNoteRegistered' && data.invoiceId !== undefined) {
      add(lowered, data.invoiceId, minorOf(data.total))
    }
    if (type === 'DiscountReversed' || type === 'WriteOffReversed') add(lowered, data.invoiceId, -minorOf(data.amount))
    if (type === 'CreditNoteReversed' && data.invoiceId !== undefined) {
      add(lowered, data.invoiceId, -minorOf(data.total))
    }
  }
  return lowered
}

/** What of each payment is gone for good: what was reversed of it. */
const reversedBy = (history: readonly AccountEvent[]): ReadonlyMap<string, bigint> => {
  const reversed = new Map<string, bigint>()
  for (const { type, data } of history) {
    if (type === 'PaymentReversed') add(reversed, data.paymentId, minorOf(data.amount))
    if (type === 'IdentificationUndone') add(reversed, data.identificationId, minorOf(data.amount))
    if (type === 'CreditNoteReversed' && data.invoiceId === undefined) {
      add(reversed, data.creditNoteId, minorOf(data.total))
    }
  }
  return reversed
}

/** What left of each payment beyond all that was there, and is owed for. */
const claimedBy = (history: readonly AccountEvent[]): ReadonlyMap<string, bigint> => {
  const claimed = new Map<string, bigint>()
  for (const { type, data } of history) {
    if (type !== 'ClaimRegistered' && type !== 'ClaimCancelled') continue
    const sign = type === 'ClaimRegistered' ? 1n : -1n
    if (data.paymentId !== undefined) add(claimed, data.paymentId, sign * minorOf(data.total))
  }
  return claimed
}

/** What went of each functional value for good. */
const functionalGone = (history: readonly AccountEvent[]): Map<string, bigint> => {
  const gone = new Map<string, bigint>()
  for (const { type, data } of history) {
    if (type === 'IdentificationUndone') {
      if (data.functional !== undefined) add(gone, `p ${data.identificationId}`, minorOf(data.functional))
    } else if (type === 'TransferDeclined') {
      if (data.functional !== undefined) add(gone, `p ${data.paymentId}`, -minorOf(data.functional))
    } else if (
      type === 'RefundRecorded' ||
      type === 'PaymentReversed' ||
      type === 'TransferRequested' ||
      type === 'CreditReleased'
    ) {
      if (data.functional !== undefined) add(gone, `p ${data.paymentId}`, minorOf(data.functional))
    } else if (
      type === 'DiscountGranted' ||
      type === 'InvoiceWrittenOff' ||
      type === 'InvoiceCancelled' ||
      (type === 'CreditNoteRegistered' && data.invoiceId !== undefined)
    ) {
      if (data.functional !== undefined) add(gone, `i ${data.invoiceId}`, minorOf(data.functional))
    } else if (type === 'ClaimRegistered' || type === 'ClaimCancelled') {
      if (data.functional === undefined) continue
      const worth = minorOf(data.functional)
      if (type === 'ClaimCancelled') add(gone, `i ${data.claimId}`, worth)
      if (data.paymentId !== undefined) add(gone, `p ${data.paymentId}`, type === 'ClaimCancelled' ? worth : -worth)
    } else if (type === 'DiscountReversed' || type === 'WriteOffReversed') {
      if (data.functional !== undefined) add(gone, `i ${data.invoiceId}`, -minorOf(data.functional))
    } else if (type === 'RefundReversed') {
      if (data.functional !== undefined) add(gone, `p ${data.paymentId}`, -minorOf(data.functional))
    } else if (type === 'CreditNoteReversed' && data.functional !== undefined) {
      const { invoiceId, creditNoteId, functional } = data
      if (invoiceId === undefined) add(gone, `p ${creditNoteId}`, minorOf(functional))
      else add(gone, `i ${invoiceId}`, -minorOf(functional))
    }
  }
  return gone
}

/** What a decision may see, without the order that it arose in. */
const amounts = (account: ClientAccount) => ({
  open: [...accountInvoices.all(account)].map(
    ({ invoiceId, open, writtenOff, recovered, value }) =>
      `${invoiceId} ${open} ${writtenOff} ${recovered} ${value?.left}`,
  ),
  credit: [...accountPayments.all(account)].map(
    ({ paymentId, credit, value, refunded, reversed, inTransit, clearedOn, transfers }) =>
      [paymentId, credit, value?.left, refunded, reversed, inTransit, clearedOn, transfers.length].join(' '),
  ),
  allocated: [...accountPayments.all(account)]
    .flatMap(({ paymentId, allocations, recoveries }) =>
      [...allocations, ...recoveries].map(([invoiceId, { amount, uncollected }]) =>
        [paymentId, invoiceId, amount, uncollected].join(' '),
      ),
    )
    .toSorted(),
  byDue: [...account.openByDue.keys()].map(
    (currency) =>
      `${currency} ${[...openParts(account, currency)].map(({ invoice, reach }) => `${invoice.invoiceId} ${reach}`).join(' ')}`,
  ),
})

/** A set-off that was reversed stays, and so does what is owed no longer for money that came back. */
const amountsWithoutNew = (account: ClientAccount) => {
  const { open, credit, byDue, ...rest } = amounts(account)
  return {
    ...rest,
    open: open.filter((line) => !line.startsWith('new-claim ')),
    credit: credit.filter((line) => !line.startsWith('new ')),
    byDue: byDue.filter((line) => !line.endsWith(' ')),
  }
}

const codec = createCodec(accountEventDefinitions)

/** Everything that an account knows. */
const encoded = (account: ClientAccount): Uint8Array => accountSnapshot.encode(account)

/** At every effective day, known at every revision: invoices between nothing and their total, nothing else below zero. */
const requireBounds = (lived: readonly AccountEvent[]): void => {
  const history = withMoved(lived)
  const days = [...new Set(history.map(effectiveDay))].toSorted()
  for (let known = 1; known <= history.length; known += 1) {
    for (const asOf of days) {
      const { total, open, unrecovered, credit, allocated } = booksOf(
        history.slice(0, known).filter((event) => effectiveDay(event) <= asOf),
      )
      for (const [key, amount] of [...open, ...unrecovered, ...credit, ...allocated]) {
        ok(amount >= 0n, `${key} has ${amount} on ${asOf} at revision ${known - 1}`)
      }
      for (const [key, amount] of open) {
        ok(amount <= (total.get(key) ?? 0n), `${key} has ${amount} on ${asOf} at revision ${known - 1}`)
      }
    }
  }
}

interface Collected {
  readonly invoiceId: string
  readonly on: BusinessDay
  readonly minor: bigint
}

/** What counts as collected for VAT: money as it is allocated, a cheque when it is cleared; an undo takes it back. */
const collectedBy = (history: readonly AccountEvent[]): readonly Collected[] => {
  const waiting = new Map<string, Map<string, bigint>>()
  return history.flatMap((event): readonly Collected[] => {
    const { type, data } = event
    const on = effectiveDay(event)
    if (type === 'PaymentRecorded' && data.method === 'CHEQUE') waiting.set(data.paymentId, new Map())
    if (type === 'PaymentCleared') {
      const { paymentId, stillInTransit } = data
      const paper = waiting.get(paymentId)
      const told = (data.settles ?? data.collects)?.map(
        ({ invoiceId, amount }) => [invoiceId, minorOf(amount)] as const,
      )
      const settles = paper === undefined ? [] : (told ?? [...paper])
      for (const [invoiceId, minor] of settles) if (paper !== undefined) add(paper, invoiceId, -minor)
      if (stillInTransit === undefined) {
        for (const [invoiceId, left] of paper ?? []) equal(left, 0n, `${paymentId} is collected on ${invoiceId}`)
        waiting.delete(paymentId)
      }
      return settles.map(([invoiceId, minor]) => ({ invoiceId, on, minor }))
    }
    if (type === 'PaymentReversed') {
      const { paymentId, stillInTransit } = data
      if (stillInTransit !== undefined) return []
      for (const left of waiting.get(paymentId)?.values() ?? []) equal(left, 0n, paymentId)
      waiting.delete(paymentId)
    }
    if (type !== 'PaymentAllocated' && type !== 'PaymentDeallocated') return []
    const { invoiceId } = data
    const minor = type === 'PaymentAllocated' ? minorOf(data.amount) : -minorOf(data.amount)
    const paper = waiting.get(data.paymentId)
    if (paper === undefined) return [{ invoiceId, on, minor }]
    const sign = minor < 0n ? -1n : 1n
    const now = sign * minorOf({ amount: data.collected ?? '0', currency: data.amount.currency })
    add(paper, invoiceId, minor - now)
    ok((paper.get(invoiceId) ?? 0n) >= 0n, `no less than nothing waits for ${invoiceId}`)
    return now === 0n ? [] : [{ invoiceId, on, minor: now }]
  })
}

const onLives = (check: (steps: readonly Step[]) => void) => fc.property(steps, check)

t.test('whatever is commanded', async (t) => {
  t.test(
    'every ban of a payment stands on an invoice or in the credit, and no invoice leaves its bounds',
    async (t) => {
      holds(
        t,
        onLives((steps) => {
          const { history } = live(steps)
          const account = fold([])
          const books = booksOf(withMoved(history))
          const settled = new Map(loweredBy(history))
          const reversed = reversedBy(history)
          const claimed = claimedBy(history)
          for (const event of history) clientAccount.evolve(account, event)
          for (const payment of accountPayments.all(account)) {
            const allocated = [...payment.allocations.values()].reduce(
              (sum, { amount, parts }) => parts.reduce((paid, part) => paid + part.paid - part.amount, sum + amount),
              0n,
            )
            const recovered = [...payment.recoveries.values()].reduce((sum, { amount }) => sum + amount, 0n)
            for (const [invoiceId, { amount }] of payment.allocations) add(settled, invoiceId, amount)
            const sumOf = (transfers: Payment['transfers']) => transfers.reduce((sum, { amount }) => sum + amount, 0n)
            const reserved = sumOf(payment.transfers.filter(({ isReserved }) => isReserved))
            equal(payment.reversed, reversed.get(payment.paymentId) ?? 0n)
            const gone = payment.reversed + sumOf(payment.transfers)
            equal(
              allocated + recovered + payment.credit + payment.refunded + payment.released + gone,
              payment.amount + (claimed.get(payment.paymentId) ?? 0n),
            )
            equal(payment.credit + reserved, books.credit.get(payment.paymentId))
          }
          for (const { invoiceId, open, total } of accountInvoices.all(account)) {
            equal(open, books.open.get(invoiceId))
            equal(open + (settled.get(invoiceId) ?? 0n), total)
            ok(open >= 0n && open <= total)
          }
          equal([...accountInvoices.all(account)].length, books.total.size)
        }),
      )
    },
  )

  t.test('every ban of a functional value is carried, taken by a part, or gone with what lowered it', async (t) => {
    holds(
      t,
      onLives((steps) => {
        const { account, history } = live(steps)
        const gone = functionalGone(history)
        for (const payment of accountPayments.all(account)) {
          for (const [invoiceId, { parts }] of payment.allocations) {
            for (const { values } of parts) {
              add(gone, `i ${invoiceId}`, values?.invoice ?? 0n)
              add(gone, `p ${payment.paymentId}`, values?.payment ?? 0n)
            }
          }
        }
        const documents = [
          ...[...accountInvoices.all(account)].map(({ invoiceId, open, value }) => ({
            key: `i ${invoiceId}`,
            open,
            value,
          })),
          ...[...accountPayments.all(account)].map(({ paymentId, credit, value }) => ({
            key: `p ${paymentId}`,
            open: credit,
            value,
          })),
        ]
        for (const { key, open, value } of documents) {
          if (value === undefined) continue
          equal(value.left + (gone.get(key) ?? 0n), value.total, key)
          ok(value.left >= 0n, key)
          if (open === 0n) equal(value.left, 0n, key)
        }
      }),
    )
  })

  t.test(
    'what is on its way arrives, goes back or is still on its way; what waits for a paper is no more',
    async (t) => {
      holds(
        t,
        onLives((steps) => {
          const { account, history } = live(steps)
          const left = new Map<string, bigint>()
          for (const { type, data } of history) {
            if (type === 'PaymentCleared') add(left, data.paymentId, minorOf(data.amount))
            if (type === 'RefundRecorded' || type === 'RefundReversed' || type === 'PaymentReversed') {
              const { takenInTransit, amount } = data
              const sign = type === 'RefundReversed' ? -1n : 1n
              const whole = type === 'PaymentReversed' && !data.cleared ? minorOf(amount) : 0n
              add(
                left,
                data.paymentId,
                takenInTransit === undefined ? whole : sign * minorOf({ ...amount, amount: takenInTransit }),
              )
            }
          }
          for (const payment of accountPayments.all(account)) {
            const { paymentId, method, amount, inTransit, allocations } = payment
            if (method === 'CARD_POS' || method === 'CHEQUE') equal(inTransit + (left.get(paymentId) ?? 0n), amount)
            else equal(inTransit, 0n)
            const waits = [...allocations.values()].reduce(
              (sum, of) => sum + of.uncollectedPaid,
              uncollectedCredit(payment),
            )
            ok(waits <= (method === 'CHEQUE' ? inTransit : 0n), `${waits} of ${paymentId} waits for ${inTransit}`)
            for (const { amount: settled, uncollected } of allocations.values()) {
              ok(uncollected >= 0n && uncollected <= settled)
              if (inTransit === 0n) equal(uncollected, 0n)
            }
          }
        }),
      )
    },
  )

  t.test('at every effective day, known at every revision, nothing leaves its bounds', async (t) => {
    holds(
      t,
      onLives((steps) => {
        requireBounds(live(steps).history)
      }),
    )
  })

  t.test('nothing counts as collected before its invoice, nor below zero on any day', async (t) => {
    holds(
      t,
      onLives((steps) => {
        const { account, history } = live(steps)
        const collected = collectedBy(history)
        for (const { invoiceId, issuedOn, total } of accountInvoices.all(account)) {
          const own = collected.filter((each) => each.invoiceId === invoiceId)
          for (const { on } of own) {
            const byThen = own.filter((each) => each.on <= on).reduce((sum, { minor }) => sum + minor, 0n)
            ok(byThen >= 0n && byThen <= total, `${invoiceId} has ${byThen} on ${on}`)
            ok(on >= issuedOn, `${invoiceId} on ${on}`)
          }
        }
      }),
    )
  })

  t.test('nothing is dated in a closed period, and nothing leaves its bounds for that', async (t) => {
    const closed = fc.record({ from: fc.nat({ max: 40 }), day: fc.integer({ min: 1, max: 60 }) })
    holds(
      t,
      fc.property(steps, closed, (steps, { from, day }) => {
        const closedThrough = addDays('2026-09-01', day)
        const closing: Closing = (step) => (step < from ? undefined : closedThrough)
        const { history } = live(
          steps,
          (account, { command, events, refused }, step) => {
            if (step < from) return
            // The book has annulled already: what still has to be done is done.
            if (
              command.type === 'ReleaseReceipt' &&
              accountPayments.get(account, command.data.paymentId)?.method === 'CASH'
            ) {
              equal(refused, undefined)
            }
            for (const { type, data } of events) {
              if (type === 'CreditNoteRegistered' || type === 'ReceiptRequested') ok(data.issuedOn > closedThrough)
            }
            const early = events.filter((event) => effectiveDay(event) <= closedThrough)
            deepEqual(
              early.filter(
                ({ type }) =>
                  !/^(Client|Receipt|CashLimit|PaymentIdentified|IdentificationRefused|Transfer(?!Requested))/.test(
                    type,
                  ),
              ),
              [],
            )
          },
          closing,
        )
        requireBounds(history)
      }),
    )
  })

  t.test('deciding changes nothing: the account stays the fold of its history', async (t) => {
    holds(
      t,
      onLives((steps) => {
        const history: AccountEvent[] = [clientRegistered()]
        live(steps, (account, { events }) => {
          deepEqual(encoded(account), encoded(fold(history)))
          history.push(...events)
        })
      }),
    )
  })

  t.test('only the codes of a rejection are thrown, and each step is decided', async (t) => {
    // `decide` throws on anything else.
    holds(
      t,
      onLives((steps) => {
        let decided = 0
        live(steps, () => decided++)
        equal(decided, steps.length)
      }),
    )
  })

  t.test('each command is accepted often enough for these histories to prove something', async (t) => {
    const accepted = new Map<string, number>()
    // Always the same lives: what random ones rarely meet is no fault of the code.
    for (const lived of fc.sample(steps, { seed: 1506, numRuns: 400 })) {
      live(lived, (_, { command: { type }, refused }) => {
        if (refused === undefined) accepted.set(type, (accepted.get(type) ?? 0) + 1)
      })
    }
    t.comment(Object.fromEntries(accepted))
    for (const type of [
      'RegisterInvoice',
      'RegisterClaim',
      'RecordPayment',
      'AllocatePayment',
      'DeallocatePayment',
      'ReversePayment',
      'IssueReceipt',
      'ReleaseReceipt',
      'RegisterCreditNote',
      'GrantDiscount',
      'WriteOffInvoice',
      'CancelInvoice',
      'RecordRefund',
      'ConfirmPaymentCleared',
      'RecordSetOff',
      'ReleaseCredit',
      'ReverseCreditNote',
      'ReverseDiscount',
      'ReverseWriteOff',
      'ReverseRefund',
      'ReverseSetOff',
      'ReceiveIdentification',
      'UndoIdentification',
      'TransferCredit',
      'ReceiveTransfer',
      'CompleteTransfer',
      'DeclineTransfer',
    ]) {
      t.ok((accepted.get(type) ?? 0) >= 2, `${type} was accepted ${accepted.get(type) ?? 0} times`)
    }
  })

  t.test('what is stored reads back as the same account', async (t) => {
    holds(
      t,
      onLives((steps) => {
        const { account, history } = live(steps)
        const read = history.map((event) => {
          const {
            event: { type, data },
            schemaVersion,
          } = codec.encode(event)
          return codec.decode(type, schemaVersion, JSON.parse(JSON.stringify(data)))
        })
        deepEqual(amounts(fold(read)), amounts(account))
      }),
    )
  })
})

t.test('undo', async (t) => {
  t.test('restores what was before the allocation, and the day after it can be allocated again', async (t) => {
    holds(
      t,
      fc.property(steps, fc.nat({ max: 2 }), fc.nat({ max: 2 }), (steps, paymentIndex, invoiceIndex) => {
        const { history, account } = live(steps)
        const payment = accountPayments.get(account, `pay-${paymentIndex}`)
        const invoice = accountInvoices.get(account, `inv-${invoiceIndex}`)
        if (payment === undefined || invoice === undefined || payment.currency !== invoice.currency) return
        if (payment.credit === 0n || invoice.open === 0n) return
        const names = { clientId: 'alfa', paymentId: payment.paymentId, invoiceId: invoice.invoiceId }
        const { amount } = moneyOf(payment.credit < invoice.open ? payment.credit : invoice.open, payment.currency)
        const last = '2027-01-16'
        const before = amounts(account)
        const allocated = decide({ type: 'AllocatePayment', data: { ...names, amount } }, account)
        const between = fold([...history, ...allocated.events])
        const undone = decide(
          { type: 'DeallocatePayment', data: { ...names, amount, deallocatedOn: last, reason: 'OTHER' } },
          between,
        )
        equal(allocated.refused ?? undone.refused, undefined)
        const after = fold([...history, ...allocated.events, ...undone.events])
        deepEqual(amounts(after), before)
        const again = decide({ type: 'AllocatePayment', data: { ...names, amount } }, after)
        equal(again.events.length, 1)
      }),
    )
  })

  t.test('of what lowered an invoice, or gave credit back, restores what was before it', async (t) => {
    const last = '2027-01-16'
    holds(
      t,
      fc.property(steps, fc.nat({ max: 2 }), fc.nat({ max: 5 }), fc.nat({ max: 3 }), (steps, index, how, share) => {
        const { history, account } = live(steps)
        const invoice = accountInvoices.get(account, `inv-${index}`)
        const payment = accountPayments.get(account, `pay-${index}`)
        const partOf = (whole: bigint): bigint => (share === 0 ? whole : whole / 2n)
        const said = { clientId: 'alfa', reason: 'MISTAKE', reversedOn: last } as const
        const pairs: (readonly [done: AccountCommand, undone: AccountCommand])[] = []
        const open = partOf(invoice?.open ?? 0n)
        if (invoice !== undefined && open > 0n) {
          const total = moneyOf(open, invoice.currency)
          const { invoiceId } = invoice
          const of = { clientId: 'alfa', invoiceId, amount: total.amount }
          const note = { clientId: 'alfa', creditNoteId: 'new', invoiceId, number: '9', issuedOn: today, total }
          const writeOff = { ...of, writeOffId: 'new', reason: 'bankrupt', approvedBy: 'Ana' }
          const setOff = { clientId: 'alfa', paymentId: 'new', amount: total, setOffOn: today, document: 'PV 9' }
          const items = [{ invoiceId, amount: total.amount }]
          // No paper corrects a claim, and beside one on account that corrects the invoice not all that is open fits.
          if (!isClaimKind(invoice.kind) && invoice.corrections === 0) {
            pairs.push(
              [
                { type: 'RegisterCreditNote', data: note },
                { type: 'ReverseCreditNote', data: { ...said, creditNoteId: 'new' } },
              ],
              [
                { type: 'GrantDiscount', data: { ...of, discountId: 'new', kind: 'COMMERCIAL' } },
                { type: 'ReverseDiscount', data: { ...said, discountId: 'new' } },
              ],
            )
          }
          pairs.push(
            [
              { type: 'WriteOffInvoice', data: writeOff },
              { type: 'ReverseWriteOff', data: { ...said, writeOffId: 'new' } },
            ],
            [
              { type: 'RecordSetOff', data: { ...setOff, items } },
              { type: 'ReverseSetOff', data: { ...said, paymentId: 'new' } },
            ],
          )
        }
        const credit = partOf(payment?.credit ?? 0n)
        if (payment !== undefined && credit > 0n) {
          const { amount } = moneyOf(credit, payment.currency)
          const refund = {
            clientId: 'alfa',
            refundId: 'new',
            paymentId: payment.paymentId,
            claimId: 'new-claim',
            amount,
            method: 'CASH',
          } as const
          pairs.push([
            { type: 'RecordRefund', data: refund },
            { type: 'ReverseRefund', data: { ...said, refundId: 'new' } },
          ])
          const isReserved = payment.transfers.some((transfer) => transfer.isReserved)
          if (payment.method !== 'CREDIT_NOTE' && !isReserved) {
            const beyond = moneyOf(payment.credit + BigInt(how) + 1n, payment.currency).amount
            pairs.push([
              { type: 'RecordRefund', data: { ...refund, amount: beyond, allowExcess: true } },
              { type: 'ReverseRefund', data: { ...said, refundId: 'new' } },
            ])
          }
        }
        const [done, undone] = pairs[how % Math.max(1, pairs.length)] ?? []
        if (done === undefined || undone === undefined) return
        const first = decide(done, account)
        const between = fold([...history, ...first.events])
        const second = decide(undone, between)
        equal(first.refused ?? second.refused, undefined)
        const after = fold([...history, ...first.events, ...second.events])
        deepEqual(amountsWithoutNew(after), amountsWithoutNew(account))
        equal(decide(undone, after).refused, 'ALREADY_REVERSED')
        requireBounds([...history, ...first.events, ...second.events])
      }),
    )
  })

  t.test('of a payment reopens exactly what it had settled', async (t) => {
    holds(
      t,
      fc.property(steps, fc.nat({ max: 2 }), (steps, index) => {
        const { history, account } = live(steps)
        const payment = accountPayments.get(account, `pay-${index}`)
        if (payment === undefined || payment.method === 'CREDIT_NOTE') return
        if (payment.method === 'TRANSFER' || payment.transfers.length > 0) return
        const recorded = payment.amount - payment.reversed
        // What came back of a refund after the bank had taken all of it is gone only when the bank says so.
        if (recorded === 0n || recorded < reversibleOf(payment)) return
        const data = {
          clientId: 'alfa',
          paymentId: payment.paymentId,
          claimId: 'new-claim',
          reason: 'CHARGED_BACK',
          reversedOn: '2027-01-16',
        } as const
        const { events } = decide({ type: 'ReversePayment', data }, account)
        const after = fold([...history, ...events])
        for (const invoice of accountInvoices.all(account)) {
          const { invoiceId } = invoice
          const reopened: bigint = payment.allocations.get(invoiceId)?.amount ?? 0n
          equal(accountInvoices.get(after, invoiceId)?.open, invoice.open + reopened)
        }
        const left = accountPayments.get(after, payment.paymentId)
        equal(left?.credit, 0n)
        equal(left?.value?.left ?? 0n, 0n)
        equal(left?.allocations.size, 0)
      }),
    )
  })
})

/** The open parts of an invoice as days and amounts: what is settled falls on the earliest ones first. */
const openPartsOf = ({ open, total, dueOn, dueParts }: Invoice): readonly { dueOn: BusinessDay; amount: bigint }[] => {
  let settled = total - open
  return (dueParts.length === 0 ? [{ dueOn, amount: total }] : dueParts).map((part) => {
    const gone = settled < part.amount ? settled : part.amount
    settled -= gone
    return { dueOn: part.dueOn, amount: part.amount - gone }
  })
}

t.test('oldestDueFirst spreads as a plain sort of the open parts would', async (t) => {
  holds(
    t,
    fc.property(steps, fc.integer({ min: 1, max: 500_000 }), (steps, minor) => {
      const { account } = live(steps)
      const parts = [...accountInvoices.all(account)]
        .filter((invoice) => invoice.currency === 'RON')
        .flatMap((invoice) => openPartsOf(invoice).map((part) => ({ ...invoice, ...part })))
        .map((part) => ({ ...part, rank: `${part.dueOn} ${part.issuedOn} ${part.invoiceId}` }))
        .toSorted((a, b) => (a.rank < b.rank ? -1 : 1))
      let left = BigInt(minor)
      const expected = new Map<string, bigint>()
      for (const { invoiceId, amount } of parts) {
        const share = amount < left ? amount : left
        if (share > 0n) expected.set(invoiceId, (expected.get(invoiceId) ?? 0n) + share)
        left -= share
      }
      const data = {
        clientId: 'alfa',
        paymentId: 'pay-new',
        amount: moneyOf(BigInt(minor), 'RON'),
        method: 'BANK_TRANSFER',
        receivedOn: today,
        allocation: { rule: 'oldestDueFirst' },
      } as const
      const { events } = decide({ type: 'RecordPayment', data }, account)
      const shares = events.flatMap(({ type, data }) =>
        type === 'PaymentAllocated' ? [[data.invoiceId, minorOf(data.amount)] as const] : [],
      )
      deepEqual(shares, [...expected])
    }),
  )
})

const PAYMENTS = 20

/** What payments cost in an account with so many open invoices. */
const workOfPayments = (openInvoices: number): number => {
  const dayOf = (index: number): BusinessDay => `2026-${`${(index % 12) + 1}`.padStart(2, '0')}-15`
  const account = fold([clientRegistered()])
  const carryOut = (command: AccountCommand): void => {
    for (const event of decide(command, account).events) clientAccount.evolve(account, event)
  }
  for (let index = 0; index < openInvoices; index += 1) {
    const invoice = { invoiceId: `inv-${index}`, number: `${index}`, issuedOn: dayOf(index), dueOn: dayOf(index) }
    carryOut({ type: 'RegisterInvoice', data: { clientId: 'alfa', ...invoice, total: moneyOf(10_000n, 'RON') } })
  }
  const pay = (index: number): void => {
    const payment = { paymentId: `pay-${index}`, amount: moneyOf(100n, 'RON'), method: 'CARD_POS' } as const
    carryOut({ type: 'RecordPayment', data: { clientId: 'alfa', ...payment, receivedOn: today } })
  }
  // What is built on the first question is not asked for again.
  pay(PAYMENTS)
  return blocksRun(() => {
    for (let index = 0; index < PAYMENTS; index += 1) pay(index)
  })
}

t.test('a decision over 20,000 open invoices costs what one over 200 does', async (t) => {
  const [few, many] = [workOfPayments(200), workOfPayments(20_000)]
  t.comment(`${few / PAYMENTS} and ${many / PAYMENTS} blocks of code a payment`)
  t.ok(many < few * 1.5)
})
