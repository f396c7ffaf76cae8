import {
  answerInvoices,
  answerPayments,
  answerReceipts,
  answerUnidentified,
} from '@registru/scripts/audit/answer-lists'
import {
  answerCashDay,
  answerCollections,
  answerDso,
  answerExigibleVat,
  answerRecoveries,
  answerTrialBalance,
} from '@registru/scripts/audit/answer-reports'
import { firstDifference } from '@registru/scripts/audit/differ'
import type { PlacedFact } from '@registru/scripts/audit/facts'
import { foldKnown, type Known } from '@registru/scripts/audit/known'
import type { Random } from '@registru/scripts/seed/random'
import { type Campaign, fewAtATime } from './campaign.ts'
import { randomPair } from './clock-pairs.ts'
import { effectiveOn } from './naive-items.ts'
import type { RandomCompany } from './random-company.ts'

const IN_FLIGHT = 4

interface Report {
  readonly path: string
  readonly byTheEvents: object
}

const inOrder = async function* (facts: readonly PlacedFact[]) {
  yield* facts
}

/** Desks that had been opened or used by then; cash that names none has its register always. */
const desksOf = (own: readonly PlacedFact[], knownAt: bigint): readonly string[] => [
  '-',
  ...own.flatMap(({ type, data, position }) => {
    if (position > knownAt) return []
    if (type === 'CashDeskOpened') return [data.deskId]
    if (type !== 'PaymentRecorded' && type !== 'RefundRecorded') return []
    return data.method === 'CASH' && data.deskId !== undefined ? [data.deskId] : []
  }),
]

const reportsOf = (known: Known, asOf: string, knownAt: bigint, own: readonly PlacedFact[], random: Random) => {
  const clocks = `asOf=${asOf}&knownAt=${knownAt}`
  const days = own.flatMap((fact) => effectiveOn(fact) ?? [])
  const [one, other] = [random.pick(days), random.pick(days)].toSorted()
  const period = { from: one ?? asOf, to: other ?? asOf }
  const range = `from=${period.from}&to=${period.to}`
  const by = random.pick(['day', 'week', 'month'] as const)
  const desk = { deskId: random.pick(desksOf(own, knownAt)), currency: random.pick(['RON', 'EUR']) }
  const cashDay = random.pick(
    own.flatMap(({ type, data }) =>
      type === 'PaymentRecorded' && data.method === 'CASH' ? [data.receivedOn] : [asOf],
    ),
  )
  const reports: readonly Report[] = [
    { path: `journal/trial-balance?${clocks}`, byTheEvents: answerTrialBalance(known, { asOf }) },
    { path: `vat/exigible?${range}&${clocks}`, byTheEvents: answerExigibleVat(known, period) },
    { path: `collections?by=${by}&${range}&${clocks}`, byTheEvents: answerCollections(known, period, by) },
    { path: `collections/to-recover?${clocks}`, byTheEvents: answerRecoveries(known, { asOf }) },
    { path: `collections/dso?days=60&${clocks}`, byTheEvents: answerDso(known, { asOf }, 60) },
    {
      path: `cash-desks/${desk.deskId}/days/${cashDay}?currency=${desk.currency}&${clocks}`,
      byTheEvents: answerCashDay(known, desk, cashDay),
    },
  ]
  return reports
}

const listsOf = (known: Known, asOf: string, knownAt: bigint): readonly Report[] => {
  const clocks = `limit=500&asOf=${asOf}&knownAt=${knownAt}`
  return [
    { path: `invoices?${clocks}`, byTheEvents: answerInvoices(known, { asOf }, undefined) },
    { path: `payments?${clocks}`, byTheEvents: answerPayments(known, { asOf }, undefined) },
    { path: `payments/unidentified?${clocks}`, byTheEvents: answerUnidentified(known, { asOf }) },
    { path: `receipts?${clocks}`, byTheEvents: answerReceipts(known, { asOf }, undefined) },
  ]
}

/** The reports and lists at random clocks, against what the auditor makes of the events. */
export const checkReports = async (
  campaign: Campaign,
  companies: readonly RandomCompany[],
  facts: readonly PlacedFact[],
  pairs: number,
): Promise<string> => {
  const { find, get } = campaign
  const random = campaign.random('reports')
  let compared = 0
  let done = 0
  const progress = campaign.progress('reports')
  const work = function* () {
    for (let number = 0; number < pairs; number += 1) yield random.pick(companies)
  }
  await fewAtATime(work(), IN_FLIGHT, async ({ companyId }) => {
    const own = facts.filter((fact) => fact.companyId === companyId)
    const { asOf, position } = randomPair(facts, own, random)
    const then = await foldKnown(inOrder(own), companyId, (fact) => fact.position <= position)
    for (const { path, byTheEvents } of [
      ...reportsOf(then, asOf, position, own, random),
      ...listsOf(then, asOf, position),
    ]) {
      const asked = `/v1/companies/${companyId}/${path}`
      const { status, text } = await get(asked)
      compared += 1
      const difference = status === 200 ? firstDifference(byTheEvents, JSON.parse(text)) : `${status} ${text}`
      if (difference !== undefined) find('reports', asked, difference)
    }
    done += 1
    progress.update(BigInt(done), BigInt(pairs))
  })
  progress.stop()
  return `${compared} reports and lists compared at ${pairs} pairs of clocks`
}
