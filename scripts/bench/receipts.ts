/** Kills the API again and again while receipts are issued, then looks whether every book is whole. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '@registru/embedded'
import { connectEventStore, type RecordedEvent } from '@registru/event-store'
import { type Endpoint, type SendOptions, sendCommand } from '@registru/scripts/ledger-client'
import { readRunFile } from '@registru/scripts/run-file'
import { Command, InvalidArgumentError } from 'commander'
import { z } from 'zod'
import { programs, startTemporarySystem } from './measure/temporary-system.ts'

const wholeNumber = (text: string): number => {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 0) return value
  throw new InvalidArgumentError('Expected a whole number.')
}

const program = new Command('npm run bench receipts --')
  .description(
    'Starts a system of its own with two more API processes, issues receipts for cash payments over several books through\n' +
      'both, and kills the APIs in turn with SIGKILL meanwhile: at even steps of the work, as soon as the last victim is back.\n' +
      'Some callers ask twice with one key, some through both processes at once, some never ask again after a failure.\n' +
      'Then: each book holds exactly 1 to N, each payment one living receipt and the one its caller was told, and nothing is\n' +
      'left half-done. Exit code 1 otherwise. Leaves nothing behind.',
  )
  .option('--receipts <n>', 'in all', wholeNumber, 20_000)
  .option('--books <n>', 'that they are spread over', wholeNumber, 5)
  .option('--kills <n>', 'of API processes', wholeNumber, 100)
  .option('--issuers <n>', 'at once', wholeNumber, 8)
  .option('--clients <n>', 'that pay', wholeNumber, 200)
  .parse()
const options = program.opts<{ receipts: number; books: number; kills: number; issuers: number; clients: number }>()

const COMPANY = 'amc'
const TOKEN = 'a-token-of-the-benchmark'
const DAY = '2026-11-02'
const PATIENCE_MS = 180_000
const RESTART_PAUSE_MS = 50
/** The system's own API is started again later and later, so it is the victim only now and then. */
const SYSTEM_API_EVERY = 10
/** Somewhere within the next commands, not between them. */
const STRIKE_WITHIN_MS = 100
/** A process steps in some seconds after a request died; a machine under load takes its time. */
const SETTLE_WITHIN_MS = 60_000

const say = (line: string): void => console.log(line)

/** An API process that is started again whenever it dies. */
const keepApi = async (environment: NodeJS.ProcessEnv) => {
  const port = await freePort()
  const endpoint: Endpoint = { apiUrl: `http://127.0.0.1:${port}`, token: TOKEN }
  let child: ChildProcess | undefined
  let ready: Promise<unknown> = Promise.resolve()
  let ending = false
  const kept = (async () => {
    while (!ending) {
      child = fork(programs.api, {
        env: { ...process.env, ...environment, REGISTRU_TOKEN: TOKEN, PORT: String(port), LOG_LEVEL: 'silent' },
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      })
      const exited = once(child, 'exit')
      ready = Promise.race([once(child, 'message'), exited])
      await exited
      await sleep(RESTART_PAUSE_MS)
    }
  })()
  return {
    endpoint,
    isReady: () => ready,
    kill: () => child?.kill('SIGKILL'),
    stop: async () => {
      ending = true
      child?.kill('SIGTERM')
      await kept
    },
  }
}

const Receipt = z.looseObject({ series: z.string(), number: z.int() })
const ReceiptFact = z.looseObject({ receiptId: z.string(), paymentId: z.string(), series: z.string() })
const IssuedFact = ReceiptFact.extend({ number: z.int() })

interface Outcome {
  /** What callers were told, by payment. */
  readonly told: Map<string, z.infer<typeof Receipt>>
  /** Payments whose caller gave up at the first failure. */
  readonly abandoned: Set<string>
}

