import type { AccountEvent } from '@registru/domain'
import type { Handled } from '../ledger/command-context.ts'
import { eventsOf } from './on-account.ts'

/** Allocations whose VAT the return of a closed month should have had: that return is to be corrected. */
export const vatWarnings = (handled: Handled<AccountEvent>): readonly object[] =>
  eventsOf(handled, 'PaymentAllocated').flatMap(({ data: { invoiceId, collectedOn, vat } }) =>
    vat?.belongsTo === undefined
      ? []
      : [
          {
            code: 'VAT_BELONGS_TO_CLOSED_PERIOD',
            invoiceId,
            belongsTo: vat.belongsTo,
            collectedOn,
            on: vat.on,
            law: 'Legea 227/2015 art. 282',
          },
        ],
  )

/** What an allocation to an invoice is recorded in spite of, whoever's invoice it is. */
export const allocationWarnings = (handled: Parameters<typeof vatWarnings>[0]) => [
  ...eventsOf(handled, 'PaymentAllocated').flatMap(({ data }) => data.cashBreaches ?? []),
  ...vatWarnings(handled),
]
