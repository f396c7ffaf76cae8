import { daysBetween, type LedgerEvent, type Money, minorIn, minorOf } from '@registru/domain'

/** An item of the oracle: what is open of an invoice, or of a payment, at one pair of clocks. */
export interface NaiveItem {
  readonly kind: 'INVOICE' | 'PAYMENT'
  readonly id: string
  readonly clientId: string
  readonly currency: string
  readonly issuedOn: string
  dueParts: readonly { readonly dueOn: string; readonly minor: bigint }[]
  open: bigint
}

/** The business day of an event that moves money; `undefined` for the others. */
export const effectiveOn = ({ type, data }: LedgerEvent): string | undefined => {
  if (type === 'InvoiceRegistered' || type === 'ClaimRegistered') return data.issuedOn
  if (type === 'PaymentRecorded') return data.receivedOn
  if (type === 'PaymentAllocated') return data.allocatedOn
  if (type === 'PaymentDeallocated') return data.deallocatedOn
  if (type === 'PaymentReversed') return data.reversedOn
  if (type === 'InvoiceRescheduled') return data.agreedOn
  if (type === 'InvoiceCancelled' || type === 'ClaimCancelled') return data.cancelledOn
  if (type === 'CreditNoteRegistered') return data.creditedOn
  if (type === 'DiscountGranted') return data.grantedOn
  if (type === 'InvoiceWrittenOff') return data.writtenOffOn
  if (type === 'RefundRecorded') return data.refundedOn
  if (type === 'CreditReleased') return data.releasedOn
  if (type === 'CreditNoteReversed' || type === 'DiscountReversed') return data.reversedOn
  if (type === 'WriteOffReversed' || type === 'RefundReversed') return data.reversedOn
  if (type === 'TransferReceived' || type === 'InvoiceMoved') return data.movedOn
  if (type === 'PaymentIdentified') return data.identifiedOn
  if (type === 'IdentificationUndone') return data.undoneOn
  return undefined
}

export interface NaiveQuestion {
  readonly companyId: string
  readonly asOf: string
  /** Everything, when `undefined`. */
  readonly knownAt?: bigint | undefined
}

/** The events that count at a pair of clocks. */
export const visible = (events: readonly LedgerEvent[], { companyId, asOf, knownAt }: NaiveQuestion) =>
  events.filter((event) => {
    const on = effectiveOn(event)
    return (
      event.metadata.companyId === companyId &&
      on !== undefined &&
      on <= asOf &&
      (knownAt === undefined || event.position <= knownAt)
    )
  })

