import fc from 'fast-check'
import { paidBy } from '../src/client-account/allocation-parts.ts'
import { creditNotes, discounts, refunds, writeOffs } from '../src/client-account/records/papers.ts'
import { clientRegistered } from '../src/examples.ts'
import {
  type AccountCommand,
  type AccountEvent,
  accountInvoices,
  accountPayments,
  addDays,
  type BusinessDay,
  ClaimKind,
  type ClientAccount,
  clientAccount,
  DEFAULT_RULES,
  decimalOf,
  moneyOf,
  type PaymentMethod,
  Rejection,
} from '../src/index.ts'

/**
 * Random lives of one account. A step names its invoice and payment by small numbers, so that steps meet; amounts are
 * picked around what is open, so that most steps are accepted and some miss by one minor unit.
 */
type Currency = 'RON' | 'EUR' | 'JPY'
type Pick = 'all' | 'half' | 'one' | 'tooMuch'

type TakenBack = 'creditNote' | 'creditOnAccount' | 'discount' | 'writeOff' | 'refund' | 'setOff'

interface Allocation {
  readonly invoice: number
  readonly pick: Pick
}

export type Step =
  | {
      readonly kind: 'invoice'
      readonly invoice: number
      readonly currency: Currency
      readonly minor: number
      readonly on: number
      readonly term: number
    }
  | {
      readonly kind: 'claim'
      readonly invoice: number
      readonly owed: ClaimKind
      readonly currency: Currency
      readonly minor: number
      readonly on: number
      readonly term: number
    }
  | {
      readonly kind: 'payment'
      readonly payment: number
      readonly currency: Currency
      readonly minor: number
      readonly on: number
      readonly method: PaymentMethod
      readonly receipt: boolean
      readonly rule: 'auto' | 'oldestDueFirst' | 'named' | 'none' | Allocation
    }
  | {
      readonly kind: 'allocate'
      readonly payment: number
      readonly invoice: number
      readonly pick: Pick
      readonly on: number | undefined
    }
  | {
      readonly kind: 'deallocate'
      readonly payment: number
      readonly invoice: number
      readonly pick: Pick
      readonly on: number | undefined
    }
  | {
      readonly kind: 'reverse'
      readonly payment: number
      readonly reason: 'BOUNCED' | 'CHARGED_BACK' | 'MISTAKE'
      /** Absent: what the reason takes. */
      readonly pick: Pick | undefined
      readonly beyond: boolean
      readonly on: number | undefined
    }
  | {
      readonly kind: 'settle'
      readonly how: 'creditNote' | 'discount' | 'writeOff' | 'cancel'
      readonly invoice: number
      readonly pick: Pick
      readonly id: number
      readonly on: number | undefined
    }
  | {
      readonly kind: 'reschedule'
      readonly invoice: number
      /** Due days after the day of the agreement; the parts are as equal as they can be. */
      readonly terms: readonly number[]
      readonly miss: bigint
      readonly on: number
    }
  | {
      readonly kind: 'creditOnAccount'
      readonly payment: number
      readonly currency: Currency
      readonly minor: number
      readonly on: number
    }
  | {
      readonly kind: 'refund'
      readonly payment: number
      readonly pick: Pick
      readonly id: number
      readonly byCard: boolean
      readonly beyond: boolean
      readonly on: number | undefined
      /** Another currency, or the credit's own at a rate of the refund. */
      readonly in: Currency | undefined
    }
  | {
      readonly kind: 'clear'
      readonly payment: number
      readonly pick: Pick | undefined
      readonly on: number | undefined
    }
  | {
      readonly kind: 'takeBack'
      readonly what: TakenBack
      readonly invoice: number
      readonly payment: number
      readonly id: number
      readonly on: number | undefined
    }
  | {
      readonly kind: 'transfer'
      readonly payment: number
      readonly pick: Pick
      readonly id: number
      readonly on: number | undefined
    }
  | {
      readonly kind: 'receive'
      readonly payment: number
      readonly currency: Currency
      readonly minor: number
      readonly on: number
    }
  | {
      readonly kind: 'identify'
      readonly payment: number
      readonly currency: Currency
      readonly minor: number
      readonly on: number
      /** How long the money was nobody's. */
      readonly late: number
    }
  | { readonly kind: 'undoIdentification'; readonly payment: number; readonly on: number | undefined }
  | { readonly kind: 'conclude'; readonly payment: number; readonly declined: boolean }
  | {
      readonly kind: 'release'
      readonly payment: number
      readonly pick: Pick
      readonly on: number | undefined
    }
  | {
      readonly kind: 'setOff'
      readonly payment: number
      readonly invoice: number
      readonly pick: Pick
      readonly on: number
    }
  | {
      readonly kind: 'receipt'
      readonly payment: number
      readonly step: 'ask' | 'decline' | 'release' | 'releaseAndReverse'
      readonly on: number
    }

