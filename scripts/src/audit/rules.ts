import { inTransitOf, type Money, minorOf, NOBODY, type PlacedFact, paidOf } from './facts.ts'
import { expectEqual, type Report } from './report.ts'

/** Ways of payment on which money arrives later, and those of them that a refund may go back on. */
const ON_ITS_WAY = /^CARD|^ONLINE|^COURIER|^PROMISSORY|^CHEQUE/
const CARD = /^CARD|^ONLINE/

export interface Invoice {
  readonly companyId: string
  readonly clientId: string
  readonly currency: string
  readonly total: bigint
  allocated: bigint
  credited: bigint
  discounted: bigint
  /** Bad debts, and rests too small to be one. */
  writtenOff: bigint
  small: bigint
  /** Of what is written off: paid after all. */
  recovered: bigint
  cancelled: bigint
  /** Of one that came from another account: what it asked for no longer then; of one that went: what the other has. */
  before: bigint
  moved: bigint
  /** By move, what is reserved: neither received nor given back. */
  readonly moving: Map<string, bigint>
}

/** What an invoice still asks for. */
export const openOf = (invoice: Invoice): bigint => {
  const { total, allocated, credited, discounted, writtenOff, small, cancelled, before, moved } = invoice
  return total - allocated - credited - discounted - writtenOff - small - cancelled - before - moved
}

export interface Payment {
  readonly companyId: string
  readonly clientId: string
  readonly currency: string
  readonly method: string
  readonly amount: bigint
  allocated: bigint
  refunded: bigint
  released: bigint
  /** What left beyond all that was there, and is owed for. */
  claimed: bigint
  reversed: bigint
  /** What other accounts have received of it. */
  transferred: bigint
  /** By transfer, what is reserved: neither received nor freed. */
  readonly reserved: Map<string, bigint>
  /** What is still on its way to the bank. */
  inTransit: bigint
  /** Given back by card before events told whether it was kept from the payout: that may have come in full. */
  untold: bigint
  clearedOn: string | undefined
  fee: bigint
  /** `series number` of the living receipt. */
  receipt: string | undefined
  receiptsLiving: number
}

/** What of a payment settles nothing yet. */
export const creditOf = (payment: Payment): bigint => {
  const { amount, claimed, allocated, refunded, released, reversed, transferred } = payment
  return amount + claimed - allocated - refunded - released - reversed - transferred
}

/** What commands may still use of it. */
const freeOf = (payment: Payment): bigint =>
  [...payment.reserved.values()].reduce((left, reserved) => left - reserved, creditOf(payment))

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

/** What the rules need to know. Keys begin with the company, and with the client where two clients may use one id. */
export interface Ledger {
  readonly invoices: Map<string, Invoice>
  readonly payments: Map<string, Payment>
  readonly books: Map<string, Book>
  readonly receipts: Map<string, Receipt>
  /** Living amount of each payment on each invoice. */
  readonly allocations: Map<string, bigint>
  /** Credit notes, discounts, write-offs and refunds: what each took, or that it was taken back. */
  readonly papers: Map<string, string>
  /** The last word of each source on each currency and day. */
  readonly rates: Map<string, string>
  /** Steps of receipts and transfers that one stream has begun and the other has not ended. */
  readonly openSteps: Set<string>
}

export const createLedger = (): Ledger => ({
  invoices: new Map(),
  payments: new Map(),
  books: new Map(),
  receipts: new Map(),
  allocations: new Map(),
  papers: new Map(),
  rates: new Map(),
  openSteps: new Set(),
})

interface SettledFact {
  readonly clientId: string
  readonly invoiceId: string
  readonly amount: Money
}

type GivenBack = Extract<PlacedFact, { type: 'RefundRecorded' | 'RefundReversed' }>['data']

/** What a refund says of other currencies, which its reversal says again. */
const foreignPart = ({ conversion, functional, worth }: GivenBack): string =>
  [conversion?.paid, functional, worth && { currency: worth.currency, amount: worth.paid }]
    .map((money) => (money === undefined ? '' : ` ${money.amount} ${money.currency}`))
    .join(',')

