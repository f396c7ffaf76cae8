/** Invoices: registered, put off, cancelled. */
import { decimal, moneyOf, worthAt } from './amounts.ts'
import { post } from './books.ts'
import { postClaim } from './claims.ts'
import { ifNot, type Line, type Rule } from './command.ts'
import { papersOn, reversePaper } from './papers.ts'
import type { Invoice, State } from './state.ts'
import { freeFrom, last, openItem, paperOf } from './terms.ts'
import { freeAll, paidOf, settledOn } from './undoing.ts'
import { addRates, byRate, fits, type VatByRate, vatOf, withVat } from './vat.ts'

/** Lines with a minus take an advance off: their base is no revenue any more, their VAT was another paper's. */
const takesOffOf = (lines: readonly Line[]): Invoice['takesOff'] =>
  lines.flatMap(({ advanceInvoiceId, rate, base, vat }) =>
    advanceInvoiceId === undefined ? [] : [{ of: advanceInvoiceId, rate, base: -base, vat: -vat }],
  )

/** By advance, what is taken off it. */
const byAdvance = (off: Invoice['takesOff']): ReadonlyMap<string, VatByRate> => {
  const ids = [...new Set(off.map(({ of }) => of))]
  return new Map(ids.map((id) => [id, byRate(off.filter(({ of }) => of === id))]))
}

/** Posts an invoice, or with -1 takes it back. The money of an advance was collected for what it is taken off. */
const postInvoice = (state: State, invoice: Invoice, lines: VatByRate, on: string, sign: 1 | -1): void => {
  const { invoiceId, currency, total, takesOff, cashAccounting, isAdvance } = invoice
  const entry = { on, cause: 'registered', item: invoiceId }
  const offBase = takesOff.reduce((sum, { base }) => sum + base, 0)
  const off = takesOff.reduce((sum, { vat }) => sum + vat, offBase)
  post(state, entry, [
    ['RECEIVABLE', currency, sign * total],
    [isAdvance ? 'ADVANCE_INVOICED' : 'REVENUE', currency, -sign * (total + off - vatOf(lines))],
    ['ADVANCE_INVOICED', currency, sign * offBase],
    ...takesOff.map(
      ({ vat, rate }) => ['VAT_DUE', currency, sign * vat, undefined, cashAccounting ? rate : undefined] as const,
    ),
  ])
  withVat(state, invoice, entry, () => {
    addRates(invoice.vat, lines, sign)
    invoice.collected += sign * off
  })
  for (const [id, taken] of byAdvance(takesOff)) {
    const advance = state.invoices.get(id)
    if (advance !== undefined) addRates(advance.takenOff, taken, sign)
  }
}

export const registerInvoice: Rule<State> = (state, body, day) => {
  const { invoices, numbers } = state
  const { invoiceId, total, dueOn, vatLines = [], instalments } = body
  const paper = paperOf(String(body.number), day)
  const takesOff = takesOffOf(vatLines)
  const fitsAdvance = ([id, taken]: readonly [string, VatByRate]): readonly string[] => {
    const advance = invoices.get(id)
    return advance === undefined
      ? ['INVOICE_NOT_FOUND']
      : [
          ...ifNot(advance.isAdvance && !advance.isCancelled && fits(advance, taken), 'CREDIT_NOTE_DOES_NOT_FIT'),
          ...ifNot(day >= advance.issuedOn, 'UNDO_BEFORE_WHAT_IT_UNDOES'),
        ]
  }
  return {
    codes: [
      ...ifNot(!invoices.has(invoiceId), 'INVOICE_ALREADY_REGISTERED'),
      ...ifNot(dueOn >= day, 'DUE_BEFORE_ISSUE'),
      ...ifNot(!numbers.has(paper), 'DOCUMENT_ALREADY_REGISTERED'),
      ...[...byAdvance(takesOff)].flatMap(fitsAdvance),
    ],
    apply: () => {
      const parts = instalments.length > 0 ? instalments : [{ dueOn, amount: total.amount }]
      const invoice = openItem(invoiceId, total, {
        number: String(Number(body.number)),
        paper,
        issuedOn: day,
        isAdvance: body.kind === 'ADVANCE',
        cashAccounting: body.cashAccounting,
        takesOff,
        worth: worthAt(body.exchangeRate, total.amount),
        terms: [{ agreedOn: day, at: state.now, parts }],
      })
      numbers.add(paper)
      invoices.set(invoiceId, invoice)
      const ownLines = vatLines.filter(({ advanceInvoiceId }) => advanceInvoiceId === undefined)
      postInvoice(state, invoice, byRate(ownLines), day, 1)
      return { invoiceId, open: decimal(total.amount) }
    },
  }
}

