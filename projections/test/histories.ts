import {
  type AccountCommand,
  accountInvoices,
  accountPayments,
  addDays,
  ClaimKind,
  type ClientAccount,
  type CompanyCommand,
  creditNotes,
  decimalOf,
  discounts,
  type Invoice,
  type LedgerEvent,
  minorOf,
  moneyOf,
  type PaymentMethod,
  ReleaseReason,
  refunds,
  unidentifiedPayments,
  writeOffs,
} from '@registru/domain'
import { openReceiptBook, registerClient, registerInvoice, updateClient } from '@registru/domain/examples'
import fc from 'fast-check'
import { createLedger } from './ledger.ts'

/**
 * Random lives of a few accounts of two companies. Ids are small numbers, so that steps meet; what the domain refuses
 * leaves no trace.
 */
export interface Step {
  readonly kind: number
  readonly company: number
  readonly client: number
  readonly invoice: number
  readonly payment: number
  readonly eur: boolean
  readonly minor: number
  /** Days after the first. */
  readonly on: number
  readonly term: number
  readonly variant: number
}

const FIRST_DAY = '2026-09-01'
const DAYS = 40
export const companyIds = ['amc', 'beta-servicii'] as const
export const clientIds = ['alfa', 'ion-popescu', 'gama'] as const

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.nat({ max: 35 }),
  company: fc.constantFrom(0, 0, 0, 0, 0, 0, 1),
  client: fc.constantFrom(0, 0, 0, 0, 1, 2),
  invoice: fc.nat({ max: 4 }),
  payment: fc.nat({ max: 4 }),
  eur: fc.constantFrom(false, false, false, true),
  minor: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 200_000 })),
  on: fc.nat({ max: DAYS }),
  term: fc.nat({ max: 40 }),
  variant: fc.nat({ max: 5 }),
})

export const stepsArbitrary = (lengthMax: number, lengthMin = 1): fc.Arbitrary<readonly Step[]> =>
  fc.array(step, { minLength: lengthMin, maxLength: lengthMax, size: 'max' })

const methods: readonly PaymentMethod[] = ['CASH', 'CASH', 'BANK_TRANSFER', 'CARD_POS', 'COURIER_COD', 'SET_OFF']

const rated = (rate: string) => ({ rate, source: 'BNR' as const, publishedOn: FIRST_DAY })

const instalmentsOf = (step: Step, currency: string, dueOn: string) => {
  const first = Math.floor(step.minor / 3)
  if (step.variant > 1 || first === 0 || step.term < 2) return undefined
  const parts = [first, first, step.minor - 2 * first]
  return parts.map((minor, index) => ({
    dueOn: addDays(dueOn, index - 2),
    amount: decimalOf(BigInt(minor), currency),
  }))
}

/** Two rates, the second one's VAT a little off, as printed documents have it. */
const vatLinesOf = (minor: number, currency: string) => {
  const base = Math.floor(minor / 2)
  const vat = Math.floor(base / 5)
  const parts = [
    { rate: '21', base, vat },
    { rate: '11', base: minor - base - vat - Math.floor(minor / 11), vat: Math.floor(minor / 11) },
  ]
  const amount = (part: number): string => decimalOf(BigInt(part), currency)
  return parts.map((part) => ({ rate: part.rate, base: amount(part.base), vat: amount(part.vat) }))
}

const smallest = (...amounts: readonly bigint[]): bigint => amounts.reduce((a, b) => (b < a ? b : a))

/** A final invoice, in either scheme, that takes off an advance; where that is more than it is for, it asks for nothing. */
const finalOf = (account: ClientAccount, step: Step, currency: string) => {
  const advance = [...accountInvoices.all(account)].find(
    (invoice) => invoice.kind === 'ADVANCE' && invoice.currency === currency && invoice.corrections === 0,
  )
  if (advance === undefined || step.payment > 2) return undefined
  const off = advance.vatLines.reduce((sum, { base, vat }) => sum + base + vat, 0n)
  const own = off > BigInt(step.minor) ? off : BigInt(step.minor)
  const taken = advance.vatLines.map(({ rate, base, vat }) => ({
    rate,
    base: decimalOf(-base, currency),
    vat: decimalOf(-vat, currency),
    advanceInvoiceId: advance.invoiceId,
  }))
  return {
    kind: 'INVOICE' as const,
    total: moneyOf(own - off, currency),
    instalments: undefined,
    cashAccounting: step.variant > 2,
    vatLines: [...vatLinesOf(Number(own), currency), ...taken],
  }
}

