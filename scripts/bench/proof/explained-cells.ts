import type { PlacedFact } from '@registru/scripts/audit/facts'
import type { Random } from '@registru/scripts/seed/random'
import { z } from 'zod'
import { type Campaign, fewAtATime } from './campaign.ts'
import { randomPair } from './clock-pairs.ts'
import type { RandomCompany } from './random-company.ts'

const IN_FLIGHT = 6
/** Of one answer, so that there are many answers. */
const CELLS_AN_ANSWER = 8

const Linked = z.looseObject({ links: z.looseObject({ explain: z.string() }) })
const Client = Linked.extend({
  balances: z.array(z.looseObject({ currency: z.string(), balance: z.string(), open: z.string(), credit: z.string() })),
})
const Line = z.looseObject({ debit: z.string(), credit: z.string(), eventId: z.string() })
const Statement = Linked.extend({
  to: z.string(),
  currencies: z.array(z.looseObject({ currency: z.string(), closing: z.string(), lines: z.array(Line) })),
})
const AgingRow = z.looseObject({ clientId: z.string().optional(), currency: z.string(), amounts: z.array(z.string()) })
const Aging = Linked.extend({
  buckets: z.array(z.string()),
  rows: z.array(AgingRow),
  totals: z.array(AgingRow),
})
const TrialBalance = Linked.extend({
  lines: z.array(z.looseObject({ account: z.string(), currency: z.string(), balance: z.string() })),
})
const Invoice = Linked.extend({ open: z.string() })
const Payment = Linked.extend({ credit: z.string() })
const Explanation = z.looseObject({
  sum: z.string(),
  items: z.array(z.looseObject({ amount: z.string() })),
  nextCursor: z.string().nullable(),
})

/** A figure as an answer shows it, and where the answer says that it is explained. */
interface Cell {
  readonly figure: string
  readonly link: string
}

/** Fills in a link's braces; a total leaves the client out. */
const filled = (link: string, values: Readonly<Record<string, string>>): string =>
  link.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? '')).replace('clientId=&', '')

const minus = (amount: string): string => (/[1-9]/.test(amount) ? `-${amount}` : amount)

type Kind = (json: unknown) => readonly Cell[]

const clientCells: Kind = (json) => {
  const { balances, links } = Client.parse(json)
  return balances.flatMap(({ currency, balance, open, credit }) => {
    const link = filled(links.explain, { currency })
    return [
      { figure: balance, link },
      { figure: open, link: link.replace('clientBalance', 'clientOpen') },
      { figure: credit, link: link.replace('clientBalance', 'clientCredit') },
    ]
  })
}

const statementCells: Kind = (json) => {
  const { currencies, links } = Statement.parse(json)
  return currencies.flatMap(({ currency, closing, lines }) => [
    // The closing is the balance of the client at the end of the same days.
    {
      figure: closing,
      link: filled(links.explain.replace('statementLine', 'clientBalance').replace('&eventId={eventId}', ''), {
        currency,
      }),
    },
    ...lines.map(({ debit, credit, eventId }) => ({
      figure: /[1-9]/.test(credit) ? minus(credit) : debit,
      link: filled(links.explain, { currency, eventId }),
    })),
  ])
}

const agingCells: Kind = (json) => {
  const { buckets, rows, totals, links } = Aging.parse(json)
  return [...rows, ...totals].flatMap(({ clientId = '', currency, amounts }) =>
    amounts.map((figure, index) => ({
      figure,
      link: filled(links.explain, { currency, clientId, bucket: buckets[index] ?? '' }),
    })),
  )
}

const trialBalanceCells: Kind = (json) => {
  const { lines, links } = TrialBalance.parse(json)
  return lines.map(({ account, currency, balance }) => ({
    figure: balance,
    link: filled(links.explain, { account, currency }),
  }))
}

const invoiceCells: Kind = (json) => {
  const { open, links } = Invoice.parse(json)
  return [{ figure: open, link: links.explain }]
}

const paymentCells: Kind = (json) => {
  const { credit, links } = Payment.parse(json)
  return [{ figure: credit, link: links.explain }]
}

const digits = (amount: string): bigint => BigInt(amount.replace('.', ''))

