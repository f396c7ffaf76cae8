/** The route that most would write: one transaction of a row lock, two inserts and an update. */
import { minorOf, type PaymentBody, paymentSchema, serve } from './serve.ts'
import { createTables, insertInvoices } from './tables.ts'

await serve(async (app, pool) => {
  await createTables(pool)
  await insertInvoices(pool, Number(process.env['ACCOUNTS']), 100_000_000_000n)

  app.post<{ Body: PaymentBody }>('/payments', { schema: paymentSchema }, async (request, reply) => {
    const { clientId, paymentId, invoiceId, amount, currency, method, receivedOn } = request.body
    const minor = minorOf(amount)
    const client = await pool.connect()
    try {
      await client.query('begin')
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
      await client.query('commit')
      return await reply.code(201).send({ paymentId, open: String(open - minor) })
    } catch (error) {
      await client.query('rollback')
      throw error
    } finally {
      client.release()
    }
  })
})
