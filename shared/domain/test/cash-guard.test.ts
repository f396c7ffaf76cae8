import { deepEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { z } from 'zod'
import {
  cashLimitOverridden,
  clientRegistered,
  clientUpdated,
  invoiceRegistered,
  paymentAllocated,
  paymentDeallocated,
  paymentRecorded,
  paymentReversed,
  ron,
} from '../src/examples.ts'
import {
  type AccountCommand,
  type AccountEvent,
  accountInvoices,
  type CashReaction,
  type CompanyRules,
  cashLimitsOn,
  ceilingFor,
  clientAccount,
  DEFAULT_RULES,
  minorOf,
  moneyOf,
  Rejection,
} from '../src/index.ts'
import { account, allocate, deallocate, eur, explicit, given, record, reverse } from './account.ts'
import { readFixture } from './fixtures.ts'
import { today } from './given.ts'
import { holds } from './random.ts'

const under = (cashGuard: CashReaction, change: Partial<CompanyRules> = {}) => ({
  today,
  company: { ...DEFAULT_RULES, cashGuard, ...change },
})

const cash = (amount: string, change: Parameters<typeof record>[0] = {}) =>
  record({
    paymentId: 'pay-2',
    amount: ron(amount),
    method: 'CASH',
    receivedOn: '2026-11-24',
    deskId: 'C1',
    allocation: { rule: 'none' },
    ...change,
  })
const taken = (amount: string, change: Parameters<typeof paymentRecorded>[0] = {}) =>
  paymentRecorded({ amount: ron(amount), method: 'CASH', receivedOn: '2026-11-24', deskId: 'C1', ...change })
const person = clientRegistered({ kind: 'INDIVIDUAL', name: 'Ana Pop', taxId: undefined })

/** What the payment broke, as the event keeps it. */
const breaches = (events: readonly AccountEvent[]): readonly string[] =>
  events.flatMap((event) =>
    event.type === 'PaymentRecorded'
      ? (event.data.cashBreaches ?? []).map(({ code, observed }) => `${code} ${observed}`)
      : [],
  )

const Scenario = z.strictObject({
  name: z.string(),
  ops: z.array(
    z.strictObject({
      day: z.string(),
      desk: z.string(),
      payerId: z.string(),
      payerType: z.enum(['BUSINESS', 'INDIVIDUAL']),
      amount: z.int(),
      invoiceId: z.string().optional(),
      invoiceTotal: z.int().optional(),
      instalmentContract: z.boolean().optional(),
    }),
  ),
  codes: z.array(z.string()).optional(),
  /** Before the law there is no figure to compare with. */
  throws: z.boolean().optional(),
})
type Operation = z.infer<typeof Scenario>['ops'][number]

/** Lives a scenario on one account; a payment settles the invoice that it names, which is registered for it. */
const live = (operations: readonly Operation[], reaction: CashReaction) => {
  const [first] = operations
  const client = first?.payerType === 'INDIVIDUAL' ? person : account
  const state = [client].reduce(clientAccount.evolve, clientAccount.initialState())
  const codes: string[] = []
  let recorded = 0
  const carryOut = (command: Parameters<typeof clientAccount.decide>[0]): void => {
    for (const event of clientAccount.decide(command, state, under(reaction))) clientAccount.evolve(state, event)
  }
  for (const [index, operation] of operations.entries()) {
    const { day, desk, amount, instalmentContract } = operation
    // A contract is a fact of an invoice, so such a payment has one.
    const invoiceId = operation.invoiceId ?? (instalmentContract === true ? `contract-${index}` : undefined)
    if (invoiceId !== undefined && !accountInvoices.has(state, invoiceId)) {
      const data = { clientId: 'alfa', invoiceId, number: invoiceId, issuedOn: day, dueOn: day, instalmentContract }
      const total = moneyOf(BigInt(operation.invoiceTotal ?? amount), 'RON')
      carryOut({ type: 'RegisterInvoice', data: { ...data, total } })
    }
    const money = moneyOf(BigInt(amount), 'RON')
    const allocation = invoiceId === undefined ? { rule: 'none' as const } : explicit(invoiceId, money.amount)
    const command = cash(money.amount, { paymentId: `pay-${index}`, receivedOn: day, deskId: desk, allocation })
    try {
      for (const event of clientAccount.decide(command, state, under(reaction))) {
        if (event.type === 'PaymentRecorded') codes.push(...(event.data.cashBreaches ?? []).map(({ code }) => code))
        clientAccount.evolve(state, event)
      }
      recorded += 1
    } catch (error) {
      if (!(error instanceof Rejection)) throw error
      codes.push(error.code)
    }
  }
  return { codes, recorded }
}

t.test('the scenarios of the law', async (t) => {
  for (const { name, ops, codes = [], throws = false } of readFixture('cash.json', z.array(Scenario))) {
    for (const reaction of ['WARN', 'REQUIRE_OVERRIDE', 'REJECT'] as const) {
      const lived = live(ops, reaction)
      t.same(lived.codes, codes, `${name}, ${reaction}`)
      t.equal(lived.recorded, ops.length - (reaction === 'WARN' ? 0 : codes.length), `${name}, ${reaction}`)
    }
    if (throws) t.equal(cashLimitsOn(ops[0]?.day ?? ''), undefined, name)
  }
})

t.test('above the ceiling by one ban', async (t) => {
  const found = {
    code: 'CASH_LIMIT_PER_PERSON_DAY',
    limit: '5000.00',
    observed: '5000.01',
    day: '2026-11-24',
    deskId: 'C1',
    law: 'Legea 70/2015 art. 3, OUG 115/2023 (MO 1139/15.12.2023)',
  } as const

  t.test('WARN lets it pass and keeps what was found', async (t) => {
    t.match(given(account).when(cash('5000.01'), under('WARN')), [{ data: { cashBreaches: [found] } }])
    t.match(given(account).when(cash('5000.01')), [{ data: { cashBreaches: [found] } }], 'as when nothing was decided')
    const [below] = given(account).when(cash('5000.00'), under('WARN'))
    t.notOk(below !== undefined && 'cashBreaches' in below.data)
  })
  t.test('REJECT refuses it, whoever would answer for it', async (t) => {
    const cashOverride = { reason: 'Banii erau deja în sertar', approvedBy: 'Ioana Pop' }
    for (const change of [{}, { cashOverride }]) {
      t.throws(() => given(account).when(cash('5000.01', change), under('REJECT')), {
        code: 'CASH_LIMIT_PER_PERSON_DAY',
        details: { ...found, reaction: 'REJECT' },
      })
    }
    t.equal(given(account).when(cash('5000.00'), under('REJECT')).length, 1)
  })
  t.test('REQUIRE_OVERRIDE wants who answers for it, and why', async (t) => {
    t.throws(() => given(account).when(cash('5000.01'), under('REQUIRE_OVERRIDE')), {
      code: 'CASH_LIMIT_PER_PERSON_DAY',
      details: { reaction: 'REQUIRE_OVERRIDE' },
    })
    const cashOverride = { reason: 'Banii erau deja în sertar', approvedBy: 'Ioana Pop' }
    const events = given(account).when(cash('5000.01', { cashOverride }), under('REQUIRE_OVERRIDE'))
    t.match(events[0], { type: 'PaymentRecorded', data: { cashBreaches: [found] } })
    t.notOk('cashOverride' in (events[0]?.data ?? {}))
    t.same(events[1], cashLimitOverridden({ breaches: [found] }))
    const needless = given(account).when(cash('5000.00', { cashOverride }), under('REQUIRE_OVERRIDE'))
    t.equal(needless.length, 1, 'nothing to answer for')
  })
})

t.test('of two payments of 3,000.00 on one day and desk exactly one is accepted under REJECT', async (t) => {
  const state = [account].reduce(clientAccount.evolve, clientAccount.initialState())
  const outcomes = ['pay-2', 'pay-3'].map((paymentId) => {
    try {
      const events = clientAccount.decide(cash('3000.00', { paymentId }), state, under('REJECT'))
      for (const event of events) clientAccount.evolve(state, event)
      return 'accepted'
    } catch (error) {
      return error instanceof Rejection ? `${error.code} ${String(error.details['observed'])}` : error
    }
  })
  t.same(outcomes, ['accepted', 'CASH_LIMIT_PER_PERSON_DAY 6000.00'])
})

t.test('the sum is of one payer, day and desk', async (t) => {
  const after = (...history: readonly AccountEvent[]) => given(account, ...history)
  const second = (change: Parameters<typeof cash>[1] = {}) => cash('2000.01', change)
  const beta = { name: 'Beta SRL', taxId: 'RO18547290' }

  t.same(breaches(after(taken('3000.00')).when(second())), ['CASH_LIMIT_PER_PERSON_DAY 5000.01'])
  for (const [name, change] of Object.entries({
    day: { receivedOn: '2026-11-25' },
    desk: { deskId: 'C2' },
    payer: { payer: beta },
    method: { method: 'BANK_TRANSFER' as const },
    currency: { amount: { amount: '2000.01', currency: 'EUR' } },
  })) {
    t.same(breaches(after(taken('3000.00')).when(second(change))), [], `another ${name}`)
  }
  t.same(
    breaches(after(taken('3000.00'), paymentReversed({ amount: ron('3000.00'), method: 'CASH' })).when(second())),
    [],
    'a reversed payment leaves it',
  )
  t.same(
    breaches(after(taken('3000.00', { payer: beta })).when(second({ payer: { name: 'BETA', taxId: '18547290' } }))),
    ['CASH_LIMIT_PER_PERSON_DAY 5000.01'],
    'a business is its fiscal code, however it is printed',
  )
  for (const payer of [{ name: 'Alfa', taxId: 'RO 123456789' }, { name: 'ALFA SRL' }]) {
    t.same(
      breaches(after(taken('3000.00')).when(second({ payer }))),
      ['CASH_LIMIT_PER_PERSON_DAY 5000.01'],
      'a client who names itself is one payer',
    )
  }
})

const payers = [
  undefined,
  { name: 'Beta SRL', taxId: 'RO18547290' },
  { name: 'BETA', taxId: '18547290' },
  { name: 'Ana' },
]
/** Beta is one payer, however it is printed. */
const payerKeys = ['client', 'beta', 'beta', 'ana']
/** The last names no desk, and is one of its own. */
const desks = ['C0', 'C1', undefined]
const invoices = [
  { invoiceId: 'small', total: ron('4000.00'), contract: false },
  { invoiceId: 'large', total: ron('40000.00'), contract: false },
  { invoiceId: 'contract', total: ron('60000.00'), contract: true },
  { invoiceId: 'euro', total: { amount: '40000.00', currency: 'EUR' }, contract: false },
]
const atMost = (one: bigint, other: bigint): bigint => (one < other ? one : other)

const index = (list: readonly unknown[]) => fc.nat({ max: list.length - 1 })
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('pay'),
      payer: index(payers),
      desk: index(desks),
      day: fc.nat({ max: 1 }),
      currency: fc.constantFrom('RON', 'RON', 'RON', 'EUR'),
      minor: fc.integer({ min: 1, max: 800_000 }),
      /** How much of it settles which invoice, in percent. */
      invoice: fc.option(index(invoices)),
      share: fc.constantFrom(1n, 50n, 100n),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('allocate'), payment: fc.nat(), invoice: index(invoices) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('undo'), payment: fc.nat(), invoice: index(invoices) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reverse'), payment: fc.nat() }) },
)
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never

