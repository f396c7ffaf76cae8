import type { EventId, Position, RejectionCode, Revision } from '@registru/domain'
import type { z } from 'zod'
import type { CommandContext } from '../ledger/command-context.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { MergeSaga } from '../merges/merge-saga.ts'
import type { Generations } from '../problems/wire-position.ts'
import type { ReceiptSaga } from '../receipts/receipt-saga.ts'
import type { ReversalSaga } from '../transfers/reversal-saga.ts'
import type { TransferSaga } from '../transfers/transfer-saga.ts'
import type { IdentificationSaga } from '../unidentified/identification-saga.ts'

export interface CommandDependencies {
  readonly ledger: Ledger
  readonly receipts: ReceiptSaga
  readonly transfers: TransferSaga
  readonly identifications: IdentificationSaga
  readonly reversals: ReversalSaga
  readonly merges: MergeSaga
}

/** What routes of commands need beside, to answer with positions. */
export interface CommandRouteDependencies extends CommandDependencies {
  readonly generations: Generations
}

/** What the caller hears of a command, the HTTP parts apart. */
export interface CommandAnswer {
  readonly stream: string
  readonly revision: Revision
  /** Where a reader has to be to know of all that the command did; `undefined` when nothing was written. */
  readonly position: Position | undefined
  readonly events: readonly {
    readonly type: string
    readonly data: unknown
    readonly eventId: EventId
    readonly revision: Revision
  }[]
  readonly replayed: boolean
  readonly result: object
  /** Rules that were broken and let pass, as the event keeps them. */
  readonly warnings?: readonly object[] | undefined
}

/** One entry makes a route, its check, its documentation and its place in a batch. */
export interface CommandDefinition<Schema extends z.ZodType = z.ZodType> {
  readonly name: string
  readonly summary: string
  readonly description: string
  readonly schema: Schema
  readonly example: z.infer<Schema>
  /** What the answer's `result` holds; documentation alone. */
  readonly result: z.ZodType
  readonly rejections: readonly RejectionCode[]
  /** What a command of an account also writes to, by a key of `batch-order.ts`: the order within a batch matters there, too. */
  readonly alsoOn?: (data: z.infer<Schema>) => readonly string[]
  readonly execute: (
    data: z.infer<Schema>,
    context: CommandContext,
    dependencies: CommandDependencies,
  ) => Promise<CommandAnswer>
}

/** Forgets the schema's type, so that definitions of different commands fit one list; `execute` only gets parsed data. */
export const defineCommand = <Schema extends z.ZodType>(definition: CommandDefinition<Schema>): CommandDefinition =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a route parses with this very schema before it executes
  definition as unknown as CommandDefinition
