import { type LedgerEvent, minorIn, minorOf } from '@registru/domain'

/** An item of the oracle: what is open of an invoice, or of a payment, at one pair of clocks. */
export interface NaiveItem {
  readonly kind: 'INVOICE' | 'PAYMENT'
  readonly id: string
  readonly clientId: string
  readonly currency: string
  readonly issuedOn: string
  readonly dueParts: readonly { readonly dueOn: string; readonly minor: bigint }[]
  open: bigint
}

const effectiveOn = (event: LedgerEvent): string | undefined => {
  switch (event.type) {
    case 'InvoiceRegistered':
      return event.data.issuedOn
    case 'PaymentRecorded':
      return event.data.receivedOn
    case 'PaymentAllocated':
      return event.data.allocatedOn
    case 'PaymentDeallocated':
      return event.data.deallocatedOn
    case 'PaymentReversed':
      return event.data.reversedOn
    default:
      return undefined
  }
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
  for (const event of visible(events, question)) {
    switch (event.type) {
      case 'InvoiceRegistered': {
        const { clientId, invoiceId, total, issuedOn, dueOn, instalments } = event.data
        const whole = minorOf(total)
        items.set(`i ${invoiceId}`, {
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
        break
      }
      case 'PaymentRecorded': {
        const { clientId, paymentId, amount, receivedOn } = event.data
        const whole = minorOf(amount)
        items.set(`p ${paymentId}`, {
          kind: 'PAYMENT',
          id: paymentId,
          clientId,
          currency: amount.currency,
          issuedOn: receivedOn,
          dueParts: [{ dueOn: receivedOn, minor: whole }],
          open: whole,
        })
        break
      }
      case 'PaymentAllocated':
        move(`i ${event.data.invoiceId}`, -minorOf(event.data.amount))
        move(`p ${event.data.paymentId}`, -minorOf(event.data.amount))
        break
      case 'PaymentDeallocated':
        move(`i ${event.data.invoiceId}`, minorOf(event.data.amount))
        move(`p ${event.data.paymentId}`, minorOf(event.data.amount))
        break
      case 'PaymentReversed':
        move(`p ${event.data.paymentId}`, -minorOf(event.data.amount))
        break
      default:
        break
    }
  }
  return [...items.values()]
}

/** What is open by due day: settled money covers the earliest parts first. */
export const openParts = (item: NaiveItem): readonly { readonly dueOn: string; readonly minor: bigint }[] => {
  let settled = item.dueParts.reduce((sum, part) => sum + part.minor, 0n) - item.open
  return item.dueParts.map(({ dueOn, minor }) => {
    const covered = settled < minor ? settled : minor
    settled -= covered
    return { dueOn, minor: minor - covered }
  })
}
