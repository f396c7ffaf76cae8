/** Commands over two accounts: both hold still, as each order of what they do would be another story. */
import type { Test } from 'tap'
import type { Answered, Caller } from './caller.ts'
import type { ModelCommand } from './oracle/command.ts'
import type { Oracle } from './oracle/oracle.ts'
import { isMoney } from './oracle/terms.ts'
import { whoseIs } from './oracle/unidentified.ts'
import { nextForOthers, nextReversal, nextTransfer, nextUnidentified } from './play/commands.ts'
import type { Client } from './play/moment.ts'
import type { Random } from './random.ts'

export interface Step {
  readonly command: ModelCommand
  readonly key: string
}

/** Holds the ledger's answer to one command against the model, and has the model follow. */
export type Compare = (
  oracle: Oracle,
  step: Step,
  answered: Answered,
  others?: readonly Oracle[],
) => 'accepted' | 'refused'

interface Told {
  readonly t: Test
  readonly send: Caller['send']
  readonly compare: Compare
  readonly count: (what: string) => void
}

export interface Between {
  readonly random: Random
  /** Of the company itself. */
  readonly company: Oracle
  readonly day: string
  /** No other one's. */
  readonly fresh: string
}

/** An answer may be lost, and is asked for again. */
const askAgain = async (
  { t, send }: Told,
  { random }: Between,
  { command, key }: Step,
  { text }: Answered,
): Promise<void> => {
  if (!random.chance(0.2)) return
  const again = await send(command, key)
  t.ok(again.replayed && again.text === text, `${command.name} again: ${again.text}`)
}

/** Credit of one client for another. */
export const takeTransfer = async (told: Told, at: Between, clients: readonly Client[]): Promise<void> => {
  const { random, day, fresh } = at
  const from = random.pick(clients, undefined)
  const others = clients.filter((client) => client !== from)
  const to = random.chance(0.05) ? from : random.pick(others, undefined)
  if (from === undefined || to === undefined) return
  const step = { command: nextTransfer({ ...from, random }, to, day, fresh), key: `move-${fresh}` }
  const answered = await told.send(step.command, step.key)
  if (told.compare(from.oracle, step, answered, [to.oracle]) === 'refused') return
  told.count(step.command.name === 'TransferCredit' ? 'moved' : 'paid for another')
  await askAgain(told, at, step, answered)
}

/** One payment for the invoices of two clients. */
export const takeForOthers = async (told: Told, at: Between, clients: readonly Client[]): Promise<void> => {
  const { random, day, fresh } = at
  const from = random.pick(clients, undefined)
  const others = clients.filter((client) => client !== from)
  const to = random.pick(others, undefined)
  if (from === undefined || to === undefined) return
  const step = { command: nextForOthers({ ...from, random }, to, day, fresh), key: `for-others-${fresh}` }
  const answered = await told.send(step.command, step.key)
  const states = others.map(({ oracle }) => oracle)
  if (told.compare(from.oracle, step, answered, states) === 'refused') return
  told.count('for others')
  await askAgain(told, at, step, answered)
}

/** The bank takes back what was given on, or nobody ever paid it. */
export const takeReversal = async (told: Told, at: Between, clients: readonly Client[]): Promise<void> => {
  const { random, day, fresh } = at
  const elsewhere = clients.flatMap((client) =>
    [...client.oracle.state.payments.values()]
      .filter((payment) => isMoney(payment) && payment.sent.size > 0)
      .map((payment) => ({ client, payment })),
  )
  const given = random.pick(elsewhere, undefined)
  if (given === undefined) return
  const { client, payment } = given
  const step = { command: nextReversal({ ...client, random }, payment, day), key: `take-back-${fresh}` }
  const answered = await told.send(step.command, step.key)
  const others = clients.filter((other) => other !== client).map(({ oracle }) => oracle)
  if (told.compare(client.oracle, step, answered, others) === 'refused') return
  told.count('reversed elsewhere')
  await askAgain(told, at, step, answered)
}

/** Money whose client nobody knows, and is found. */
export const takeUnidentified = async (told: Told, at: Between, clients: readonly Client[]): Promise<void> => {
  const { random, company, day, fresh } = at
  const client = random.pick(clients, undefined)
  if (client === undefined) return
  const command = nextUnidentified(company, { ...client, random }, day, fresh)
  const step = { command, key: `unknown-${fresh}` }
  const answered = await told.send(command, step.key)
  const whose = command.name === 'UndoIdentification' ? whoseIs(company.state, command.body) : client.clientId
  const other = clients.find(({ clientId }) => clientId === whose) ?? client
  if (told.compare(company, step, answered, [other.oracle]) === 'refused') return
  await askAgain(told, at, step, answered)
}
