/** Random commands through two API processes over a store that misbehaves: every answer, and the end, as the model says. */
import { setTimeout as sleep } from 'node:timers/promises'
import * as examples from '@registru/domain/examples'
import type { HostileMode } from '@registru/embedded'
import { connectEventStore } from '@registru/event-store'
import t from 'tap'
import { z } from 'zod'
import { eventsOf } from '../api.ts'
import { RULES_AGE_MS, startApiProcesses } from '../api-processes.ts'
import { createOracle, type ModelCommand, type Oracle } from './oracle.ts'

const isLong = process.env['LONG'] !== undefined
const COMMANDS_PER_PHASE = isLong ? 1_000 : 10
const CLIENTS = isLong ? 8 : 3
const PHASES = ['2026-10-05', '2026-10-06', '2026-10-07']
const RECEIPTS_MAX = isLong ? 200 : 6
const FAULT_MS = 150
const CALM_MS = 250
const PATIENCE_MS = 120_000
const FAULTS: readonly HostileMode[] = [
  'silent',
  'slow',
  'timeoutThoughCommitted',
  'cutBeforeWrite',
  'cutBeforeReply',
  'cutAfterReply',
  'repeatDelivery',
  'systemEvents',
  'notLeader',
]
t.setTimeout(isLong ? 3_600_000 : 240_000)

const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31))

/** Mulberry32: the same seed tells the same story. */
const randomOf = (start: number) => {
  let state = start
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    chance: (share: number): boolean => next() < share,
    upTo: (most: number): number => 1 + Math.floor(next() * most),
    pick: <T>(values: readonly T[], fallback: T): T => values[Math.floor(next() * values.length)] ?? fallback,
  }
}
type Random = ReturnType<typeof randomOf>

const { urls: apis, authorization, eventStoreUrl, hostility } = await startApiProcesses(t, 2)

const Answer = z.looseObject({ code: z.string().optional(), result: z.looseObject({}).optional() })
interface Answered {
  readonly status: number
  readonly replayed: boolean
  readonly text: string
  readonly answer: z.infer<typeof Answer>
}

let retries = 0
const RETRYABLE = new Set([503, 504])
/** As a careful client: the same key and body until there is an answer, by either process. */
const send = async ({ name, body }: ModelCommand, key: string, query = ''): Promise<Answered> => {
  const deadline = performance.now() + PATIENCE_MS
  for (let attempt = 0; ; attempt += 1) {
    const base = apis[(key.length + attempt) % apis.length] ?? ''
    try {
      const response = await fetch(`${base}/v1/companies/amc/commands/${name}${query}`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json', 'idempotency-key': key },
        body: JSON.stringify(body),
      })
      const text = await response.text()
      const answer = Answer.parse(JSON.parse(text))
      const isFinal = !RETRYABLE.has(response.status) && answer.code !== 'CONCURRENT_MODIFICATION'
      const replayed = response.headers.get('idempotency-replayed') === 'true'
      if (isFinal) return { status: response.status, replayed, text, answer }
    } catch (error) {
      if (!(error instanceof TypeError)) throw error
    }
    if (performance.now() > deadline) throw new Error(`${name} ${key} had no answer`)
    retries += 1
    await sleep(20)
  }
}

const money = (amount: number) => ({ amount: decimal(amount), currency: 'RON' })
const decimal = (amount: number): string => `${Math.floor(amount / 100)}.${String(amount % 100).padStart(2, '0')}`

