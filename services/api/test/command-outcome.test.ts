/** Whoever was told that an outcome is unknown may look, and learns what the read models know and what they cannot. */
import { randomUUID } from 'node:crypto'
import * as examples from '@registru/domain/examples'
import { commandIdOf } from '@registru/event-store'
import t from 'tap'
import { authorization, createApi, startStores } from './api.ts'
import { project } from './projected.ts'

const stores = await startStores(t)
const api = await createApi(stores.store, stores.pool)
const idOf = (name: string, key: string): string => commandIdOf('amc', name, key)

await api.command('RegisterClient', examples.registerClient(), { key: 'alfa' })
const payment = examples.recordPayment({ allocation: { rule: 'none' }, receipt: undefined })
const recorded = await api.command('RecordPayment', payment, { key: 'pay' })
const commandId = idOf('RecordPayment', 'pay')
const position = String(recorded.headers['registru-position'])

t.test('before the read models know', async (t) => {
  t.match((await api.get(`commands/${commandId}?minPosition=${position}&maxWait=0`)).json(), {
    status: 504,
    code: 'READ_MODEL_BEHIND',
  })
  t.match((await api.get(`commands/${commandId}`)).json(), {
    status: 404,
    code: 'COMMAND_NOT_FOUND',
    detail: /again with the same key/,
    details: { commandId, position: /^-?\d+$/ },
  })
})

t.test('once they know', async (t) => {
  await project(stores)
  const response = await api.get(`commands/${commandId}?minPosition=${position}`)
  t.equal(response.statusCode, 200)
  t.strictSame(response.json(), {
    commandId,
    events: [{ type: 'PaymentRecorded', stream: 'clientAccount-amc:alfa', revision: 1, position }],
    position,
  })
  t.equal(response.headers['registru-position'], position)
  t.match((await api.get(`commands/${idOf('RegisterClient', 'alfa')}`)).json(), {
    events: [{ type: 'ClientRegistered', revision: 0 }],
  })
})

t.test('of another company, or of none, nothing is told', async (t) => {
  const elsewhere = await api.app.inject({
    url: `/v1/companies/other/commands/${commandId}`,
    headers: { authorization },
  })
  t.match(elsewhere.json(), { status: 404, code: 'COMMAND_NOT_FOUND' })
  t.equal((await api.get(`commands/${randomUUID()}`)).statusCode, 404)
  t.match((await api.get('commands/nonsense')).json(), {
    status: 400,
    errors: [{ path: '/path/commandId' }],
  })
})
