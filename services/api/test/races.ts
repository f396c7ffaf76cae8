/** Pairs of commands that exclude each other, sent at the same time to two processes: exactly one wins, each time. */
import * as examples from '@registru/domain/examples'
import type { Test } from 'tap'
import { z } from 'zod'

const { ron } = examples

/** Asks one process; the text of its answer. */
export type Ask = (name: string, body: unknown, options?: { readonly dryRun?: boolean }) => Promise<string>

const Answer = z.looseObject({
  code: z.string().optional(),
  warnings: z.array(z.looseObject({ code: z.string(), reason: z.string().optional() })).optional(),
})
/** Why the answer is not all that was asked for; `undefined`: it is. */
const reasonIn = (text: string): string | undefined => {
  const { code, warnings = [] } = Answer.parse(JSON.parse(text))
  return code ?? warnings.find((warning) => warning.code === 'RECEIPT_NOT_ISSUED')?.reason
}

/** With fewer rounds one of the processes may win them all by chance. */
const ROUNDS_THAT_TELL = 50

const accepting =
  (ask: Ask) =>
  async (name: string, body: unknown): Promise<void> => {
    const text = await ask(name, body)
    if (reasonIn(text) !== undefined) throw new Error(`${name}: ${text}`)
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

const racesBetween = (left: Ask, right: Ask): readonly Race[] => {
  const accept = accepting(left)
  const account = async (clientId: string, ...invoiceIds: string[]): Promise<void> => {
    await accept('RegisterClient', examples.registerClient({ clientId }))
    for (const invoiceId of invoiceIds) {
      const invoice = examples.registerInvoice({ clientId, invoiceId, number: invoiceId, total: ron('10.00') })
      await accept('RegisterInvoice', { ...invoice, vatLines: undefined })
    }
  }
  return [
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
        for (const ask of [left, right]) await ask(...of('l'), { dryRun: true })
        return [of('l'), of('r')]
      },
    },
    {
      about: 'the last number of a receipt book, with the money',
      refusedAs: 'RECEIPT_RANGE_EXHAUSTED',
      prepare: async (round) => {
        await accept('OpenReceiptBook', examples.openReceiptBook({ series: round, from: 1, to: 1 }))
        const of = (half: string): Command => [
          'RecordPayment',
          payment(`${round}-${half}`, 'p', '10.00', { method: 'CASH', receipt: { series: round } }),
        ]
        for (const half of ['l', 'r']) await account(`${round}-${half}`)
        for (const ask of [left, right]) await ask(...of('l'), { dryRun: true })
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
}

/** The company in which the races take place. */
export const setStage = async (ask: Ask): Promise<void> => {
  await accepting(ask)('RegisterCompany', examples.registerCompany())
  await accepting(ask)('SetPolicy', { cashGuard: 'REJECT' })
}

export const race = (t: Test, rounds: number, left: Ask, right: Ask): void => {
  for (const [index, { about, refusedAs, prepare }] of racesBetween(left, right).entries()) {
    t.test(about, async (t) => {
      let wonByLeft = 0
      for (let round = 0; round < rounds; round += 1) {
        const [first, second] = await prepare(`race-${index}-${round}`)
        // Alternately, for whoever is asked first would win most of the time.
        const asks = round % 2 === 0 ? ([left, right] as const) : ([right, left] as const)
        const answers = await Promise.all([asks[0](...first), asks[1](...second)])
        const reasons = answers.map(reasonIn)
        const lost = reasons.filter((reason) => reason !== undefined)
        if (lost.length !== 1 || lost[0] !== refusedAs) t.fail(`round ${round}: ${answers.join(' and ')}`)
        if (reasons[round % 2] === undefined) wonByLeft += 1
      }
      t.comment(`${rounds} rounds, ${wonByLeft} won by the first process`)
      if (rounds >= ROUNDS_THAT_TELL) t.ok(wonByLeft > 0 && wonByLeft < rounds, 'either wins at times')
      t.pass(`${rounds} rounds`)
    })
  }
}
