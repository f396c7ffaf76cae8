import { type BusinessDay, latest } from '../business-day.ts'
import { type DecisionTable, decideBy } from '../decider.ts'
import type { InvoiceId } from '../ids.ts'
import { type Currency, decimalOf, minorIn, minorOf, moneyOf } from '../money.ts'
import type { ClientKind } from '../party.ts'
import { reject } from '../rejection.ts'
import { isFiscalCode, looksLikePersonalCode } from '../tax-id.ts'
import type { AccountCommand } from './commands.ts'
import {
  type AccountEvent,
  ClientRegistered,
  ClientUpdated,
  InvoiceRegistered,
  PaymentAllocated,
  PaymentDeallocated,
  PaymentRecorded,
  PaymentReversed,
  ReceiptDeclined,
  ReceiptReleased,
  ReceiptRequested,
} from './events.ts'
import type { Client, ClientAccount, Invoice, Payment } from './state.ts'
import type { AllocationRule, DeallocationReason } from './vocabulary.ts'

type CommandData<Type extends AccountCommand['type']> = Extract<AccountCommand, { readonly type: Type }>['data']

/** A part of a payment on its way to an invoice; decided, not yet an event. */
interface Share {
  readonly invoice: Invoice
  readonly amount: bigint
}

const clientOf = (account: ClientAccount, clientId: string): Client =>
  account.client ?? reject('CLIENT_NOT_FOUND', { clientId })

const paymentOf = (
  account: ClientAccount,
  { clientId, paymentId }: { clientId: string; paymentId: string },
): Payment => {
  clientOf(account, clientId)
  return account.payments.get(paymentId) ?? reject('PAYMENT_NOT_FOUND', { paymentId })
}

const invoiceOf = (account: ClientAccount, invoiceId: InvoiceId): Invoice =>
  account.invoices.get(invoiceId) ?? reject('INVOICE_NOT_FOUND', { invoiceId })

const requireTaxId = (client: {
  readonly kind: ClientKind
  readonly taxId?: string | undefined
  readonly address?: { readonly countryCode: string } | undefined
}): void => {
  if (client.taxId === undefined) {
    if (client.kind === 'BUSINESS') reject('TAX_ID_INVALID', { path: '/taxId', rule: 'required for a BUSINESS' })
    return
  }
  if (client.kind === 'INDIVIDUAL' && looksLikePersonalCode(client.taxId)) {
    reject('TAX_ID_INVALID', { path: '/taxId', rule: 'a personal code (CNP) is not kept' })
  }
  // A foreign or unaddressed client's number follows other rules; only a Romanian business is held to the CUI's.
  if (client.kind === 'BUSINESS' && client.address?.countryCode === 'RO' && !isFiscalCode(client.taxId)) {
    reject('TAX_ID_INVALID', { path: '/taxId', taxId: client.taxId, rule: 'control digit of a Romanian fiscal code' })
  }
}

const requireSameCurrency = (payment: { readonly currency: Currency }, invoice: Invoice): void => {
  if (payment.currency !== invoice.currency) {
    reject('CURRENCY_MISMATCH', {
      invoiceId: invoice.invoiceId,
      invoiceCurrency: invoice.currency,
      paymentCurrency: payment.currency,
    })
  }
}

const requireOpen = (invoice: Invoice, amount: bigint): void => {
  if (amount > invoice.open) {
    reject('ALLOCATION_EXCEEDS_OPEN_AMOUNT', {
      invoiceId: invoice.invoiceId,
      open: moneyOf(invoice.open, invoice.currency),
    })
  }
}

const requireCredit = (paymentId: string, credit: bigint, amount: bigint, currency: Currency): void => {
  if (amount > credit) reject('ALLOCATION_EXCEEDS_CREDIT', { paymentId, credit: moneyOf(credit, currency) })
}

const requireNotBefore = (day: BusinessDay, earliest: BusinessDay): void => {
  if (day < earliest) reject('UNDO_BEFORE_WHAT_IT_UNDOES', { day, earliest })
}

/** From the last undo on, what is open only falls, so what is open at the end was open all the way. */
const effectiveDay = (
  payment: { readonly receivedOn: BusinessDay; readonly lastUndoOn?: BusinessDay | undefined },
  invoice: Invoice,
  askedFor?: BusinessDay,
): BusinessDay => latest(payment.receivedOn, invoice.issuedOn, askedFor, payment.lastUndoOn, invoice.lastUndoOn)

