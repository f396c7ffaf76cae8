import { type CompanyId, TransferRequested } from '@registru/domain'
import { causeOf, type Finisher, stepKind } from '../steps/step.ts'
import type { TransferRequest, TransferSaga } from './transfer-saga.ts'

/** A caller may choose one id for transfers of two payments, and only the receiving account refuses the second. */
const keyOf = (
  companyId: CompanyId,
  { clientId, paymentId, transferId }: Pick<TransferRequest, 'clientId' | 'paymentId' | 'transferId'>,
): string => `transfer ${companyId} ${clientId} ${paymentId} ${transferId}`

/** Credit that is reserved, and neither received nor freed. */
export const transferFinisher = (saga: TransferSaga): Finisher => ({
  kinds: [stepKind('transfer', TransferRequested, async (cause) => (await saga.move(cause)).code)],
  typePrefixes: ['Transfer'],
  stepChangeOf: (event) => {
    const { companyId } = event.metadata
    switch (event.type) {
      case 'TransferRequested': {
        const key = keyOf(companyId, event.data)
        return { begins: { step: 'transfer', key, cause: causeOf(event, event.data) } }
      }
      case 'TransferCompleted':
      case 'TransferDeclined':
        return { ends: keyOf(companyId, event.data) }
      default:
        return {}
    }
  },
})
