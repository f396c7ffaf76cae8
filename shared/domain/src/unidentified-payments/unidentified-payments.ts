import { type BusinessDay, latest } from '../business-day.ts'
import {
  documentValue,
  functionalCurrencyOf,
  rateOf,
  valueOffPayment,
} from '../client-account/decisions/foreign-parts.ts'
import { keptFee } from '../client-account/decisions/payments.ts'
import { firstFreeDay, requireNotBefore } from '../client-account/decisions/requirements.ts'
import { createCodec } from '../codec.ts'
import { type Decider, type DecisionContext, type DecisionTable, decideBy } from '../decider.ts'
import type { PaymentId } from '../ids.ts'
import { decimalOf, type Money, type MoneyOrZero, minorIn, minorOf, moneyOf } from '../money.ts'
import { createPackedRecords } from '../packed/packed-records.ts'
import { reject } from '../rejection.ts'
import { type AskedDay, requireNear } from '../rules/days-ahead.ts'
import type { CompleteIdentification, UnidentifiedCommand } from './commands.ts'
import {
  IdentificationCompleted,
  IdentificationDeclined,
  IdentificationRequested,
  IdentificationReturned,
  type UnidentifiedEvent,
  UnidentifiedPaymentRecorded,
  UnidentifiedPaymentReturned,
  unidentifiedEventDefinitions,
} from './events.ts'
import {
  type Identification,
  type UnidentifiedPayment,
  type UnidentifiedPayments,
  unidentifiedPayments,
  unidentifiedSnapshot,
} from './unidentified-records.ts'

const paymentOf = (state: UnidentifiedPayments, paymentId: PaymentId): UnidentifiedPayment =>
  unidentifiedPayments.get(state, paymentId) ?? reject('UNIDENTIFIED_PAYMENT_NOT_FOUND', { paymentId })

const reservedOf = ({ identifications }: UnidentifiedPayment): bigint =>
  identifications.reduce((sum, { isReserved, amount }) => (isReserved ? sum + amount : sum), 0n)

/** What of the payment is asked for: all that is nobody's yet when nothing is said. */
const askedOf = (payment: UnidentifiedPayment, asked: string | undefined): bigint => {
  const { paymentId, currency, credit } = payment
  const amount = asked === undefined ? credit : minorIn(asked, currency, '/amount')
  if (amount > 0n && amount <= credit) return amount
  const reserved = reservedOf(payment)
  // It may come back.
  const isReserved = reserved > 0n && amount <= credit + reserved
  return reject(isReserved ? 'CREDIT_RESERVED' : 'UNIDENTIFIED_AMOUNT_EXCEEDED', {
    path: '/amount',
    paymentId,
    unidentified: moneyOf(credit, currency),
    ...(reserved > 0n && { reserved: moneyOf(reserved, currency) }),
  })
}

/** From the last undo on what is nobody's only falls, so what is left at the end was there all the way. */
const earliestOf = ({ receivedOn, lastUndoOn }: UnidentifiedPayment): BusinessDay => latest(receivedOn, lastUndoOn)

const reservation = (
  state: UnidentifiedPayments,
  { paymentId, identificationId }: CompleteIdentification,
): Identification | undefined =>
  paymentOf(state, paymentId).identifications.find((one) => one.identificationId === identificationId && one.isReserved)

