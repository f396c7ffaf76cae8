/** A payment is reversed that other accounts have some of: what they have comes back first, what went last the soonest. */

import { reversePayment, takenOf } from './allocations.ts'
import { moneyOf } from './amounts.ts'
import { oweFor } from './claims.ts'
import { type Body, ifNot, type Judgement } from './command.ts'
import type { Payment, State } from './state.ts'
import { last, lastEffectOf } from './terms.ts'
import { move } from './transfers.ts'
import { freePart, leftOf, takeMoneyBack } from './undoing.ts'

type World = ReadonlyMap<string, State>

interface Stood {
  readonly state: State
  readonly credit: Payment
}

const found = (world: World, clientId: string, paymentId: string): Stood => {
  const state = world.get(clientId)
  const credit = state?.payments.get(paymentId)
  if (state === undefined || credit === undefined) throw new Error(`the model misses ${paymentId} of ${clientId}`)
  return { state, credit }
}

/** The first day on which all that is elsewhere may come back. */
const backFrom = (world: World, { sent }: Payment): string =>
  last(
    ...[...sent].map(([transferId, { clientId }]) => {
      const { credit } = found(world, clientId, transferId)
      return last(lastEffectOf(credit), backFrom(world, credit))
    }),
  )

/** As much as somebody still has: what was given back or released there does not come. */
const bringTo = (world: World, payment: Payment, amount: number, day: string): void => {
  let missing = amount - leftOf(payment)
  for (const [transferId, { clientId, amount: moved }] of [...payment.sent].toReversed()) {
    if (missing <= 0) return
    const { state, credit } = found(world, clientId, transferId)
    const wanted = Math.min(missing, moved)
    bringTo(world, credit, wanted, day)
    const part = Math.min(wanted, leftOf(credit))
    if (part === 0 || credit.origin === undefined) continue
    const { freedOn } = freePart(state, credit, day, part)
    const home = found(world, credit.origin.clientId, credit.origin.paymentId)
    move(state, home.state, credit, part, { transferId, on: freedOn, home: home.credit })
    missing -= part
  }
}

export const reverseEverywhere = (from: State, others: readonly State[], body: Body, day: string): Judgement => {
  const plain = reversePayment(from, body, day)
  const payment = from.payments.get(body.paymentId)
  if (payment === undefined || payment.sent.size === 0) return plain
  const part = takenOf(payment, body)
  if (part <= leftOf(payment)) return plain
  const world: World = new Map([from, ...others].map((state) => [state.clientId, state]))
  const isMistake = body.reason === 'MISTAKE'
  return {
    codes: [...plain.codes, ...ifNot(day >= backFrom(world, payment), 'UNDO_BEFORE_WHAT_IT_UNDOES')],
    // Of a mistake nothing may have been left, wherever it went.
    mayRefuse: isMistake ? ['PAYMENT_REFUNDED'] : [],
    apply: (told) => {
      bringTo(world, payment, part, day)
      const here = leftOf(payment)
      const amount = isMistake ? Math.min(part, here) : part
      const on = last(day, lastEffectOf(payment))
      return {
        paymentId: payment.paymentId,
        amount: moneyOf(amount, payment.currency),
        ...oweFor(from, payment, amount - here, told, on),
        reopened: takeMoneyBack(from, payment, on, body.reason, amount),
      }
    },
  }
}