/** Cash as the law sees it: summed anew from all that lives, whenever somebody asks. */
interface Handed {
  readonly paymentId: string
  readonly key: string
  readonly kind: 'BUSINESS' | 'INDIVIDUAL'
  readonly currency: string
  readonly minor: bigint
  readonly settles: Map<string, bigint>
}

t.test('under REJECT what is refused is what the sums of the law are above, and nothing else', async (t) => {
  const refusedFor = new Set<string>()
  const check = (client: AccountEvent, steps: readonly Step[]): void => {
    const isPerson = client === person
    const registered = invoices.map(({ contract: instalmentContract, ...invoice }) =>
      invoiceRegistered({ ...invoice, number: invoice.invoiceId, issuedOn: '2026-11-20', instalmentContract }),
    )
    const state = [client, ...registered].reduce(clientAccount.evolve, clientAccount.initialState())
    const living: Handed[] = []
    const ceilingOf = ({ kind }: Handed): bigint => (kind === 'INDIVIDUAL' ? 1_000_000n : 500_000n)
    const isFree = ({ kind }: Handed, invoiceId: string): boolean => kind === 'INDIVIDUAL' && invoiceId === 'contract'
    const countedOf = (handed: Handed): bigint =>
      handed.minor - (isFree(handed, 'contract') ? (handed.settles.get('contract') ?? 0n) : 0n)
    const settledOn = (invoiceId: string, currencies: readonly string[]): bigint =>
      living.reduce(
        (sum, { settles, currency }) => sum + (currencies.includes(currency) ? (settles.get(invoiceId) ?? 0n) : 0n),
        0n,
      )
    const openOf = ({ invoiceId, total }: (typeof invoices)[number]): bigint =>
      minorOf(total) - settledOn(invoiceId, ['RON', 'EUR'])
    const overDay = (handed: Handed): readonly string[] => {
      const others = living.filter(({ key, currency }) => key === handed.key && currency === 'RON')
      const sum = [handed, ...others].reduce((total, each) => total + countedOf(each), 0n)
      return countedOf(handed) > 0n && sum > ceilingOf(handed) ? [`CASH_LIMIT_PER_PERSON_DAY ${sum}`] : []
    }
    const fragments = (handed: Handed, invoiceId: string, minor: bigint): readonly string[] => {
      const sum = settledOn(invoiceId, ['RON']) + minor
      const isLarge = invoices.some(
        ({ invoiceId: id, total }) =>
          id === invoiceId && total.currency === 'RON' && minorOf(total) > ceilingOf(handed),
      )
      const isOver = isLarge && !isFree(handed, invoiceId) && sum > ceilingOf(handed)
      return isOver ? [`CASH_FRAGMENTED_INVOICE ${sum}`] : []
    }
    /** What is refused, as the guard says it; empty when the command is accepted. */
    const carryOut = (command: AccountCommand): readonly string[] => {
      try {
        for (const event of clientAccount.decide(command, state, under('REJECT'))) clientAccount.evolve(state, event)
        return []
      } catch (error) {
        if (!(error instanceof Rejection)) throw error
        const breaches = z.array(z.looseObject({ code: z.string(), observed: z.string() }))
        return breaches
          .parse(error.details['breaches'])
          .map(({ code, observed }) => `${code} ${minorOf(ron(observed))}`)
      }
    }
    const undone = (handed: Handed): void => {
      living.splice(living.indexOf(handed), 1)
    }
    for (const [at, step] of steps.entries()) {
      if (step.kind === 'pay') {
        const { payer, currency } = step
        const minor = BigInt(step.minor)
        const place = { receivedOn: `2026-11-2${step.day}`, deskId: desks[step.desk], payer: payers[payer] }
        const target = invoices[step.invoice ?? -1]
        const settled =
          target && target.total.currency === currency ? atMost((minor * step.share) / 100n, openOf(target)) : 0n
        const paid: Handed = {
          paymentId: `pay-${at}`,
          key: `${step.day} ${step.desk} ${payerKeys[payer]}`,
          kind: payer === 3 || (payer === 0 && isPerson) ? 'INDIVIDUAL' : 'BUSINESS',
          currency,
          minor,
          settles: new Map(settled > 0n && target ? [[target.invoiceId, settled]] : []),
        }
        const allocation =
          settled > 0n && target
            ? explicit(target.invoiceId, moneyOf(settled, currency).amount)
            : ({ rule: 'none' } as const)
        const expected =
          currency === 'RON'
            ? [...overDay(paid), ...[...paid.settles].flatMap(([id, part]) => fragments(paid, id, part))]
            : []
        const { paymentId } = paid
        const refused = carryOut(
          record({ paymentId, amount: moneyOf(minor, currency), method: 'CASH', ...place, allocation }),
        )
        deepEqual(refused, expected)
        for (const code of refused) refusedFor.add(code.split(' ')[0] ?? '')
        if (expected.length === 0) living.push(paid)
        continue
      }
      const handed = living[step.payment % living.length]
      if (handed === undefined) continue
      const { paymentId, currency, settles } = handed
      if (step.kind === 'reverse') {
        deepEqual(carryOut(reverse({ paymentId, reason: 'MISTAKE', reversedOn: today })), [])
        undone(handed)
        continue
      }
      const target = invoices[step.invoice]
      if (target === undefined || target.total.currency !== currency) continue
      const { invoiceId } = target
      const part = settles.get(invoiceId) ?? 0n
      if (step.kind === 'undo') {
        if (part === 0n) continue
        deepEqual(carryOut(deallocate({ paymentId, invoiceId, amount: undefined, deallocatedOn: today })), [])
        settles.delete(invoiceId)
        continue
      }
      const credit = [...settles.values()].reduce((left, settled) => left - settled, handed.minor)
      const more = atMost(credit, openOf(target))
      if (more === 0n) continue
      const { amount } = moneyOf(more, currency)
      const expected = currency === 'RON' ? fragments(handed, invoiceId, more) : []
      deepEqual(carryOut(allocate({ paymentId, invoiceId, amount, allocatedOn: today })), expected)
      if (expected.length === 0) settles.set(invoiceId, part + more)
    }
  }
  const lives = fc.array(step, { maxLength: 40, size: 'max' })
  holds(t, fc.property(fc.constantFrom(account, person), lives, check))
  t.same([...refusedFor].toSorted(), ['CASH_FRAGMENTED_INVOICE', 'CASH_LIMIT_PER_PERSON_DAY'], 'both are met')
})