/** Some command that makes sense more often than not. */
const nextCommand = (random: Random, oracle: Oracle, clientId: string, phase: number, step: number): ModelCommand => {
  const day = phase > 0 && random.chance(0.08) ? (PHASES[phase - 1] ?? '') : (PHASES[phase] ?? '')
  const someInvoice = () => random.pick([...oracle.invoices.keys()], 'no-invoice')
  const somePayment = () => random.pick([...oracle.payments.keys()], 'no-payment')
  const fresh = (name: string) => (random.chance(0.05) ? `${name}-1-1` : `${name}-${phase}-${step}`)
  const amount = () => random.upTo(60_000)
  const series = `S-${clientId}`
  const place = { clientId, deskId: 'C1' }
  const registerInvoice = (): ModelCommand => {
    // Each has a due day of its own, so that only one order is the oldest first.
    const due = new Date(Date.UTC(2026, 9, 7 + phase * COMMANDS_PER_PHASE + step))
    const dueOn = random.chance(0.03) ? '2026-01-01' : due.toISOString().slice(0, 10)
    const invoiceId = fresh('inv')
    return {
      name: 'RegisterInvoice',
      body: { clientId, invoiceId, number: invoiceId, issuedOn: day, dueOn, total: money(amount()) },
    }
  }
  const recordPayment = (): ModelCommand => {
    const isCash = random.chance(0.5)
    const paid = isCash ? random.upTo(200_000) : amount()
    const invoiceId = someInvoice()
    const explicit = [{ invoiceId, amount: decimal(Math.max(1, Math.min(paid, random.upTo(40_000)))) }]
    const allocation = random.pick(
      [{ rule: 'explicit', items: explicit }, { rule: 'oldestDueFirst' }, { rule: 'none' }] as const,
      { rule: 'none' },
    )
    return {
      name: 'RecordPayment',
      body: {
        ...place,
        paymentId: fresh('pay'),
        amount: money(paid),
        method: isCash ? 'CASH' : 'BANK_TRANSFER',
        receivedOn: day,
        ...(random.chance(0.15) ? {} : { allocation }),
        ...(random.chance(isCash ? 0.4 : 0.03) ? { receipt: { series } } : {}),
      },
    }
  }
  const about = { clientId, paymentId: somePayment(), invoiceId: someInvoice() }
  const today = PHASES[phase] ?? ''
  const others: readonly (() => ModelCommand)[] = [
    registerInvoice,
    registerInvoice,
    registerInvoice,
    recordPayment,
    recordPayment,
    recordPayment,
    recordPayment,
    () => ({ name: 'AllocatePayment', body: { ...about, amount: decimal(random.upTo(30_000)), allocatedOn: today } }),
    () => ({ name: 'AllocatePayment', body: { ...about, amount: decimal(random.upTo(30_000)), allocatedOn: today } }),
    () => ({
      name: 'DeallocatePayment',
      body: { ...about, amount: decimal(random.upTo(10_000)), deallocatedOn: today, reason: 'WRONG_INVOICE' },
    }),
    () => ({
      name: 'ReversePayment',
      body: { clientId, paymentId: about.paymentId, reason: 'MISTAKE', reversedOn: today },
    }),
    () => ({
      name: 'RecordRefund',
      body: {
        clientId,
        refundId: fresh('ref'),
        paymentId: about.paymentId,
        amount: decimal(random.upTo(20_000)),
        method: 'BANK_TRANSFER',
        refundedOn: day,
      },
    }),
    () => {
      const body = {
        clientId,
        creditNoteId: fresh('note'),
        series: 'N',
        number: '1',
        issuedOn: day,
        total: money(random.upTo(20_000)),
      }
      return { name: 'RegisterCreditNote', body: random.chance(0.5) ? body : { ...body, invoiceId: about.invoiceId } }
    },
    () => ({
      name: 'WriteOffInvoice',
      body: {
        clientId,
        invoiceId: about.invoiceId,
        reason: 'prescrisă',
        approvedBy: 'Ioana Pop',
        writtenOffOn: day,
        ...(random.chance(0.5) ? {} : { amount: decimal(random.upTo(20_000)) }),
      },
    }),
    () => ({
      name: 'GrantDiscount',
      body: {
        clientId,
        invoiceId: about.invoiceId,
        kind: 'SETTLEMENT',
        amount: decimal(random.upTo(5_000)),
        grantedOn: day,
      },
    }),
    () => ({
      name: 'CancelInvoice',
      body: { clientId, invoiceId: about.invoiceId, reason: 'greșită', cancelledOn: day },
    }),
    () => ({ name: 'IssueReceipt', body: { clientId, paymentId: about.paymentId, series, issuedOn: day } }),
    () => ({ name: 'IssueReceipt', body: { clientId, paymentId: about.paymentId, series, issuedOn: day } }),
    () => ({
      name: 'AnnulReceipt',
      body: {
        series,
        number: random.upTo(RECEIPTS_MAX),
        reason: 'sumă greșită',
        annulledOn: day,
        alsoReversePayment: random.chance(0.3),
      },
    }),
  ]
  return random.pick(others, registerInvoice)()
}

