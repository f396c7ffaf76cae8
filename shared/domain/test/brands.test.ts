/** What must not compile: the compiler says so of every line here that would. */
import t from 'tap'
import {
  ClientId,
  CompanyId,
  CreditNoteId,
  clientAccountStream,
  creditOfNote,
  InvoiceId,
  PaymentId,
  type Position,
  positionOf,
  type Revision,
  revisionAfter,
  revisionOf,
} from '../src/index.ts'

const position = positionOf(7n)
const revision = revisionOf(7n)
const takesPosition = (place: Position): bigint => place
const takesRevision = (place: Revision): bigint => place

const [companyId, clientId] = [CompanyId.parse('amc'), ClientId.parse('alfa')]
const [invoiceId, paymentId, creditNoteId] = [InvoiceId.parse('1'), PaymentId.parse('1'), CreditNoteId.parse('1')]
const takesPayment = (id: PaymentId): string => id

t.test('there is nothing of a type at run time', async (t) => {
  t.equal(position, 7n)
  t.equal(takesPosition(position), takesRevision(revision))
  t.equal(revisionAfter(revision, 3), 10n)
  t.equal(takesPayment(paymentId), '1')
  t.equal(creditOfNote(creditNoteId), '1')
})

t.test('a place is taken for no other', async () => {
  // @ts-expect-error
  takesPosition(revision)
  // @ts-expect-error
  takesRevision(position)
  // @ts-expect-error -- of neither kind
  takesPosition(7n)
  // @ts-expect-error
  takesRevision(7n)
  // @ts-expect-error -- what was reckoned from a position need not be one
  takesPosition(position + 1n)
  // @ts-expect-error -- never equal, to the compiler
  if (position === revision) t.pass()
})

t.test('an id is taken for no other', async () => {
  // @ts-expect-error
  takesPayment(invoiceId)
  // @ts-expect-error -- only on purpose, by `creditOfNote`
  takesPayment(creditNoteId)
  // @ts-expect-error -- the wrong way round
  clientAccountStream(clientId, companyId)
  // @ts-expect-error
  new Map<InvoiceId, bigint>().get(paymentId)
  // A literal is of no kind, and taken for any.
  takesPayment('pay-1')
})