/** What was settled keeps its days; behind it stand the new ones. */
export const rescheduleInvoice: Rule<State> = ({ invoices, now }, { invoiceId, dueOn, instalments }, day) => {
  const invoice = invoices.get(invoiceId)
  const before = invoice?.terms.at(-1)
  if (invoice === undefined || before === undefined) return { codes: ['INVOICE_NOT_FOUND'], apply: () => ({}) }
  const { open, total, currency } = invoice
  const agreed = instalments.length > 0 ? instalments : [{ dueOn, amount: open }]
  return {
    codes: [
      ...ifNot(open > 0, 'ALLOCATION_EXCEEDS_OPEN_AMOUNT'),
      ...ifNot(before.agreedOn <= day, 'RESCHEDULE_BEFORE_LAST'),
      ...ifNot(agreed.reduce((sum, { amount }) => sum + amount, 0) === open, 'INSTALMENTS_DO_NOT_ADD_UP'),
    ],
    apply: () => {
      let settled = total - open
      const kept = before.parts.flatMap((part) => {
        const amount = Math.min(part.amount, settled)
        settled -= amount
        return amount > 0 ? [{ ...part, amount }] : []
      })
      invoice.terms.push({ agreedOn: day, at: now, parts: [...kept, ...agreed] })
      return { agreedOn: day, invoices: [{ invoiceId, amount: moneyOf(open, currency) }] }
    },
  }
}

export const cancelInvoice: Rule<State> = (state, { invoiceId, freeSettlements }, day) => {
  const invoice = state.invoices.get(invoiceId)
  if (invoice === undefined) return { codes: ['INVOICE_NOT_FOUND'], apply: () => ({}) }
  const lowered = papersOn(state, invoiceId)
  const whole = lowered.reduce((sum, { amount }) => sum + amount, invoice.open + paidOf(state, invoiceId))
  const isWhole = (freeSettlements ? whole : invoice.open) === invoice.total
  const isCorrected = [...state.papers.values()].some(({ corrects, reversed }) => corrects === invoiceId && !reversed)
  const settled = freeSettlements ? [settledOn(state, invoiceId), ...lowered.map(({ on }) => on)] : []
  const isTaken = isCorrected || vatOf(invoice.takenOff) !== 0
  return {
    codes: [
      ...ifNot(isWhole && !invoice.isCancelled && !isTaken && invoice.ofPayment === '', 'INVOICE_NOT_FULLY_OPEN'),
      ...ifNot(day >= last(freeFrom(invoice), ...settled), 'UNDO_BEFORE_WHAT_IT_UNDOES'),
    ],
    apply: () => {
      const isSettled = whole !== invoice.open
      const freed = isSettled ? freeAll(state, invoiceId, day) : []
      for (const paper of isSettled ? lowered : []) reversePaper(state, paper, day)
      if (invoice.claim === '') postInvoice(state, invoice, new Map(invoice.vat), day, -1)
      else postClaim(state, invoice, day, -1)
      invoice.open = 0
      invoice.isCancelled = true
      state.numbers.delete(invoice.paper)
      return { invoiceId, cancelledOn: day, freed }
    },
  }
}
