/** Random commands through two API processes over a store that misbehaves: every answer, and the end, as the model says. */
import { setTimeout as sleep } from 'node:timers/promises'
import * as examples from '@registru/domain/examples'
import type { HostileMode } from '@registru/embedded'
import { connectEventStore } from '@registru/event-store'
import t from 'tap'
import { z } from 'zod'
import { eventsOf } from '../api.ts'
import { RULES_AGE_MS, startApiProcesses } from '../api-processes.ts'
import { project } from '../projected.ts'
import { type Compare, type Step, takeForOthers, takeReversal, takeTransfer, takeUnidentified } from './between.ts'
import { createCaller } from './caller.ts'
import { conflict } from './conflicts.ts'
import { compareEnd, compareNumbers } from './endings.ts'
import { compareMerge } from './merging.ts'
import { decimal } from './oracle/amounts.ts'
import type { ModelCommand } from './oracle/command.ts'
import { createOracle, type Oracle } from './oracle/oracle.ts'
import type { CashGuard } from './oracle/state.ts'
import { isMoney } from './oracle/terms.ts'
import { nextCommand } from './play/commands.ts'
import { type Course, dayAfter } from './play/moment.ts'
import { type Random, randomOf } from './random.ts'
import { compareItems, compareReports, type Quiet } from './reports.ts'

/** LONG=1 plays 24,000 commands, LONG=0.1 a tenth of them. */
const length = Number(process.env['LONG'] ?? 0)
const isLong = length > 0
/** After each, nothing is under way for a moment: credit moves between clients, and the moment is asked about in the end. */
const ROUNDS = isLong ? 10 : 2
const COMMANDS_PER_ROUND = isLong ? Math.ceil(100 * length) : 5
const BETWEEN_PER_ROUND = isLong ? Math.ceil(60 * length) : 5
const BETWEEN = [
  takeTransfer,
  takeForOthers,
  takeReversal,
  takeUnidentified,
  takeUnidentified,
  takeUnidentified,
] as const
const COMMANDS_PER_PHASE = ROUNDS * COMMANDS_PER_ROUND
const CONFLICTS = isLong ? Math.ceil(500 * length) : 15
const CLIENTS = isLong ? 8 : 3
/** The open days of each: what comes may be dated on either. */
const PHASES = [
  ['2026-10-04', '2026-10-05'],
  ['2026-10-06', '2026-10-07'],
  ['2026-10-08', '2026-10-09'],
]
const LAST_DAY = '2026-10-09'
/** Of the reports: before, between, and when what is due is late. */
const DAYS_ASKED = isLong
  ? ['2026-10-04', '2026-10-05', '2026-10-06', '2026-10-07', '2026-10-08', '2026-11-23', '2029-12-31']
  : ['2026-10-04', '2026-10-05', '2026-10-07', '2026-10-08', '2029-12-31']
const MOMENTS_ASKED = 3
/** In the first of so many rounds a process is killed while both work. */
const ROUNDS_PER_CRASH = isLong ? 4 : 3
const CRASH_WITHIN_MS = 400
/** What the company does about cash above the ceiling, phase by phase. */
const CASH_GUARDS: readonly CashGuard[] = ['REJECT', 'REQUIRE_OVERRIDE', 'WARN']
const RECEIPTS_MAX = isLong ? 200 : 6
/** Of the lei that nobody asks for any more when the rest was paid. */
const SMALL_DIFFERENCE = 10_000
const FAULT_MS = 150
const CALM_MS = 250
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
t.setTimeout(isLong ? 3_600_000 : 480_000)

// The everyday run tells one story, so that what fails is what was changed; a long one tells another each time.
const seed = Number(
  process.env['SEED'] ?? (process.env['LONG'] === undefined ? 21 : Math.floor(Math.random() * 2 ** 31)),
)

const processes = await startApiProcesses(t, 2)
const { hostility, eventStoreUrl, pool, urls } = processes
const { send, post, retries } = createCaller(processes)
const course: Course = { phases: PHASES, perPhase: COMMANDS_PER_PHASE, receiptsMax: RECEIPTS_MAX }

const must = async (name: string, body: object, key: string): Promise<string> => {
  const { status, text, answer } = await send({ name, body: { ...body } }, key)
  if (status !== 201 && status !== 200) throw new Error(`${name}: ${text}`)
  return answer.position ?? ''
}