t.test('the ceiling is of the payer, not of the client', async (t) => {
  const ana = { name: 'Ana Pop' }
  t.same(breaches(given(account).when(cash('10000.00', { payer: ana }))), [])
  t.same(breaches(given(account).when(cash('10000.01', { payer: ana }))), ['CASH_LIMIT_PER_PERSON_DAY 10000.01'])
  const firm = { name: 'Beta SRL', taxId: 'RO18547290' }
  t.same(breaches(given(person).when(cash('5000.01', { payer: firm }))), ['CASH_LIMIT_PER_PERSON_DAY 5000.01'])
})

t.test('a cash & carry shop has a higher ceiling, for businesses', async (t) => {
  const shop = under('WARN', { cashAndCarry: true })
  t.same(breaches(given(account).when(cash('10000.00'), shop)), [])
  t.same(breaches(given(account).when(cash('10000.01'), shop)), ['CASH_LIMIT_PER_PERSON_DAY 10000.01'])
})

t.test('a client that gets another name meanwhile keeps its sums right', async (t) => {
  const renamed = clientUpdated({ name: 'Omega SRL', taxId: '18547290' })
  const own = [taken('3000.00'), renamed]
  t.same(breaches(given(account, ...own).when(cash('2000.01'))), ['CASH_LIMIT_PER_PERSON_DAY 5000.01'])
  const gone = [...own, paymentReversed({ amount: ron('3000.00'), method: 'CASH' })]
  t.same(breaches(given(account, ...gone).when(cash('5000.01'))), ['CASH_LIMIT_PER_PERSON_DAY 5000.01'])
  const named = taken('3000.00', { payer: { name: 'Alfa SRL' } })
  const goneToo = [named, renamed, paymentReversed({ amount: ron('3000.00'), method: 'CASH' })]
  t.same(breaches(given(account, ...goneToo).when(cash('5000.01'))), ['CASH_LIMIT_PER_PERSON_DAY 5000.01'])
})

