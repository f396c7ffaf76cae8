/** What a command may be refused with stands in its contract: callers switch over the codes that `/openapi.json` lists. */
import { type AccountCommand, type AccountEvent, clientAccount, DEFAULT_RULES, Rejection } from '@registru/domain'
import * as examples from '@registru/domain/examples'
import t from 'tap'
import { commandDefinitions } from '../src/commands/registry.ts'

const { ron } = examples
const today = '2026-11-24'
const context = { today, company: { ...DEFAULT_RULES, functionalCurrency: 'RON' } }

/** @returns the code that the command is refused with */
const refusalOf = (history: readonly AccountEvent[], command: AccountCommand): string | undefined => {
  const state = history.reduce(clientAccount.evolve, clientAccount.initialState())
  try {
    clientAccount.decide(command, state, context)
    return undefined
  } catch (error) {
    if (error instanceof Rejection) return error.code
    throw error
  }
}

const client = examples.clientRegistered()
const payment = examples.paymentRecorded()
const reserved = examples.transferRequested({ amount: ron('1500.00') })
const moved = [reserved, examples.transferCompleted()]
const note = examples.creditNoteRegistered({ creditNoteId: 'pay-1', invoiceId: undefined, total: ron('1500.00') })
const setOff = examples.paymentRecorded({ method: 'SET_OFF' })
const received = examples.transferReceived({ clientId: 'alfa', transferId: 'pay-1' })

const advance = examples.invoiceRegistered({
  invoiceId: 'advance',
  number: '1',
  kind: 'ADVANCE',
  issuedOn: '2026-10-01',
  total: ron('121.00'),
  vatLines: [{ rate: '21', base: '100.00', vat: '21.00' }],
})
const final = (change: Parameters<typeof examples.registerInvoice>[0] = {}, rate = '21'): AccountCommand => ({
  type: 'RegisterInvoice',
  data: examples.registerInvoice({
    total: ron('1089.00'),
    vatLines: [
      { rate: '21', base: '1000.00', vat: '210.00' },
      { rate, base: '-100.00', vat: '-21.00', advanceInvoiceId: 'advance' },
    ],
    ...change,
  }),
})

const claimId = 'c'
const reversal = { type: 'ReversePayment', data: { ...examples.reversePayment(), claimId } } as const
const refund = {
  type: 'RecordRefund',
  data: { ...examples.recordRefund({ paymentId: 'pay-1' }), claimId },
} as const
const release: AccountCommand = { type: 'ReleaseCredit', data: examples.releaseCredit({ paymentId: 'pay-1' }) }
const noteBack: AccountCommand = {
  type: 'ReverseCreditNote',
  data: examples.reverseCreditNote({ creditNoteId: 'pay-1' }),
}
const setOffBack: AccountCommand = { type: 'ReverseSetOff', data: examples.reverseSetOff({ paymentId: 'pay-1' }) }

const claim = examples.claimRegistered({ claimId: 'inv-1024' })
const excess = examples.claimRegistered({ claimId: 'inv-1024', kind: 'RETURNED_MONEY', paymentId: 'pay-1' })
const taken = examples.invoiceRegistered({ invoiceId: claimId })
const { vatLines: _, ...plainNote } = examples.registerCreditNote({ total: ron('7.00') })
const { vatLines: _lines, ...plainDiscount } = examples.grantDiscount()

/** New papers and new money, of an account that is merged. */
const closed: readonly AccountCommand[] = [
  final(),
  refund,
  release,
  { type: 'RegisterClaim', data: examples.registerClaim() },
  { type: 'RecordPayment', data: { ...examples.recordPayment(), receipt: undefined, allocation: { rule: 'none' } } },
  { type: 'AllocatePayment', data: examples.allocatePayment() },
  { type: 'RescheduleInvoice', data: examples.rescheduleInvoice() },
  { type: 'CancelInvoice', data: examples.cancelInvoice() },
  { type: 'RegisterCreditNote', data: plainNote },
  { type: 'WriteOffInvoice', data: examples.writeOffInvoice() },
  { type: 'GrantDiscount', data: plainDiscount },
  { type: 'RecordSetOff', data: examples.recordSetOff() },
  { type: 'IssueReceipt', data: { ...examples.issueReceipt(), receiptId: 'r' } },
  { type: 'TransferCredit', data: { ...examples.transferCredit(), transferId: 't' } },
]

const CASES: readonly (readonly [code: string, history: readonly AccountEvent[], command: AccountCommand])[] = [
  ['INVOICE_NOT_FOUND', [], final()],
  ['CREDIT_NOTE_DOES_NOT_FIT', [advance], final({}, '19')],
  ['UNDO_BEFORE_WHAT_IT_UNDOES', [advance], final({ issuedOn: '2026-09-30' })],
  ['CURRENCY_MISMATCH', [advance], final({ total: { amount: '1089.00', currency: 'EUR' } })],
  [
    'INVOICE_ALREADY_REGISTERED',
    [claim],
    { type: 'RegisterClaim', data: examples.registerClaim({ claimId: 'inv-1024' }) },
  ],
  ['CREDIT_NOTE_DOES_NOT_FIT', [claim], { type: 'RegisterCreditNote', data: plainNote }],
  ['CREDIT_NOTE_DOES_NOT_FIT', [claim], { type: 'GrantDiscount', data: plainDiscount }],
  ['INVOICE_NOT_FULLY_OPEN', [payment, excess], { type: 'CancelInvoice', data: examples.cancelInvoice() }],
  [
    'INVOICE_ALREADY_REGISTERED',
    [payment, taken],
    {
      type: 'ReversePayment',
      data: { ...reversal.data, reason: 'CHARGED_BACK', amount: '1500.01', allowExcess: true },
    },
  ],
  [
    'INVOICE_ALREADY_REGISTERED',
    [payment, taken],
    { type: 'RecordRefund', data: { ...refund.data, amount: '1500.01', allowExcess: true } },
  ],
  ['CREDIT_RESERVED', [payment, reserved], reversal],
  ['PAYMENT_TRANSFERRED', [received], reversal],
  [
    'PAYMENT_TRANSFERRED',
    [received],
    { type: 'ConfirmPaymentCleared', data: { clientId: 'alfa', paymentId: 'pay-1' } },
  ],
  [
    'PAYMENT_TRANSFERRED',
    [received],
    { type: 'IssueReceipt', data: { ...examples.issueReceipt({ paymentId: 'pay-1' }), receiptId: 'r' } },
  ],
  ['CREDIT_RESERVED', [payment, reserved], refund],
  ['CREDIT_RESERVED', [payment, reserved], release],
  ['CREDIT_RESERVED', [note, reserved], noteBack],
  ['PAYMENT_TRANSFERRED', [note, ...moved], noteBack],
  ['CREDIT_RESERVED', [setOff, reserved], setOffBack],
  ['PAYMENT_TRANSFERRED', [setOff, ...moved], setOffBack],
  ...closed.map((command) => ['CLIENT_MERGED', [examples.mergeRequested()], command] as const),
  ['TRANSFER_TO_SELF', [], { type: 'MergeClients', data: examples.mergeClients({ intoClientId: 'alfa' }) }],
]

t.test('every refusal that an account decides is one that its command tells of', async (t) => {
  for (const [code, history, command] of CASES) {
    const what = `${command.type} ${code}`
    t.equal(refusalOf([client, ...history], command), code, what)
    const definition = commandDefinitions.find(({ name }) => name === command.type)
    t.ok(
      definition?.rejections.some((declared) => declared === code),
      `${what} is declared`,
    )
  }
})
