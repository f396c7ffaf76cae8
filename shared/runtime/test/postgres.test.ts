import { createServer } from 'node:net'
import { sql } from 'kysely'
import t from 'tap'
import { createDatabase, createPool, isRetryable, type Pool } from '../src/postgres.ts'
import { createTestDatabase, type Teardown } from '../src/testing.ts'

const connect = (
  test: Teardown,
  url: string,
  limits: { statementTimeoutMs?: number; connectTimeoutMs?: number } = {},
): Pool => {
  const pool = createPool({ url, connectionsMax: 2, applicationName: 'test', onIdleError: () => undefined, ...limits })
  test.teardown(() => pool.end())
  return pool
}

const errorOf = async (attempt: Promise<unknown>): Promise<unknown> =>
  attempt.then(
    () => undefined,
    (error: unknown) => error,
  )

t.test('Postgres', async (t) => {
  const url = await createTestDatabase(t)
  const pool = connect(t, url)

  t.test('gives money exactly, days as text and instants as Date', async (t) => {
    const { rows } = await pool.query(
      `select 9223372036854775807::bigint as minor, '2026-03-29'::date as day, '2026-03-29T02:30:00+02'::timestamptz as at,
              sum(n)::text as total from generate_series(1, 3) n`,
    )
    t.same(rows, [{ minor: 9223372036854775807n, day: '2026-03-29', at: new Date('2026-03-29T00:30:00Z'), total: '6' }])
  })

  t.test('answers typed queries', async (t) => {
    await pool.query('create table invoice (invoice_id text primary key, total_minor bigint not null)')
    const database = createDatabase<{ invoice: { invoice_id: string; total_minor: bigint } }>(pool)
    await database.insertInto('invoice').values({ invoice_id: 'inv-1', total_minor: 121000n }).execute()
    t.same(await database.selectFrom('invoice').selectAll().execute(), [{ invoice_id: 'inv-1', total_minor: 121000n }])
    t.same((await sql`select 1 as one`.execute(database)).rows, [{ one: 1 }])
  })

  t.test('knows what may succeed later', async (t) => {
    const serialization = await errorOf(pool.query(`do $$ begin raise exception 'x' using errcode = '40001'; end $$`))
    const operator = await errorOf(pool.query('select pg_terminate_backend(pg_backend_pid())'))
    const slow = await errorOf(connect(t, url, { statementTimeoutMs: 50 }).query('select pg_sleep(5)'))
    const refused = await errorOf(connect(t, 'postgres://me@127.0.0.1:1/db').query('select 1'))
    for (const error of [serialization, operator, slow, refused]) t.ok(isRetryable(error), String(error))
    t.ok(isRetryable(new Error('Reading failed', { cause: refused })))
  })

  t.test('knows what will not', async (t) => {
    const missing = await errorOf(pool.query('select * from nowhere'))
    const constraint = await errorOf(pool.query('insert into many values (99999)'))
    const password = new URL(url)
    password.password = 'wrong'
    const refused = await errorOf(connect(t, password.href).query('select 1'))
    for (const error of [missing, constraint, refused, new Error('bug'), 'text', undefined]) t.notOk(isRetryable(error))
  })

  t.test('gives up on a server that does not answer', async (t) => {
    const silent = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => silent.once('listening', resolve))
    t.teardown(() => silent.close())
    const address = silent.address()
    const port = typeof address === 'object' ? address?.port : undefined
    const error = await errorOf(
      connect(t, `postgres://me@127.0.0.1:${port}/db`, { connectTimeoutMs: 200 }).query('select 1'),
    )
    t.ok(isRetryable(error), String(error))
  })
})

const names = async (url: string): Promise<string[]> => {
  const pool = createPool({ url, connectionsMax: 1, applicationName: 'test', onIdleError: () => undefined })
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
