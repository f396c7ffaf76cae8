import { accountPayments } from '../records/payments.ts'
import { changePayment, endCredit, newPayment } from './changed-payments.ts'
import type { Evolutions } from './evolutions.ts'

export const identificationEvolutions: Evolutions<
  'PaymentIdentified' | 'IdentificationRefused' | 'IdentificationUndone'
> = {
  PaymentIdentified: (identified, account) => {
    const { identificationId, paymentId, amount, identifiedOn, collectedOn, functional } = identified
    const facts = { paymentId: identificationId, amount, receivedOn: identifiedOn, functional }
    accountPayments.set(account, newPayment({ ...facts, method: 'TRANSFER', origin: { paymentId, collectedOn } }))
  },
  IdentificationRefused: () => undefined,
  IdentificationUndone: ({ identificationId, amount, functional, undoneOn: reversedOn }, account) =>
    changePayment(account, identificationId, (credit) => endCredit(credit, amount, { functional, reversedOn })),
}
