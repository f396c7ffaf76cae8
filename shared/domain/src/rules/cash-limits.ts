import type { BusinessDay } from '../business-day.ts'
import type { ClientKind } from '../party.ts'

/** Ceilings for cash of one calendar day, in bani: received per payer and cash desk, paid per payee and in all. */
export interface CashLimits {
  /** The act whose figures these are. */
  readonly act: string
  readonly receiptBusinessPerPersonDay: bigint
  /** For cash & carry shops. */
  readonly receiptBusinessCashCarryPerPersonDay: bigint
  readonly receiptIndividualPerPersonDay: bigint
  readonly paymentBusinessPerPersonDay: bigint
  /** To all businesses together. */
  readonly paymentBusinessTotalDay: bigint
  readonly paymentIndividualPerPersonDay: bigint
}

interface Interval extends CashLimits {
  readonly from: BusinessDay
  /** Not included; `undefined`: still in force. */
  readonly to: BusinessDay | undefined
}

const LAW = 'Legea 70/2015'

/** Where the law speaks of cash between a business and whom it deals with: individuals have an article of their own. */
export const cashLawFor = (other: ClientKind, { act }: Pick<CashLimits, 'act'>): string =>
  `${LAW} art. ${other === 'INDIVIDUAL' ? '4' : '3'}, ${act}`

/** The ban on paying in fragments what is above a ceiling. */
export const cashFragmentLawFor = (other: ClientKind, { act }: Pick<CashLimits, 'act'>): string =>
  `${LAW} art. ${other === 'INDIVIDUAL' ? '4' : '3 (2)'}, ${act}`

/** What the law says in every time. A new figure is a new interval, never an edit. */
const INTERVALS: readonly Interval[] = [
  {
    from: '2015-05-09',
    to: '2023-11-11',
    act: 'Legea 70/2015 (MO 242/09.04.2015)',
    receiptBusinessPerPersonDay: 500_000n,
    receiptBusinessCashCarryPerPersonDay: 1_000_000n,
    receiptIndividualPerPersonDay: 1_000_000n,
    paymentBusinessPerPersonDay: 500_000n,
    paymentBusinessTotalDay: 1_000_000n,
    paymentIndividualPerPersonDay: 1_000_000n,
  },
  {
    // The 1.000 and 2.000 lei of Legea 296/2023 were undone by OUG 98/2023 the day before they would have applied.
    from: '2023-11-11',
    to: '2023-12-25',
    act: 'Legea 296/2023 art. LXIV, OUG 98/2023 (MO 1026/10.11.2023)',
    receiptBusinessPerPersonDay: 500_000n,
    receiptBusinessCashCarryPerPersonDay: 1_000_000n,
    receiptIndividualPerPersonDay: 1_000_000n,
    paymentBusinessPerPersonDay: 500_000n,
    paymentBusinessTotalDay: 1_000_000n,
    paymentIndividualPerPersonDay: 1_000_000n,
  },
  {
    from: '2023-12-25',
    to: undefined,
    act: 'OUG 115/2023 (MO 1139/15.12.2023)',
    receiptBusinessPerPersonDay: 500_000n,
    receiptBusinessCashCarryPerPersonDay: 1_000_000n,
    receiptIndividualPerPersonDay: 1_000_000n,
    paymentBusinessPerPersonDay: 500_000n,
    paymentBusinessTotalDay: 1_000_000n,
    paymentIndividualPerPersonDay: 1_000_000n,
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

/** The ceiling for what one payee is paid in cash, in bani. */
export const payoutCeilingFor = (limits: CashLimits, payee: ClientKind): bigint =>
  payee === 'INDIVIDUAL' ? limits.paymentIndividualPerPersonDay : limits.paymentBusinessPerPersonDay
