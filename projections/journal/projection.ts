import {
  type ClientId,
  creditOfNote,
  type InvoiceId,
  type LedgerEvent,
  type Money,
  minorIn,
  minorOf,
  type PaymentId,
  type PaymentMethod,
  type VatLine,
} from '@registru/domain'
import {
  deferredVatWants,
  type EarlyVat,
  foldDeferredVat,
  type VatEvent,
  type VatMovement,
  type VatRows,
} from '../core/books/deferred-vat.ts'
import { paidOf, signedMinor } from '../core/books/exchange.ts'
import { NO_CLIENT } from '../core/books/no-client.ts'
import { add, insert, type RowChange } from '../core/fold/changes.ts'
import type { Owned } from '../core/fold/owned-row.ts'
import { defineProjection, folding, type RowFold } from '../core/fold/projection.ts'
import type { KeyOf } from '../core/fold/table.ts'
import { stretchOf } from '../core/reading/clocks.ts'
import { type Account, CLAIM_ACCOUNT, MONEY_ACCOUNT, RELEASE_ACCOUNT } from './accounts.ts'
import { type NoteWants, noteNumbers, noteWants, numberNotes } from './note-numbers.ts'
import { accountDays, clientAccounts, deferredVat, postings } from './tables.ts'

/** Whose a leg is, where it is not the entry's. */
interface Owner {
  readonly clientId: ClientId
  readonly paymentId?: PaymentId | undefined
}

/** Debit positive, credit negative, in minor units; in the entry's currency, on its day and of its client unless it names another. */
type Leg = readonly [
  account: Account,
  amountMinor: bigint,
  currency?: string | undefined,
  on?: string | undefined,
  of?: Owner,
]

interface Entry {
  readonly clientId: ClientId
  readonly currency: string
  readonly on: string
  readonly invoiceId?: InvoiceId
  readonly paymentId?: PaymentId
  readonly legs: readonly Leg[]
}

const clientChange = (client: KeyOf<typeof clientAccounts>, account: Account, minor: bigint): readonly RowChange[] => {
  if (account === 'RECEIVABLE') return [add(clientAccounts, client, { receivable_minor: minor })]
  return account === 'CLIENT_CREDIT' ? [add(clientAccounts, client, { client_credit_minor: minor })] : []
}

const post = (event: LedgerEvent, entry: Entry, rows: Owned<NoteWants>): readonly RowChange[] => {
  const { companyId: company_id, recordedAt: recorded_at } = event.metadata
  const legs = entry.legs.filter(([, amount]) => amount !== 0n)
  const days = legs.map(([, , , on = entry.on]) => on)
  const { noteOf, changes } = numberNotes(event, days, rows)
  const posted = legs.flatMap(
    ([account, amount_minor, currency = entry.currency, effective_on = entry.on, of = entry], line) => [
      insert(postings, {
        company_id,
        position: event.position,
        line,
        account,
        currency,
        amount_minor,
        effective_on,
        recorded_at,
        client_id: of.clientId,
        invoice_id: entry.invoiceId ?? null,
        payment_id: of.paymentId ?? null,
        revision: event.revision,
        event_id: event.eventId,
        note: noteOf(effective_on),
      }),
      add(
        accountDays,
        { company_id, account, currency, effective_on, stretch: stretchOf(event.position) },
        amount_minor > 0n
          ? { debit_minor: amount_minor, credit_minor: 0n }
          : { debit_minor: 0n, credit_minor: -amount_minor },
      ),
      ...clientChange({ company_id, client_id: of.clientId, currency }, account, amount_minor),
    ],
  )
  return [...changes, ...posted]
}

/** In the currency of its own paper: a credit note may settle an invoice in another one. */
const becomesDue = ({ currency, vatMinor, on }: VatMovement): readonly Leg[] => [
  ['VAT_DEFERRED', vatMinor, currency, on],
  ['VAT_DUE', -vatMinor, currency, on],
]

/** An advance without its invoice yet is 419 less its VAT (5121 = 419 + 4427); the paper, when it comes, brings both whole. */
const comesEarly = ({ currency, vatMinor, on, insteadOf }: EarlyVat): readonly Leg[] => [
  ['ADVANCE_INVOICED', vatMinor, currency, on],
  ['VAT_DUE', -vatMinor, currency, on],
  ['ADVANCE_INVOICED', -vatMinor, currency, insteadOf],
  ['VAT_DUE', vatMinor, currency, insteadOf],
]

