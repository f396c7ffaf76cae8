/** What an account's age costs: in time, warm and cold, and in memory. */
import { setTimeout as sleep } from 'node:timers/promises'
import { businessDayOf, createLedger, createSnapshotKeeper, createSnapshotTable } from '@registru/api'
import { clientAccount, clientAccountStream } from '@registru/domain'
import { connectEventStore, type EventStore } from '@registru/event-store'
import { createPool, type Pool } from '@registru/runtime'
import { runInLanes } from '@registru/scripts/seed/lanes'
import Table from 'cli-table3'
import { Command, InvalidArgumentError } from 'commander'
import { accountEvents, foldOf, OPEN_INVOICE, writeAccount } from './load/account-events.ts'
import { COMPANY, PAYMENT } from './load/workload.ts'
import { median, quantile, spread } from './measure/statistics.ts'
import { startTemporarySystem, type TemporarySystem } from './measure/temporary-system.ts'

const positive = (text: string): number => {
  const value = Number(text)
  if (Number.isInteger(value) && value > 0) return value
  throw new InvalidArgumentError('Expected a whole number above zero.')
}

const program = new Command('npm run bench accounts --')
  .description(
    'Starts a system of its own and writes one old account and many young ones into its event store. Then: the time of a\n' +
      'payment on the old account beside one on a young account; the time to load the old account from its start, and from\n' +
      "a snapshot; what an account keeps of an invoice, a payment, a command; the API's memory with all accounts cached.",
  )
  .option('--events <n>', 'of the old account', positive, 100_000)
  .option('--accounts <n>', 'young accounts that are cached', positive, 10_000)
  .option('--payments <n>', 'on the old account and on young ones, in turn, a round', positive, 300)
  .option('--rounds <n>', 'rounds', positive, 5)
  .option('--json', 'print the numbers as JSON')
  .parse()
const options = program.opts<{ events: number; accounts: number; payments: number; rounds: number; json?: true }>()

const say = (line: string): void => console.error(line)
const OLD = 'old'
const YOUNG_EVENTS = 10
/** Payments go round them, so that none of them grows old. */
const YOUNG_IN_TURN = 100
const IN_FLIGHT = 64
const WARM_UP_PAYMENTS = 1_000
const PATIENCE_MS = 120_000
const CACHE_BYTES = 128 * 1024 * 1024
const MIB = 1024 * 1024

const youngOf = (index: number): string => `young-${index}`

const pay = async ({ run }: TemporarySystem, clientId: string, paymentId: string, dryRun = false): Promise<number> => {
  const startedAt = performance.now()
  const response = await fetch(
    `${run.apiUrl}/v1/companies/${COMPANY}/commands/RecordPayment${dryRun ? '?dryRun=true' : ''}`,
    {
      method: 'POST',
      headers: {
        authorization: `Bearer ${run.token}`,
        'content-type': 'application/json',
        'idempotency-key': paymentId,
      },
      body: JSON.stringify({
        clientId,
        paymentId,
        amount: { amount: PAYMENT, currency: 'RON' },
        method: 'BANK_TRANSFER',
        receivedOn: '2026-11-02',
        allocation: { rule: 'explicit', items: [{ invoiceId: OPEN_INVOICE, amount: PAYMENT }] },
      }),
    },
  )
  const text = await response.text()
  if (!response.ok) throw new Error(`a payment was refused: ${response.status} ${text}`)
  return performance.now() - startedAt
}

/** Reading models beside it would be measured with it. */
const projectorSettles = async (pool: Pool): Promise<void> => {
  let last: bigint | undefined
  for (let same = 0; same < 5; await sleep(200)) {
    const { rows } = await pool.query<{ position: bigint }>('select min(position) as position from read.positions')
    same = rows[0]?.position === last ? same + 1 : 0
    last = rows[0]?.position
  }
}

/** Medians a round, old and young in turn, so that both meet the same machine. */
const measureWarm = async (system: TemporarySystem) => {
  const warmUp = Math.max(WARM_UP_PAYMENTS, options.payments)
  const rounds: { readonly old: number; readonly young: number }[] = []
  for (let round = 0; round <= options.rounds; round += 1) {
    const times: { old: number[]; young: number[] } = { old: [], young: [] }
    const payments = round === 0 ? warmUp : options.payments
    for (let index = 0; index < payments; index += 1) {
      times.old.push(await pay(system, OLD, `r${round}-${index}`))
      times.young.push(await pay(system, youngOf(index % YOUNG_IN_TURN), `r${round}-${index}`))
    }
    const middle = (values: readonly number[]) =>
      quantile(
        values.toSorted((a, b) => a - b),
        0.5,
      )
    if (round > 0) rounds.push({ old: middle(times.old), young: middle(times.young) })
  }
  return rounds
}

const today = (): string => businessDayOf(new Date())

