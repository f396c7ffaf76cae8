import { setTimeout as sleep } from 'node:timers/promises'
import {
  type AccountCommand,
  AllocatePayment,
  accountInvoices,
  CancelInvoice,
  type ClientAccount,
  ConfirmPaymentCleared,
  clientAccount,
  DeallocatePayment,
  GrantDiscount,
  RecordPayment,
  RecordRefund,
  RecordSetOff,
  RegisterClaim,
  RegisterClient,
  RegisterCreditNote,
  RegisterInvoice,
  ReversePayment,
  UpdateClient,
  WriteOffInvoice,
} from '@registru/domain'
import t from 'tap'
import { planFirm, type Step } from '../src/seed/firm.ts'
import { runInLanes } from '../src/seed/lanes.ts'
import { sittingsOf } from '../src/seed/weeks.ts'

const text = (step: Step): string =>
  `${step.key} ${step.day} ${step.lanes.join()} ${JSON.stringify(step.body(new Map()))}`
const bodies = (steps: readonly Step[], command: string): readonly object[] =>
  steps.filter((step) => step.command === command).map((step) => step.body(new Map()))

/** The command of an account that a step becomes at the edge; `undefined` for the other streams' own. */
const accountCommand = ({ command: type, key, lanes, body }: Step): AccountCommand | undefined => {
  const data = body(new Map())
  switch (type) {
    case 'RegisterClient':
      return { type, data: RegisterClient.parse(data) }
    case 'UpdateClient':
      return { type, data: UpdateClient.parse(data) }
    case 'RegisterInvoice':
      return { type, data: RegisterInvoice.parse(data) }
    case 'RegisterClaim':
      return { type, data: RegisterClaim.parse(data) }
    case 'CancelInvoice':
      return { type, data: CancelInvoice.parse(data) }
    case 'RegisterCreditNote':
      return { type, data: RegisterCreditNote.parse(data) }
    case 'GrantDiscount':
      return { type, data: GrantDiscount.parse(data) }
    case 'WriteOffInvoice':
      return { type, data: WriteOffInvoice.parse(data) }
    case 'RecordPayment': {
      const { receipt: _, ...payment } = RecordPayment.parse(data)
      return { type, data: payment }
    }
    case 'RecordSetOff':
      return { type, data: RecordSetOff.parse(data) }
    case 'AllocatePayment':
      return { type, data: AllocatePayment.parse(data) }
    case 'DeallocatePayment':
      return { type, data: DeallocatePayment.parse(data) }
    case 'ReversePayment':
      return { type, data: { ...ReversePayment.parse(data), claimId: 'any' } }
    case 'ConfirmPaymentCleared':
      return { type, data: ConfirmPaymentCleared.parse(data) }
    case 'RecordRefund':
      return { type, data: { ...RecordRefund.parse(data), claimId: 'any' } }
    case 'AnnulReceipt': {
      // The book annuls; the account is told to let the payment go.
      const paymentId = key.replace('AnnulReceipt-', '')
      const clientId = lanes[0]?.replace('account ', '') ?? ''
      const receipt = { receiptId: 'any', series: 'any', number: 1, annulledOn: '2026-10-08' }
      return { type: 'ReleaseReceipt', data: { clientId, paymentId, ...receipt, alsoReversePayment: true } }
    }
    case 'RegisterCompany':
    case 'OpenReceiptBook':
      return undefined
    default:
      throw new Error(`the plan has ${type}, which this test does not know`)
  }
}

