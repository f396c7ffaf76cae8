import { allProjections, allTies, ensureSchemas, finishTie, keepFindings, type ReadHandle } from '@registru/projections'
import { createDatabase, createPool } from '@registru/runtime'
import { createTestDatabase } from '@registru/runtime/testing'
import t from 'tap'
import { examineBooks } from '../src/doctor/books.ts'
import { type Diagnosis, examine } from '../src/doctor/diagnosis.ts'

const url = await createTestDatabase(t)
const pool = createPool({ url, connectionsMax: 2, applicationName: 'doctor.test', onIdleError: () => undefined })
const db: ReadHandle = createDatabase<unknown>(pool)
t.teardown(() => db.destroy())
const client = await pool.connect()
await ensureSchemas(client, allProjections)
client.release()

const diagnoses = async (): Promise<readonly Diagnosis[]> => {
  const found: Diagnosis[] = []
  await examineBooks(examine('numbers', found), db)
  return found
}

t.test('what nobody has checked yet', async (t) => {
  t.match(await diagnoses(), [{ check: 'check of books', health: 'note', found: /not checked yet/ }])
})

t.test('books that agree', async (t) => {
  for (const { name: tie } of allTies) await finishTie(db, { tie, tookSeconds: 1, rows: 0n })
  t.match(await diagnoses(), [{ check: 'books', health: 'ok', found: /within a minute/ }])
})

t.test('a row that differs is named, with what each book says', async (t) => {
  await keepFindings(db, [
    {
      tie: 'payments',
      companyId: 'amc',
      currency: 'RON',
      place: { clientId: 'alfa', paymentId: 'pay-1' },
      amountsMinor: { amount: 50_001n, journal: 50_000n },
    },
  ])
  const [first, ...others] = await diagnoses()
  t.match(first, {
    health: 'wrong',
    found: /^amc, payments: clientId alfa, paymentId pay-1: amount 500\.01 RON ≠ journal 500\.00 RON, since /,
  })
  t.same(others, [])
})
