import type {
  CommandId,
  CompanyId,
  CompanyRules,
  Elsewhere,
  EventId,
  Message,
  Position,
  PriceOf,
  Revision,
} from '@registru/domain'

/** Who asks, under which key, and on what condition. */
export interface CommandContext {
  readonly companyId: CompanyId
  readonly commandId: CommandId
  readonly requestHash: string
  /** As commands were hashed before who asks was part of it: only a repeated one needs it. */
  readonly formerRequestHash: () => string
  readonly correlationId: string
  readonly causationId: string
  readonly actor: string
  /** From `If-Match`: the command is refused unless the stream is at this revision. */
  readonly expectedRevision?: Revision
  /** What the company has decided about itself, for commands that its rules bind. */
  readonly companyRules?: CompanyRules
  /** What other accounts are known to hold, for commands that bring something alike. */
  readonly elsewhere?: Elsewhere | undefined
  /** What the command's document is worth, where it does not say so itself. */
  readonly price?: PriceOf | undefined
  /** For a receipt book: the highest of its numbers that anybody else tells of. */
  readonly highestNumber?: number | undefined
  /** Decide and answer, write nothing. */
  readonly dryRun: boolean
}

export type HandledEvent<Event extends Message<string, object>> = Event & {
  readonly eventId: EventId
  readonly revision: Revision
}

export interface Handled<Event extends Message<string, object>> {
  readonly stream: string
  readonly events: readonly HandledEvent<Event>[]
  /** Of the command's last event; the stream's when the command changed nothing. */
  readonly revision: Revision
  /** Where a reader has to be to know of the command; `undefined` when nothing was written. */
  readonly position: Position | undefined
  /** The command had been carried out before; this is its first answer. */
  readonly replayed: boolean
}