const firstDay = '2026-09-01'
const spanDays = 90
/** An undo may be asked for on a day before what it undoes, but not often. */
const daysBefore = 10
/** Few of each, so that several allocations and undos meet on the same invoice and the same payment. */
const invoices = 3
const payments = 3

const invoice = fc.nat({ max: invoices - 1 })
const payment = fc.nat({ max: payments - 1 })
/** Mostly one currency, or little would ever meet. */
const currency = fc.constantFrom<Currency>('RON', 'RON', 'RON', 'RON', 'RON', 'RON', 'EUR', 'JPY')
const pick = fc.constantFrom<Pick>('all', 'all', 'half', 'half', 'one', 'tooMuch')
const maybePick = fc.option(pick, { nil: undefined })
const minor = fc.oneof(
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 5 }) },
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 200_000 }) },
)
const on = fc.nat({ max: spanDays })
/** Of a credit note, a discount, a write-off or a refund: now and then the same one comes again. */
const id = fc.nat({ max: 9 })
const maybeOn = fc.option(on, { nil: undefined })

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('invoice'), invoice, currency, minor, on, term: fc.nat({ max: 30 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('claim'),
      invoice,
      owed: fc.constantFrom(...ClaimKind.options),
      currency,
      minor,
      on,
      term: fc.nat({ max: 30 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('payment'),
      payment,
      currency,
      minor,
      on,
      method: fc.constantFrom<PaymentMethod>('CASH', 'BANK_TRANSFER', 'CARD_POS', 'CHEQUE'),
      receipt: fc.boolean(),
      rule: fc.oneof(
        fc.constantFrom<'auto' | 'oldestDueFirst' | 'named' | 'none'>('auto', 'oldestDueFirst', 'named', 'none'),
        fc.record({ invoice, pick }),
      ),
    }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('allocate'), payment, invoice, pick, on: maybeOn }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('deallocate'), payment, invoice, pick, on: maybeOn }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('reverse'),
      payment,
      reason: fc.constantFrom<'BOUNCED' | 'CHARGED_BACK' | 'MISTAKE'>('BOUNCED', 'BOUNCED', 'CHARGED_BACK', 'MISTAKE'),
      pick: maybePick,
      beyond: fc.boolean(),
      on: maybeOn,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('settle'),
      how: fc.constantFrom<'creditNote' | 'discount' | 'writeOff' | 'cancel'>(
        'creditNote',
        'discount',
        'writeOff',
        'cancel',
      ),
      invoice,
      pick,
      id,
      on: maybeOn,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('reschedule'),
      invoice,
      terms: fc.uniqueArray(fc.nat({ max: 60 }), { minLength: 1, maxLength: 3 }),
      miss: fc.constantFrom(0n, 0n, 0n, 0n, 1n, -1n),
      on,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('creditOnAccount'), payment, currency, minor, on }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('refund'),
      payment,
      pick,
      id,
      byCard: fc.boolean(),
      beyond: fc.boolean(),
      on: maybeOn,
      in: fc.constantFrom(undefined, undefined, undefined, 'RON', 'EUR', 'JPY'),
    }),
  },
  {
    weight: 7,
    arbitrary: fc.record({
      kind: fc.constant('takeBack'),
      what: fc.constantFrom<TakenBack>('creditNote', 'creditOnAccount', 'discount', 'writeOff', 'refund', 'setOff'),
      invoice,
      payment,
      id,
      on: maybeOn,
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('transfer'), payment, pick, id, on: maybeOn }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('receive'), payment, currency, minor, on }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('identify'),
      payment,
      currency,
      minor,
      on,
      late: fc.constantFrom(0, 0, 7),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('undoIdentification'), payment, on: maybeOn }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('conclude'), payment, declined: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('release'), payment, pick, on: maybeOn }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('clear'), payment, pick: maybePick, on: maybeOn }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('setOff'), payment, invoice, pick, on }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('receipt'),
      payment,
      step: fc.constantFrom<'ask' | 'decline' | 'release' | 'releaseAndReverse'>(
        'ask',
        'decline',
        'release',
        'releaseAndReverse',
      ),
      on,
    }),
  },
)