interface Question {
  readonly path: string
  readonly kind: Kind
}

const randomQuestion = (
  { companyId, clientIds }: RandomCompany,
  own: readonly PlacedFact[],
  facts: readonly PlacedFact[],
  random: Random,
): Question => {
  const { asOf, knownAt } = randomPair(facts, own, random)
  const clocks = `asOf=${asOf}${knownAt === undefined ? '' : `&knownAt=${knownAt}`}`
  const client = `clients/${random.pick(clientIds)}`
  const named = (name: 'invoiceId' | 'paymentId'): string =>
    random.pick(own.flatMap(({ type, data }) => (type === 'PaymentAllocated' ? [data[name]] : [])))
  const [path, kind] = random.pick<readonly [string, Kind]>([
    [`${client}?${clocks}`, clientCells],
    [`${client}/statement?from=2026-05-01&to=${asOf}&${clocks}`, statementCells],
    [`receivables/aging?${clocks}`, agingCells],
    [`receivables/aging?by=issued&buckets=0,10,45&${clocks}`, agingCells],
    [`receivables/aging?groupBy=currency&buckets=15&${clocks}`, agingCells],
    [`journal/trial-balance?${clocks}`, trialBalanceCells],
    [`journal/trial-balance?chart=romanian&${clocks}`, trialBalanceCells],
    [`invoices/${named('invoiceId')}?asOf=${asOf}`, invoiceCells],
    [`payments/${named('paymentId')}?asOf=${asOf}`, paymentCells],
  ])
  return { path: `/v1/companies/${companyId}/${path}`, kind }
}

/** C: random figures of all answers, each followed to what explains it, page by page. */
export const checkExplainedCells = async (
  campaign: Campaign,
  companies: readonly RandomCompany[],
  facts: readonly PlacedFact[],
  cells: number,
): Promise<string> => {
  const { find, get } = campaign
  const random = campaign.random('cells')
  let checked = 0
  let lines = 0

  const checkCell = async (path: string, { figure, link }: Cell, limit: number): Promise<void> => {
    let cursor = ''
    let sum = 0n
    for (;;) {
      const { status, text } = await get(`${link}&limit=${limit}${cursor}`)
      if (status !== 200) return find('explain', `${path} → ${link}`, `${status} ${text}`)
      const page = Explanation.parse(JSON.parse(text))
      if (digits(page.sum) !== digits(figure)) {
        return find('explain', `${path} → ${link}`, `shown ${figure}, explained ${page.sum}`)
      }
      for (const { amount } of page.items) sum += digits(amount)
      lines += page.items.length
      if (page.nextCursor === null) break
      cursor = `&cursor=${page.nextCursor}`
    }
    if (sum !== digits(figure)) find('explain', `${path} → ${link}`, `shown ${figure}, the items add up to ${sum}`)
  }

  const progress = campaign.progress('explained cells')
  const questions = function* () {
    const ownOf = new Map(
      companies.map((company) => [company, facts.filter(({ companyId }) => companyId === company.companyId)]),
    )
    for (let number = 0; checked < cells; number += 1) {
      const company = random.pick(companies)
      yield {
        question: randomQuestion(company, ownOf.get(company) ?? [], facts, random),
        choose: campaign.random(`cells ${number}`),
      }
    }
  }
  await fewAtATime(questions(), IN_FLIGHT, async ({ question: { path, kind }, choose }) => {
    const { status, text } = await get(path)
    // The client was not known yet at these clocks.
    if (status === 404) return
    if (status !== 200) return find('explain', path, `${status} ${text}`)
    // Most cells of an aging are empty; a few of those are enough.
    const shown = kind(JSON.parse(text)).filter(({ figure }) => /[1-9]/.test(figure) || choose.chance(0.1))
    for (let left = CELLS_AN_ANSWER; left > 0 && shown.length > 0 && checked < cells; left -= 1) {
      const [cell] = shown.splice(choose.between(0, shown.length - 1), 1)
      if (cell === undefined) break
      checked += 1
      await checkCell(path, cell, choose.pick([3, 50, 500]))
      progress.update(BigInt(checked), BigInt(cells))
    }
  })
  progress.stop()
  return `${checked} cells explained by ${lines} lines`
}
