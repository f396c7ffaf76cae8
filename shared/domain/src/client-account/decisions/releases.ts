import { latest } from '../../business-day.ts'
import { minorIn, moneyOf } from '../../money.ts'
import { CreditReleased } from '../events/credit.ts'
import type { Decisions } from './decisions.ts'
import { valueOffPayment } from './foreign-parts.ts'
import { noteOf } from './origins.ts'
import { firstFreeDay, paymentOf, requireCredit, requireNotBefore } from './requirements.ts'

/** Credit that is nobody's any more ends as income, or as what is owed to the staff; with somebody who answers for it. */
export const releaseDecisions: Decisions<'ReleaseCredit'> = {
  ReleaseCredit: (command, account, { today, company: rules }) => {
    const { clientId, reason, approvedBy } = command
    const payment = paymentOf(account, command)
    const amount = minorIn(command.amount, payment.currency, '/amount')
    requireCredit(payment, amount, '/amount')
    const earliest = latest(payment.receivedOn, payment.lastUndoOn)
    const releasedOn = command.releasedOn ?? firstFreeDay(rules, today, earliest)
    requireNotBefore(releasedOn, earliest, '/releasedOn')
    return [
      CreditReleased.of({
        clientId,
        paymentId: payment.paymentId,
        amount: moneyOf(amount, payment.currency),
        ...valueOffPayment(payment, amount),
        ...noteOf(payment),
        reason,
        releasedOn,
        approvedBy,
      }),
    ]
  },
}