const must = async (name: string, body: object, key: string): Promise<void> => {
  const { status, text } = await send({ name, body: { ...body } }, key)
  if (status !== 201 && status !== 200) throw new Error(`${name}: ${text}`)
}

const tally = new Map<string, number>()
const count = (what: string): void => void tally.set(what, (tally.get(what) ?? 0) + 1)

interface Account {
  readonly clientId: string
  readonly random: Random
  readonly oracle: Oracle
  readonly accepted: { readonly command: ModelCommand; readonly key: string; readonly text: string }[]
}

const takeStep = async (account: Account, phase: number, step: number): Promise<void> => {
  const { clientId, random, oracle, accepted } = account
  const earlier = random.pick([undefined, ...accepted], undefined)
  if (earlier !== undefined && random.chance(0.12)) {
    const isOther = random.chance(0.25)
    const body = isOther ? { ...earlier.command.body, clientId: `${clientId}x`.slice(0, 8) } : earlier.command.body
    if (!isOther) {
      const again = await send({ ...earlier.command, body }, earlier.key)
      t.ok(
        again.status === 200 && again.replayed && again.text === earlier.text,
        `${earlier.command.name} again: ${again.text}`,
      )
      count('replayed')
      return
    }
    // The same key and another body: only an account that holds the first one can tell, so it is the same account.
    const changed = { ...earlier.command.body, note: 'another' }
    const name = earlier.command.name
    if (['DeallocatePayment', 'RecordRefund', 'GrantDiscount'].includes(name)) {
      t.equal((await send({ name, body: changed }, earlier.key)).answer.code, 'IDEMPOTENCY_KEY_REUSED')
      count('key reused')
      return
    }
  }
  const command = nextCommand(random, oracle, clientId, phase, step)
  const key = `${clientId}-${phase}-${step}`
  const { refusals, apply } = oracle.judge(command)
  const dry = random.chance(0.1) ? await send(command, `${key}-dry`, '?dryRun=true') : undefined
  const { status, replayed, text, answer } = await send(command, key)
  const what = `${key} ${command.name} ${JSON.stringify(command.body)} answered ${status} ${text}`
  const isAccepted = status === 201 || (status === 200 && replayed)
  count(isAccepted ? command.name : (answer.code ?? String(status)))
  if (refusals.size > 0 || !isAccepted) {
    t.ok(
      !isAccepted && refusals.has(answer.code ?? ''),
      `${what}, the model says ${[...refusals].join(' or ') || 'accepted'}`,
    )
    if (dry !== undefined) t.equal(dry.answer.code, answer.code, 'a dry run is refused alike')
  }
  if (!isAccepted) return
  t.match(answer.result, apply(), what)
  if (dry !== undefined) {
    t.same(settledIn(dry.answer.result), settledIn(answer.result), 'a dry run tells the same')
  }
  accepted.push({ command, key, text })
}

/** A receipt's id comes from the key, and others may take the number meanwhile. */
const settledIn = ({ receipt: _receipt, ...rest }: Readonly<Record<string, unknown>> = {}) => rest

