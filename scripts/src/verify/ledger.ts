import { eventIdOf, type RecordedEvent } from '@registru/event-store'
import { postingsOf } from './accounts.ts'
import { expectEqual, type Report } from './differences.ts'
import { Fact, Metadata, type Money, minorOf } from './facts.ts'

export interface Invoice {
  readonly companyId: string
  readonly clientId: string
  readonly currency: string
  readonly total: bigint
  readonly dueOn: string
  allocated: bigint
  credited: bigint
  discounted: bigint
  writtenOff: bigint
  cancelled: bigint
}

/** What an invoice still asks for. */
export const openOf = ({ total, allocated, credited, discounted, writtenOff, cancelled }: Invoice): bigint =>
  total - allocated - credited - discounted - writtenOff - cancelled

export interface Payment {
  readonly companyId: string
  readonly clientId: string
  readonly currency: string
  readonly method: string
  readonly amount: bigint
  allocated: bigint
  refunded: bigint
  reversed: bigint
  reversedOn: string | undefined
  clearedOn: string | undefined
  fee: bigint
  /** `series number` of the living receipt. */
  receipt: string | undefined
  receiptsLiving: number
}

/** What of a payment settles nothing yet. */
export const creditOf = ({ amount, allocated, refunded, reversed }: Payment): bigint =>
  amount - allocated - refunded - reversed

export interface Receipt {
  readonly amount: bigint
  readonly currency: string
  readonly clientId: string
  readonly paymentId: string
  readonly issuedOn: string
  annulledOn: string | undefined
}

interface Book {
  readonly from: number
  to: number | undefined
  next: number
  lastIssuedOn: string
}

/** A change of what one item has open, with its two clocks. */
export interface Effect {
  readonly kind: 'INVOICE' | 'PAYMENT'
  readonly item: string
  readonly account: string
  readonly on: string
  readonly position: bigint
  readonly amount: bigint
}

/**
 * Everything that the events say, folded by code that nothing else uses. Keys begin with the company, and with the client
 * where two clients may use one id.
 */
export interface Ledger {
  readonly companies: Map<string, string>
  readonly clients: Map<string, { kind: string | undefined; name: string | undefined }>
  readonly invoices: Map<string, Invoice>
  readonly payments: Map<string, Payment>
  readonly books: Map<string, Book>
  readonly receipts: Map<string, Receipt>
  /** Living amount of each payment on each invoice. */
  readonly allocations: Map<string, bigint>
  /** Invoices, payments and reversals: what moves the client's balance as a whole. */
  readonly statementLines: Map<string, number>
  /** Debits less credits by company, symbolic account and currency. */
  readonly accountBalances: Map<string, bigint>
  readonly effects: Effect[]
  readonly settlements: { invoice: number; payment: number }
  /** Receipt steps that one stream has begun and the other has not ended. */
  readonly openSteps: Set<string>
  readonly eventIds: Set<string>
  events: number
  readonly streams: number
  readonly position: bigint
}

interface Place extends Metadata {
  readonly stream: string
  readonly position: bigint
}

const prefixes = ['company-', 'clientAccount-', 'receiptBook-']

const createLedger = () => ({
  companies: new Map<string, string>(),
  clients: new Map<string, { kind: string | undefined; name: string | undefined }>(),
  invoices: new Map<string, Invoice>(),
  payments: new Map<string, Payment>(),
  books: new Map<string, Book>(),
  receipts: new Map<string, Receipt>(),
  allocations: new Map<string, bigint>(),
  statementLines: new Map<string, number>(),
  accountBalances: new Map<string, bigint>(),
  effects: new Array<Effect>(),
  settlements: { invoice: 0, payment: 0 },
  openSteps: new Set<string>(),
  eventIds: new Set<string>(),
  events: 0,
})
type Folded = ReturnType<typeof createLedger>