t.test('a large invoice is not paid in cash by fragments', async (t) => {
  const large = invoiceRegistered({ total: ron('8000.00') })
  const half = (amount: string, change: Parameters<typeof cash>[1] = {}) =>
    cash(amount, { receivedOn: '2026-11-25', deskId: 'C2', allocation: explicit('inv-1024', amount), ...change })
  const paid = [account, large, taken('5000.00'), paymentAllocated({ amount: ron('5000.00') })]

  t.same(breaches(given(...paid).when(half('0.01'))), ['CASH_FRAGMENTED_INVOICE 5000.01'])
  t.throws(() => given(...paid).when(half('0.01'), under('REJECT')), {
    code: 'CASH_FRAGMENTED_INVOICE',
    details: { invoiceId: 'inv-1024', limit: '5000.00', observed: '5000.01' },
  })
  t.same(breaches(given(...paid).when(half('3000.00', { method: 'BANK_TRANSFER' }))), [], 'the rest may come otherwise')
  const undone = paymentDeallocated({ amount: ron('5000.00'), deallocatedOn: '2026-11-24' })
  t.same(breaches(given(...paid, undone).when(half('3000.00'))), [], 'what was taken back leaves the sum')
  const small = [account, invoiceRegistered({ total: ron('5000.00') }), taken('3000.00')]
  const rest = given(...small, paymentAllocated({ amount: ron('3000.00') })).when(half('2000.00'))
  t.same(breaches(rest), [], 'an invoice within the ceiling may')
})

