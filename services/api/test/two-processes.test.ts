/** A key that comes again, corrected, to another API process: it is refused there, and nobody's memory of the account suffers. */
import * as examples from '@registru/domain/examples'
import t from 'tap'
import { z } from 'zod'
import { startApiProcesses } from './api-processes.ts'

const { ron } = examples
const CORRECTIONS = 20
t.setTimeout(120_000)

const Answer = z.looseObject({ code: z.string().optional(), revision: z.int().optional() })

t.test('a corrected retry at another process is never acknowledged', async (t) => {
  const { urls, authorization } = await startApiProcesses(t, 2)
  const [left = '', right = ''] = urls
  const post = async (url: string, name: string, key: string, data: object) => {
    const response = await fetch(`${url}/v1/companies/amc/commands/${name}`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify(data),
    })
    const text = await response.text()
    return {
      status: response.status,
      text,
      replayed: response.headers.get('idempotency-replayed'),
      body: Answer.parse(JSON.parse(text)),
    }
  }
  const pay = (paymentId: string, amount: string, allocation: object = { rule: 'none' }) => ({
    ...examples.recordPayment({ paymentId, amount: ron(amount) }),
    method: 'BANK_TRANSFER',
    receipt: undefined,
    allocation,
  })
  const settle = (amount: string) => ({ rule: 'explicit', items: [{ invoiceId: 'inv-1', amount }] })

  t.equal((await post(left, 'RegisterCompany', 'company', examples.registerCompany())).status, 201)
  t.equal((await post(left, 'RegisterClient', 'client', examples.registerClient())).status, 201)
  const invoice = examples.registerInvoice({ invoiceId: 'inv-1', total: ron('1210.00'), vatLines: undefined })
  t.equal((await post(left, 'RegisterInvoice', 'invoice', invoice)).status, 201)
  // From now on the right one has the account in memory.
  t.equal((await post(right, 'RecordPayment', 'p0', pay('p0', '10.00', settle('10.00')))).status, 201)
  const first = await post(left, 'RecordPayment', 'p1', pay('p1', '1000.00', settle('1000.00')))
  t.equal(first.status, 201)
  t.match(await post(right, 'RecordPayment', 'p1', pay('p1', '1.00')), {
    status: 422,
    body: { code: 'IDEMPOTENCY_KEY_REUSED' },
  })
  t.match(await post(right, 'RecordPayment', 'p2', pay('p2', '1100.00', settle('1100.00'))), {
    status: 422,
    body: { code: 'ALLOCATION_EXCEEDS_OPEN_AMOUNT' },
  })
  const again = await post(right, 'RecordPayment', 'p1', pay('p1', '1000.00', settle('1000.00')))
  t.match(again, { status: 200, replayed: 'true', text: first.text })

  for (let index = 0; index < CORRECTIONS; index += 1) {
    const [one, other] = index % 2 === 0 ? [left, right] : [right, left]
    const key = `c${index}`
    const original = await post(one, 'RecordPayment', key, pay(key, '2.00'))
    t.equal(original.status, 201)
    const corrected = await post(other, 'RecordPayment', key, pay(key, '3.00'))
    t.match(corrected, { status: 422, body: { code: 'IDEMPOTENCY_KEY_REUSED' } }, `correction ${index}`)
    // Behind a payment of its own, so that the other one's memory is older again.
    t.equal((await post(one, 'RecordPayment', `d${index}`, pay(`d${index}`, '1.00'))).status, 201)
    t.match(await post(other, 'RecordPayment', key, pay(key, '2.00')), {
      status: 200,
      replayed: 'true',
      text: original.text,
    })
  }
})