/** What money may go to: what is open, or, with nothing open, what was written off and not recovered. */
const roomOf = ({ open, writtenOff, recovered }: Invoice): bigint => (open > 0n ? open : writtenOff - recovered)

/** A payment with credit and an open invoice: all that fits, or the step's own amount if it does. */
const pickUnsettled = (account: ClientAccount, step: Step) => {
  const payments = [...accountPayments.all(account)].filter(({ credit }) => credit > 0n)
  const payment = payments[step.payment % payments.length]
  const invoices = [...accountInvoices.all(account)].filter(
    (invoice) => roomOf(invoice) > 0n && invoice.currency === payment?.currency,
  )
  const invoice = invoices[step.invoice % invoices.length]
  if (payment === undefined || invoice === undefined) return undefined
  const fits = smallest(payment.credit, roomOf(invoice))
  const minor = step.variant < 2 ? fits : smallest(fits, BigInt(step.minor))
  return {
    paymentId: payment.paymentId,
    invoiceId: invoice.invoiceId,
    amount: decimalOf(minor, payment.currency),
  }
}

/** A living allocation: the whole of it, or a part. */
const pickAllocation = (account: ClientAccount, step: Step) => {
  const living = [...accountPayments.all(account)].flatMap((payment) =>
    [...payment.allocations, ...payment.recoveries].map(([invoiceId, { amount }]) => ({ payment, invoiceId, amount })),
  )
  const found = living[(step.payment * 5 + step.invoice) % living.length]
  if (found === undefined) return undefined
  const minor = step.variant < 3 ? found.amount : smallest(found.amount, BigInt(step.minor))
  return {
    paymentId: found.payment.paymentId,
    invoiceId: found.invoiceId,
    amount: decimalOf(minor, found.payment.currency),
  }
}

interface Place {
  readonly companyId: string
  readonly clientId: string
  readonly currency: string
  readonly day: string
}

