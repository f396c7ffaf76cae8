import { type Money, minorOf, type PlacedFact, paidOf } from '@registru/scripts/audit/facts'
import { show } from './naive-answers.ts'
import { type Clocks, effectiveOn, type Item, openParts, rescheduled } from './naive-items.ts'

const MS_A_DAY = 86_400_000

/** The business day of every event that changes a document. */
const dayOf = (fact: PlacedFact): string | undefined => {
  if (fact.type === 'PaymentCleared') return fact.data.clearedOn
  if (fact.type === 'ReceiptIssued') return fact.data.issuedOn
  return fact.type === 'ReceiptAnnulled' ? fact.data.annulledOn : effectiveOn(fact)
}

/** What had happened by a day, as far as it was known, in the order of the log. */
const happened = (facts: readonly PlacedFact[], { companyId, asOf, knownAt }: Clocks): readonly PlacedFact[] =>
  facts.filter((fact) => {
    const on = dayOf(fact)
    return fact.companyId === companyId && fact.position <= knownAt && on !== undefined && on <= asOf
  })

const ARRIVES_LATER = /CARD|ONLINE|COURIER|PROMISSORY|CHEQUE/

interface Part {
  readonly paymentId: string
  readonly on: string
  minor: bigint
}

/** An invoice, or what is owed without one. */
type Owed = Pick<
  Extract<PlacedFact, { readonly type: 'InvoiceRegistered' }>['data'],
  'clientId' | 'invoiceId' | 'kind' | 'issuedOn' | 'dueOn' | 'total' | 'instalments'
>

interface Invoice {
  readonly data: Owed
  /** What is due when; of the whole. */
  dues: Item['parts']
  /** What stands of each allocation. */
  readonly parts: Part[]
  uncleared: bigint
  credited: bigint
  discounted: bigint
  writtenOff: bigint
  small: bigint
  recovered: bigint
  /** Settled before a merge brought it, and gone on with another. */
  before: bigint
  moved: bigint
  cancelled: boolean
}

interface Payment {
  readonly clientId: string
  readonly paymentId: string
  readonly method: string
  readonly on: string
  readonly money: Money
  allocated: bigint
  refunded: bigint
  released: bigint
  claimed: bigint
  reversed: bigint
  transferred: bigint
  origin: { readonly clientId?: string; readonly paymentId: string } | undefined
  reversal: { readonly on: string; readonly reason: string } | undefined
  inTransit: bigint
  clearings: { readonly on: string; readonly amount: string; readonly fee: string; readonly eventId: string }[]
  receipt: { readonly series: string; readonly number: number } | undefined
}

interface Receipt {
  readonly data: Extract<PlacedFact, { readonly type: 'ReceiptIssued' }>['data']
  annulledOn: string | undefined
  replacedBy: { readonly series: string; readonly number: number } | undefined
}

/** An undo takes the newest first. */
const undo = (parts: Part[], paymentId: string, minor: bigint): void => {
  let left = minor
  for (const part of parts.toReversed()) {
    if (part.paymentId !== paymentId) continue
    const taken = part.minor < left ? part.minor : left
    part.minor -= taken
    left -= taken
  }
}

const duesOf = ({ dueOn, instalments, total }: Owed): Item['parts'] =>
  instalments.length === 0
    ? [{ dueOn, minor: minorOf(total.amount) }]
    : instalments.map((part) => ({ dueOn: part.dueOn, minor: minorOf(part.amount) }))