/** Folds one fact and holds it to the rules that no history may break. */
export const holdToRules = (ledger: Ledger, report: Report, fact: PlacedFact): void => {
  const { type, data, companyId, eventId } = fact
  const rules = report.check('rules: allocations, credit and open amounts')
  const transfers = report.check('rules: credit that moves is in one account')
  const merges = report.check('rules: what merged accounts move is in one of them')
  const nobodys = report.check('rules: unidentified money is in one place')
  const books = report.check('receipts: books without gap, one living receipt a payment')
  const key = (...ids: readonly (string | number)[]): string => [companyId, ...ids].join(' ')
  const requireBounds = (invoiceId: string, invoice: Invoice): void => {
    const open = openOf(invoice)
    const { recovered, writtenOff } = invoice
    expectEqual(
      rules,
      `${key(invoice.clientId, invoiceId)}: 0 ≤ open ≤ total`,
      true,
      open >= 0n && open <= invoice.total,
    )
    expectEqual(
      rules,
      `${key(invoice.clientId, invoiceId)}: 0 ≤ recovered ≤ written off`,
      true,
      recovered >= 0n && recovered <= writtenOff,
    )
  }
  /** Lowers what an invoice asks for by other means than money. */
  const settle = (
    { clientId, invoiceId, amount: { amount, currency } }: SettledFact,
    how: 'credited' | 'discounted' | 'writtenOff' | 'small' | 'cancelled',
    sign: 1n | -1n = 1n,
  ): void => {
    const invoice = ledger.invoices.get(key(clientId, invoiceId))
    expectEqual(rules, `${key(clientId, invoiceId)}: ${how}`, currency, invoice?.currency)
    if (invoice === undefined) return
    invoice[how] += sign * minorOf(amount)
    expectEqual(rules, `${key(clientId, invoiceId)}: ${how} not below zero`, true, invoice[how] >= 0n)
    requireBounds(invoiceId, invoice)
  }
  /** What is owed: an invoice, or a claim without one. */
  const register = (clientId: string, invoiceId: string, { amount, currency }: Money): void => {
    const known = ledger.invoices.get(key(clientId, invoiceId))?.currency
    expectEqual(rules, `${key(clientId, invoiceId)}: registered once`, undefined, known)
    const settled = {
      allocated: 0n,
      credited: 0n,
      discounted: 0n,
      writtenOff: 0n,
      small: 0n,
      recovered: 0n,
      cancelled: 0n,
      before: 0n,
      moved: 0n,
      moving: new Map(),
    }
    const invoice = { companyId, clientId, currency, total: minorOf(amount), ...settled }
    ledger.invoices.set(key(clientId, invoiceId), invoice)
  }
  /** Of money that leaves beyond what is there of a payment, the claim is its credit until then. */
  const claim = (
    clientId: string,
    paymentId: string | undefined,
    { amount, currency }: Money,
    sign: 1n | -1n,
  ): void => {
    if (paymentId === undefined) return
    const payment = ledger.payments.get(key(clientId, paymentId))
    expectEqual(rules, `${key(clientId, paymentId)}: claimed in its currency`, currency, payment?.currency)
    if (payment === undefined) return
    payment.claimed += sign * minorOf(amount)
    expectEqual(rules, `${key(clientId, paymentId)}: credit not below zero`, true, freeOf(payment) >= 0n)
  }
  /** A paper is there once, and is taken back once, whole. */
  const write = (paper: string, { amount, currency }: Money, told = ''): void => {
    expectEqual(rules, `${paper}: recorded once`, undefined, ledger.papers.get(paper))
    ledger.papers.set(paper, `${amount} ${currency}${told}`)
  }
  const takeBack = (paper: string, { amount, currency }: Money, told = ''): void => {
    expectEqual(rules, `${paper}: taken back whole, once`, ledger.papers.get(paper), `${amount} ${currency}${told}`)
    ledger.papers.set(paper, 'reversed')
  }
  const receive = (
    paymentId: string,
    clientId: string,
    method: string,
    { amount, currency }: Money,
    fee = '0',
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
      released: 0n,
      claimed: 0n,
      reversed: 0n,
      transferred: 0n,
      reserved: new Map(),
      untold: 0n,
      inTransit: ON_ITS_WAY.test(method) ? minorOf(amount) : 0n,
      clearedOn: undefined,
      fee: minorOf(fee),
      receipt: undefined,
      receiptsLiving: 0,
    }
    ledger.payments.set(key(clientId, paymentId), payment)
  }
  /** A mistake that takes the last of what was recorded says that nothing was kept either; older ones did not say so. */
  const giveFeeBack = (paymentId: string, payment: Payment, of: { reason: string; fee?: string | undefined }): void => {
    if (of.fee === undefined) return
    const isNothing = of.reason === 'MISTAKE' && payment.reversed === payment.amount
    const what = `${key(payment.clientId, paymentId)}: what was kept of it goes back if it never came`
    expectEqual(rules, what, isNothing ? payment.fee : 0n, minorOf(of.fee))
    payment.fee -= minorOf(of.fee)
  }
  const leaveTransit = (of: { clientId: string; paymentId: string }, payment: Payment, minor: bigint): void => {
    payment.inTransit -= minor
    const name = `${key(of.clientId, of.paymentId)}: no more arrives than was on its way`
    expectEqual(rules, name, true, payment.inTransit >= -payment.untold)
    if (payment.inTransit < 0n) payment.inTransit = 0n
  }
  const allocate = (
    data: {
      clientId: string
      paymentId: string
      invoiceId: string
      amount: Money
      conversion?: { paid: Money } | undefined
      recovers?: true | undefined
    },
    sign: 1n | -1n,
  ): void => {
    const { clientId, paymentId, invoiceId, amount } = data
    const paid = paidOf(data)
    const minor = sign * minorOf(amount.amount)
    const invoice = ledger.invoices.get(key(clientId, invoiceId))
    const payment = ledger.payments.get(key(clientId, paymentId))
    const pair = key(clientId, paymentId, invoiceId, ...(data.recovers === true ? ['recovered'] : []))
    expectEqual(rules, `${pair}: invoice and payment exist`, true, invoice !== undefined && payment !== undefined)
    if (invoice === undefined || payment === undefined) return
    const currencies = `${invoice.currency} ${payment.currency}`
    expectEqual(rules, `${pair}: each in its own currency`, `${amount.currency} ${paid.currency}`, currencies)
    invoice[data.recovers === true ? 'recovered' : 'allocated'] += minor
    payment.allocated += sign * minorOf(paid.amount)
    const living = (ledger.allocations.get(pair) ?? 0n) + minor
    if (living === 0n) ledger.allocations.delete(pair)
    else ledger.allocations.set(pair, living)
    requireBounds(invoiceId, invoice)
    expectEqual(rules, `${key(clientId, paymentId)}: credit not below zero`, true, freeOf(payment) >= 0n)
    expectEqual(rules, `${pair}: no more undone than allocated`, true, living >= 0n)
  }

  switch (type) {
    case 'InvoiceRegistered':
      return register(data.clientId, data.invoiceId, data.total)
    case 'ClaimRegistered': {
      const { clientId, claimId, paymentId, total } = data
      write(key('claim', clientId, claimId), total, ` ${paymentId ?? ''}`)
      register(clientId, claimId, total)
      return claim(clientId, paymentId, total, 1n)
    }
    case 'ClaimCancelled': {
      const { clientId, claimId, paymentId, total } = data
      takeBack(key('claim', clientId, claimId), total, ` ${paymentId ?? ''}`)
      settle({ clientId, invoiceId: claimId, amount: total }, 'cancelled')
      return claim(clientId, paymentId, total, -1n)
    }
    case 'InvoiceRescheduled': {
      const { clientId, invoiceId, amount: rescheduled, instalments } = data
      const invoice = ledger.invoices.get(key(clientId, invoiceId))
      const open = invoice === undefined ? 0n : openOf(invoice)
      const parts = instalments.reduce((sum, part) => sum + minorOf(part.amount), 0n)
      const told = `${minorOf(rescheduled.amount)} in ${parts}`
      expectEqual(rules, `${key(clientId, invoiceId)}: due anew is what was open`, `${open} in ${open}`, told)
      return
    }
    case 'PaymentRecorded':
      return receive(data.paymentId, data.clientId, data.method, data.amount, data.fee)
    case 'InvoiceCancelled':
      return settle({ ...data, amount: data.total }, 'cancelled')
    case 'DiscountGranted':
      write(key('discount', data.clientId, data.discountId ?? eventId), data.amount)
      return settle(data, 'discounted')
    case 'InvoiceWrittenOff':
      write(key('writeOff', data.clientId, data.writeOffId ?? eventId), data.amount)
      return settle(data, data.kind === undefined ? 'writtenOff' : 'small')
    case 'CreditNoteRegistered': {
      const { clientId, creditNoteId, invoiceId, total } = data
      write(key('note', clientId, creditNoteId), total)
      if (invoiceId !== undefined) return settle({ clientId, invoiceId, amount: total }, 'credited')
      // Without an invoice it is credit like a payment, and is allocated like one.
      return receive(creditNoteId, clientId, 'CREDIT_NOTE', total)
    }
    case 'RefundRecorded': {
      const payment = ledger.payments.get(key(data.clientId, data.paymentId))
      const refunded = minorOf(data.amount.amount)
      const covered = payment !== undefined && refunded <= freeOf(payment)
      expectEqual(rules, `${key(data.clientId, data.paymentId)}: no more refunded than credit`, true, covered)
      write(key('refund', data.clientId, data.refundId), data.amount, foreignPart(data))
      const { worth } = data
      const credit = worth?.currency === data.amount.currency ? data.amount : data.functional
      if (worth !== undefined && credit !== undefined) {
        const gained = minorOf(credit.amount) - minorOf(worth.paid)
        const told = `${key(data.clientId, data.refundId)}: gains what the credit was worth above what left`
        expectEqual(rules, told, gained, worth.difference === undefined ? undefined : minorOf(worth.difference))
      }
      if (payment === undefined) return
      payment.refunded += refunded
      if (!CARD.test(payment.method)) return
      if (data.takenInTransit === undefined) payment.untold += inTransitOf(fact)
      leaveTransit(data, payment, inTransitOf(fact))
      return
    }
    case 'CreditReleased': {
      const payment = ledger.payments.get(key(data.clientId, data.paymentId))
      const released = minorOf(data.amount.amount)
      const covered = payment !== undefined && released <= freeOf(payment)
      expectEqual(rules, `${key(data.clientId, data.paymentId)}: no more released than credit`, true, covered)
      if (payment !== undefined) payment.released += released
      return
    }
    case 'RefundReversed': {
      const payment = ledger.payments.get(key(data.clientId, data.paymentId))
      takeBack(key('refund', data.clientId, data.refundId), data.amount, foreignPart(data))
      if (payment === undefined) return
      payment.refunded -= minorOf(data.amount.amount)
      if (CARD.test(payment.method)) payment.inTransit += inTransitOf(fact)
      return
    }
    case 'CreditNoteReversed': {
      const { clientId, creditNoteId, invoiceId, total } = data
      takeBack(key('note', clientId, creditNoteId), total)
      if (invoiceId !== undefined) return settle({ clientId, invoiceId, amount: total }, 'credited', -1n)
      const credit = ledger.payments.get(key(clientId, creditNoteId))
      const name = `${key(clientId, creditNoteId)}: reversed with nothing of it used`
      expectEqual(
        rules,
        name,
        '0 0 0 0',
        `${credit?.reversed} ${credit?.allocated} ${credit?.refunded} ${credit?.released}`,
      )
      if (credit !== undefined) credit.reversed = credit.amount
      return
    }
    case 'DiscountReversed':
      takeBack(key('discount', data.clientId, data.discountId), data.amount)
      return settle(data, 'discounted', -1n)
    case 'WriteOffReversed':
      takeBack(key('writeOff', data.clientId, data.writeOffId), data.amount)
      return settle(data, data.kind === undefined ? 'writtenOff' : 'small', -1n)
    case 'PaymentAllocated':
      return allocate(data, 1n)
    case 'PaymentDeallocated':
      return allocate(data, -1n)
    case 'PaymentReversed': {
      const payment = ledger.payments.get(key(data.clientId, data.paymentId))
      if (payment === undefined) return
      const gone = minorOf(data.amount.amount)
      expectEqual(
        rules,
        `${key(data.clientId, data.paymentId)}: reversed from its credit, with nothing of it on its way`,
        'true 0',
        `${gone <= creditOf(payment)} ${payment.reserved.size}`,
      )
      expectEqual(
        rules,
        `${key(data.clientId, data.paymentId)}: no mistake that was refunded`,
        true,
        data.reason !== 'MISTAKE' || payment.refunded + payment.released === 0n,
      )
      payment.reversed += gone
      giveFeeBack(data.paymentId, payment, data)
      ledger.openSteps.delete(`reverse ${key(data.clientId, data.paymentId)}`)
      // What never arrived goes first; what was at once where it lay goes from there.
      const onItsWay = payment.inTransit < gone ? payment.inTransit : gone
      const arrived = ON_ITS_WAY.test(payment.method) && onItsWay < gone
      expectEqual(
        rules,
        `${key(data.clientId, data.paymentId)}: reversed from where it lay`,
        `${payment.method} ${arrived} ${ON_ITS_WAY.test(payment.method) ? onItsWay : gone}`,
        `${data.method} ${data.cleared} ${inTransitOf(fact)}`,
      )
      leaveTransit(data, payment, onItsWay)
      expectEqual(
        rules,
        `${key(data.clientId, data.paymentId)}: what is still on its way`,
        payment.inTransit,
        minorOf(data.stillInTransit ?? '0'),
      )
      return
    }
    case 'TransferRequested': {
      const payment = ledger.payments.get(key(data.clientId, data.paymentId))
      const what = `${key(data.clientId, data.paymentId)} to ${data.toClientId} as ${data.transferId}`
      const minor = minorOf(data.amount.amount)
      const covered = payment !== undefined && minor > 0n && minor <= freeOf(payment)
      expectEqual(transfers, `${what}: no more reserved than credit`, true, covered)
      expectEqual(transfers, `${what}: of its currency`, payment?.currency, data.amount.currency)
      expectEqual(transfers, `${what}: to another client`, true, data.toClientId !== data.clientId)
      payment?.reserved.set(data.transferId, minor)
      ledger.openSteps.add(`transfer ${key(data.clientId, data.paymentId, data.transferId)}`)
      return
    }
    case 'TransferReceived': {
      const { clientId, transferId, origin, amount } = data
      const payment = ledger.payments.get(key(origin.clientId, origin.paymentId))
      const minor = minorOf(amount.amount)
      const what = key(origin.clientId, origin.paymentId)
      expectEqual(transfers, `${what}: received as reserved`, payment?.reserved.get(transferId), minor)
      payment?.reserved.delete(transferId)
      if (payment !== undefined) payment.transferred += minor
      if (data.returnsTo !== undefined) {
        const whole = ledger.payments.get(key(clientId, data.returnsTo))
        const returned = `${key(clientId, data.returnsTo)}: no more comes back than went`
        expectEqual(transfers, returned, true, whole !== undefined && minor <= whole.transferred)
        if (whole !== undefined) whole.transferred -= minor
        return
      }
      return receive(transferId, clientId, 'TRANSFER', amount)
    }
    case 'TransferCompleted': {
      const payment = ledger.payments.get(key(data.clientId, data.paymentId))
      const what = key(data.clientId, data.paymentId)
      expectEqual(transfers, `${what}: closed when received`, undefined, payment?.reserved.get(data.transferId))
      const step = `transfer ${key(data.clientId, data.paymentId, data.transferId)}`
      expectEqual(transfers, `${what}: closed once`, true, ledger.openSteps.delete(step))
      return
    }
    case 'TransferDeclined': {
      const payment = ledger.payments.get(key(data.clientId, data.paymentId))
      const what = key(data.clientId, data.paymentId)
      const minor = minorOf(data.amount.amount)
      expectEqual(transfers, `${what}: freed as reserved`, payment?.reserved.get(data.transferId), minor)
      payment?.reserved.delete(data.transferId)
      ledger.openSteps.delete(`transfer ${key(data.clientId, data.paymentId, data.transferId)}`)
      return
    }
    case 'InvoiceMoveRequested': {
      const invoice = ledger.invoices.get(key(data.clientId, data.invoiceId))
      const what = `${key(data.clientId, data.invoiceId)} to ${data.intoClientId}`
      const minor = minorOf(data.amount.amount)
      const others = [...(invoice?.moving.values() ?? [])].reduce((sum, one) => sum + one, 0n)
      const isThere = invoice !== undefined && minor >= 0n && minor + others <= openOf(invoice)
      expectEqual(merges, `${what}: no more moves than is open`, true, isThere)
      expectEqual(merges, `${what}: of its total`, invoice?.total, minorOf(data.total.amount))
      expectEqual(merges, `${what}: to another client`, true, data.intoClientId !== data.clientId)
      invoice?.moving.set(data.moveId, minor)
      ledger.openSteps.add(`moveInvoice ${key(data.moveId)}`)
      return
    }
    case 'InvoiceMoved': {
      const { clientId, fromClientId, invoiceId, moveId, total, amount, again } = data
      const given = ledger.invoices.get(key(fromClientId, invoiceId))
      const minor = minorOf(amount.amount)
      expectEqual(merges, `${key(fromClientId, invoiceId)}: received as reserved`, given?.moving.get(moveId), minor)
      expectEqual(merges, `${key(moveId)}: received once`, true, ledger.openSteps.delete(`moveInvoice ${key(moveId)}`))
      given?.moving.delete(moveId)
      if (given !== undefined) {
        given.moved += minor
        requireBounds(invoiceId, given)
      }
      if (again !== true) {
        register(clientId, invoiceId, total)
        // A claim is cancelled where it is owed by now.
        const paper = ledger.papers.get(key('claim', fromClientId, invoiceId))
        if (paper !== undefined) ledger.papers.set(key('claim', clientId, invoiceId), paper)
      }
      const received = ledger.invoices.get(key(clientId, invoiceId))
      if (received === undefined) return
      const [bad, brought] = [minorOf(data.writtenOff ?? '0'), minorOf(data.recovered ?? '0')]
      received.before -= minor + bad
      if (again !== true) received.before += received.total
      received.writtenOff += bad
      received.recovered += brought
      expectEqual(merges, `${key(clientId, invoiceId)}: of before no less than nothing`, true, received.before >= 0n)
      return requireBounds(invoiceId, received)
    }
    case 'InvoiceMoveDeclined': {
      const invoice = ledger.invoices.get(key(data.clientId, data.invoiceId))
      const minor = minorOf(data.amount.amount)
      const what = `${key(data.clientId, data.invoiceId)}: freed as reserved`
      expectEqual(merges, what, invoice?.moving.get(data.moveId), minor)
      invoice?.moving.delete(data.moveId)
      ledger.openSteps.delete(`moveInvoice ${key(data.moveId)}`)
      return
    }
    case 'MergeRequested':
      ledger.openSteps.add(`merge ${key(data.clientId, 0)}`)
      return
    case 'MergeDeclined':
      ledger.openSteps.delete(`merge ${key(data.clientId, 0)}`)
      return
    case 'MergeResumed':
      ledger.openSteps.add(`merge ${key(data.clientId, data.round)}`)
      return
    case 'MergeConcluded':
      ledger.openSteps.delete(`merge ${key(data.clientId, data.round)}`)
      return
    case 'ReversalRequested':
      ledger.openSteps.add(`reverse ${key(data.clientId, data.paymentId)}`)
      return
    case 'ReversalDeclined':
      ledger.openSteps.delete(`reverse ${key(data.clientId, data.paymentId)}`)
      return
    case 'UnidentifiedPaymentRecorded':
      return receive(data.paymentId, NOBODY, data.method, data.amount, data.fee)
    case 'UnidentifiedPaymentReturned': {
      const payment = ledger.payments.get(key(NOBODY, data.paymentId))
      const minor = minorOf(data.amount.amount)
      const covered = payment !== undefined && minor > 0n && minor <= freeOf(payment)
      expectEqual(nobodys, `${key(data.paymentId)}: no more is gone than is nobody's`, true, covered)
      if (payment === undefined) return
      payment.reversed += minor
      giveFeeBack(data.paymentId, payment, data)
      return
    }
    case 'IdentificationRequested': {
      const payment = ledger.payments.get(key(NOBODY, data.paymentId))
      const what = `${key(data.paymentId)} as ${data.identificationId} of ${data.clientId}`
      const minor = minorOf(data.amount.amount)
      const covered = payment !== undefined && minor > 0n && minor <= freeOf(payment)
      expectEqual(nobodys, `${what}: no more reserved than is nobody's`, true, covered)
      expectEqual(nobodys, `${what}: of its currency`, payment?.currency, data.amount.currency)
      payment?.reserved.set(data.identificationId, minor)
      ledger.openSteps.add(`identify ${key(data.paymentId, data.identificationId)}`)
      return
    }
    case 'PaymentIdentified': {
      const { paymentId, identificationId, clientId, amount } = data
      const payment = ledger.payments.get(key(NOBODY, paymentId))
      const minor = minorOf(amount.amount)
      expectEqual(nobodys, `${key(paymentId)}: received as reserved`, payment?.reserved.get(identificationId), minor)
      payment?.reserved.delete(identificationId)
      if (payment !== undefined) payment.transferred += minor
      return receive(identificationId, clientId, 'TRANSFER', amount)
    }
    case 'IdentificationCompleted': {
      const payment = ledger.payments.get(key(NOBODY, data.paymentId))
      const what = key(data.paymentId)
      expectEqual(nobodys, `${what}: closed when received`, undefined, payment?.reserved.get(data.identificationId))
      const step = `identify ${key(data.paymentId, data.identificationId)}`
      expectEqual(nobodys, `${what}: closed once`, true, ledger.openSteps.delete(step))
      return
    }
    case 'IdentificationDeclined': {
      const payment = ledger.payments.get(key(NOBODY, data.paymentId))
      const what = key(data.paymentId)
      const minor = minorOf(data.amount.amount)
      expectEqual(nobodys, `${what}: freed as reserved`, payment?.reserved.get(data.identificationId), minor)
      payment?.reserved.delete(data.identificationId)
      ledger.openSteps.delete(`identify ${key(data.paymentId, data.identificationId)}`)
      return
    }
    case 'IdentificationUndone': {
      const { paymentId, identificationId, clientId, amount } = data
      const payment = ledger.payments.get(key(NOBODY, paymentId))
      const credit = ledger.payments.get(key(clientId, identificationId))
      const minor = minorOf(amount.amount)
      const unused = credit !== undefined && minor > 0n && minor <= freeOf(credit)
      expectEqual(nobodys, `${key(clientId, identificationId)}: no more taken back than is unused`, true, unused)
      if (credit !== undefined) credit.transferred += minor
      if (payment === undefined) return
      payment.transferred -= minor
      // Nobody may use it before the company's stream has heard of it.
      const step = `takeBack ${key(paymentId, identificationId)}`
      payment.reserved.set(step, (payment.reserved.get(step) ?? 0n) + minor)
      ledger.openSteps.add(step)
      return
    }
    case 'IdentificationReturned': {
      const payment = ledger.payments.get(key(NOBODY, data.paymentId))
      const step = `takeBack ${key(data.paymentId, data.identificationId)}`
      const left = (payment?.reserved.get(step) ?? 0n) - minorOf(data.amount.amount)
      expectEqual(nobodys, `${key(data.paymentId)}: no more comes back than was taken back`, true, left >= 0n)
      if (left > 0n) return void payment?.reserved.set(step, left)
      payment?.reserved.delete(step)
      ledger.openSteps.delete(step)
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
    case 'ReceiptBookContinued': {
      const book = ledger.books.get(key(data.series))
      expectEqual(
        books,
        `${key(data.series)}: it continues above what it gave`,
        true,
        (book?.next ?? 0) < data.continueFrom,
      )
      if (book !== undefined) book.next = data.continueFrom
      return
    }
    case 'PaymentCleared': {
      const payment = ledger.payments.get(key(data.clientId, data.paymentId))
      if (payment === undefined) return
      leaveTransit(data, payment, minorOf(data.amount.amount))
      expectEqual(
        rules,
        `${key(data.clientId, data.paymentId)}: what is still on its way`,
        payment.inTransit,
        minorOf(data.stillInTransit ?? '0'),
      )
      payment.clearedOn = data.clearedOn
      payment.fee += minorOf(data.fee)
      return
    }
    // They say who answers, who owes, what is open, that a copy was printed, or what time it is; no amount depends on them.
    case 'CompanyRegistered':
    case 'ClientRegistered':
    case 'ClientUpdated':
    case 'PolicySet':
    case 'CashDeskOpened':
    case 'PeriodClosed':
    case 'PeriodReopened':
    case 'CashLimitOverridden':
    case 'MergeAccepted':
    case 'MergeRefused':
    case 'MergeConfirmed':
    case 'InvoiceMoveRefused':
    case 'TransferRefused':
    case 'IdentificationRefused':
    case 'ReceiptRefused':
    case 'ReceiptReprinted':
    case 'LedgerClockStarted':
    case 'LedgerClockTicked':
      return
    case 'ExchangeRatesRecorded': {
      const { source, on, replaces = {} } = data
      const checked = report.check('rules: a rate is put right under its own name')
      for (const [currency, rate] of Object.entries(data.rates)) {
        const what = key(source, on, currency)
        expectEqual(checked, `${what}: replaces what was known`, ledger.rates.get(what), replaces[currency])
        ledger.rates.set(what, rate)
      }
      expectEqual(
        checked,
        `${key(source, on)}: replaces what it names alone`,
        '',
        Object.keys(replaces)
          .filter((currency) => data.rates[currency] === undefined)
          .join(),
      )
      return
    }
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
