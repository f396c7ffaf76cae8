import { addDays } from '@registru/domain'
import { firstDifference } from '@registru/scripts/audit/differ'
import type { PlacedFact } from '@registru/scripts/audit/facts'
import { startOfClock, wasKnownAt } from '@registru/scripts/audit/instants'
import type { Random } from '@registru/scripts/seed/random'
import { z } from 'zod'
import { type Campaign, fewAtATime } from './campaign.ts'
import { type AgingTerms, naiveAging, naiveBalances, naiveStatement } from './naive-answers.ts'
import { type DocumentFilter, naiveInvoices, naivePayments, naiveReceipts } from './naive-documents.ts'
import { type Clocks, effectiveOn } from './naive-items.ts'
import type { RandomCompany } from './random-company.ts'

const IN_FLIGHT = 6
const Page = z.looseObject({ items: z.array(z.unknown()), nextCursor: z.string().nullable() })
const BUCKETS: readonly (readonly number[])[] = [[0, 30, 60, 90], [0, 15], [7, 14, 21, 28], [1], [0, 1, 2, 3, 120]]

/** A pair of clocks as it is asked for, and what it means. */
export interface Pair {
  readonly asOf: string
  /** An instant, a position, or nothing. */
  readonly knownAt: string | undefined
  readonly position: bigint
}

/** What was known at an instant: everything before the first event that the log has from later on. */
const positionAt = (facts: readonly PlacedFact[], instant: string): bigint => {
  const clock = facts.map(startOfClock).find((start) => start !== undefined)
  const isKnown = wasKnownAt(Date.parse(instant), clock)
  const later = facts.findIndex((fact) => !isKnown(fact))
  return (later === -1 ? facts.at(-1) : facts[later - 1])?.position ?? -1n
}

/** Days on which something happens, and those beside them, are where a wrong bound shows. */
export const randomPair = (facts: readonly PlacedFact[], own: readonly PlacedFact[], random: Random): Pair => {
  const days = own.flatMap((fact) => effectiveOn(fact) ?? [])
  const asOf = random.chance(0.1) ? '2199-12-31' : addDays(random.pick(days), random.between(-1, 1))
  const chosen = random.between(0, 9)
  if (chosen === 0) return { asOf, knownAt: undefined, position: facts.at(-1)?.position ?? -1n }
  if (chosen === 1) {
    const instant = new Date(random.pick(own).createdMs).toISOString()
    const position = positionAt(facts, instant)
    // Before its first event a company is unknown.
    if (position >= (own[0]?.position ?? 0n)) return { asOf, knownAt: instant, position }
  }
  const { position } = random.pick(own)
  return { asOf, knownAt: `${position}`, position }
}

const STATUSES = ['UNPAID', 'PARTIALLY_PAID', 'PAID', 'CREDITED', 'WRITTEN_OFF', 'CANCELLED'] as const

/** What one pair asks of documents and lists, drawn before anything is asked. */
interface DocumentTerms {
  readonly filter: DocumentFilter
  /** Rows of a page: a list has to be the same whether it comes whole or in pieces. */
  readonly limit: number
  readonly invoiceId: string
  readonly paymentId: string
}

const randomTerms = (own: readonly PlacedFact[], clientIds: readonly string[], random: Random): DocumentTerms => {
  const invoiceIds = own.flatMap(({ type, data }) => {
    if (type === 'ClaimRegistered') return [data.claimId]
    return type === 'InvoiceRegistered' ? [data.invoiceId] : []
  })
  const payments = own.flatMap(({ type, data }) => (type === 'PaymentRecorded' ? [data] : []))
  return {
    filter: {
      ...(random.chance(0.5) && { clientId: random.pick(clientIds) }),
      ...(random.chance(0.6) && { status: random.pick(STATUSES) }),
      ...(random.chance(0.2) && { overdueBy: random.between(1, 60) }),
    },
    limit: random.pick([7, 500]),
    invoiceId: random.pick(invoiceIds),
    paymentId: random.pick(payments).paymentId,
  }
}

