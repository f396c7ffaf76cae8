import t from 'tap'
import { createPool } from '../src/postgres.ts'
import { createTestDatabase } from '../src/testing.ts'

const names = async (url: string): Promise<string[]> => {
  const pool = createPool({ url, connectionsMax: 1, applicationName: 'test', onIdleError: (error) => t.error(error) })
  const { rows } = await pool.query<{ datname: string }>('select datname from pg_database')
  await pool.end()
  return rows.map((row) => row.datname)
}

t.test('createTestDatabase', async (t) => {
  t.test('makes a database, and drops it when the test is over', async (t) => {
    let name = ''
    await t.test('the test', async (t) => {
      const url = await createTestDatabase(t)
      name = new URL(url).pathname.slice(1)
      t.ok((await names(url)).includes(name))
    })
    t.notOk((await names(process.env['TEST_DATABASE_URL'] ?? '')).includes(name))
  })

  t.test('says how to run the tests when there is no server', async (t) => {
    const url = process.env['TEST_DATABASE_URL']
    t.teardown(() => {
      process.env['TEST_DATABASE_URL'] = url
    })
    delete process.env['TEST_DATABASE_URL']
    await t.rejects(createTestDatabase(t), /npm test -- <test file>/)
  })
})
