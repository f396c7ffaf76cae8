/** Two commands that exclude each other, sent at the same time to two processes: exactly one wins, each time. */
import * as examples from '@registru/domain/examples'
import t from 'tap'
import { type Api, codeOf, createApi, openPool } from './api.ts'
import { createFakeEventStore } from './fake-event-store.ts'

const ROUNDS = process.env['LONG'] === undefined ? 100 : 1_000
t.setTimeout(60_000 + ROUNDS * 1_000)

const { ron } = examples
const store = createFakeEventStore()
/** Appends take a little, so that both processes decide before either has written. */
store.answerDelayMs = 1
const pool = openPool(t, 'postgres://nobody@127.0.0.1:1/none')
const [left, right] = [await createApi(store, pool), await createApi(store, pool)]

const accept = async (name: string, body: unknown): Promise<void> => {
  const response = await left.command(name, body)
  if (response.statusCode !== 201) throw new Error(`${name}: ${response.body}`)
}
await accept('RegisterCompany', examples.registerCompany())
await accept('SetPolicy', { cashGuard: 'REJECT' })

const account = async (clientId: string, ...invoiceIds: string[]): Promise<void> => {
  await accept('RegisterClient', examples.registerClient({ clientId }))
  for (const invoiceId of invoiceIds) {
    const invoice = examples.registerInvoice({ clientId, invoiceId, number: invoiceId, total: ron('10.00') })
    await accept('RegisterInvoice', { ...invoice, vatLines: undefined })
  }
}
const payment = (clientId: string, paymentId: string, amount: string, change: object = {}) => ({
  clientId,
  paymentId,
  amount: ron(amount),
  method: 'BANK_TRANSFER',
  receivedOn: '2026-11-02',
  allocation: { rule: 'none' },
  ...change,
})

type Command = readonly [name: string, body: object]

interface Race {
  readonly about: string
  readonly refusedAs: string
  /** Sets the stage for one round; answers the two commands. */
  readonly prepare: (round: string) => Promise<readonly [Command, Command]>
}

const races: readonly Race[] = [
  {
    about: 'the last credit of a payment',
    refusedAs: 'ALLOCATION_EXCEEDS_CREDIT',
    prepare: async (round) => {
      await account(round, 'i-1', 'i-2')
      await accept('RecordPayment', payment(round, 'p', '10.00'))
      const to = (invoiceId: string): Command => [
        'AllocatePayment',
        { clientId: round, paymentId: 'p', invoiceId, amount: '10.00' },
      ]
      return [to('i-1'), to('i-2')]
    },
  },
  {
    about: 'the last open amount of an invoice',
    refusedAs: 'ALLOCATION_EXCEEDS_OPEN_AMOUNT',
    prepare: async (round) => {
      await account(round, 'i-1')
      const allocation = { rule: 'explicit', items: [{ invoiceId: 'i-1', amount: '10.00' }] }
      const by = (paymentId: string): Command => ['RecordPayment', payment(round, paymentId, '10.00', { allocation })]
      return [by('p-1'), by('p-2')]
    },
  },
  {
    about: 'the last number of a receipt book',
    refusedAs: 'RECEIPT_RANGE_EXHAUSTED',
    prepare: async (round) => {
      await accept('OpenReceiptBook', examples.openReceiptBook({ series: round, from: 1, to: 1 }))
      for (const half of ['l', 'r']) {
        await account(`${round}-${half}`)
        await accept('RecordPayment', payment(`${round}-${half}`, 'p', '10.00', { method: 'CASH' }))
      }
      const of = (half: string): Command => [
        'IssueReceipt',
        { clientId: `${round}-${half}`, paymentId: 'p', series: round, issuedOn: '2026-11-02' },
      ]
      // Each process asks once what others know of the book; the race is about what comes after that.
      for (const process of [left, right]) await process.command(...of('l'), { dryRun: true })
      return [of('l'), of('r')]
    },
  },
  {
    about: 'what is left of the cash ceiling',
    refusedAs: 'CASH_LIMIT_PER_PERSON_DAY',
    prepare: async (round) => {
      await account(round)
      const by = (paymentId: string): Command => [
        'RecordPayment',
        payment(round, paymentId, '3000.00', { method: 'CASH', deskId: 'C1' }),
      ]
      return [by('p-1'), by('p-2')]
    },
  },
]

for (const [index, { about, refusedAs, prepare }] of races.entries()) {
  t.test(about, async (t) => {
    let wonByLeft = 0
    for (let round = 0; round < ROUNDS; round += 1) {
      const [first, second] = await prepare(`race-${index}-${round}`)
      const send = (process: Api, [name, body]: Command) => process.command(name, body)
      // Alternately, for whoever is asked first would win most of the time.
      const processes = round % 2 === 0 ? ([left, right] as const) : ([right, left] as const)
      const answers = await Promise.all([send(processes[0], first), send(processes[1], second)])
      const refused = answers.filter(({ statusCode }) => statusCode !== 201)
      const [loser] = refused
      if (refused.length !== 1 || loser === undefined || codeOf(loser) !== refusedAs) {
        t.fail(`round ${round}: ${answers.map(({ body }) => body).join(' and ')}`)
      }
      if (answers[round % 2]?.statusCode === 201) wonByLeft += 1
    }
    t.comment(`${ROUNDS} rounds, ${wonByLeft} won by the first process`)
    t.ok(wonByLeft > 0 && wonByLeft < ROUNDS, 'either wins at times')
  })
}
