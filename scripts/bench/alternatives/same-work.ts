/**
 * The same work in SQL: what the ledger gives with every payment (its history, both sides of a posting, the statement's
 * line, an audit row, and an answer that a repeated request gets again), kept by one transaction.
 */
import { minorOf, type PaymentBody, paymentSchema, serve } from './serve.ts'
import { createTables, insertInvoices } from './tables.ts'

const TABLES = `
  create table client_balances (client_id text, currency text, open_minor bigint not null, primary key (client_id, currency));
  create table requests (key text primary key, body_hash text not null, status integer not null, answer jsonb not null);
  create table audit (id bigint generated always as identity primary key, at timestamptz not null default now(),
    actor text not null, action text not null, subject text not null, details jsonb not null);
  create table postings (id bigint generated always as identity primary key, payment_id text not null,
    account text not null, currency text not null, amount_minor bigint not null, effective_on date not null);
  create table statement_lines (id bigint generated always as identity primary key, client_id text not null,
    currency text not null, on_day date not null, document text not null, credit_minor bigint not null);
  create index on statement_lines (client_id, currency, on_day)`

await serve(async (app, pool) => {
  await createTables(pool)
  await pool.query(TABLES)
  await insertInvoices(pool, Number(process.env['ACCOUNTS']), 100_000_000_000n)
  await pool.query('insert into client_balances select client_id, currency, open_minor from invoices')

  app.post<{ Body: PaymentBody }>('/payments', { schema: paymentSchema }, async (request, reply) => {
    const { clientId, paymentId, invoiceId, amount, currency, method, receivedOn } = request.body
    const key = String(request.headers['idempotency-key'])
    const hash = JSON.stringify(request.body)
    const minor = minorOf(amount)
    const client = await pool.connect()
    try {
      await client.query('begin')
      const earlier = await client.query<{ body_hash: string; status: number; answer: object }>(
        'select body_hash, status, answer from requests where key = $1',
        [key],
      )
      const [first] = earlier.rows
      if (first !== undefined) {
        await client.query('rollback')
        return await reply.code(first.body_hash === hash ? first.status : 422).send(first.answer)
      }
      const { rows } = await client.query<{ open_minor: bigint }>(
        'select open_minor from invoices where invoice_id = $1 and client_id = $2 and currency = $3 for update',
        [invoiceId, clientId, currency],
      )
      const open = rows[0]?.open_minor
      if (open === undefined || open < minor) {
        await client.query('rollback')
        return await reply.code(open === undefined ? 404 : 422).send({ open: String(open ?? '') })
      }
      await client.query(
        'insert into payments (payment_id, client_id, currency, amount_minor, method, received_on) values ($1, $2, $3, $4, $5, $6)',
        [paymentId, clientId, currency, minor, method, receivedOn],
      )
      await client.query('insert into allocations values ($1, $2, $3)', [paymentId, invoiceId, minor])
      await client.query('update invoices set open_minor = open_minor - $2 where invoice_id = $1', [invoiceId, minor])
      await client.query(
        'update client_balances set open_minor = open_minor - $3 where client_id = $1 and currency = $2',
        [clientId, currency, minor],
      )
      await client.query(
        `insert into postings (payment_id, account, currency, amount_minor, effective_on)
         values ($1, 'BANK', $2, $3, $4), ($1, 'RECEIVABLE', $2, -$3::bigint, $4)`,
        [paymentId, currency, minor, receivedOn],
      )
      await client.query(
        'insert into statement_lines (client_id, currency, on_day, document, credit_minor) values ($1, $2, $3, $4, $5)',
        [clientId, currency, receivedOn, paymentId, minor],
      )
      await client.query('insert into audit (actor, action, subject, details) values ($1, $2, $3, $4)', [
        'bench',
        'RecordPayment',
        paymentId,
        hash,
      ])
      const answer = { paymentId, open: String(open - minor) }
      await client.query('insert into requests values ($1, $2, 201, $3)', [key, hash, JSON.stringify(answer)])
      await client.query('commit')
      return await reply.code(201).send(answer)
    } catch (error) {
      await client.query('rollback')
      throw error
    } finally {
      client.release()
    }
  })
})
