import type { CompanyId } from '@registru/domain'
import type { IssuedReceipt } from './receipt-saga.ts'

/** The receipt as the answer of a command shows it. */
export const receiptResult = (
  companyId: CompanyId,
  { series, number, receiptId, issuedOn, amount, amountInWords, representing }: IssuedReceipt,
) => ({
  series,
  number,
  receiptId,
  issuedOn,
  amount,
  amountInWords,
  representing,
  document: `/v1/companies/${companyId}/receipts/${series}/${number}.pdf`,
})