/** The time to load an account into a process that has never seen it. */
const loadMs = async (store: EventStore, pool: Pool | undefined): Promise<number> => {
  const logger = { warn: say, error: say }
  const keeper =
    pool === undefined
      ? {}
      : { snapshots: createSnapshotKeeper({ store, table: createSnapshotTable(pool), logger, random: () => 1 }) }
  const ledger = createLedger({ store, today, now: () => new Date(), cacheBytesMax: CACHE_BYTES, ...keeper })
  // What every process does once: finding out which store this is.
  await ledger.accounts.read(clientAccountStream(COMPANY, youngOf(0)), () => true)
  const startedAt = performance.now()
  // A caller is told after some seconds that it takes too long; the loading goes on.
  for (let isThere = false; !isThere; ) {
    isThere = await ledger.accounts
      .read(clientAccountStream(COMPANY, OLD), () => true)
      .then(
        () => true,
        () => performance.now() - startedAt > PATIENCE_MS,
      )
  }
  const elapsedMs = performance.now() - startedAt
  if (keeper.snapshots !== undefined && keeper.snapshots.counts.hits === 0) throw new Error('there is no snapshot')
  return elapsedMs
}

/** The API's own measure of itself, in bytes. */
const residentBytes = async ({ run }: TemporarySystem): Promise<number> => {
  const response = await fetch(`${run.apiUrl}/metrics`, { headers: { authorization: `Bearer ${run.token}` } })
  const line = /^process_resident_memory_bytes\S* (\S+)$/m.exec(await response.text())
  return Number(line?.[1])
}

const settledBytes = (): number => {
  const count = 30_000
  const of = (settled: number) => clientAccount.snapshot?.weigh(foldOf(accountEvents(OLD, 2 + 3 * settled))) ?? 0
  return (of(count) - of(0)) / count
}

const system = await startTemporarySystem(say)
const store = connectEventStore({ url: system.run.eventStoreUrl })
const pool = createPool({
  url: system.run.databaseUrl,
  connectionsMax: 4,
  applicationName: 'bench',
  onIdleError: () => undefined,
})
try {
  const idleBytes = await residentBytes(system)
  say(`writing ${options.accounts} accounts of ${YOUNG_EVENTS} events and one of ${options.events} …`)
  const young = Array.from({ length: options.accounts }, (_, index) => ({ index, lanes: [`${index}`] }))
  await runInLanes(young, IN_FLIGHT, ({ index }) => writeAccount(store, youngOf(index), YOUNG_EVENTS))
  await writeAccount(store, OLD, options.events)
  say('waiting for the read models …')
  await projectorSettles(pool)

  say('loading the old account from its start …')
  const coldMs: number[] = []
  for (let round = 0; round < options.rounds; round += 1) coldMs.push(await loadMs(store, undefined))

  say('paying …')
  // The first command loads it, and the first append writes its snapshot.
  for (const deadline = performance.now() + PATIENCE_MS; ; ) {
    const written = await pay(system, OLD, 'first').catch(() => undefined)
    if (written !== undefined) break
    if (performance.now() > deadline) throw new Error('the old account never answered')
  }
  const warm = await measureWarm(system)
  const snapshotMs: number[] = []
  for (let round = 0; round < options.rounds * 2; round += 1) snapshotMs.push(await loadMs(store, pool))

  say('caching all accounts …')
  await runInLanes(young, IN_FLIGHT, async ({ index }) => {
    await pay(system, youngOf(index), `cache-${index}`, true)
  })
  const fullBytes = await residentBytes(system)

  const ratios = warm.map(({ old, young: beside }) => old / beside)
  const result = {
    warmOldMs: median(warm.map(({ old }) => old)),
    warmYoungMs: median(warm.map(({ young: beside }) => beside)),
    warmRatio: median(ratios),
    warmRatios: spread(ratios, 2),
    coldMs: median(coldMs),
    snapshotMs: median(snapshotMs),
    snapshotMsSpread: spread(snapshotMs, 1),
    settledBytes: settledBytes(),
    apiMiB: fullBytes / MIB,
    apiIdleMiB: idleBytes / MIB,
  }
  if (options.json === true) console.log(JSON.stringify({ node: process.version, ...options, ...result }, undefined, 2))
  else {
    const table = new Table({ head: ['', 'measured', 'goal'], style: { head: [], border: [] } })
    table.push(
      [
        `p50 of a payment, account of ${options.events} events × of ${YOUNG_EVENTS}`,
        `${result.warmRatio.toFixed(2)} (${result.warmRatios}; ${result.warmOldMs.toFixed(2)} and ${result.warmYoungMs.toFixed(2)} ms)`,
        '1.1',
      ],
      ['load of the old account from its start, ms', result.coldMs.toFixed(0), ''],
      ['from its snapshot, ms', `${result.snapshotMs.toFixed(1)} (${result.snapshotMsSpread})`, '30'],
      ['a settled invoice and its spent payment, bytes', result.settledBytes.toFixed(1), '200'],
      [
        `API with ${options.accounts} cached accounts and the old one, MiB`,
        `${result.apiMiB.toFixed(0)} (${result.apiIdleMiB.toFixed(0)} when it started)`,
        '150',
      ],
    )
    console.log(table.toString())
  }
} finally {
  await store.dispose()
  await pool.end()
  await system.stop()
}
