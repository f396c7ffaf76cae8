import type { ClientId, CompanyId, Position } from '@registru/domain'
import { sql } from 'kysely'
import { sumsByCurrency } from '../core/reading/balances.ts'
import { wasKnown } from '../core/reading/clocks.ts'
import type { Page, ReadHandle } from '../core/reading/read.ts'
import type { Account } from '../journal/accounts.ts'
import { findAccountTotals } from '../journal/queries.ts'
import type { Correspondence, CorrespondenceSide } from './correspondences.ts'
import {
  type AccountingNote,
  type AskedAccount,
  type LinePlace,
  listNoteLines,
  type NoteQuestion,
  type PlacedLine,
} from './notes.ts'

export interface SheetQuestion
  extends Pick<NoteQuestion, 'companyId' | 'functionalCurrency' | 'from' | 'to' | 'knownAt'> {
  readonly accounts: readonly AskedAccount[]
  readonly clientId?: ClientId | undefined
}

/** A line of an account's sheet (fișă de cont). */
export interface SheetLine {
  readonly side: 'debit' | 'credit'
  readonly against: Account
  readonly correspondence: Correspondence
}

/** Debits less credits, per currency, by the end of a day. */
export const findSheetBalances = async (
  db: ReadHandle,
  {
    companyId,
    functionalCurrency,
    accounts,
    clientId,
    asOf,
    knownAt,
  }: Pick<SheetQuestion, 'functionalCurrency' | 'accounts' | 'clientId'> & {
    readonly companyId: CompanyId
    readonly asOf: string
    readonly knownAt?: Position | undefined
  },
): Promise<ReadonlyMap<string, bigint>> => {
  const balances = new Map<string, bigint>()
  for (const isFunctional of [true, false]) {
    const asked = accounts.filter((of) => (isFunctional ? of.functional : of.foreign)).map(({ account }) => account)
    if (asked.length === 0) continue
    const found =
      clientId === undefined
        ? await findAccountTotals(db, { companyId, accounts: asked, to: asOf, knownAt })
        : await sumsByCurrency(
            db,
            sql`select currency, amount_minor as moved_minor from read.postings
              where company_id = ${companyId} and client_id = ${clientId} and account in (${sql.join(asked)})
                and effective_on <= ${asOf}::date and ${wasKnown(knownAt)}`,
          )
    for (const [currency, minor] of found) {
      if ((currency === functionalCurrency) === isFunctional) balances.set(currency, minor)
    }
  }
  return balances
}

/** What of a note stands on the sheet: a line for each side that is of the account. */
const linesOn =
  ({ accounts, clientId, functionalCurrency }: SheetQuestion) =>
  ({ lines }: AccountingNote): readonly SheetLine[] => {
    const isOn = (side: CorrespondenceSide, currency: string): boolean =>
      (clientId === undefined || side.clientId === clientId) &&
      accounts.some(
        (of) => of.account === side.account && (currency === functionalCurrency ? of.functional : of.foreign),
      )
    return lines.flatMap((correspondence) => {
      const { debit, credit, currency } = correspondence
      return [
        ...(isOn(debit, currency) ? [{ side: 'debit' as const, against: credit.account, correspondence }] : []),
        ...(isOn(credit, currency) ? [{ side: 'credit' as const, against: debit.account, correspondence }] : []),
      ]
    })
  }

/** Lines of an account in the order of days and notes. */
export const listSheetLines = (
  db: ReadHandle,
  question: SheetQuestion & { readonly after?: LinePlace | undefined; readonly limit: number },
): Promise<Page<PlacedLine<SheetLine>, LinePlace>> => listNoteLines(db, question, linesOn(question))