/** The slow and plain way: every event, one after the other. Knows nothing of projections. */
export const naiveItems = (events: readonly LedgerEvent[], question: NaiveQuestion): readonly NaiveItem[] => {
  const items = new Map<string, NaiveItem>()
  // Something allocated before its item's own day cannot be: an item is always seen before what moves it.
  const move = (key: string, by: bigint): void => {
    const item = items.get(key)
    if (item === undefined) throw new Error(`${key} moves before it is there`)
    item.open += by
  }
  const begin = (id: string, clientId: string, amount: Money, on: string): void => {
    const open = minorOf(amount)
    const dueParts = [{ dueOn: on, minor: open }]
    items.set(`p ${id}`, { kind: 'PAYMENT', id, clientId, currency: amount.currency, issuedOn: on, dueParts, open })
  }
  for (const event of visible(events, question)) {
    const ofClient = (id: string): string => `i ${'clientId' in event.data ? event.data.clientId : ''} ${id}`
    if (event.type === 'InvoiceRegistered') {
      const { clientId, invoiceId, total, issuedOn, dueOn, instalments } = event.data
      const whole = minorOf(total)
      items.set(ofClient(invoiceId), {
        kind: 'INVOICE',
        id: invoiceId,
        clientId,
        currency: total.currency,
        issuedOn,
        dueParts:
          instalments.length === 0
            ? [{ dueOn, minor: whole }]
            : instalments.map((part) => ({ dueOn: part.dueOn, minor: minorIn(part.amount, total.currency) })),
        open: whole,
      })
    } else if (event.type === 'ClaimRegistered') {
      const { clientId, claimId: id, total, issuedOn, dueOn, paymentId } = event.data
      const { currency } = total
      const dueParts = [{ dueOn, minor: minorOf(total) }]
      items.set(ofClient(id), { kind: 'INVOICE', id, clientId, currency, issuedOn, dueParts, open: minorOf(total) })
      if (paymentId !== undefined) move(`p ${paymentId}`, minorOf(total))
    } else if (event.type === 'ClaimCancelled') {
      const { claimId, total, paymentId } = event.data
      move(ofClient(claimId), -minorOf(total))
      if (paymentId !== undefined) move(`p ${paymentId}`, -minorOf(total))
    } else if (event.type === 'PaymentRecorded') {
      const { clientId, paymentId, amount, receivedOn } = event.data
      begin(paymentId, clientId, amount, receivedOn)
    } else if (event.type === 'CreditNoteRegistered') {
      const { clientId, creditNoteId, invoiceId, total, creditedOn } = event.data
      if (invoiceId === undefined) begin(creditNoteId, clientId, total, creditedOn)
      else move(ofClient(invoiceId), -minorOf(total))
    } else if (event.type === 'InvoiceRescheduled') {
      const item = items.get(ofClient(event.data.invoiceId))
      if (item !== undefined) item.dueParts = agreedParts(item, event.data)
    } else if (event.type === 'InvoiceCancelled') {
      move(ofClient(event.data.invoiceId), -minorOf(event.data.total))
    } else if (event.type === 'DiscountGranted' || event.type === 'InvoiceWrittenOff') {
      move(ofClient(event.data.invoiceId), -minorOf(event.data.amount))
    } else if (event.type === 'DiscountReversed' || event.type === 'WriteOffReversed') {
      move(ofClient(event.data.invoiceId), minorOf(event.data.amount))
    } else if (event.type === 'CreditNoteReversed') {
      const { creditNoteId, invoiceId, total } = event.data
      if (invoiceId === undefined) move(`p ${creditNoteId}`, -minorOf(total))
      else move(ofClient(invoiceId), minorOf(total))
    } else if (event.type === 'CreditReleased') {
      move(`p ${event.data.paymentId}`, -minorOf(event.data.amount))
    } else if (event.type === 'RefundReversed') {
      move(`p ${event.data.paymentId}`, minorOf(event.data.amount))
    } else if (event.type === 'RefundRecorded') {
      move(`p ${event.data.paymentId}`, -minorOf(event.data.amount))
    } else if (event.type === 'PaymentIdentified') {
      const { clientId, identificationId, amount, identifiedOn } = event.data
      begin(identificationId, clientId, amount, identifiedOn)
    } else if (event.type === 'IdentificationUndone') {
      move(`p ${event.data.identificationId}`, -minorOf(event.data.amount))
    } else if (event.type === 'InvoiceMoved') {
      const { clientId, fromClientId, invoiceId, total, amount, issuedOn, dueOn, instalments } = event.data
      const { currency } = total
      const parts = instalments.length === 0 ? [{ dueOn, amount: total.amount }] : instalments
      const dueParts = parts.map((part) => ({ dueOn: part.dueOn, minor: minorIn(part.amount, currency) }))
      const key = ofClient(invoiceId)
      const known = items.get(key)
      items.set(key, known ?? { kind: 'INVOICE', id: invoiceId, clientId, currency, issuedOn, dueParts, open: 0n })
      move(`i ${fromClientId} ${invoiceId}`, -minorOf(amount))
      move(key, minorOf(amount))
    } else if (event.type === 'TransferReceived') {
      const { clientId, transferId, origin, amount, movedOn, returnsTo } = event.data
      move(`p ${origin.paymentId}`, -minorOf(amount))
      if (returnsTo === undefined) begin(transferId, clientId, amount, movedOn)
      else move(`p ${returnsTo}`, minorOf(amount))
    } else if (event.type === 'PaymentAllocated') {
      if (!event.data.recovers) move(ofClient(event.data.invoiceId), -minorOf(event.data.amount))
      move(`p ${event.data.paymentId}`, -minorOf(event.data.conversion?.paid ?? event.data.amount))
    } else if (event.type === 'PaymentDeallocated') {
      if (!event.data.recovers) move(ofClient(event.data.invoiceId), minorOf(event.data.amount))
      move(`p ${event.data.paymentId}`, minorOf(event.data.conversion?.paid ?? event.data.amount))
    } else if (event.type === 'PaymentReversed') {
      move(`p ${event.data.paymentId}`, -minorOf(event.data.amount))
    }
  }
  return [...items.values()]
}

/** What was open when it was agreed is due anew, behind what was settled. */
const agreedParts = (
  { dueParts, currency }: NaiveItem,
  { instalments }: Extract<LedgerEvent, { readonly type: 'InvoiceRescheduled' }>['data'],
) => {
  const agreed = instalments.map(({ dueOn, amount }) => ({ dueOn, minor: minorIn(amount, currency) }))
  const open = agreed.reduce((sum, part) => sum + part.minor, 0n)
  const left = openParts({ dueParts, open })
  return [
    ...dueParts.map(({ dueOn, minor }, index) => ({ dueOn, minor: minor - (left[index]?.minor ?? 0n) })),
    ...agreed,
  ]
}

