/** Where a report turns from one answer to the next: at one position, at one ban. Random histories seldom stand there. */
import { BEFORE_THE_LOG, type LedgerMessage, type Position, positionOf } from '@registru/domain'
import {
  clientRegistered,
  companyRegistered,
  invoiceRegistered,
  invoiceRescheduled,
  paymentAllocated,
  paymentDeallocated,
  paymentRecorded,
  receiptAnnulled,
  receiptBookOpened,
  receiptIssued,
  ron,
} from '@registru/domain/examples'
import { createDatabase, createPool } from '@registru/runtime'
import { createTestDatabase } from '@registru/runtime/testing'
import t, { type Test } from 'tap'
import {
  allProjections,
  ensureSchemas,
  findInvoice,
  findStatement,
  listCashPayers,
  listInvoices,
  openPostgresWriter,
  type ReadHandle,
} from '../index.ts'
import { createLog } from './ledger.ts'

// Databases take their time on a busy machine.
t.setTimeout(120_000)

const companyId = 'amc'

/** The read models of some messages, and the position of each of these. */
const projected = async (t: Test, ...messages: readonly LedgerMessage[]) => {
  const url = await createTestDatabase(t)
  const pool = createPool({ url, connectionsMax: 2, applicationName: 'edges.test', onIdleError: () => undefined })
  const db: ReadHandle = createDatabase<unknown>(pool)
  t.teardown(() => db.destroy())
  const log = createLog()
  log.append(companyId, 'clientAccount-amc:alfa', [companyRegistered(), clientRegistered(), ...messages])
  const client = await pool.connect()
  await ensureSchemas(client, allProjections)
  const writer = await openPostgresWriter({ client, projections: allProjections })
  await writer.apply(log.events, { position: log.events.at(-1)?.position ?? BEFORE_THE_LOG, storeId: 'test' })
  client.release(true)
  return { db, positions: log.events.slice(-messages.length).map(({ position }) => position) }
}

t.test('a receipt names its payment from the position of its issue to that of its annulment', async (t) => {
  const { db, positions } = await projected(
    t,
    receiptBookOpened(),
    paymentRecorded({ paymentId: 'pay-2', method: 'CASH', deskId: 'C1', bankReference: undefined }),
    receiptIssued(),
    receiptAnnulled({ alsoReversePayment: false }),
  )
  const nameAt = async (knownAt: Position | undefined): Promise<string | undefined> => {
    const question = { companyId, clientId: 'alfa', from: '2026-01-01', to: '2026-12-31', knownAt }
    return (await findStatement(db, question))[0]?.lines[0]?.document
  }
  const [issued = BEFORE_THE_LOG, annulled = BEFORE_THE_LOG] = positions.slice(-2)
  t.equal(await nameAt(positionOf(issued - 1n)), 'pay-2', 'before, by its own id')
  t.equal(await nameAt(issued), 'AMC-C 15')
  t.equal(await nameAt(positionOf(annulled - 1n)), 'AMC-C 15')
  t.equal(await nameAt(annulled), 'pay-2')
  t.equal(await nameAt(undefined), 'pay-2')
})

t.test('an instalment that is paid to the ban is met, and the next one is late', async (t) => {
  const asOf = '2026-12-01'
  for (const [paid, overdueDays] of [
    ['299.99', 31],
    ['300.00', 11],
  ] as const) {
    const instalments = [
      { dueOn: '2026-10-31', amount: '300.00' },
      { dueOn: '2026-11-20', amount: '910.00' },
    ]
    const { db } = await projected(
      t,
      invoiceRegistered({ dueOn: '2026-11-20', instalments }),
      paymentRecorded({ amount: ron(paid) }),
      paymentAllocated({ amount: ron(paid) }),
    )
    t.equal((await findInvoice(db, { companyId, invoiceId: 'inv-1024', asOf }))?.overdueDays, overdueDays, paid)
    const lateBy = async (overdueBy: number) =>
      (await listInvoices(db, { companyId, asOf, overdueBy, limit: 10 })).items.map(({ invoiceId }) => invoiceId)
    t.same(await lateBy(overdueDays), ['inv-1024'], `${paid}: late by ${overdueDays} days`)
    t.same(await lateBy(overdueDays + 1), [], `${paid}: and by no more`)
  }
})

t.test(
  'where a nearer day was agreed and an undo reopens what was settled, that day is the one that is late',
  async (t) => {
    const { db } = await projected(
      t,
      invoiceRegistered({ dueOn: '2026-12-31' }),
      paymentRecorded({ amount: ron('500.00') }),
      paymentAllocated({ amount: ron('500.00') }),
      invoiceRescheduled({
        amount: ron('710.00'),
        instalments: [{ dueOn: '2026-11-20', amount: '710.00' }],
        agreedOn: '2026-11-05',
      }),
      paymentDeallocated({ amount: ron('500.00'), deallocatedOn: '2026-11-10' }),
    )
    const asOf = '2026-12-01'
    t.equal((await findInvoice(db, { companyId, invoiceId: 'inv-1024', asOf }))?.overdueDays, 11)
    const late = (overdueBy: number) => listInvoices(db, { companyId, asOf, overdueBy, limit: 10 })
    t.match(await late(11), { items: [{ overdueDays: 11 }] })
    t.match(await late(12), { items: [] })
  },
)

t.test('a payer is a business as soon as one of the payments says so, the first one or not', async (t) => {
  const cash = (paymentId: string, change: object = {}) =>
    paymentRecorded({
      paymentId,
      method: 'CASH',
      amount: ron('100.00'),
      deskId: 'C1',
      receivedOn: '2026-11-05',
      ...change,
    })
  const person = { clientId: 'ion', kind: 'INDIVIDUAL', name: 'Ion Popescu', taxId: '13548146' } as const
  const business = { payer: { name: 'Popescu Servicii SRL', taxId: 'RO13548146' } }
  for (const order of [
    [cash('own', { clientId: 'ion' }), cash('theirs', business)],
    [cash('theirs', business), cash('own', { clientId: 'ion' })],
  ]) {
    const { db } = await projected(t, clientRegistered(person), ...order)
    const payers = await listCashPayers(db, { companyId, day: '2026-11-05' })
    t.match(payers, [{ payer: { identity: '13548146', kind: 'BUSINESS' }, amountMinor: 20_000n }])
    t.equal(payers.length, 1)
  }
})