const table: DecisionTable<UnidentifiedPayments, UnidentifiedCommand, UnidentifiedEvent> = {
  RecordUnidentifiedPayment: (command, state, context) => {
    const { company: rules, elsewhere } = context
    const { exchangeRate, fee: _, ...facts } = command
    const { paymentId, amount } = facts
    // No client stands between: money of a company that is not there is a slip in its name.
    functionalCurrencyOf(rules)
    if (unidentifiedPayments.has(state, paymentId)) reject('PAYMENT_ALREADY_RECORDED', { paymentId })
    return [
      UnidentifiedPaymentRecorded.of({
        ...facts,
        ...keptFee(command),
        ...documentValue(amount, rateOf(exchangeRate, context), rules),
        ...(elsewhere?.payments?.length ? { looksLike: [...elsewhere.payments] } : {}),
      }),
    ]
  },

  IdentifyPayment: (command, state, { company: rules }) => {
    const { paymentId, clientId, identificationId, allocation = { rule: 'auto' as const } } = command
    const payment = paymentOf(state, paymentId)
    if (payment.identifications.some((one) => one.identificationId === identificationId)) {
      reject('PAYMENT_ALREADY_RECORDED', { path: '/identificationId', paymentId: identificationId })
    }
    const amount = askedOf(payment, command.amount)
    const identifiedOn = command.identifiedOn ?? firstFreeDay(rules, earliestOf(payment))
    requireNotBefore(identifiedOn, earliestOf(payment), '/identifiedOn')
    return [
      IdentificationRequested.of({
        paymentId,
        clientId,
        identificationId,
        amount: moneyOf(amount, payment.currency),
        ...valueOffPayment(payment, amount),
        identifiedOn,
        collectedOn: payment.receivedOn,
        allocation,
      }),
    ]
  },

  CompleteIdentification: (command, state) =>
    reservation(state, command) === undefined ? [] : [IdentificationCompleted.of(command)],

  DeclineIdentification: (command, state) => {
    const reserved = reservation(state, command)
    if (reserved === undefined) return []
    const { currency, value } = paymentOf(state, command.paymentId)
    return [
      IdentificationDeclined.of({
        ...command,
        amount: moneyOf(reserved.amount, currency),
        ...(value !== undefined &&
          reserved.value !== undefined && { functional: moneyOf(reserved.value, value.currency) }),
      }),
    ]
  },

  // The account's word: it is done already, so there is nothing to refuse.
  TakeBackIdentification: (command) => [IdentificationReturned.of(command)],

  ReturnUnidentifiedPayment: (command, state, { today, company: rules }) => {
    const { paymentId, reason, note } = command
    const payment = paymentOf(state, paymentId)
    if (payment.returned === payment.amount) reject('PAYMENT_ALREADY_REVERSED', { paymentId })
    const amount = askedOf(payment, command.amount)
    const returnedOn = command.returnedOn ?? firstFreeDay(rules, today, earliestOf(payment))
    requireNotBefore(returnedOn, earliestOf(payment), '/returnedOn')
    // What was kept of money that never came was not kept either.
    const fee = reason === 'MISTAKE' && payment.returned + amount === payment.amount ? payment.fee : 0n
    return [
      UnidentifiedPaymentReturned.of({
        paymentId,
        amount: moneyOf(amount, payment.currency),
        ...valueOffPayment(payment, amount),
        ...(fee > 0n ? { fee: decimalOf(fee, payment.currency) } : {}),
        reason,
        returnedOn,
        ...(note === undefined ? {} : { note }),
      }),
    ]
  },
}

const decideByTable = decideBy(table)

/** The day that a command asks for; what follows from an account's word asks for none. */
const askedDayOf = ({ type, data }: UnidentifiedCommand): AskedDay | undefined => {
  switch (type) {
    case 'RecordUnidentifiedPayment':
      return { path: '/receivedOn', day: data.receivedOn }
    case 'IdentifyPayment':
      return { path: '/identifiedOn', day: data.identifiedOn }
    case 'ReturnUnidentifiedPayment':
      return { path: '/returnedOn', day: data.returnedOn }
    case 'CompleteIdentification':
    case 'DeclineIdentification':
    case 'TakeBackIdentification':
      return undefined
  }
}

/** The day that an event is dated, where a command could choose it. */
const datedOn = ({ type, data }: UnidentifiedEvent): BusinessDay | undefined => {
  switch (type) {
    case 'UnidentifiedPaymentRecorded':
      return data.receivedOn
    case 'IdentificationRequested':
      return data.identifiedOn
    case 'UnidentifiedPaymentReturned':
      return data.returnedOn
    case 'IdentificationCompleted':
    case 'IdentificationDeclined':
    case 'IdentificationReturned':
      return undefined
  }
}

/** What holds for the day of any decision: it is near, and in no closed period. */
const decide = (
  command: UnidentifiedCommand,
  state: UnidentifiedPayments,
  context: DecisionContext,
): readonly UnidentifiedEvent[] => {
  const events = decideByTable(command, state, context)
  const asked = askedDayOf(command)
  if (asked !== undefined) requireNear(asked, context.today)
  const closedThrough = context.company?.closedThrough
  for (const event of closedThrough === undefined ? [] : events) {
    const day = datedOn(event)
    if (day !== undefined && closedThrough !== undefined && day <= closedThrough) {
      reject('PERIOD_CLOSED', { path: asked?.path, day, closedThrough })
    }
  }
  return events
}