t.test('the plan of a firm', async (t) => {
  const plan = planFirm({ seed: '1', scale: 1 })

  t.test('is the same for the same seed, and only grows with the scale', async (t) => {
    t.same(planFirm({ seed: '1', scale: 1 }).map(text), plan.map(text))
    t.not(planFirm({ seed: '2', scale: 1 }).map(text).join(), plan.map(text).join())
    const larger = new Set(planFirm({ seed: '1', scale: 2 }).map(text))
    t.same(
      plan.filter((step) => !larger.has(text(step))),
      [],
    )
    t.equal(new Set(plan.map((step) => step.key)).size, plan.length, 'no key twice')
  })

  t.test('is what the issue asks for', async (t) => {
    t.equal(bodies(plan, 'RegisterClient').length, 40)
    t.equal(bodies(plan, 'RegisterInvoice').length, 600)
    const payments = JSON.stringify(bodies(plan, 'RecordPayment'))
    for (const what of [
      'BANK_TRANSFER',
      'CASH',
      'CARD_POS',
      'CARD_ONLINE',
      'oldestDueFirst',
      'explicit',
      '"none"',
      'receipt',
      'payer',
    ]) {
      t.ok(payments.includes(what), what)
    }
    for (const command of [
      'ReversePayment',
      'AnnulReceipt',
      'DeallocatePayment',
      'AllocatePayment',
      'UpdateClient',
      'RegisterCreditNote',
      'RecordRefund',
      'WriteOffInvoice',
      'GrantDiscount',
      'ConfirmPaymentCleared',
      'RecordSetOff',
      'CancelInvoice',
      'RegisterClaim',
    ]) {
      t.ok(bodies(plan, command).length > 0, command)
    }
    const rates = bodies(plan, 'RegisterInvoice').map((body) => RegisterInvoice.parse(body))
    const wrongRate = rates.filter(
      ({ issuedOn, vatLines }) => vatLines?.[0]?.rate !== (issuedOn < '2025-08-01' ? '19' : '21'),
    )
    t.same(wrongRate, [])
    t.ok(rates.some(({ issuedOn }) => issuedOn < '2025-08-01'))
  })

  t.test('goes forward in time, so that a book never goes back in date', async (t) => {
    t.same(
      plan.map((step) => step.day),
      plan.map((step) => step.day).toSorted(),
    )
  })

  t.test('numbers its invoices in the order of their days', async (t) => {
    const invoices = bodies(plan, 'RegisterInvoice').map((body) => RegisterInvoice.parse(body))
    const byNumber = invoices.toSorted((a, b) => Number(a.number) - Number(b.number))
    t.same(
      byNumber.map(({ issuedOn }) => issuedOn),
      invoices.map(({ issuedOn }) => issuedOn).toSorted(),
    )
    t.equal(Number(byNumber.at(-1)?.number) - Number(byNumber[0]?.number), 599, 'without a gap')
  })

  t.test('is accepted by the domain, and leaves invoices 90 days late', async (t) => {
    const accounts = new Map<string, ClientAccount>()
    const warnings: unknown[] = []
    const context = { today: '2026-11-24' }
    for (const step of plan) {
      const lane = step.lanes[0] ?? ''
      const command = accountCommand(step)
      if (command === undefined) continue
      const account = accounts.get(lane) ?? clientAccount.initialState()
      accounts.set(lane, account)
      const events = clientAccount.decide(command, account, context)
      t.ok(events.length > 0, step.key)
      for (const event of events) {
        clientAccount.evolve(account, event)
        if (event.type === 'PaymentRecorded') warnings.push(...(event.data.cashBreaches ?? []))
      }
    }
    t.same(warnings, [], 'and keeps the law about cash')
    const open = [...accounts.values()]
      .flatMap((account) => [...accountInvoices.all(account)])
      .filter((invoice) => invoice.open > 0n)
    t.ok(open.filter((invoice) => invoice.dueOn < '2026-08-26').length >= 5)
  })
})

t.test('the papers of a week are entered on the Tuesday after it', async (t) => {
  const days = ['2026-10-25', '2026-10-26', '2026-10-31', '2026-11-01', '2026-11-02']
  const at = (now: string) =>
    sittingsOf(
      days.map((day) => ({ day })),
      new Date(now),
    ).map(({ enteredAt, steps }) => [enteredAt.toISOString(), steps.map(({ day }) => day).join()])
  t.same(at('2027-01-01T00:00:00Z'), [
    ['2026-10-27T14:00:00.000Z', '2026-10-25'],
    ['2026-11-03T14:00:00.000Z', '2026-10-26,2026-10-31,2026-11-01'],
    ['2026-11-10T14:00:00.000Z', '2026-11-02'],
  ])
  t.equal(at('2026-11-05T08:00:00Z').at(-1)?.[0], '2026-11-05T08:00:00.000Z', 'nothing is entered later than now')
})

t.test('runInLanes', async (t) => {
  t.test('keeps the order in each lane and the bound over all', async (t) => {
    const tasks = Array.from({ length: 200 }, (_, number) => ({ number, lanes: [`a${number % 7}`, `b${number % 3}`] }))
    const begun: number[] = []
    const ended: number[] = []
    let running = 0
    let runningMax = 0
    await runInLanes(tasks, 5, async ({ number }) => {
      begun.push(number)
      running += 1
      runningMax = Math.max(runningMax, running)
      await sleep(number % 2)
      running -= 1
      ended.push(number)
    })
    t.equal(ended.length, 200)
    t.ok(runningMax > 1 && runningMax <= 5, `${runningMax} at once`)
    for (const modulus of [7, 3]) {
      for (let lane = 0; lane < modulus; lane += 1) {
        const inLane = begun.filter((number) => number % modulus === lane)
        t.same(
          inLane,
          inLane.toSorted((a, b) => a - b),
        )
      }
    }
  })

  t.test('begins nothing after a failure, and throws it when the rest has ended', async (t) => {
    const done: number[] = []
    const tasks = Array.from({ length: 50 }, (_, number) => ({ number, lanes: [`${number}`] }))
    const run = runInLanes(tasks, 4, async ({ number }) => {
      await sleep(1)
      if (number === 5) throw new Error('the sixth')
      done.push(number)
    })
    await t.rejects(run, /the sixth/)
    t.ok(done.length < 20)
  })
})
