/** A refusal names the field that has to change, as a JSON pointer into the command. */
import t from 'tap'
import {
  invoiceRegistered,
  paymentAllocated,
  paymentIdentified,
  paymentRecorded,
  periodClosed,
  ron,
} from '../src/examples.ts'
import { type AccountCommand, type AccountEvent, DEFAULT_RULES } from '../src/index.ts'
import {
  account,
  allocate,
  cancel,
  clear,
  credit,
  deallocate,
  discount,
  eur,
  given,
  record,
  refund,
  register,
  reverse,
  reverseNote,
  setOff,
  transfer,
  undoIdentified,
  writeOff,
} from './account.ts'
import { dated, papers } from './dated.ts'
import { today } from './given.ts'

const company = { ...DEFAULT_RULES, functionalCurrency: 'RON' }
const rate = (of: string) => ({ rate: of, source: 'BNR', publishedOn: '2026-10-30' }) as const
const history: readonly AccountEvent[] = [
  account,
  invoiceRegistered(),
  invoiceRegistered({ invoiceId: 'inv-1025' }),
  invoiceRegistered({ invoiceId: 'euro', total: eur('1000.00') }),
  paymentRecorded(),
  paymentRecorded({ paymentId: 'pay-3', method: 'CARD_ONLINE', amount: ron('500.00') }),
  paymentAllocated({ amount: ron('300.00') }),
  paymentIdentified(),
  ...papers,
]
const second = (item: object) => ({
  items: [
    { invoiceId: 'inv-1024', amount: '1.00' },
    { invoiceId: 'inv-1025', amount: '1.00', ...item },
  ],
})
const pay = (item: object) => record({ paymentId: 'new', allocation: { rule: 'explicit', ...second(item) } })
const line = (change: object) => ({ vatLines: [{ rate: '21', base: '1000.00', vat: '210.00', ...change }] })
const parts = (amount: string) => ({
  instalments: [
    { dueOn: '2026-10-15', amount: '210.00' },
    { dueOn: '2026-10-31', amount },
  ],
})
const early = '2026-09-01'

