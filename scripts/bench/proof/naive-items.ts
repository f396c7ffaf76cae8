import { type Money, minorOf, type PlacedFact, paidOf } from '@registru/scripts/audit/facts'

/** The two clocks of a question to one company. */
export interface Clocks {
  readonly companyId: string
  readonly asOf: string
  /** Position of the last event that counts. */
  readonly knownAt: bigint
}

/** The business day of an event that moves what is owed; `undefined` for the others. */
export const effectiveOn = ({ type, data }: PlacedFact): string | undefined => {
  switch (type) {
    case 'InvoiceRegistered':
    case 'ClaimRegistered':
      return data.issuedOn
    case 'PaymentRecorded':
      return data.receivedOn
    case 'PaymentAllocated':
      return data.allocatedOn
    case 'PaymentDeallocated':
      return data.deallocatedOn
    case 'PaymentReversed':
      return data.reversedOn
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
    case 'RefundRecorded':
      return data.refundedOn
    case 'CreditReleased':
      return data.releasedOn
    case 'CreditNoteReversed':
    case 'DiscountReversed':
    case 'WriteOffReversed':
    case 'RefundReversed':
      return data.reversedOn
    case 'PaymentIdentified':
      return data.identifiedOn
    case 'IdentificationUndone':
      return data.undoneOn
    case 'TransferReceived':
    case 'InvoiceMoved':
      return data.movedOn
    default:
      return undefined
  }
}

export const visible = (facts: readonly PlacedFact[], { companyId, asOf, knownAt }: Clocks): readonly PlacedFact[] =>
  facts.filter((fact) => {
    const on = effectiveOn(fact)
    return fact.companyId === companyId && fact.position <= knownAt && on !== undefined && on <= asOf
  })

interface Part {
  readonly dueOn: string
  readonly minor: bigint
}

/** An invoice, or money that a client gave, with what is open of it. */
export interface Item {
  readonly kind: 'INVOICE' | 'PAYMENT'
  readonly clientId: string
  readonly currency: string
  readonly issuedOn: string
  parts: readonly Part[]
  open: bigint
}