/** What lowers a debt or a credit without money coming in. */
const adjust = (ledger: ReturnType<typeof createLedger>, step: Step, place: Place): void => {
  const { companyId, clientId, currency, day } = place
  const account = ledger.accountOf(companyId, clientId)
  const invoices = [...accountInvoices.all(account)]
  const invoice = invoices[step.invoice % invoices.length]
  const payments = [...accountPayments.all(account)]
  const payment = payments[step.payment % payments.length]
  const part = (whole: bigint): bigint => (step.variant < 3 ? whole : smallest(whole, BigInt(step.minor)))

  if (step.kind === 27) {
    if (invoice === undefined) return
    const { invoiceId, open, currency: of } = invoice
    const dueOn = addDays(day, step.term)
    const half = open / 2n
    const halves = [
      { dueOn: addDays(dueOn, -step.payment - 1), amount: decimalOf(half, of) },
      { dueOn, amount: decimalOf(open - half, of) },
    ]
    const terms = step.variant < 3 && half > 0n ? { instalments: halves } : { dueOn }
    const data = { clientId, invoiceId, ...terms, agreedOn: day, reason: 'payment plan' }
    ledger.onAccount(companyId, { type: 'RescheduleInvoice', data }, day)
  } else if (step.kind === 21 && step.variant % 2 === 0) {
    const corrected = step.term % 2 === 0 ? invoice : undefined
    const total =
      corrected === undefined
        ? moneyOf(BigInt(step.minor), currency)
        : moneyOf(smallest(corrected.total, BigInt(step.minor)), corrected.currency)
    const data = {
      clientId,
      creditNoteId: `${clientId}-cn-${step.payment}`,
      corrects: corrected?.invoiceId,
      number: `CN ${step.payment}`,
      issuedOn: day,
      total,
    }
    ledger.onAccount(companyId, { type: 'RegisterCreditNote', data }, day)
  } else if (invoice !== undefined && (step.kind === 20 || step.kind === 21 || step.kind > 23)) {
    const { invoiceId, open } = invoice
    // A note may lower what is paid, too.
    const whole = step.kind === 21 && step.term % 2 === 0 ? invoice.total : open
    const amount = decimalOf(part(whole), invoice.currency)
    if (step.kind === 20) {
      const freeSettlements = step.variant > 2
      const data = { clientId, invoiceId, reason: 'never delivered', cancelledOn: day, freeSettlements }
      ledger.onAccount(companyId, { type: 'CancelInvoice', data }, day)
    } else if (step.kind === 21) {
      const total = { amount, currency: invoice.currency }
      const note = {
        clientId,
        creditNoteId: `${invoiceId}-cn`,
        invoiceId,
        number: `S ${invoiceId}`,
        issuedOn: day,
        total,
      }
      const lines = vatLinesOf(Number(minorOf(total)), invoice.currency)
      const data = step.variant > 2 && invoice.cashAccounting ? { ...note, vatLines: lines } : note
      ledger.onAccount(companyId, { type: 'RegisterCreditNote', data }, day)
    } else if (step.kind === 24) {
      const data = { clientId, invoiceId, reason: 'bankrupt', approvedBy: 'director', writtenOffOn: day, amount }
      ledger.onAccount(companyId, { type: 'WriteOffInvoice', data }, day)
    } else {
      const kind = step.variant % 2 === 0 ? ('SETTLEMENT' as const) : ('COMMERCIAL' as const)
      // With VAT on it now and then: it comes back with the discount.
      const lines = vatLinesOf(Number(part(open)), invoice.currency)
      const vatLines = invoice.cashAccounting && step.variant > 2 ? { vatLines: lines } : {}
      ledger.onAccount(
        companyId,
        { type: 'GrantDiscount', data: { clientId, invoiceId, kind, amount, ...vatLines, grantedOn: day } },
        day,
      )
    }
  } else if (payment !== undefined) {
    const { paymentId, credit } = payment
    if (step.kind === 22) {
      const refundId = `${paymentId}-refund-${step.variant}`
      const amount = decimalOf(part(credit), payment.currency)
      const method = (['BANK_TRANSFER', 'CASH', 'CARD_ONLINE'] as const)[step.term % 3] ?? 'CASH'
      // Now and then in the other currency, or in its own at another rate.
      const other = payment.currency === 'EUR' ? 'RON' : 'EUR'
      const isForeign = step.variant > 2 || (step.variant === 2 && other === 'RON')
      const foreign = step.variant > 2 ? { amount: moneyOf(BigInt(step.minor), other) } : {}
      const rate = isForeign ? { exchangeRate: rated('5.0312') } : {}
      const claimId = `${refundId}-claim`
      const beyond = step.payment === 0 ? { amount: decimalOf(BigInt(step.minor), payment.currency) } : {}
      const left = { amount, ...beyond, ...foreign, ...rate, method, refundedOn: day, allowExcess: step.invoice > 1 }
      const data = { clientId, refundId, paymentId, claimId, ...left }
      ledger.onAccount(companyId, { type: 'RecordRefund', data }, day)
    } else if (step.variant > 3) {
      const amount = decimalOf(part(credit), payment.currency)
      const reason = ReleaseReason.options[step.term % ReleaseReason.options.length] ?? 'OTHER'
      const data = { clientId, paymentId, amount, reason, releasedOn: day, approvedBy: 'director' }
      ledger.onAccount(companyId, { type: 'ReleaseCredit', data }, day)
    } else {
      const arrives = step.variant < 3 ? {} : { amount: decimalOf(part(payment.inTransit), payment.currency) }
      const data = { clientId, paymentId, clearedOn: day, fee: decimalOf(1n, payment.currency), ...arrives }
      ledger.onAccount(companyId, { type: 'ConfirmPaymentCleared', data }, day)
    }
  }
}

/** What was recorded without money, or given back, is taken back; on the day of the step, or as the ledger dates it. */
const takeBack = (ledger: ReturnType<typeof createLedger>, step: Step, place: Place): void => {
  const { companyId, clientId, day } = place
  const account = ledger.accountOf(companyId, clientId)
  const reversedOn = step.term % 3 === 0 ? undefined : addDays(day, step.term)
  const said = { clientId, reversedOn }
  const pick = (papers: Iterable<readonly [id: string, paper: { readonly reversed: boolean }]>): string => {
    const standing = [...papers].filter(([, { reversed }]) => !reversed)
    return standing[step.invoice % standing.length]?.[0] ?? 'none'
  }
  const setOffs = [...accountPayments.all(account)].filter(({ method }) => method === 'SET_OFF')
  const commands: readonly AccountCommand[] = [
    {
      type: 'ReverseCreditNote',
      data: { ...said, reason: 'WRONG_INVOICE', creditNoteId: pick(creditNotes.all(account)) },
    },
    { type: 'ReverseDiscount', data: { ...said, reason: 'MISTAKE', discountId: pick(discounts.all(account)) } },
    { type: 'ReverseWriteOff', data: { ...said, reason: 'OTHER', writeOffId: pick(writeOffs.all(account)) } },
    { type: 'ReverseRefund', data: { ...said, reason: 'RETURNED_BY_BANK', refundId: pick(refunds.all(account)) } },
    {
      type: 'ReverseSetOff',
      data: { ...said, reason: 'MISTAKE', paymentId: setOffs[step.payment % setOffs.length]?.paymentId ?? 'none' },
    },
  ]
  const command = commands[step.variant % commands.length]
  if (command !== undefined) ledger.onAccount(companyId, command, day)
}

