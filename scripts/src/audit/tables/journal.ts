import { createDeferredVat, deferredVatTables } from '../deferred-vat.ts'
import { addTo, type Fold, stretchOf } from '../expected.ts'
import { entryOf, type Posting } from '../postings.ts'

/** Several rates of VAT have a line each on one account. */
const postings = {
  name: 'postings',
  position: 'position',
  within: ['account', 'currency'],
  rank: 'amount_minor',
  line: 'line',
}
export const accountDays = {
  name: 'account_days',
  key: ['company_id', 'account', 'currency', 'effective_on', 'stretch'],
}
const clientAccounts = { name: 'client_accounts', key: ['company_id', 'client_id', 'currency'] }
const vat = deferredVatTables('journal_vat')

/** The order of an event's lines means nothing, so lines are told apart by their account. */
export const journalFold: Fold = {
  histories: [postings],
  states: [accountDays, clientAccounts, vat.documents, vat.instruments],
  start: () => {
    const vatMovesOf = createDeferredVat(vat)
    return (expected, fact) => {
      const becomesDue = vatMovesOf(expected, fact).flatMap(({ currency, vat: minor }): Posting[] => [
        { account: 'VAT_DEFERRED', currency, minor },
        { account: 'VAT_DUE', currency, minor: -minor },
      ])
      const entry = entryOf(fact)
      if (entry === undefined) return
      const { companyId, position, revision, eventId, recordedAt, data } = fact
      const legs = [...entry.postings, ...becomesDue].filter(({ minor }) => minor !== 0n)
      const sums = new Map<string, bigint>()
      for (const { currency, minor } of legs) sums.set(currency, (sums.get(currency) ?? 0n) + minor)
      for (const [currency, sum] of sums)
        expected.require('rules: every entry is zero', `position ${position}: ${currency}`, sum === 0n)
      for (const { account, currency, minor } of legs) {
        expected.bear(postings, {
          company_id: companyId,
          position,
          account,
          currency,
          amount_minor: minor,
          effective_on: entry.on,
          recorded_at: new Date(recordedAt).toISOString(),
          client_id: 'clientId' in data ? data.clientId : null,
          invoice_id: entry.invoiceId,
          payment_id: entry.paymentId,
          revision,
          event_id: eventId,
        })
        const key = { company_id: companyId, account, currency, effective_on: entry.on, stretch: stretchOf(position) }
        addTo(expected, accountDays, key, {
          debit_minor: minor > 0n ? minor : 0n,
          credit_minor: minor < 0n ? -minor : 0n,
        })
        if ((account !== 'RECEIVABLE' && account !== 'CLIENT_CREDIT') || !('clientId' in data)) continue
        const client = { company_id: companyId, client_id: data.clientId, currency }
        addTo(expected, clientAccounts, client, {
          receivable_minor: account === 'RECEIVABLE' ? minor : 0n,
          client_credit_minor: account === 'CLIENT_CREDIT' ? minor : 0n,
        })
      }
    }
  },
}
