/** What processes hold: the API while it streams a million rows, the projector at work, a rebuild for each invoice. */
import { fork } from 'node:child_process'
import { connectEventStore } from '@registru/event-store'
import { createPool } from '@registru/runtime'
import Table from 'cli-table3'
import { Command, InvalidArgumentError } from 'commander'
import { writeHistory } from './load/history.ts'
import { FILL_TIMEOUT_MS, fillPortfolio } from './load/portfolio.ts'
import { COMPANY } from './load/workload.ts'
import { peakMbOf, residentDuring, residentMbOf } from './measure/memory.ts'
import { programs, startTemporarySystem } from './measure/temporary-system.ts'
import { untilProjected } from './measure/until-projected.ts'

const positive = (text: string): number => {
  const value = Number(text)
  if (Number.isInteger(value) && value > 0) return value
  throw new InvalidArgumentError('Expected a whole number above zero.')
}

const program = new Command('npm run bench memory --')
  .description(
    'Starts a whole system of its own. Writes a history in two halves, watching the projector follow, and rebuilds all read\n' +
      'models after each: the difference between the two, for each invoice of the second half, is what an invoice takes.\n' +
      'Then fills the read models with invoices and streams all of them as CSV and NDJSON, watching the API. Linux only.\n' +
      'Leaves nothing behind.',
  )
  .option('--events <n>', 'events in the history', positive, 200_000)
  .option('--rows <n>', 'rows that are streamed', positive, 1_000_000)
  .option('--json', 'print the numbers as JSON')
  .parse()
const options = program.opts<{ events: number; rows: number; json?: true }>()

const WIDE = 'wide'
/** Accounts of the second half begin here, so that they are others. */
const SECOND_HALF_ACCOUNT = 1_000_000
const PEAK_EVERY_MS = 100
const BYTES_A_MB = 1_024 * 1_024

const say = (line: string): void => console.error(line)
const system = await startTemporarySystem(say)
const { run } = system
const pool = createPool({
  url: run.databaseUrl,
  connectionsMax: 2,
  applicationName: 'bench',
  statementTimeoutMs: FILL_TIMEOUT_MS,
  onIdleError: () => undefined,
})
const store = connectEventStore({ url: run.eventStoreUrl })

const processOf = (part: string): number => {
  const pid = run.processes[part]
  if (pid === undefined) throw new Error(`${part} does not run`)
  return pid
}

/** Writes events while the projector keeps up; answers the most that it held. */
const follow = async (firstAccount: number): Promise<number> => {
  const work = async (): Promise<void> => {
    await writeHistory(store, Math.ceil(options.events / 2), () => undefined, firstAccount)
    await untilProjected(run.databaseUrl, (await store.head())?.position ?? -1n)
  }
  return residentDuring(processOf('projector'), work())
}

/** Rebuilds everything into a database of its own; answers the most that it held. */
const rebuild = async (name: string): Promise<number> => {
  const databaseUrl = await system.createDatabase(name)
  const child = fork(programs.registru, ['projections', 'rebuild', 'all', '--json'], {
    env: { ...process.env, DATABASE_URL: databaseUrl, ESDB_URL: run.eventStoreUrl },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  let peakMb = 0
  const watch = setInterval(() => {
    try {
      if (child.pid !== undefined) peakMb = peakMbOf(child.pid)
    } catch {
      // It has just ended.
    }
  }, PEAK_EVERY_MS)
  const code = await new Promise((resolve) => child.once('exit', resolve))
  clearInterval(watch)
  if (code !== 0) throw new Error(`the rebuild ended with ${String(code)}`)
  return peakMb
}

const invoiceCount = async (): Promise<number> => {
  const { rows } = await pool.query<{ count: number }>(
    'select count(*)::integer as count from read.invoice_balances where company_id = $1',
    [COMPANY],
  )
  return rows[0]?.count ?? 0
}

interface Streamed {
  readonly rows: number
  readonly seconds: number
  readonly beforeMb: number
  readonly mostMb: number
}

const stream = async (path: string): Promise<Streamed> => {
  const pid = processOf('api')
  const beforeMb = residentMbOf(pid)
  const startedAt = performance.now()
  let rows = 0
  const read = async (): Promise<void> => {
    const answer = await fetch(`${run.apiUrl}/v1/companies/${WIDE}/${path}`, {
      headers: { authorization: `Bearer ${run.token}` },
    })
    if (answer.status !== 200 || answer.body === null)
      throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
    for await (const chunk of answer.body) for (const byte of chunk) if (byte === 10) rows += 1
  }
  const mostMb = await residentDuring(pid, read())
  return { rows, seconds: (performance.now() - startedAt) / 1_000, beforeMb, mostMb }
}

try {
  const idleMb = residentMbOf(processOf('projector'))
  const projectorMb = [await follow(0)]
  const firstInvoices = await invoiceCount()
  const firstMb = await rebuild('half')
  projectorMb.push(await follow(SECOND_HALF_ACCOUNT))
  const invoices = (await invoiceCount()) - firstInvoices
  const secondMb = await rebuild('whole')
  const bytesAnInvoice = ((secondMb - firstMb) * BYTES_A_MB) / invoices
  say(`${options.rows} rows are filled in`)
  await fillPortfolio(pool, {
    companyId: WIDE,
    clients: Math.ceil(options.rows / 40),
    invoices: options.rows,
    lastDay: '2026-11-24',
    changing: false,
  })
  const warm = await stream('invoices?format=csv&limit=500')
  const streams: Record<string, Streamed> = { 'the first 500 rows, to warm': warm }
  for (const [name, path] of Object.entries({
    'invoices as CSV': 'invoices?format=csv',
    'invoices as NDJSON': 'invoices?format=ndjson',
    'aging by invoice as CSV': 'receivables/aging?groupBy=invoice&format=csv&asOf=2026-11-24',
    'aging by invoice as NDJSON': 'receivables/aging?groupBy=invoice&format=ndjson&asOf=2026-11-24',
  })) {
    streams[name] = await stream(path)
  }
  if (options.json === true) {
    console.log(JSON.stringify({ idleMb, projectorMb, firstMb, secondMb, invoices, bytesAnInvoice, streams }))
  } else {
    const table = new Table({ head: ['', 'rows', 's', 'MB before', 'MB at most'] })
    for (const [name, { rows, seconds, beforeMb, mostMb }] of Object.entries(streams)) {
      table.push([`API: ${name}`, rows, seconds.toFixed(1), beforeMb.toFixed(0), mostMb.toFixed(0)])
    }
    const most = Math.max(...projectorMb).toFixed(0)
    table.push(['projector, while it follows', options.events, '', idleMb.toFixed(0), most])
    table.push(['rebuild of half of the history', firstInvoices, '', '', firstMb.toFixed(0)])
    table.push(['rebuild of all of it', firstInvoices + invoices, '', '', secondMb.toFixed(0)])
    console.log(table.toString())
    console.log(
      `${bytesAnInvoice.toFixed(0)} bytes of the rebuild for each invoice (rows: events, or invoices of a rebuild)`,
    )
  }
} finally {
  await store.dispose()
  await pool.end()
  await system.stop()
}
