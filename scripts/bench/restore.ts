/** The drill: the event store is put back to an older copy, and everything that doctor then advises is done and proved. */
import { spawn, spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  continueReceiptBook,
  openReceiptBook,
  recordPayment,
  registerClient,
  registerCompany,
  ron,
} from '@registru/domain/examples'
import { erasePostgres, freePort, startPostgres } from '@registru/embedded'
import { createPool, openLogFile } from '@registru/runtime'
import { startNodeProcess } from '@registru/scripts/start/node-process'
import { type System, startSystem } from '@registru/scripts/start/system'
import { Command } from 'commander'
import { z } from 'zod'
import { programs } from './measure/temporary-system.ts'

const program = new Command('npm run bench restore --')
  .description(
    'Writes, takes a copy of the event store, writes more, puts the copy back. Then: is it noticed, does doctor say so, does\n' +
      'what it advises work, is nothing missing afterwards, not even when the log is longer again? Exit code 1 if not.\n\n' +
      'By itself it starts an embedded event store. With your own: --esdb-url, and a command each that takes a copy of its\n' +
      'data and that puts it back; both stop and start the node themselves. It writes to that store: use one for drills.',
  )
  .option('--payments <n>', 'cash payments with receipts before the copy, and as many after it', Number, 40)
  .option('--esdb-url <url>', 'an EventStoreDB that is empty')
  .option('--copy <command>', 'stops the node, copies its data, starts it')
  .option('--restore <command>', 'stops the node, puts the copy back, starts it')
  .parse()
const options = program.opts<{ payments: number; esdbUrl?: string; copy?: string; restore?: string }>()
if (options.esdbUrl !== undefined && (options.copy === undefined || options.restore === undefined)) {
  program.error('--esdb-url needs --copy and --restore')
}

const PATIENCE_MS = 120_000
const TOKEN = 'a-token-of-the-drill'
const say = (line: string): void => console.log(line)
const until = async <Value>(what: string, look: () => Promise<Value | undefined>): Promise<Value> => {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await sleep(250)) {
    const value = await look().catch(() => undefined)
    if (value !== undefined) {
      say(`ok     ${what}`)
      return value
    }
  }
  throw new Error(`not within ${PATIENCE_MS / 1_000} s: ${what}`)
}
const mustBe = (what: string, is: boolean, found = ''): void => {
  if (!is) throw new Error(`not so: ${what}\n${found}`)
  say(`ok     ${what}`)
}

interface DrillStore {
  readonly url: string
  readonly copy: () => Promise<void>
  readonly restore: () => Promise<void>
  readonly stop: () => Promise<void>
}

const runShell = (command: string): Promise<void> =>
  new Promise((resolve, reject) => {
    spawn(command, { shell: true, stdio: 'inherit' }).once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`${command} ended with ${code}`)),
    )
  })

const theirStore = (url: string, copy: string, restore: string): DrillStore => ({
  url,
  copy: () => runShell(copy),
  restore: () => runShell(restore),
  stop: () => Promise.resolve(),
})

/** An embedded store on a database of its own, so that it can be put back without the read models. */
const embeddedStore = async (home: string, serverUrl: string): Promise<DrillStore> => {
  const administer = async (...statements: string[]): Promise<void> => {
    const pool = createPool({
      url: serverUrl,
      connectionsMax: 1,
      applicationName: 'drill',
      onIdleError: () => undefined,
    })
    for (const statement of statements) await pool.query(statement)
    await pool.end()
  }
  await administer('create database events')
  const database = new URL(serverUrl)
  database.pathname = '/events'
  const port = await freePort()
  const log = openLogFile(join(home, 'event-store.log'))
  const environment = { ...process.env, EVENT_STORE_DATABASE_URL: database.href, EVENT_STORE_PORT: `${port}` }
  const start = () =>
    startNodeProcess(
      { name: 'event-store', script: programs['event-store'], environment, log, stopLimitMs: 5_000 },
      new AbortController().signal,
    )
  let running = await start()
  const whileStopped = async (...statements: string[]): Promise<void> => {
    await running.stop()
    await administer(...statements)
    running = await start()
  }
  return {
    url: `esdb://127.0.0.1:${port}?tls=false`,
    copy: () => whileStopped('create database events_copy template events'),
    restore: () => whileStopped('drop database events with (force)', 'create database events template events_copy'),
    stop: async () => {
      await running.stop()
      log.close()
    },
  }
}

const Answer = z.looseObject({ position: z.string() })
const Ready = z.looseObject({
  parts: z.record(z.string(), z.string()),
  reasons: z.record(z.string(), z.string()).optional(),
  progress: z.looseObject({
    readModels: z
      .looseObject({ position: z.string(), lag: z.looseObject({ events: z.number() }).optional() })
      .optional(),
  }),
})

const home = mkdtempSync(join(tmpdir(), 'registru-drill-'))
// Started by root, the database server runs under another account, which must come here.
chmodSync(home, 0o755)
const postgres = await startPostgres({ folder: join(home, 'postgres') })
const { esdbUrl, copy, restore } = options
const store =
  esdbUrl !== undefined && copy !== undefined && restore !== undefined
    ? theirStore(esdbUrl, copy, restore)
    : await embeddedStore(home, postgres.url())