/** Read models are no process's own: either may be asked. */
const ask = async (path: string): Promise<string> => {
  const response = await fetch(`${urls[path.length % urls.length]}/v1/companies/amc/${path}`, {
    headers: { authorization: processes.authorization },
  })
  const text = await response.text()
  if (response.status !== 200) throw new Error(`${path} answered ${response.status} ${text}`)
  return text
}

/** Some of them, the last one for certain. */
const everyNth = <Item>(items: readonly Item[], nth: number): readonly Item[] =>
  items.filter((_, index) => Math.floor((items.length - 1 - index) % nth) === 0)

const tally = new Map<string, number>()
const count = (what: string): void => void tally.set(what, (tally.get(what) ?? 0) + 1)

interface Account {
  readonly clientId: string
  readonly place: number
  readonly random: Random
  oracle: Oracle
  readonly accepted: { readonly command: ModelCommand; readonly key: string; readonly text: string }[]
}

const compare: Compare = (oracle, { command, key }, { status, replayed, text, answer }, others) => {
  const { refusals, mayRefuse, warnings, apply } = oracle.judge(command, others)
  const what = `${key} ${command.name} ${JSON.stringify(command.body)} answered ${status} ${text}`
  const isAccepted = status === 201 || (status === 200 && replayed)
  count(isAccepted ? command.name : (answer.code ?? String(status)))
  if (refusals.size > 0 || !isAccepted) {
    const { code = '' } = answer
    t.ok(
      !isAccepted && (refusals.has(code) || mayRefuse.has(code)),
      `${what}, the model says ${[...refusals].join(' or ') || 'accepted'}`,
    )
  }
  if (!isAccepted) return 'refused'
  t.match(answer.result, apply(answer.result), what)
  t.same(
    (answer.warnings ?? []).map(({ code }) => code),
    warnings,
    what,
  )
  return 'accepted'
}

const Told = z.looseObject({ result: z.looseObject({}).optional() })

/** Commands of one account by one append: the model tries them on a copy of itself, and keeps it when all pass. */
const takeGroup = async (account: Account, steps: readonly Step[]): Promise<void> => {
  const items = steps.map(({ command: { name, body }, key }) => ({ command: name, idempotencyKey: key, data: body }))
  const { answer, text } = await post('?mode=atomic', {}, items)
  const trial = account.oracle.fork()
  const results: object[] = []
  for (const [index, { command }] of steps.entries()) {
    const { refusals, mayRefuse, apply } = trial.judge(command)
    const { item, code = '' } = answer
    const isAlike = item === index && (refusals.has(code) || mayRefuse.has(code))
    if (refusals.size > 0 || isAlike) {
      count('group refused')
      t.ok(isAlike, `${text}, the model says ${[...refusals].join(' or ')} of item ${index}`)
      return
    }
    results.push(apply(Told.parse(answer.results?.[index]?.body ?? {}).result))
  }
  for (const [index, step] of steps.entries()) {
    const body = answer.results?.[index]?.body
    t.match(body?.['result'], results[index], `${step.key} in a group: ${text}`)
    account.accepted.push({ ...step, text: JSON.stringify(body) })
  }
  account.oracle = trial
  count('group')
}

/** What an atomic batch takes: it touches no book. */
const isOfAccountAlone = ({ name, body }: ModelCommand): boolean =>
  body['receipt'] === undefined && body['clientId'] !== undefined && name !== 'IssueReceipt'

/** On the condition that nobody else has written; the first revision is nobody's, and the refusal tells the right one. */
const conditionOf = async (command: ModelCommand, key: string): Promise<object> => {
  const { answer } = await send(command, key, { headers: { 'if-match': '"999999999"' } })
  const revision = answer.code === 'PRECONDITION_FAILED' ? answer.details?.revision : undefined
  if (revision === undefined || revision === null) return {}
  count('If-Match')
  return { 'if-match': `"${revision}"` }
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
  const next = (at: number): ModelCommand => nextCommand(account, course, phase, at)
  const command = next(step)
  const key = `${clientId}-${phase}-${step}`
  if (random.chance(0.1)) {
    // Beyond all single steps, so that ids and days of their own stay so.
    const further = [1, 2].map((place) => ({
      command: next(step + place * COMMANDS_PER_PHASE),
      key: `${key}-${place}`,
    }))
    const steps = [{ command, key }, ...further].filter((each) => isOfAccountAlone(each.command))
    if (steps.length > 0) return takeGroup(account, steps)
  }
  const dry = random.chance(0.1) ? await send(command, `${key}-dry`, { query: '?dryRun=true' }) : undefined
  const headers = isOfAccountAlone(command) && random.chance(0.1) ? await conditionOf(command, key) : {}
  const answered = await send(command, key, { headers })
  if (dry !== undefined) t.equal(dry.answer.code, answered.answer.code, 'a dry run is refused alike')
  if (compare(oracle, { command, key }, answered) === 'refused') return
  if (dry !== undefined) {
    t.same(settledIn(dry.answer.result), settledIn(answered.answer.result), 'a dry run tells the same')
  }
  accepted.push({ command, key, text: answered.text })
}