/** Every event that had happened, one after the other. */
const fold = (facts: readonly PlacedFact[], clocks: Clocks) => {
  const invoices = new Map<string, Invoice>()
  const payments = new Map<string, Payment>()
  const receipts = new Map<string, Receipt>()
  const invoiceOf = (clientId: string, id: string): Invoice => {
    const invoice = invoices.get(`${clientId} ${id}`)
    if (invoice === undefined) throw new Error(`invoice ${id} of ${clientId} moves before it is there`)
    return invoice
  }
  const paymentOf = (clientId: string, id: string): Payment => {
    const payment = payments.get(`${clientId} ${id}`)
    if (payment === undefined) throw new Error(`payment ${id} of ${clientId} moves before it is there`)
    return payment
  }
  const begin = (clientId: string, paymentId: string, method: string, on: string, money: Money): void => {
    const inTransit = ARRIVES_LATER.test(method) ? minorOf(money.amount) : 0n
    const untouched = {
      allocated: 0n,
      refunded: 0n,
      released: 0n,
      claimed: 0n,
      reversed: 0n,
      transferred: 0n,
      inTransit,
      clearings: [],
    }
    const nothing = { origin: undefined, reversal: undefined, receipt: undefined }
    payments.set(`${clientId} ${paymentId}`, { clientId, paymentId, method, on, money, ...untouched, ...nothing })
  }
  const owe = (data: Owed): void => {
    const settled = { parts: [], uncleared: 0n, credited: 0n, discounted: 0n, writtenOff: 0n, small: 0n, recovered: 0n }
    const elsewhere = { before: 0n, moved: 0n }
    invoices.set(`${data.clientId} ${data.invoiceId}`, {
      data,
      dues: duesOf(data),
      ...settled,
      ...elsewhere,
      cancelled: false,
    })
  }
  for (const { type, data, eventId } of happened(facts, clocks)) {
    switch (type) {
      case 'InvoiceRegistered':
        owe(data)
        break
      case 'ClaimRegistered':
        owe({ ...data, invoiceId: data.claimId, instalments: [] })
        if (data.paymentId !== undefined) {
          paymentOf(data.clientId, data.paymentId).claimed += minorOf(data.total.amount)
        }
        break
      case 'ClaimCancelled':
        invoiceOf(data.clientId, data.claimId).cancelled = true
        if (data.paymentId !== undefined) {
          paymentOf(data.clientId, data.paymentId).claimed -= minorOf(data.total.amount)
        }
        break
      case 'InvoiceRescheduled': {
        const invoice = invoiceOf(data.clientId, data.invoiceId)
        invoice.dues = rescheduled(invoice.dues, data.instalments)
        break
      }
      case 'InvoiceCancelled':
        invoiceOf(data.clientId, data.invoiceId).cancelled = true
        break
      case 'CreditNoteRegistered':
        if (data.invoiceId === undefined) {
          begin(data.clientId, data.creditNoteId, 'CREDIT_NOTE', data.creditedOn, data.total)
        } else invoiceOf(data.clientId, data.invoiceId).credited += minorOf(data.total.amount)
        break
      case 'DiscountGranted':
        invoiceOf(data.clientId, data.invoiceId).discounted += minorOf(data.amount.amount)
        break
      case 'InvoiceWrittenOff':
        invoiceOf(data.clientId, data.invoiceId).writtenOff += minorOf(data.amount.amount)
        if (data.kind !== undefined) invoiceOf(data.clientId, data.invoiceId).small += minorOf(data.amount.amount)
        break
      case 'PaymentRecorded':
        begin(data.clientId, data.paymentId, data.method, data.receivedOn, data.amount)
        break
      case 'PaymentAllocated':
      case 'PaymentDeallocated': {
        const invoice = invoiceOf(data.clientId, data.invoiceId)
        const [minor, sign] = [minorOf(data.amount.amount), type === 'PaymentAllocated' ? 1n : -1n]
        paymentOf(data.clientId, data.paymentId).allocated += sign * minorOf(paidOf(data).amount)
        if (data.recovers === true) {
          invoice.recovered += sign * minor
          break
        }
        if (type === 'PaymentDeallocated') undo(invoice.parts, data.paymentId, minor)
        else invoice.parts.push({ paymentId: data.paymentId, on: data.allocatedOn, minor })
        if (data.uncleared === true) invoice.uncleared += sign * (minor - minorOf(data.collected ?? '0'))
        break
      }
      case 'PaymentCleared': {
        const payment = paymentOf(data.clientId, data.paymentId)
        const { clearedOn: on, fee, amount: arrived } = data
        payment.clearings.push({ on, amount: arrived.amount, fee, eventId })
        payment.inTransit -= minorOf(arrived.amount)
        for (const { invoiceId, amount } of data.settles ?? []) {
          invoiceOf(data.clientId, invoiceId).uncleared -= minorOf(amount.amount)
        }
        break
      }
      case 'PaymentReversed': {
        const payment = paymentOf(data.clientId, data.paymentId)
        payment.reversed += minorOf(data.amount.amount)
        payment.reversal = { on: data.reversedOn, reason: data.reason }
        payment.inTransit -= minorOf(data.takenInTransit ?? (data.cleared ? '0' : data.amount.amount))
        break
      }
      case 'RefundRecorded':
        paymentOf(data.clientId, data.paymentId).refunded += minorOf(data.amount.amount)
        paymentOf(data.clientId, data.paymentId).inTransit -= minorOf(data.takenInTransit ?? '0')
        break
      case 'CreditReleased':
        paymentOf(data.clientId, data.paymentId).released += minorOf(data.amount.amount)
        break
      case 'RefundReversed': {
        const payment = paymentOf(data.clientId, data.paymentId)
        payment.refunded -= minorOf(data.amount.amount)
        // What was kept from the payout is on its way again.
        payment.inTransit += minorOf(data.takenInTransit ?? '0')
        break
      }
      case 'CreditNoteReversed':
        if (data.invoiceId === undefined) {
          const credit = paymentOf(data.clientId, data.creditNoteId)
          credit.reversed += minorOf(data.total.amount)
          credit.reversal = { on: data.reversedOn, reason: data.reason }
        } else invoiceOf(data.clientId, data.invoiceId).credited -= minorOf(data.total.amount)
        break
      case 'DiscountReversed':
        invoiceOf(data.clientId, data.invoiceId).discounted -= minorOf(data.amount.amount)
        break
      case 'WriteOffReversed':
        invoiceOf(data.clientId, data.invoiceId).writtenOff -= minorOf(data.amount.amount)
        if (data.kind !== undefined) invoiceOf(data.clientId, data.invoiceId).small -= minorOf(data.amount.amount)
        break
      case 'PaymentIdentified': {
        const { clientId, identificationId, paymentId, amount, identifiedOn } = data
        begin(clientId, identificationId, 'TRANSFER', identifiedOn, amount)
        paymentOf(clientId, identificationId).origin = { paymentId }
        break
      }
      case 'IdentificationUndone':
        paymentOf(data.clientId, data.identificationId).transferred += minorOf(data.amount.amount)
        break
      case 'InvoiceMoved': {
        const given = invoiceOf(data.fromClientId, data.invoiceId)
        const [bad, brought] = [minorOf(data.writtenOff ?? '0'), minorOf(data.recovered ?? '0')]
        const asked = minorOf(data.amount.amount) + bad
        given.moved += asked
        given.writtenOff -= bad
        given.recovered -= brought
        if (data.again !== true) owe(data)
        const received = invoiceOf(data.clientId, data.invoiceId)
        if (data.again !== true) received.before += minorOf(data.total.amount)
        received.before -= asked
        received.writtenOff += bad
        received.recovered += brought
        break
      }
      case 'TransferReceived': {
        const { clientId, transferId, origin, amount, movedOn, returnsTo } = data
        paymentOf(origin.clientId, origin.paymentId).transferred += minorOf(amount.amount)
        if (returnsTo !== undefined) {
          paymentOf(clientId, returnsTo).transferred -= minorOf(amount.amount)
          break
        }
        begin(clientId, transferId, 'TRANSFER', movedOn, amount)
        paymentOf(clientId, transferId).origin = origin
        break
      }
      case 'ReceiptIssued': {
        const { series, number, replaces } = data
        receipts.set(`${series} ${number}`, { data, annulledOn: undefined, replacedBy: undefined })
        paymentOf(data.clientId, data.paymentId).receipt = { series, number }
        const replaced = replaces && receipts.get(`${replaces.series} ${replaces.number}`)
        if (replaced !== undefined) replaced.replacedBy = { series, number }
        break
      }
      case 'ReceiptAnnulled': {
        const receipt = receipts.get(`${data.series} ${data.number}`)
        if (receipt !== undefined) receipt.annulledOn = data.annulledOn
        const payment = paymentOf(data.clientId, data.paymentId)
        if (payment.receipt?.series === data.series && payment.receipt.number === data.number)
          payment.receipt = undefined
        break
      }
      default:
    }
  }
  return { invoices, payments, receipts }
}