const explicitShares = (
  account: ClientAccount,
  items: readonly { readonly invoiceId: InvoiceId; readonly amount: string }[],
  payment: { readonly paymentId: string; readonly currency: Currency; readonly amount: bigint },
): readonly Share[] => {
  let credit = payment.amount
  return items.map((item) => {
    const invoice = invoiceOf(account, item.invoiceId)
    requireSameCurrency(payment, invoice)
    const amount = minorIn(item.amount, invoice.currency)
    requireOpen(invoice, amount)
    requireCredit(payment.paymentId, credit, amount, payment.currency)
    credit -= amount
    return { invoice, amount }
  })
}

const oldestDueShares = (account: ClientAccount, currency: Currency, total: bigint): readonly Share[] => {
  const shares: Share[] = []
  let left = total
  for (const { invoiceId } of account.openByDue.get(currency) ?? []) {
    if (left === 0n) break
    const invoice = invoiceOf(account, invoiceId)
    const amount = invoice.open < left ? invoice.open : left
    shares.push({ invoice, amount })
    left -= amount
  }
  return shares
}

const RULES = {
  explicit: 'explicit@1',
  oldestDueFirst: 'oldestDueFirst@1',
  none: 'none@1',
} as const satisfies Record<string, AllocationRule>

const requestReceipt = (
  command: {
    readonly clientId: string
    readonly receiptId: string
    readonly series: string
    readonly issuedOn: BusinessDay
  },
  payment: Pick<Payment, 'paymentId' | 'currency' | 'amount'>,
  settled: readonly { readonly invoice: Invoice; readonly amount: bigint; readonly openAfter: bigint }[],
) => {
  const { paymentId, currency, amount } = payment
  const advance = settled.reduce((left, part) => left - part.amount, amount)
  return ReceiptRequested.of({
    clientId: command.clientId,
    paymentId,
    receiptId: command.receiptId,
    series: command.series,
    issuedOn: command.issuedOn,
    amount: moneyOf(amount, currency),
    settles: settled.map((part) => ({
      invoiceId: part.invoice.invoiceId,
      series: part.invoice.series,
      number: part.invoice.number,
      issuedOn: part.invoice.issuedOn,
      amount: moneyOf(part.amount, currency),
      openAfter: decimalOf(part.openAfter, currency),
    })),
    advance: decimalOf(advance, currency),
  })
}

const recordPayment = (command: CommandData<'RecordPayment'>, account: ClientAccount): readonly AccountEvent[] => {
  const { allocation = { rule: 'oldestDueFirst' as const }, receipt, ...facts } = command
  const { clientId, paymentId, receivedOn } = facts
  clientOf(account, clientId)
  if (account.payments.has(paymentId)) reject('PAYMENT_ALREADY_RECORDED', { paymentId })
  if (receipt !== undefined && facts.method !== 'CASH') reject('RECEIPT_ONLY_FOR_CASH', { method: facts.method })

  const { currency } = facts.amount
  const amount = minorOf(facts.amount)
  const rule = RULES[allocation.rule]
  const shares =
    allocation.rule === 'explicit'
      ? explicitShares(account, allocation.items, { paymentId, currency, amount })
      : allocation.rule === 'oldestDueFirst'
        ? oldestDueShares(account, currency, amount)
        : []

  const events: AccountEvent[] = [PaymentRecorded.of({ ...facts, allocationRule: rule })]
  for (const { invoice, amount: share } of shares) {
    events.push(
      PaymentAllocated.of({
        clientId,
        paymentId,
        invoiceId: invoice.invoiceId,
        amount: moneyOf(share, currency),
        allocatedOn: effectiveDay({ receivedOn }, invoice),
        rule,
      }),
    )
  }
  if (receipt !== undefined) {
    const settled = shares.map((share) => ({ ...share, openAfter: share.invoice.open - share.amount }))
    const request = { clientId, receiptId: receipt.receiptId, series: receipt.series, issuedOn: receivedOn }
    events.push(requestReceipt(request, { paymentId, currency, amount }, settled))
  }
  return events
}

