import t from 'tap'
import {
  annulReceipt,
  continueReceiptBook,
  enterReceipt,
  extendReceiptRange,
  openReceiptBook,
  receiptAnnulled,
  receiptBookContinued,
  receiptBookOpened,
  receiptIssued,
  receiptRangeExtended,
  receiptRefused,
  receiptReprinted,
  reprintReceipt,
  ron,
} from '../src/examples.ts'
import { AnnulReceipt, DEFAULT_RULES, OpenReceiptBook, receiptBook } from '../src/index.ts'
import { givenOf, today } from './given.ts'

const given = givenOf(receiptBook)
const open = (change: Parameters<typeof openReceiptBook>[0] = {}) =>
  ({ type: 'OpenReceiptBook', data: openReceiptBook(change) }) as const
const enter = (change: Parameters<typeof enterReceipt>[0] = {}) =>
  ({ type: 'EnterReceipt', data: enterReceipt(change) }) as const
const annul = (change: Parameters<typeof annulReceipt>[0] = {}) =>
  ({ type: 'AnnulReceipt', data: annulReceipt(change) }) as const

/** A refusal is an event: the account has reserved the receipt already, and has to hear of it. */
const refused = (code: string, receiptId = 'rec-15') => ({ type: 'ReceiptRefused', data: { code, receiptId } })

t.test('OpenReceiptBook', async (t) => {
  t.test('opens the series', async (t) => {
    t.same(given().when(open()), [receiptBookOpened()])
  })
  t.test('is refused the second time', async (t) => {
    t.throws(() => given(receiptBookOpened()).when(open()), { code: 'RECEIPT_BOOK_ALREADY_OPENED' })
  })
  t.test('has a range that does not end before it begins', async (t) => {
    const book = { ...openReceiptBook(), from: 10 }
    t.ok(OpenReceiptBook.safeParse({ ...book, to: 10 }).success)
    t.notOk(OpenReceiptBook.safeParse({ ...book, to: 9 }).success)
    for (const from of [0, -1, 1.5, '1', 1e10])
      t.notOk(OpenReceiptBook.safeParse({ ...book, to: undefined, from }).success)
  })
})

t.test('EnterReceipt', async (t) => {
  t.test('gives the next number, from the first of the range to the last', async (t) => {
    const book = receiptBookOpened({ from: 14, to: 15 })
    const first = receiptIssued({ number: 14, receiptId: 'rec-14' })
    t.match(given(book).when(enter({ receiptId: 'rec-14' })), [{ data: { number: 14 } }])
    t.same(given(book, first).when(enter()), [receiptIssued()])
    const past = given(book, first, receiptIssued()).when(enter({ receiptId: 'rec-16' }))
    t.match(past, [refused('RECEIPT_RANGE_EXHAUSTED', 'rec-16')])
  })
  t.test('leaves no gap and uses no number again, annulled ones included', async (t) => {
    const numbers: number[] = []
    const history: ReturnType<typeof receiptIssued>[] = []
    for (let index = 0; index < 50; index += 1) {
      const annulled = history.slice(0, index % 3).map(({ data }) => receiptAnnulled({ number: data.number }))
      const [issued] = given(receiptBookOpened({ to: undefined }), ...history, ...annulled).when(
        enter({ receiptId: `rec-${index}` }),
      )
      if (issued?.type !== 'ReceiptIssued') return t.fail('no receipt')
      numbers.push(issued.data.number)
      history.push(issued)
    }
    t.same(
      numbers,
      Array.from({ length: 50 }, (_, index) => index + 1),
    )
  })
  t.test('may have the day of the last receipt, not the day before', async (t) => {
    const book = [receiptBookOpened(), receiptIssued({ number: 1, receiptId: 'rec-1', issuedOn: '2026-11-02' })]
    t.equal(given(...book).when(enter({ issuedOn: '2026-11-02' })).length, 1)
    const back = enter({ issuedOn: '2026-11-01' })
    t.match(given(...book).when(back), [refused('RECEIPT_DATE_BEFORE_LAST')])
    t.match(given(...book).when(back), [{ data: { issuedOn: back.data.issuedOn, lastIssuedOn: '2026-11-02' } }])
    const annulled = receiptAnnulled({ number: 1 })
    t.match(given(...book, annulled).when(back), [refused('RECEIPT_DATE_BEFORE_LAST')], 'an annulled one keeps its day')
  })
  t.test('is refused the second time, annulled or not', async (t) => {
    const again = [refused('RECEIPT_ID_ALREADY_USED')]
    t.match(given(receiptBookOpened(), receiptIssued()).when(enter()), again)
    t.match(given(receiptBookOpened(), receiptIssued(), receiptAnnulled()).when(enter()), again)
  })
  t.test('is refused in a book that was never opened', async (t) => {
    t.match(given().when(enter()), [refused('RECEIPT_BOOK_NOT_FOUND')])
  })
  t.test('freezes what the paper says', async (t) => {
    const says = (change: Parameters<typeof enterReceipt>[0]) => {
      const [event] = given(receiptBookOpened()).when(enter(change))
      return event?.type === 'ReceiptIssued' ? [event.data.amountInWords, event.data.representing] : []
    }
    const invoice = { invoiceId: 'inv-1024', series: 'AMC', number: '1024', issuedOn: '2026-10-01' }
    const whole = { ...invoice, amount: ron('500.00'), openAfter: '0.00' }
    t.same(says({ settles: [whole] }), ['cinci sute de lei', 'factura AMC 1024 din 01.10.2026: 500,00 lei'])
    const part = { ...invoice, amount: ron('400.00'), openAfter: '1234.56' }
    t.same(says({ settles: [{ ...part, series: undefined }], advance: '100.00' }), [
      'cinci sute de lei',
      'plată parțială factura 1024 din 01.10.2026: 400,00 lei, rest 1.234,56 lei; avans: 100,00 lei',
    ])
    const claim = { claim: 'INTEREST' as const, number: 'D 5', invoiceId: 'claim-5', series: undefined }
    t.same(says({ settles: [{ ...whole, ...claim }] }), [
      'cinci sute de lei',
      'dobândă penalizatoare D 5 din 01.10.2026: 500,00 lei',
    ])
    t.same(says({ amount: { amount: '20.00', currency: 'EUR' }, settles: [], advance: '20.00' }), [
      'douăzeci de euro',
      'avans: 20,00 EUR',
    ])
  })
})

