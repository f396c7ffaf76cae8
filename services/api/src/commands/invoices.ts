import {
  CancelInvoice,
  GrantDiscount,
  type Money,
  minorOf,
  moneyOf,
  ownOrEventId,
  RegisterCreditNote,
  RegisterInvoice,
  RescheduleInvoice,
  type VatLine,
  vatBesideRate,
  WriteOffInvoice,
  WriteOffKind,
} from '@registru/domain'
import * as examples from '@registru/domain/examples'
import { z } from 'zod'
import { type CommandAnswer, defineCommand } from './command-definition.ts'
import { Freed, freedBy } from './freed.ts'
import { answer, eventsOf, onAccount } from './on-account.ts'
import { day, decimal, money } from './result-schemas.ts'

const warned = (warnings: readonly object[]) => (warnings.length === 0 ? {} : { warnings })

interface Paper {
  readonly vatLines: readonly VatLine[]
  readonly numberUsedBy?: readonly object[] | undefined
}

/** The answer for a paper, and what is odd about it: it is registered as it was issued. */
const withPaperWarnings = (
  told: CommandAnswer,
  paper: Paper | undefined,
  { currency }: Pick<Money, 'currency'>,
): CommandAnswer => {
  const warnings = [
    ...(paper?.numberUsedBy ?? []).map((other) => ({ code: 'DOCUMENT_NUMBER_USED', ...other })),
    ...vatBesideRate(paper?.vatLines ?? [], currency).map((line) => ({
      code: 'VAT_DOES_NOT_FIT_RATE',
      ...line,
      currency,
    })),
  ]
  return { ...told, ...warned([...(told.warnings ?? []), ...warnings]) }
}

