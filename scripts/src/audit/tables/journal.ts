import { createDeferredVat, deferredVatTables } from '../deferred-vat.ts'
import { addTo, canonical, type Expected, type Fold, put, stretchOf } from '../expected.ts'
import type { PlacedFact } from '../facts.ts'
import { entryOf, type Posting } from '../postings.ts'

/** Several rates of VAT have a line each on one account. */
const postings = {
  name: 'postings',
  position: 'position',
  within: ['account', 'currency', 'effective_on'],
  rank: 'amount_minor',
  line: 'line',
}
export const accountDays = {
  name: 'account_days',
  key: ['company_id', 'account', 'currency', 'effective_on', 'stretch'],
}
const noteNumbers = { name: 'journal_notes', key: ['company_id'] }
const clientAccounts = { name: 'client_accounts', key: ['company_id', 'client_id', 'currency'] }
const vat = deferredVatTables('journal_vat')

/** Notes are counted through a company: a command has one on each day that it posts on. */
const createNotes = () => {
  const counts = new Map<string, number>()
  const commands = new Map<string, { readonly key: string; readonly notes: Map<string, number> }>()
  return (expected: Expected, { companyId, stream, commandId }: PlacedFact, on: string): bigint => {
    const key = `${stream} ${commandId}`
    const known = commands.get(companyId)
    const { notes } = known?.key === key ? known : { notes: new Map<string, number>() }
    commands.set(companyId, { key, notes })
    const count = counts.get(companyId) ?? 0
    const note = notes.get(on) ?? count + 1
    notes.set(on, note)
    counts.set(companyId, Math.max(count, note))
    const state = { lastNote: Math.max(count, note), stream, commandId, notes: Object.fromEntries(notes) }
    put(expected, noteNumbers, { company_id: companyId, state: canonical(state) })
    return BigInt(note)
  }
}

type DatedPosting = Posting & { readonly on: string }

/** The order of an event's lines means nothing, so lines are told apart by their account. */
export const journalFold: Fold = {
  histories: [postings],
  states: [accountDays, clientAccounts, noteNumbers, vat.documents, vat.instruments],
  start: () => {
    const vatMovesOf = createDeferredVat(vat)
    const noteOf = createNotes()
    return (expected, fact) => {
      const { moves, early } = vatMovesOf(expected, fact)
      const becomesDue = moves.flatMap(({ currency, vat: minor, on }): DatedPosting[] => [
        { account: 'VAT_DEFERRED', currency, minor, on },
        { account: 'VAT_DUE', currency, minor: -minor, on },
      ])
      /** Between the money and the paper, what 419 holds of an advance is without its VAT. */
      const isDueEarly = early.flatMap(({ currency, vat, on, paperOn }): DatedPosting[] => [
        { account: 'ADVANCE_INVOICED', currency, minor: vat, on },
        { account: 'ADVANCE_INVOICED', currency, minor: -vat, on: paperOn },
        { account: 'VAT_DUE', currency, minor: -vat, on },
        { account: 'VAT_DUE', currency, minor: vat, on: paperOn },
      ])
      const entry = entryOf(fact)
      if (entry === undefined) return
      const { companyId, position, revision, eventId, recordedAt, data } = fact
      const ownClient = entry.clientId ?? ('clientId' in data ? data.clientId : null)
      const own = entry.postings.map((posting): DatedPosting => ({ ...posting, on: entry.on }))
      const legs = [...own, ...becomesDue, ...isDueEarly].filter(({ minor }) => minor !== 0n)
      const sums = new Map<string, bigint>()
      for (const { currency, minor, on } of legs) {
        sums.set(`${currency} ${on}`, (sums.get(`${currency} ${on}`) ?? 0n) + minor)
      }
      for (const [currency, sum] of sums)
        expected.require('rules: every entry is zero', `position ${position}: ${currency}`, sum === 0n)
      for (const { account, currency, minor, on, of } of legs) {
        const clientId = of?.clientId ?? ownClient
        expected.bear(postings, {
          company_id: companyId,
          position,
          account,
          currency,
          amount_minor: minor,
          effective_on: on,
          recorded_at: new Date(recordedAt).toISOString(),
          client_id: clientId,
          invoice_id: entry.invoiceId,
          payment_id: of?.paymentId ?? entry.paymentId,
          revision,
          event_id: eventId,
          note: noteOf(expected, fact, on),
        })
        const key = { company_id: companyId, account, currency, effective_on: on, stretch: stretchOf(position) }
        addTo(expected, accountDays, key, {
          debit_minor: minor > 0n ? minor : 0n,
          credit_minor: minor < 0n ? -minor : 0n,
        })
        if ((account !== 'RECEIVABLE' && account !== 'CLIENT_CREDIT') || clientId === null) continue
        const client = { company_id: companyId, client_id: clientId, currency }
        addTo(expected, clientAccounts, client, {
          receivable_minor: account === 'RECEIVABLE' ? minor : 0n,
          client_credit_minor: account === 'CLIENT_CREDIT' ? minor : 0n,
        })
      }
    }
  },
}