/** Credit goes to another account, now and then for an invoice there; some of it is on its way for a while, or for ever. */
const transfer = (ledger: ReturnType<typeof createLedger>, step: Step, { companyId, clientId, day }: Place): void => {
  const payments = [...accountPayments.all(ledger.accountOf(companyId, clientId))].filter(({ credit }) => credit > 0n)
  const payment = payments[step.payment % payments.length]
  const toClientId = clientIds[(step.client + 1 + (step.term % 2)) % clientIds.length] ?? clientIds[0]
  if (payment !== undefined) {
    const { paymentId, credit, currency } = payment
    const minor = step.variant < 3 ? credit : smallest(credit, BigInt(step.minor))
    const transferId = `${clientId}-${toClientId}-${step.invoice}`
    const which = { clientId, toClientId, paymentId, transferId, amount: decimalOf(minor, currency) }
    const open = [...accountInvoices.all(ledger.accountOf(companyId, toClientId))].filter(
      (invoice) => invoice.open > 0n && invoice.currency === currency,
    )
    const invoice = open[step.term % 2 === 0 ? step.invoice % open.length : -1]
    if (invoice === undefined) {
      const data = { ...which, reason: 'paid for another', ...(step.term % 3 > 0 && { movedOn: day }) }
      ledger.onAccount(companyId, { type: 'TransferCredit', data }, day)
    } else {
      const amount = decimalOf(smallest(minor, invoice.open), currency)
      const { invoiceId } = invoice
      const allocatedOn = step.term % 3 > 0 ? day : undefined
      const data = { clientId, paymentId, transferId, invoiceId, invoiceClientId: toClientId, amount, allocatedOn }
      ledger.onAccount(companyId, { type: 'PayForAnother', data }, day)
    }
  }
  if (step.variant % 3 > 0) ledger.moveReserved(day)
}

/** Two clients were one, now and then; what somebody reserves may wait for a while. */
const merge = (ledger: ReturnType<typeof createLedger>, step: Step, { companyId, clientId, day }: Place): void => {
  if (step.variant > 0) return
  const intoClientId = clientIds[(step.client + 1 + (step.term % 2)) % clientIds.length] ?? clientIds[0]
  const mergedOn = step.term % 3 > 0 ? day : undefined
  const data = { clientId, intoClientId, mergedOn, reason: 'registered twice' }
  ledger.onAccount(companyId, { type: 'MergeClients', data }, day)
}

/** Money of nobody comes, becomes somebody's in parts, some of it comes back, and some of that is gone. */
const nobodys = (
  ledger: ReturnType<typeof createLedger>,
  step: Step,
  { companyId, clientId, currency, day }: Place,
): void => {
  const paymentId = `unk-${step.payment}`
  const payment = unidentifiedPayments.get(ledger.nobodysOf(companyId), paymentId)
  const part = (whole: bigint): string =>
    decimalOf(step.variant % 2 === 0 ? whole : smallest(whole, BigInt(step.minor)), payment?.currency ?? currency)
  const identification = payment?.identifications.at(step.invoice % Math.max(payment.identifications.length, 1))
  if (payment === undefined) {
    const amount = moneyOf(BigInt(step.minor), currency)
    const money = { paymentId, amount, method: 'BANK_TRANSFER', receivedOn: day } as const
    const fee = step.term % 3 === 0 ? { fee: decimalOf(1n, currency) } : {}
    const rate = currency === 'EUR' && step.term % 2 === 0 ? { exchangeRate: rated('4.9700') } : {}
    const data = { ...money, ...fee, ...rate, remittanceText: `fact ${clientId}-inv-${step.invoice}` }
    ledger.onNobodys(companyId, { type: 'RecordUnidentifiedPayment', data }, day)
  } else if (step.variant === 0 && identification !== undefined) {
    const { identificationId, clientId: whose } = identification
    const told = { clientId: whose, method: payment.method, undoneOn: addDays(day, step.term), reason: 'not his' }
    ledger.onAccount(companyId, { type: 'UndoIdentification', data: { ...told, paymentId, identificationId } }, day)
  } else if (step.variant === 1) {
    const told = { reason: 'RETURNED_TO_SENDER', returnedOn: addDays(day, step.term) } as const
    const data = { paymentId, amount: part(payment.credit), ...told }
    ledger.onNobodys(companyId, { type: 'ReturnUnidentifiedPayment', data }, day)
  } else {
    const identificationId = `${clientId}-${paymentId}-${step.invoice}`
    const which = { paymentId, clientId, identificationId, amount: part(payment.credit) }
    const rule = (['auto', 'named', 'oldestDueFirst', 'none'] as const)[step.term % 4] ?? 'auto'
    const data = { ...which, allocation: { rule }, ...(step.term % 2 === 0 && { identifiedOn: day }) }
    ledger.onNobodys(companyId, { type: 'IdentifyPayment', data }, day)
  }
  // Now and then somebody dies between the two streams.
  if (step.term % 5 > 0) ledger.receiveIdentified(day)
}

