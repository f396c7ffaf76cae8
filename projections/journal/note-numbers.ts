import type { CompanyId, LedgerEvent } from '@registru/domain'
import { put, type RowChange } from '../core/fold/changes.ts'
import { type Owned, type Wanted, wanted } from '../core/fold/owned-row.ts'
import { defineRemembered, id, ownJson } from '../core/fold/table.ts'

/** What a company wrote last: later events of the same command belong to the same notes. */
interface LastCommand {
  readonly lastNote: number
  /** Of which account, too: what a command has done elsewhere has a command of its own there. */
  readonly stream: string
  readonly commandId: string
  /** Its notes by their days. */
  readonly notes: Readonly<Record<string, number>>
}

/** The fold's own memory. */
export const noteNumbers = defineRemembered({
  name: 'journal_notes',
  columns: { company_id: id<CompanyId>(), state: ownJson<LastCommand>() },
  key: ['company_id'],
  fillfactor: 50,
})

export type NoteWants = { readonly numbers: Wanted<typeof noteNumbers> }

export const noteWants = (event: LedgerEvent): NoteWants => ({
  numbers: wanted(noteNumbers, { company_id: event.metadata.companyId }),
})

/**
 * What one command posts on one day is one accounting note. Notes are numbered through the company in the order in which
 * the ledger learned of them, without a gap, so a number never changes, whatever is recorded later or for an earlier day.
 */
export const numberNotes = (
  event: LedgerEvent,
  days: readonly string[],
  { numbers }: Owned<NoteWants>,
): { readonly noteOf: (day: string) => bigint; readonly changes: readonly RowChange[] } => {
  const { stream } = event
  const { commandId } = event.metadata
  const last = numbers.found?.state
  const goesOn = last?.stream === stream && last.commandId === commandId
  const notes: Record<string, number> = goesOn ? { ...last.notes } : {}
  let lastNote = last?.lastNote ?? 0
  for (const day of days) notes[day] ??= ++lastNote
  const isNews = lastNote !== last?.lastNote
  return {
    noteOf: (day) => BigInt(notes[day] ?? 0),
    changes: isNews ? [put(numbers, { state: { lastNote, stream, commandId, notes } })] : [],
  }
}