const sum = (parts: readonly Part[]): bigint => parts.reduce((total, { minor }) => total + minor, 0n)

/** domain/romania.md §8: PAID is what money and notes have settled, as far as cheques are collected. */
const statusOf = (invoice: Invoice, open: bigint): string => {
  const allocated = sum(invoice.parts)
  if (invoice.cancelled) return 'CANCELLED'
  if (open + invoice.uncleared > 0n) {
    return allocated > invoice.uncleared || invoice.before > 0n ? 'PARTIALLY_PAID' : 'UNPAID'
  }
  if (invoice.moved > 0n) return 'MOVED'
  if (invoice.writtenOff > invoice.small) return 'WRITTEN_OFF'
  return allocated === 0n && invoice.credited > 0n ? 'CREDITED' : 'PAID'
}

const invoiceBody = (invoice: Invoice, { asOf }: Clocks) => {
  const { data, dues, parts, uncleared, credited, discounted, writtenOff, small, recovered, cancelled } = invoice
  const { before, moved } = invoice
  const { total } = data
  const { currency } = total
  const allocated = sum(parts)
  const open = cancelled ? 0n : minorOf(total.amount) - allocated - credited - discounted - writtenOff - before - moved
  const [first] = openParts({ parts: dues, open })
    .flatMap(({ minor, dueOn }) => (minor > 0n ? [dueOn] : []))
    .toSorted()
  const late = first === undefined ? 0 : (Date.parse(asOf) - Date.parse(first)) / MS_A_DAY
  const living = parts.filter(({ minor }) => minor > 0n)
  const lastPaymentOn = living
    .map(({ on }) => on)
    .toSorted()
    .at(-1)
  return {
    invoiceId: data.invoiceId,
    clientId: data.clientId,
    kind: data.kind,
    issuedOn: data.issuedOn,
    dueOn: dues.at(-1)?.dueOn ?? '',
    instalments: dues.length > 1 ? dues.map((due) => ({ dueOn: due.dueOn, amount: show(due.minor, currency) })) : [],
    total: show(minorOf(total.amount), currency),
    allocated: show(allocated, currency),
    uncleared: show(uncleared, currency),
    credited: show(credited, currency),
    discounted: show(discounted, currency),
    writtenOff: show(writtenOff, currency),
    smallDifference: show(small, currency),
    recovered: show(recovered, currency),
    before: show(before, currency),
    moved: show(moved, currency),
    open: show(open, currency),
    status: statusOf(invoice, open),
    overdueDays: open > 0n ? Math.max(0, late) : 0,
    // What is not there has to be missing in the answer too.
    lastPaymentOn,
  }
}

