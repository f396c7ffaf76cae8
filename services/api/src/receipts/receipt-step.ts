import type { CompanyId, LedgerEvent } from '@registru/domain'
import type { AnnulledReceipt, Cause, ReceiptRequest } from './receipt-saga.ts'

/** What an event in one stream calls for in another. */
export type ReceiptStep =
  | { readonly step: 'enter'; readonly key: string; readonly cause: Cause<ReceiptRequest> }
  | { readonly step: 'release'; readonly key: string; readonly cause: Cause<AnnulledReceipt> }

const causeOf = <Data>(event: LedgerEvent, data: Data): Cause<Data> => {
  const { companyId, actor, correlationId } = event.metadata
  return { data, eventId: event.eventId, companyId, actor, correlationId }
}

/** A caller may choose one id for two receipts, and only the book refuses the second: so the payment is named as well. */
const enterKey = (
  companyId: CompanyId,
  { series, clientId, paymentId, receiptId }: Pick<ReceiptRequest, 'series' | 'clientId' | 'paymentId' | 'receiptId'>,
): string => `enter ${companyId} ${series} ${clientId} ${paymentId} ${receiptId}`

/** Which step an event begins or ends; requests and receipts of one payment meet under its id and the receipt's. */
export const stepChangeOf = (event: LedgerEvent): { readonly begins?: ReceiptStep; readonly ends?: string } => {
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
}