interface Part {
  readonly amount: Money
  readonly functional?: MoneyOrZero | undefined
}

/** What leaves the payment with its value; `sign` -1 brings it back. */
const take = (payment: UnidentifiedPayment, { amount, functional }: Part, sign: 1n | -1n): void => {
  payment.credit -= sign * minorOf(amount)
  if (payment.value !== undefined && functional !== undefined) payment.value.left -= sign * minorOf(functional)
}

/** @throws Error when history names what it never introduced: the stream is not ours */
const change = (
  state: UnidentifiedPayments,
  paymentId: PaymentId,
  to: (payment: UnidentifiedPayment) => void,
): UnidentifiedPayments => {
  const payment = unidentifiedPayments.get(state, paymentId)
  if (payment === undefined) throw new Error(`history names ${paymentId} before introducing it`)
  to(payment)
  unidentifiedPayments.set(state, payment)
  return state
}

/** @param to without it, the identification never was */
const changeIdentification = (
  payment: UnidentifiedPayment,
  { identificationId }: CompleteIdentification,
  to: (one: Identification) => readonly Identification[],
): void => {
  payment.identifications = payment.identifications.flatMap((one) =>
    one.identificationId === identificationId ? to(one) : [one],
  )
}

const evolve = (state: UnidentifiedPayments, event: UnidentifiedEvent): UnidentifiedPayments => {
  switch (event.type) {
    case 'UnidentifiedPaymentRecorded': {
      const { paymentId, amount, functional, method, receivedOn, bankReference, remittanceText, fee } = event.data
      const total = functional && minorOf(functional)
      unidentifiedPayments.set(state, {
        paymentId,
        currency: amount.currency,
        amount: minorOf(amount),
        credit: minorOf(amount),
        value: functional && total !== undefined ? { currency: functional.currency, total, left: total } : undefined,
        method,
        receivedOn,
        bankReference,
        remittanceText,
        fee: minorIn(fee ?? '0', amount.currency),
        returned: 0n,
        lastUndoOn: undefined,
        identifications: [],
      })
      return state
    }
    case 'IdentificationRequested': {
      const { identificationId, clientId, amount, functional } = event.data
      return change(state, event.data.paymentId, (payment) => {
        take(payment, event.data, 1n)
        const value = functional && minorOf(functional)
        const reserved = { identificationId, clientId, amount: minorOf(amount), value, isReserved: true }
        payment.identifications = [...payment.identifications, reserved]
      })
    }
    case 'IdentificationCompleted':
      return change(state, event.data.paymentId, (payment) =>
        changeIdentification(payment, event.data, (one) => [{ ...one, isReserved: false }]),
      )
    case 'IdentificationDeclined':
      return change(state, event.data.paymentId, (payment) => {
        take(payment, event.data, -1n)
        changeIdentification(payment, event.data, () => [])
      })
    case 'IdentificationReturned': {
      const { amount, functional, undoneOn } = event.data
      return change(state, event.data.paymentId, (payment) => {
        take(payment, event.data, -1n)
        payment.lastUndoOn = latest(undoneOn, payment.lastUndoOn)
        changeIdentification(payment, event.data, (one) => [
          {
            ...one,
            amount: one.amount - minorOf(amount),
            value: one.value === undefined || functional === undefined ? one.value : one.value - minorOf(functional),
          },
        ])
      })
    }
    case 'UnidentifiedPaymentReturned':
      return change(state, event.data.paymentId, (payment) => {
        take(payment, event.data, 1n)
        payment.returned += minorOf(event.data.amount)
      })
  }
}

/**
 * Money in the bank of which nobody knows yet whose it is. It is the company's own stream, because it belongs to no client;
 * one line is given away once, however many people recognise it.
 */
export const unidentified: Decider<UnidentifiedPayments, UnidentifiedCommand, UnidentifiedEvent> = {
  name: 'unidentified',
  codec: createCodec(unidentifiedEventDefinitions),
  initialState: () => ({ records: createPackedRecords() }),
  decide,
  evolve,
  snapshot: unidentifiedSnapshot,
}