const inOrderOf =
  <Item>(keyOf: (item: Item) => readonly string[]) =>
  (a: Item, b: Item): number => {
    const [left, right] = [keyOf(a), keyOf(b)]
    const at = left.findIndex((part, index) => part !== right[index])
    return at === -1 ? 0 : (left[at] ?? '') < (right[at] ?? '') ? -1 : 1
  }

export interface DocumentFilter {
  readonly clientId?: string
  readonly status?: string
  readonly overdueBy?: number
}

/** The list of invoices; each of its rows is what its document says as well. */
export const naiveInvoices = (facts: readonly PlacedFact[], clocks: Clocks, filter: DocumentFilter) => {
  const { clientId, status, overdueBy = 0 } = filter
  return [...fold(facts, clocks).invoices.values()]
    .map((invoice) => invoiceBody(invoice, clocks))
    .filter((body) => clientId === undefined || body.clientId === clientId)
    .filter((body) => status === undefined || body.status === status)
    .filter(({ overdueDays }) => overdueDays >= overdueBy)
    .toSorted(inOrderOf((body) => [body.dueOn, body.invoiceId, body.clientId]))
}

export const naivePayments = (facts: readonly PlacedFact[], clocks: Clocks, { clientId }: DocumentFilter) =>
  [...fold(facts, clocks).payments.values()]
    .filter((payment) => clientId === undefined || payment.clientId === clientId)
    .toSorted(inOrderOf((payment) => [payment.on, payment.paymentId, payment.clientId]))
    .map(
      ({
        money,
        on,
        allocated,
        refunded,
        released,
        claimed,
        reversed,
        transferred,
        reversal,
        inTransit,
        receipt,
        ...payment
      }) => {
        const { currency } = money
        const amount = minorOf(money.amount)
        return {
          ...payment,
          receivedOn: on,
          currency,
          amount: show(amount, currency),
          allocated: show(allocated, currency),
          refunded: show(refunded, currency),
          reversed: show(reversed, currency),
          transferred: show(transferred, currency),
          released: show(released, currency),
          claimed: show(claimed, currency),
          inTransit: show(ARRIVES_LATER.test(payment.method) ? inTransit : 0n, currency),
          credit: show(amount + claimed - allocated - refunded - released - reversed - transferred, currency),
          reversal,
          receipt,
        }
      },
    )

export const naiveReceipts = (facts: readonly PlacedFact[], clocks: Clocks) =>
  [...fold(facts, clocks).receipts.values()]
    .toSorted((a, b) => a.data.number - b.data.number)
    .map(({ data, annulledOn, replacedBy }) => {
      const { amount, currency } = data.amount
      return {
        series: data.series,
        number: data.number,
        paymentId: data.paymentId,
        issuedOn: data.issuedOn,
        amount,
        value: annulledOn === undefined ? amount : show(0n, currency),
        annulled: annulledOn === undefined ? undefined : { on: annulledOn, replacedBy },
      }
    })
