import type { BusinessDay } from '../business-day.ts'
import type { ClientKind } from '../party.ts'

/** Ceilings for cash received per calendar day, payer and cash desk, in bani. */
export interface CashLimits {
  /** The act whose figures these are. */
  readonly act: string
  readonly receiptBusinessPerPersonDay: bigint
  /** For cash & carry shops. */
  readonly receiptBusinessCashCarryPerPersonDay: bigint
  readonly receiptIndividualPerPersonDay: bigint
}

interface Interval extends CashLimits {
  readonly from: BusinessDay
  /** Not included; `undefined`: still in force. */
  readonly to: BusinessDay | undefined
}

/** What the law says in every time, and its article. A new figure is a new interval, never an edit. */
export const CASH_LAW = 'Legea 70/2015 art. 3'
export const CASH_FRAGMENT_LAW = 'Legea 70/2015 art. 3 (2)'

const INTERVALS: readonly Interval[] = [
  {
    from: '2015-05-09',
    to: '2023-11-11',
    act: 'Legea 70/2015 (MO 242/09.04.2015)',
    receiptBusinessPerPersonDay: 500_000n,
    receiptBusinessCashCarryPerPersonDay: 1_000_000n,
    receiptIndividualPerPersonDay: 1_000_000n,
  },
  {
    // The 1.000 and 2.000 lei of Legea 296/2023 were undone by OUG 98/2023 the day before they would have applied.
    from: '2023-11-11',
    to: '2023-12-25',
    act: 'Legea 296/2023 art. LXIV, OUG 98/2023 (MO 1026/10.11.2023)',
    receiptBusinessPerPersonDay: 500_000n,
    receiptBusinessCashCarryPerPersonDay: 1_000_000n,
    receiptIndividualPerPersonDay: 1_000_000n,
  },
  {
    from: '2023-12-25',
    to: undefined,
    act: 'OUG 115/2023 (MO 1139/15.12.2023)',
    receiptBusinessPerPersonDay: 500_000n,
    receiptBusinessCashCarryPerPersonDay: 1_000_000n,
    receiptIndividualPerPersonDay: 1_000_000n,
  },
]

/** The ceilings in force on a day; `undefined` before the law (2015-05-09). */
export const cashLimitsOn = (day: BusinessDay): CashLimits | undefined =>
  INTERVALS.find(({ from, to }) => from <= day && (to === undefined || day < to))

/** The ceiling for one payer, in bani. */
export const ceilingFor = (limits: CashLimits, payer: ClientKind, cashAndCarry: boolean): bigint => {
  if (payer === 'INDIVIDUAL') return limits.receiptIndividualPerPersonDay
  return cashAndCarry ? limits.receiptBusinessCashCarryPerPersonDay : limits.receiptBusinessPerPersonDay
}
