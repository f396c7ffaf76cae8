// Stored for ever: a change of shape is a new version with an upcaster, never an edit.
import { z } from 'zod'
import { BusinessDay } from '../../business-day.ts'
import { defineEvent } from '../../event-definition.ts'
import { ClientId, InvoiceId, PaymentId } from '../../ids.ts'
import { Money, MoneyOrZero } from '../../money.ts'
import { REJECTION_CODES } from '../../rejection.ts'
import { FreeText, personal, Reference } from '../../text.ts'
import { AllocationRule, AllocationStage, PaymentMethod } from '../vocabulary.ts'

// What a client's account says of money that came from somebody unknown and turned out to be his (decision 0056). The
// company's own stream tells of the money before; what stands here moves it for every reader, at one position.

/** The unidentified payment, and the credit that it became in this account. */
const which = {
  clientId: ClientId,
  paymentId: PaymentId,
  /** The id of the credit among the client's payments. */
  identificationId: PaymentId,
}

/** From this position on it is the client's credit, and unidentified no longer. */
export const PaymentIdentified = defineEvent({
  type: 'PaymentIdentified',
  version: 1,
  data: z.strictObject({
    ...which,
    amount: Money,
    /** The part of the payment's functional value that goes along. */
    functional: MoneyOrZero.optional(),
    method: PaymentMethod,
    /** Decided with the reservation: neither a closed period nor anything later moves it. */
    identifiedOn: BusinessDay,
    /** Day of the money itself: VAT follows it. */
    collectedOn: BusinessDay,
    bankReference: Reference.optional(),
    allocationRule: AllocationRule,
    allocationStage: AllocationStage.optional(),
    skippedStages: z.array(AllocationStage).optional(),
    unmetNames: z.array(z.strictObject({ name: personal(z.string()), invoiceId: InvoiceId.optional() })).optional(),
  }),
})

/** The account said no after the reservation: its answer, whoever asks again. */
export const IdentificationRefused = defineEvent({
  type: 'IdentificationRefused',
  version: 1,
  data: z.strictObject({ ...which, code: z.enum(REJECTION_CODES) }),
})

/**
 * It was not his after all: what he has not used is unidentified again, from this position on. Nobody can refuse that, so
 * nothing is reserved before.
 */
export const IdentificationUndone = defineEvent({
  type: 'IdentificationUndone',
  version: 1,
  data: z.strictObject({
    ...which,
    amount: Money,
    functional: MoneyOrZero.optional(),
    method: PaymentMethod,
    undoneOn: BusinessDay,
    reason: FreeText,
  }),
})

export const identificationEventDefinitions = [PaymentIdentified, IdentificationRefused, IdentificationUndone] as const
