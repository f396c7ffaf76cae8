/** The aging of a portfolio through HTTP and its totals in SQL, next to the best statements that we could write by hand. */
import { findOpenTotals, findReceivableTotals, findStatementClosings } from '@registru/projections'
import { createDatabase, createPool } from '@registru/runtime'
import Table from 'cli-table3'
import { Command, InvalidArgumentError } from 'commander'
import { FILL_TIMEOUT_MS, fillPortfolio } from './load/portfolio.ts'
import { median, spread } from './measure/statistics.ts'
import { startTemporarySystem } from './measure/temporary-system.ts'

const positive = (text: string): number => {
  const value = Number(text)
  if (Number.isInteger(value) && value > 0) return value
  throw new InvalidArgumentError('Expected a whole number above zero.')
}

const program = new Command('npm run bench queries --')
  .description(
    'Starts a whole system of its own, fills its read models with open invoices, then in turn asks for the aging through\n' +
      'HTTP, for the same in one statement of SQL, and for the totals. Leaves nothing behind.',
  )
  .option('--invoices <n>', 'open invoices', positive, 200_000)
  .option('--clients <n>', 'clients who owe them', positive, 5_000)
  .option('--rounds <n>', 'rounds; every number is the median over them', positive, 9)
  .option('--json', 'print the numbers as JSON')
  .parse()
const options = program.opts<{ invoices: number; clients: number; rounds: number; json?: true }>()

const companyId = 'bench'
const asOf = '2026-11-24'
const system = await startTemporarySystem((line) => console.error(line))
const pool = createPool({
  url: system.run.databaseUrl,
  connectionsMax: 2,
  applicationName: 'bench',
  statementTimeoutMs: FILL_TIMEOUT_MS,
  onIdleError: () => undefined,
})

const handWritten = `select client_id, currency,
    coalesce(sum(amount_minor) filter (where due_on >= $2::date), 0) as not_due,
    coalesce(sum(amount_minor) filter (where due_on < $2::date and due_on >= $2::date - 30), 0) as late_30,
    coalesce(sum(amount_minor) filter (where due_on < $2::date - 30 and due_on >= $2::date - 60), 0) as late_60,
    coalesce(sum(amount_minor) filter (where due_on < $2::date - 60 and due_on >= $2::date - 90), 0) as late_90,
    coalesce(sum(amount_minor) filter (where due_on < $2::date - 90), 0) as late
  from read.open_spans
  where company_id = $1 and known_to = 9223372036854775807 and eff_to > $2::date and eff_from <= $2::date
  group by client_id, currency order by client_id, currency`

const ask = async (path: string): Promise<void> => {
  const response = await fetch(`${system.run.apiUrl}/v1/companies/${companyId}/${path}`, {
    headers: { authorization: `Bearer ${system.run.token}` },
  })
  await response.arrayBuffer()
  if (response.status !== 200) throw new Error(`${path}: ${response.status}`)
}

try {
  await fillPortfolio(pool, { ...options, companyId, lastDay: asOf, changing: false })
  const db = createDatabase<unknown>(pool)
  const question = { companyId, asOf }
  const work: Readonly<Record<string, () => Promise<unknown>>> = {
    'hand-written SQL, by client': () => pool.query(handWritten, [companyId, asOf]),
    'aging through HTTP, by client': () => ask(`receivables/aging?asOf=${asOf}`),
    'aging through HTTP, totals': () => ask(`receivables/aging?asOf=${asOf}&groupBy=currency`),
    'SQL of open totals': () => findOpenTotals(db, question),
    'SQL of statement totals': () => findStatementClosings(db, question),
    'SQL of journal totals': () => findReceivableTotals(db, question),
  }
  const times = new Map<string, number[]>(Object.keys(work).map((name) => [name, []]))
  for (let round = 0; round <= options.rounds; round += 1) {
    for (const [name, run] of Object.entries(work)) {
      const begun = performance.now()
      await run()
      // The first round only warms.
      if (round > 0) times.get(name)?.push(performance.now() - begun)
    }
  }
  const own = median(times.get('hand-written SQL, by client') ?? [])
  const rows = [...times].map(([name, ms]) => ({
    name,
    ms: median(ms),
    range: spread(ms, 1),
    ratio: median(ms) / own,
  }))
  if (options.json === true) console.log(JSON.stringify(rows))
  else {
    const table = new Table({ head: ['', 'ms', 'from–to', '× hand-written'] })
    for (const { name, ms, range, ratio } of rows) table.push([name, ms.toFixed(1), range, ratio.toFixed(2)])
    console.log(table.toString())
  }
} finally {
  await pool.end()
  await system.stop()
}
