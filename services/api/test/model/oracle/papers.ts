/** Papers that lower an invoice, how each is taken back whole, and of these discounts and write-offs. */
import { FUNCTIONAL, moneyOf, takeWorth } from './amounts.ts'
import { post } from './books.ts'
import { type Body, ifNot, type Judgement, type Rule } from './command.ts'
import { free, settle } from './settling.ts'
import type { Invoice, Paper, PaperKind, State } from './state.ts'
import { freeFrom, last, recoveryOf } from './terms.ts'
import { newestOn } from './undoing.ts'
import { addRates, byRate, creditableOf, isThere, NO_VAT, type VatByRate, vatOf, withVat } from './vat.ts'

const NO_REFUND: Paper['left'] = { method: '', amount: 0, currency: FUNCTIONAL, inTransit: 0, difference: 0 }

export const writtenAs = ({ papers }: State, kind: PaperKind, id: string): Paper | undefined =>
  papers.get(`${kind} ${id}`)

type NewPaper = Partial<Paper> & Pick<Paper, 'kind' | 'of' | 'amount'>

export const write = (state: State, paper: NewPaper, id: string): Paper => {
  const whole: Paper = {
    number: '',
    account: '',
    worth: undefined,
    vat: NO_VAT,
    corrects: '',
    claimId: '',
    left: NO_REFUND,
    on: '',
    reversed: false,
    ...paper,
  }
  state.papers.set(`${paper.kind} ${id}`, whole)
  if (whole.number !== '') state.numbers.add(whole.number)
  return whole
}

/** Nobody counts on it, and nothing of it is recovered. */
const isSmall = ({ account }: Paper): boolean => account === 'SMALL_DIFFERENCE'

export const papersOn = ({ papers }: State, invoiceId: string): readonly Paper[] =>
  [...papers.values()].filter(({ of, kind, reversed }) => kind !== 'refundId' && of === invoiceId && !reversed)

const CAUSE = {
  creditNoteId: 'credited',
  discountId: 'discounted',
  writeOffId: 'writtenOff',
  refundId: 'refunded',
} as const

/** Posts what a paper takes of an invoice, or with -1 gives it back. */
const postLowering = (
  state: State,
  invoice: Invoice,
  { kind, amount, vat, account }: Paper,
  on: string,
  sign: 1 | -1,
): void => {
  const entry = { on, cause: CAUSE[kind], item: invoice.invoiceId }
  post(state, entry, [
    ['RECEIVABLE', invoice.currency, -sign * amount],
    [account, invoice.currency, sign * (amount - vatOf(vat))],
  ])
  withVat(state, invoice, entry, () => addRates(invoice.vat, vat, sign === 1 ? -1 : 1))
  invoice.open -= sign * amount
}

export const lower = (state: State, invoice: Invoice, paper: NewPaper, id: string, day: string): void => {
  const written = write(
    state,
    { ...paper, on: day, worth: takeWorth(invoice.worth, invoice.open - paper.amount, invoice.total) },
    id,
  )
  postLowering(state, invoice, written, day, 1)
  if (paper.kind !== 'writeOffId' || isSmall(written)) return
  invoice.writtenOff += paper.amount
  invoice.writtenOffOn = last(invoice.writtenOffOn, day)
}

/** What it took of an invoice is asked for again, and its number is free. */
export const reversePaper = (state: State, paper: Paper, day: string): void => {
  paper.reversed = true
  state.numbers.delete(paper.number)
  const lowered = state.invoices.get(paper.of)
  if (lowered === undefined || paper.kind === 'refundId') return
  postLowering(state, lowered, paper, day, -1)
  if (lowered.worth !== undefined) lowered.worth.left += paper.worth ?? 0
  if (paper.kind === 'writeOffId' && !isSmall(paper)) lowered.writtenOff -= paper.amount
  lowered.lastUndoOn = last(lowered.lastUndoOn, day)
}