t.test('AnnulReceipt', async (t) => {
  const book = [receiptBookOpened(), receiptIssued()]

  t.test('keeps the number and says what became of the payment', async (t) => {
    t.same(given(...book).when(annul()), [receiptAnnulled()])
    t.match(given(...book).when(annul({ alsoReversePayment: undefined })), [{ data: { alsoReversePayment: false } }])
  })
  t.test('is refused the second time', async (t) => {
    t.throws(() => given(...book, receiptAnnulled()).when(annul()), { code: 'RECEIPT_ALREADY_ANNULLED' })
  })
  t.test('is refused for a number that was never given out', async (t) => {
    t.throws(() => given(...book).when(annul({ number: 16 })), { code: 'RECEIPT_NOT_FOUND', details: { number: 16 } })
    t.throws(() => given().when(annul()), { code: 'RECEIPT_BOOK_NOT_FOUND' })
    t.notOk(AnnulReceipt.safeParse({ ...annulReceipt(), number: '15' }).success)
  })
  t.test('is effective today unless a day is given, and never before the receipt', async (t) => {
    t.match(given(...book).when(annul({ annulledOn: undefined })), [{ data: { annulledOn: today } }])
    const before = () => given(...book).when(annul({ annulledOn: '2026-11-01' }))
    t.throws(before, { code: 'UNDO_BEFORE_WHAT_IT_UNDOES', details: { earliest: '2026-11-02' } })
  })
  t.test('finds nothing to annul in a history that was never ours', async (t) => {
    t.throws(() => given(receiptBookOpened(), receiptAnnulled()).when(annul()), /history changes receipt 15/)
  })
})

t.test('AnnulReceipt and closed periods', async (t) => {
  const rules = { ...DEFAULT_RULES, closedThrough: '2026-11-02' }
  const book = given(receiptBookOpened(), receiptIssued())
  const closed = () => book.when(annul({ annulledOn: '2026-11-02' }), { today, company: rules })
  t.throws(closed, { code: 'PERIOD_CLOSED', details: { day: '2026-11-02', closedThrough: '2026-11-02' } })
  const open = book.when(annul({ annulledOn: '2026-11-03' }), { today, company: rules })
  t.match(open, [{ data: { annulledOn: '2026-11-03' } }], 'the closed day keeps its receipt')
})

t.test('a receipt that stands in for an annulled one says so', async (t) => {
  const book = given(receiptBookOpened(), receiptIssued(), receiptAnnulled())
  const replaces = { series: 'AMC-C', number: 15 }
  t.match(book.when(enter({ receiptId: 'rec-16', replaces })), [{ data: { number: 16, replaces } }])
})

