import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { BEFORE_THE_LOG, Currency, decimalOf, type LedgerEvent } from '@registru/domain'
import { createDatabase, createPool, type Pool, type PoolClient } from '@registru/runtime'
import { createTestDatabase } from '@registru/runtime/testing'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import {
  allAccounts,
  allProjections,
  BI_ACCOUNTS,
  BI_SCHEMA,
  biDictionary,
  biViews,
  createBiRole,
  DIGITS_OF_CURRENCIES,
  dropBiRole,
  EVERY_COMPANY,
  endOverlongBiSessions,
  ensureSchemas,
  installBi,
  listBiRoles,
  listGenerations,
  listInvoices,
  openPostgresWriter,
  type ReadHandle,
  readBiTypes,
  removeBi,
  romanianAccount,
  schemaOf,
  switchReadViews,
} from '../index.ts'
import { FUNCTIONS_OF_A_READER } from './bi-functions.ts'
import { companyIds, playHistory, stepsArbitrary } from './histories.ts'

// Databases take their time on a busy machine.
t.setTimeout(120_000)

const [amc, beta] = companyIds
const root = resolve(import.meta.dirname, '../../..')

const connect = async (t: Test, url: string): Promise<{ pool: Pool; client: PoolClient }> => {
  const pool = createPool({ url, connectionsMax: 1, applicationName: 'bi.test', onIdleError: () => undefined })
  const client = await pool.connect()
  client.on('error', () => undefined)
  t.teardown(async () => {
    client.release(true)
    await pool.end()
  })
  return { pool, client }
}

/** Whatever steps there are, now and then all of the cash goes without a receipt. */
const historyWithReceipts = (): readonly LedgerEvent[] => {
  for (const steps of fc.sample(stepsArbitrary(200, 200), { seed: 7, numRuns: 50 })) {
    const events = playHistory(steps)
    if (events.some(({ type, metadata }) => type === 'ReceiptIssued' && metadata.companyId === amc)) return events
  }
  throw new Error('no history has a receipt')
}

/** A ledger of two companies with everything in it, and the schema for BI tools upon it. */
const prepare = async (t: Test) => {
  const url = await createTestDatabase(t)
  const { client } = await connect(t, url)
  await ensureSchemas(client, allProjections)
  const writer = await openPostgresWriter({ client, projections: allProjections })
  const events = historyWithReceipts()
  await writer.apply(events, { position: events.at(-1)?.position ?? BEFORE_THE_LOG, storeId: 'test' })
  await installBi(client)
  return { url, client }
}

/** A login of its own for each test: roles belong to the whole server. */
const login = async (t: Test, url: string, owner: PoolClient, companies: readonly string[]): Promise<PoolClient> => {
  const role = `bi_test_${randomBytes(6).toString('hex')}`
  const password = await createBiRole(owner, { role, companies })
  t.teardown(() => dropBiRole(owner, role))
  const own = new URL(url)
  own.username = role
  own.password = password
  return (await connect(t, own.href)).client
}

const refusal = async (client: PoolClient, statement: string): Promise<string> => {
  try {
    await client.query(statement)
    return 'done'
  } catch (error) {
    return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : String(error)
  }
}
const INSUFFICIENT_PRIVILEGE = '42501'

const { url, client } = await prepare(t)

t.test('no sum is too large to be shown', async (t) => {
  const most = 9_223_372_036_854_775_807n
  const statements = allProjections.find(({ name }) => name === 'client_statements')
  if (statements === undefined) throw new Error('client_statements is no read model')
  await client.query('begin')
  await client.query(`insert into bi_access.grants values (session_user, '*')`)
  await client.query(`update ${schemaOf(statements)}.statement_lines set debit_minor = ${most}, credit_minor = 0`)
  const { rows } = await client.query<{ minor: bigint; decimal: string }>(
    `select balance_minor as minor, balance as decimal from bi_v1.fact_daily_balances
     where currency = 'RON' order by balance_minor desc limit 1`,
  )
  await client.query('rollback')
  const { minor = 0n, decimal } = rows[0] ?? {}
  t.ok(minor > most && minor % most === 0n, `${minor}`)
  t.equal(decimal, decimalOf(minor, 'RON'))
})

