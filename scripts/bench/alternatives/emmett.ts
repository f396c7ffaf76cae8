/**
 * Event sourcing with Emmett in its usual way: a stream a client in its PostgreSQL store, the client's events folded for each
 * decision, and the invoice's balance as an inline projection, so that it is there with the answer.
 */
import {
  CommandHandler,
  type Event,
  IllegalStateError,
  inlineProjections,
  isExpectedVersionConflictError,
} from '@event-driven-io/emmett'
import { getPostgreSQLEventStore, pongoMultiStreamProjection } from '@event-driven-io/emmett-postgresql'
import { minorOf, type PaymentBody, paymentSchema, serve } from './serve.ts'

type InvoiceRegistered = Event<
  'InvoiceRegistered',
  { readonly invoiceId: string; readonly clientId: string; readonly currency: string; readonly totalMinor: string }
>
type PaymentRecorded = Event<
  'PaymentRecorded',
  {
    readonly paymentId: string
    readonly clientId: string
    readonly currency: string
    readonly amountMinor: string
    readonly method: string
    readonly receivedOn: string
  }
>
type PaymentAllocated = Event<
  'PaymentAllocated',
  { readonly paymentId: string; readonly invoiceId: string; readonly amountMinor: string }
>
type AccountEvent = InvoiceRegistered | PaymentRecorded | PaymentAllocated

/** What is open on each invoice, by id. */
type Account = ReadonlyMap<string, { readonly currency: string; readonly openMinor: bigint }>

const evolve = (account: Account, event: AccountEvent): Account => {
  switch (event.type) {
    case 'InvoiceRegistered': {
      const { invoiceId, currency, totalMinor } = event.data
      return new Map(account).set(invoiceId, { currency, openMinor: BigInt(totalMinor) })
    }
    case 'PaymentAllocated': {
      const { invoiceId, amountMinor } = event.data
      const invoice = account.get(invoiceId)
      if (invoice === undefined) throw new Error(`history names ${invoiceId} before it introduces it`)
      return new Map(account).set(invoiceId, { ...invoice, openMinor: invoice.openMinor - BigInt(amountMinor) })
    }
    case 'PaymentRecorded':
      return account
  }
}

/** A document of JSON, so amounts are text. A type, for the library wants documents with an index signature. */
type InvoiceBalance = { readonly currency: string; readonly totalMinor: string; readonly openMinor: string }

const invoiceBalances = pongoMultiStreamProjection<InvoiceBalance, InvoiceRegistered | PaymentAllocated>({
  collectionName: 'invoice_balances',
  canHandle: ['InvoiceRegistered', 'PaymentAllocated'],
  getDocumentId: ({ data }) => data.invoiceId,
  evolve: (balance: InvoiceBalance | null, event: InvoiceRegistered | PaymentAllocated) => {
    if (event.type === 'InvoiceRegistered') {
      const { currency, totalMinor } = event.data
      return { currency, totalMinor, openMinor: totalMinor }
    }
    return balance && { ...balance, openMinor: `${BigInt(balance.openMinor) - BigInt(event.data.amountMinor)}` }
  },
})

const streamOf = (clientId: string): string => `account-${clientId}`
const TOTAL_MINOR = '100000000000'
/** Others write to the same stream meanwhile: with its own pauses, as often as it takes 64 callers to get through. */
const CONFLICTS_MAX = 64

await serve(async (app, pool) => {
  const store = getPostgreSQLEventStore(String(process.env['DATABASE_URL']), {
    projections: inlineProjections([invoiceBalances]),
    connectionOptions: { pool },
  })
  app.addHook('onClose', () => store.close())
  for (let account = 0; account < Number(process.env['ACCOUNTS']); account += 1) {
    const clientId = `client-${account}`
    const data = { invoiceId: `invoice-${account}`, clientId, currency: 'RON', totalMinor: TOTAL_MINOR }
    await store.appendToStream<InvoiceRegistered>(streamOf(clientId), [{ type: 'InvoiceRegistered', data }])
  }
  const handle = CommandHandler<Account, AccountEvent>({
    evolve,
    initialState: () => new Map(),
    retry: { onVersionConflict: { retries: CONFLICTS_MAX, minTimeout: 1, maxTimeout: 20, factor: 1.5 } },
  })

  app.post<{ Body: PaymentBody }>('/payments', { schema: paymentSchema }, async (request, reply) => {
    const { clientId, paymentId, invoiceId, amount, currency, method, receivedOn } = request.body
    const minor = minorOf(amount)
    const amountMinor = `${minor}`
    try {
      const { newState } = await handle(store, streamOf(clientId), (account) => {
        const invoice = account.get(invoiceId)
        if (invoice?.currency !== currency || invoice.openMinor < minor) throw new IllegalStateError('more than open')
        return [
          { type: 'PaymentRecorded', data: { paymentId, clientId, currency, amountMinor, method, receivedOn } },
          { type: 'PaymentAllocated', data: { paymentId, invoiceId, amountMinor } },
        ]
      })
      return await reply.code(201).send({ paymentId, open: String(newState.get(invoiceId)?.openMinor) })
    } catch (error) {
      if (error instanceof IllegalStateError) return reply.code(422).send({ code: 'NOT_FOUND_OR_MORE_THAN_OPEN' })
      if (isExpectedVersionConflictError(error)) return reply.code(409).send({ code: 'TOO_MANY_CONFLICTS' })
      throw error
    }
  })
})