/** What is open and what is left, asked of the ledger without changing it. */
const compareEnd = async ({ clientId, oracle }: Account): Promise<void> => {
  const on = PHASES.at(-1) ?? ''
  const Details = z.looseObject({
    details: z.looseObject({
      open: z.looseObject({ amount: z.string() }).optional(),
      credit: z.looseObject({ amount: z.string() }).optional(),
    }),
  })
  for (const [invoiceId, { open }] of oracle.invoices) {
    const discount = { clientId, invoiceId, kind: 'SETTLEMENT', amount: '9999999.00', grantedOn: on }
    const { text } = await send(
      { name: 'GrantDiscount', body: discount },
      `end-${clientId}-${invoiceId}`,
      '?dryRun=true',
    )
    t.equal(Details.parse(JSON.parse(text)).details.open?.amount, decimal(open), `${clientId} ${invoiceId} is open`)
  }
  for (const [paymentId, { credit }] of oracle.payments) {
    const refund = {
      clientId,
      refundId: 'end',
      paymentId,
      amount: '9999999.00',
      method: 'BANK_TRANSFER',
      refundedOn: on,
    }
    const { text } = await send({ name: 'RecordRefund', body: refund }, `end-${clientId}-${paymentId}`, '?dryRun=true')
    t.equal(
      Details.parse(JSON.parse(text)).details.credit?.amount,
      decimal(credit),
      `${clientId} ${paymentId} has left`,
    )
  }
}

t.test(`the ledger and the model agree (SEED=${seed})`, async (t) => {
  await must('RegisterCompany', examples.registerCompany(), 'company')
  await must('SetPolicy', { cashGuard: 'REJECT' }, 'policy')
  const accounts: Account[] = []
  for (let index = 0; index < CLIENTS; index += 1) {
    const clientId = `c${index}`
    await must('RegisterClient', examples.registerClient({ clientId }), clientId)
    const book = examples.openReceiptBook({ series: `S-${clientId}`, from: 1, to: RECEIPTS_MAX })
    await must('OpenReceiptBook', book, `book-${clientId}`)
    accounts.push({ clientId, random: randomOf(seed + index), oracle: createOracle(RECEIPTS_MAX), accepted: [] })
  }
  await sleep(RULES_AGE_MS)

  const random = randomOf(seed - 1)
  let ending = false
  const misbehave = async (): Promise<void> => {
    while (!ending) {
      hostility.delayMs = random.upTo(FAULT_MS)
      hostility.mode = random.pick(FAULTS, 'slow')
      await sleep(random.upTo(FAULT_MS))
      hostility.mode = undefined
      await sleep(random.upTo(CALM_MS))
    }
  }
  // CALM=1 tells whether a difference comes from the faults or is one of the rules.
  const misbehaving = process.env['CALM'] === undefined ? misbehave() : Promise.resolve()
  for (const [phase, day] of PHASES.entries()) {
    if (phase > 0) {
      const through = PHASES[phase - 1] ?? ''
      await must('ClosePeriod', { through }, `close-${day}`)
      for (const { oracle } of accounts) oracle.closeThrough(through)
      await sleep(RULES_AGE_MS)
    }
    await Promise.all(
      accounts.map(async (account) => {
        for (let step = 0; step < COMMANDS_PER_PHASE; step += 1) await takeStep(account, phase, step)
      }),
    )
  }
  ending = true
  await misbehaving
  hostility.mode = undefined

  const store = connectEventStore({ url: eventStoreUrl })
  t.teardown(() => store.dispose())
  for (const account of accounts) {
    await compareEnd(account)
    const { clientId, oracle } = account
    const types = (await eventsOf(store, `clientAccount-amc:${clientId}`)).map(({ type }) => type)
    const payments = [...oracle.payments.values()].filter(({ isNote }) => !isNote).length
    t.equal(types.filter((type) => type === 'PaymentRecorded').length, payments)
    t.equal(types.filter((type) => type === 'InvoiceRegistered').length, oracle.invoices.size)
    const book = (await eventsOf(store, `receiptBook-amc:S-${clientId}`)).filter(({ type }) => type === 'ReceiptIssued')
    t.same(
      book.map(({ data }) => z.looseObject({ number: z.int() }).parse(data).number),
      oracle.receipts.map((_, index) => index + 1),
    )
  }
  t.comment(`${retries} retries; ${[...tally].map(([what, times]) => `${what} ${times}`).join(', ')}`)
})
