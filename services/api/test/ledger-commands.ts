import { type AccountCommand, type AccountEvent, clientAccountStream } from '@registru/domain'
import * as examples from '@registru/domain/examples'
import { commandIdOf, type EventStore, formerRequestHashOf, requestHashOf } from '@registru/event-store'
import type { CommandContext, Handled } from '../src/ledger/command-context.ts'
import type { CommandPlaces } from '../src/ledger/command-places.ts'
import { createLedger, type Ledger } from '../src/ledger/ledger.ts'
import type { SnapshotKeeper } from '../src/ledger/snapshots.ts'

export const { ron } = examples

const CACHE_BYTES_MAX = 10_000_000

export const ledgerOver = (
  store: EventStore,
  override: {
    readonly now?: () => Date
    readonly cacheBytesMax?: number
    readonly snapshots?: SnapshotKeeper
    readonly askDivergence?: () => Promise<string | undefined>
    readonly commandPlaces?: CommandPlaces
  } = {},
): Ledger => {
  const ledger = createLedger({
    store,
    today: () => '2026-11-24',
    now: () => new Date(),
    cacheBytesMax: CACHE_BYTES_MAX,
    ...override,
  })
  running.push(ledger)
  return ledger
}

const running: Ledger[] = []

/** Each ledger looks at its store from time to time, and keeps it in memory for that: thousands of them stop after use. */
export const stopLedgers = (): void => {
  for (const ledger of running.splice(0)) ledger.stop()
}

export const contextOf = (
  name: string,
  key: string,
  data: object,
  override: Partial<CommandContext> = {},
): CommandContext => ({
  companyId: 'amc',
  commandId: commandIdOf('amc', name, key),
  requestHash: requestHashOf({ body: data, actor: 'test' }),
  formerRequestHash: () => formerRequestHashOf(data),
  correlationId: key,
  causationId: key,
  actor: 'test',
  dryRun: false,
  ...override,
})

export const account = clientAccountStream('amc', 'alfa')

/** Sends one command to the account of alfa, under a key of its own if none is given. */
export const send = (
  ledger: Ledger,
  command: AccountCommand,
  key: string,
  override: Partial<CommandContext> = {},
): Promise<Handled<AccountEvent>> =>
  ledger.accounts.handle(account, command, contextOf(command.type, key, command.data, override))

export const registerClient = (): AccountCommand => ({ type: 'RegisterClient', data: examples.registerClient() })

export const registerInvoice = (invoiceId = 'inv-1', total = '1000.00'): AccountCommand => ({
  type: 'RegisterInvoice',
  data: examples.registerInvoice({ invoiceId, number: invoiceId, total: ron(total), vatLines: undefined }),
})

/** A payment that goes in full to one invoice, or to none. */
export const recordPayment = (paymentId: string, amount = '100.00', invoiceId: string = 'inv-1') => ({
  type: 'RecordPayment' as const,
  data: {
    ...examples.recordPayment({ paymentId, amount: ron(amount) }),
    receipt: undefined,
    allocation:
      invoiceId === 'none' ? { rule: 'none' as const } : { rule: 'explicit' as const, items: [{ invoiceId, amount }] },
  },
})
