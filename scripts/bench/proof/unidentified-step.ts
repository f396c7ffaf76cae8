import {
  addDays,
  type RecordUnidentifiedPayment,
  type UnidentifiedCommand,
  type UnidentifiedPayments,
  unidentifiedPayments,
} from '@registru/domain'
import type { Random } from '@registru/scripts/seed/random'
import type { z } from 'zod'
import { amountOf, CURRENCIES, DAYS, decimal, FIRST_DAY, rateOf, smallest } from './account-step.ts'

/** Money that came, and nobody knows from whom; its text may name an invoice of somebody. */
export const unidentifiedOf = (paymentId: string, random: Random): z.infer<typeof RecordUnidentifiedPayment> => {
  const currency = random.pick(CURRENCIES)
  const receivedOn = addDays(FIRST_DAY, random.between(0, DAYS))
  return {
    paymentId,
    amount: { amount: decimal(BigInt(amountOf(random)), currency), currency },
    method: 'BANK_TRANSFER',
    receivedOn,
    ...(random.chance(0.5) && { remittanceText: `plata fact AMC ${random.between(1, 40)}` }),
    ...(random.chance(0.2) && { fee: decimal(1n, currency) }),
    ...(currency !== 'RON' && random.chance(0.5) && { exchangeRate: rateOf(receivedOn) }),
  }
}

/** Whose it is, or that it is gone; the domain may refuse it. */
export const onUnidentified = (
  state: UnidentifiedPayments,
  paymentId: string,
  clientId: string,
  random: Random,
): UnidentifiedCommand => {
  const { credit = 0n, currency = 'RON' } = unidentifiedPayments.get(state, paymentId) ?? {}
  const part = random.chance(0.4) ? credit : smallest(credit, BigInt(amountOf(random)))
  const day = addDays(FIRST_DAY, random.between(0, DAYS))
  if (random.chance(0.15)) {
    const reason = random.pick(['RETURNED_TO_SENDER', 'TAKEN_BY_BANK', 'MISTAKE'] as const)
    const amount = decimal(part, currency)
    return { type: 'ReturnUnidentifiedPayment', data: { paymentId, amount, reason, returnedOn: day } }
  }
  const number = random.between(1, 5)
  // An id may be taken by then: the account refuses it, and the money is nobody's again.
  const identificationId = random.chance(0.15) ? `${clientId}-pay-${number}` : `${clientId}-${paymentId}-${number}`
  const which = { paymentId, clientId, identificationId }
  const rule = random.pick(['auto', 'auto', 'named', 'oldestDueFirst', 'none'] as const)
  const asked = { amount: decimal(part, currency), allocation: { rule } }
  return { type: 'IdentifyPayment', data: { ...which, ...asked, ...(random.chance(0.5) && { identifiedOn: day }) } }
}
