import type { CompanyRules } from '../../decider.ts'
import { decimalOf } from '../../money.ts'
import { setOffLimitOn } from '../../rules/set-off.ts'
import { payerKindOf } from '../cash-guard.ts'
import type { PaymentNotice } from '../events/payments.ts'
import type { Client } from '../state.ts'
import type { CommandData } from './decisions.ts'

const LEI = 'RON'

/** What a payment is recorded in spite of, for it is a fact: the answer tells, and the event keeps it. */
export const noticesOf = (
  payment: Pick<CommandData<'RecordPayment'>, 'method' | 'receivedOn' | 'payer' | 'fiscalReceipt'>,
  { client, lei }: { readonly client: Client; readonly lei: bigint | undefined },
  rules: CompanyRules,
): PaymentNotice[] => {
  const notices: PaymentNotice[] = []
  const isCash = payment.method === 'CASH'
  if (isCash && lei === undefined) notices.push({ code: 'CASH_NOT_COUNTED', law: 'Legea 70/2015 art. 1 (3)' })
  const isOfIndividual = payerKindOf(payment.payer, client) === 'INDIVIDUAL'
  if (isCash && isOfIndividual && rules.amefRequired && payment.fiscalReceipt === undefined) {
    notices.push({ code: 'FISCAL_RECEIPT_MISSING', law: 'OUG 28/1999 art. 1' })
  }
  const limit =
    payment.method === 'SET_OFF' && client.kind === 'BUSINESS' ? setOffLimitOn(payment.receivedOn) : undefined
  if (limit !== undefined && lei !== undefined && lei > limit.limitMinor) {
    notices.push({ code: 'SET_OFF_NEEDS_ORDER', limit: decimalOf(limit.limitMinor, LEI), law: limit.law })
  }
  return notices
}