const vat = deferredVatWants(deferredVat)
const { wantsMore } = vat
const wants = (event: VatEvent) => ({ ...vat.wants(event), ...noteWants(event) })

/** What the event makes exigible goes along: under TVA la încasare from 4428 to 4427, of an advance on the money's day. */
const withVat =
  <Event extends VatEvent>(entryOf: (event: Event) => Entry) =>
  (event: Event, rows: VatRows & Owned<NoteWants>): readonly RowChange[] => {
    const { changes, movements, early } = foldDeferredVat(event, rows)
    const entry = entryOf(event)
    const legs = [...entry.legs, ...movements.flatMap(becomesDue), ...early.flatMap(comesEarly)]
    return [...changes, ...post(event, { ...entry, legs }, rows)]
  }

const posting = <Event extends VatEvent>(entryOf: (event: Event) => Entry): RowFold<Event> =>
  folding({ wants, fold: withVat(entryOf) })

/** Of what has no VAT. */
const entering = <Event extends LedgerEvent>(entryOf: (event: Event) => Entry): RowFold<Event> =>
  folding({ wants: (event: Event) => noteWants(event), fold: (event, rows) => post(event, entryOf(event), rows) })

interface Invoiced {
  readonly total: Money
  readonly vatLines: readonly VatLine[]
  readonly cashAccounting: boolean
}

/** What an invoice brings besides the receivable, as credits. TVA la încasare is due only as money comes in. */
const invoiced = ({ total, vatLines, cashAccounting }: Invoiced, proceeds: Account): readonly Leg[] => {
  const vat = vatLines.reduce((sum, line) => sum + minorIn(line.vat, total.currency), 0n)
  const advances = vatLines.reduce(
    (sum, { base, advanceInvoiceId }) => (advanceInvoiceId === undefined ? sum : sum + minorIn(base, total.currency)),
    0n,
  )
  return [
    [proceeds, vat + advances - minorOf(total)],
    // Below zero: what the advance invoice brought goes back, and is revenue of this one.
    ['ADVANCE_INVOICED', -advances],
    [cashAccounting ? 'VAT_DEFERRED' : 'VAT_DUE', -vat],
  ]
}

const opposite = (legs: readonly Leg[]): readonly Leg[] =>
  legs.map(([account, amount, ...place]) => [account, -amount, ...place])

const proceedsOf = (kind: 'INVOICE' | 'ADVANCE'): Account => (kind === 'ADVANCE' ? 'ADVANCE_INVOICED' : 'REVENUE')

type Data<Type extends LedgerEvent['type']> = Extract<LedgerEvent, { readonly type: Type }>['data']

const onInvoice = ({
  clientId,
  invoiceId,
  amount,
}: Pick<Data<'InvoiceWrittenOff'>, 'clientId' | 'invoiceId' | 'amount'>) => ({
  clientId,
  invoiceId,
  currency: amount.currency,
})

const onPayment = ({ clientId, paymentId, amount }: Data<'RefundRecorded' | 'RefundReversed' | 'CreditReleased'>) => ({
  clientId,
  paymentId,
  currency: amount.currency,
})

type CreditNote = Data<'CreditNoteRegistered' | 'CreditNoteReversed'>

/** What a credit note lowers: an invoice, or, without one, itself as credit. */
const creditedTo = ({ clientId, invoiceId, creditNoteId, total }: CreditNote) => ({
  clientId,
  ...(invoiceId === undefined ? { paymentId: creditOfNote(creditNoteId) } : { invoiceId }),
  currency: total.currency,
})

const credited = (note: CreditNote): readonly Leg[] => [
  ...opposite(invoiced(note, proceedsOf(note.kind))),
  [note.invoiceId === undefined ? 'CLIENT_CREDIT' : 'RECEIVABLE', -minorOf(note.total)],
]

const discounted = (discount: Data<'DiscountGranted' | 'DiscountReversed'>): readonly Leg[] => {
  const { kind, amount, vatLines, cashAccounting } = discount
  const granted = { total: amount, vatLines, cashAccounting }
  return [
    ...opposite(invoiced(granted, kind === 'COMMERCIAL' ? 'COMMERCIAL_DISCOUNT' : 'SETTLEMENT_DISCOUNT')),
    ['RECEIVABLE', -minorOf(amount)],
  ]
}

