import { clientAccountStream } from '@registru/domain'
import {
  clientRegistered,
  invoiceRegistered,
  paymentAllocated,
  paymentRecorded,
  receiptBookOpened,
  receiptIssued,
  ron,
} from '@registru/domain/examples'
import { createDatabase, createPool } from '@registru/runtime'
import { createTestDatabase } from '@registru/runtime/testing'
import t from 'tap'
import {
  allProjections,
  ensureSchemas,
  findAging,
  findInvoice,
  findPayment,
  findStatement,
  listInvoices,
  listPayments,
  openPostgresWriter,
  type ReadHandle,
} from '../index.ts'
import { createLog } from './ledger.ts'

// Ids are decided within an account, so two clients may come with the same ones: each keeps what is its own.
t.setTimeout(120_000)

const companyId = 'amc'
const invoiceId = 'same'
const paymentId = 'same'
const asOf = '2026-12-01'

const url = await createTestDatabase(t)
const pool = createPool({ url, connectionsMax: 2, applicationName: 'same-ids.test', onIdleError: () => undefined })
const db: ReadHandle = createDatabase<unknown>(pool)
t.teardown(() => db.destroy())

const log = createLog()
for (const [clientId, total, paid] of [
  ['alfa', '100.00', '30.00'],
  ['beta', '200.00', '50.00'],
] as const) {
  log.append(companyId, clientAccountStream(companyId, clientId), [
    clientRegistered({ clientId }),
    invoiceRegistered({ clientId, invoiceId, total: ron(total) }),
    paymentRecorded({ clientId, paymentId, amount: ron(paid), method: 'CASH', bankReference: undefined }),
    paymentAllocated({ clientId, paymentId, invoiceId, amount: ron(paid) }),
  ])
}
log.append(companyId, 'receiptBook-amc:AMC-C', [
  receiptBookOpened(),
  receiptIssued({ number: 1, receiptId: 'r1', clientId: 'beta', paymentId, amount: ron('50.00') }),
])

const client = await pool.connect()
await ensureSchemas(client, allProjections)
const writer = await openPostgresWriter({ client, projections: allProjections })
for (const event of log.events) await writer.apply([event], { position: event.position, storeId: 'test' })
client.release(true)

t.test('each client has its own invoice', async (t) => {
  t.match(await findInvoice(db, { companyId, invoiceId, clientId: 'beta', asOf }), {
    openMinor: 15_000n,
    allocations: [{ amountMinor: 5_000n }],
  })
  t.match(
    await findInvoice(db, { companyId, invoiceId, asOf }),
    { clientId: 'alfa', openMinor: 7_000n },
    'the first one',
  )
  const { items } = await listInvoices(db, { companyId, asOf, limit: 10 })
  t.same(
    items.map((invoice) => [invoice.clientId, invoice.openMinor]),
    [
      ['alfa', 7_000n],
      ['beta', 15_000n],
    ],
  )
})

t.test('each client has its own payment', async (t) => {
  t.match(await findPayment(db, { companyId, paymentId, clientId: 'beta', asOf }), {
    amountMinor: 5_000n,
    receipt: { number: 1 },
    allocations: [{ amountMinor: 5_000n }],
  })
  t.match(await findPayment(db, { companyId, paymentId, asOf }), { clientId: 'alfa', receipt: undefined })
  t.equal((await listPayments(db, { companyId, asOf, limit: 10 })).items.length, 2)
})

t.test('a page may end between the two', async (t) => {
  const first = await listInvoices(db, { companyId, asOf, limit: 1 })
  const second = await listInvoices(db, { companyId, asOf, limit: 1, after: first.next })
  t.same(
    [...first.items, ...second.items].map((invoice) => invoice.clientId),
    ['alfa', 'beta'],
  )
})

t.test('balances and documents are not mixed', async (t) => {
  const { rows } = await findAging(db, { companyId, asOf })
  t.same(
    rows.map((row) => [row.clientId, row.openMinor, row.creditMinor]),
    [
      ['alfa', 7_000n, 0n],
      ['beta', 15_000n, 0n],
    ],
  )
  const [alfa] = await findStatement(db, { companyId, clientId: 'alfa', from: '2026-01-01', to: asOf })
  t.same(
    alfa?.lines.map((line) => line.document),
    ['AMC 1024', 'same'],
  )
})
