import { addDays, type Company, type CompanyCommand, type ReceiptBookCommand } from '@registru/domain'
import type { Random } from '@registru/scripts/seed/random'
import { DAYS, FIRST_DAY, SERIES } from './account-step.ts'

type Of<Type extends CompanyCommand['type']> = Extract<CompanyCommand, { readonly type: Type }>['data']

/** Periods end early in the span, so that most of what happens afterwards still finds an open day. */
const CLOSED_MAX = DAYS / 3

const policies = (companyId: string, random: Random): Of<'SetPolicy'> =>
  random.pick<Of<'SetPolicy'>>([
    { companyId, smallDifference: random.pick(['0', '0.50', '9', '500']) },
    { companyId, instrumentCountsAsPaid: random.chance(0.5) },
    { companyId, cashGuard: random.pick(['WARN', 'REQUIRE_OVERRIDE', 'REJECT']) },
    { companyId, duplicateDocuments: random.pick(['WARN', 'REJECT']) },
    { companyId, cashAndCarry: random.chance(0.5), amefRequired: random.chance(0.2) },
  ])

/** What a company decides about itself; the domain may refuse it. */
export const onCompany = ({ rules }: Company, companyId: string, random: Random): CompanyCommand => {
  const { closedThrough } = rules
  const kind = random.between(0, 9)
  if (kind < 5) return { type: 'SetPolicy', data: policies(companyId, random) }
  if (kind < 6) {
    const openedOn = addDays(FIRST_DAY, random.between(0, DAYS))
    const lay = { amount: `${random.between(0, 90)}.00`, currency: 'RON' }
    const desk = { deskId: random.pick(['C1', 'C2']), name: 'Casa', openedOn, openingBalances: [lay] }
    return { type: 'OpenCashDesk', data: { companyId, ...desk } }
  }
  if (closedThrough !== undefined && kind < 8) {
    const from = addDays(closedThrough, -random.between(0, 30))
    const people = { requestedBy: 'Ana', approvedBy: 'Ion' }
    return { type: 'ReopenPeriod', data: { companyId, from, reason: 'late paper', ...people } }
  }
  return { type: 'ClosePeriod', data: { companyId, through: addDays(FIRST_DAY, random.between(0, CLOSED_MAX)) } }
}

/** What happens to a book besides its receipts. */
export const onBookOf = (random: Random, numberMax: number): ReceiptBookCommand => {
  const number = random.between(1, numberMax)
  const early = random.between(1, 4)
  return random.pick<ReceiptBookCommand>([
    { type: 'ReprintReceipt', data: { series: SERIES, number: early, reason: 'torn' } },
    {
      type: 'ExtendReceiptRange',
      data: { series: SERIES, to: number + 20, decisionNumber: '2', decisionOn: FIRST_DAY },
    },
    {
      type: 'ContinueReceiptBook',
      data: { series: SERIES, continueFrom: number, reason: 'restored copy', acknowledgedBy: 'Ana' },
    },
  ])
}
