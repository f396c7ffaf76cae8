import { setTimeout as sleep } from 'node:timers/promises'
import { clientAccount, RecordPayment, RegisterClient, RegisterInvoice } from '@registru/domain'
import t from 'tap'
import { planFirm, type Step } from '../src/seed/firm.ts'
import { runInLanes } from '../src/seed/lanes.ts'

const text = (step: Step): string =>
  `${step.key} ${step.day} ${step.lanes.join()} ${JSON.stringify(step.body(new Map()))}`
const bodies = (steps: readonly Step[], command: string): readonly object[] =>
  steps.filter((step) => step.command === command).map((step) => step.body(new Map()))

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
    for (const command of ['ReversePayment', 'AnnulReceipt', 'DeallocatePayment', 'AllocatePayment', 'UpdateClient']) {
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

  t.test('is accepted by the domain, and leaves invoices 90 days late', async (t) => {
    const accounts = new Map<string, ReturnType<typeof clientAccount.initialState>>()
    const accountOf = (clientId: string) => {
      const account = accounts.get(clientId) ?? clientAccount.initialState()
      accounts.set(clientId, account)
      return account
    }
    const context = { today: '2026-11-24' }
    for (const body of bodies(plan, 'RegisterClient')) {
      const data = RegisterClient.parse(body)
      const account = accountOf(data.clientId)
      for (const event of clientAccount.decide({ type: 'RegisterClient', data }, account, context))
        clientAccount.evolve(account, event)
    }
    for (const step of plan) {
      const body = step.body(new Map())
      if (step.command === 'RegisterInvoice') {
        const data = RegisterInvoice.parse(body)
        const account = accountOf(data.clientId)
        for (const event of clientAccount.decide({ type: 'RegisterInvoice', data }, account, context))
          clientAccount.evolve(account, event)
      }
      if (step.command === 'RecordPayment') {
        const { receipt: _, ...data } = RecordPayment.parse(body)
        const account = accountOf(data.clientId)
        // The second cash payment of the annulled receipt needs the annulment, which is the book's to decide.
        if (
          [...account.payments.values()].some(
            ({ receivedOn, method }) => receivedOn === data.receivedOn && method === 'CASH',
          )
        )
          continue
        for (const event of clientAccount.decide({ type: 'RecordPayment', data }, account, context))
          clientAccount.evolve(account, event)
      }
    }
    const open = [...accounts.values()]
      .flatMap((account) => [...account.invoices.values()])
      .filter((invoice) => invoice.open > 0n)
    t.ok(open.filter((invoice) => invoice.dueOn < '2026-08-26').length >= 5)
  })
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
