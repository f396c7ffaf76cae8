import { type ClientId, type CompanyId, type PaymentId, ReversalRequested } from '@registru/domain'
import { causeOf, type Finisher, stepKind } from '../steps/step.ts'
import type { ReversalSaga } from './reversal-saga.ts'

const keyOf = (
  companyId: CompanyId,
  { clientId, paymentId }: { readonly clientId: ClientId; readonly paymentId: PaymentId },
): string => `reversal ${companyId} ${clientId} ${paymentId}`

/** Payments that are held until what other accounts have of them is back. */
export const reversalFinisher = (saga: ReversalSaga): Finisher => ({
  kinds: [
    stepKind('reversal', ReversalRequested, async (cause) => {
      const { concluded } = await saga.carryOut(cause)
      return concluded.events.find((event) => event.type === 'ReversalDeclined')?.data.code
    }),
  ],
  typePrefixes: ['Reversal', 'PaymentReversed'],
  stepChangeOf: (event) => {
    const { companyId } = event.metadata
    switch (event.type) {
      case 'ReversalRequested': {
        const key = keyOf(companyId, event.data)
        return { begins: { step: 'reversal', key, cause: causeOf(event, event.data) } }
      }
      case 'PaymentReversed':
      case 'ReversalDeclined':
        return { ends: keyOf(companyId, event.data) }
      default:
        return {}
    }
  },
})