/** A moment between commands that reports can be asked about. */
const beQuiet = async (accounts: readonly Account[], company: Oracle): Promise<Quiet> => {
  const at = accounts[0]?.oracle.state.now ?? 0
  const position = await must('UpdateClient', { clientId: accounts[0]?.clientId, name: `Firma ${at}` }, `quiet-${at}`)
  for (const { oracle } of accounts) oracle.tick()
  company.tick()
  return { at, position }
}

/** Ids of receipts and claims come from the key, and others may take the number meanwhile. */
const settledIn = ({ receipt: _receipt, claim: _claim, ...rest }: Readonly<Record<string, unknown>> = {}) => rest

const lastDayOf = (phase: number): string => PHASES[phase]?.at(-1) ?? ''

/** For a moment something may be dated in the period before; with one pair of eyes it stays closed. */
const reopen = async (accounts: readonly Account[], company: Oracle, phase: number): Promise<void> => {
  const from = lastDayOf(phase - 1)
  const body = { from, reason: 'factură omisă', requestedBy: 'Ion Ene', approvedBy: 'Ioana Pop' }
  const alone = await send({ name: 'ReopenPeriod', body: { ...body, approvedBy: 'Ion Ene' } }, `alone-${from}`)
  t.equal(alone.answer.code, 'FOUR_EYES_REQUIRED')
  await must('ReopenPeriod', body, `reopen-${from}`)
  await sleep(RULES_AGE_MS)
  for (const { clientId, place, oracle, accepted } of accounts) {
    oracle.closeThrough(dayAfter(from, -1))
    const invoiceId = `late-${from}`
    const total = { amount: '10.00', currency: 'RON' }
    const number = `9${place}${phase}`
    const late = { clientId, invoiceId, number, issuedOn: from, dueOn: `2099-12-0${phase}`, total }
    const step = { command: { name: 'RegisterInvoice', body: late }, key: `${clientId}-late-${from}` }
    const answered = await send(step.command, step.key)
    if (compare(oracle, step, answered) === 'accepted') accepted.push({ ...step, text: answered.text })
  }
  await must('ClosePeriod', { through: from }, `close-again-${from}`)
  for (const { oracle } of accounts) oracle.closeThrough(from)
  company.closeThrough(from)
  await sleep(RULES_AGE_MS)
}