t.test('ExtendReceiptRange', async (t) => {
  const extend = (change: Parameters<typeof extendReceiptRange>[0] = {}) =>
    ({ type: 'ExtendReceiptRange', data: extendReceiptRange(change) }) as const
  const full = [receiptBookOpened({ to: 15 }), receiptIssued()]

  t.test('lets a book that is full go on with the next number', async (t) => {
    t.match(given(...full).when(enter({ receiptId: 'rec-16' })), [refused('RECEIPT_RANGE_EXHAUSTED', 'rec-16')])
    t.same(given(...full).when(extend({ to: 16 })), [receiptRangeExtended({ to: 16 })])
    const extended = given(...full, receiptRangeExtended({ to: 16 }))
    t.match(extended.when(enter({ receiptId: 'rec-16' })), [{ type: 'ReceiptIssued', data: { number: 16 } }])
  })
  t.test('goes up by one at least, not down', async (t) => {
    for (const to of [15, 14]) {
      t.throws(() => given(...full).when(extend({ to })), { code: 'RECEIPT_RANGE_NOT_EXTENDED', details: { to: 15 } })
    }
  })
  t.test('is refused the second time, for a book without an end, and before it is opened', async (t) => {
    const again = () => given(...full, receiptRangeExtended()).when(extend())
    t.throws(again, { code: 'RECEIPT_RANGE_NOT_EXTENDED', details: { to: 10_000 } })
    const endless = () => given(receiptBookOpened({ to: undefined })).when(extend())
    t.throws(endless, { code: 'RECEIPT_RANGE_NOT_EXTENDED', details: { to: null } })
    t.throws(() => given().when(extend()), { code: 'RECEIPT_BOOK_NOT_FOUND' })
  })
  t.test('leaves no gap where a request was refused', async (t) => {
    const history = [...full, receiptRefused({ receiptId: 'rec-16' }), receiptRangeExtended()]
    t.match(given(...history).when(enter({ receiptId: 'rec-17' })), [{ data: { number: 16, receiptId: 'rec-17' } }])
  })
})

t.test('ReprintReceipt', async (t) => {
  const reprint = (change: Parameters<typeof reprintReceipt>[0] = {}) =>
    ({ type: 'ReprintReceipt', data: reprintReceipt(change) }) as const
  const book = [receiptBookOpened(), receiptIssued()]

  t.test('counts the copies', async (t) => {
    t.same(given(...book).when(reprint()), [receiptReprinted()])
    t.match(given(...book, receiptReprinted()).when(reprint({ reason: undefined })), [{ data: { copy: 2 } }])
  })
  t.test('changes nothing else: the next receipt is what it would have been', async (t) => {
    const next = enter({ receiptId: 'rec-16' })
    t.same(given(...book, receiptReprinted()).when(next), given(...book).when(next))
  })
  t.test('is allowed for an annulled one: the paper is kept', async (t) => {
    t.equal(given(...book, receiptAnnulled()).when(reprint()).length, 1)
  })
  t.test('is refused for a number that was never given out', async (t) => {
    t.throws(() => given(...book).when(reprint({ number: 16 })), { code: 'RECEIPT_NOT_FOUND' })
    t.throws(() => given().when(reprint()), { code: 'RECEIPT_BOOK_NOT_FOUND' })
    t.throws(() => given(receiptBookOpened(), receiptReprinted()).when(reprint()), /history changes receipt 15/)
  })
})

t.test('a book that ends below what is known of it elsewhere', async (t) => {
  const proceed = (change: Parameters<typeof continueReceiptBook>[0] = {}) =>
    ({ type: 'ContinueReceiptBook', data: continueReceiptBook(change) }) as const
  const book = [receiptBookOpened({ from: 15, to: 30 }), receiptIssued()]
  const knowing = (highestNumber: number) => ({ today, highestNumber })

  t.test('is read-only from one number too few on', async (t) => {
    const next = enter({ receiptId: 'rec-16' })
    t.match(given(...book).when(next, knowing(15)), [{ data: { number: 16 } }])
    const refusal = { code: 'RESTORE_GUARD', details: { lastNumber: 15, highestNumber: 16 } }
    for (const command of [next, annul(), { type: 'ReprintReceipt', data: reprintReceipt() } as const]) {
      t.throws(() => given(...book).when(command, knowing(16)), refusal)
    }
    const extend = { type: 'ExtendReceiptRange', data: extendReceiptRange({ to: 40 }) } as const
    t.throws(() => given(...book).when(extend, knowing(16)), refusal)
  })
  t.test('continues above all that is known, when somebody answers for it', async (t) => {
    t.same(given(...book).when(proceed(), knowing(20)), [receiptBookContinued()])
    const tooLow = () => given(...book).when(proceed({ continueFrom: 20 }), knowing(20))
    t.throws(tooLow, { code: 'RECEIPT_NUMBER_ALREADY_GIVEN', details: { atLeast: 21 } })
    t.match(given(...book, receiptBookContinued()).when(enter({ receiptId: 'rec-21' }), knowing(20)), [
      { data: { number: 21 } },
    ])
  })
  t.test('passes over numbers that only paper knows of, within the range', async (t) => {
    t.match(given(...book).when(proceed({ continueFrom: 17 })), [{ data: { lastNumber: 15, continueFrom: 17 } }])
    t.throws(() => given(...book).when(proceed({ continueFrom: 16 })), { code: 'RECEIPT_NUMBER_ALREADY_GIVEN' })
    t.throws(() => given(...book).when(proceed({ continueFrom: 31 })), { code: 'RECEIPT_RANGE_EXHAUSTED' })
    t.throws(() => given().when(proceed()), { code: 'RECEIPT_BOOK_NOT_FOUND' })
  })
  t.test('is opened anew only above them', async (t) => {
    t.throws(() => given().when(open({ from: 20 }), knowing(20)), { code: 'RESTORE_GUARD' })
    t.equal(given().when(open({ from: 21 }), knowing(20)).length, 1)
  })
})
