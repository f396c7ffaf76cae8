/** The same as one data-modifying statement: the fastest that a single PostgreSQL can do for this. */
import { minorOf, type PaymentBody, paymentSchema, serve } from './serve.ts'
import { createTables, insertInvoices } from './tables.ts'

const RECORD = `
  with invoice as (
    update invoices set open_minor = open_minor - $4::bigint
    where invoice_id = $2 and client_id = $3 and currency = $5 and open_minor >= $4::bigint
    returning open_minor
  ), payment as (
    insert into payments (payment_id, client_id, currency, amount_minor, method, received_on)
    select $1, $3, $5, $4::bigint, $6, $7::date from invoice
    returning payment_id
  ), allocation as (
    insert into allocations select payment_id, $2, $4::bigint from payment
  )
  select open_minor from invoice`

await serve(async (app, pool) => {
  await createTables(pool)
  // The foreign key to a payment of the same statement is checked at its end, which costs as much as it does elsewhere.
  await insertInvoices(pool, Number(process.env['ACCOUNTS']), 100_000_000_000n)

  app.post<{ Body: PaymentBody }>('/payments', { schema: paymentSchema }, async (request, reply) => {
    const { clientId, paymentId, invoiceId, amount, currency, method, receivedOn } = request.body
    const values = [paymentId, invoiceId, clientId, minorOf(amount), currency, method, receivedOn]
    const { rows } = await pool.query<{ open_minor: bigint }>({ name: 'record', text: RECORD, values })
    const open = rows[0]?.open_minor
    if (open === undefined) return reply.code(422).send({ code: 'NOT_FOUND_OR_MORE_THAN_OPEN' })
    return reply.code(201).send({ paymentId, open: String(open) })
  })
})
