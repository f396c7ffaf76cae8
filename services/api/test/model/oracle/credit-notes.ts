/** Credit notes: on an invoice, or on account, where they are credit and may correct an invoice. */
import { moneyOf, worthAt } from './amounts.ts'
import { post } from './books.ts'
import { type Body, ifNot, type Rule } from './command.ts'
import { lower, raised, takeBack, write, writtenAs } from './papers.ts'
import type { Invoice, Paper, State } from './state.ts'
import { creditOf, freeFrom, last, lastEffectOf, paperOf } from './terms.ts'
import { makeRoom, paidOf, reverse, settledOn } from './undoing.ts'
import { addRates, byRate, creditableOf, fits, NO_VAT, shareOf, type VatByRate, vatOf, withVat } from './vat.ts'

/** Whose VAT a note takes back: the invoice's that it lowers or corrects; what it says, or else its share. */
const vatOfNote = (about: Invoice | undefined, { total, vatLines }: Body): VatByRate => {
  if (vatLines !== undefined) return byRate(vatLines)
  return about === undefined ? NO_VAT : shareOf(about, total.amount)
}

export const registerCreditNote: Rule<State> = (state, body, day) => {
  const { creditNoteId: id, invoiceId, corrects, total } = body
  const number = paperOf(String(body.number), day)
  const about = state.invoices.get(invoiceId === '' ? corrects : invoiceId)
  const isNamed = invoiceId !== '' || corrects !== ''
  const vat = vatOfNote(about, body)
  const isLowering = invoiceId !== ''
  const reach = about === undefined || !isLowering ? total.amount : about.open + paidOf(state, invoiceId)
  return {
    codes: [
      ...ifNot(!state.payments.has(id), 'PAYMENT_ALREADY_RECORDED'),
      ...ifNot(!state.numbers.has(number), 'DOCUMENT_ALREADY_REGISTERED'),
      ...ifNot(writtenAs(state, 'creditNoteId', id) === undefined, 'CREDIT_NOTE_ALREADY_REGISTERED'),
      ...ifNot(!isNamed || about !== undefined, 'INVOICE_NOT_FOUND'),
      ...ifNot(about === undefined || about.currency === total.currency, 'CURRENCY_MISMATCH'),
      ...ifNot(total.amount <= reach, 'ALLOCATION_EXCEEDS_OPEN_AMOUNT'),
      ...ifNot(
        about === undefined ||
          (about.claim === '' && !about.isCancelled && total.amount <= creditableOf(state, about) && fits(about, vat)),
        'CREDIT_NOTE_DOES_NOT_FIT',
      ),
    ],
    warnings: ifNot(body.vatLines !== undefined || vatOf(vat) === 0, 'CREDIT_NOTE_VAT_DERIVED'),
    apply: () => {
      const account = about?.isAdvance === true ? 'ADVANCE_INVOICED' : 'REVENUE'
      const of = isLowering ? invoiceId : id
      const paper = { kind: 'creditNoteId', of, amount: total.amount, number, account, vat, corrects } as const
      const result = { creditNoteId: id, total: moneyOf(total.amount, total.currency) }
      if (about !== undefined && isLowering) {
        const above = Math.max(0, total.amount - about.open)
        const freed = makeRoom(state, about, total.amount, day)
        lower(state, about, paper, id, last(day, freeFrom(about)))
        return { ...result, freed, credit: moneyOf(above, total.currency) }
      }
      // VAT that money has made exigible goes back after it.
      const collected = about?.cashAccounting === true ? settledOn(state, corrects) : ''
      const on = last(day, about === undefined ? '' : freeFrom(about), collected)
      write(state, { ...paper, on }, id)
      const credit = creditOf(id, total, {
        method: 'CREDIT_NOTE',
        receivedOn: on,
        worth: worthAt(body.exchangeRate, total.amount),
      })
      state.payments.set(id, credit)
      postOnAccount(state, state.papers.get(`creditNoteId ${id}`), total.currency, id, on, 1)
      return { ...result, freed: [], credit: moneyOf(total.amount, total.currency) }
    },
  }
}

/** Posts a note that becomes credit, or with -1 takes it back; of what it corrects it takes the VAT, in its own month. */
const postOnAccount = (
  state: State,
  paper: Paper | undefined,
  currency: string,
  id: string,
  on: string,
  sign: 1 | -1,
): void => {
  if (paper === undefined) return
  const { amount, vat, account, corrects } = paper
  const cause = sign === 1 ? 'recorded' : 'reversed'
  post(state, { on, cause }, [
    ['CLIENT_CREDIT', currency, -sign * amount, id],
    [account, currency, sign * (amount - vatOf(vat))],
  ])
  const corrected = state.invoices.get(corrects)
  if (corrected === undefined) return
  withVat(state, corrected, { on, cause: 'credited' }, () => addRates(corrected.vat, vat, sign === 1 ? -1 : 1))
}

/** One on account is credit: what it settled is open again. */
export const reverseCreditNote: Rule<State> = (state, body, day) => {
  const paper = writtenAs(state, 'creditNoteId', body.creditNoteId)
  const credit = state.payments.get(paper?.of ?? '')
  if (paper === undefined || credit === undefined) return takeBack(state, 'creditNoteId', body, day, raised)
  return takeBack(
    state,
    'creditNoteId',
    body,
    day,
    () => {
      const { reversedOn } = reverse(state, credit, day)
      postOnAccount(state, paper, credit.currency, body.creditNoteId, reversedOn, -1)
      return {}
    },
    [
      ...ifNot(credit.refunded + credit.released === 0, 'PAYMENT_REFUNDED'),
      ...ifNot(credit.transferred === 0, 'PAYMENT_TRANSFERRED'),
      ...ifNot(day >= lastEffectOf(credit), 'UNDO_BEFORE_WHAT_IT_UNDOES'),
    ],
  )
}
