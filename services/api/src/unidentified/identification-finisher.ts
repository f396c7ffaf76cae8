import { type CompanyId, IdentificationRequested, IdentificationUndone } from '@registru/domain'
import { causeOf, type Finisher, stepKind } from '../steps/step.ts'
import type { IdentificationRequest, IdentificationSaga } from './identification-saga.ts'

const keyOf = (
  companyId: CompanyId,
  { paymentId, identificationId }: Pick<IdentificationRequest, 'paymentId' | 'identificationId'>,
): string => `identification ${companyId} ${paymentId} ${identificationId}`

/** One identification may be undone more than once, as more of it is free: what is told of it names the event that it follows. */
const undoneKey = (eventId: string): string => `identificationUndone ${eventId}`

/** Unidentified money that is reserved, and neither received nor freed; and what a client gave back, and nobody may use yet. */
export const identificationFinisher = (saga: IdentificationSaga): Finisher => ({
  kinds: [
    stepKind('identification', IdentificationRequested, async (cause) => (await saga.receive(cause)).code),
    stepKind('identificationUndone', IdentificationUndone, async (cause) => {
      await saga.takeBack(cause)
      return undefined
    }),
  ],
  typePrefixes: ['Identification'],
  stepChangeOf: (event) => {
    const { companyId, causationId } = event.metadata
    switch (event.type) {
      case 'IdentificationRequested': {
        const key = keyOf(companyId, event.data)
        return { begins: { step: 'identification', key, cause: causeOf(event, event.data) } }
      }
      case 'IdentificationCompleted':
      case 'IdentificationDeclined':
        return { ends: keyOf(companyId, event.data) }
      case 'IdentificationUndone': {
        const key = undoneKey(event.eventId)
        return { begins: { step: 'identificationUndone', key, cause: causeOf(event, event.data) } }
      }
      case 'IdentificationReturned':
        return { ends: undoneKey(causationId) }
      default:
        return {}
    }
  },
})
