import { createHash } from 'node:crypto'
import type { PlacedFact } from '@registru/scripts/audit/facts'
import type { Random } from '@registru/scripts/seed/random'
import { type Campaign, fewAtATime } from './campaign.ts'
import { randomPair } from './clock-pairs.ts'
import type { RandomCompany } from './random-company.ts'

const IN_FLIGHT = 6
const FROM = '2026-05-01'
/** Of an answer that changed, around the place where it did. */
const CHARACTERS_BEFORE = 60
const CHARACTERS_SHOWN = 160

/** Paths of one question of every kind that knows both clocks. */
const questionsOf = (
  { companyId, clientIds }: RandomCompany,
  own: readonly PlacedFact[],
  facts: readonly PlacedFact[],
  random: Random,
): readonly string[] => {
  const { asOf, position } = randomPair(facts, own, random)
  const clocks = `asOf=${asOf}&knownAt=${position}`
  const client = `clients/${clientIds[0]}`
  const paths = [
    `${client}?${clocks}`,
    `${client}/statement?from=${FROM}&to=${asOf}&${clocks}`,
    `${client}/statement?style=openItem&to=${asOf}&${clocks}`,
    `${client}/statement.pdf?from=${FROM}&to=${asOf}&${clocks}`,
    `${client}/reminder.pdf?${clocks}`,
    `invoices?limit=50&${clocks}`,
    `invoices?status=UNPAID&format=csv&${clocks}`,
    `payments?limit=50&${clocks}`,
    `receipts?format=ndjson&${clocks}`,
    `receipt-books?${clocks}`,
    `clients?${clocks}`,
    `receivables/aging?${clocks}`,
    `receivables/aging?groupBy=currency&${clocks}`,
    `receivables/aging?groupBy=invoice&format=csv&locale=ro&${clocks}`,
    `receivables/aging?by=issued&buckets=0,15,45&format=ndjson&${clocks}`,
    `journal/trial-balance?${clocks}`,
    `journal/trial-balance?chart=romanian&${clocks}`,
    `collections?by=day&from=${FROM}&to=2026-12-31&${clocks}`,
    `collections?by=week&from=${FROM}&to=2026-12-31&${clocks}`,
    `collections?by=month&from=${FROM}&to=2026-12-31&format=csv&${clocks}`,
    `collections/to-recover?${clocks}`,
    `collections/dso?${clocks}`,
    `vat/exigible?from=${FROM}&to=2026-12-31&${clocks}`,
    `vat/exigible/entries?from=${FROM}&to=2026-12-31&${clocks}`,
    `cash-desks?${clocks}`,
    `cash-desks/C1/days?from=${FROM}&to=2026-12-31&${clocks}`,
    `cash-desks/C1/days/${asOf}?${clocks}`,
    `cash-ceilings?${clocks}`,
    `cash-payouts?${clocks}`,
    `policies?${clocks}`,
    `rates?currency=EUR&${clocks}`,
    `explain?figure=clientBalance&currency=RON&clientId=${clientIds[0]}&${clocks}`,
    `explain?figure=agingCell&currency=RON&bucket=1-30&format=ndjson&${clocks}`,
    `explain?figure=account&currency=RON&account=RECEIVABLE&${clocks}`,
  ]
  return paths.map((path) => `/v1/companies/${companyId}/${path}`)
}

interface Fixed {
  /** Status and SHA-256. */
  readonly print: string
  readonly text: string
}

/** Where two answers first differ, as far as they are text. */
const changeOf = (first: Fixed, now: Fixed): string => {
  let at = 0
  while (at < first.text.length && first.text[at] === now.text[at]) at += 1
  const from = Math.max(0, at - CHARACTERS_BEFORE)
  return `${first.print} became ${now.print}; «${first.text.slice(from, from + CHARACTERS_SHOWN)}» became «${now.text.slice(from, from + CHARACTERS_SHOWN)}»`
}

export interface FixedAnswers {
  readonly count: number
  /** Asks for all of them again, and names the ones that are not the same bytes. */
  readonly checkAgain: (after: string) => Promise<void>
}

/** B: answers with both clocks fixed, to be held against themselves later. */
export const takeFixedAnswers = async (
  { random: randomFor, get, find }: Campaign,
  companies: readonly RandomCompany[],
  facts: readonly PlacedFact[],
  answers: number,
): Promise<FixedAnswers> => {
  const random = randomFor('fixed answers')
  const paths: string[] = []
  while (paths.length < answers) {
    const company = random.pick(companies)
    const own = facts.filter(({ companyId }) => companyId === company.companyId)
    paths.push(...questionsOf(company, own, facts, random))
  }
  const ask = async (path: string): Promise<Fixed> => {
    const { status, body, text } = await get(path)
    // A refusal names the request that it refused.
    const told = status === 200 ? body : text.replace(/"requestId":"[^"]*"/, '')
    return { print: `${status} ${createHash('sha256').update(told).digest('hex')}`, text }
  }
  const taken = new Map<string, Fixed>()
  let refused = 0
  await fewAtATime(paths.slice(0, answers), IN_FLIGHT, async (path) => {
    const first = await ask(path)
    // Before a client was known there is none to tell of; that stays true as well.
    if (!/^(200|404) /.test(first.print)) find('fixed answers', path, first.text)
    if (!first.print.startsWith('200')) refused += 1
    taken.set(path, first)
  })
  if (refused * 2 > taken.size) find('fixed answers', 'most questions were refused', `${refused} of ${taken.size}`)
  return {
    count: taken.size,
    checkAgain: (after) =>
      fewAtATime(taken, IN_FLIGHT, async ([path, first]) => {
        const now = await ask(path)
        if (now.print !== first.print) find('fixed answers', `after ${after}: ${path}`, changeOf(first, now))
      }),
  }
}