interface SettledFact {
  readonly clientId: string
  readonly invoiceId: string
  readonly amount: Money
}

/** Folds one fact and holds it to the rules that no history may break. */
const fold = (ledger: Folded, report: Report, fact: Fact, { companyId, position }: Place): void => {
  const { type, data } = fact
  const rules = report.check('rules: allocations, credit and open amounts')
  const books = report.check('receipts: books without gap, one living receipt a payment')
  const key = (...ids: readonly (string | number)[]): string => [companyId, ...ids].join(' ')
  const account = (clientId: string, currency: string): string => key(clientId, currency)

  const effect = (
    kind: Effect['kind'],
    itemId: string,
    of: { clientId: string; currency: string },
    on: string,
    amount: bigint,
  ): void => {
    ledger.effects.push({
      kind,
      item: key(kind, of.clientId, itemId),
      account: account(of.clientId, of.currency),
      on,
      position,
      amount,
    })
  }
  const line = (clientId: string, currency: string): void => {
    const of = account(clientId, currency)
    ledger.statementLines.set(of, (ledger.statementLines.get(of) ?? 0) + 1)
  }
  const requireBounds = (invoiceId: string, invoice: Invoice): void => {
    const open = openOf(invoice)
    expectEqual(
      rules,
      `${key(invoice.clientId, invoiceId)}: 0 ≤ open ≤ total`,
      true,
      open >= 0n && open <= invoice.total,
    )
  }
  /** Lowers what an invoice asks for by other means than money. */
  const settle = (
    { clientId, invoiceId, amount: { amount, currency } }: SettledFact,
    how: 'credited' | 'discounted' | 'writtenOff' | 'cancelled',
    on: string,
  ): void => {
    const invoice = ledger.invoices.get(key(clientId, invoiceId))
    expectEqual(rules, `${key(clientId, invoiceId)}: ${how}`, currency, invoice?.currency)
    if (invoice === undefined) return
    invoice[how] += minorOf(amount)
    requireBounds(invoiceId, invoice)
    line(clientId, currency)
    effect('INVOICE', invoiceId, invoice, on, -minorOf(amount))
  }
  const receive = (
    paymentId: string,
    clientId: string,
    method: string,
    { amount, currency }: Money,
    on: string,
  ): void => {
    const known = ledger.payments.get(key(clientId, paymentId))?.method
    expectEqual(rules, `${key(clientId, paymentId)}: recorded once`, undefined, known)
    const payment: Payment = {
      companyId,
      clientId,
      currency,
      method,
      amount: minorOf(amount),
      allocated: 0n,
      refunded: 0n,
      reversed: 0n,
      reversedOn: undefined,
      clearedOn: undefined,
      fee: 0n,
      receipt: undefined,
      receiptsLiving: 0,
    }
    ledger.payments.set(key(clientId, paymentId), payment)
    line(clientId, currency)
    effect('PAYMENT', paymentId, payment, on, payment.amount)
  }
  const allocate = (
    {
      clientId,
      paymentId,
      invoiceId,
      amount: { amount, currency },
    }: { clientId: string; paymentId: string; invoiceId: string; amount: { amount: string; currency: string } },
    on: string,
    sign: 1n | -1n,
  ): void => {
    const minor = sign * minorOf(amount)
    const invoice = ledger.invoices.get(key(clientId, invoiceId))
    const payment = ledger.payments.get(key(clientId, paymentId))
    const pair = key(clientId, paymentId, invoiceId)
    expectEqual(rules, `${pair}: invoice and payment exist`, true, invoice !== undefined && payment !== undefined)
    if (invoice === undefined || payment === undefined) return
    expectEqual(rules, `${pair}: one currency`, `${currency} ${currency}`, `${invoice.currency} ${payment.currency}`)
    invoice.allocated += minor
    payment.allocated += minor
    const living = (ledger.allocations.get(pair) ?? 0n) + minor
    ledger.allocations.set(pair, living)
    requireBounds(invoiceId, invoice)
    expectEqual(rules, `${key(clientId, paymentId)}: credit not below zero`, true, creditOf(payment) >= 0n)
    expectEqual(rules, `${pair}: no more undone than allocated`, true, living >= 0n)
    ledger.settlements.invoice += 1
    ledger.settlements.payment += 1
    effect('INVOICE', invoiceId, invoice, on, -minor)
    effect('PAYMENT', paymentId, payment, on, -minor)
  }

  for (const [name, currency, minor] of postingsOf(fact)) {
    const of = key(name, currency)
    ledger.accountBalances.set(of, (ledger.accountBalances.get(of) ?? 0n) + minor)
  }

  switch (type) {
    case 'CompanyRegistered':
      ledger.companies.set(companyId, data.name)
      return
    case 'ClientRegistered':
      ledger.clients.set(key(data.clientId), { kind: data.kind, name: data.name })
      return
    case 'ClientUpdated': {
      const before = ledger.clients.get(key(data.clientId))
      ledger.clients.set(key(data.clientId), { kind: data.kind ?? before?.kind, name: data.name ?? before?.name })
      return
    }
    case 'InvoiceRegistered': {
      const { clientId, invoiceId, dueOn, issuedOn, total } = data
      const known = ledger.invoices.get(key(clientId, invoiceId))?.currency
      expectEqual(rules, `${key(clientId, invoiceId)}: registered once`, undefined, known)
      const invoice = {
        companyId,
        clientId,
        currency: total.currency,
        total: minorOf(total.amount),
        dueOn,
        allocated: 0n,
        credited: 0n,
        discounted: 0n,
        writtenOff: 0n,
        cancelled: 0n,
      }
      ledger.invoices.set(key(clientId, invoiceId), invoice)
      line(clientId, total.currency)
      effect('INVOICE', invoiceId, invoice, issuedOn, invoice.total)
      return
    }
    case 'PaymentRecorded':
      return receive(data.paymentId, data.clientId, data.method, data.amount, data.receivedOn)
    case 'InvoiceCancelled':
      return settle({ ...data, amount: data.total }, 'cancelled', data.cancelledOn)
    case 'DiscountGranted':
      return settle(data, 'discounted', data.grantedOn)
    case 'InvoiceWrittenOff':
      return settle(data, 'writtenOff', data.writtenOffOn)
    case 'CreditNoteRegistered': {
      const { clientId, creditNoteId, invoiceId, total, creditedOn } = data
      if (invoiceId !== undefined) return settle({ clientId, invoiceId, amount: total }, 'credited', creditedOn)
      // Without an invoice it is credit like a payment, and is allocated like one.
      return receive(creditNoteId, clientId, 'CREDIT_NOTE', total, creditedOn)
    }
    case 'RefundRecorded': {
      const payment = ledger.payments.get(key(data.clientId, data.paymentId))
      const refunded = minorOf(data.amount.amount)
      const covered = payment !== undefined && refunded <= creditOf(payment)
      expectEqual(rules, `${key(data.clientId, data.paymentId)}: no more refunded than credit`, true, covered)
      if (payment === undefined) return
      payment.refunded += refunded
      line(payment.clientId, payment.currency)
      effect('PAYMENT', data.paymentId, payment, data.refundedOn, -refunded)
      return
    }
    case 'PaymentAllocated':
      return allocate(data, data.allocatedOn, 1n)
    case 'PaymentDeallocated':
      return allocate(data, data.deallocatedOn, -1n)
    case 'PaymentReversed': {
      const payment = ledger.payments.get(key(data.clientId, data.paymentId))
      expectEqual(
        rules,
        `${key(data.clientId, data.paymentId)}: reversed once, whole, with nothing allocated or refunded`,
        '0 0 0',
        `${payment?.reversed} ${payment?.allocated} ${payment?.refunded}`,
      )
      if (payment === undefined) return
      payment.reversed += minorOf(data.amount.amount)
      expectEqual(
        rules,
        `${key(data.clientId, data.paymentId)}: reversed from where it lay`,
        `${payment.method} ${payment.clearedOn !== undefined}`,
        `${data.method} ${data.cleared}`,
      )
      payment.reversedOn = data.reversedOn
      expectEqual(rules, `${key(data.clientId, data.paymentId)}: reversed in full`, payment.amount, payment.reversed)
      line(payment.clientId, payment.currency)
      effect('PAYMENT', data.paymentId, payment, data.reversedOn, -payment.reversed)
      return
    }
    case 'ReceiptRequested':
      ledger.openSteps.add(`issue ${key(data.series, data.receiptId)}`)
      return
    case 'ReceiptDeclined':
      ledger.openSteps.delete(`issue ${key(data.series, data.receiptId)}`)
      return
    case 'ReceiptReleased':
      ledger.openSteps.delete(`release ${key(data.series, data.number)}`)
      return
    case 'ReceiptBookOpened':
      ledger.books.set(key(data.series), { from: data.from, to: data.to, next: data.from, lastIssuedOn: '' })
      return
    case 'ReceiptRangeExtended': {
      const book = ledger.books.get(key(data.series))
      expectEqual(books, `${key(data.series)}: its range grows`, true, (book?.to ?? 0) < data.to)
      if (book !== undefined) book.to = data.to
      return
    }
    case 'PaymentCleared': {
      const payment = ledger.payments.get(key(data.clientId, data.paymentId))
      expectEqual(
        rules,
        `${key(data.clientId, data.paymentId)}: cleared in full`,
        payment?.amount,
        minorOf(data.amount.amount),
      )
      if (payment === undefined) return
      expectEqual(rules, `${key(data.clientId, data.paymentId)}: cleared once`, undefined, payment.clearedOn)
      expectEqual(
        rules,
        `${key(data.clientId, data.paymentId)}: cleared while it stands`,
        undefined,
        payment.reversedOn,
      )
      payment.clearedOn = data.clearedOn
      payment.fee = minorOf(data.fee)
      return
    }
    // They say who answers, what is open, or that a copy was printed; no amount depends on them.
    case 'PolicySet':
    case 'CashDeskOpened':
    case 'PeriodClosed':
    case 'PeriodReopened':
    case 'CashLimitOverridden':
    case 'ReceiptRefused':
    case 'ReceiptReprinted':
      return
    case 'ReceiptIssued': {
      const { series, number, clientId, paymentId, amount, issuedOn } = data
      const book = ledger.books.get(key(series))
      const payment = ledger.payments.get(key(clientId, paymentId))
      expectEqual(books, `${key(series)}: next number`, book?.next, number)
      expectEqual(books, `${key(series, number)}: not past the range`, true, number <= (book?.to ?? number))
      expectEqual(
        books,
        `${key(series, number)}: not before the last receipt's day`,
        true,
        issuedOn >= (book?.lastIssuedOn ?? ''),
      )
      expectEqual(
        books,
        `${key(series, number)}: was asked for`,
        true,
        ledger.openSteps.delete(`issue ${key(series, data.receiptId)}`),
      )
      expectEqual(books, `${key(series, number)}: for cash`, 'CASH', payment?.method)
      expectEqual(books, `${key(series, number)}: the payment's amount`, payment?.amount, minorOf(amount.amount))
      if (data.replaces !== undefined) {
        const replaced = ledger.receipts.get(key(data.replaces.series, data.replaces.number))
        const names = `${replaced?.paymentId} ${replaced?.annulledOn !== undefined}`
        expectEqual(
          books,
          `${key(series, number)}: replaces an annulled one of its payment`,
          `${paymentId} true`,
          names,
        )
      }
      if (book !== undefined) Object.assign(book, { next: number + 1, lastIssuedOn: issuedOn })
      const entry = {
        amount: minorOf(amount.amount),
        currency: amount.currency,
        clientId,
        paymentId,
        issuedOn,
        annulledOn: undefined,
      }
      ledger.receipts.set(key(series, number), entry)
      if (payment === undefined) return
      payment.receipt = `${series} ${number}`
      payment.receiptsLiving += 1
      expectEqual(books, `${key(clientId, paymentId)}: living receipts`, 1, payment.receiptsLiving)
      return
    }
    case 'ReceiptAnnulled': {
      const { series, number, clientId, paymentId, annulledOn } = data
      const entry = ledger.receipts.get(key(series, number))
      expectEqual(
        books,
        `${key(series, number)}: issued, and annulled once`,
        true,
        entry !== undefined && entry.annulledOn === undefined,
      )
      if (entry !== undefined) entry.annulledOn = annulledOn
      ledger.openSteps.add(`release ${key(series, number)}`)
      const payment = ledger.payments.get(key(clientId, paymentId))
      if (payment === undefined) return
      payment.receiptsLiving -= 1
      if (payment.receipt === `${series} ${number}`) payment.receipt = undefined
      return
    }
  }
}

