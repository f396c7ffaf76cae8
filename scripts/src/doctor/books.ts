import { decimalOf } from '@registru/domain'
import {
  allTies,
  countFindings,
  type Finding,
  listCheckedTies,
  listFindings,
  type ReadHandle,
} from '@registru/projections'
import type { Examination } from './diagnosis.ts'

/** More rows than anybody reads; the count tells of the rest. */
const FINDINGS_MAX = 20
/** A small ledger is gone through twice in this time; of a large one it is worth knowing how long a round takes. */
const CHECKED_SECONDS_MAX = 60
const SECONDS_A_DAY = 86_400

const amountOf = (minor: bigint, currency: string | undefined): string =>
  currency === undefined ? `${minor}` : `${decimalOf(minor, currency)} ${currency}`

const textOf = ({ tie, companyId, currency, place, amountsMinor, firstSeenAt }: Finding): string => {
  const where = Object.entries(place).map(([name, value]) => `${name} ${value}`)
  const amounts = Object.entries(amountsMinor).map(([book, minor]) => `${book} ${amountOf(minor, currency)}`)
  return `${companyId}, ${tie}: ${where.join(', ')}: ${amounts.join(' ≠ ')}, since ${firstSeenAt.toISOString()}`
}

/** What the projector's check of the books has found, and whether it still goes round. */
export const examineBooks = async (at: Examination, db: ReadHandle): Promise<void> => {
  const findings = await listFindings(db, FINDINGS_MAX)
  for (const finding of findings) {
    at.wrong(
      'books',
      textOf(finding),
      'A row of a read model is wrong: answers that show it are withheld. `registru audit` holds it against the log, a rebuild of its projection mends it.',
    )
  }
  const left = (await countFindings(db)) - findings.length
  if (left > 0) at.wrong('books', `${left} more rows`, 'A rebuild of the projections that are named above mends them.')

  const ages = new Map((await listCheckedTies(db)).map(({ tie, ageSeconds }) => [tie, ageSeconds]))
  const unchecked = allTies.filter(({ name }) => !ages.has(name))
  const oldest = Math.max(0, ...allTies.map(({ name }) => ages.get(name) ?? 0))
  if (unchecked.length > 0) {
    const found = `${unchecked.length} of ${allTies.length} tables are not checked yet`
    at.note('check of books', found, 'The projector goes through them while it runs: look again in a minute.')
  } else if (oldest > SECONDS_A_DAY) {
    at.note('check of books', `the last round is ${Math.round(oldest / 3_600)} hours old`, 'Is the projector running?')
  } else if (findings.length === 0) {
    const round = oldest <= CHECKED_SECONDS_MAX ? 'within a minute' : `within ${Math.ceil(oldest / 60)} minutes`
    at.ok('books', `every amount has its other side, looked at ${round}`)
  }
}