t.test(`the ledger and the model agree (SEED=${seed})`, async (t) => {
  await must('RegisterCompany', examples.registerCompany(), 'company')
  await must('SetPolicy', { cashGuard: 'REJECT', smallDifference: decimal(SMALL_DIFFERENCE) }, 'policy')
  await must('OpenCashDesk', { deskId: 'C1', name: 'Casa 1', openedOn: PHASES[0]?.[0] }, 'desk')
  const company = createOracle('', 0)
  const accounts: Account[] = []
  for (let index = 0; index < CLIENTS; index += 1) {
    const clientId = `c${index}`
    await must('RegisterClient', examples.registerClient({ clientId }), clientId)
    const book = examples.openReceiptBook({ series: `S-${clientId}`, from: 1, to: RECEIPTS_MAX })
    await must('OpenReceiptBook', book, `book-${clientId}`)
    const oracle = createOracle(clientId, RECEIPTS_MAX)
    oracle.setSmallDifference(SMALL_DIFFERENCE)
    accounts.push({ clientId, place: index, random: randomOf(seed + index), oracle, accepted: [] })
  }
  await sleep(RULES_AGE_MS)

  const random = randomOf(seed - 4)
  const quiets: Quiet[] = []
  const misfortune = randomOf(seed - 1)
  let isOver = false
  const misbehave = async (): Promise<void> => {
    while (!isOver) {
      hostility.delayMs = misfortune.upTo(FAULT_MS)
      hostility.mode = misfortune.pick(FAULTS, 'slow')
      await sleep(misfortune.upTo(FAULT_MS))
      hostility.mode = undefined
      await sleep(misfortune.upTo(CALM_MS))
    }
  }
  // CALM=1 tells whether a difference comes from the faults or is one of the rules.
  const isCalm = process.env['CALM'] !== undefined
  const misbehaving = isCalm ? Promise.resolve() : misbehave()
  let crashes = 0
  const crash = async (): Promise<void> => {
    await sleep(misfortune.upTo(CRASH_WITHIN_MS))
    await processes.crash(crashes % urls.length)
    crashes += 1
  }
  for (const [phase, days] of PHASES.entries()) {
    const [day = ''] = days
    if (phase > 0) {
      const through = lastDayOf(phase - 1)
      await must('ClosePeriod', { through }, `close-${day}`)
      const cashGuard = CASH_GUARDS[phase] ?? 'WARN'
      await must('SetPolicy', { cashGuard }, `guard-${day}`)
      for (const { oracle } of accounts) {
        oracle.closeThrough(through)
        oracle.setCashGuard(cashGuard)
      }
      await sleep(RULES_AGE_MS)
      await reopen(accounts, company, phase)
    }
    for (let round = 0; round < ROUNDS; round += 1) {
      const crashing = quiets.length % ROUNDS_PER_CRASH === 0 && !isCalm ? [crash()] : []
      const working = accounts.map(async (account) => {
        const first = round * COMMANDS_PER_ROUND
        for (let step = first; step < first + COMMANDS_PER_ROUND; step += 1) await takeStep(account, phase, step)
      })
      await Promise.all([...working, ...crashing])
      for (let step = 0; step < BETWEEN_PER_ROUND; step += 1) {
        const at = { random, company, day: random.pick(days, LAST_DAY), fresh: `${phase}-${round}-${step}` }
        await random.pick(BETWEEN, takeTransfer)({ t, send, compare, count }, at, accounts)
      }
      quiets.push(await beQuiet(accounts, company))
    }
  }
  const store = connectEventStore({ url: eventStoreUrl })
  t.teardown(() => store.dispose())
  const check = await conflict(t, {
    send,
    must,
    randoms: [randomOf(seed - 2), randomOf(seed - 3)],
    commands: CONFLICTS,
    on: LAST_DAY,
  })
  isOver = true
  await misbehaving
  hostility.mode = undefined
  await check(store)
  await project({ store, pool })
  const compared = { t, ask, states: accounts.map(({ oracle }) => oracle.state), company: company.state }
  await compareReports(compared, { days: DAYS_ASKED, quiets: everyNth(quiets, quiets.length / MOMENTS_ASKED) })
  for (const state of compared.states) await compareItems(compared, state, LAST_DAY)
  const ending = { t, send, urls, on: LAST_DAY, count }
  await compareNumbers(ending, accounts)
  for (const account of accounts) {
    await compareEnd(ending, account)
    const { clientId, oracle } = account
    const types = (await eventsOf(store, `clientAccount-amc:${clientId}`)).map(({ type }) => type)
    const payments = [...oracle.state.payments.values()].filter(isMoney).length
    t.equal(types.filter((type) => type === 'PaymentRecorded').length, payments)
    const owed = types.filter((type) => type === 'InvoiceRegistered' || type === 'ClaimRegistered')
    t.equal(owed.length, oracle.state.invoices.size)
    const book = (await eventsOf(store, `receiptBook-amc:S-${clientId}`)).filter(({ type }) => type === 'ReceiptIssued')
    t.same(
      book.map(({ data }) => z.looseObject({ number: z.int() }).parse(data).number),
      oracle.state.receipts.map((_, index) => index + 1),
    )
  }
  const [state] = compared.states
  const before = quiets.at(-1)
  if (state !== undefined && before !== undefined) {
    const readAll = () => project({ store, pool })
    await compareMerge({ ...ending, must, ask, readAll }, state, { states: compared.states, before })
  }
  t.comment(
    `${crashes} crashes, ${retries()} retries; ${[...tally].map(([what, times]) => `${what} ${times}`).join(', ')}`,
  )
})