export const steps: fc.Arbitrary<readonly Step[]> = fc.array(step, { minLength: 1, maxLength: 80, size: 'max' })

const dayOf = (offset: number): BusinessDay => addDays(firstDay, offset)

/** Undos that name no day fall on this one, in the middle of the span: so some are refused and others come early. */
export const today: BusinessDay = dayOf(spanDays / 2)

const amountOf = (kind: Pick, whole: bigint): bigint => {
  if (kind === 'all') return whole
  if (kind === 'one') return 1n
  if (kind === 'tooMuch') return whole + 1n
  return whole / 2n
}

const ratesOf: Readonly<Record<Currency, readonly string[]>> = {
  RON: [],
  EUR: ['4.9765', '5.03', '4.8123456789'],
  JPY: ['0.0312', '0.000001', '31.2'],
}

const rated = (rate: string | undefined) =>
  rate === undefined ? undefined : { rate, source: 'BNR' as const, publishedOn: firstDay }

/** A third of the documents in a foreign currency have no rate; the minor units say which, and which rate the others have. */
const documentRate = ({ currency, minor }: { readonly currency: Currency; readonly minor: number }) =>
  minor % 3 === 0 ? undefined : rated(ratesOf[currency][minor % 4])

/** Between two currencies; a quarter forget to name it, and whoever names one within a currency is refused. */
const conversionRate = (from: string | undefined, to: string | undefined, key: number) =>
  from === to ? undefined : rated(['4.9765', '5.03', '0.0312'][key % 4])

/** Of every third payment that leaves the rule to us: just what is open of some invoices, less a credit note now and then. */
const fittingMinor = ({ minor, currency }: { minor: number; currency: Currency }, account: ClientAccount): bigint => {
  const open = [...accountInvoices.all(account)]
    .filter((invoice) => invoice.currency === currency)
    .slice(0, 1 + (minor % 2))
    .reduce((sum, invoice) => sum + invoice.open, 0n)
  const [note] = minor % 5 === 0 ? accountPayments.notesLeft(account, currency, 1) : []
  const fitting = open - (note?.credit ?? 0n)
  return minor % 3 === 0 && fitting > 0n ? fitting : BigInt(minor)
}

/** Half of the invoices that can be are due in two parts, the first one in the middle of the term. */
const instalmentsOf = ({ minor, currency, on, term }: Extract<Step, { kind: 'invoice' }>) => {
  if (minor < 2 || term < 1 || minor % 2 === 1) return undefined
  const [first, total] = [BigInt(Math.ceil(minor / 4)), BigInt(minor)]
  return [
    { dueOn: dayOf(on + Math.floor(term / 2)), amount: decimalOf(first, currency) },
    { dueOn: dayOf(on + term), amount: decimalOf(total - first, currency) },
  ]
}

const atLeastOne = (amount: bigint): bigint => (amount > 0n ? amount : 1n)
const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b)

interface Target {
  readonly payment: number
  readonly invoice: number
}

const among = <Item>(items: readonly Item[], index: number): Item | undefined => items[index % items.length]

const PAPERS = { creditNote: creditNotes, discount: discounts, writeOff: writeOffs, refund: refunds } as const
const CREDITS = { creditOnAccount: 'CREDIT_NOTE', setOff: 'SET_OFF' } as const

/** Ids of what stands and may be taken back. */
const standing = (what: TakenBack, account: ClientAccount): readonly string[] => {
  if (what !== 'creditOnAccount' && what !== 'setOff')
    return [...PAPERS[what].all(account)].filter(([, { reversed }]) => !reversed).map(([paperId]) => paperId)
  return [...accountPayments.all(account)]
    .filter(({ method, reversed }) => method === CREDITS[what] && reversed === 0n)
    .map(({ paymentId }) => paymentId)
}

