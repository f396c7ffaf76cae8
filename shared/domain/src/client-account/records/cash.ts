import type { BusinessDay } from '../../business-day.ts'
import { amount, packedTable } from '../../packed/packed-table.ts'
import { type Keeper, KIND } from './fields.ts'

const keptCash = packedTable(KIND.cash, amount)

/**
 * Cash in bani by day, desk and payer, as far as the ceilings ask for it. Reversed payments are out again, and what settles
 * an individual's instalment contract is out as long as it does.
 */
export const cashTaken = {
  by: ({ records }: Keeper, key: string): bigint => keptCash.get(records, key) ?? 0n,
  add: ({ records }: Keeper, key: string, more: bigint): void => {
    keptCash.set(records, key, (keptCash.get(records, key) ?? 0n) + more)
  },
}

const keptPayouts = packedTable(KIND.cashPaid, amount)

/** Cash in bani that was given back, by day. */
export const cashPaid = {
  by: ({ records }: Keeper, day: BusinessDay): bigint => keptPayouts.get(records, day) ?? 0n,
  add: ({ records }: Keeper, day: BusinessDay, more: bigint): void => {
    keptPayouts.set(records, day, (keptPayouts.get(records, day) ?? 0n) + more)
  },
}
