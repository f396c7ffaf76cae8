/** Two callers, each with a process of its own, at one account and one receipt book: what is true of both at the end. */
import * as examples from '@registru/domain/examples'
import { commandIdOf, type EventStore, type RecordedEvent } from '@registru/event-store'
import type { Test } from 'tap'
import { z } from 'zod'
import { eventsOf } from '../api.ts'
import type { Caller } from './caller.ts'
import { decimal } from './oracle/amounts.ts'
import type { ModelCommand } from './oracle/command.ts'
import { money } from './play/moment.ts'
import type { Random } from './random.ts'

const CLIENT = 'shared'
const SERIES = 'S-shared'
/** Few things, so that the callers are often after the same one. */
const THINGS = 6

interface Conflict {
  readonly send: Caller['send']
  readonly must: (name: string, body: object, key: string) => Promise<string>
  /** Of each caller. */
  readonly randoms: readonly [Random, Random]
  /** Of each caller. */
  readonly commands: number
  readonly on: string
}

const commandOf = (random: Random, on: string, fresh: string): ModelCommand => {
  const clientId = CLIENT
  const paymentId = `pay-${random.upTo(THINGS)}`
  const invoiceId = `inv-${random.upTo(THINGS)}`
  const amount = decimal(random.upTo(20_000))
  const commands: readonly ModelCommand[] = [
    {
      name: 'RegisterInvoice',
      body: { clientId, invoiceId, number: invoiceId, issuedOn: on, dueOn: on, total: money(random.upTo(60_000)) },
    },
    {
      name: 'RecordPayment',
      body: { clientId, paymentId, amount: money(random.upTo(50_000)), method: 'CASH', receivedOn: on },
    },
    {
      name: 'RecordPayment',
      body: {
        clientId,
        paymentId: random.chance(0.5) ? paymentId : `pay-${fresh}`,
        amount: money(random.upTo(50_000)),
        method: 'CASH',
        receivedOn: on,
        receipt: { series: SERIES },
      },
    },
    { name: 'AllocatePayment', body: { clientId, paymentId, invoiceId, amount, allocatedOn: on } },
    { name: 'AllocatePayment', body: { clientId, paymentId, invoiceId, amount, allocatedOn: on } },
    {
      name: 'DeallocatePayment',
      body: { clientId, paymentId, invoiceId, amount, deallocatedOn: on, reason: 'WRONG_INVOICE' },
    },
    { name: 'ReversePayment', body: { clientId, paymentId, reason: 'MISTAKE', reversedOn: on } },
    {
      name: 'RecordRefund',
      body: { clientId, refundId: `ref-${random.upTo(THINGS)}`, paymentId, amount, method: 'CASH', refundedOn: on },
    },
    { name: 'IssueReceipt', body: { clientId, paymentId, series: SERIES, issuedOn: on } },
    { name: 'IssueReceipt', body: { clientId, paymentId, series: SERIES, issuedOn: on } },
    {
      name: 'AnnulReceipt',
      body: {
        series: SERIES,
        number: random.upTo(THINGS),
        reason: 'sumă greșită',
        annulledOn: on,
        alsoReversePayment: random.chance(0.3),
      },
    },
  ]
  return random.pick(commands, { name: 'UpdateClient', body: { clientId, name: fresh } })
}

const cents = (amount: string): number => Math.round(Number(amount) * 100)
const Fact = z.looseObject({
  paymentId: z.string().optional(),
  invoiceId: z.string().optional(),
  receiptId: z.string().optional(),
  number: z.union([z.int(), z.string()]).optional(),
  total: z.looseObject({ amount: z.string().transform(cents) }).optional(),
  amount: z.looseObject({ amount: z.string().transform(cents) }).optional(),
})
const CommandOf = z.looseObject({ commandId: z.string() })

/** How often a command's events begin in these streams. */
const timesOf = (streams: readonly (readonly RecordedEvent[])[]): ReadonlyMap<string, number> => {
  const times = new Map<string, number>()
  for (const stream of streams) {
    let last: string | undefined
    for (const { metadata } of stream) {
      const { commandId } = CommandOf.parse(metadata)
      if (commandId !== last) times.set(commandId, (times.get(commandId) ?? 0) + 1)
      last = commandId
    }
  }
  return times
}

