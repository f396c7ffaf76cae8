import { z } from 'zod'
import { BusinessDay } from '../business-day.ts'
import { CashDeskId, type CompanyId } from '../ids.ts'
import type { Message } from '../message.ts'
import { Balance } from '../money.ts'
import { FreeText, Name } from '../text.ts'
import { companyFields, policies } from './events.ts'

const CURRENCIES_OF_A_DESK_MAX = 10

export const RegisterCompany = z.strictObject(companyFields)

export const SetPolicy = z
  .strictObject(policies)
  .partial()
  .refine((change) => Object.keys(change).length > 0, 'at least one policy')

export const OpenCashDesk = z.strictObject({
  deskId: CashDeskId,
  name: Name,
  openedOn: BusinessDay,
  openingBalances: z
    .array(Balance)
    .max(CURRENCIES_OF_A_DESK_MAX)
    .refine(
      (balances) => new Set(balances.map(({ currency }) => currency)).size === balances.length,
      'no currency twice',
    )
    .optional(),
})

export const ClosePeriod = z.strictObject({
  through: BusinessDay.meta({ description: 'Last day of the closed period' }),
})

export const ReopenPeriod = z.strictObject({
  from: BusinessDay.meta({ description: 'First day that is open again' }),
  reason: FreeText,
  requestedBy: Name,
  approvedBy: Name.meta({ description: 'Another person than requestedBy' }),
})

/** Commands of a company carry its id from the route. */
type OfCompany<Data> = Data & { readonly companyId: CompanyId }

export type CompanyCommand =
  | Message<'RegisterCompany', OfCompany<z.infer<typeof RegisterCompany>>>
  | Message<'SetPolicy', OfCompany<z.infer<typeof SetPolicy>>>
  | Message<'OpenCashDesk', OfCompany<z.infer<typeof OpenCashDesk>>>
  | Message<'ClosePeriod', OfCompany<z.infer<typeof ClosePeriod>>>
  | Message<'ReopenPeriod', OfCompany<z.infer<typeof ReopenPeriod>>>