t.test('bi_v1 keeps its contract', async (t) => {
  const types = await readBiTypes(client)

  t.test('no column that was once there changes or goes', (t) => {
    const file = join(root, 'projections/test/fixtures/bi-v1.json')
    const frozen: unknown = JSON.parse(readFileSync(file, 'utf8'))
    // A new column passes; when it is published, it is frozen here too.
    t.match(types, frozen)
    t.end()
  })
  t.test('every view and every column is explained', async (t) => {
    const { rows } = await client.query<{ what: string }>(
      `select c.relname || coalesce('.' || a.attname, '') as what
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
       left join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
       where n.nspname = $1 and (obj_description(c.oid) is null or col_description(c.oid, a.attnum) is null)`,
      [BI_SCHEMA],
    )
    t.same(rows, [])
  })
  t.test('the dictionary is that of this code (npm run registru -- bi dictionary --write writes it)', (t) => {
    const file = join(root, 'shared/docs/bi-dictionary.md')
    t.equal(readFileSync(file, 'utf8'), biDictionary(types))
    t.end()
  })
  t.test('its currencies and accounts are those of the ledger', (t) => {
    const digits = new Map(
      Object.entries(DIGITS_OF_CURRENCIES).flatMap(([count, codes]) => codes.map((code) => [code, Number(count)])),
    )
    for (const code of Intl.supportedValuesOf('currency')) {
      if (!Currency.safeParse(code).success) continue
      const [, fraction = ''] = decimalOf(0n, code).split('.')
      t.equal(digits.get(code) ?? 2, fraction.length, code)
    }
    const on = { functionalCurrency: 'RON', on: '2026-01-01' }
    t.same(
      Object.fromEntries(BI_ACCOUNTS.map(([account, number]) => [account, number])),
      Object.fromEntries(allAccounts.map((account) => [account, romanianAccount(account, 'RON', on)])),
    )
    t.end()
  })
})

t.test('the facts are those of the read models', async (t) => {
  const reader = await login(t, url, client, [EVERY_COMPANY])
  const one = async (from: PoolClient, sql: string): Promise<unknown> => (await from.query(sql)).rows

  t.same(
    await one(reader, 'select currency, sum(open)::text as open from fact_invoices group by 1 order by 1'),
    await one(
      client,
      'select currency, round(sum(open_minor) / 100.0, 2)::text as open from read.invoice_balances group by 1 order by 1',
    ),
  )
  t.same(
    await one(reader, 'select sum(amount_minor)::text as sum, count(*)::integer from fact_postings'),
    await one(client, 'select sum(amount_minor)::text as sum, count(*)::integer from read.postings'),
  )
  // The last balance of each client is the statement's closing.
  t.same(
    await one(
      reader,
      `select distinct on (company_id, client_id, currency) company_id, client_id, currency, balance_minor::text as balance
       from fact_daily_balances order by company_id, client_id, currency, day desc`,
    ),
    await one(
      client,
      `select company_id, client_id, currency, sum(debit_minor - credit_minor)::text as balance
       from read.statement_months group by 1, 2, 3 order by 1, 2, 3`,
    ),
  )
  for (const { name } of biViews) t.ok((await reader.query(`select * from ${name} limit 1`)).rowCount, name)
})

