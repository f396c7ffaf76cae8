import * as examples from '@registru/domain/examples'
import type { Api } from './api.ts'

const { ron } = examples
const eur = (amount: string) => ({ amount, currency: 'EUR' })
const bnr = (rate: string) => ({ rate, source: 'BNR' as const, publishedOn: '2026-10-01' })

const explicitly = (...items: readonly (readonly [invoiceId: string, amount: string, exchangeRate?: object])[]) => ({
  rule: 'explicit',
  items: items.map(([invoiceId, amount, exchangeRate]) => ({
    invoiceId,
    amount,
    ...(exchangeRate && { exchangeRate }),
  })),
})

const inCash = { method: 'CASH', deskId: 'C1', bankReference: undefined, receivedOn: '2026-11-03' }

/** Everything that moves money, once at least: what a table can hold, it holds afterwards. */
export const recordRichHistory = async ({ must }: Pick<Api, 'must'>): Promise<void> => {
  let number = 100
  const invoice = (invoiceId: string, change: object = {}) => {
    number += 1
    return must('RegisterInvoice', examples.registerInvoice({ invoiceId, number: `${number}`, ...change }))
  }
  const pay = (paymentId: string, amount: string, change: object = {}) =>
    must('RecordPayment', {
      ...examples.recordPayment({ paymentId, amount: ron(amount) }),
      allocation: { rule: 'none' },
      ...change,
    })

  await must('RegisterCompany', examples.registerCompany())
  await must('RegisterClient', examples.registerClient())
  await must('RegisterClient', {
    clientId: 'ion',
    kind: 'INDIVIDUAL',
    name: 'Ion Ene',
    address: { city: 'Iași', countryCode: 'RO' },
  })
  await must('OpenReceiptBook', examples.openReceiptBook({ to: 50 }))
  await must('OpenCashDesk', {
    deskId: 'C1',
    name: 'Casieria centrală',
    openedOn: '2026-11-02',
    openingBalances: [ron('100.00'), eur('40.00')],
  })

  await invoice('inv-1024')
  await invoice('parts', {
    instalments: [
      { dueOn: '2026-10-10', amount: '200.00' },
      { dueOn: '2026-10-31', amount: '1010.00' },
    ],
  })
  await invoice('vat', { cashAccounting: true })
  await invoice('vat-lessened', { cashAccounting: true })
  await invoice('waiting', { cashAccounting: true })
  await invoice('collected')
  await invoice('cancelled')
  await must('CancelInvoice', examples.cancelInvoice({ invoiceId: 'cancelled' }))
  await invoice('discounted')
  await must('GrantDiscount', examples.grantDiscount({ invoiceId: 'discounted' }))
  await invoice('written-off')
  await must('WriteOffInvoice', examples.writeOffInvoice({ invoiceId: 'written-off' }))
  await must('RegisterCreditNote', examples.registerCreditNote({ creditNoteId: 'cn-1', invoiceId: 'vat-lessened' }))
  await must('RegisterCreditNote', {
    ...examples.registerCreditNote({ creditNoteId: 'cn-2', number: '1031' }),
    invoiceId: undefined,
  })

  await pay('pay-1', '1500.00', { allocation: explicitly(['inv-1024', '1210.00'], ['parts', '150.00']) })
  await must('DeallocatePayment', {
    ...examples.deallocatePayment({ invoiceId: 'inv-1024', amount: '200.00' }),
    deallocatedOn: '2026-11-20',
  })
  await must('RecordRefund', examples.recordRefund({ paymentId: 'pay-1', amount: '30.00', refundedOn: '2026-11-21' }))
  await pay('bounced', '50.00')
  await must('ReversePayment', examples.reversePayment({ paymentId: 'bounced' }))
  await pay('card', '300.00', { method: 'CARD_POS', allocation: explicitly(['discounted', '300.00']) })
  await must('ConfirmPaymentCleared', examples.confirmPaymentCleared({ paymentId: 'card' }))
  await pay('cheque', '400.00', { method: 'CHEQUE', allocation: explicitly(['waiting', '400.00']) })
  await pay('note', '500.00', { method: 'PROMISSORY_NOTE', allocation: explicitly(['collected', '500.00']) })
  await must('ConfirmPaymentCleared', examples.confirmPaymentCleared({ paymentId: 'note', clearedOn: '2026-11-10' }))
  await must('RecordSetOff', {
    ...examples.recordSetOff({ items: [{ invoiceId: 'collected', amount: '300.00' }] }),
  })

  await pay('cash-1', '600.00', {
    ...inCash,
    allocation: explicitly(['vat', '500.00'], ['vat-lessened', '50.00']),
    receipt: { series: 'AMC-C' },
  })
  await pay('cash-2', '7.00', { ...inCash, receivedOn: '2026-11-04' })
  await must('ReversePayment', { clientId: 'alfa', paymentId: 'cash-2', reason: 'MISTAKE', reversedOn: '2026-11-05' })
  await pay('cash-3', '70.00', { ...inCash, receivedOn: '2026-11-06', receipt: { series: 'AMC-C' } })
  await must('AnnulReceipt', {
    series: 'AMC-C',
    number: 2,
    reason: 'Greșeală de scriere',
    annulledOn: '2026-11-06',
    alsoReversePayment: false,
  })
  await must('RecordRefund', {
    ...examples.recordRefund({ refundId: 'cash-back', paymentId: 'cash-3', amount: '20.00', refundedOn: '2026-11-09' }),
    method: 'CASH',
    deskId: 'C1',
  })
  await must('ReleaseCredit', examples.releaseCredit({ paymentId: 'cash-3', amount: '4.00' }))
  const takenBack = { reversedOn: '2026-11-22', reason: 'MISTAKE' }
  await must('RecordRefund', {
    ...examples.recordRefund({ refundId: 'cash-kept', paymentId: 'cash-3', amount: '5.00', refundedOn: '2026-11-09' }),
    method: 'CASH',
    deskId: 'C1',
  })
  await must('ReverseRefund', { clientId: 'alfa', refundId: 'cash-kept', ...takenBack })
  const rate = (of: string) => ({ rate: of, source: 'BNR', publishedOn: '2026-11-06' })
  await pay('euro', '0', { amount: { amount: '300.00', currency: 'EUR' }, exchangeRate: rate('4.9765') })
  for (const [refundId, amount] of [
    ['euro-in-lei', ron('503.00')],
    ['euro-in-euro', '50.00'],
    ['euro-back', ron('251.50')],
  ] as const) {
    await must('RecordRefund', {
      ...examples.recordRefund({ refundId, paymentId: 'euro', amount, refundedOn: '2026-11-09' }),
      exchangeRate: rate('5.0300'),
      method: 'CASH',
      deskId: 'C1',
    })
  }
  await must('ReverseRefund', { clientId: 'alfa', refundId: 'euro-back', ...takenBack })
  await invoice('restored', { cashAccounting: true })
  await must('GrantDiscount', examples.grantDiscount({ invoiceId: 'restored', discountId: 'dis-5' }))
  await must(
    'RegisterCreditNote',
    examples.registerCreditNote({ creditNoteId: 'cn-3', number: '1032', invoiceId: 'restored' }),
  )
  await must('WriteOffInvoice', examples.writeOffInvoice({ invoiceId: 'restored', writeOffId: 'wo-3' }))
  await must('ReverseWriteOff', { clientId: 'alfa', writeOffId: 'wo-3', ...takenBack })
  await must('ReverseCreditNote', { clientId: 'alfa', creditNoteId: 'cn-3', ...takenBack })
  await must('ReverseDiscount', { clientId: 'alfa', discountId: 'dis-5', ...takenBack })
  await must('RegisterCreditNote', {
    ...examples.registerCreditNote({ creditNoteId: 'cn-4', number: '1033' }),
    invoiceId: undefined,
  })
  await must('ReverseCreditNote', { clientId: 'alfa', creditNoteId: 'cn-4', ...takenBack })
  await must('RegisterClaim', examples.registerClaim())
  await pay('twice', '30.00', { allocation: explicitly(['claim-5', '10.00']) })
  const twice = { paymentId: 'twice', refundedOn: '2026-11-09', allowExcess: true }
  await must('RecordRefund', examples.recordRefund({ ...twice, refundId: 'twice-kept', amount: '25.00' }))
  await must('RecordRefund', examples.recordRefund({ ...twice, refundId: 'twice-back', amount: '3.00' }))
  await must('ReverseRefund', { clientId: 'alfa', refundId: 'twice-back', ...takenBack })
  await pay('cash-eur', '15.00', { ...inCash, amount: eur('15.00') })

  await must('RescheduleInvoice', {
    ...examples.rescheduleInvoice({ invoiceId: 'parts', agreedOn: '2026-11-20', dueOn: undefined }),
    instalments: [
      { dueOn: '2026-11-30', amount: '60.00' },
      { dueOn: '2026-12-15', amount: '1000.00' },
    ],
  })

  await invoice('euro', { total: eur('1000.00'), vatLines: undefined, exchangeRate: bnr('4.97') })
  await pay('euro-in-lei', '1000.00', { allocation: explicitly(['euro', '150.00', bnr('5.00')]) })

  await must('TransferCredit', {
    ...examples.transferCredit({ paymentId: 'euro-in-lei', toClientId: 'ion', transferId: 'from-alfa' }),
    amount: '40.00',
  })

  await must('RecordUnidentifiedPayment', { ...examples.recordUnidentifiedPayment(), fee: '2.00' })
  await must(
    'RecordUnidentifiedPayment',
    examples.recordUnidentifiedPayment({ paymentId: 'unk-2', bankReference: 'X' }),
  )
  const identification = examples.identifyPayment({ amount: '300.00', allocation: { rule: 'none' } })
  await must('IdentifyPayment', identification)
  await must('IdentifyPayment', { ...identification, clientId: 'ion', identificationId: 'unk-1-ion', amount: '200.00' })
  await must('UndoIdentification', examples.undoIdentification())
  await must('ReturnUnidentifiedPayment', examples.returnUnidentifiedPayment({ amount: '10.00' }))

  const ofIon = { clientId: 'ion' }
  await invoice('contract', { ...ofIon, instalmentContract: true })
  await pay('ion-cash', '900.00', { ...ofIon, ...inCash, allocation: explicitly(['contract', '700.00']) })
  await must('DeallocatePayment', {
    ...ofIon,
    paymentId: 'ion-cash',
    invoiceId: 'contract',
    amount: '100.00',
    deallocatedOn: '2026-11-20',
    reason: 'OTHER',
    note: 'prea mult',
  })
  await invoice('ahead', { ...ofIon, issuedOn: '2026-12-05', dueOn: '2026-12-31' })
}
