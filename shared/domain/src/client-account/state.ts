import type { BusinessDay } from '../business-day.ts'
import type { ClientId } from '../ids.ts'
import type { Currency } from '../money.ts'
import { createPackedIndex, type PackedIndex } from '../packed/packed-index.ts'
import { createPackedRecords, type PackedRecords } from '../packed/packed-records.ts'
import type { Address, ClientKind } from '../party.ts'
import { noOpenInvoices, type OpenInvoices, type OpenPart } from './open-invoices.ts'
import { accountInvoices, type Invoice } from './records/invoices.ts'
import type { OrdinalsLeft } from './records/ordinals-left.ts'

/**
 * Only what a decision needs; everything a reader wants belongs to a projection. Amounts are minor units. Invoices,
 * payments and whatever else comes by the thousand are in the records: `records` reads them.
 */
export interface ClientAccount {
  client: Client | undefined
  /** Where it goes that is left here, once the client was found to be another one; `undefined`: it is nobody else. */
  merge: Merge | undefined
  readonly records: PackedRecords
  /** Invoices and credit notes by what they are called. */
  readonly papers: PackedIndex
  /** Open invoices of each currency, oldest due first. */
  readonly openByDue: Map<Currency, OpenInvoices>
  /** Open claims for costs and interest, by currency: what is paid falls on them first. The ordinals of their records. */
  readonly chargesLeft: OrdinalsLeft
  /** Credit notes of which something is left, by currency: the ordinals of their records. */
  readonly notesLeft: OrdinalsLeft
}

/** The client is another one, too: this account takes no new papers and no new money, and what an undo brings goes there. */
export interface Merge {
  readonly intoClientId: ClientId
  readonly mergedOn: BusinessDay
  /** How often something was left here again since. */
  readonly round: number
  /** Whether the other account has said yes. */
  readonly isConfirmed: boolean
}

export interface Client {
  clientId: ClientId
  kind: ClientKind
  name: string
  taxId?: string | undefined
  tradeRegisterNumber?: string | undefined
  address?: Address | undefined
  email?: string | undefined
}

export const initialAccount = (): ClientAccount => ({
  client: undefined,
  merge: undefined,
  records: createPackedRecords(),
  papers: createPackedIndex(),
  openByDue: new Map(),
  chargesLeft: new Map(),
  notesLeft: new Map(),
})

/** Oldest due first. */
export function* openParts(account: ClientAccount, currency: Currency): Iterable<OpenPart<Invoice>> {
  const { ordinals, reaches } = account.openByDue.get(currency) ?? noOpenInvoices()
  for (const [place, ordinal] of ordinals.entries()) {
    yield { invoice: accountInvoices.at(account, ordinal), reach: BigInt(Math.abs(reaches[place] ?? 0)) }
  }
}