t.test('an invoice is late by the same days as in the ledger, wherever the tool thinks that it is', async (t) => {
  const reader = await login(t, url, client, [amc])
  const pool = createPool({ url, connectionsMax: 1, applicationName: 'bi.test', onIdleError: () => undefined })
  const db: ReadHandle = createDatabase<unknown>(pool)
  t.teardown(() => db.destroy())
  for (const zone of ['Pacific/Kiritimati', 'Pacific/Pago_Pago']) {
    await reader.query(`set time zone '${zone}'`)
    const { rows } = await reader.query<{ what: string; overdue_days: number; today: string }>(
      `select client_id || ' ' || invoice_id as what, overdue_days, (now() at time zone 'Europe/Bucharest')::date as today
       from fact_invoices order by 1`,
    )
    const asOf = rows[0]?.today ?? ''
    const { items } = await listInvoices(db, { companyId: amc, asOf, limit: 500 })
    t.same(
      rows.map(({ what, overdue_days }) => `${what} ${overdue_days}`),
      items.map((invoice) => `${invoice.clientId} ${invoice.invoiceId} ${invoice.overdueDays}`).toSorted(),
      zone,
    )
    t.ok(items.some(({ instalments }) => instalments.length > 0))
  }
})

t.test('a login of a BI tool', async (t) => {
  const reader = await login(t, url, client, [amc])
  const companiesSeen = async (view: string): Promise<readonly string[]> => {
    const { rows } = await reader.query<{ company_id: string }>(
      `select distinct company_id from ${BI_SCHEMA}.${view} order by 1`,
    )
    return rows.map((row) => row.company_id)
  }
  const scoped = biViews.filter(({ columns }) => columns.some(({ name }) => name === 'company_id'))

  t.test('sees its own company in every view', async (t) => {
    for (const { name } of scoped) t.same(await companiesSeen(name), [amc], name)
  })
  t.test('cannot widen what it sees', async (t) => {
    for (const statement of [
      `set registru.company = '${beta}'`,
      `set role ${new URL(url).username}`,
      'set role registru_bi',
      'set session authorization postgres',
      `set search_path = bi_access, read`,
      `insert into bi_access.grants values (session_user, '*')`,
      `update bi_access.grants set company_id = '*'`,
    ]) {
      await refusal(reader, statement)
      await reader.query('reset role')
      for (const { name } of scoped) t.strictSame(await companiesSeen(name), [amc], `${name} after ${statement}`)
    }
  })
  t.test('sees nothing through a function of its own before the filter', async (t) => {
    const leak = `select count(*)::integer as count from ${BI_SCHEMA}.dim_company where 1 / (case when company_id = '${beta}' then 0 else 1 end) = 1`
    t.same((await reader.query(leak)).rows, [{ count: 1 }])
  })
  t.test('sees no other schema', async (t) => {
    const { rows } = await client.query<{ what: string }>(
      `select format('%I.%I', n.nspname, c.relname) as what from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where c.relkind in ('r', 'v', 'm', 'p') and n.nspname not in ($1, 'pg_catalog', 'information_schema', 'pg_toast')`,
      [BI_SCHEMA],
    )
    t.ok(rows.length > 20)
    for (const { what } of rows) t.equal(await refusal(reader, `select * from ${what}`), INSUFFICIENT_PRIVILEGE, what)
  })
  t.test('cannot write, whatever it sets', async (t) => {
    await reader.query('set default_transaction_read_only = off')
    for (const statement of [
      `delete from ${BI_SCHEMA}.fact_postings`,
      `insert into ${BI_SCHEMA}.dim_company values ('x')`,
      'create table public.mine (id integer)',
      'create temporary table mine (id integer)',
      'create schema mine',
      `create view ${BI_SCHEMA}.mine as select 1`,
      'create role bi_other',
    ])
      t.equal(await refusal(reader, statement), INSUFFICIENT_PRIVILEGE, statement)
  })
  t.test('begins with a time limit and few connections', async (t) => {
    const { rows } = await client.query<{ rolconnlimit: number; rolconfig: string[] }>(
      'select rolconnlimit, rolconfig from pg_roles where rolname = $1',
      [(await reader.query<{ who: string }>('select session_user::text as who')).rows[0]?.who],
    )
    t.match(rows, [{ rolconnlimit: 10, rolconfig: { 0: 'temp_file_limit=2GB', 1: 'statement_timeout=30000' } }])
  })
  t.test('goes on seeing when the read views are switched and change their columns', async (t) => {
    const before = (await reader.query('select count(*)::integer as count from bi_v1.fact_invoices')).rows
    // Another shape below: the views above are taken away with it and made again in the same transaction.
    await client.query('alter table invoice_balances_v5.invoice_balances add column note text')
    await switchReadViews(client, allProjections)
    t.same((await reader.query('select count(*)::integer as count from bi_v1.fact_invoices')).rows, before)
  })
  t.test('is made for no company that is not there', async (t) => {
    const role = 'bi_test_of_nobody'
    const companies = [amc, 'nope', 'AMC', EVERY_COMPANY]
    await t.rejects(createBiRole(client, { role, companies }), { name: 'CompaniesUnknown', companies: ['AMC', 'nope'] })
    t.same((await client.query('select from pg_roles where rolname = $1', [role])).rows, [])
  })
  t.test('is listed with its companies', async (t) => {
    t.ok((await listBiRoles(client)).some(({ companies }) => companies.length === 1 && companies[0] === amc))
  })
})