const faultsOf = (events: readonly RecordedEvent[], { told, abandoned }: Outcome): string[] => {
  const faults: string[] = []
  const last = new Map<string, number>()
  const living = new Map<string, z.infer<typeof IssuedFact>[]>()
  const open = new Set<string>()
  const paid = new Set<string>()
  for (const { type, data, stream } of events) {
    if (type === 'PaymentRecorded') {
      const { paymentId } = z.looseObject({ paymentId: z.string() }).parse(data)
      if (paid.has(paymentId)) faults.push(`${paymentId} is recorded twice`)
      paid.add(paymentId)
    }
    if (type === 'ReceiptRequested') open.add(ReceiptFact.parse(data).receiptId)
    if (type === 'ReceiptRefused' || type === 'ReceiptDeclined')
      faults.push(`${type} in ${stream}: nothing is to refuse`)
    if (type !== 'ReceiptIssued') continue
    const receipt = IssuedFact.parse(data)
    const expected = (last.get(receipt.series) ?? 0) + 1
    if (receipt.number !== expected) faults.push(`${receipt.series}: ${receipt.number} follows ${expected - 1}`)
    last.set(receipt.series, receipt.number)
    if (!open.delete(receipt.receiptId)) faults.push(`${receipt.series} ${receipt.number} was not asked for, or twice`)
    living.set(receipt.paymentId, [...(living.get(receipt.paymentId) ?? []), receipt])
  }
  for (const receiptId of open) faults.push(`${receiptId} was reserved and never numbered`)
  for (const [paymentId, receipts] of living) {
    if (receipts.length > 1) faults.push(`${paymentId} has ${receipts.length} receipts`)
    if (!paid.has(paymentId)) faults.push(`${paymentId} has a receipt and is no payment`)
  }
  for (const [paymentId, { series, number }] of told) {
    const own = living.get(paymentId)?.[0]
    if (own?.series !== series || own.number !== number) {
      faults.push(
        `the caller of ${paymentId} was told ${series} ${number}, the book says ${own?.series} ${own?.number}`,
      )
    }
  }
  const missing = options.receipts - told.size - abandoned.size
  if (missing > 0) faults.push(`${missing} receipts have no answer`)
  return faults
}