/** What a company decides about itself. Periods end early, so that much still finds an open day. */
const aboutItself = (step: Step, companyId: string, day: string): CompanyCommand => {
  const { variant, term } = step
  if (variant === 0) return { type: 'ClosePeriod', data: { companyId, through: addDays(FIRST_DAY, term % 15) } }
  if (variant === 1) {
    const people = { requestedBy: 'Ana', approvedBy: 'Ion' }
    return { type: 'ReopenPeriod', data: { companyId, from: addDays(FIRST_DAY, term % 15), reason: 'late', ...people } }
  }
  if (variant === 2) {
    const desk = { deskId: `C${step.payment}`, name: 'Casa', openedOn: day }
    return { type: 'OpenCashDesk', data: { companyId, ...desk } }
  }
  if (variant === 3) return { type: 'SetPolicy', data: { companyId, instrumentCountsAsPaid: term % 2 === 0 } }
  if (variant === 4) return { type: 'SetPolicy', data: { companyId, smallDifference: term % 2 === 0 ? '0' : '90' } }
  const cashGuard = (['WARN', 'REQUIRE_OVERRIDE', 'REJECT'] as const)[term % 3] ?? 'WARN'
  return { type: 'SetPolicy', data: { companyId, cashGuard, duplicateDocuments: term % 2 === 0 ? 'WARN' : 'REJECT' } }
}