t.test('a currency of other decimals is exact', async (t) => {
  const reader = await login(t, url, client, [amc])
  await client.query(`update invoice_balances_v5.invoice_balances set currency = 'JPY', total_minor = 1234
    where ctid = (select ctid from invoice_balances_v5.invoice_balances where company_id = '${amc}' limit 1)`)
  const { rows: yen } = await reader.query(
    `select total::text, total_minor::text, currency_digits from fact_invoices where currency = 'JPY'`,
  )
  t.same(yen, [{ total: '1234.00', total_minor: '1234', currency_digits: 0 }])
  await client.query(`update invoice_balances_v5.invoice_balances set currency = 'KWD' where currency = 'JPY'`)
  const { rows: dinars } = await reader.query(
    `select total, total_minor::text, currency_digits from fact_invoices where currency = 'KWD'`,
  )
  t.same(dinars, [{ total: null, total_minor: '1234', currency_digits: 3 }])
})

t.test('what everybody may execute', async (t) => {
  const reader = await login(t, url, client, [amc])
  const role = (await reader.query<{ who: string }>('select session_user::text as who')).rows[0]?.who ?? ''

  t.test('is, for a login, on a list of what was judged harmless', async (t) => {
    // What is stable or immutable changes nothing. Those of types that no statement can write are called by the server alone.
    const { rows } = await client.query<{ name: string }>(
      `select distinct n.nspname || '.' || p.proname as name
       from pg_proc p join pg_namespace n on n.oid = p.pronamespace
       where has_function_privilege($1, p.oid, 'execute') and has_schema_privilege($1, n.oid, 'usage')
         and (p.provolatile = 'v' or n.nspname <> 'pg_catalog')
         and not (p.prorettype || p.proargtypes::oid[]) && array(select oid from pg_type where typtype = 'p'
           and typname in ('trigger', 'event_trigger', 'internal', 'language_handler', 'fdw_handler', 'index_am_handler',
             'table_am_handler', 'tsm_handler'))
       order by 1`,
      [role],
    )
    t.same(
      rows.map(({ name }) => name.replace(/^pg_catalog\./, '')).filter((name) => !FUNCTIONS_OF_A_READER.has(name)),
      [],
    )
  })
  t.test('has no language, no place to create in, and no other right on the database than to connect', async (t) => {
    const { rows } = await client.query<{ what: string }>(
      `select 'language ' || lanname as what from pg_language where has_language_privilege($1, oid, 'usage') and lanpltrusted
       union all
       select 'schema ' || nspname from pg_namespace where has_schema_privilege($1, oid, 'create')
       union all
       select 'database' where has_database_privilege($1, current_database(), 'create, temporary')
       union all
       select 'large object ' || oid from pg_largeobject_metadata
       union all
       select 'tablespace ' || spcname from pg_tablespace where has_tablespace_privilege($1, oid, 'create')
       union all
       select 'foreign server ' || srvname from pg_foreign_server where has_server_privilege($1, oid, 'usage')`,
      [role],
    )
    t.same(rows, [])
  })
  t.test('takes no lock of the ledger, writes no large object and runs no code of its own', async (t) => {
    await reader.query('set default_transaction_read_only = off')
    await reader.query('set statement_timeout = 0')
    for (const statement of [
      'select pg_advisory_lock(7310002)',
      'select pg_try_advisory_lock_shared(1, 2)',
      'select pg_advisory_xact_lock(1)',
      `select lo_from_bytea(0, '5 MB')`,
      'select lo_create(0)',
      `select pg_logical_emit_message(false, 'x', 'y')`,
      `select pg_notify('x', 'y')`,
      'select pg_current_xact_id()',
      'select pg_sleep(1)',
      `do 'begin loop end loop; end'`,
    ])
      t.equal(await refusal(reader, statement), INSUFFICIENT_PRIVILEGE, statement)
    t.equal(await refusal(reader, `set temp_file_limit = -1`), INSUFFICIENT_PRIVILEGE)
  })
})

