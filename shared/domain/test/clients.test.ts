import t from 'tap'
import {
  clientRegistered,
  clientUpdated,
  paymentAllocated,
  paymentRecorded,
  registerClient,
  updateClient,
} from '../src/examples.ts'
import { RegisterClient, UpdateClient } from '../src/index.ts'
import { account, given, register } from './account.ts'

t.test('RegisterClient', async (t) => {
  const command = (change: Parameters<typeof registerClient>[0] = {}) =>
    ({ type: 'RegisterClient', data: registerClient(change) }) as const

  t.test('opens the account', async (t) => {
    t.same(given().when(command()), [clientRegistered()])
  })
  t.test('is refused the second time', async (t) => {
    t.throws(() => given(account).when(command()), { code: 'CLIENT_ALREADY_REGISTERED', details: { clientId: 'alfa' } })
  })
  t.test('holds a Romanian business to the control digit of its fiscal code', async (t) => {
    t.throws(() => given().when(command({ taxId: '123456788' })), {
      code: 'TAX_ID_INVALID',
      details: { path: '/taxId' },
    })
    t.equal(given().when(command({ taxId: 'X-77', address: { city: 'Wien', countryCode: 'AT' } })).length, 1)
  })
  t.test('keeps no personal code', async (t) => {
    const person = command({ kind: 'INDIVIDUAL', name: 'Ana Pop', taxId: '1800101221144' })
    t.throws(() => given().when(person), { code: 'TAX_ID_INVALID', details: { path: '/taxId' } })
    t.equal(given().when(command({ kind: 'INDIVIDUAL', taxId: undefined })).length, 1)
  })
  t.test('wants a tax id of a business, and no field it does not know', async (t) => {
    const { taxId: _, ...withoutTaxId } = registerClient()
    t.match(RegisterClient.safeParse(withoutTaxId).error?.issues, [
      { path: ['taxId'], message: 'required for a BUSINESS' },
    ])
    t.ok(RegisterClient.safeParse({ ...withoutTaxId, kind: 'INDIVIDUAL' }).success)
    t.notOk(RegisterClient.safeParse({ ...registerClient(), phone: '0700' }).success)
  })
})

t.test('UpdateClient', async (t) => {
  const command = (change: Parameters<typeof updateClient>[0] = {}) =>
    ({ type: 'UpdateClient', data: updateClient(change) }) as const

  t.test('writes only what changed', async (t) => {
    const change = command({ taxId: '123456789', email: 'office@alfa.example' })
    const expected = clientUpdated({ email: 'office@alfa.example' })
    t.same(given(account).when(change), [expected])
  })
  t.test('writes nothing the second time', async (t) => {
    t.same(given(account, clientUpdated()).when(command()), [])
    t.same(given(account).when(command({ name: 'Alfa SRL', address: { city: 'Cluj-Napoca', countryCode: 'RO' } })), [])
  })
  t.test('is refused before the client is registered', async (t) => {
    t.throws(() => given().when(command()), { code: 'CLIENT_NOT_FOUND' })
  })
  t.test('judges the tax id of what the client becomes', async (t) => {
    const person = clientRegistered({ kind: 'INDIVIDUAL', taxId: undefined })
    t.throws(() => given(person).when(command({ kind: 'BUSINESS' })), { code: 'TAX_ID_INVALID' })
    t.throws(() => given(account).when(command({ taxId: '123456788' })), { code: 'TAX_ID_INVALID' })
    t.equal(given(person).when(command({ kind: 'BUSINESS', taxId: '123456789' })).length, 1)
  })
  t.test('wants something to change', async (t) => {
    t.notOk(UpdateClient.safeParse({ clientId: 'alfa' }).success)
  })
})

t.test('history that was never ours is not passed over', async (t) => {
  t.throws(() => given(paymentAllocated()).when(register()), /history names pay-1 before introducing it/)
  t.throws(() => given(account, paymentRecorded(), paymentAllocated()).when(register()), /history names inv-1024/)
  t.throws(() => given(clientUpdated()).when(register()), /history updates a client before registering it/)
})
