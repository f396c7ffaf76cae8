import {
  type AccountCommand,
  type AccountEvent,
  accountPayments,
  type BusinessDay,
  type ClientId,
  type CompanyId,
  clientAccountStream,
  type EventOf,
  minorOf,
  moneyOf,
  type Payment,
  type PaymentId,
  type Position,
  Rejection,
  type ReversalRequested,
  recallableFrom,
  reversibleOf,
} from '@registru/domain'
import { v5 } from 'uuid'
import type { Handled } from '../ledger/command-context.ts'
import { lastPosition } from '../ledger/last-position.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { type Cause, stepContext } from '../steps/step.ts'
import type { TransferSaga } from './transfer-saga.ts'

export type ReversalRequest = EventOf<typeof ReversalRequested>['data']

export interface Reversed {
  /** What the account of the payment made of it, once all is back. */
  readonly concluded: Handled<AccountEvent>
  readonly position: Position | undefined
}

/** A payment is reversed that other accounts have something of: it is undone there first, one account after the other. */
export interface ReversalSaga {
  /** Whether other accounts have some of the payment, or had: its account is asked anew, for another process may have sent it. */
  readonly isElsewhere: (
    companyId: CompanyId,
    whose: { readonly clientId: ClientId; readonly paymentId: PaymentId },
  ) => Promise<boolean>
  /** Refuses early a day on which other accounts could not give back. @throws Rejection */
  readonly requireDay: (
    companyId: CompanyId,
    whose: { readonly clientId: ClientId; readonly paymentId: PaymentId },
    reversedOn: BusinessDay,
  ) => Promise<void>
  /** Brings back what is elsewhere and reverses it all; a second time, the same answer. */
  readonly carryOut: (request: Cause<ReversalRequest>) => Promise<Reversed>
}

/** Where some of a payment went, the last first: what went last comes back first. */
const elsewhere = ({ transfers }: Pick<Payment, 'transfers'>) =>
  transfers.filter(({ isReserved }) => !isReserved).toReversed()

const smaller = (one: bigint, other: bigint): bigint => (one < other ? one : other)

export const createReversalSaga = (ledger: Ledger, transfers: Pick<TransferSaga, 'move'>): ReversalSaga => {
  const paymentOf = async (companyId: CompanyId, clientId: ClientId, paymentId: PaymentId) => {
    const stream = clientAccountStream(companyId, clientId)
    // What is remembered may be old: nobody knows what has gone on since.
    const account = await ledger.accounts.read(stream, () => false)
    return { account, payment: accountPayments.get(account, paymentId) }
  }

  const toAccount = async (cause: Cause<unknown>, step: string, clientId: ClientId, command: AccountCommand) => {
    const companyRules = await ledger.rules.rulesOf(cause.companyId)
    const stream = clientAccountStream(cause.companyId, clientId)
    return ledger.accounts.handle(stream, command, { ...stepContext(cause, step), companyRules })
  }

  const carryOut: ReversalSaga['carryOut'] = async (cause) => {
    const { companyId, actor, correlationId } = cause
    const { clientId, paymentId, amount, reason, reversedOn, note } = cause.data
    let position: Position | undefined

    /** Brings back as much as is asked for of what stands under an id in another account; answers how much that was. */
    const recall = async (whose: ClientId, creditId: PaymentId, minor: bigint): Promise<bigint> => {
      const step = `recall ${whose} ${creditId}`
      // In this order: what was given back already, here or in another process, is missed by nobody.
      const { payment } = await paymentOf(companyId, whose, creditId)
      // What was sent back is no credit of its own: it is the other's again, and on the way back with that.
      if (payment === undefined) return 0n
      const stream = clientAccountStream(companyId, whose)
      const isBack = (await ledger.accounts.replayed(stream, stepContext(cause, step))) !== undefined
      if (!isBack) await bringTo(payment, minor)
      const back = await toAccount(cause, step, whose, {
        type: 'RecallTransfer',
        data: {
          clientId: whose,
          paymentId: creditId,
          amount: moneyOf(minor, amount.currency),
          transferId: v5(step, cause.eventId),
          reversedOn,
          reason,
        },
      })
      const request = back.events.find((event) => event.type === 'TransferRequested')
      if (request === undefined) return 0n
      const { data, eventId } = request
      const moved = await transfers.move({ data, eventId, companyId, actor, correlationId })
      position = lastPosition({ position }, back, moved)
      return minorOf(data.amount)
    }

    /** Until a payment has so much, or nobody has any of it. */
    const bringTo = async (payment: Payment, minor: bigint): Promise<void> => {
      let missing = minor - reversibleOf(payment)
      for (const { toClientId, transferId, amount: moved } of elsewhere(payment)) {
        if (missing <= 0n) return
        missing -= await recall(toClientId, transferId, smaller(missing, moved))
      }
    }

    const { payment } = await paymentOf(companyId, clientId, paymentId)
    if (payment !== undefined) await bringTo(payment, minorOf(amount))
    const concluded = await toAccount(cause, 'concludeReversal', clientId, {
      type: 'ConcludeReversal',
      data: {
        clientId,
        paymentId,
        amount,
        reason,
        reversedOn,
        ...(note !== undefined && { note }),
        claimId: v5('claim', cause.eventId),
      },
    })
    return { concluded, position: lastPosition({ position }, concluded) }
  }

  const requireDay: ReversalSaga['requireDay'] = async (companyId, { clientId, paymentId }, reversedOn) => {
    const { payment } = await paymentOf(companyId, clientId, paymentId)
    for (const { toClientId, transferId } of payment === undefined ? [] : elsewhere(payment)) {
      const { account } = await paymentOf(companyId, toClientId, transferId)
      const earliest = recallableFrom(account, transferId)
      if (earliest !== undefined && reversedOn < earliest) {
        const where = { clientId: toClientId, paymentId: transferId }
        throw new Rejection('UNDO_BEFORE_WHAT_IT_UNDOES', { path: '/reversedOn', day: reversedOn, earliest, ...where })
      }
      await requireDay(companyId, { clientId: toClientId, paymentId: transferId }, reversedOn)
    }
  }

  const isElsewhere: ReversalSaga['isElsewhere'] = async (companyId, { clientId, paymentId }) => {
    const { payment } = await paymentOf(companyId, clientId, paymentId)
    return payment !== undefined && payment.transfers.length > 0
  }

  return { isElsewhere, requireDay, carryOut }
}