t.test('a session that lifts its time-outs is ended from outside', async (t) => {
  const waits = await login(t, url, client, [amc])
  const idles = await login(t, url, client, [amc])
  const keepsTo = await login(t, url, client, [amc])
  await idles.query('set idle_in_transaction_session_timeout = 0')
  await idles.query('begin')
  await idles.query('select 1')
  await waits.query('set statement_timeout = 0')
  const endless = refusal(waits, 'select count(*) from generate_series(1, 1e12) as g')
  const pool = createPool({ url, connectionsMax: 1, applicationName: 'bi.test', onIdleError: () => undefined })
  t.teardown(() => pool.end())

  t.same(await endOverlongBiSessions(pool), [], 'not before its time')
  // A negative limit: as if the time had passed, the server's own clock included.
  const passed = { statementMs: -6_000, idleInTransactionMs: 1e9, transactionMs: 1e9 }
  t.match(await endOverlongBiSessions(pool, passed), [{ why: 'statement' }])
  t.equal(await endless, '57P01')
  const idle = { statementMs: 1e9, idleInTransactionMs: -6_000, transactionMs: 1e9 }
  t.match(await endOverlongBiSessions(pool, idle), [{ why: 'idle in transaction' }])
  t.not(await refusal(idles, 'select 1'), 'done')
  t.equal(await refusal(keepsTo, 'select 1'), 'done')
  t.same((await pool.query('select 1 as one')).rows, [{ one: 1 }], 'nobody else is touched')
})

t.test('the schema is taken away and made again', async (t) => {
  const reader = await login(t, url, client, [amc])
  const seen = async () => (await reader.query<{ company_id: string }>('select company_id from dim_company')).rows
  t.same(await seen(), [{ company_id: amc }])
  await removeBi(client)
  await t.rejects(seen(), { code: '42P01' })
  t.ok((await listBiRoles(client)).length > 0)
  await installBi(client)
  t.same(await seen(), [{ company_id: amc }], 'logins see their rows again')
})

t.test('the schema of BI tools is no build of a read model', async (t) => {
  await client.query('create schema if not exists report_v2')
  const names = (await listGenerations(client)).map(({ name }) => name)
  t.same(names.toSorted(), allProjections.map(({ name }) => name).toSorted())
})

t.test('an owner who is no superuser is told what stays open', async (t) => {
  const name = `owner_${randomBytes(6).toString('hex')}`
  const own = new URL(url)
  await client.query(`create role ${name} login createrole password 'x'`)
  await client.query(`create database ${name} owner ${name}`)
  t.teardown(async () => {
    await client.query(`drop database ${name} with (force)`)
    await client.query(`drop role ${name}`)
  })
  own.username = name
  own.password = 'x'
  own.pathname = `/${name}`
  const { client: owner } = await connect(t, own.href)
  await ensureSchemas(owner, allProjections)
  const open = await installBi(owner)
  t.ok(open.includes('function pg_advisory_lock(bigint)'))
  t.notOk(
    open.some((what) => what.startsWith('database')),
    'what it owns it closes',
  )
})