/** What a step aims at: money that could settle an invoice, an allocation that lives, cash, or just what it names. */
const targetOf = (step: Step, account: ClientAccount): Target => {
  const named = { payment: 'payment' in step ? step.payment : 0, invoice: 'invoice' in step ? step.invoice : 0 }
  const pairs = Array.from({ length: payments * invoices }, (_, pair) => ({
    payment: pair % payments,
    invoice: Math.floor(pair / payments),
  }))
  const fits = pairs.filter((pair) => {
    const payment = accountPayments.get(account, `pay-${pair.payment}`)
    const invoice = accountInvoices.get(account, `inv-${pair.invoice}`)
    if (payment === undefined) return false
    if (step.kind === 'receipt')
      return payment.method === 'CASH' && (payment.receipt === undefined) === (step.step === 'ask')
    if (invoice === undefined) return false
    if (step.kind === 'deallocate') return payment.allocations.has(invoice.invoiceId)
    return payment.credit > 0n && invoice.open > 0n
  })
  const isAiming = step.kind === 'allocate' || step.kind === 'deallocate' || step.kind === 'receipt'
  return (isAiming ? among(fits, named.payment * invoices + named.invoice) : undefined) ?? named
}

/** Claims of money that left beyond what was there stand among the invoices, under an id that comes once. */
const nextClaim = (account: ClientAccount): string => `claim-${[...accountInvoices.all(account)].length}`