const deallocate = ({
  clientId,
  payment,
  invoiceId,
  amount,
  deallocatedOn,
  reason,
  note,
}: {
  readonly clientId: string
  readonly payment: Payment
  readonly invoiceId: InvoiceId
  readonly amount: bigint
  readonly deallocatedOn: BusinessDay
  readonly reason: DeallocationReason
  readonly note?: string | undefined
}) =>
  PaymentDeallocated.of({
    clientId,
    paymentId: payment.paymentId,
    invoiceId,
    amount: moneyOf(amount, payment.currency),
    deallocatedOn,
    reason,
    note,
  })

/** Nothing about the payment may be effective after its reversal, or its credit would be negative in between. */
const earliestReversal = (payment: Payment): BusinessDay => {
  const days = [...payment.allocations.values()].map((allocation) => allocation.allocatedOn)
  return latest(payment.receivedOn, payment.lastUndoOn, ...days)
}

const reverse = (
  payment: Payment,
  {
    clientId,
    reason,
    reversedOn,
    note,
  }: Omit<CommandData<'ReversePayment'>, 'paymentId' | 'reversedOn'> & {
    readonly reversedOn: BusinessDay
  },
): readonly AccountEvent[] => [
  ...[...payment.allocations].map(([invoiceId, { amount }]) =>
    deallocate({ clientId, payment, invoiceId, amount, deallocatedOn: reversedOn, reason: 'PAYMENT_REVERSED' }),
  ),
  PaymentReversed.of({
    clientId,
    paymentId: payment.paymentId,
    amount: moneyOf(payment.amount, payment.currency),
    method: payment.method,
    deskId: payment.deskId,
    reason,
    reversedOn,
    note,
  }),
]

