/** One client's statement and open items: what a long history and a large store add to the cost of a page. */
import { freePort } from '@registru/embedded'
import { allProjections, ensureSchemas } from '@registru/projections'
import { createPool } from '@registru/runtime'
import Table from 'cli-table3'
import { Command, InvalidArgumentError } from 'commander'
import { fillLongAccount } from './load/long-account.ts'
import { FILL_TIMEOUT_MS, fillPortfolio } from './load/portfolio.ts'
import { median, spread } from './measure/statistics.ts'
import { programs, startTemporarySystem } from './measure/temporary-system.ts'

const positive = (text: string): number => {
  const value = Number(text)
  if (Number.isInteger(value) && value > 0) return value
  throw new InvalidArgumentError('Expected a whole number above zero.')
}

const program = new Command('npm run bench statements --')
  .description(
    'Starts a whole system of its own with two databases of read models, one ten times as large as the other, and in both a\n' +
      'client with a short and one with a long history. Each has the same lines in the last month and the same open items.\n' +
      'Asks for these through HTTP, all in turn. Leaves nothing behind.',
  )
  .option('--short <n>', 'lines of the one client', positive, 50)
  .option('--long <n>', 'lines of the other', positive, 50_000)
  .option('--invoices <n>', 'of others in the smaller store', positive, 30_000)
  .option('--rounds <n>', 'rounds; every number is the median over them', positive, 40)
  .option('--json', 'print the numbers as JSON')
  .parse()
const options = program.opts<{ short: number; long: number; invoices: number; rounds: number; json?: true }>()

const companyId = 'bench'
const lastDay = '2026-11-24'
const TIMES_AS_LARGE = 10
const WARMING_ROUNDS = 3

const system = await startTemporarySystem((line) => console.error(line))

/** An API of its own over a database of its own, filled. */
const startStore = async (name: string, invoices: number): Promise<string> => {
  const databaseUrl = await system.createDatabase(name)
  const pool = createPool({
    url: databaseUrl,
    connectionsMax: 2,
    applicationName: 'bench',
    statementTimeoutMs: FILL_TIMEOUT_MS,
    onIdleError: () => undefined,
  })
  const client = await pool.connect()
  await ensureSchemas(client, allProjections)
  client.release()
  await fillPortfolio(pool, { companyId, clients: invoices / 50, invoices, lastDay, changing: true })
  await fillLongAccount(pool, { companyId, clientId: 'short', lines: options.short, page: options.short, lastDay })
  await fillLongAccount(pool, { companyId, clientId: 'long', lines: options.long, page: options.short, lastDay })
  await pool.end()
  const api = await system.startProcess(`api-${name}`, programs.api, {
    DATABASE_URL: databaseUrl,
    ESDB_URL: system.run.eventStoreUrl,
    REGISTRU_TOKEN: system.run.token,
    PORT: `${await freePort()}`,
  })
  if (api.url === undefined) throw new Error('the API does not tell where it listens')
  return api.url
}

try {
  const stores = {
    'a store': await startStore('one', options.invoices),
    [`a store ${TIMES_AS_LARGE} times as large`]: await startStore('ten', options.invoices * TIMES_AS_LARGE),
  }
  const pages = {
    statement: `statement?from=2026-11-01&to=${lastDay}`,
    'open items': `statement?style=openItem&to=${lastDay}`,
  }
  const times = new Map<string, number[]>()
  for (let round = -WARMING_ROUNDS; round < options.rounds; round += 1) {
    for (const [page, path] of Object.entries(pages)) {
      for (const [store, url] of Object.entries(stores)) {
        for (const client of ['short', 'long']) {
          const begun = performance.now()
          const answer = await fetch(`${url}/v1/companies/${companyId}/clients/${client}/${path}&asOf=${lastDay}`, {
            headers: { authorization: `Bearer ${system.run.token}` },
          })
          const text = await answer.text()
          if (answer.status !== 200) throw new Error(`${page} of ${client}: ${answer.status} ${text}`)
          const what = `${page}|${client}|${store}`
          if (round >= 0) times.set(what, [...(times.get(what) ?? []), performance.now() - begun])
        }
      }
    }
  }
  const rows = [...times].map(([what, ms]) => {
    const [page = '', client, store] = what.split('|')
    const own = times.get(`${page}|short|a store`) ?? []
    return { page, client, store, ms: median(ms), range: spread(ms, 1), ratio: median(ms) / median(own) }
  })
  if (options.json === true) console.log(JSON.stringify(rows))
  else {
    const table = new Table({ head: ['', 'client', 'in', 'ms', 'from–to', '× the short one in the smaller store'] })
    for (const { page, client, store, ms, range, ratio } of rows) {
      const lines = client === 'short' ? options.short : options.long
      table.push([page, `${lines} lines`, store, ms.toFixed(1), range, ratio.toFixed(2)])
    }
    console.log(table.toString())
  }
} finally {
  await system.stop()
}
