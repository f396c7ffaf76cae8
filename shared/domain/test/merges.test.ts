/** Two clients were one: what is open in the one account moves to the other, whole, and what an undo brings moves on. */
import { deepEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { creditNotes, refunds, writeOffs } from '../src/client-account/records/papers.ts'
import {
  clientRegistered,
  creditNoteRegistered,
  invoiceMoveDeclined,
  invoiceMoveRequested,
  invoiceRegistered,
  invoiceWrittenOff,
  mergeAccepted,
  mergeClients,
  mergeConcluded,
  mergeConfirmed,
  mergeDeclined,
  mergeRefused,
  mergeRequested,
  paymentAllocated,
  paymentRecorded,
  ron,
  transferReceived,
} from '../src/examples.ts'
import {
  type AccountCommand,
  type AccountEvent,
  accountInvoices,
  accountPayments,
  type ClientAccount,
  DEFAULT_RULES,
  decimalOf,
  mergeConflicts,
  movableFrom,
  Rejection,
} from '../src/index.ts'
import {
  account,
  allocate,
  cancel,
  claim,
  clear,
  credit,
  deallocate,
  discount,
  eur,
  given,
  reactivate,
  record,
  refund,
  register,
  release,
  returned,
  reverse,
  reverseNote,
  transfer,
  writeOff,
} from './account.ts'
import { today } from './given.ts'
import { fold, live, steps } from './histories.ts'
import { holds } from './random.ts'

const beta = clientRegistered({ clientId: 'beta' })
const invoice = invoiceRegistered()
const asked = (change: Parameters<typeof mergeClients>[0] = {}) =>
  ({ type: 'MergeClients', data: mergeClients(change) }) as const
const items = (
  invoiceIds: readonly string[],
  paymentIds: readonly string[] = [],
  transferIdOf = (paymentId: string) => `${paymentId}-moved`,
) =>
  ({
    type: 'MoveItems',
    data: {
      clientId: 'alfa',
      invoices: invoiceIds.map((invoiceId, index) => ({
        invoiceId,
        moveId: `7d1f3c52-6a0b-5c7e-9a51-0f6a4d2b9e${10 + index}`,
      })),
      credits: paymentIds.map((paymentId) => ({ paymentId, transferId: transferIdOf(paymentId) })),
    },
  }) as const
const context = { today, company: { ...DEFAULT_RULES, functionalCurrency: 'RON' } }
const merged: readonly AccountEvent[] = [mergeRequested(), mergeConfirmed()]

/** All that is left of an account moves: what its events are, and what the other account makes of them. */
const moveAll = (history: readonly AccountEvent[], into: readonly AccountEvent[]) => {
  const from = [...history, ...(history.some(({ type }) => type === 'MergeConfirmed') ? [] : merged)]
  const { invoiceIds, paymentIds } = movableFrom(fold(from), 0, 1_000)
  const round = from.filter(({ type }) => type === 'TransferRequested').length
  const ids = (paymentId: string): string => (round === 0 ? `${paymentId}-moved` : `${paymentId}-moved-${round}`)
  const moves = given(...from).when(items(invoiceIds, paymentIds, ids), context)
  const received = moves.reduce<readonly AccountEvent[]>((so, move) => {
    if (move.type === 'InvoiceMoveRequested') {
      const { intoClientId: clientId, clientId: fromClientId, ...moved } = move.data
      return [
        ...so,
        ...given(...so).when({ type: 'ReceiveInvoice', data: { clientId, fromClientId, ...moved } }, context),
      ]
    }
    if (move.type !== 'TransferRequested') return so
    const { clientId, paymentId, toClientId, ...moved } = move.data
    const origin = { clientId, paymentId }
    return [
      ...so,
      ...given(...so).when({ type: 'ReceiveTransfer', data: { clientId: toClientId, origin, ...moved } }, context),
    ]
  }, into)
  return { from: [...from, ...moves], into: received, moves }
}

const openOf = (state: ClientAccount, invoiceId = 'inv-1024') => accountInvoices.get(state, invoiceId)

t.test('MergeClients', async (t) => {
  t.test('closes the account to new papers and money, and only says so', async (t) => {
    t.same(given(account, invoice).when(asked()), [mergeRequested()])
    const closed = given(account, invoice, paymentRecorded(), mergeRequested())
    for (const command of [
      register({ invoiceId: 'inv-2', number: '2' }),
      claim(),
      record({ paymentId: 'pay-2' }),
      allocate({ invoiceId: 'inv-1024', amount: '1.00' }),
      refund({ amount: '1.00' }),
      release({ amount: '1.00' }),
      transfer({ amount: '1.00' }),
      credit(),
      discount(),
      writeOff(),
      cancel(),
    ]) {
      t.throws(
        () => closed.when(command),
        { code: 'CLIENT_MERGED', details: { intoClientId: 'beta', mergedOn: '2026-11-20' } },
        command.type,
      )
    }
    t.equal(
      given(account, invoice, mergeRequested(), mergeDeclined()).when(register({ invoiceId: 'i', number: '2' })).length,
      1,
    )
  })
  t.test('into itself, or into two, it is refused', async (t) => {
    t.throws(() => given().when(asked()), { code: 'CLIENT_NOT_FOUND' })
    t.throws(() => given(account).when(asked({ intoClientId: 'alfa' })), { code: 'TRANSFER_TO_SELF' })
    t.throws(() => given(account, ...merged).when(asked({ intoClientId: 'gama' })), {
      code: 'CLIENT_MERGED',
      details: { intoClientId: 'beta' },
    })
  })
  t.test('asked again, it looks through all that is left', async (t) => {
    t.match(given(account, ...merged, mergeConcluded()).when(asked({ mergedOn: '2026-11-21' })), [
      { type: 'MergeResumed', data: { round: 1, left: undefined } },
    ])
    t.same(given(account, mergeRequested()).when(asked()), [], 'it goes on already')
  })
  t.test('is dated in an open period, today when nothing is said', async (t) => {
    t.match(given(account).when(asked({ mergedOn: undefined })), [{ data: { mergedOn: today } }])
    const closed = { today, company: { ...DEFAULT_RULES, closedThrough: '2026-11-20' } }
    t.throws(() => given(account).when(asked(), closed), { code: 'PERIOD_CLOSED' })
  })
  t.test('the other account says yes, unless it is merged itself', async (t) => {
    const accept = { type: 'AcceptMerge', data: { clientId: 'beta', fromClientId: 'alfa' } } as const
    t.same(given(beta).when(accept), [mergeAccepted()])
    const goes = mergeRequested({ clientId: 'beta', intoClientId: 'alfa' })
    t.same(given(beta, goes).when(accept), [mergeRefused()], 'two into each other')
    t.match(given().when(accept), [{ type: 'MergeRefused', data: { code: 'CLIENT_NOT_FOUND' } }])
    const decline = { type: 'DeclineMerge', data: { clientId: 'alfa', code: 'CLIENT_MERGED' } } as const
    t.same(given(account, mergeRequested()).when(decline), [mergeDeclined()])
    t.same(given(account, ...merged).when(decline), [])
  })
})

t.test('an invoice', async (t) => {
  t.test('is reserved with its terms and what is open of it, and stands there as it stood here', async (t) => {
    const history = [
      account,
      invoice,
      paymentRecorded({ amount: ron('500.00') }),
      paymentAllocated({ amount: ron('500.00') }),
    ]
    const { from, into, moves } = moveAll(history, [beta])
    t.match(moves, [{ type: 'InvoiceMoveRequested', data: { amount: ron('710.00'), total: ron('1210.00') } }])
    t.match(openOf(fold(from)), { open: 0n, hasMoved: true })
    t.match(openOf(fold(into)), { open: 71_000n, total: 121_000n, moved: { from: 'alfa' } })
    t.throws(
      () =>
        given(...into, paymentRecorded({ clientId: 'beta', paymentId: 'p' })).when(
          allocate({ clientId: 'beta', paymentId: 'p', invoiceId: 'inv-1024', amount: '710.01' }),
        ),
      { code: 'ALLOCATION_EXCEEDS_OPEN_AMOUNT', details: { open: ron('710.00') } },
    )
    t.match(
      given(...into, paymentRecorded({ clientId: 'beta', paymentId: 'p' })).when(
        allocate({ clientId: 'beta', paymentId: 'p', invoiceId: 'inv-1024', amount: '710.00', allocatedOn: undefined }),
      ),
      [{ data: { allocatedOn: '2026-11-20' } }],
      'not before it was there',
    )
    t.throws(() => given(...into).when(register({ clientId: 'beta', invoiceId: 'other' })), {
      code: 'DOCUMENT_ALREADY_REGISTERED',
    })
  })
  t.test('of which an undo reopens a part moves on by that part', async (t) => {
    const history = [
      account,
      invoice,
      paymentRecorded({ amount: ron('500.00') }),
      paymentAllocated({ amount: ron('500.00') }),
    ]
    const first = moveAll(history, [beta])
    const undone = given(...first.from).when(
      deallocate({ invoiceId: 'inv-1024', amount: '200.00', deallocatedOn: '2026-11-22' }),
    )
    t.match(undone, [
      { type: 'PaymentDeallocated' },
      { type: 'MergeResumed', data: { round: 1, left: { invoiceIds: ['inv-1024'], paymentIds: ['pay-1'] } } },
    ])
    const again = moveAll([...first.from, ...undone], first.into)
    t.match(again.moves, [
      { type: 'InvoiceMoveRequested', data: { amount: ron('200.00'), movedOn: '2026-11-22' } },
      { type: 'TransferRequested', data: { amount: ron('200.00'), merges: true, transferId: 'pay-1-moved' } },
    ])
    t.match(openOf(fold(again.into)), { open: 91_000n })
    t.match(openOf(fold(again.from)), { open: 0n })
    t.match(accountPayments.get(fold(again.into), 'pay-1-moved'), { credit: 20_000n, origin: { clientId: 'alfa' } })
  })
  t.test('is moved with what other papers took of its VAT, and an undo gives back there', async (t) => {
    const note = creditNoteRegistered()
    const first = moveAll([account, invoice, note], [beta])
    const taken = openOf(fold(first.into))?.vatTaken
    t.ok(taken?.length)
    t.match(openOf(fold(first.from)), { vatTaken: [] })
    const undone = given(...first.from).when(reverseNote({ creditNoteId: note.data.creditNoteId }))
    const again = moveAll([...first.from, ...undone], first.into)
    t.match(openOf(fold(again.into)), { open: 121_000n, vatTaken: [] })
  })
  t.test('that was written off can be recovered there, and no more than was', async (t) => {
    const off = invoiceWrittenOff({ amount: ron('1210.00') })
    const first = moveAll([account, invoice, off], [beta])
    t.match(openOf(fold(first.into)), { open: 0n, writtenOff: 121_000n })
    const paid = paymentRecorded({ clientId: 'beta', paymentId: 'p' })
    const late = { clientId: 'beta', paymentId: 'p', invoiceId: 'inv-1024', allocatedOn: '2026-11-23' }
    const brought = given(...first.into, paid).when(allocate({ ...late, amount: '300.00' }))
    t.match(brought, [{ data: { recovers: true } }])
    t.throws(() => given(...first.into, paid).when(allocate({ ...late, amount: '1210.01' })), {
      code: 'ALLOCATION_EXCEEDS_OPEN_AMOUNT',
    })
    const undone = given(...first.from).when(
      reactivate({ writeOffId: off.data.writeOffId ?? '', reversedOn: '2026-11-24' }),
    )
    const again = moveAll([...first.from, ...undone], [...first.into, paid, ...brought])
    t.match(openOf(fold(again.into)), { open: 91_000n, writtenOff: 0n, recovered: 0n })
  })
  t.test('with its value in lei, to the last ban', async (t) => {
    const rate = { rate: '5.0333', source: 'BNR' as const, publishedOn: '2026-10-30' }
    const euros = invoiceRegistered({ total: eur('0.03'), vatLines: [], exchangeRate: rate, functional: ron('0.15') })
    const paid = paymentRecorded({ amount: eur('0.01'), exchangeRate: rate, functional: ron('0.05') })
    const some = paymentAllocated({
      amount: eur('0.01'),
      functional: { currency: 'RON', invoice: '0.05', payment: '0.05' },
    })
    const { from, into } = moveAll([account, euros, paid, some], [beta])
    t.match(openOf(fold(into)), { open: 2n, value: { total: 15n, left: 10n } })
    t.match(openOf(fold(from)), { open: 0n, value: { left: 0n } })
  })
  t.test('whose id is taken by then is refused, and stays', async (t) => {
    const history = [account, invoice, ...merged]
    const [move] = given(...history).when(items(['inv-1024']))
    if (move?.type !== 'InvoiceMoveRequested') throw new Error('nothing moves')
    const { intoClientId: clientId, clientId: fromClientId, ...moved } = move.data
    const own = invoiceRegistered({ clientId: 'beta', number: '9' })
    t.match(given(beta, own).when({ type: 'ReceiveInvoice', data: { clientId, fromClientId, ...moved } }), [
      { type: 'InvoiceMoveRefused', data: { code: 'MERGE_ID_CONFLICT' } },
    ])
    const declined = given(...history, move).when({
      type: 'DeclineInvoiceMove',
      data: { ...move.data, code: 'MERGE_ID_CONFLICT' },
    })
    t.match(openOf(fold([...history, move, ...declined])), { open: 121_000n })
  })
  t.test('is looked for before it moves: ids and names that are taken there', async (t) => {
    const own = fold([beta, invoiceRegistered({ clientId: 'beta', invoiceId: 'b', number: '01024' })])
    t.same(mergeConflicts(fold([account, invoice]), own, ['inv-1024']), [
      { invoiceId: 'inv-1024', document: { kind: 'INVOICE', documentId: 'b' } },
    ])
    const same = fold([beta, invoiceRegistered({ clientId: 'beta', number: '9' })])
    t.same(mergeConflicts(fold([account, invoice]), same, ['inv-1024']), [{ invoiceId: 'inv-1024' }])
    t.same(mergeConflicts(fold([account, invoice]), fold([beta]), ['inv-1024']), [])
  })
  t.test('that is settled stays', async (t) => {
    const history = [account, invoice, paymentRecorded(), paymentAllocated({ amount: ron('1210.00') })]
    t.match(moveAll(history, [beta]).moves, [{ type: 'TransferRequested', data: { amount: ron('290.00') } }])
  })
})

t.test('credit', async (t) => {
  t.test('keeps the day of its money', async (t) => {
    const { moves } = moveAll([account, paymentRecorded()], [beta])
    t.match(moves, [{ data: { movedOn: '2026-11-20', collectedOn: '2026-11-02', merges: true } }])
  })
  t.test('of a cheque waits until it is collected, and moves on then', async (t) => {
    const cheque = paymentRecorded({ method: 'CHEQUE', paidWhenCleared: true })
    const first = moveAll([account, cheque], [beta])
    t.same(first.moves, [])
    const cleared = given(...first.from).when(clear({ paymentId: 'pay-1', amount: undefined, clearedOn: '2026-11-22' }))
    t.match(cleared, [{ type: 'PaymentCleared' }, { type: 'MergeResumed' }])
    const again = moveAll([...first.from, ...cleared], first.into)
    t.match(again.moves, [{ data: { amount: ron('1500.00'), movedOn: '2026-11-22' } }])
  })
  t.test('that bounces is followed to where it went', async (t) => {
    const { from, into } = moveAll([account, paymentRecorded()], [beta])
    const told = [
      ...from,
      { type: 'TransferCompleted', data: { clientId: 'alfa', paymentId: 'pay-1', transferId: 'pay-1-moved' } },
    ] as const
    t.match(given(...told).when(reverse({ reversedOn: '2026-11-22', reason: 'BOUNCED' })), [
      { type: 'ReversalRequested' },
    ])
    t.match(accountPayments.get(fold(into), 'pay-1-moved'), { credit: 150_000n })
  })
  t.test('that came from there is its payment’s again', async (t) => {
    const received = transferReceived({ clientId: 'alfa', origin: { clientId: 'beta', paymentId: 'own' } })
    t.match(moveAll([account, received], [beta]).moves, [{ data: { returnsTo: 'own' } }])
  })
  t.test('for an account that is merged is refused, but for what moves on with another', async (t) => {
    const receive = (change: object = {}) =>
      ({
        type: 'ReceiveTransfer',
        data: {
          ...transferReceived({ clientId: 'alfa', origin: { clientId: 'beta', paymentId: 'x' } }).data,
          ...change,
        },
      }) as const
    t.match(given(account, ...merged).when(receive()), [{ type: 'TransferRefused', data: { code: 'CLIENT_MERGED' } }])
    t.match(given(account, ...merged).when(receive({ merges: true })), [
      { type: 'TransferReceived' },
      { type: 'MergeResumed', data: { left: { paymentIds: ['pay-1-alfa'] } } },
    ])
  })
})

t.test('a claim for money that left', async (t) => {
  const excess: readonly AccountEvent[] = given(account, paymentRecorded()).when(
    refund({ amount: '1600.00', allowExcess: true, method: 'BANK_TRANSFER', refundedOn: '2026-11-10' }),
  )
  const { from, into } = moveAll([account, paymentRecorded(), ...excess], [beta])
  const [registered] = excess
  const claimId = registered?.type === 'ClaimRegistered' ? registered.data.claimId : ''
  t.match(openOf(fold(into), claimId), { open: 10_000n, kind: 'RETURNED_MONEY' })
  t.throws(() => given(...into).when(cancel({ clientId: 'beta', invoiceId: claimId })), {
    code: 'INVOICE_NOT_FULLY_OPEN',
  })
  const back = given(...from).when(returned({ reversedOn: '2026-11-22', reason: 'RETURNED_BY_BANK' }))
  t.match(back, [{ type: 'RefundReversed', data: { amount: ron('1600.00') } }, { type: 'MergeResumed' }])
  const again = moveAll([...from, ...back], into)
  t.match(openOf(fold(again.into), claimId), { open: 10_000n }, 'what came back is credit there')
  t.match(accountPayments.get(fold(again.into), 'pay-1-moved'), { credit: 160_000n })
})

t.test('what is there to move is looked for in pieces', async (t) => {
  const many = Array.from({ length: 40 }, (_, index) =>
    invoiceRegistered({ invoiceId: `i-${index}`, number: `${index}` }),
  )
  const state = fold([account, ...many])
  const found: string[] = []
  for (let from: number | undefined = 0; from !== undefined; ) {
    const { invoiceIds, next } = movableFrom(state, from, 7)
    t.ok(invoiceIds.length <= 7)
    found.push(...invoiceIds)
    from = next
  }
  t.equal(new Set(found).size, 40)
  t.equal(found.length, 40)
})

t.test('a declined move that is asked for once more finds all of it', async (t) => {
  const history = [account, invoice, ...merged, invoiceMoveRequested({ amount: ron('1210.00') })]
  const declined = invoiceMoveDeclined({ amount: ron('1210.00') })
  t.match(moveAll([...history, declined], [beta]).moves, [{ data: { amount: ron('1210.00') } }])
})

const sumsOf = (state: ClientAccount): ReadonlyMap<string, bigint> => {
  const sums = new Map<string, bigint>()
  const add = (key: string, minor: bigint): void => {
    sums.set(key, (sums.get(key) ?? 0n) + minor)
  }
  for (const { currency, open, writtenOff, recovered, value, paidInCash } of accountInvoices.all(state)) {
    add(`open ${currency}`, open)
    add(`unrecovered ${currency}`, writtenOff - recovered)
    add(`value of ${currency}`, value?.left ?? 0n)
    add('paid in cash', paidInCash)
  }
  for (const { currency, credit, value } of accountPayments.all(state)) {
    add(`credit ${currency}`, credit)
    add(`value of credit ${currency}`, value?.left ?? 0n)
  }
  return sums
}

/** What the two accounts have together, and what is still in the first one that could move. */
const bothOf = (from: readonly AccountEvent[], into: readonly AccountEvent[]) => {
  const [one, other] = [fold(from), fold(into)]
  const sums = sumsOf(one)
  const both = Object.fromEntries([...sumsOf(other)].map(([key, minor]) => [key, minor + (sums.get(key) ?? 0n)]))
  const { invoiceIds, paymentIds } = movableFrom(one, 0, Number.MAX_SAFE_INTEGER)
  return { both: { ...Object.fromEntries(sums), ...both }, left: [...invoiceIds, ...paymentIds] }
}

const tried = (history: readonly AccountEvent[], command: AccountCommand): readonly AccountEvent[] => {
  try {
    return given(...history).when(command, context)
  } catch (error) {
    if (error instanceof Rejection) return []
    throw error
  }
}

const undoesOf = (state: ClientAccount): readonly AccountCommand[] => [
  ...[...accountPayments.all(state)].flatMap(({ paymentId, allocations }) =>
    [...allocations].map(([invoiceId, { amount }]) =>
      deallocate({
        paymentId,
        invoiceId,
        amount: decimalOf(amount, accountInvoices.get(state, invoiceId)?.currency ?? 'RON'),
        deallocatedOn: undefined,
      }),
    ),
  ),
  ...[...creditNotes.all(state)].map(([creditNoteId]) => reverseNote({ creditNoteId, reversedOn: undefined })),
  ...[...writeOffs.all(state)].map(([writeOffId]) => reactivate({ writeOffId, reversedOn: undefined })),
  ...[...refunds.all(state)].map(([refundId]) => returned({ refundId, reversedOn: undefined })),
]

t.test('of any history nothing is lost or doubled, and nothing is left that could move', async (t) => {
  holds(
    t,
    fc.property(steps, (steps) => {
      const { history, account: before } = live(steps)
      const omega = { intoClientId: 'omega' }
      const gone = [mergeRequested(omega), mergeConfirmed(omega)]
      const first = moveAll([...history, ...gone], [clientRegistered({ clientId: 'omega' })])
      const { both, left } = bothOf(first.from, first.into)
      deepEqual(both, Object.fromEntries(sumsOf(before)))
      deepEqual(left, [])
      let { from, into } = first
      for (const undo of undoesOf(fold(from))) {
        const events = tried(from, undo)
        const undone = [...from, ...events]
        const asIfAlone = bothOf(undone, into).both
        ;({ from, into } = moveAll(undone, into))
        const after = bothOf(from, into)
        deepEqual(after.left, [])
        deepEqual(after.both, asIfAlone)
      }
    }),
  )
})