const writtenOff = ({ amount, kind }: Data<'InvoiceWrittenOff' | 'WriteOffReversed'>): readonly Leg[] => [
  [kind ?? 'WRITE_OFF', minorOf(amount)],
  ['RECEIVABLE', -minorOf(amount)],
]

/** The client owes it, for money that left or as income; for money that leaves with it, it is credit until then. */
const claimed = ({ kind, total, paymentId }: Data<'ClaimRegistered' | 'ClaimCancelled'>): readonly Leg[] => [
  ['RECEIVABLE', minorOf(total)],
  [paymentId === undefined ? CLAIM_ACCOUNT[kind] : 'CLIENT_CREDIT', -minorOf(total)],
]

const onClaim = ({ clientId, claimId, paymentId, total }: Data<'ClaimRegistered' | 'ClaimCancelled'>) => ({
  clientId,
  invoiceId: claimId,
  ...(paymentId !== undefined && { paymentId }),
  currency: total.currency,
})

interface Leaving {
  readonly amount: Money
  readonly takenInTransit?: string | undefined
  /** Of money that never came: the bank was said to have had that much less. */
  readonly fee?: string | undefined
}

/** Money goes: what of it was on its way from there, the rest from the bank. */
const leaves = (
  { amount, takenInTransit, fee = '0' }: Leaving,
  whereItLay: bigint,
  method: PaymentMethod,
): readonly Leg[] => {
  const { currency } = amount
  const neverKept = minorIn(fee, currency)
  const onItsWay = takenInTransit === undefined ? whereItLay : minorIn(takenInTransit, currency)
  return [
    [MONEY_ACCOUNT[method], -onItsWay, currency],
    ['BANK', onItsWay + neverKept - minorOf(amount), currency],
    ['FEE', -neverKept, currency],
  ]
}

interface ValueGained {
  readonly currency: string
  readonly difference?: string | undefined
}

/**
 * Credit goes, and settles or leaves as `other`: between two currencies each balances by itself over the position in it.
 * The exchange difference stands against the position in the functional currency, so that it never touches what is open.
 */
const overPosition = (credit: Money, other: Money, gained: ValueGained | undefined): readonly Leg[] => {
  const converted: readonly Leg[] =
    credit.currency === other.currency
      ? []
      : [
          ['CURRENCY_POSITION', -minorOf(credit), credit.currency],
          ['CURRENCY_POSITION', minorOf(other), other.currency],
        ]
  const difference = gained?.difference === undefined ? 0n : signedMinor(gained.difference, gained.currency)
  return [
    ...converted,
    ['CURRENCY_POSITION', difference, gained?.currency],
    [difference > 0n ? 'FX_GAIN' : 'FX_LOSS', -difference, gained?.currency],
  ]
}

/** What leaves is in a currency of its own, and may be worth more or less than the credit was. */
const refunded = (refund: Data<'RefundRecorded' | 'RefundReversed'>): readonly Leg[] => {
  const { amount, worth, takenInTransit, method } = refund
  const left = paidOf(refund)
  return [
    ['CLIENT_CREDIT', minorOf(amount)],
    ...leaves({ amount: left, takenInTransit }, minorOf(left), method),
    ...overPosition(amount, left, worth),
  ]
}

/** Credit settles a receivable; an undo is the opposite. */
const settled = (settling: Data<'PaymentAllocated' | 'PaymentDeallocated'>): readonly Leg[] => {
  const { amount, functional } = settling
  const paid = paidOf(settling)
  return [
    ['CLIENT_CREDIT', minorOf(paid), paid.currency],
    ['RECEIVABLE', -minorOf(amount)],
    ...overPosition(paid, amount, functional),
  ]
}

/** Unidentified money becomes a client's credit: the one side is the company's, the other his. */
const identified = ({ paymentId, amount }: Data<'PaymentIdentified' | 'IdentificationUndone'>): readonly Leg[] => [
  ['SUSPENSE', minorOf(amount), undefined, undefined, { clientId: NO_CLIENT, paymentId }],
  ['CLIENT_CREDIT', -minorOf(amount)],
]

/** The credit that it became, or was. */
const toCredit = ({ clientId, identificationId, amount }: Data<'PaymentIdentified' | 'IdentificationUndone'>) => ({
  clientId,
  paymentId: identificationId,
  currency: amount.currency,
})

