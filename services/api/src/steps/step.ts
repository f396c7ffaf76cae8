import type { CompanyId, EventDefinition, EventId, LedgerEvent, RejectionCode } from '@registru/domain'
import { formerRequestHashOf, requestHashOf } from '@registru/event-store'
import { v5 } from 'uuid'
import type { z } from 'zod'
import type { CommandContext } from '../ledger/command-context.ts'

// What touches two streams goes step by step: an event in the one calls for a command in the other. The command's id is
// derived from the event, so that the request, a retry and the process may all carry it out, and it is done once.

/** An event that calls for a step in another stream, and whom the step is done for. */
export interface Cause<Data> {
  readonly data: Data
  readonly eventId: EventId
  readonly companyId: CompanyId
  readonly actor: string
  readonly correlationId: string
}

export const causeOf = <Data>({ eventId, metadata }: LedgerEvent, data: Data): Cause<Data> => {
  const { companyId, actor, correlationId } = metadata
  return { data, eventId, companyId, actor, correlationId }
}

/** A step that follows from an event of ours: no key, no caller's body, no condition. */
export const stepContext = (
  { companyId, eventId, correlationId, actor }: Cause<unknown>,
  step: string,
): CommandContext => {
  const body = { step, eventId }
  return {
    companyId,
    commandId: v5(step, eventId),
    requestHash: requestHashOf({ body, actor }),
    formerRequestHash: () => formerRequestHashOf(body),
    correlationId,
    causationId: eventId,
    actor,
    dryRun: false,
  }
}

/** What is to be done; the checkpoint of the process keeps it as JSON. */
export interface Step {
  readonly step: string
  /** The events that begin and end one step meet under it. */
  readonly key: string
  readonly cause: Cause<unknown>
}

/** How steps of one name are carried out. */
export interface StepKind {
  readonly step: string
  /**
   * @returns the code, where the other stream refused and the first one knows: that, too, is an end
   * @throws ZodError when what was kept of it is not what its event says
   */
  readonly carryOut: (step: Step) => Promise<RejectionCode | undefined>
}

/** A step follows from an event of `definition`: what the checkpoint kept of that as JSON is parsed by the event's own schema. */
export const stepKind = <Schema extends z.ZodType>(
  step: string,
  definition: Pick<EventDefinition<string, Schema>, 'data'>,
  carryOut: (cause: Cause<z.infer<Schema>>) => Promise<RejectionCode | undefined>,
): StepKind => ({
  step,
  carryOut: async ({ cause }) => carryOut({ ...cause, data: definition.data.parse(cause.data) }),
})

/** How the steps of one kind of business are known, and how they are carried out. */
export interface Finisher {
  readonly kinds: readonly StepKind[]
  /** Types of the events that begin or end its steps, as prefixes. */
  readonly typePrefixes: readonly string[]
  /** Which step an event begins or ends. */
  readonly stepChangeOf: (event: LedgerEvent) => { readonly begins?: Step; readonly ends?: string }
}
