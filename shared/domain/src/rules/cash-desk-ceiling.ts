import type { BusinessDay } from '../business-day.ts'

/** What may lie in a cash desk at the end of a day, in bani; what is above goes to the bank. */
export interface CashDeskCeiling {
  readonly limitMinor: bigint
  readonly law: string
}

interface Interval {
  readonly from: BusinessDay
  /** Not included; `undefined`: still in force. */
  readonly to: BusinessDay | undefined
  readonly act: string
  readonly limitMinor: bigint
  readonly cashAndCarryLimitMinor: bigint
}

/** Before the first one there was no ceiling. A new figure is a new interval, never an edit. */
const INTERVALS: readonly Interval[] = [
  {
    from: '2023-11-11',
    to: '2023-12-25',
    act: 'Legea 296/2023 art. LXIV, OUG 98/2023 (MO 1026/10.11.2023)',
    limitMinor: 5_000_000n,
    cashAndCarryLimitMinor: 50_000_000n,
  },
  {
    from: '2023-12-25',
    to: undefined,
    act: 'OUG 115/2023 (MO 1139/15.12.2023)',
    limitMinor: 5_000_000n,
    cashAndCarryLimitMinor: 50_000_000n,
  },
]

/** For cash in lei; `undefined` when the law knew no ceiling on that day. */
export const cashDeskCeilingOn = (
  day: BusinessDay,
  { cashAndCarry }: { readonly cashAndCarry: boolean },
): CashDeskCeiling | undefined => {
  const interval = INTERVALS.find(({ from, to }) => from <= day && (to === undefined || day < to))
  return (
    interval && {
      limitMinor: cashAndCarry ? interval.cashAndCarryLimitMinor : interval.limitMinor,
      law: `Legea 70/2015, ${interval.act}`,
    }
  )
}