export const invoiceCommands = [
  defineCommand({
    name: 'RegisterInvoice',
    summary: 'Register an invoice',
    description:
      'An invoice issued elsewhere becomes a receivable: open in full, due on its day or by instalments. In a foreign currency, `exchangeRate` says what it is worth in the functional one; without it the recorded rate in force on its day does, which then stands in the event (`EXCHANGE_RATE_NEEDED` where a company that records rates has none for it). A final invoice takes an advance off by lines with a minus that name its `advanceInvoiceId`, at the rate of the advance: what it asks for is `total`, which may be `0.00`, 419 and the VAT of the advance go back, and the advance invoice stays as it is. A paper below zero is a credit note.',
    schema: RegisterInvoice,
    example: examples.registerInvoice(),
    result: z.object({ invoiceId: z.string(), open: decimal }),
    rejections: [
      'AMOUNT_TOO_PRECISE',
      'CLIENT_MERGED',
      'CLIENT_NOT_FOUND',
      'COMPANY_NOT_FOUND',
      'CREDIT_NOTE_DOES_NOT_FIT',
      'CURRENCY_MISMATCH',
      'DAY_TOO_FAR_AHEAD',
      'DOCUMENT_ALREADY_REGISTERED',
      'DUE_BEFORE_ISSUE',
      'EXCHANGE_RATE_NEEDED',
      'EXCHANGE_RATE_NOT_APPLICABLE',
      'INSTALMENTS_DO_NOT_ADD_UP',
      'INVOICE_ALREADY_REGISTERED',
      'INVOICE_NOT_FOUND',
      'PERIOD_CLOSED',
      'UNDO_BEFORE_WHAT_IT_UNDOES',
      'VAT_LINES_DO_NOT_ADD_UP',
    ],
    execute: async (data, context, dependencies) => {
      const handled = await onAccount({ type: 'RegisterInvoice', data }, context, dependencies)
      const told = answer(handled, { invoiceId: data.invoiceId, open: data.total.amount })
      return withPaperWarnings(told, eventsOf(handled, 'InvoiceRegistered')[0]?.data, data.total)
    },
  }),

  defineCommand({
    name: 'RescheduleInvoice',
    summary: 'Agree other due days',
    description:
      'All that is open of an invoice becomes due on another day, or by instalments; with `items`, a payment plan over several invoices. The new days hold from `agreedOn` on: what was due before stays so on earlier days. What was settled keeps its due days, so what an undo reopens is due as it was before the agreement.',
    schema: RescheduleInvoice,
    example: examples.rescheduleInvoice(),
    result: z.object({
      agreedOn: day,
      invoices: z.array(
        z.object({
          invoiceId: z.string(),
          amount: money,
          instalments: z.array(z.object({ dueOn: day, amount: decimal })),
        }),
      ),
    }),
    rejections: [
      'ALLOCATION_EXCEEDS_OPEN_AMOUNT',
      'AMOUNT_TOO_PRECISE',
      'CLIENT_MERGED',
      'CLIENT_NOT_FOUND',
      'DAY_TOO_FAR_AHEAD',
      'DUE_BEFORE_ISSUE',
      'INSTALMENTS_DO_NOT_ADD_UP',
      'INVOICE_NOT_FOUND',
      'PERIOD_CLOSED',
      'RESCHEDULE_BEFORE_LAST',
    ],
    execute: async (data, context, dependencies) => {
      const handled = await onAccount({ type: 'RescheduleInvoice', data }, context, dependencies)
      const invoices = eventsOf(handled, 'InvoiceRescheduled').map(({ data: { invoiceId, amount, instalments } }) => ({
        invoiceId,
        amount,
        instalments,
      }))
      return answer(handled, { agreedOn: data.agreedOn, invoices })
    },
  }),

  defineCommand({
    name: 'CancelInvoice',
    summary: 'Cancel an invoice',
    description:
      'An invoice that was never delivered or sent leaves the books, VAT included. A claim without an invoice is taken back the same way, under its `claimId`; one for money that left beyond a payment, by `ReverseRefund`. Nothing may be settled on it, unless `freeSettlements` has it taken off first: money becomes client credit again (`freed` says of which payments), credit notes, discounts and write-offs are reversed.',
    schema: CancelInvoice,
    example: examples.cancelInvoice(),
    result: z.object({ invoiceId: z.string(), cancelledOn: day, freed: Freed }),
    rejections: [
      'CLIENT_MERGED',
      'CLIENT_NOT_FOUND',
      'DAY_TOO_FAR_AHEAD',
      'INVOICE_NOT_FOUND',
      'INVOICE_NOT_FULLY_OPEN',
      'PERIOD_CLOSED',
      'UNDO_BEFORE_WHAT_IT_UNDOES',
    ],
    execute: async (data, context, dependencies) => {
      const handled = await onAccount({ type: 'CancelInvoice', data }, context, dependencies)
      const { invoiceId } = data
      const [cancelled = eventsOf(handled, 'ClaimCancelled')[0]] = eventsOf(handled, 'InvoiceCancelled')
      const cancelledOn = cancelled?.data.cancelledOn
      return answer(handled, { invoiceId, cancelledOn, freed: freedBy(handled) })
    },
  }),

  defineCommand({
    name: 'RegisterCreditNote',
    summary: 'Register a credit note (factură storno)',
    description:
      'Lowers what an invoice still asks for; what of it is paid becomes client credit again, newest money first, and `freed` of the answer says of which payments. It takes back VAT that the invoice has: where `vatLines` are left out, its share of what is left at each rate, which the answer shows and warns of. Without an invoice it becomes client credit, which `AllocatePayment` and `RecordRefund` use under its id as they use a payment; under TVA la încasare its VAT then goes back as that credit is used, unless it `corrects` an invoice: then in its own month. An advance is taken off by the final invoice itself, see `RegisterInvoice`.',
    schema: RegisterCreditNote,
    example: examples.registerCreditNote(),
    result: z.object({
      creditNoteId: z.string(),
      invoiceId: z.string().optional(),
      total: money,
      creditedOn: day,
      vatLines: z.array(z.object({ rate: z.string(), base: decimal, vat: decimal })),
      freed: Freed,
      credit: money.meta({ description: 'What became client credit, in the currency of the note' }),
    }),
    rejections: [
      'ALLOCATION_EXCEEDS_OPEN_AMOUNT',
      'AMOUNT_TOO_PRECISE',
      'CLIENT_MERGED',
      'CLIENT_NOT_FOUND',
      'COMPANY_NOT_FOUND',
      'CREDIT_NOTE_ALREADY_REGISTERED',
      'CREDIT_NOTE_DOES_NOT_FIT',
      'CURRENCY_MISMATCH',
      'DAY_TOO_FAR_AHEAD',
      'DOCUMENT_ALREADY_REGISTERED',
      'EXCHANGE_RATE_NEEDED',
      'EXCHANGE_RATE_NOT_APPLICABLE',
      'INVOICE_NOT_FOUND',
      'PAYMENT_ALREADY_RECORDED',
      'PERIOD_CLOSED',
      'VAT_LINES_DO_NOT_ADD_UP',
    ],
    execute: async (data, context, dependencies) => {
      const handled = await onAccount({ type: 'RegisterCreditNote', data }, context, dependencies)
      const { creditNoteId, invoiceId } = data
      const note = eventsOf(handled, 'CreditNoteRegistered')[0]?.data
      const { currency } = data.total
      const credit = eventsOf(handled, 'PaymentDeallocated').reduce(
        (sum, freed) => sum + minorOf(freed.data.amount),
        0n,
      )
      const told = answer(handled, {
        creditNoteId,
        invoiceId,
        total: note?.total,
        creditedOn: note?.creditedOn,
        vatLines: note?.vatLines,
        freed: freedBy(handled),
        credit: invoiceId === undefined ? note?.total : moneyOf(credit, currency),
      })
      const { vatLines = [] } = note ?? {}
      const isDerived = data.vatLines === undefined && vatLines.length > 0
      const derived = isDerived ? [{ code: 'CREDIT_NOTE_VAT_DERIVED', vatLines, currency }] : []
      return withPaperWarnings({ ...told, ...warned(derived) }, note, data.total)
    },
  }),

  defineCommand({
    name: 'GrantDiscount',
    summary: 'Grant a discount on an invoice',
    description:
      'For paying early (scont) or on price after invoicing; it lowers what the invoice still asks for. `discountId` names it for `ReverseDiscount`; without one the id of its event does.',
    schema: GrantDiscount,
    example: examples.grantDiscount(),
    result: z.object({ discountId: z.string(), invoiceId: z.string(), amount: money, grantedOn: day }),
    rejections: [
      'ALLOCATION_EXCEEDS_OPEN_AMOUNT',
      'AMOUNT_TOO_PRECISE',
      'CLIENT_MERGED',
      'CLIENT_NOT_FOUND',
      'CREDIT_NOTE_DOES_NOT_FIT',
      'DAY_TOO_FAR_AHEAD',
      'DISCOUNT_ALREADY_GRANTED',
      'INVOICE_NOT_FOUND',
      'PERIOD_CLOSED',
      'UNDO_BEFORE_WHAT_IT_UNDOES',
      'VAT_LINES_DO_NOT_ADD_UP',
    ],
    execute: async (data, context, dependencies) => {
      const handled = await onAccount({ type: 'GrantDiscount', data }, context, dependencies)
      const event = eventsOf(handled, 'DiscountGranted')[0]
      const granted = event?.data
      const discountId = ownOrEventId(data.discountId, event?.eventId)
      const { invoiceId } = data
      const told = answer(handled, { discountId, invoiceId, amount: granted?.amount, grantedOn: granted?.grantedOn })
      return granted === undefined ? told : withPaperWarnings(told, granted, granted.amount)
    },
  }),

  defineCommand({
    name: 'WriteOffInvoice',
    summary: 'Write an invoice off (scoatere din evidență)',
    description:
      'What will not be recovered leaves the receivables, with a reason and who approved it. The VAT stays as it is. The rest of what was paid, within the policy `smallDifference`, is no bad debt: it is 6588 instead of 654 (`kind` of the answer is SMALL_DIFFERENCE), and the invoice is PAID. `writeOffId` names it for `ReverseWriteOff`; without one the id of its event does.',
    schema: WriteOffInvoice,
    example: examples.writeOffInvoice(),
    result: z.object({
      writeOffId: z.string(),
      invoiceId: z.string(),
      amount: money,
      kind: WriteOffKind.optional(),
      writtenOffOn: day,
    }),
    rejections: [
      'ALLOCATION_EXCEEDS_OPEN_AMOUNT',
      'AMOUNT_TOO_PRECISE',
      'CLIENT_MERGED',
      'CLIENT_NOT_FOUND',
      'DAY_TOO_FAR_AHEAD',
      'INVOICE_NOT_FOUND',
      'PERIOD_CLOSED',
      'UNDO_BEFORE_WHAT_IT_UNDOES',
      'WRITE_OFF_ALREADY_RECORDED',
    ],
    execute: async (data, context, dependencies) => {
      const handled = await onAccount({ type: 'WriteOffInvoice', data }, context, dependencies)
      const event = eventsOf(handled, 'InvoiceWrittenOff')[0]
      return answer(handled, {
        writeOffId: ownOrEventId(data.writeOffId, event?.eventId),
        invoiceId: data.invoiceId,
        amount: event?.data.amount,
        kind: event?.data.kind,
        writtenOffOn: event?.data.writtenOffOn,
      })
    },
  }),
]