/** A paper is taken back once, and then gives back all that it took. */
export const takeBack = (
  state: State,
  kind: PaperKind,
  body: Body,
  day: string,
  undo: (paper: Paper) => object,
  more: readonly string[] = [],
): Judgement => {
  const paper = writtenAs(state, kind, body[kind])
  return {
    codes:
      paper === undefined
        ? ['NOTHING_TO_REVERSE']
        : [
            ...ifNot(!paper.reversed, 'ALREADY_REVERSED'),
            ...ifNot(day >= paper.on, 'UNDO_BEFORE_WHAT_IT_UNDOES'),
            ...more,
          ],
    apply: () => {
      if (paper === undefined) return {}
      reversePaper(state, paper, day)
      return { [kind]: body[kind], reversedOn: day, ...undo(paper) }
    },
  }
}
export const raised = ({ of }: Paper): object => ({ invoiceId: of })

/** Of an invoice without VAT no rates say how much there is of it. */
const fitsPrice = (state: State, invoice: Invoice, by: number): boolean =>
  invoice.vat.size > 0 || by <= creditableOf(state, invoice)

const lowering = (
  state: State,
  body: Body,
  day: string,
  by: number,
  account: string,
  kind: PaperKind,
  taken: string,
  vat: VatByRate = NO_VAT,
): Judgement => {
  const invoice = state.invoices.get(body.invoiceId)
  return {
    codes: [
      ...ifNot(writtenAs(state, kind, body[kind]) === undefined, taken),
      ...(invoice === undefined
        ? ['INVOICE_NOT_FOUND']
        : [
            ...ifNot(by > 0 && by <= invoice.open, 'ALLOCATION_EXCEEDS_OPEN_AMOUNT'),
            ...ifNot(day >= freeFrom(invoice), 'UNDO_BEFORE_WHAT_IT_UNDOES'),
            // A discount corrects an invoice.
            ...ifNot(
              kind === 'writeOffId' || (invoice.claim === '' && isThere(invoice, vat) && fitsPrice(state, invoice, by)),
              'CREDIT_NOTE_DOES_NOT_FIT',
            ),
          ]),
    ],
    apply: () => {
      if (invoice === undefined) return {}
      const paper = { kind, of: body.invoiceId, amount: by, account, number: '', vat, corrects: '' }
      lower(state, invoice, paper, body[kind], day)
      return { [kind]: body[kind], amount: moneyOf(by, invoice.currency) }
    },
  }
}

/** The rest of something that was paid; of one in a foreign currency its value tells, if it has one. */
const isRest = (invoice: Invoice, by: number, { smallDifference }: State): boolean => {
  const lei = invoice.currency === FUNCTIONAL ? by : invoice.worth?.left
  return by === invoice.open && by < invoice.total && lei !== undefined && lei <= smallDifference
}

export const writeOffInvoice: Rule<State> = (state, body, day) => {
  const invoice = state.invoices.get(body.invoiceId)
  const by = body.amount?.amount ?? invoice?.open ?? 0
  const account = invoice !== undefined && isRest(invoice, by, state) ? 'SMALL_DIFFERENCE' : 'WRITE_OFF'
  return lowering(state, body, day, by, account, 'writeOffId', 'WRITE_OFF_ALREADY_RECORDED')
}

export const grantDiscount: Rule<State> = (state, body, day) => {
  const account = body.kind === 'COMMERCIAL' ? 'COMMERCIAL_DISCOUNT' : 'SETTLEMENT_DISCOUNT'
  const by = body.amount?.amount ?? 0
  const vat = byRate(body.vatLines ?? [])
  return lowering(state, body, day, by, account, 'discountId', 'DISCOUNT_ALREADY_GRANTED', vat)
}

export const reverseDiscount: Rule<State> = (state, body, day) => takeBack(state, 'discountId', body, day, raised)

/** Money that recovered what was written off settles the debt that stands again. */
export const reverseWriteOff: Rule<State> = (state, body, day) =>
  takeBack(state, 'writeOffId', body, day, (paper) => {
    const { of, amount } = paper
    let left = isSmall(paper) ? 0 : amount
    const recovered = newestOn(state, recoveryOf(of)).flatMap(({ payment, amount: whole }) => {
      const part = Math.min(whole, left)
      left -= part
      return part > 0 ? [{ payment, part }] : []
    })
    for (const { payment, part } of recovered) free(state, payment, recoveryOf(of), part, day)
    for (const { payment, part } of recovered) settle(state, payment, { invoiceId: of, amount: part, paid: part }, day)
    return { invoiceId: of }
  })
