import { type CompanyId, ReceiptAnnulled, ReceiptRequested } from '@registru/domain'
import { causeOf, type Finisher, stepKind } from '../steps/step.ts'
import { type ReceiptRequest, type ReceiptSaga, refusalIn } from './receipt-saga.ts'

/** A caller may choose one id for two receipts, and only the book refuses the second: so the payment is named as well. */
const enterKey = (
  companyId: CompanyId,
  { series, clientId, paymentId, receiptId }: Pick<ReceiptRequest, 'series' | 'clientId' | 'paymentId' | 'receiptId'>,
): string => `enter ${companyId} ${series} ${clientId} ${paymentId} ${receiptId}`

/** Receipts that are requested and not numbered, or annulled and not released. */
export const receiptFinisher = (saga: ReceiptSaga): Finisher => ({
  kinds: [
    // A book that is read-only has not refused: the step waits.
    stepKind('enter', ReceiptRequested, async (cause) => refusalIn(await saga.enter(cause))?.code),
    stepKind('release', ReceiptAnnulled, async (cause) => {
      await saga.release(cause)
      return undefined
    }),
  ],
  typePrefixes: ['Receipt'],
  stepChangeOf: (event) => {
    const { companyId } = event.metadata
    switch (event.type) {
      case 'ReceiptRequested': {
        const key = enterKey(companyId, event.data)
        return { begins: { step: 'enter', key, cause: causeOf(event, event.data) } }
      }
      case 'ReceiptIssued':
      case 'ReceiptDeclined':
        return { ends: enterKey(companyId, event.data) }
      case 'ReceiptAnnulled': {
        const key = `release ${companyId} ${event.data.series} ${event.data.number}`
        return { begins: { step: 'release', key, cause: causeOf(event, event.data) } }
      }
      case 'ReceiptReleased':
        return { ends: `release ${companyId} ${event.data.series} ${event.data.number}` }
      default:
        return {}
    }
  },
})