/** Money in, less what was settled and given back: never below nothing, at any event. */
const checkMoney = (t: Test, account: readonly RecordedEvent[]): void => {
  const open = new Map<string, number>()
  const credit = new Map<string, number>()
  const add = (to: Map<string, number>, id: string, amount: number): void => {
    const sum = (to.get(id) ?? 0) + amount
    if (sum < 0) t.fail(`${id} falls to ${sum}`)
    to.set(id, sum)
  }
  for (const { type, data } of account) {
    const { paymentId = '', invoiceId = '', total, amount } = Fact.parse(data)
    const sum = amount?.amount ?? 0
    if (type === 'InvoiceRegistered') add(open, invoiceId, total?.amount ?? 0)
    if (type === 'PaymentRecorded') add(credit, paymentId, sum)
    if (type === 'RefundRecorded') add(credit, paymentId, -sum)
    if (type === 'PaymentAllocated') {
      add(credit, paymentId, -sum)
      add(open, invoiceId, -sum)
    }
    if (type === 'PaymentDeallocated') {
      add(open, invoiceId, sum)
      add(credit, paymentId, sum)
    }
    if (type === 'PaymentReversed') add(credit, paymentId, -sum)
  }
}

/** Numbers without a gap, one living receipt a payment, and each reservation answered. */
const checkReceipts = (t: Test, account: readonly RecordedEvent[], book: readonly RecordedEvent[]): void => {
  const factsOf = (events: readonly RecordedEvent[], ...types: readonly string[]) =>
    events.filter(({ type }) => types.includes(type)).map(({ data }) => Fact.parse(data))
  const issued = factsOf(book, 'ReceiptIssued')
  t.same(
    issued.map(({ number }) => number),
    issued.map((_, index) => index + 1),
  )
  const annulled = new Set(factsOf(book, 'ReceiptAnnulled').map(({ number }) => number))
  const living = issued.filter(({ number }) => !annulled.has(number)).map(({ paymentId }) => paymentId)
  t.equal(new Set(living).size, living.length, 'one living receipt a payment')
  const idsOf = (facts: readonly z.infer<typeof Fact>[]) => new Set(facts.map(({ receiptId }) => receiptId))
  t.same(idsOf(factsOf(account, 'ReceiptRequested')), idsOf([...issued, ...factsOf(account, 'ReceiptDeclined')]))
  t.equal(factsOf(account, 'ReceiptReleased').length, annulled.size, 'each annulled one is released')
}

/** @returns what checks the end, once the store behaves again */
export const conflict = async (
  t: Test,
  { send, must, randoms, commands, on }: Conflict,
): Promise<(store: EventStore) => Promise<void>> => {
  await must('RegisterClient', examples.registerClient({ clientId: CLIENT }), CLIENT)
  await must('OpenReceiptBook', examples.openReceiptBook({ series: SERIES, from: 1, to: 9_999 }), `book-${CLIENT}`)
  const told = new Map<string, { readonly what: string; readonly isAccepted: boolean }>()
  const call = async (random: Random, caller: number): Promise<void> => {
    for (let step = 0; step < commands; step += 1) {
      const key = `conflict-${caller}-${step}`
      const command = commandOf(random, on, `${caller}-${step}`)
      const { status, text } = await send(command, key, { first: caller })
      if (status !== 201 && status !== 200 && (status < 400 || status > 422)) t.fail(`${command.name}: ${text}`)
      told.set(commandIdOf('amc', command.name, key), { what: `${command.name} ${text}`, isAccepted: status < 300 })
    }
  }
  await Promise.all(randoms.map(call))

  return async (store) => {
    const account = await eventsOf(store, `clientAccount-amc:${CLIENT}`)
    const book = await eventsOf(store, `receiptBook-amc:${SERIES}`)
    const times = timesOf([account, book])
    let accepted = 0
    for (const [commandId, { what, isAccepted }] of told) {
      // A receipt that the book refused leaves its reservation, and its end, in the account.
      const isDeclined = !isAccepted && what.startsWith('IssueReceipt') && times.get(commandId) === 1
      if (!isDeclined) t.equal(times.get(commandId) ?? 0, isAccepted ? 1 : 0, what)
      if (isAccepted) accepted += 1
    }
    checkMoney(t, account)
    checkReceipts(t, account, book)
    t.comment(`${accepted} of ${told.size} conflicting commands were accepted`)
  }
}
