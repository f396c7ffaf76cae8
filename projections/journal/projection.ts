import { type LedgerEvent, minorIn, minorOf } from '@registru/domain'
import { add, insert, type RowChange } from '../core/changes.ts'
import { defineProjection } from '../core/projection.ts'
import { type Account, MONEY_ACCOUNT } from './accounts.ts'
import { accountDays, postings } from './tables.ts'

/** Debit positive, credit negative, in minor units. */
type Leg = readonly [account: Account, amountMinor: bigint]

interface Entry {
  readonly clientId: string
  readonly currency: string
  readonly on: string
  readonly invoiceId?: string
  readonly paymentId?: string
  readonly legs: readonly Leg[]
}

const post = (event: LedgerEvent, entry: Entry): readonly RowChange[] => {
  const { companyId: company_id, recordedAt: recorded_at } = event.metadata
  const { currency, on: effective_on } = entry
  return entry.legs
    .filter(([, amount]) => amount !== 0n)
    .flatMap(([account, amount_minor], line) => [
      insert(postings, {
        company_id,
        position: event.position,
        line,
        account,
        currency,
        amount_minor,
        effective_on,
        recorded_at,
        client_id: entry.clientId,
        invoice_id: entry.invoiceId ?? null,
        payment_id: entry.paymentId ?? null,
        revision: event.revision,
        event_id: event.eventId,
      }),
      add(
        accountDays,
        { company_id, account, currency, effective_on },
        amount_minor > 0n
          ? { debit_minor: amount_minor, credit_minor: 0n }
          : { debit_minor: 0n, credit_minor: -amount_minor },
      ),
    ])
}

/**
 * Balanced postings over symbolic accounts. A payment first becomes the client's credit and settles invoices from there,
 * so RECEIVABLE is what is open and CLIENT_CREDIT (as a credit balance) what is not allocated, at every event.
 *
 * What undoes is posted on the opposite side ("black"). The Romanian habit of a negative amount on the same side ("red
 * storno") gives the same balances with smaller turnovers; it would be a policy of the company, applied here.
 */
export const journal = defineProjection({
  name: 'journal',
  version: 1,
  tables: [postings, accountDays],
  on: {
    InvoiceRegistered: (event) => {
      const { clientId, invoiceId, issuedOn, total, vatLines, kind, cashAccounting } = event.data
      const { currency } = total
      const whole = minorOf(total)
      const vat = vatLines.reduce((sum, line) => sum + minorIn(line.vat, currency), 0n)
      return post(event, {
        clientId,
        invoiceId,
        currency,
        on: issuedOn,
        legs: [
          ['RECEIVABLE', whole],
          [kind === 'ADVANCE' ? 'ADVANCE_INVOICED' : 'REVENUE', vat - whole],
          // TVA la încasare: due only as money comes in.
          [cashAccounting ? 'VAT_DEFERRED' : 'VAT_DUE', -vat],
        ],
      })
    },
    PaymentRecorded: (event) => {
      const { clientId, paymentId, amount, method, receivedOn } = event.data
      const minor = minorOf(amount)
      return post(event, {
        clientId,
        paymentId,
        currency: amount.currency,
        on: receivedOn,
        legs: [
          [MONEY_ACCOUNT[method], minor],
          ['CLIENT_CREDIT', -minor],
        ],
      })
    },
    PaymentAllocated: (event) => {
      const { clientId, paymentId, invoiceId, amount, allocatedOn } = event.data
      const minor = minorOf(amount)
      return post(event, {
        clientId,
        paymentId,
        invoiceId,
        currency: amount.currency,
        on: allocatedOn,
        legs: [
          ['CLIENT_CREDIT', minor],
          ['RECEIVABLE', -minor],
        ],
      })
    },
    PaymentDeallocated: (event) => {
      const { clientId, paymentId, invoiceId, amount, deallocatedOn } = event.data
      const minor = minorOf(amount)
      return post(event, {
        clientId,
        paymentId,
        invoiceId,
        currency: amount.currency,
        on: deallocatedOn,
        legs: [
          ['RECEIVABLE', minor],
          ['CLIENT_CREDIT', -minor],
        ],
      })
    },
    PaymentReversed: (event) => {
      const { clientId, paymentId, amount, method, reversedOn } = event.data
      const minor = minorOf(amount)
      return post(event, {
        clientId,
        paymentId,
        currency: amount.currency,
        on: reversedOn,
        legs: [
          ['CLIENT_CREDIT', minor],
          [MONEY_ACCOUNT[method], -minor],
        ],
      })
    },
  },
})
