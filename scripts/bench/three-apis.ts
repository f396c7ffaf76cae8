/** Three API processes over one store, keys sent again to any of them, changed or not, and processes killed: is the log as answered? */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import * as examples from '@registru/domain/examples'
import { freePort } from '@registru/embedded'
import { connectEventStore, type RecordedEvent } from '@registru/event-store'
import { runInLanes } from '@registru/scripts/seed/lanes'
import { Command, InvalidArgumentError } from 'commander'
import { z } from 'zod'
import { programs, startTemporarySystem } from './measure/temporary-system.ts'

const wholeNumber = (text: string): number => {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 0) return value
  throw new InvalidArgumentError('Expected a whole number.')
}

const program = new Command('npm run bench three-apis --')
  .description(
    'Starts a whole system and three more API processes on it; sends payments round robin, many of them again, with the same\n' +
      'body or another, at once or later, and kills a process with SIGKILL now and then. Every 201 and 200 must stand in the\n' +
      'log as it was answered, and the audit must find nothing. Exit code 1 otherwise. Leaves nothing behind.',
  )
  .option('--commands <n>', 'payments, repetitions not counted', wholeNumber, 3_000)
  .option('--kills <n>', 'of an API process', wholeNumber, 10)
  .parse()
const options = program.opts<{ commands: number; kills: number }>()

const PROCESSES = 3
const LANES = 12
const ACCOUNTS = 15
const COMPANY = 'three'
const PAUSE_MS = 20
const scripts = resolve(import.meta.dirname, '../../dist/src')

const Answer = z.looseObject({
  code: z.string().optional(),
  commandId: z.string().optional(),
  stream: z.string().optional(),
  events: z
    .array(z.object({ type: z.string(), eventId: z.string(), revision: z.int(), data: z.looseObject({}) }))
    .optional(),
})
type Answer = z.infer<typeof Answer>
/** Nobody carried it out for certain, or nobody knows: the same request again settles it. */
const isUnsettled = (status: number): boolean => status === 0 || status === 409 || status >= 500

const random = <Value>(values: readonly Value[]): Value | undefined => values[Math.floor(Math.random() * values.length)]

const system = await startTemporarySystem((line) => console.log(line))
const children = new Map<number, ChildProcess>()
const ports: number[] = []
let isEnding = false
const { run } = system

const startApi = async (port: number): Promise<void> => {
  const environment = { DATABASE_URL: run.databaseUrl, ESDB_URL: run.eventStoreUrl, REGISTRU_TOKEN: run.token }
  const child = spawn(process.execPath, [programs.api], {
    env: { ...process.env, ...environment, PORT: `${port}`, LOG_LEVEL: 'fatal' },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  children.set(port, child)
  await once(child, 'message')
}

const acknowledged: { readonly key: string; readonly body: string; readonly answer: Answer }[] = []
const counts: Record<string, number> = {}
let turn = 0

/** Sends until it is settled, each time to the next process. */
const send = async (
  name: string,
  key: string,
  body: string,
): Promise<{ status: number; answer: Answer; text: string }> => {
  for (;;) {
    turn += 1
    const port = ports[turn % ports.length]
    let status = 0
    let text = '{}'
    try {
      const response = await fetch(`http://127.0.0.1:${port}/v1/companies/${COMPANY}/commands/${name}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${run.token}`, 'content-type': 'application/json', 'idempotency-key': key },
        body,
      })
      text = await response.text()
      status = response.status
    } catch {
      // Killed, or not there yet.
      status = 0
    }
    counts[status] = (counts[status] ?? 0) + 1
    if (isUnsettled(status)) {
      await sleep(PAUSE_MS)
      continue
    }
    const answer = Answer.parse(JSON.parse(text))
    if (status === 200 || status === 201) acknowledged.push({ key, body, answer })
    return { status, answer, text }
  }
}

const must = async (name: string, data: object): Promise<void> => {
  const { status, text } = await send(name, randomUUID(), JSON.stringify(data))
  if (status !== 201) throw new Error(`${name}: ${status} ${text}`)
}

const wrong: string[] = []

