import { randomUUID } from 'node:crypto'
import {
  type AccountCommand,
  type AccountEvent,
  addDays,
  clientAccount,
  clientAccountStream,
  decimalOf,
  ledgerCodec,
} from '@registru/domain'
import { type EventStore, type EventToAppend, formerEventIdOf } from '@registru/event-store'
import { createRandom } from '@registru/scripts/seed/random'
import { COMPANY } from './workload.ts'

const EVENTS_PER_ACCOUNT = 50
const ACCOUNTS_AT_ONCE = 32
const ATTEMPTS_MAX = 10

/** An account's life by the domain's own decisions: invoices, payments oldest due first, a wrong allocation now and then. */
const lifeOf = (account: number): readonly EventToAppend[] => {
  const random = createRandom(`history ${account}`)
  const clientId = `client-${account}`
  const state = clientAccount.initialState()
  const events: EventToAppend[] = []
  let today = '2026-01-05'

  const command = (type: AccountCommand['type'], decided: readonly AccountEvent[]): void => {
    const commandId = randomUUID()
    decided.forEach((event, index) => {
      const {
        schemaVersion,
        event: { data },
      } = ledgerCodec.encode(event)
      clientAccount.evolve(state, event)
      const metadata = {
        companyId: COMPANY,
        commandId,
        requestHash: '0'.repeat(64),
        correlationId: commandId,
        causationId: commandId,
        actor: 'benchmark',
        recordedAt: new Date().toISOString(),
        schemaVersion,
      }
      events.push({ id: formerEventIdOf(commandId, index), type: event.type, data, metadata })
    })
    if (decided.length === 0) throw new Error(`${type} decided nothing`)
  }
  const decide = (message: AccountCommand): void =>
    command(message.type, clientAccount.decide(message, state, { today }))

  decide({ type: 'RegisterClient', data: { clientId, kind: 'INDIVIDUAL', name: `Client ${account}` } })
  for (let number = 0; events.length < EVENTS_PER_ACCOUNT; number += 1) {
    today = addDays(today, random.between(1, 6))
    const amount = decimalOf(BigInt(random.between(1_000, 900_000)), 'RON')
    const invoice = {
      invoiceId: `${clientId}-${number}`,
      number: `${number}`,
      issuedOn: today,
      dueOn: addDays(today, 30),
    }
    decide({ type: 'RegisterInvoice', data: { clientId, ...invoice, total: { amount, currency: 'RON' } } })
    if (random.chance(0.2)) continue
    const paymentId = `${clientId}-p${number}`
    const payment = {
      paymentId,
      amount: { amount, currency: 'RON' },
      method: 'BANK_TRANSFER',
      receivedOn: addDays(today, 3),
    } as const
    decide({ type: 'RecordPayment', data: { clientId, ...payment } })
    if (random.chance(0.05))
      decide({
        type: 'ReversePayment',
        data: { clientId, paymentId, claimId: `${paymentId}-claim`, reason: 'BOUNCED', reversedOn: addDays(today, 9) },
      })
  }
  return events
}

export interface History {
  readonly events: number
  /** They are numbered, from the first one on. */
  readonly accounts: number
}

/** Appends at least `events` events, in accounts of their own from the first one on. */
export const writeHistory = async (
  store: EventStore,
  events: number,
  onProgress: (written: number) => void,
  firstAccount = 0,
): Promise<History> => {
  let written = 0
  let next = firstAccount
  const writeAccounts = async (): Promise<void> => {
    while (written < events) {
      const account = next
      next += 1
      const life = lifeOf(account)
      const append = () => store.append(clientAccountStream(COMPANY, `client-${account}`), 'no_stream', life)
      let { outcome } = await append()
      // A busy machine answers late; the same bytes again are written once.
      for (let attempt = 1; outcome === 'unknown' && attempt < ATTEMPTS_MAX; attempt += 1)
        ({ outcome } = await append())
      if (outcome !== 'written') throw new Error(`the history could not be written: ${outcome}`)
      written += life.length
      onProgress(written)
    }
  }
  await Promise.all(Array.from({ length: ACCOUNTS_AT_ONCE }, writeAccounts))
  return { events: written, accounts: next - firstAccount }
}
