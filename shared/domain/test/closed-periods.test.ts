import t from 'tap'
import {
  creditNoteRegistered,
  paymentAllocated,
  paymentDeallocated,
  receiptReleased,
  receiptRequested,
  ron,
} from '../src/examples.ts'
import { type AccountCommand, DEFAULT_RULES, type ReleaseReceipt } from '../src/index.ts'
import {
  allocate,
  allocations,
  cancel,
  clear,
  credit,
  deallocate,
  discount,
  given,
  record,
  refund,
  reverse,
  transfer,
  writeOff,
} from './account.ts'
import { dated, history } from './dated.ts'
import { today } from './given.ts'

/** Everything before has its days; from here on the last closed day is this one. */
const lastClosed = '2026-11-15'
const firstOpen = '2026-11-16'
const closed = { today, company: { ...DEFAULT_RULES, closedThrough: lastClosed } }

t.test('nothing is dated in a closed period, by any command', async (t) => {
  for (const [name, command] of Object.entries(dated)) {
    t.throws(
      () => given(...history).when(command(lastClosed), closed),
      { code: 'PERIOD_CLOSED', details: { day: lastClosed, closedThrough: lastClosed } },
      name,
    )
    t.ok(given(...history).when(command(firstOpen), closed).length > 0, `${name} on the first open day`)
    t.ok(given(...history).when(command(lastClosed), { today }).length > 0, `${name} while it was open`)
  }
})

t.test('what names no day is dated in the open period', async (t) => {
  const undated: Readonly<Record<string, AccountCommand>> = {
    CancelInvoice: cancel({ invoiceId: 'inv-1025', cancelledOn: undefined }),
    WriteOffInvoice: writeOff({ writtenOffOn: undefined }),
    GrantDiscount: discount({ grantedOn: undefined }),
    AllocatePayment: allocate({ allocatedOn: undefined }),
    DeallocatePayment: deallocate({ invoiceId: 'inv-1024', amount: undefined, deallocatedOn: undefined }),
    ReversePayment: reverse({ reversedOn: undefined }),
    ConfirmPaymentCleared: clear({ clearedOn: undefined }),
    RecordRefund: refund({ refundedOn: undefined }),
    TransferCredit: transfer({ movedOn: undefined }),
  }
  for (const [name, command] of Object.entries(undated)) {
    t.ok(given(...history).when(command, closed).length > 0, name)
  }
})

t.test('an allocation that names no day moves to the first open one', async (t) => {
  const unnamed = allocate({ allocatedOn: undefined })
  t.same(allocations(given(...history).when(unnamed, closed)), [`inv-1025 290.00 ${firstOpen}`])
  t.same(allocations(given(...history).when(unnamed)), ['inv-1025 290.00 2026-11-02'], 'as it would be otherwise')
  const undone = paymentDeallocated({ amount: ron('300.00'), deallocatedOn: '2026-11-20' })
  t.same(
    allocations(given(...history, undone).when(allocate({ allocatedOn: lastClosed }), closed)),
    ['inv-1025 290.00 2026-11-20'],
    'one that is asked for in a closed period may be later for another reason',
  )
})

t.test('money of the open period settles an invoice of the closed one today', async (t) => {
  const paid = given(...history).when(
    record({ paymentId: 'new', receivedOn: firstOpen, allocation: undefined }),
    closed,
  )
  t.same(allocations(paid), [`inv-1024 910.00 ${firstOpen}`, `inv-1025 590.00 ${firstOpen}`])
})

t.test('a credit note lowers a closed month’s invoice in the open one', async (t) => {
  const later = credit({ issuedOn: firstOpen, invoiceId: 'inv-1025' })
  t.match(given(...history).when(later, closed), [{ data: { issuedOn: firstOpen, creditedOn: firstOpen } }])
  const note = creditNoteRegistered({ invoiceId: undefined, issuedOn: '2026-10-20', creditedOn: '2026-10-20' })
  const use = allocate({ paymentId: 'cn-7', amount: '242.00', allocatedOn: undefined })
  t.same(allocations(given(...history, note).when(use, closed)), [`inv-1025 242.00 ${firstOpen}`])
})

t.test('ReleaseReceipt never refuses: the book has annulled already', async (t) => {
  const { releasedOn: annulledOn, ...names } = receiptReleased().data
  const release = (change: Partial<ReleaseReceipt>) =>
    ({ type: 'ReleaseReceipt', data: { ...names, annulledOn, alsoReversePayment: true, ...change } }) as const
  const settled = paymentAllocated({ paymentId: 'pay-2', invoiceId: 'inv-1025' })
  const events = given(...history, settled, receiptRequested()).when(release({ annulledOn: '2026-11-02' }), closed)
  t.match(events, [
    { type: 'ReceiptReleased', data: { releasedOn: '2026-11-02' } },
    { type: 'PaymentDeallocated', data: { deallocatedOn: firstOpen } },
    { type: 'PaymentReversed', data: { reversedOn: firstOpen } },
  ])
})