const carryOut = async (index: number): Promise<void> => {
  const clientId = `client-${index % ACCOUNTS}`
  const key = `pay-${index}`
  const bodyOf = (amount: string): string => {
    const payment = examples.recordPayment({ clientId, paymentId: key, amount: examples.ron(amount) })
    return JSON.stringify({
      ...payment,
      method: 'BANK_TRANSFER',
      receipt: undefined,
      allocation: { rule: 'oldestDueFirst' },
    })
  }
  const [body, other] = [bodyOf('1.00'), bodyOf('2.00')]
  // One in four comes twice at once, half of these with another body: one of the two is the command, whichever.
  const rival = random([undefined, undefined, undefined, undefined, undefined, undefined, body, other])
  const [first, second] = await Promise.all([
    send('RecordPayment', key, body),
    rival === undefined ? undefined : send('RecordPayment', key, rival),
  ])
  const isFirst = first.status < 300
  if (!isFirst && (second === undefined || second.status >= 300))
    wrong.push(`${key}: nobody carried it out: ${first.text}`)
  if (isFirst && rival === other && second !== undefined && second.status < 300)
    wrong.push(`${key}: two bodies were acknowledged`)
  const [settled, changed] = isFirst ? [body, other] : [other, body]
  if (Math.random() < 0.5) {
    const again = await send('RecordPayment', key, settled)
    if (again.status !== 200) wrong.push(`${key}: a repetition was answered ${again.status} ${again.text}`)
  }
  if (Math.random() < 0.5) {
    const corrected = await send('RecordPayment', key, changed)
    if (corrected.answer.code !== 'IDEMPOTENCY_KEY_REUSED')
      wrong.push(`${key}: a changed body was answered ${corrected.text}`)
  }
}

let done = 0
const killNowAndThen = async (): Promise<number> => {
  let kills = 0
  while (kills < options.kills && !isEnding) {
    await sleep(PAUSE_MS)
    if (done < ((kills + 1) * options.commands) / (options.kills + 1)) continue
    const port = random(ports)
    const child = port === undefined ? undefined : children.get(port)
    if (port === undefined || child === undefined) continue
    child.kill('SIGKILL')
    kills += 1
    await startApi(port)
  }
  return kills
}

const readStream = async (stream: string): Promise<readonly RecordedEvent[]> => {
  const store = connectEventStore({ url: run.eventStoreUrl })
  try {
    const events: RecordedEvent[] = []
    for await (const event of store.readStream(stream)) events.push(event)
    return events
  } finally {
    await store.dispose()
  }
}

const audit = (): Promise<unknown[]> => {
  const environment = { ...process.env, REGISTRU_HOME: system.home }
  const child = spawn(process.execPath, [join(scripts, 'registru.js'), 'audit'], { env: environment, stdio: 'inherit' })
  return once(child, 'exit')
}

try {
  for (let index = 0; index < PROCESSES; index += 1) ports.push(await freePort())
  await Promise.all(ports.map(startApi))
  await must('RegisterCompany', examples.registerCompany())
  for (let account = 0; account < ACCOUNTS; account += 1) {
    const clientId = `client-${account}`
    await must('RegisterClient', examples.registerClient({ clientId }))
    const invoice = {
      clientId,
      invoiceId: `invoice-${account}`,
      number: `${account}`,
      total: examples.ron('100000.00'),
    }
    await must('RegisterInvoice', examples.registerInvoice({ ...invoice, vatLines: undefined }))
  }
  const killing = killNowAndThen()
  await runInLanes(
    Array.from({ length: options.commands }, (_, index) => ({ index, lanes: [] })),
    LANES,
    async ({ index }) => {
      await carryOut(index)
      done += 1
    },
  )
  const kills = await killing
  isEnding = true

  const streams = new Map<string, Map<string, RecordedEvent>>()
  for (const { answer } of acknowledged) {
    const { stream = '' } = answer
    if (streams.has(stream)) continue
    streams.set(stream, new Map((await readStream(stream)).map((event) => [`${event.revision}`, event])))
  }
  for (const { key, answer } of acknowledged) {
    for (const told of answer.events ?? []) {
      const stored = streams.get(answer.stream ?? '')?.get(`${told.revision}`)
      const isAsTold = stored?.id === told.eventId && JSON.stringify(stored.data) === JSON.stringify(told.data)
      if (!isAsTold) wrong.push(`${key}: ${told.type} at ${told.revision} is not in the log as answered`)
    }
  }
  console.log(`${options.commands} commands, ${acknowledged.length} acknowledgements, ${kills} kills`)
  console.log('answers by status (0: the process was gone)', counts)
  for (const line of wrong.slice(0, 20)) console.log('WRONG', line)
  console.log(wrong.length === 0 ? 'every 201 and 200 stands in the log as it was answered' : `${wrong.length} wrong`)
  const [auditCode] = await audit()
  process.exitCode = wrong.length === 0 && auditCode === 0 && kills === options.kills ? 0 : 1
} finally {
  for (const child of children.values()) child.kill('SIGKILL')
  await system.stop()
}