/** The command that a step stands for, given where the account is. */
export const commandOf = (step: Step, account: ClientAccount): AccountCommand => {
  const clientId = 'alfa'
  const target = targetOf(step, account)
  const paymentId = `pay-${target.payment}`
  const invoiceId = `inv-${target.invoice}`
  const payment = accountPayments.get(account, paymentId)
  const invoice = accountInvoices.get(account, invoiceId)
  const dayOfUndo = 'on' in step && step.on !== undefined ? dayOf(step.on) : undefined
  switch (step.kind) {
    case 'invoice': {
      const total = moneyOf(BigInt(step.minor), step.currency)
      const issuedOn = dayOf(step.on)
      const dueOn = dayOf(step.on + step.term)
      const number = `${step.invoice}`
      const facts = { clientId, invoiceId, number, issuedOn, dueOn, total, exchangeRate: documentRate(step) }
      return { type: 'RegisterInvoice', data: { ...facts, instalments: instalmentsOf(step) } }
    }
    case 'claim': {
      const total = moneyOf(BigInt(step.minor), step.currency)
      const [issuedOn, dueOn] = [dayOf(step.on), dayOf(step.on + step.term)]
      const number = step.minor % 2 === 0 ? undefined : `D ${step.invoice}`
      const facts = { clientId, claimId: invoiceId, kind: step.owed, number, issuedOn, dueOn, total }
      return { type: 'RegisterClaim', data: { ...facts, exchangeRate: documentRate(step) } }
    }
    case 'payment': {
      const { rule } = step
      const amount = moneyOf(rule === 'auto' ? fittingMinor(step, account) : BigInt(step.minor), step.currency)
      const { method } = step
      const receipt = step.receipt && method === 'CASH' ? { series: 'AMC-C', receiptId: `rec-${paymentId}` } : undefined
      // Some say nothing, so that `auto` goes by the amount.
      const remittanceText = step.minor % 4 === 0 ? undefined : `plata facturi ${step.minor % 3}, ${step.minor % 2}`
      const facts = {
        clientId,
        paymentId,
        amount,
        method,
        receivedOn: dayOf(step.on),
        remittanceText,
        receipt,
      } as const
      const base = { ...facts, exchangeRate: documentRate(step) }
      if (typeof rule === 'string') return { type: 'RecordPayment', data: { ...base, allocation: { rule } } }
      const named = `inv-${rule.invoice}`
      const target = accountInvoices.get(account, named)
      const share = atLeastOne(amountOf(rule.pick, smaller(BigInt(step.minor), target?.open ?? 1n)))
      const exchangeRate = conversionRate(step.currency, target?.currency ?? step.currency, step.minor)
      const items = [{ invoiceId: named, amount: decimalOf(share, target?.currency ?? step.currency), exchangeRate }]
      return { type: 'RecordPayment', data: { ...base, allocation: { rule: 'explicit', items } } }
    }
    case 'allocate': {
      const room = invoice === undefined ? 1n : invoice.open || invoice.writtenOff - invoice.recovered
      const whole = smaller(payment?.credit ?? 1n, room)
      const exchangeRate = conversionRate(payment?.currency, invoice?.currency, step.on ?? 0)
      // Between two currencies some say what leaves the payment.
      const saysPaid = exchangeRate !== undefined && (step.on ?? 0) % 2 === 1
      const minor = atLeastOne(amountOf(step.pick, saysPaid ? (payment?.credit ?? 1n) : whole))
      const said = decimalOf(minor, (saysPaid ? payment : invoice)?.currency ?? 'RON')
      const how = saysPaid ? { paid: said } : { amount: said }
      const data = { clientId, paymentId, invoiceId, ...how, exchangeRate, allocatedOn: dayOfUndo }
      return { type: 'AllocatePayment', data }
    }
    case 'deallocate': {
      const settling = [payment?.allocations.get(invoiceId), payment?.recoveries.get(invoiceId)]
      const whole = settling.reduce((sum, of) => sum + (of?.amount ?? 0n), 0n) || 1n
      const amount =
        step.pick === 'all' ? undefined : decimalOf(atLeastOne(amountOf(step.pick, whole)), invoice?.currency ?? 'RON')
      const allocatedOn = payment?.allocations.get(invoiceId)?.allocatedOn ?? firstDay
      const deallocatedOn = step.on === undefined ? undefined : addDays(allocatedOn, step.on - daysBefore)
      const data = { clientId, paymentId, invoiceId, amount, deallocatedOn, reason: 'OTHER' } as const
      return { type: 'DeallocatePayment', data }
    }
    case 'reverse': {
      const { reason, pick } = step
      const left = [...(payment?.allocations.values() ?? [])].reduce(
        (sum, of) => sum + paidBy(of),
        payment?.credit ?? 1n,
      )
      const amount = pick && decimalOf(atLeastOne(amountOf(pick, left)), payment?.currency ?? 'RON')
      const claimId = nextClaim(account)
      const said = { reason, amount, reversedOn: dayOfUndo, allowExcess: step.beyond }
      return { type: 'ReversePayment', data: { clientId, paymentId, claimId, ...said } }
    }
    case 'settle': {
      const currency = invoice?.currency ?? 'RON'
      // A note may lower what is paid, too.
      const whole = step.how === 'creditNote' && step.id % 2 === 0 ? invoice?.total : invoice?.open
      const amount = decimalOf(atLeastOne(amountOf(step.pick, whole ?? 1n)), currency)
      const names = { clientId, invoiceId }
      if (step.how === 'creditNote') {
        const note = { creditNoteId: `note-${step.id}`, number: `S${step.id}`, issuedOn: dayOfUndo ?? today }
        return { type: 'RegisterCreditNote', data: { ...names, ...note, total: { amount, currency } } }
      }
      if (step.how === 'discount') {
        const discountId = `discount-${step.id}`
        return {
          type: 'GrantDiscount',
          data: { ...names, discountId, kind: 'COMMERCIAL', amount, grantedOn: dayOfUndo },
        }
      }
      if (step.how === 'cancel')
        return {
          type: 'CancelInvoice',
          data: { ...names, reason: 'never sent', cancelledOn: dayOfUndo, freeSettlements: step.pick === 'half' },
        }
      const writeOffId = `write-off-${step.id}`
      const decision = { writeOffId, reason: 'bankrupt', approvedBy: 'Ana', writtenOffOn: dayOfUndo }
      return {
        type: 'WriteOffInvoice',
        data: { ...names, ...decision, amount: step.pick === 'all' ? undefined : amount },
      }
    }
    case 'reschedule': {
      const currency = invoice?.currency ?? 'RON'
      const open = (invoice?.open ?? 1n) + step.miss
      const count = BigInt(step.terms.length)
      const days = step.terms.toSorted((a, b) => a - b)
      const instalments = days.map((term, index) => {
        const minor = index === 0 ? open - (open / count) * (count - 1n) : open / count
        return { dueOn: dayOf(step.on + term), amount: decimalOf(minor < 0n ? 0n : minor, currency) }
      })
      const terms = instalments.length === 1 && step.miss === 0n ? { dueOn: instalments[0]?.dueOn } : { instalments }
      const data = { clientId, invoiceId, ...terms, agreedOn: dayOf(step.on), reason: 'eșalonare' }
      return { type: 'RescheduleInvoice', data }
    }
    case 'creditOnAccount': {
      const total = moneyOf(BigInt(step.minor), step.currency)
      const corrects = step.minor % 2 === 0 ? undefined : `inv-${step.minor % invoices}`
      const note = { creditNoteId: paymentId, corrects, number: paymentId, issuedOn: dayOf(step.on) }
      return { type: 'RegisterCreditNote', data: { clientId, ...note, total, exchangeRate: documentRate(step) } }
    }
    case 'refund': {
      const method = step.byCard ? 'CARD_ONLINE' : 'BANK_TRANSFER'
      const amount = decimalOf(atLeastOne(amountOf(step.pick, payment?.credit ?? 1n)), payment?.currency ?? 'RON')
      const left = { amount, method, refundedOn: dayOfUndo, allowExcess: step.beyond } as const
      const data = { clientId, paymentId, refundId: `refund-${step.id}`, claimId: nextClaim(account), ...left }
      if (step.in === undefined) return { type: 'RecordRefund', data }
      const exchangeRate = rated(ratesOf.EUR[step.id % 3])
      const other = step.in === payment?.currency ? amount : moneyOf(BigInt(step.id * step.id * 100 + 1), step.in)
      return { type: 'RecordRefund', data: { ...data, amount: other, exchangeRate } }
    }
    case 'takeBack': {
      const said = { clientId, reason: 'MISTAKE', reversedOn: dayOfUndo } as const
      const paperOf = (what: TakenBack): string => among(standing(what, account), step.id) ?? 'none'
      // Of what does not stand, another kind that does, or little would ever be taken back.
      const kinds = ['creditNote', 'creditOnAccount', 'discount', 'writeOff', 'refund', 'setOff'] as const
      const standingKinds = kinds.filter((kind) => standing(kind, account).length > 0)
      const what = standingKinds.find((kind) => kind === step.what) ?? among(standingKinds, step.id)
      switch (what ?? step.what) {
        case 'creditNote':
          return { type: 'ReverseCreditNote', data: { ...said, creditNoteId: paperOf('creditNote') } }
        case 'creditOnAccount':
          return { type: 'ReverseCreditNote', data: { ...said, creditNoteId: paperOf('creditOnAccount') } }
        case 'discount':
          return { type: 'ReverseDiscount', data: { ...said, discountId: paperOf('discount') } }
        case 'writeOff':
          return { type: 'ReverseWriteOff', data: { ...said, writeOffId: paperOf('writeOff') } }
        case 'refund':
          return { type: 'ReverseRefund', data: { ...said, refundId: paperOf('refund') } }
        case 'setOff':
          return { type: 'ReverseSetOff', data: { ...said, paymentId: paperOf('setOff') } }
      }
    }
    case 'transfer': {
      const amount = decimalOf(atLeastOne(amountOf(step.pick, payment?.credit ?? 1n)), payment?.currency ?? 'RON')
      const to = { toClientId: 'beta', transferId: `tr-${step.id}`, reason: 'paid for another' }
      return { type: 'TransferCredit', data: { clientId, paymentId, ...to, amount, movedOn: dayOfUndo } }
    }
    case 'receive': {
      const origin = { clientId: 'beta', paymentId: 'pay-1' }
      const moved = { amount: moneyOf(BigInt(step.minor), step.currency), movedOn: dayOf(step.on), reason: 'ours' }
      return { type: 'ReceiveTransfer', data: { clientId, origin, transferId: paymentId, ...moved } }
    }
    case 'identify': {
      const which = { clientId, paymentId: `unk-${paymentId}`, identificationId: paymentId }
      const days = { identifiedOn: dayOf(step.on + step.late), collectedOn: dayOf(step.on) }
      const amount = moneyOf(BigInt(step.minor), step.currency)
      const told = { method: 'BANK_TRANSFER', allocation: { rule: 'auto' } } as const
      return { type: 'ReceiveIdentification', data: { ...which, ...days, ...told, amount } }
    }
    case 'undoIdentification': {
      const which = { clientId, paymentId: `unk-${paymentId}`, identificationId: paymentId }
      const told = { method: 'BANK_TRANSFER', undoneOn: dayOfUndo, reason: 'not his' } as const
      return { type: 'UndoIdentification', data: { ...which, ...told } }
    }
    case 'conclude': {
      const transferId = payment?.transfers.find(({ isReserved }) => isReserved)?.transferId ?? 'none'
      const which = { clientId, paymentId, transferId }
      return step.declined
        ? { type: 'DeclineTransfer', data: { ...which, code: 'PAYMENT_ALREADY_RECORDED' } }
        : { type: 'CompleteTransfer', data: which }
    }
    case 'release': {
      const amount = decimalOf(atLeastOne(amountOf(step.pick, payment?.credit ?? 1n)), payment?.currency ?? 'RON')
      const decision = { reason: 'PRESCRIBED', releasedOn: dayOfUndo, approvedBy: 'Ana' } as const
      return { type: 'ReleaseCredit', data: { clientId, paymentId, amount, ...decision } }
    }
    case 'clear': {
      const { pick } = step
      const amount = pick && decimalOf(atLeastOne(amountOf(pick, payment?.inTransit ?? 1n)), payment?.currency ?? 'RON')
      return { type: 'ConfirmPaymentCleared', data: { clientId, paymentId, amount, clearedOn: dayOfUndo } }
    }
    case 'setOff': {
      const currency = invoice?.currency ?? 'RON'
      const amount = decimalOf(atLeastOne(amountOf(step.pick, invoice?.open ?? 1n)), currency)
      const record = { amount: { amount, currency }, setOffOn: dayOf(step.on), document: 'PV 1' }
      return { type: 'RecordSetOff', data: { clientId, paymentId, ...record, items: [{ invoiceId, amount }] } }
    }
    case 'receipt': {
      const receipt = { clientId, paymentId, receiptId: `rec-${paymentId}`, series: 'AMC-C' }
      if (step.step === 'ask') return { type: 'IssueReceipt', data: { ...receipt, issuedOn: dayOf(step.on) } }
      if (step.step === 'decline')
        return { type: 'DeclineReceipt', data: { ...receipt, code: 'RECEIPT_RANGE_EXHAUSTED' } }
      const alsoReversePayment = step.step === 'releaseAndReverse'
      return { type: 'ReleaseReceipt', data: { ...receipt, number: 1, annulledOn: dayOf(step.on), alsoReversePayment } }
    }
  }
}

