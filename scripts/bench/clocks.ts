/** The aging per client for any past day and any past state of knowledge, next to the plain query over the journal's entries. */
import { addDays } from '@registru/domain'
import {
  findAging,
  findOpenTotals,
  findPositionKnownAt,
  findReceivableTotals,
  findStatementClosings,
} from '@registru/projections'
import { createDatabase, createPool } from '@registru/runtime'
import { createRandom } from '@registru/scripts/seed/random'
import Table from 'cli-table3'
import { Command, InvalidArgumentError } from 'commander'
import { FILL_TIMEOUT_MS, fillPortfolio, knownAfter, PORTFOLIO_DAYS } from './load/portfolio.ts'
import { median, spread } from './measure/statistics.ts'
import { startTemporarySystem } from './measure/temporary-system.ts'

const positive = (text: string): number => {
  const value = Number(text)
  if (Number.isInteger(value) && value > 0) return value
  throw new InvalidArgumentError('Expected a whole number above zero.')
}

const program = new Command('npm run bench clocks --')
  .description(
    'Starts a whole system of its own, fills its read models with invoices that were paid in part, settled, bounced, and with\n' +
      'credit, then asks for the aging per client at random pairs of clocks: in SQL, through HTTP, and by the plain query over\n' +
      'the entries; the totals beside it. Each round asks all of them for one pair. Leaves nothing behind.',
  )
  .option('--invoices <n>', 'invoices; seven of ten are open in the end', positive, 300_000)
  .option('--clients <n>', 'clients who owe them', positive, 5_000)
  .option('--rounds <n>', 'pairs of clocks; every number is the median over them', positive, 15)
  .option('--seed <text>', 'of the pairs', '1')
  .option('--json', 'print the numbers as JSON')
  .parse()
const options = program.opts<{ invoices: number; clients: number; rounds: number; seed: string; json?: true }>()

const companyId = 'bench'
const lastDay = '2026-11-24'
const system = await startTemporarySystem((line) => console.error(line))
const pool = createPool({
  url: system.run.databaseUrl,
  connectionsMax: 2,
  applicationName: 'bench',
  statementTimeoutMs: FILL_TIMEOUT_MS,
  onIdleError: () => undefined,
})

/** What one would ask without spans: every entry up to both clocks, added up by invoice, and then by client and age. */
const NAIVE = `select client_id, currency,
    coalesce(sum(open) filter (where due_on >= $2::date), 0) as not_due,
    coalesce(sum(open) filter (where due_on < $2::date and due_on >= $2::date - 30), 0) as late_30,
    coalesce(sum(open) filter (where due_on < $2::date - 30 and due_on >= $2::date - 60), 0) as late_60,
    coalesce(sum(open) filter (where due_on < $2::date - 60 and due_on >= $2::date - 90), 0) as late_90,
    coalesce(sum(open) filter (where due_on < $2::date - 90), 0) as late, sum(credit) as credit
  from (
    select entry.client_id, entry.currency, invoice.due_on,
      coalesce(sum(amount_minor) filter (where account = 'RECEIVABLE'), 0) as open,
      -coalesce(sum(amount_minor) filter (where account = 'CLIENT_CREDIT'), 0) as credit
    from read.postings entry left join read.invoice_balances invoice using (company_id, invoice_id, client_id)
    where company_id = $1 and effective_on <= $2::date and entry.position <= $3 and account in ('RECEIVABLE', 'CLIENT_CREDIT')
    group by entry.client_id, entry.currency, invoice_id, invoice.due_on
  ) item
  where open <> 0 or credit <> 0
  group by client_id, currency order by client_id, currency`

const ask = async (path: string): Promise<void> => {
  const response = await fetch(`${system.run.apiUrl}/v1/companies/${companyId}/${path}`, {
    headers: { authorization: `Bearer ${system.run.token}` },
  })
  const text = await response.text()
  if (response.status !== 200) throw new Error(`${path}: ${response.status} ${text}`)
}

try {
  await fillPortfolio(pool, { ...options, companyId, lastDay, changing: true })
  const db = createDatabase<unknown>(pool)
  const random = createRandom(options.seed)
  const times = new Map<string, number[]>()
  const opens: number[] = []
  for (let round = 0; round <= options.rounds; round += 1) {
    const asOf = addDays(lastDay, -random.between(0, PORTFOLIO_DAYS - 60))
    const instant = knownAfter(addDays(lastDay, -random.between(0, PORTFOLIO_DAYS - 60)))
    const knownAt = await findPositionKnownAt(db, instant)
    const question = { companyId, asOf, knownAt }
    const clocks = `asOf=${asOf}&knownAt=${instant}`
    const work: Readonly<Record<string, () => Promise<unknown>>> = {
      'the plain query over entries': () => pool.query(NAIVE, [companyId, asOf, `${knownAt}`]),
      'SQL of the aging, by client': () => findAging(db, question),
      'aging through HTTP, by client': () => ask(`receivables/aging?${clocks}`),
      'aging through HTTP, totals': () => ask(`receivables/aging?groupBy=currency&${clocks}`),
      'SQL of open totals': () => findOpenTotals(db, question),
      'SQL of statement totals': () => findStatementClosings(db, question),
      'SQL of journal totals': () => findReceivableTotals(db, question),
      'SQL of open totals, known now': () => findOpenTotals(db, { companyId, asOf }),
      'SQL of statement totals, known now': () => findStatementClosings(db, { companyId, asOf }),
      'SQL of journal totals, known now': () => findReceivableTotals(db, { companyId, asOf }),
    }
    for (const [name, run] of Object.entries(work)) {
      const begun = performance.now()
      await run()
      const ms = performance.now() - begun
      // The first round only warms.
      if (round > 0) times.set(name, [...(times.get(name) ?? []), ms])
    }
    const { rows } = await pool.query<{ count: number }>(
      `select count(*)::integer as count from read.open_spans where company_id = $1 and known_from <= $2 and known_to > $2
        and eff_from <= $3::date and eff_to > $3::date and item_kind = 'INVOICE'`,
      [companyId, `${knownAt}`, asOf],
    )
    if (round > 0) opens.push(rows[0]?.count ?? 0)
  }
  const plain = times.get('the plain query over entries') ?? []
  const rows = [...times].map(([name, ms]) => {
    // Of one pair with itself: pairs differ more than anything else.
    const ratios = ms.map((own, round) => own / (plain[round] ?? 1))
    return { name, ms: median(ms), range: spread(ms, 1), ratio: median(ratios), ratioRange: spread(ratios, 2) }
  })
  if (options.json === true) console.log(JSON.stringify(rows))
  else {
    const table = new Table({ head: ['', 'ms', 'from–to', '× the plain query', 'from–to'] })
    for (const row of rows) table.push([row.name, row.ms.toFixed(1), row.range, row.ratio.toFixed(3), row.ratioRange])
    console.log(table.toString())
    console.log(`${options.rounds} pairs of clocks, ${spread(opens)} invoices open at them`)
  }
} finally {
  await pool.end()
  await system.stop()
}