t.test('nor by cash that is allocated to it later', async (t) => {
  const large = invoiceRegistered({ total: ron('8000.00') })
  const paid = [account, large, taken('5000.00'), paymentAllocated({ amount: ron('5000.00') })]
  const history = [...paid, taken('3000.00', { paymentId: 'pay-2', receivedOn: '2026-11-25' })]
  const use = (amount: string, change: Parameters<typeof allocate>[0] = {}) =>
    allocate({ paymentId: 'pay-2', invoiceId: 'inv-1024', amount, allocatedOn: undefined, ...change })
  const found = {
    code: 'CASH_FRAGMENTED_INVOICE',
    observed: '5000.01',
    day: '2026-11-25',
    invoiceId: 'inv-1024',
  } as const

  t.match(given(...history).when(use('0.01')), [{ type: 'PaymentAllocated', data: { cashBreaches: [found] } }])
  for (const reaction of ['REJECT', 'REQUIRE_OVERRIDE'] as const) {
    const refused = { code: 'CASH_FRAGMENTED_INVOICE', details: { ...found, reaction } }
    t.throws(() => given(...history).when(use('0.01'), under(reaction)), refused)
  }
  const cashOverride = { reason: 'Banii erau deja în sertar', approvedBy: 'Ioana Pop' }
  t.match(given(...history).when(use('0.01', { cashOverride }), under('REQUIRE_OVERRIDE')), [
    { type: 'PaymentAllocated' },
    { type: 'CashLimitOverridden', data: { paymentId: 'pay-2', breaches: [found], approvedBy: 'Ioana Pop' } },
  ])
  const transfer = [...paid, paymentRecorded({ paymentId: 'pay-2' })]
  const [other] = given(...transfer).when(use('1500.00'), under('REJECT'))
  t.notOk(other !== undefined && 'cashBreaches' in other.data, 'other money may')
})

