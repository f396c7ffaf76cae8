/** Of a company that nobody has heard of, nothing is answered; the ones that are there are listed. */
import * as examples from '@registru/domain/examples'
import t from 'tap'
import { z } from 'zod'
import { authorization, createApi, startStores } from './api.ts'
import { project } from './projected.ts'

t.setTimeout(120_000)

const stores = await startStores(t)
const { store, pool } = stores
const api = await createApi(store, pool)
t.teardown(() => api.app.close())

const at = (url: string) => api.app.inject({ url, headers: { authorization } })
const Documented = z.looseObject({ paths: z.record(z.string(), z.looseObject({ get: z.unknown().optional() })) })
const commandOf = (companyId: string, name: string, body: object) =>
  api.app.inject({
    method: 'POST',
    url: `/v1/companies/${companyId}/commands/${name}`,
    headers: { authorization, 'idempotency-key': `${companyId}-${name}`, 'content-type': 'application/json' },
    payload: JSON.stringify(body),
  })

/** What stands for the parameters of a path. */
const VALUES: Readonly<Record<string, string>> = {
  clientId: 'alfa',
  invoiceId: 'inv-1',
  paymentId: 'pay-1',
  series: 'AMC-C',
  number: '1',
  deskId: 'C1',
  account: '4111',
  source: 'BNR',
  on: '2026-11-24',
  day: '2026-11-24',
}
/** What a question has to say beside its path. */
const QUERIES: Readonly<Record<string, string>> = { explain: 'figure=clientBalance&currency=RON' }

await api.must('RegisterCompany', examples.registerCompany())
await api.must('RegisterClient', examples.registerClient())
await api.must('RegisterInvoice', examples.registerInvoice())
await project({ store, pool })

t.test('every question of an unknown company is answered 404, and so is every table', async (t) => {
  const { paths } = Documented.parse((await at('/openapi.json')).json())
  const questions = Object.entries(paths).flatMap(([path, { get }]) =>
    get === undefined || !path.includes('{companyId}') || path.includes('{commandId}') ? [] : [path],
  )
  t.ok(questions.length > 20, `${questions.length} questions`)
  for (const path of questions) {
    const name = path.split('/').at(-1) ?? ''
    for (const companyId of ['nobody', 'AMC']) {
      const url = path
        .replace('{companyId}', companyId)
        .replaceAll(/\{(\w+)\}/g, (_, parameter: string) => VALUES[parameter] ?? parameter)
      for (const format of path.endsWith('.pdf') ? [''] : ['', 'format=csv', 'format=ndjson']) {
        const response = await at(`${url}?${[QUERIES[name], format].filter((part) => part).join('&')}`)
        // Not every answer is a table.
        if (response.statusCode === 400 && format !== '') continue
        t.match(response.json(), { status: 404, code: 'COMPANY_NOT_FOUND', details: { companyId } }, `${url} ${format}`)
      }
    }
  }
})

t.test('before its first event a company is unknown', async (t) => {
  t.match((await at('/v1/companies/amc/receivables/aging?knownAt=0')).json(), { code: 'COMPANY_NOT_FOUND' })
  t.match((await at('/v1/companies/amc/events?stream=clientAccount-amc:nobody')).json(), { items: [] })
  t.match((await at('/v1/companies/amc/events?clientId=nobody')).json(), { code: 'CLIENT_NOT_FOUND' })
})

t.test('one that was just registered is found by whoever waits for its position', async (t) => {
  const registered = await commandOf('zeta', 'RegisterCompany', examples.registerCompany())
  t.equal(registered.statusCode, 201, registered.body)
  const position = String(registered.headers['registru-position'])
  t.match((await at('/v1/companies/zeta/invoices')).json(), { code: 'COMPANY_NOT_FOUND' })
  t.match((await at(`/v1/companies/zeta/invoices?minPosition=${position}&maxWait=0`)).json(), {
    code: 'READ_MODEL_BEHIND',
  })
  const waiting = at(`/v1/companies/zeta/invoices?minPosition=${position}&maxWait=10000`)
  await project({ store, pool })
  t.match((await waiting).json(), { items: [] })
})

t.test('companies, page after page', async (t) => {
  await commandOf('beta', 'RegisterCompany', examples.registerCompany())
  await project({ store, pool })
  const first = await at('/v1/companies?limit=2')
  t.match(first.json(), { items: [{ companyId: 'amc', functionalCurrency: 'RON' }, { companyId: 'beta' }] })
  const { nextCursor } = z.looseObject({ nextCursor: z.string() }).parse(first.json())
  t.match((await at(`/v1/companies?limit=2&cursor=${nextCursor}`)).json(), {
    items: [{ companyId: 'zeta' }],
    nextCursor: null,
  })
  t.match((await at('/v1/companies?knownAt=0')).json(), { items: [] })
  t.match((await at('/v1/companies?format=csv')).body, /^companyId,name,taxId[^\n]*\namc,/)
  t.equal((await api.app.inject({ url: '/v1/companies' })).statusCode, 401)
})

t.test('an answer names the revision that a command decided on it may insist on', async (t) => {
  const Revised = z.looseObject({ revision: z.int() })
  const { revision } = Revised.parse(await api.answer('clients/alfa'))
  t.equal(Revised.parse(await api.answer('invoices/inv-1024')).revision, revision)
  const update = (name: string) =>
    api.command('UpdateClient', { clientId: 'alfa', name }, { headers: { 'if-match': `"${revision}"` } })
  t.equal((await update('Alfa Nou SRL')).statusCode, 201)
  t.equal((await update('Alfa Vechi SRL')).statusCode, 412, 'somebody was faster')
  t.equal(Revised.parse(await api.answer('clients/alfa')).revision, revision, 'not projected yet')
  await project({ store, pool })
  t.equal(Revised.parse(await api.answer('clients/alfa')).revision, revision + 1)
})
