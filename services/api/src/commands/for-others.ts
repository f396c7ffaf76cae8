import type {
  AccountEvent,
  Allocation,
  ClientId,
  CompanyId,
  ForAnother,
  PaymentId,
  RecordPayment,
} from '@registru/domain'
import { clientAccountStream, payerKindOf, Rejection } from '@registru/domain'
import { v5 } from 'uuid'
import type { z } from 'zod'
import type { CommandContext, Handled } from '../ledger/command-context.ts'
import { restOf } from '../ledger/errors.ts'
import { lastPosition } from '../ledger/last-position.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { CommandDependencies } from './command-definition.ts'
import { eventsOf } from './on-account.ts'
import { allocationWarnings } from './vat-warnings.ts'

type Asked = z.infer<typeof RecordPayment>['allocation']

/** Sorts out what is for other clients' invoices; each gets an id that a retry of the same command derives again. */
export const sortedOut = (
  allocation: Asked,
  clientId: ClientId,
  { commandId }: CommandContext,
): { readonly allocation: Allocation | undefined; readonly forOthers?: readonly ForAnother[] } => {
  if (allocation?.rule !== 'explicit') return { allocation }
  const isOther = (whose: ClientId | undefined): whose is ClientId => whose !== undefined && whose !== clientId
  const own = allocation.items.flatMap(({ invoiceClientId, ...item }) => (isOther(invoiceClientId) ? [] : [item]))
  const forOthers = allocation.items.flatMap(({ invoiceClientId, invoiceId, amount = '' }, index) => {
    if (!isOther(invoiceClientId)) return []
    const path = `/allocation/items/${index}`
    return [{ invoiceClientId, invoiceId, amount, transferId: v5(`transfer ${index}`, commandId), path }]
  })
  return { allocation: { rule: 'explicit', items: own }, ...(forOthers.length > 0 && { forOthers }) }
}

type Facts = Omit<z.infer<typeof RecordPayment>, 'allocation' | 'receipt'>

/** Cash is cash on the invoice of another, too; by whom it is, only the account of the payment knows. */
const cashOf = async ({ clientId, method, payer }: Facts, companyId: CompanyId, ledger: Ledger) => {
  if (method !== 'CASH') return undefined
  const { client } = await ledger.accounts.read(
    clientAccountStream(companyId, clientId),
    (account) => account.client !== undefined,
  )
  return client && payerKindOf(payer, client)
}

/** The other accounts are asked first; a command that was carried out before passes that question whatever they say today. */
export const requireOthers = async (
  forOthers: readonly ForAnother[],
  facts: Facts,
  context: CommandContext,
  { ledger, transfers }: CommandDependencies,
): Promise<void> => {
  if (forOthers.length === 0) return
  const { companyId } = context
  const { currency } = facts.amount
  const cash = { cashOf: await cashOf(facts, companyId, ledger), cashOverride: facts.cashOverride }
  try {
    for (const { invoiceClientId: toClientId, invoiceId, amount, transferId } of forOthers) {
      const asked = {
        toClientId,
        transferId,
        invoiceId,
        amount: { amount, currency },
        movedOn: facts.receivedOn,
        ...cash,
      }
      await transfers.requireReceiver(companyId, asked)
    }
  } catch (error) {
    const stream = clientAccountStream(companyId, facts.clientId)
    if (!(error instanceof Rejection) || (await ledger.accounts.replayed(stream, context)) === undefined) throw error
  }
}

/**
 * Has the other accounts receive what is reserved for them. The payment is booked, so what one of them refuses in the last
 * moment is a warning, and stays credit of the payer.
 */
export const moveForOthers = async (
  handled: Handled<AccountEvent>,
  context: CommandContext,
  { transfers }: CommandDependencies,
) => {
  const requests = eventsOf(handled, 'TransferRequested')
  const { companyId, actor, correlationId, commandId, dryRun } = context
  const warnings: object[] = []
  const moved: {
    readonly invoiceClientId: ClientId
    readonly invoiceId: string
    readonly amount: string
    readonly transferId: PaymentId
  }[] = []
  let { position } = handled
  for (const { data, eventId } of requests) {
    const { toClientId: invoiceClientId, invoiceId = '', amount, transferId } = data
    const told = { invoiceClientId, invoiceId, amount: amount.amount, transferId }
    if (dryRun && !handled.replayed) {
      moved.push(told)
      continue
    }
    const answer = await restOf(commandId, transfers.move({ data, eventId, companyId, actor, correlationId }))
    position = lastPosition({ position }, answer)
    if (answer.code !== undefined) warnings.push({ code: 'INVOICE_OF_OTHER_NOT_PAID', reason: answer.code, ...told })
    else moved.push(told)
    warnings.push(...allocationWarnings({ ...handled, events: answer.received }))
  }
  return { position, warnings, moved }
}