/** What happened to one command: its events, or why not. */
export interface Outcome {
  readonly command: AccountCommand
  readonly events: readonly AccountEvent[]
  readonly refused: string | undefined
}

/** Decides, and takes a refusal for an answer; anything else thrown is a defect. */
export const decide = (command: AccountCommand, account: ClientAccount, closedThrough?: BusinessDay): Outcome => {
  const context = {
    today,
    company: { ...DEFAULT_RULES, functionalCurrency: 'RON', smallDifference: '9.00', closedThrough },
  }
  try {
    return { command, events: clientAccount.decide(command, account, context), refused: undefined }
  } catch (error) {
    if (error instanceof Rejection) return { command, events: [], refused: error.code }
    throw error
  }
}

export const fold = (events: readonly AccountEvent[]): ClientAccount =>
  events.reduce(clientAccount.evolve, clientAccount.initialState())

/** The last day of a closed period while a step is lived; `undefined` while nothing is closed. */
export type Closing = (step: number) => BusinessDay | undefined

/** Lives the steps one after the other; `observe` sees the account before each command, and what came of it. */
export const live = (
  steps: readonly Step[],
  observe: (account: ClientAccount, outcome: Outcome, step: number) => void = () => undefined,
  closing: Closing = () => undefined,
): { readonly account: ClientAccount; readonly history: readonly AccountEvent[] } => {
  const history: AccountEvent[] = [clientRegistered()]
  let account = fold(history)
  for (const [index, step] of steps.entries()) {
    const outcome = decide(commandOf(step, account), account, closing(index))
    observe(account, outcome, index)
    history.push(...outcome.events)
    account = outcome.events.reduce(clientAccount.evolve, account)
  }
  return { account, history }
}