/** The fact of a stored event; `undefined`, and a difference, when this checker does not know its type or version. */
const readFact = (
  report: Report,
  { type, data, metadata, stream, revision }: RecordedEvent,
): { fact: Fact; metadata: Metadata } | undefined => {
  const fact = Fact.safeParse({ type, data })
  const place = Metadata.safeParse(metadata)
  const known = fact.success && place.success
  const check = report.check('log: every event can be read by this checker')
  expectEqual(check, `${stream} ${revision}: ${type}`, 'a known shape', known ? 'a known shape' : 'another')
  return known ? { fact: fact.data, metadata: place.data } : undefined
}

/** Folds the whole log up to a position, in its order, and checks the log's own rules on the way. */
export const foldLedger = async (
  events: AsyncIterable<RecordedEvent>,
  until: bigint,
  report: Report,
  onEvent: (position: bigint) => void,
): Promise<Ledger> => {
  const ledger = createLedger()
  const heads = new Map<string, bigint>()
  /** Where each command's events stand, and how many there were. */
  const commands = new Map<string, { readonly stream: string; next: bigint; count: number }>()
  const order = report.check('log: positions rise, revisions have no gap')
  const ids = report.check('log: event ids are unique')
  const once = report.check('log: each command stands once, in one place')
  let last = -1n
  for await (const event of events) {
    if (event.position > until) break
    const { stream, revision, position, id } = event
    if (!prefixes.some((prefix) => stream.startsWith(prefix))) continue
    onEvent(position)
    ledger.events += 1
    expectEqual(order, `${stream} ${revision}: above the last position`, true, position > last)
    expectEqual(order, `${stream}: next revision`, (heads.get(stream) ?? -1n) + 1n, revision)
    expectEqual(ids, id, 'one event', ledger.eventIds.has(`${stream} ${id}`) ? 'a second one' : 'one event')
    heads.set(stream, revision)
    ledger.eventIds.add(`${stream} ${id}`)
    last = position

    const read = readFact(report, event)
    if (read === undefined) continue
    const { fact, metadata } = read
    const { commandId } = metadata
    const command = commands.get(commandId) ?? { stream, next: revision, count: 0 }
    expectEqual(
      once,
      `${commandId} at ${stream} ${revision}`,
      `${command.stream} ${command.next}`,
      `${stream} ${revision}`,
    )
    expectEqual(once, `${commandId}: id of event ${command.count}`, eventIdOf(commandId, command.count), id)
    commands.set(commandId, { stream, next: revision + 1n, count: command.count + 1 })
    fold(ledger, report, fact, { ...metadata, stream, position })
  }
  return { ...ledger, streams: heads.size, position: last }
}