const refusals: readonly (readonly [code: string, path: string, command: AccountCommand])[] = [
  ['AMOUNT_TOO_PRECISE', '/allocation/items/1/amount', pay({ amount: '1.001' })],
  ['AMOUNT_TOO_PRECISE', '/items/1/amount', setOff(second({ amount: '1.001' }))],
  ['AMOUNT_TOO_PRECISE', '/amount', allocate({ amount: '1.001' })],
  ['AMOUNT_TOO_PRECISE', '/amount', deallocate({ invoiceId: 'inv-1024', amount: '1.001' })],
  ['AMOUNT_TOO_PRECISE', '/amount', refund({ amount: '1.001' })],
  ['AMOUNT_TOO_PRECISE', '/amount', transfer({ amount: '1.001' })],
  ['TRANSFER_TO_SELF', '/toClientId', transfer({ toClientId: 'alfa' })],
  ['AMOUNT_TOO_PRECISE', '/amount', writeOff({ amount: '1.001' })],
  ['AMOUNT_TOO_PRECISE', '/amount', discount({ amount: '1.001' })],
  ['AMOUNT_TOO_PRECISE', '/fee', clear({ fee: '1.001' })],
  ['AMOUNT_TOO_PRECISE', '/vatLines/0/base', register({ invoiceId: 'new', ...line({ base: '1000.001' }) })],
  ['AMOUNT_TOO_PRECISE', '/vatLines/0/vat', register({ invoiceId: 'new', ...line({ vat: '210.001' }) })],
  ['AMOUNT_TOO_PRECISE', '/instalments/1/amount', register({ invoiceId: 'new', ...parts('1000.001') })],
  ['ALLOCATION_EXCEEDS_OPEN_AMOUNT', '/allocation/items/1/amount', pay({ amount: '1210.01' })],
  ['ALLOCATION_EXCEEDS_OPEN_AMOUNT', '/items/1/amount', setOff(second({ amount: '1210.01' }))],
  ['ALLOCATION_EXCEEDS_OPEN_AMOUNT', '/amount', allocate({ amount: '1210.01' })],
  ['ALLOCATION_EXCEEDS_OPEN_AMOUNT', '/amount', writeOff({ amount: '1210.01' })],
  ['ALLOCATION_EXCEEDS_OPEN_AMOUNT', '/amount', discount({ amount: '1210.01' })],
  ['ALLOCATION_EXCEEDS_OPEN_AMOUNT', '/total', credit({ total: ron('1210.01'), vatLines: [] })],
  [
    'ALLOCATION_EXCEEDS_CREDIT',
    '/allocation/items/1/amount',
    record({ paymentId: 'new', amount: ron('1.99'), allocation: { rule: 'explicit', ...second({}) } }),
  ],
  ['ALLOCATION_EXCEEDS_CREDIT', '/amount', allocate({ amount: '1200.01' })],
  ['ALLOCATION_EXCEEDS_CREDIT', '/amount', transfer({ amount: '1200.01' })],
  ['REFUND_EXCEEDS_CREDIT', '/amount', refund({ amount: '1200.01' })],
  ['DEALLOCATION_EXCEEDS_ALLOCATION', '/amount', deallocate({ invoiceId: 'inv-1024', amount: '300.01' })],
  ['EXCHANGE_RATE_NOT_APPLICABLE', '/allocation/items/1/exchangeRate', pay({ exchangeRate: rate('5.00') })],
  ['EXCHANGE_RATE_NOT_APPLICABLE', '/items/1/exchangeRate', setOff(second({ exchangeRate: rate('5.00') }))],
  ['EXCHANGE_RATE_NOT_APPLICABLE', '/exchangeRate', allocate({ exchangeRate: rate('5.00') })],
  ['EXCHANGE_RATE_NOT_APPLICABLE', '/exchangeRate', register({ invoiceId: 'new', exchangeRate: rate('5.00') })],
  [
    'EXCHANGE_RATE_NOT_APPLICABLE',
    '/exchangeRate',
    register({ invoiceId: 'new', total: eur('9000000000000.00'), vatLines: [], exchangeRate: rate('5.00') }),
  ],
  [
    'EXCHANGE_RATE_NOT_APPLICABLE',
    '/allocation/items/1/exchangeRate',
    pay({ invoiceId: 'euro', amount: '1000.00', exchangeRate: rate('100000'.repeat(3)) }),
  ],
  [
    'UNDO_BEFORE_WHAT_IT_UNDOES',
    '/deallocatedOn',
    deallocate({ invoiceId: 'inv-1024', amount: '1.00', deallocatedOn: early }),
  ],
  ['UNDO_BEFORE_WHAT_IT_UNDOES', '/reversedOn', reverse({ reversedOn: early })],
  ['UNDO_BEFORE_WHAT_IT_UNDOES', '/reversedOn', reverseNote({ creditNoteId: 'cn-given', reversedOn: early })],
  ['UNDO_BEFORE_WHAT_IT_UNDOES', '/clearedOn', clear({ clearedOn: early })],
  ['UNDO_BEFORE_WHAT_IT_UNDOES', '/undoneOn', undoIdentified({ undoneOn: early })],
  ['UNDO_BEFORE_WHAT_IT_UNDOES', '/movedOn', transfer({ movedOn: early })],
  ['UNDO_BEFORE_WHAT_IT_UNDOES', '/refundedOn', refund({ refundedOn: early })],
  ['UNDO_BEFORE_WHAT_IT_UNDOES', '/cancelledOn', cancel({ invoiceId: 'inv-1025', cancelledOn: early })],
  ['UNDO_BEFORE_WHAT_IT_UNDOES', '/writtenOffOn', writeOff({ writtenOffOn: early })],
  ['UNDO_BEFORE_WHAT_IT_UNDOES', '/grantedOn', discount({ grantedOn: early })],
  ['VAT_LINES_DO_NOT_ADD_UP', '/vatLines', register({ invoiceId: 'new', ...line({ vat: '210.01' }) })],
  ['INSTALMENTS_DO_NOT_ADD_UP', '/instalments', register({ invoiceId: 'new', ...parts('1000.01') })],
  ['DUE_BEFORE_ISSUE', '/dueOn', register({ invoiceId: 'new', dueOn: early })],
  ['CREDIT_NOTE_DOES_NOT_FIT', '/vatLines', credit({ total: ron('242.00'), vatLines: [] })],
  [
    'CREDIT_NOTE_DOES_NOT_FIT',
    '/vatLines',
    credit({ total: ron('119.00'), vatLines: [{ rate: '19', base: '100.00', vat: '19.00' }] }),
  ],
  [
    'CREDIT_NOTE_DOES_NOT_FIT',
    '/total',
    credit({ invoiceId: undefined, corrects: 'inv-1025', total: ron('1210.01'), vatLines: undefined }),
  ],
  [
    'FEE_NOT_APPLICABLE',
    '/fee',
    record({ paymentId: 'new', method: 'CASH', bankReference: undefined, allocation: { rule: 'none' }, fee: '1.00' }),
  ],
  ['FEE_EXCEEDS_PAYMENT', '/fee', record({ paymentId: 'new', allocation: { rule: 'none' }, fee: '1500.01' })],
  ['FEE_EXCEEDS_PAYMENT', '/fee', clear({ fee: '500.01' })],
  ['CLEARING_EXCEEDS_TRANSIT', '/amount', clear({ amount: '500.01' })],
  ['REVERSAL_EXCEEDS_PAYMENT', '/amount', reverse({ amount: '1500.01' })],
  ['TAX_ID_INVALID', '/taxId', { type: 'UpdateClient', data: { clientId: 'alfa', taxId: '13548147' } }],
]

t.test('what is wrong is named by its place', async (t) => {
  for (const [code, path, command] of refusals) {
    t.throws(
      () => given(...history).when(command, { today, company }),
      { code, details: { path } },
      `${command.type} ${path}`,
    )
  }
})

t.test('so is a day that is closed', async (t) => {
  const { through: closedThrough } = periodClosed({ through: today }).data
  const cash = paymentRecorded({ paymentId: 'pay-2', method: 'CASH' })
  for (const [name, command] of Object.entries(dated)) {
    const decision = () =>
      given(...history, cash).when(command(today), { today, company: { ...company, closedThrough } })
    t.throws(decision, { code: 'PERIOD_CLOSED', details: { path: /^\/\w+On$/ } }, name)
  }
})