const environment = { ...process.env, DATABASE_URL: postgres.url(), ESDB_URL: store.url, LOG_LEVEL: 'fatal' }
const port = await freePort()
const startAll = (): Promise<System> =>
  startSystem({ home, token: TOKEN, port, programs, environment, print: say, stopping: new AbortController().signal })
let system = await startAll()

const api = `http://127.0.0.1:${port}`
const command = async (name: string, body: object): Promise<bigint> => {
  const answer = await fetch(`${api}/v1/companies/drill/commands/${name}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json', 'idempotency-key': randomUUID() },
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(`${name}: ${answer.status} ${await answer.text()}`)
  return BigInt(Answer.parse(await answer.json()).position)
}
const readiness = async () => Ready.parse(await (await fetch(`${api}/readyz`)).json())
const isAllUp = ({ parts }: z.infer<typeof Ready>): boolean => Object.values(parts).every((state) => state === 'up')
const registru = (...args: string[]): { readonly code: number | null; readonly text: string } => {
  const run = spawnSync(process.execPath, [programs.registru, ...args], {
    env: { ...environment, REGISTRU_HOME: home, NO_COLOR: '1' },
    encoding: 'utf8',
  })
  return { code: run.status, text: run.stdout + run.stderr }
}
const pay = async (clientId: string): Promise<bigint> => {
  const { bankReference: _none, ...payment } = recordPayment({
    clientId,
    paymentId: randomUUID(),
    amount: ron('10.00'),
    method: 'CASH',
    allocation: { rule: 'none' },
  })
  return command('RecordPayment', { ...payment, receipt: { series: 'AMC-C' } })
}
const payMany = async (clientId: string): Promise<bigint> => {
  let position = await command('RegisterClient', registerClient({ clientId }))
  for (let count = 0; count < options.payments; count += 1) position = await pay(clientId)
  return position
}
const untilProjected = (what: string, position: bigint) =>
  until(what, async () => {
    const now = await readiness()
    const { readModels } = now.progress
    const isThere = readModels?.lag?.events === 0 && BigInt(readModels.position) >= position
    return isThere && isAllUp(now) ? now : undefined
  })
const paymentsOf = async (clientId: string): Promise<number> => {
  const headers = { authorization: `Bearer ${TOKEN}` }
  const answer = await fetch(`${api}/v1/companies/drill/payments?clientId=${clientId}&limit=500`, { headers })
  const body: unknown = await answer.json()
  return z.looseObject({ items: z.array(z.unknown()) }).parse(body).items.length
}

const drill = async (): Promise<void> => {
  await command('RegisterCompany', registerCompany())
  await command('OpenReceiptBook', openReceiptBook())
  await untilProjected('written and projected', await payMany('kept'))
  await store.copy()
  await until('the copy is taken, and all goes on', async () => (isAllUp(await readiness()) ? true : undefined))
  const lost = await payMany('lost')
  await untilProjected('written and projected after it', lost)
  // The receipt process writes down where it is twice a second.
  await sleep(2_000)
  await store.restore()

  const diverged = await until('the older copy is noticed', async () => {
    const { parts, reasons } = await readiness()
    return parts['projector'] === 'diverged' && parts['receipts'] === 'diverged' ? reasons : undefined
  })
  mustBe('and /readyz says why', diverged?.['projector'] !== undefined && diverged['receipts'] !== undefined)
  const ill = registru('doctor')
  mustBe('doctor finds it', ill.code !== 0, ill.text)
  mustBe(
    'doctor says what to do',
    ill.text.replaceAll(/\s+/g, ' ').includes('registru projections rebuild all'),
    ill.text,
  )

  const steps = [
    ['projections', 'rebuild', 'all'],
    ['projections', 'switch', 'all'],
  ]
  for (const step of steps) {
    const { code, text } = registru(...step)
    mustBe(`registru ${step.join(' ')}`, code === 0, text)
  }
  await system.stop()
  system = await startAll()
  await until('started again, every part is up', async () => (isAllUp(await readiness()) ? true : undefined))
  mustBe('what the copy has is there', (await paymentsOf('kept')) === options.payments)

  // Their numbers may be on paper: the book goes on after them.
  await command('ContinueReceiptBook', continueReceiptBook({ continueFrom: 2 * options.payments + 1 }))
  let end = await payMany('again')
  while (end <= lost) end = await pay('again')
  await untilProjected('the log is longer than the one that was lost', end)
  mustBe('no row is missing', (await paymentsOf('again')) >= options.payments)
  for (const step of [...steps, ['doctor'], ['audit']]) {
    const { code, text } = registru(...step)
    mustBe(`registru ${step.join(' ')}`, code === 0, text)
  }
}

let code = 0
try {
  await drill()
  say('The drill went well.')
} catch (error) {
  code = 1
  console.error(error instanceof Error ? error.message : error)
} finally {
  await system.stop()
  await store.stop()
  await postgres.stop()
  await erasePostgres(join(home, 'postgres'))
  rmSync(home, { recursive: true, force: true })
}
process.exit(code)
