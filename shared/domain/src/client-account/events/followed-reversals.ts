// Stored for ever: a change of shape is a new version with an upcaster, never an edit.
import { z } from 'zod'
import { BusinessDay } from '../../business-day.ts'
import { defineEvent } from '../../event-definition.ts'
import { ClientId, PaymentId } from '../../ids.ts'
import { Money } from '../../money.ts'
import { REJECTION_CODES } from '../../rejection.ts'
import { FreeText } from '../../text.ts'
import { ReversalReason } from '../vocabulary.ts'

// Money is gone of which other accounts have some: it is undone there first, then reversed here (decision 0057).

/** Holds the payment until what went to other accounts is back. No total changes, for nothing is back yet. */
export const ReversalRequested = defineEvent({
  type: 'ReversalRequested',
  version: 1,
  data: z.strictObject({
    clientId: ClientId,
    paymentId: PaymentId,
    /** What is to be reversed in all; what was given back elsewhere is not there to be. */
    amount: Money,
    reason: ReversalReason,
    reversedOn: BusinessDay,
    note: FreeText.optional(),
  }),
})

/** Lets the payment go: nothing of it came back that could be reversed. */
export const ReversalDeclined = defineEvent({
  type: 'ReversalDeclined',
  version: 1,
  data: z.strictObject({ clientId: ClientId, paymentId: PaymentId, code: z.enum(REJECTION_CODES) }),
})

export const followedReversalDefinitions = [ReversalRequested, ReversalDeclined] as const
