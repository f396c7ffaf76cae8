import {
  type AccountEvent,
  BEFORE_THE_STREAM,
  type ClientAccount,
  clientAccount,
  clientAccountStream,
  moneyOf,
} from '@registru/domain'
import { commandIdOf, type EventStore, type EventToAppend, formerEventIdOf } from '@registru/event-store'
import { COMPANY, INVOICE_TOTAL } from './workload.ts'

const EVENTS_AN_APPEND = 300
const EVENTS_OF_A_SETTLED_INVOICE = 3
const MONTHS = 12

/** One invoice of 1,210.00 and more, and the transfer that settles it. */
const settledInvoice = (clientId: string, index: number): readonly AccountEvent[] => {
  const [invoiceId, paymentId] = [`inv-${index}`, `pay-${index}`]
  const on = `2026-${`${(index % MONTHS) + 1}`.padStart(2, '0')}-15`
  const total = moneyOf(121_000n + BigInt(index), 'RON')
  return [
    {
      type: 'InvoiceRegistered',
      data: {
        clientId,
        invoiceId,
        kind: 'INVOICE',
        series: 'AMC',
        number: `${index}`,
        issuedOn: on,
        dueOn: on,
        total,
        vatLines: [{ rate: '21', base: moneyOf(100_000n + BigInt(index), 'RON').amount, vat: '210.00' }],
        cashAccounting: false,
        instalments: [],
        instalmentContract: false,
      },
    },
    {
      type: 'PaymentRecorded',
      data: {
        clientId,
        paymentId,
        amount: total,
        method: 'BANK_TRANSFER',
        receivedOn: on,
        bankReference: `029ZEXA${index}`,
        allocationRule: 'explicit@1',
      },
    },
    {
      type: 'PaymentAllocated',
      data: { clientId, paymentId, invoiceId, amount: total, allocatedOn: on, rule: 'explicit@1' },
    },
  ]
}

/** An invoice that takes every payment of a benchmark. */
export const OPEN_INVOICE = 'inv-open'

/** A client with one large open invoice and, as far as the number of events goes, settled ones. */
export function* accountEvents(clientId: string, events: number): Iterable<AccountEvent> {
  yield { type: 'ClientRegistered', data: { clientId, kind: 'BUSINESS', name: `Client ${clientId}` } }
  const [open] = settledInvoice(clientId, 0)
  if (open?.type !== 'InvoiceRegistered') throw new Error('an invoice begins with its registration')
  const total = { amount: INVOICE_TOTAL, currency: 'RON' }
  yield { type: 'InvoiceRegistered', data: { ...open.data, invoiceId: OPEN_INVOICE, total, vatLines: [] } }
  for (let index = 0; 2 + (index + 1) * EVENTS_OF_A_SETTLED_INVOICE <= events; index += 1) {
    yield* settledInvoice(clientId, index)
  }
}

/** As the API would have written them: an invoice is a command, and so is a payment with its allocation. */
function* stored(clientId: string, events: Iterable<AccountEvent>): Iterable<EventToAppend> {
  const recordedAt = new Date().toISOString()
  let commandId = ''
  let command = 0
  let index = 0
  for (const event of events) {
    if (event.type === 'PaymentAllocated') index += 1
    else {
      command += 1
      index = 0
      commandId = commandIdOf(COMPANY, event.type, `${clientId}-${command}`)
    }
    const { event: encoded, schemaVersion } = clientAccount.codec.encode(event)
    const metadata = {
      companyId: COMPANY,
      commandId,
      requestHash: '0'.repeat(64),
      correlationId: commandId,
      causationId: commandId,
      actor: 'bench',
      recordedAt,
      schemaVersion,
    }
    yield { id: formerEventIdOf(commandId, index), type: encoded.type, data: encoded.data, metadata }
  }
}

/** Writes an account's history straight into the event store. */
export const writeAccount = async (store: EventStore, clientId: string, events: number): Promise<void> => {
  const stream = clientAccountStream(COMPANY, clientId)
  let group: EventToAppend[] = []
  let revision = BEFORE_THE_STREAM
  const append = async (): Promise<void> => {
    const result = await store.append(stream, revision === BEFORE_THE_STREAM ? 'no_stream' : revision, group)
    if (result.outcome !== 'written') throw new Error(`${stream} could not be written: ${result.outcome}`)
    revision = result.revision
    group = []
  }
  for (const event of stored(clientId, accountEvents(clientId, events))) {
    group.push(event)
    if (group.length === EVENTS_AN_APPEND) await append()
  }
  if (group.length > 0) await append()
}

export const foldOf = (events: Iterable<AccountEvent>): ClientAccount => {
  let account = clientAccount.initialState()
  for (const event of events) account = clientAccount.evolve(account, event)
  return account
}
