import { type BusinessDay, latest } from '../../business-day.ts'
import type { CompanyRules } from '../../decider.ts'
import { minorOf, moneyOf } from '../../money.ts'
import { Rejection, reject } from '../../rejection.ts'
import type { ReceiveIdentification } from '../commands.ts'
import type { AccountEvent } from '../events/account-events.ts'
import { IdentificationRefused, IdentificationUndone, PaymentIdentified } from '../events/identifications.ts'
import { accountPayments, type Payment } from '../records/payments.ts'
import type { ClientAccount } from '../state.ts'
import { RULES, spread } from './allocation-rules.ts'
import type { Decisions } from './decisions.ts'
import { valueOffPayment } from './foreign-parts.ts'
import { mergedInto } from './merged.ts'
import { allocated, allocatedNotes, toldBy } from './payments.ts'
import { clientOf, firstFreeDay, paymentOf, requireNotBefore } from './requirements.ts'

// Money that came from somebody unknown and is found to be the client's: it is credit as any, but for its other side.

/** It is the client's from its day on, and settles what he meant. @throws Rejection */
const identified = (
  account: ClientAccount,
  { remittanceText, allocation, ...facts }: ReceiveIdentification,
  rules: CompanyRules | undefined,
): readonly AccountEvent[] => {
  const { clientId, paymentId, identificationId, method, identifiedOn, collectedOn, functional } = facts
  clientOf(account, clientId)
  if (account.merge !== undefined) throw mergedInto(account.merge)
  if (accountPayments.has(account, identificationId)) {
    reject('PAYMENT_ALREADY_RECORDED', { path: '/identificationId', paymentId: identificationId })
  }
  const { currency } = facts.amount
  const amount = minorOf(facts.amount)
  const rule = RULES[allocation.rule]
  const money = { paymentId: identificationId, currency, amount, method, receivedOn: identifiedOn, remittanceText }
  const spreading = spread(account, allocation, money, rules)
  const total = functional && minorOf(functional)
  const value = functional && total !== undefined ? { currency: functional.currency, total, left: total } : undefined
  const credit = { paymentId: identificationId, currency, amount, credit: amount, value, paidWhenCleared: false }
  const arrival = {
    clientId,
    receivedOn: identifiedOn,
    method: 'TRANSFER',
    origin: { paymentId, collectedOn },
  } as const
  return [
    PaymentIdentified.of({ ...facts, allocationRule: rule, ...toldBy(spreading) }),
    ...allocated(arrival, credit, spreading.shares, rule, rules),
    // A period may have been closed since the day was decided; what the notes settle is not bound to that day.
    ...allocatedNotes({ clientId, receivedOn: firstFreeDay(rules, identifiedOn) }, spreading, rule, rules),
  ]
}

/** Why an account cannot receive what was identified; `undefined` when it can. Asked before anything is reserved. */
export const identificationRefusal = (
  account: ClientAccount,
  command: ReceiveIdentification,
  rules: CompanyRules | undefined,
): Rejection | undefined => {
  try {
    identified(account, command, rules)
    return undefined
  } catch (error) {
    if (error instanceof Rejection) return error
    throw error
  }
}

/** What an identification may be undone of is what settles nothing: it only falls from the last undo on. */
export const undoableFrom = ({ receivedOn, lastUndoOn }: Pick<Payment, 'receivedOn' | 'lastUndoOn'>): BusinessDay =>
  latest(receivedOn, lastUndoOn)

export const identificationDecisions: Decisions<'ReceiveIdentification' | 'UndoIdentification'> = {
  // What it refuses is an event as well: two that finish one identification must hear the same.
  ReceiveIdentification: (command, account, { company: rules }) => {
    const refusal = identificationRefusal(account, command, rules)
    if (refusal === undefined) return identified(account, command, rules)
    const { clientId, paymentId, identificationId } = command
    return [IdentificationRefused.of({ clientId, paymentId, identificationId, code: refusal.code })]
  },

  UndoIdentification: (command, account, { today, company: rules }) => {
    const { clientId, paymentId, identificationId, method, reason } = command
    const credit = paymentOf(account, { clientId, paymentId: identificationId })
    const { currency, credit: unused, origin } = credit
    if (origin === undefined || origin.clientId !== undefined || origin.paymentId !== paymentId) {
      reject('PAYMENT_NOT_FOUND', { paymentId: identificationId })
    }
    if (unused === 0n) reject('NOTHING_TO_REVERSE', { paymentId: identificationId, rule: 'all of it is used' })
    const earliest = undoableFrom(credit)
    const undoneOn = command.undoneOn ?? firstFreeDay(rules, today, earliest)
    requireNotBefore(undoneOn, earliest, '/undoneOn')
    const which = { clientId, paymentId, identificationId, amount: moneyOf(unused, currency) }
    return [IdentificationUndone.of({ ...which, ...valueOffPayment(credit, unused), method, undoneOn, reason })]
  },
}
