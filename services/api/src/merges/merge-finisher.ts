import { type ClientId, type CompanyId, InvoiceMoveRequested, MergeRequested, MergeResumed } from '@registru/domain'
import { causeOf, type Finisher, stepKind } from '../steps/step.ts'
import type { MergeSaga } from './merge-saga.ts'

const keyOf = (companyId: CompanyId, { clientId }: { readonly clientId: ClientId }, round: number): string =>
  `merge ${companyId} ${clientId} ${round}`

const moveKeyOf = (companyId: CompanyId, { moveId }: { readonly moveId: string }): string =>
  `invoiceMove ${companyId} ${moveId}`

/** Accounts that are merged, as long as something of them may still have to move. */
export const mergeFinisher = (saga: MergeSaga): Finisher => ({
  kinds: [
    stepKind('merge', MergeRequested, async (cause) => (await saga.carryOut(cause)).code),
    stepKind('mergeOn', MergeResumed, async (cause) => (await saga.moveOn(cause)).code),
    stepKind('invoiceMove', InvoiceMoveRequested, async (cause) => (await saga.moveInvoice(cause)).code),
  ],
  typePrefixes: ['Merge', 'InvoiceMove'],
  stepChangeOf: (event) => {
    const { companyId } = event.metadata
    switch (event.type) {
      case 'MergeRequested':
        return { begins: { step: 'merge', key: keyOf(companyId, event.data, 0), cause: causeOf(event, event.data) } }
      case 'MergeResumed': {
        const key = keyOf(companyId, event.data, event.data.round)
        return { begins: { step: 'mergeOn', key, cause: causeOf(event, event.data) } }
      }
      case 'MergeDeclined':
        return { ends: keyOf(companyId, event.data, 0) }
      case 'MergeConcluded':
        return { ends: keyOf(companyId, event.data, event.data.round) }
      case 'InvoiceMoveRequested': {
        const key = moveKeyOf(companyId, event.data)
        return { begins: { step: 'invoiceMove', key, cause: causeOf(event, event.data) } }
      }
      case 'InvoiceMoved':
      case 'InvoiceMoveDeclined':
        return { ends: moveKeyOf(companyId, event.data) }
      default:
        return {}
    }
  },
})
