import type { ClientId } from '../../ids.ts'
import type { TransferOrigin } from '../events/transfers.ts'
import type { Invoice } from '../records/invoices.ts'
import type { PaymentFacts } from '../records/payment-facts.ts'

// What came with a merge has its VAT where its paper was registered: whatever moves that VAT says where.

export const paperOf = ({ moved }: Pick<Invoice, 'moved'>): { readonly paperOf?: ClientId } =>
  moved === undefined ? {} : { paperOf: moved.paperOf }

export const noteOf = ({ origin }: Partial<Pick<PaymentFacts, 'origin'>>): { readonly noteOf?: TransferOrigin } =>
  origin?.noteOf === undefined ? {} : { noteOf: origin.noteOf }