/** The slow and plain way: every event that counts, one after the other. */
export const itemsOf = (facts: readonly PlacedFact[], clocks: Clocks): readonly Item[] => {
  const items = new Map<string, Item>()
  const move = (kind: Item['kind'], clientId: string, id: string, minor: bigint): void => {
    const item = items.get(`${kind} ${clientId} ${id}`)
    if (item === undefined) throw new Error(`${kind} ${id} of ${clientId} moves before it is there`)
    item.open += minor
  }
  const pay = (clientId: string, id: string, { amount, currency }: Money, on: string): void => {
    const open = minorOf(amount)
    const parts = [{ dueOn: on, minor: open }]
    items.set(`PAYMENT ${clientId} ${id}`, { kind: 'PAYMENT', clientId, currency, issuedOn: on, parts, open })
  }
  for (const { type, data } of visible(facts, clocks)) {
    if (type === 'InvoiceRegistered') {
      const { clientId, invoiceId, total, issuedOn, dueOn, instalments } = data
      const open = minorOf(total.amount)
      const parts =
        instalments.length === 0
          ? [{ dueOn, minor: open }]
          : instalments.map((part) => ({ dueOn: part.dueOn, minor: minorOf(part.amount) }))
      const { currency } = total
      items.set(`INVOICE ${clientId} ${invoiceId}`, { kind: 'INVOICE', clientId, currency, issuedOn, parts, open })
    } else if (type === 'ClaimRegistered') {
      const { clientId, claimId, total, issuedOn, dueOn, paymentId } = data
      const minor = minorOf(total.amount)
      const [open, parts] = [minor, [{ dueOn, minor }]]
      const { currency } = total
      items.set(`INVOICE ${clientId} ${claimId}`, { kind: 'INVOICE', clientId, currency, issuedOn, parts, open })
      if (paymentId !== undefined) move('PAYMENT', clientId, paymentId, minor)
    } else if (type === 'ClaimCancelled') {
      const { clientId, claimId, total, paymentId } = data
      move('INVOICE', clientId, claimId, -minorOf(total.amount))
      if (paymentId !== undefined) move('PAYMENT', clientId, paymentId, -minorOf(total.amount))
    } else if (type === 'PaymentRecorded') {
      pay(data.clientId, data.paymentId, data.amount, data.receivedOn)
    } else if (type === 'CreditNoteRegistered') {
      const { clientId, invoiceId, creditNoteId, total } = data
      if (invoiceId === undefined) pay(clientId, creditNoteId, total, data.creditedOn)
      else move('INVOICE', clientId, invoiceId, -minorOf(total.amount))
    } else if (type === 'InvoiceRescheduled') {
      const item = items.get(`INVOICE ${data.clientId} ${data.invoiceId}`)
      if (item !== undefined) item.parts = rescheduled(item.parts, data.instalments)
    } else if (type === 'InvoiceCancelled') {
      move('INVOICE', data.clientId, data.invoiceId, -minorOf(data.total.amount))
    } else if (type === 'DiscountGranted' || type === 'InvoiceWrittenOff') {
      move('INVOICE', data.clientId, data.invoiceId, -minorOf(data.amount.amount))
    } else if (type === 'DiscountReversed' || type === 'WriteOffReversed') {
      move('INVOICE', data.clientId, data.invoiceId, minorOf(data.amount.amount))
    } else if (type === 'CreditNoteReversed') {
      const { clientId, invoiceId, creditNoteId, total } = data
      if (invoiceId === undefined) move('PAYMENT', clientId, creditNoteId, -minorOf(total.amount))
      else move('INVOICE', clientId, invoiceId, minorOf(total.amount))
    } else if (type === 'RefundReversed') {
      move('PAYMENT', data.clientId, data.paymentId, minorOf(data.amount.amount))
    } else if (type === 'RefundRecorded' || type === 'PaymentReversed' || type === 'CreditReleased') {
      move('PAYMENT', data.clientId, data.paymentId, -minorOf(data.amount.amount))
    } else if (type === 'PaymentIdentified') {
      pay(data.clientId, data.identificationId, data.amount, data.identifiedOn)
    } else if (type === 'IdentificationUndone') {
      move('PAYMENT', data.clientId, data.identificationId, -minorOf(data.amount.amount))
    } else if (type === 'InvoiceMoved') {
      const { clientId, fromClientId, invoiceId, total, amount, issuedOn, dueOn, instalments } = data
      const key = `INVOICE ${clientId} ${invoiceId}`
      if (!items.has(key)) {
        const parts = (instalments.length === 0 ? [{ dueOn, amount: total.amount }] : instalments).map((part) => ({
          dueOn: part.dueOn,
          minor: minorOf(part.amount),
        }))
        items.set(key, { kind: 'INVOICE', clientId, currency: total.currency, issuedOn, parts, open: 0n })
      }
      move('INVOICE', fromClientId, invoiceId, -minorOf(amount.amount))
      move('INVOICE', clientId, invoiceId, minorOf(amount.amount))
    } else if (type === 'TransferReceived') {
      const { origin, clientId, transferId, amount, movedOn, returnsTo } = data
      move('PAYMENT', origin.clientId, origin.paymentId, -minorOf(amount.amount))
      if (returnsTo === undefined) pay(clientId, transferId, amount, movedOn)
      else move('PAYMENT', clientId, returnsTo, minorOf(amount.amount))
    } else if (type === 'PaymentAllocated' || type === 'PaymentDeallocated') {
      const sign = type === 'PaymentAllocated' ? -1n : 1n
      if (data.recovers !== true) move('INVOICE', data.clientId, data.invoiceId, sign * minorOf(data.amount.amount))
      move('PAYMENT', data.clientId, data.paymentId, sign * minorOf(paidOf(data).amount))
    }
  }
  return [...items.values()]
}

/** What was open when other days were agreed is due on those; what was settled, the earliest parts, stays as it was. */
export const rescheduled = (
  parts: readonly Part[],
  agreed: readonly { readonly dueOn: string; readonly amount: string }[],
): readonly Part[] => {
  const others = agreed.map(({ dueOn, amount }) => ({ dueOn, minor: minorOf(amount) }))
  const open = openParts({ parts, open: others.reduce((sum, { minor }) => sum + minor, 0n) })
  const settled = parts.map(({ dueOn, minor }, index) => ({ dueOn, minor: minor - (open[index]?.minor ?? 0n) }))
  return [...settled.filter(({ minor }) => minor > 0n), ...others]
}

/** What is open by due day: what is settled covers the earliest parts first. */
export const openParts = ({ parts, open }: Pick<Item, 'parts' | 'open'>): readonly Part[] => {
  let settled = parts.reduce((sum, { minor }) => sum + minor, 0n) - open
  return parts.map(({ dueOn, minor }) => {
    const covered = settled < minor ? settled : minor
    settled -= covered
    return { dueOn, minor: minor - covered }
  })
}
