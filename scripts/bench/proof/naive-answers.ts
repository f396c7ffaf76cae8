import { type Money, minorOf, type PlacedFact, paidOf } from '@registru/scripts/audit/facts'
import { type Clocks, effectiveOn, type Item, itemsOf, openParts } from './naive-items.ts'

const MS_A_DAY = 86_400_000

export const show = (minor: bigint, currency: string): string => {
  const digits = currency === 'JPY' ? 0 : 2
  const text = `${minor < 0n ? -minor : minor}`.padStart(digits + 1, '0')
  const whole = digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`
  return minor < 0n ? `-${whole}` : whole
}

const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((total, amount) => total + amount, 0n)

const currenciesOf = (items: readonly { readonly currency: string }[]): readonly string[] =>
  [...new Set(items.map(({ currency }) => currency))].toSorted()

const openOf = (items: readonly Item[], kind: Item['kind']): bigint =>
  sum(items.map((item) => (item.kind === kind ? item.open : 0n)))

/** What the card of a client has to say. */
export const naiveBalances = (facts: readonly PlacedFact[], clocks: Clocks, clientId: string) => {
  const items = itemsOf(facts, clocks).filter((item) => item.clientId === clientId && item.open !== 0n)
  const balances = currenciesOf(items).map((currency) => {
    const own = items.filter((item) => item.currency === currency)
    const [open, credit] = [openOf(own, 'INVOICE'), openOf(own, 'PAYMENT')]
    const late = own
      .filter(({ kind }) => kind === 'INVOICE')
      .flatMap((item) => openParts(item).map(({ dueOn, minor }) => (dueOn < clocks.asOf ? minor : 0n)))
    return {
      currency,
      open: show(open, currency),
      overdue: show(sum(late), currency),
      credit: show(credit, currency),
      balance: show(open - credit, currency),
    }
  })
  return { clientId, balances, asOf: clocks.asOf }
}

export interface AgingTerms {
  /** Last days of the buckets after `notDue`; the last bucket is open. */
  readonly ends: readonly number[]
  readonly by: 'due' | 'issued'
}

/** The whole portfolio by age, a row a client and currency. */
export const naiveAging = (facts: readonly PlacedFact[], clocks: Clocks, { ends, by }: AgingTerms) => {
  const limits = ends[0] === 0 ? ends : [0, ...ends]
  const items = itemsOf(facts, clocks).filter(({ open }) => open !== 0n)
  const rowOf = (own: readonly Item[], currency: string) => {
    const cells = [...limits, Infinity].map(() => 0n)
    for (const item of own) {
      if (item.kind !== 'INVOICE') continue
      for (const { dueOn, minor } of openParts(item)) {
        const from = by === 'due' ? dueOn : item.issuedOn
        const age = (Date.parse(clocks.asOf) - Date.parse(from)) / MS_A_DAY
        const cell = limits.filter((limit) => age > limit).length
        cells[cell] = (cells[cell] ?? 0n) + minor
      }
    }
    const [open, credit] = [openOf(own, 'INVOICE'), openOf(own, 'PAYMENT')]
    return {
      currency,
      amounts: cells.map((cell) => show(cell, currency)),
      open: show(open, currency),
      credit: show(credit, currency),
      net: show(open - credit, currency),
    }
  }
  const clientIds = [...new Set(items.map(({ clientId }) => clientId))].toSorted()
  const rows = clientIds.flatMap((clientId) => {
    const own = items.filter((item) => item.clientId === clientId)
    return currenciesOf(own).map((currency) => ({
      clientId,
      ...rowOf(
        own.filter((item) => item.currency === currency),
        currency,
      ),
    }))
  })
  const totals = currenciesOf(items).map((currency) =>
    rowOf(
      items.filter((item) => item.currency === currency),
      currency,
    ),
  )
  return { asOf: clocks.asOf, rows, totals }
}

interface Line {
  readonly kind: string
  readonly on: string
  readonly currency: string
  /** What the client owes more by it. */
  readonly minor: bigint
  readonly eventId: string
  readonly position: bigint
}

/** What an event changes of what a client owes; an allocation moves money only where it passes between two currencies. */
const movesOf = (
  { type, data }: PlacedFact,
  whose: string,
): readonly (readonly [kind: string, sign: 1n | -1n, amount: Money])[] => {
  if (type === 'TransferReceived') {
    if (whose === data.origin.clientId) return [['TRANSFER', 1n, data.amount]]
    return whose === data.clientId ? [['TRANSFER', -1n, data.amount]] : []
  }
  if (type === 'InvoiceMoved') {
    if (minorOf(data.amount.amount) === 0n) return []
    if (whose === data.fromClientId) return [['MERGE', -1n, data.amount]]
    return whose === data.clientId ? [['MERGE', 1n, data.amount]] : []
  }
  if (!('clientId' in data) || data.clientId !== whose) return []
  switch (type) {
    case 'InvoiceRegistered':
      return [['INVOICE', 1n, data.total]]
    case 'InvoiceCancelled':
      return [['CANCELLATION', -1n, data.total]]
    case 'ClaimRegistered':
      return data.paymentId === undefined ? [['CLAIM', 1n, data.total]] : []
    case 'ClaimCancelled':
      return data.paymentId === undefined ? [['CLAIM_CANCELLATION', -1n, data.total]] : []
    case 'CreditNoteRegistered':
      return [['CREDIT_NOTE', -1n, data.total]]
    case 'DiscountGranted':
      return [['DISCOUNT', -1n, data.amount]]
    case 'InvoiceWrittenOff':
      return [['WRITE_OFF', -1n, data.amount]]
    case 'PaymentRecorded':
      return [['PAYMENT', -1n, data.amount]]
    case 'PaymentIdentified':
      return [['PAYMENT', -1n, data.amount]]
    case 'IdentificationUndone':
      return [['REVERSAL', 1n, data.amount]]
    case 'PaymentReversed':
      return [['REVERSAL', 1n, data.amount]]
    case 'RefundRecorded':
      return [['REFUND', 1n, data.amount]]
    case 'CreditReleased':
      return [['RELEASE', 1n, data.amount]]
    case 'CreditNoteReversed':
      return [['CREDIT_NOTE_REVERSAL', 1n, data.total]]
    case 'DiscountReversed':
      return [['DISCOUNT_REVERSAL', 1n, data.amount]]
    case 'WriteOffReversed':
      return [['WRITE_OFF_REVERSAL', 1n, data.amount]]
    case 'RefundReversed':
      return [['REFUND_REVERSAL', -1n, data.amount]]
    case 'PaymentAllocated':
    case 'PaymentDeallocated': {
      const undone = type === 'PaymentDeallocated'
      if (data.recovers === true) {
        return undone ? [['RECOVERY_REVERSAL', -1n, data.amount]] : [['RECOVERY', 1n, data.amount]]
      }
      if (data.conversion === undefined) return []
      return [
        ['CONVERSION', undone ? 1n : -1n, data.amount],
        ['CONVERSION', undone ? -1n : 1n, paidOf(data)],
      ]
    }
    default:
      return []
  }
}

/** Opening, lines with the balance after each, closing; a currency that never moved and owes nothing is left out. */
export const naiveStatement = (
  facts: readonly PlacedFact[],
  { companyId, asOf: to, knownAt }: Clocks,
  { from, clientId }: { readonly from: string; readonly clientId: string },
) => {
  const all = facts.flatMap((fact): readonly Line[] => {
    if (fact.companyId !== companyId || fact.position > knownAt) return []
    const { eventId, position } = fact
    const on = effectiveOn(fact) ?? ''
    return movesOf(fact, clientId).map(([kind, sign, { amount, currency }]) => {
      return { kind, on, currency, minor: sign * minorOf(amount), eventId, position }
    })
  })
  const currencies = currenciesOf(all).flatMap((currency) => {
    const own = all.filter((line) => line.currency === currency)
    const opening = sum(own.map(({ on, minor }) => (on < from ? minor : 0n)))
    const inside = own
      .filter(({ on }) => on >= from && on <= to)
      .toSorted((a, b) => (a.on === b.on ? Number(a.position - b.position) : a.on < b.on ? -1 : 1))
    let balance = opening
    const lines = inside.map(({ kind, on, minor, eventId }) => {
      balance += minor
      const [debit, credit] = minor > 0n ? [minor, 0n] : [0n, -minor]
      return {
        on,
        kind,
        debit: show(debit, currency),
        credit: show(credit, currency),
        balance: show(balance, currency),
        eventId,
      }
    })
    if (opening === 0n && lines.length === 0) return []
    return [{ currency, opening: show(opening, currency), closing: show(balance, currency), lines }]
  })
  return { clientId, from, to, currencies }
}