t.test('an instalment contract frees an individual, not a business', async (t) => {
  const contract = invoiceRegistered({ total: ron('15000.00'), instalmentContract: true })
  const payment = cash('15000.00', { allocation: explicit('inv-1024', '15000.00') })
  t.same(breaches(given(person, contract).when(payment)), [])
  t.same(breaches(given(account, contract).when(payment)), [
    'CASH_LIMIT_PER_PERSON_DAY 15000.00',
    'CASH_FRAGMENTED_INVOICE 15000.00',
  ])
})

t.test('of a payment only what settles the contract is free, for as long as it does', async (t) => {
  const contract = invoiceRegistered({ total: ron('15000.00'), instalmentContract: true })
  const within = cash('20000.00', { allocation: explicit('inv-1024', '10000.00') })
  t.same(breaches(given(person, contract).when(within)), [], 'what is left is credit, up to the ceiling')
  const above = cash('20000.01', { allocation: explicit('inv-1024', '10000.00') })
  t.same(breaches(given(person, contract).when(above)), ['CASH_LIMIT_PER_PERSON_DAY 10000.01'])

  const paid = [person, contract, taken('15000.00'), paymentAllocated({ amount: ron('15000.00') })]
  t.same(breaches(given(...paid).when(cash('10000.00'))), [], 'cash for the contract is none of the day')
  t.same(breaches(given(...paid).when(cash('10000.01'))), ['CASH_LIMIT_PER_PERSON_DAY 10000.01'])
  const undone = paymentDeallocated({ amount: ron('5000.00'), deallocatedOn: '2026-11-24' })
  t.same(breaches(given(...paid, undone).when(cash('5000.01'))), ['CASH_LIMIT_PER_PERSON_DAY 10000.01'])
  const kept = paymentDeallocated({ amount: ron('10000.00'), deallocatedOn: '2026-11-24' })
  const gone = [...paid, undone, kept, paymentReversed({ amount: ron('15000.00'), method: 'CASH' })]
  t.same(breaches(given(...gone).when(cash('10000.00'))), [], 'a reversal takes out what was counted, and no more')
  t.same(breaches(given(...gone).when(cash('10000.01'))), ['CASH_LIMIT_PER_PERSON_DAY 10000.01'])
  const firm = [...paid, clientUpdated({ kind: 'BUSINESS', taxId: 'RO18547290' }), undone, kept]
  const left = given(...firm, paymentReversed({ amount: ron('15000.00'), method: 'CASH' }))
  t.same(breaches(left.when(cash('5000.00'))), [], 'whatever the client has become')
})