/** What is open by due day: settled money covers the earliest parts first. */
export const openParts = (
  item: Pick<NaiveItem, 'dueParts' | 'open'>,
): readonly { readonly dueOn: string; readonly minor: bigint }[] => {
  let settled = item.dueParts.reduce((sum, part) => sum + part.minor, 0n) - item.open
  return item.dueParts.map(({ dueOn, minor }) => {
    const covered = settled < minor ? settled : minor
    settled -= covered
    return { dueOn, minor: minor - covered }
  })
}

/** A line of a statement: what the client owes more, or less, by one event. */
export interface NaiveLine {
  readonly on: string
  readonly currency: string
  readonly minor: bigint
  readonly position: bigint
  readonly eventId: string
}

const moneyOrNone = (sign: 1n | -1n, amount: Money): readonly (readonly [sign: 1n | -1n, amount: Money])[] =>
  minorOf(amount) === 0n ? [] : [[sign, amount]]

/** By how much an event moves what a client owes; allocations within a currency move nothing. */
const moves = (
  { type, data }: LedgerEvent,
  clientId: string,
): readonly (readonly [sign: 1n | -1n, amount: Money])[] => {
  if (type === 'TransferReceived' && data.origin.clientId === clientId) return [[1n, data.amount]]
  if (type === 'InvoiceMoved' && data.fromClientId === clientId) return moneyOrNone(-1n, data.amount)
  if (!('clientId' in data) || data.clientId !== clientId) return []
  if (type === 'TransferReceived') return [[-1n, data.amount]]
  if (type === 'InvoiceMoved') return moneyOrNone(1n, data.amount)
  if (type === 'InvoiceRegistered') return [[1n, data.total]]
  // What is owed for money that leaves is credit until then.
  if (type === 'ClaimRegistered') return data.paymentId === undefined ? [[1n, data.total]] : []
  if (type === 'ClaimCancelled') return data.paymentId === undefined ? [[-1n, data.total]] : []
  if (type === 'InvoiceCancelled' || type === 'CreditNoteRegistered') return [[-1n, data.total]]
  if (type === 'DiscountGranted' || type === 'InvoiceWrittenOff' || type === 'PaymentRecorded') {
    return [[-1n, data.amount]]
  }
  if (type === 'DiscountReversed' || type === 'WriteOffReversed') return [[1n, data.amount]]
  if (type === 'CreditNoteReversed') return [[1n, data.total]]
  if (type === 'CreditReleased' || type === 'IdentificationUndone') return [[1n, data.amount]]
  if (type === 'PaymentIdentified') return [[-1n, data.amount]]
  if (type === 'RefundReversed') return [[-1n, data.amount]]
  if (type === 'PaymentAllocated' && data.recovers) return [[1n, data.amount]]
  if (type === 'PaymentDeallocated' && data.recovers) return [[-1n, data.amount]]
  return type === 'PaymentReversed' || type === 'RefundRecorded' ? [[1n, data.amount]] : []
}

/** Every line of a client up to a day, in the order in which a statement shows them. */
export const naiveLines = (
  events: readonly LedgerEvent[],
  question: NaiveQuestion & { readonly clientId: string },
): readonly NaiveLine[] =>
  visible(events, question)
    .flatMap((event) =>
      moves(event, question.clientId).map(([sign, amount]) => ({
        on: effectiveOn(event) ?? '',
        currency: amount.currency,
        minor: sign * minorOf(amount),
        position: event.position,
        eventId: event.eventId,
      })),
    )
    .toSorted((a, b) => (a.on === b.on ? Number(a.position - b.position) : a.on < b.on ? -1 : 1))

/** What is open by age, the first bucket being what is not due yet; `ends` are the last days of the others but one. */
export const naiveBuckets = (
  items: readonly NaiveItem[],
  { asOf, ends, by }: { readonly asOf: string; readonly ends: readonly number[]; readonly by: 'due' | 'issued' },
): readonly bigint[] => {
  const limits = ends[0] === 0 ? ends : [0, ...ends]
  const buckets = [...limits, 0].map(() => 0n)
  for (const item of items.filter(({ kind }) => kind === 'INVOICE')) {
    for (const { dueOn, minor } of openParts(item)) {
      const age = daysBetween(by === 'due' ? dueOn : item.issuedOn, asOf)
      const bucket = limits.filter((limit) => age > limit).length
      buckets[bucket] = (buckets[bucket] ?? 0n) + minor
    }
  }
  return buckets
}