const table: DecisionTable<ClientAccount, AccountCommand, AccountEvent> = {
  RegisterClient: (command, account) => {
    if (account.client !== undefined) reject('CLIENT_ALREADY_REGISTERED', { clientId: command.clientId })
    requireTaxId(command)
    return [ClientRegistered.of(command)]
  },

  UpdateClient: (command, account) => {
    const client = clientOf(account, command.clientId)
    requireTaxId({ ...client, ...command, kind: command.kind ?? client.kind })
    const before = new Map<string, unknown>(Object.entries(client))
    const changed = Object.entries(command).filter(
      ([field, value]) => JSON.stringify(before.get(field)) !== JSON.stringify(value),
    )
    if (changed.length === 0) return []
    return [ClientUpdated.of({ clientId: command.clientId, ...Object.fromEntries(changed) })]
  },

  RegisterInvoice: (command, account) => {
    const { clientId, invoiceId, issuedOn, dueOn, total } = command
    clientOf(account, clientId)
    if (account.invoices.has(invoiceId)) reject('INVOICE_ALREADY_REGISTERED', { invoiceId })
    if (dueOn < issuedOn) reject('DUE_BEFORE_ISSUE', { path: '/dueOn', issuedOn, dueOn })

    const { currency } = total
    const exact = (amount: string): string => decimalOf(minorIn(amount, currency), currency)
    const vatLines = (command.vatLines ?? []).map((line) => ({ ...line, base: exact(line.base), vat: exact(line.vat) }))
    const vatSum = vatLines.reduce((sum, line) => sum + minorIn(line.base, currency) + minorIn(line.vat, currency), 0n)
    if (vatLines.length > 0 && vatSum !== minorOf(total)) {
      reject('VAT_LINES_DO_NOT_ADD_UP', { path: '/vatLines', total, sum: moneyOf(vatSum, currency) })
    }

    const instalments = (command.instalments ?? []).map((part) => ({ ...part, amount: exact(part.amount) }))
    const instalmentSum = instalments.reduce((sum, part) => sum + minorIn(part.amount, currency), 0n)
    const inOrder = instalments.every(
      (part, index) => index === 0 || (instalments[index - 1]?.dueOn ?? '') < part.dueOn,
    )
    const endsOnDueDay = instalments.at(-1)?.dueOn === dueOn
    if (instalments.length > 0 && (instalmentSum !== minorOf(total) || !inOrder || !endsOnDueDay)) {
      reject('INSTALMENTS_DO_NOT_ADD_UP', {
        path: '/instalments',
        rule: 'amounts add up to the total, days rise, the last is dueOn',
        total,
        sum: moneyOf(instalmentSum, currency),
      })
    }

    return [
      InvoiceRegistered.of({
        clientId,
        invoiceId,
        kind: command.kind ?? 'INVOICE',
        series: command.series,
        number: command.number,
        issuedOn,
        dueOn,
        total,
        vatLines,
        cashAccounting: command.cashAccounting ?? false,
        instalments,
        instalmentContract: command.instalmentContract ?? false,
      }),
    ]
  },

  RecordPayment: recordPayment,

  AllocatePayment: (command, account) => {
    const payment = paymentOf(account, command)
    const invoice = invoiceOf(account, command.invoiceId)
    requireSameCurrency(payment, invoice)
    const amount = minorIn(command.amount, payment.currency)
    requireOpen(invoice, amount)
    requireCredit(payment.paymentId, payment.credit, amount, payment.currency)
    return [
      PaymentAllocated.of({
        clientId: command.clientId,
        paymentId: payment.paymentId,
        invoiceId: invoice.invoiceId,
        amount: moneyOf(amount, payment.currency),
        allocatedOn: effectiveDay(payment, invoice, command.allocatedOn),
        rule: RULES.explicit,
      }),
    ]
  },

  DeallocatePayment: (command, account, { today }) => {
    const { clientId, reason, note } = command
    const payment = paymentOf(account, command)
    const invoice = invoiceOf(account, command.invoiceId)
    const allocation = payment.allocations.get(invoice.invoiceId)
    const living = allocation?.amount ?? 0n
    const amount = command.amount === undefined ? living : minorIn(command.amount, payment.currency)
    if (allocation === undefined || amount > living) {
      return reject('DEALLOCATION_EXCEEDS_ALLOCATION', {
        paymentId: payment.paymentId,
        invoiceId: invoice.invoiceId,
        allocated: moneyOf(living, payment.currency),
      })
    }
    const deallocatedOn = command.deallocatedOn ?? today
    requireNotBefore(deallocatedOn, allocation.allocatedOn)
    return [deallocate({ clientId, payment, invoiceId: invoice.invoiceId, amount, deallocatedOn, reason, note })]
  },

  ReversePayment: (command, account, { today }) => {
    const payment = paymentOf(account, command)
    if (payment.reversed) reject('PAYMENT_ALREADY_REVERSED', { paymentId: payment.paymentId })
    const reversedOn = command.reversedOn ?? today
    requireNotBefore(reversedOn, earliestReversal(payment))
    return reverse(payment, { ...command, reversedOn })
  },

  IssueReceipt: (command, account) => {
    const payment = paymentOf(account, command)
    if (payment.method !== 'CASH') reject('RECEIPT_ONLY_FOR_CASH', { method: payment.method })
    if (payment.reversed) reject('PAYMENT_ALREADY_REVERSED', { paymentId: payment.paymentId })
    if (payment.receipt !== undefined) reject('RECEIPT_ALREADY_ISSUED', { ...payment.receipt })
    const settled = [...payment.allocations].map(([invoiceId, { amount }]) => {
      const invoice = invoiceOf(account, invoiceId)
      return { invoice, amount, openAfter: invoice.open }
    })
    return [requestReceipt(command, payment, settled)]
  },

  DeclineReceipt: (command, account) => {
    const payment = paymentOf(account, command)
    return payment.receipt?.receiptId === command.receiptId ? [ReceiptDeclined.of(command)] : []
  },

  // The book has already annulled it, so this never refuses: it does what is still to be done.
  ReleaseReceipt: (command, account) => {
    const { clientId, paymentId, receiptId, series, number, annulledOn } = command
    const payment = paymentOf(account, command)
    const events: AccountEvent[] = []
    if (payment.receipt?.receiptId === receiptId) {
      events.push(ReceiptReleased.of({ clientId, paymentId, receiptId, series, number, releasedOn: annulledOn }))
    }
    if (command.alsoReversePayment && !payment.reversed) {
      const reversedOn = latest(annulledOn, earliestReversal(payment))
      events.push(...reverse(payment, { clientId, reason: 'MISTAKE', reversedOn }))
    }
    return events
  },
}

export const decideAccount = decideBy(table)