/** A: documents, lists, balances, statements and aging of every client at random pairs of clocks, against the naive fold. */
export const checkClockPairs = async (
  campaign: Campaign,
  companies: readonly RandomCompany[],
  facts: readonly PlacedFact[],
  pairs: number,
): Promise<string> => {
  const { find, get } = campaign
  const random = campaign.random('pairs')
  const factsOf = new Map(
    companies.map(({ companyId }) => [companyId, facts.filter((fact) => fact.companyId === companyId)]),
  )
  let answers = 0
  const compare = async (path: string, byTheEvents: object | undefined): Promise<void> => {
    const { status, text } = await get(path)
    answers += 1
    if (byTheEvents === undefined) {
      if (status !== 404) find('pairs', path, `expected 404, answered ${status}`)
    } else if (status !== 200) find('pairs', path, `${status} ${text}`)
    else {
      const difference = firstDifference(byTheEvents, JSON.parse(text))
      if (difference !== undefined) find('pairs', path, difference)
    }
  }
  /** All rows of a list, page after page. */
  const compareList = async (path: string, limit: number, byTheEvents: readonly object[]): Promise<void> => {
    const items: unknown[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const page = `${path}&limit=${limit}${cursor === '' ? '' : `&cursor=${cursor}`}`
      const { status, text } = await get(page)
      answers += 1
      if (status !== 200) return find('pairs', page, `${status} ${text}`)
      const body = Page.parse(JSON.parse(text))
      items.push(...body.items)
      cursor = body.nextCursor
    }
    const difference = firstDifference(byTheEvents, items)
    if (difference !== undefined) find('pairs', path, difference)
  }
  const checkDocuments = async (
    companyId: string,
    clocks: Clocks,
    query: string,
    terms: DocumentTerms,
  ): Promise<void> => {
    const own = factsOf.get(companyId) ?? []
    const base = `/v1/companies/${companyId}`
    const { filter, limit, invoiceId, paymentId } = terms
    const filters = Object.entries(filter).map(([name, value]) => `&${name}=${value}`)
    const ofClient = filter.clientId === undefined ? '' : `&clientId=${filter.clientId}`
    await compareList(`${base}/invoices?${query}${filters.join('')}`, limit, naiveInvoices(own, clocks, filter))
    await compareList(`${base}/payments?${query}${ofClient}`, limit, naivePayments(own, clocks, filter))
    await compareList(`${base}/receipts?${query}`, limit, naiveReceipts(own, clocks))
    for (const invoice of naiveInvoices(own, clocks, {}).filter((one) => one.invoiceId === invoiceId)) {
      await compare(`${base}/invoices/${invoiceId}?clientId=${invoice.clientId}&${query}`, invoice)
    }
    for (const payment of naivePayments(own, clocks, {}).filter((one) => one.paymentId === paymentId)) {
      await compare(`${base}/payments/${paymentId}?clientId=${payment.clientId}&${query}`, payment)
    }
    const isThere = naiveInvoices(own, clocks, {}).some((one) => one.invoiceId === invoiceId)
    if (!isThere) await compare(`${base}/invoices/${invoiceId}?${query}`, undefined)
  }
  const checkPair = async (
    { companyId, clientIds }: RandomCompany,
    pair: Pair,
    terms: AgingTerms & { readonly documents: DocumentTerms },
  ): Promise<void> => {
    const own = factsOf.get(companyId) ?? []
    const { asOf, position: knownAt } = pair
    const clocks: Clocks = { companyId, asOf, knownAt }
    const base = `/v1/companies/${companyId}`
    const query = `asOf=${asOf}${pair.knownAt === undefined ? '' : `&knownAt=${pair.knownAt}`}`
    await compare(
      `${base}/receivables/aging?buckets=${terms.ends.join(',')}&by=${terms.by}&${query}`,
      naiveAging(own, clocks, terms),
    )
    await checkDocuments(companyId, clocks, query, terms.documents)
    for (const clientId of clientIds) {
      const isKnown = own.some(
        ({ type, data, position }) => type === 'ClientRegistered' && data.clientId === clientId && position <= knownAt,
      )
      const from = addDays(asOf, -(Number(knownAt) % 90))
      const when = `from=${from}&to=${asOf}&${query}`
      await compare(`${base}/clients/${clientId}?${query}`, isKnown ? naiveBalances(own, clocks, clientId) : undefined)
      await compare(
        `${base}/clients/${clientId}/statement?${when}`,
        isKnown ? naiveStatement(own, clocks, { from, clientId }) : undefined,
      )
    }
  }

  const progress = campaign.progress('pairs of clocks')
  let done = 0
  const work = function* () {
    for (let number = 0; number < pairs; number += 1) {
      const company = companies[number % companies.length]
      if (company === undefined) return
      const own = factsOf.get(company.companyId) ?? []
      const pair = randomPair(facts, own, random)
      const aging = { ends: random.pick(BUCKETS), by: random.pick(['due', 'issued'] as const) }
      yield { company, pair, terms: { ...aging, documents: randomTerms(own, company.clientIds, random) } }
    }
  }
  await fewAtATime(work(), IN_FLIGHT, async ({ company, pair, terms }) => {
    await checkPair(company, pair, terms)
    done += 1
    progress.update(BigInt(done), BigInt(pairs))
  })
  progress.stop()
  return `${done} pairs of clocks over ${companies.length} histories, ${answers} answers compared`
}