t.test('cash that settles a contract alone breaks no ceiling, even on a day that is above it', async (t) => {
  const contract = invoiceRegistered({ total: ron('15000.00'), instalmentContract: true })
  const over = [person, contract, taken('10000.01')]
  const wholly = cash('500.00', { allocation: explicit('inv-1024', '500.00') })
  t.same(breaches(given(...over).when(wholly)), [], 'nothing of it counts')
  const nearly = cash('500.01', { allocation: explicit('inv-1024', '500.00') })
  t.same(breaches(given(...over).when(nearly)), ['CASH_LIMIT_PER_PERSON_DAY 10000.02'], 'one ban of it counts')
})

t.test('euro in cash pay no fragment of lei', async (t) => {
  const large = invoiceRegistered({ total: ron('8000.00') })
  const conversion = { paid: eur('1000.00'), rate: '5.00', source: 'BNR', publishedOn: '2026-11-23' } as const
  const euro = [taken('0.01', { amount: eur('1000.00') }), paymentAllocated({ amount: ron('5000.00'), conversion })]
  const rest = cash('3000.00', { allocation: explicit('inv-1024', '3000.00') })
  t.same(breaches(given(account, large, ...euro).when(rest)), [])
})

t.test('a figure has its days: from the first on, before the next', async (t) => {
  const acts = ['2015-05-08', '2015-05-09', '2023-11-10', '2023-11-11', '2023-12-24', '2023-12-25', '2026-11-24'].map(
    (day) => cashLimitsOn(day)?.act.slice(0, 14),
  )
  const [law, fiscal, order] = ['Legea 70/2015 ', 'Legea 296/2023', 'OUG 115/2023 (']
  t.same(acts, [undefined, law, law, fiscal, fiscal, order, order])
  const limits = cashLimitsOn(today)
  if (limits === undefined) return t.fail('no figures for today')
  t.equal(ceilingFor(limits, 'BUSINESS', false), 500_000n)
  t.equal(ceilingFor(limits, 'BUSINESS', true), 1_000_000n)
  t.equal(ceilingFor(limits, 'INDIVIDUAL', true), 1_000_000n)
})
