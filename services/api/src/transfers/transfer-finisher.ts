import type { CompanyId } from '@registru/domain'
import { type Cause, causeOf, defineFinisher, type Finisher } from '../steps/step.ts'
import type { TransferRequest, TransferSaga } from './transfer-saga.ts'

interface TransferStep {
  readonly step: 'transfer'
  readonly key: string
  readonly cause: Cause<TransferRequest>
}

/** A caller may choose one id for transfers of two payments, and only the receiving account refuses the second. */
const keyOf = (
  companyId: CompanyId,
  { clientId, paymentId, transferId }: Pick<TransferRequest, 'clientId' | 'paymentId' | 'transferId'>,
): string => `transfer ${companyId} ${clientId} ${paymentId} ${transferId}`

/** Credit that is reserved, and neither received nor freed. */
export const transferFinisher = (saga: TransferSaga): Finisher =>
  defineFinisher<TransferStep>({
    names: ['transfer'],
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
    carryOut: async (step) => (await saga.move(step.cause)).code,
  })