/** What was written off is paid after all: the receivable is gone, so it is income. */
const recovered = ({ amount }: { readonly amount: Money }): readonly Leg[] => [
  ['CLIENT_CREDIT', minorOf(amount)],
  ['RECOVERY', -minorOf(amount)],
]

/**
 * Balanced postings over symbolic accounts. A payment first becomes the client's credit and settles invoices from there,
 * so RECEIVABLE is what is open and CLIENT_CREDIT (as a credit balance) what is not allocated, at every event.
 *
 * What undoes is posted on the opposite side ("black"). The Romanian habit of a negative amount on the same side ("red
 * storno") gives the same balances with smaller turnovers; it would be a policy of the company, applied here.
 */
export const journal = defineProjection({
  name: 'journal',
  version: 7,
  tables: [postings, accountDays, clientAccounts, noteNumbers, deferredVat.documents, deferredVat.instruments],
  on: {
    InvoiceRegistered: posting((event) => {
      const { clientId, invoiceId, issuedOn, total, kind } = event.data
      return {
        clientId,
        invoiceId,
        currency: total.currency,
        on: issuedOn,
        legs: [['RECEIVABLE', minorOf(total)], ...invoiced(event.data, proceedsOf(kind))],
      }
    }),
    InvoiceCancelled: posting((event) => {
      const { clientId, invoiceId, cancelledOn, total, kind } = event.data
      return {
        clientId,
        invoiceId,
        currency: total.currency,
        on: cancelledOn,
        legs: [...opposite(invoiced(event.data, proceedsOf(kind))), ['RECEIVABLE', -minorOf(total)]],
      }
    }),
    ClaimRegistered: entering((event) => {
      const { issuedOn: on } = event.data
      return { ...onClaim(event.data), on, legs: claimed(event.data) }
    }),
    ClaimCancelled: entering((event) => {
      const { cancelledOn: on } = event.data
      return { ...onClaim(event.data), on, legs: opposite(claimed(event.data)) }
    }),
    CreditNoteRegistered: posting((event) => {
      const { creditedOn: on } = event.data
      return { ...creditedTo(event.data), on, legs: credited(event.data) }
    }),
    CreditNoteReversed: posting((event) => {
      const { reversedOn: on } = event.data
      return { ...creditedTo(event.data), on, legs: opposite(credited(event.data)) }
    }),
    DiscountGranted: posting((event) => {
      const { grantedOn: on } = event.data
      return { ...onInvoice(event.data), on, legs: discounted(event.data) }
    }),
    DiscountReversed: posting((event) => {
      const { reversedOn: on } = event.data
      return { ...onInvoice(event.data), on, legs: opposite(discounted(event.data)) }
    }),
    InvoiceWrittenOff: entering((event) => {
      const { writtenOffOn: on } = event.data
      return { ...onInvoice(event.data), on, legs: writtenOff(event.data) }
    }),
    WriteOffReversed: entering((event) => {
      const { reversedOn: on } = event.data
      return { ...onInvoice(event.data), on, legs: opposite(writtenOff(event.data)) }
    }),
    PaymentRecorded: posting((event) => {
      const { clientId, paymentId, amount, method, receivedOn, fee } = event.data
      const minor = minorOf(amount)
      const kept = fee === undefined ? 0n : minorIn(fee, amount.currency)
      return {
        clientId,
        paymentId,
        currency: amount.currency,
        on: receivedOn,
        legs: [
          [MONEY_ACCOUNT[method], minor - kept],
          ['FEE', kept],
          ['CLIENT_CREDIT', -minor],
        ],
      }
    }),
    PaymentAllocated: posting((event) => {
      const { clientId, paymentId, invoiceId, amount, allocatedOn } = event.data
      return {
        clientId,
        paymentId,
        invoiceId,
        currency: amount.currency,
        on: allocatedOn,
        legs: event.data.recovers ? recovered(event.data) : settled(event.data),
      }
    }),
    PaymentDeallocated: posting((event) => {
      const { clientId, paymentId, invoiceId, amount, deallocatedOn } = event.data
      return {
        clientId,
        paymentId,
        invoiceId,
        currency: amount.currency,
        on: deallocatedOn,
        legs: opposite(event.data.recovers ? recovered(event.data) : settled(event.data)),
      }
    }),
    PaymentCleared: folding({
      wants,
      wantsMore,
      fold: withVat((event) => {
        const { clientId, paymentId, amount, method, fee, clearedOn } = event.data
        const minor = minorOf(amount)
        const kept = minorIn(fee, amount.currency)
        return {
          clientId,
          paymentId,
          currency: amount.currency,
          on: clearedOn,
          legs: [
            ['BANK', minor - kept],
            ['FEE', kept],
            [MONEY_ACCOUNT[method], -minor],
          ],
        }
      }),
    }),
    RefundRecorded: posting((event) => {
      const { refundedOn: on } = event.data
      return { ...onPayment(event.data), on, legs: refunded(event.data) }
    }),
    CreditReleased: posting((event) => {
      const { amount, reason, releasedOn: on } = event.data
      const legs: readonly Leg[] = [
        ['CLIENT_CREDIT', minorOf(amount)],
        [RELEASE_ACCOUNT[reason], -minorOf(amount)],
      ]
      return { ...onPayment(event.data), on, legs }
    }),
    RefundReversed: posting((event) => {
      const { reversedOn: on } = event.data
      return { ...onPayment(event.data), on, legs: opposite(refunded(event.data)) }
    }),
    // The entry of whose note it may be, with whatever VAT that gives back, or has again; the other leg is the other's.
    TransferReceived: posting((event) => {
      const { clientId, transferId, origin, amount, movedOn, returnsTo = transferId } = event.data
      const minor = minorOf(amount)
      const received = { clientId, paymentId: returnsTo }
      return {
        ...(event.data.returnsTo === undefined ? origin : received),
        currency: amount.currency,
        on: movedOn,
        legs: [
          ['CLIENT_CREDIT', minor, undefined, undefined, origin],
          ['CLIENT_CREDIT', -minor, undefined, undefined, received],
        ],
      }
    }),
    // What the one owed the other owes: VAT and revenue stay where the paper was registered.
    InvoiceMoved: entering((event) => {
      const { clientId, fromClientId, invoiceId, amount, movedOn: on } = event.data
      const minor = minorOf(amount)
      const legs: readonly Leg[] = [
        ['RECEIVABLE', -minor],
        ['RECEIVABLE', minor, undefined, undefined, { clientId }],
      ]
      return { clientId: fromClientId, invoiceId, currency: amount.currency, on, legs }
    }),
    UnidentifiedPaymentRecorded: entering((event) => {
      const { paymentId, amount, method, receivedOn: on, fee } = event.data
      const { currency } = amount
      const minor = minorOf(amount)
      const kept = fee === undefined ? 0n : minorIn(fee, currency)
      const legs: readonly Leg[] = [
        [MONEY_ACCOUNT[method], minor - kept],
        ['FEE', kept],
        ['SUSPENSE', -minor],
      ]
      return { clientId: NO_CLIENT, paymentId, currency, on, legs }
    }),
    // The bank's turnovers are the statement's, whatever it was taken back for: black.
    UnidentifiedPaymentReturned: entering((event) => {
      const { paymentId, amount, returnedOn: on } = event.data
      const legs: readonly Leg[] = [['SUSPENSE', minorOf(amount)], ...leaves(event.data, 0n, 'BANK_TRANSFER')]
      return { clientId: NO_CLIENT, paymentId, currency: amount.currency, on, legs }
    }),
    PaymentIdentified: entering((event) => {
      const { identifiedOn: on } = event.data
      return { ...toCredit(event.data), on, legs: identified(event.data) }
    }),
    IdentificationUndone: entering((event) => {
      const { undoneOn: on } = event.data
      return { ...toCredit(event.data), on, legs: opposite(identified(event.data)) }
    }),
    PaymentReversed: posting((event) => {
      const { clientId, paymentId, amount, method, cleared, reversedOn } = event.data
      const minor = minorOf(amount)
      // Money that had arrived leaves the bank; a fee that was kept on the way stays a cost.
      const whereItLay = cleared || MONEY_ACCOUNT[method] === 'BANK' ? 0n : minor
      return {
        clientId,
        paymentId,
        currency: amount.currency,
        on: reversedOn,
        legs: [['CLIENT_CREDIT', minor], ...leaves(event.data, whereItLay, method)],
      }
    }),
  },
})