const system = await startTemporarySystem(() => undefined)
const { run, home } = system
const stores = { DATABASE_URL: run.databaseUrl, ESDB_URL: run.eventStoreUrl }
const apis = [await keepApi(stores), await keepApi(stores)]
await Promise.all(apis.map(({ isReady }) => isReady()))
const log = connectEventStore({ url: run.eventStoreUrl })
try {
  let retries = 0
  const reasons = new Map<string, number>()
  const through = (index: number): SendOptions => ({
    // Another one with each try: a caller behind a load balancer.
    endpoint: () => apis[(index + retries) % apis.length]?.endpoint,
    companyId: COMPANY,
    patienceMs: PATIENCE_MS,
    onRetry: (reason) => {
      retries += 1
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
    },
  })
  const send = (name: string, key: string, body: object, index = 0) => sendCommand(name, key, body, through(index))
  const seriesOf = (index: number): string => `B${index % options.books}`
  const clientOf = (index: number): string => `client-${index % options.clients}`

  const address = { city: 'Iași', countryCode: 'RO' }
  await send('RegisterCompany', 'company', {
    name: 'AMC Servicii SRL',
    taxId: 'RO1234567897',
    address: { ...address, street: 'Str. Fabricii 7' },
    functionalCurrency: 'RON',
  })
  for (let book = 0; book < options.books; book += 1) {
    const decision = { decisionNumber: '12', decisionOn: '2026-01-05', financialYear: 2026 }
    await send('OpenReceiptBook', `book-${book}`, { series: seriesOf(book), deskId: 'C1', from: 1, ...decision })
  }
  for (let client = 0; client < options.clients; client += 1) {
    const body = { clientId: clientOf(client), kind: 'INDIVIDUAL', name: `Client ${client}`, address }
    await send('RegisterClient', `client-${client}`, body)
  }

  const outcome: Outcome = { told: new Map(), abandoned: new Set() }
  const startedAt = performance.now()
  let next = 0
  let done = 0
  const receiptIn = (result: { readonly answer: { readonly result: { readonly receipt?: unknown } } }) =>
    Receipt.parse(result.answer.result.receipt)

  const issueOne = async (index: number): Promise<void> => {
    const paymentId = `pay-${index}`
    const payment = {
      clientId: clientOf(index),
      paymentId,
      amount: { amount: '1.00', currency: 'RON' },
      method: 'CASH',
      deskId: 'C1',
      receivedOn: DAY,
      allocation: { rule: 'none' },
    }
    const withReceipt = { ...payment, receipt: { series: seriesOf(index) } }
    switch (index % 20) {
      // One call for both, the first and only try: what it leaves behind the process manager finishes.
      case 7: {
        const only = { ...through(index), patienceMs: -1 }
        const answered = await sendCommand('RecordPayment', paymentId, withReceipt, only).catch(() => undefined)
        if (answered === undefined) outcome.abandoned.add(paymentId)
        else outcome.told.set(paymentId, receiptIn(answered))
        return
      }
      // The same command through both processes at once.
      case 3:
      case 13: {
        const both = await Promise.all(
          apis.map((_, api) => sendCommand('RecordPayment', paymentId, withReceipt, through(api))),
        )
        const [first, second] = both.map(receiptIn)
        if (first?.number !== second?.number) throw new Error(`${paymentId}: two answers for one key`)
        if (first !== undefined) outcome.told.set(paymentId, first)
        return
      }
      // Payment and receipt by two calls.
      case 1:
      case 5:
      case 9:
      case 15: {
        await send('RecordPayment', paymentId, payment, index)
        const issue = { clientId: clientOf(index), paymentId, series: seriesOf(index), issuedOn: DAY }
        outcome.told.set(paymentId, receiptIn(await send('IssueReceipt', paymentId, issue, index)))
        return
      }
      default:
        outcome.told.set(paymentId, receiptIn(await send('RecordPayment', paymentId, withReceipt, index)))
    }
  }
  let failure: Error | undefined
  const issuer = async (): Promise<void> => {
    while (next < options.receipts && failure === undefined) {
      const index = next
      next += 1
      await issueOne(index).catch((error: unknown) => {
        failure ??= error instanceof Error ? error : new Error(String(error))
      })
      done += 1
    }
  }
  const issuing = Promise.all(Array.from({ length: options.issuers }, issuer))

  let kills = 0
  for (; kills < options.kills && failure === undefined; kills += 1) {
    const due = Math.floor(((kills + 0.5) / options.kills) * options.receipts)
    while (done < due && failure === undefined) await sleep(5)
    await sleep(Math.random() * STRIKE_WITHIN_MS)
    const victim = apis[kills % apis.length]
    await victim?.isReady()
    victim?.kill()
    if (kills % SYSTEM_API_EVERY === 0) {
      const pid = readRunFile(home)?.processes['api']
      if (pid !== undefined) process.kill(pid, 'SIGKILL')
    }
    if ((kills + 1) % 10 === 0) say(`${kills + 1} of ${options.kills} kills, ${done} of ${options.receipts} receipts`)
  }
  await issuing
  if (failure !== undefined) throw failure
  const seconds = (performance.now() - startedAt) / 1_000

  let faults: string[] = []
  for (const deadline = performance.now() + SETTLE_WITHIN_MS; ; await sleep(1_000)) {
    const events: RecordedEvent[] = []
    for await (const event of log.readAll()) events.push(event)
    faults = faultsOf(events, outcome)
    if (faults.length === 0 || performance.now() > deadline) break
  }
  for (const fault of faults.slice(0, 20)) say(fault)
  const rate = Math.round(options.receipts / seconds)
  say(
    `${options.receipts} receipts over ${options.books} books by ${options.issuers} issuers in ${Math.round(seconds)} s (${rate}/s), ` +
      `${kills} kills, ${retries} retries, ${outcome.abandoned.size} abandoned: ${faults.length} faults`,
  )
  for (const [reason, times] of reasons) say(`  ${times} times: ${reason}`)
  process.exitCode = faults.length === 0 ? 0 : 1
} finally {
  await Promise.all(apis.map(({ stop }) => stop()))
  await log.dispose()
  await system.stop()
}
