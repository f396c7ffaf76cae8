/** What people read of a refusal: the rule, its limit, and what was found. */
import { Rejection, type RejectionCode, type RejectionDetails } from '@registru/domain'
import { ron } from '@registru/domain/examples'
import t from 'tap'
import { composeProblems } from '../src/http/problems.ts'
import { rejectionProblems } from '../src/problems/rejections.ts'

const { tell } = composeProblems([rejectionProblems])

const detail = (code: RejectionCode, details: RejectionDetails): string | undefined =>
  tell(new Rejection(code, details)).detail

t.test('a sentence names the rule, the limit and what was found', async (t) => {
  const law = 'Legea 70/2015 art. 3'
  const cash = { limit: '5000.00', observed: '5000.01', day: '2026-11-24', law }
  t.equal(
    detail('CASH_LIMIT_PER_PERSON_DAY', { ...cash, deskId: 'C1' }),
    `the cash of this payer on 2026-11-24, desk C1 would be 5000.01 RON, the ceiling is 5000.00 RON (${law})`,
  )
  t.equal(
    detail('CASH_LIMIT_PER_PERSON_DAY', cash),
    `the cash of this payer on 2026-11-24 would be 5000.01 RON, the ceiling is 5000.00 RON (${law})`,
  )
  t.equal(
    detail('CASH_FRAGMENTED_INVOICE', { ...cash, invoiceId: 'inv-1' }),
    `inv-1 is above the ceiling of 5000.00 RON, and 5000.01 RON of it would be paid in cash (${law})`,
  )
  const instalments = { sum: ron('1.00'), total: ron('2.00'), rule: 'amounts add up' }
  for (const [code, details, sentence] of [
    ['AMOUNT_TOO_PRECISE', { amount: '0.001', decimalsMax: 2, currency: 'RON' }, /0\.001 .* 2 decimals of RON/],
    ['DAY_TOO_FAR_AHEAD', { day: '2062-11-02', latest: '2027-02-24' }, /2062-11-02 .* 2027-02-24/],
    ['INSTALMENTS_DO_NOT_ADD_UP', instalments, /1\.00 RON.* 2\.00 RON.*amounts add up/],
    ['PAYMENT_REFUNDED', { amount: ron('2.00'), refunded: ron('1.00') }, /^1\.00 RON of 2\.00 RON/],
    ['PERIOD_CLOSED', { day: '2026-10-31', closedThrough: '2026-10-31' }, /2026-10-31/],
    ['RECEIPT_BEFORE_PAYMENT', { issuedOn: '2026-11-01', receivedOn: '2026-11-02' }, /2026-11-02/],
    ['RECEIPT_RANGE_EXHAUSTED', { series: 'AMC-C', to: 5000 }, /5000/],
  ] as const) {
    t.match(detail(code, details), sentence, code)
  }
})

t.test('without its facts there is none: a book that refused before tells its code alone', async (t) => {
  for (const code of ['RECEIPT_RANGE_EXHAUSTED', 'RECEIPT_DATE_BEFORE_LAST'] as const) {
    t.equal(detail(code, { series: 'AMC-C', receiptId: 'rec-1' }), undefined)
  }
})