const play = (ledger: ReturnType<typeof createLedger>, step: Step): void => {
  const companyId = companyIds[step.company] ?? companyIds[0]
  const clientId = clientIds[step.client] ?? clientIds[0]
  const currency = step.eur ? 'EUR' : 'RON'
  const day = addDays(FIRST_DAY, step.on)
  // Ids are unique in a company, as callers make them.
  const invoiceId = `${clientId}-inv-${step.invoice}`
  const paymentId = `${clientId}-pay-${step.payment}`
  const series = 'CH'

  if (step.kind < 5) {
    const dueOn = addDays(day, step.term)
    const instalments = instalmentsOf(step, currency, dueOn)
    const total = moneyOf(BigInt(step.minor), currency)
    const final = finalOf(ledger.accountOf(companyId, clientId), step, currency)
    const { vatLines: _, ...example } = registerInvoice()
    ledger.onAccount(
      companyId,
      {
        type: 'RegisterInvoice',
        data: {
          ...example,
          clientId,
          invoiceId,
          number: `${step.invoice}`,
          issuedOn: day,
          dueOn,
          total,
          ...(instalments !== undefined && { instalments }),
          // Advances of both schemes.
          ...((step.variant === 5 || step.variant === 2) && { kind: 'ADVANCE' as const }),
          ...(step.variant > 1 && {
            cashAccounting: step.variant > 2,
            vatLines: vatLinesOf(step.minor, currency),
          }),
          ...final,
        },
      },
      day,
    )
  } else if (step.kind === 31) {
    const kind = ClaimKind.options[step.variant % ClaimKind.options.length] ?? 'OTHER'
    const total = moneyOf(BigInt(step.minor), currency)
    const number = step.term % 2 === 0 ? undefined : `D ${step.invoice}`
    const dueOn = addDays(day, step.term)
    const claimId = `${clientId}-claim-${step.invoice}`
    const data = { clientId, claimId, kind, number, issuedOn: day, dueOn, total }
    ledger.onAccount(companyId, { type: 'RegisterClaim', data }, day)
  } else if (step.kind < 10) {
    const method = step.term % 5 === 4 ? 'CHEQUE' : (methods[step.variant] ?? 'CASH')
    ledger.onAccount(
      companyId,
      {
        type: 'RecordPayment',
        data: {
          clientId,
          paymentId,
          amount: moneyOf(BigInt(step.minor), currency),
          method,
          receivedOn: day,
          ...(step.eur && step.variant % 2 === 0 && { exchangeRate: rated('4.9765') }),
          ...(method === 'BANK_TRANSFER' && step.term % 2 === 0 && { fee: decimalOf(1n, currency) }),
          allocation: { rule: step.term % 3 === 0 ? 'none' : 'oldestDueFirst' },
          ...(method === 'CASH' && step.variant === 0 && { receipt: { series, receiptId: `rec-${paymentId}` } }),
        },
      },
      day,
    )
  } else if (step.kind < 13) {
    const found = pickUnsettled(ledger.accountOf(companyId, clientId), step)
    if (found === undefined) return
    const data = { clientId, ...found, ...(step.term % 2 === 0 && { allocatedOn: day }) }
    ledger.onAccount(companyId, { type: 'AllocatePayment', data }, day)
  } else if (step.kind < 16) {
    const found = pickAllocation(ledger.accountOf(companyId, clientId), step)
    if (found === undefined) return
    const data = { clientId, ...found, reason: 'WRONG_INVOICE' as const, deallocatedOn: addDays(day, step.term) }
    ledger.onAccount(companyId, { type: 'DeallocatePayment', data }, day)
  } else if (step.kind < 18) {
    const reason = step.variant % 2 === 0 ? ('BOUNCED' as const) : ('CHARGED_BACK' as const)
    const claimId = `${paymentId}-gone-${step.invoice}`
    // Now and then more than is left.
    const amount = decimalOf(BigInt(step.minor), currency)
    const part = step.variant < 3 ? {} : { amount, allowExcess: step.term % 2 === 0 }
    const data = { clientId, paymentId, claimId, reason, reversedOn: addDays(day, step.term), ...part }
    ledger.onAccount(companyId, { type: 'ReversePayment', data }, day)
    if (step.term % 6 > 0) ledger.followReversals(day)
  } else if (step.kind < 19) {
    const data = { clientId, paymentId, series, issuedOn: day, receiptId: `rec-${paymentId}-${step.variant}` }
    ledger.onAccount(companyId, { type: 'IssueReceipt', data }, day)
  } else if (step.kind === 26) {
    const kind = step.variant < 3 ? ('BUSINESS' as const) : ('INDIVIDUAL' as const)
    const data = updateClient({ clientId, kind, name: `${clientId} ${step.variant}` })
    ledger.onAccount(companyId, { type: 'UpdateClient', data }, day)
  } else if (step.kind === 34) {
    ledger.onItself(aboutItself(step, companyId, day), addDays(FIRST_DAY, DAYS))
  } else if (step.kind === 28) {
    takeBack(ledger, step, { companyId, clientId, currency, day })
  } else if (step.kind === 35) {
    merge(ledger, step, { companyId, clientId, currency, day })
  } else if (step.kind > 31) {
    nobodys(ledger, step, { companyId, clientId, currency, day })
  } else if (step.kind > 28) {
    transfer(ledger, step, { companyId, clientId, currency, day })
  } else if (step.kind > 19) {
    adjust(ledger, step, { companyId, clientId, currency, day })
  } else {
    const data = {
      series,
      number: step.invoice + 1,
      reason: 'wrong amount',
      annulledOn: addDays(day, step.term),
      alsoReversePayment: step.variant > 2,
    }
    ledger.annul(companyId, data, day)
  }
  // What an undo leaves in an account that is merged goes on, at once or later.
  if (step.term % 4 > 0) ledger.carryMerges(day)
}

export const playHistory = (steps: readonly Step[]): readonly LedgerEvent[] => {
  const ledger = createLedger()
  for (const companyId of companyIds) {
    ledger.registerCompany(companyId)
    ledger.onBook(
      companyId,
      { type: 'OpenReceiptBook', data: openReceiptBook({ series: 'CH', from: 1, to: 6 }) },
      FIRST_DAY,
    )
    for (const clientId of clientIds) {
      ledger.onAccount(companyId, { type: 'RegisterClient', data: registerClient({ clientId }) }, FIRST_DAY)
    }
  }
  for (const step of steps) play(ledger, step)
  return ledger.events
}
