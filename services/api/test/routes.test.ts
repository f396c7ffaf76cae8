/** What is open, what is closed, and that the documentation says what is there. */
import { randomUUID } from 'node:crypto'
import t from 'tap'
import { z } from 'zod'
import { commandKinds } from '../src/commands/problems.ts'
import { commandDefinitions } from '../src/commands/registry.ts'
import { authorization, createApi, openPool, TOKEN } from './api.ts'
import { createFakeEventStore } from './fake-event-store.ts'

const pool = openPool(t, 'postgres://nobody@127.0.0.1:1/none')
const { app } = await createApi(createFakeEventStore(), pool)
await app.ready()

/** From the tree that the router prints: each line adds to the path of the line that it hangs from. */
const printedRoutes = (): { readonly method: string; readonly url: string }[] => {
  const parents: string[] = []
  return app
    .printRoutes({ commonPrefix: false })
    .split('\n')
    .flatMap((line) => {
      const found = /^(.*?[├└]── )(\S+) \((.*)\)$/.exec(line)
      if (found === null) return []
      const [, indent = '', part = '', methods = ''] = found
      const depth = indent.length / 4
      const url = `${parents[depth - 1] ?? ''}${part}`
      parents[depth] = url
      return methods.split(', ').map((method) => ({ method, url }))
    })
}
const routes = printedRoutes()
const OPEN = ['/livez', '/readyz', '/openapi.json']
const isOpen = (url: string): boolean => OPEN.includes(url) || url === '/docs' || url.startsWith('/docs/')
const concrete = (url: string): string =>
  url
    .replace(':commandId', randomUUID())
    .replace(':number', '1')
    .replace(/:(day|on)\b/, '2026-10-01')
    .replace(':source', 'BNR')
    .replaceAll(/:[a-zA-Z]+/g, 'x1')

t.test('every route but health and documentation is closed', async (t) => {
  t.ok(routes.length > 40, `${routes.length} routes`)
  t.ok(routes.some(({ url }) => url === '/v1/companies/:companyId/clients/:clientId/statement'))
  const closed = routes.filter(({ url }) => !isOpen(url))
  for (const { method, url } of closed) {
    for (const given of [undefined, 'Bearer', 'Bearer wrong', `Basic ${TOKEN}`, `Bearer ${TOKEN}x`, TOKEN]) {
      const headers = given === undefined ? {} : { authorization: given }
      const response = await app.inject({ method: method === 'POST' ? 'POST' : 'GET', url: concrete(url), headers })
      if (response.statusCode !== 401) t.fail(`${method} ${url} with ${given}: ${response.statusCode}`)
    }
    const response = await app.inject({ method: method === 'POST' ? 'POST' : 'GET', url: concrete(url) })
    t.match(response.headers, { 'www-authenticate': 'Bearer', 'content-type': /^application\/problem\+json/ })
    t.match(response.json(), { code: 'UNAUTHORIZED', status: 401 })
  }
  for (const url of ['/', '/v1', '/v1/companies/amc/nothing', '/docsx', '/livez/x', '/metrics/x']) {
    t.equal((await app.inject({ url })).statusCode, 401, `${url}: nobody learns what is a route`)
    const known = await app.inject({ url, headers: { authorization } })
    t.match(known.json(), { status: 404, code: 'NOT_FOUND' })
  }
  t.equal(
    (await app.inject({ url: '/v1/companies/amc/clients', headers: { authorization: `bearer ${TOKEN}` } })).statusCode,
    503,
  )
})

t.test('who brings a wrong token is not told to bring one', async (t) => {
  const url = '/v1/companies/amc/clients'
  const without = await app.inject({ url })
  t.match(without.json(), { code: 'UNAUTHORIZED', detail: /is required/ })
  const wrong = await app.inject({ url, headers: { authorization: 'Bearer wrong' } })
  t.match(wrong.json(), { code: 'UNAUTHORIZED', detail: /^the token is not/ })
  t.equal(wrong.headers['www-authenticate'], 'Bearer error="invalid_token"')
})

t.test('another method of a route is 405, with those that there are', async (t) => {
  for (const { method, url } of routes.filter((route) => !isOpen(route.url))) {
    const wrong = await app.inject({ method: 'PUT', url: concrete(url), headers: { authorization } })
    t.match(wrong.json(), { status: 405, code: 'METHOD_NOT_ALLOWED' }, `${method} ${url}`)
    t.ok(String(wrong.headers['allow']).split(', ').includes(method), `${method} ${url}: ${wrong.headers['allow']}`)
  }
  const batch = await app.inject({ url: '/v1/companies/amc/commands?x=1', headers: { authorization } })
  t.equal(batch.headers['allow'], 'POST')
})

t.test(
  "where a command is asked for by its name, the route of outcomes takes no other's path for its own",
  async (t) => {
    const get = (name: string) =>
      app.inject({ url: `/v1/companies/amc/commands/${name}?x=1`, headers: { authorization } })
    for (const { name } of commandDefinitions) {
      const response = await get(name)
      t.match(response.json(), { status: 405, code: 'METHOD_NOT_ALLOWED' }, name)
      t.equal(response.headers['allow'], 'POST')
    }
    const unknown = await get('NoSuchCommand')
    t.match(unknown.json(), { status: 400, code: 'MALFORMED_REQUEST', errors: [{ path: '/path/commandId' }] })
  },
)

t.test('health and documentation are open', async (t) => {
  t.match((await app.inject({ url: '/livez' })).json(), { status: 'ok' })
  const ready = await app.inject({ url: '/readyz' })
  t.equal(ready.statusCode, 503)
  t.match(ready.json(), { status: 'not ready', parts: { postgres: 'down', 'event-store': 'down' } })
  const page = await app.inject({ url: '/docs/' })
  t.equal(page.statusCode, 200)
  t.match(page.headers['content-type'], /text\/html/)
  const scripts = [...page.body.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, link = '']) => link)
  t.ok(scripts.length > 3)
  for (const link of scripts) t.notMatch(link, /^(?:https?:)?\/\//, `${link} comes from here`)
  const csp = page.headers['content-security-policy']
  t.match(csp, /default-src/)
  t.notMatch(csp, /https?:\/\/(?!127)/)
})

const Responses = z.record(
  z.string(),
  z.looseObject({
    description: z.string().optional(),
    headers: z.record(z.string(), z.looseObject({})).optional(),
    content: z.record(z.string(), z.looseObject({ schema: z.looseObject({}) })).optional(),
  }),
)
const Operation = z.looseObject({
  operationId: z.string(),
  summary: z.string(),
  tags: z.array(z.enum(['commands', 'queries', 'health'])),
  description: z.string().optional(),
  parameters: z
    .array(z.looseObject({ name: z.string(), in: z.enum(['path', 'query', 'header']), schema: z.looseObject({}) }))
    .optional(),
  requestBody: z
    .looseObject({
      content: z.record(z.string(), z.looseObject({ schema: z.looseObject({}), example: z.unknown().optional() })),
    })
    .optional(),
  responses: Responses,
})
const OpenApi = z.looseObject({
  openapi: z.literal('3.1.0'),
  info: z.looseObject({ title: z.string(), version: z.string() }),
  paths: z.record(z.string(), z.partialRecord(z.enum(['get', 'post']), Operation.partial({ operationId: true }))),
  components: z.looseObject({ schemas: z.record(z.string(), z.looseObject({})) }),
  security: z.array(z.looseObject({})),
})

t.test('whether the process lives is asked with HEAD, too, and without a token', async (t) => {
  const alive = await app.inject({ method: 'HEAD', url: '/livez' })
  t.match(alive, { statusCode: 200, body: '' })
  t.not((await app.inject({ method: 'HEAD', url: '/readyz' })).statusCode, 401)
})

t.test('the OpenAPI document', async (t) => {
  const response = await app.inject({ url: '/openapi.json' })
  t.equal(response.statusCode, 200)
  const document = OpenApi.parse(response.json())
  const text = response.body

  t.test('has every route, and every reference leads somewhere', async (t) => {
    const documented = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    )
    const served = routes
      .filter(({ method, url }) => method !== 'HEAD' && !url.startsWith('/docs') && url !== '/openapi.json')
      .map(({ method, url }) => `${method} ${url.replaceAll(/:([a-zA-Z]+)/g, '{$1}')}`)
    t.strictSame(new Set(documented), new Set(served))
    const references = [...text.matchAll(/"\$ref":"([^"]*)"/g)].map(([, reference = '']) => reference)
    t.ok(references.length > 20)
    for (const reference of new Set(references)) {
      const found = reference
        .replace(/^#\//, '')
        .split('/')
        .reduce<unknown>(
          (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
          document,
        )
      t.ok(found, reference)
    }
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const operation of Object.values(methods)) {
        const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
        const declared = (operation?.parameters ?? [])
          .filter((parameter) => parameter.in === 'path')
          .map(({ name }) => name)
        t.strictSame(new Set(declared), new Set(named), `${path}: its parameters`)
      }
    }
    const ids = [...text.matchAll(/"operationId":"([^"]*)"/g)].map(([, id]) => id)
    t.equal(new Set(ids).size, ids.length, 'operation ids are unique')
  })

  t.test(
    'is as tools like it: named operations, answers of both kinds, nothing unused, no keyword of ours',
    async (t) => {
      t.match(document, { servers: [{ url: '/' }], info: { license: { name: String } } })
      const bare = Object.entries(document.paths).flatMap(([path, methods]) =>
        Object.values(methods).flatMap((operation) => {
          const answers = Object.keys(operation?.responses ?? {})
          const isWhole =
            operation?.operationId !== undefined &&
            answers.some((status) => status.startsWith('2')) &&
            answers.some((status) => status.startsWith('4'))
          return isWhole ? [] : [path]
        }),
      )
      t.same(bare, [])
      const used = new Set([...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name))
      t.same(
        Object.keys(document.components.schemas).filter((name) => !used.has(name)),
        [],
      )
      t.notMatch(text, /"personal":true/)
      t.match(text, /"x-personal":true/)
      for (const [path, methods] of Object.entries(document.paths).filter(([each]) => each.endsWith('.pdf'))) {
        t.ok(methods.get?.responses['200']?.content?.['application/pdf'], path)
      }
    },
  )

  t.test('fills in only what is required, and a key for each command', (t) => {
    const parameters = Object.values(document.paths).flatMap((methods) =>
      Object.values(methods).flatMap((operation) => operation?.parameters ?? []),
    )
    const filledIn = parameters.filter(({ example, schema }) => (example ?? schema?.['examples']) !== undefined)
    t.ok(filledIn.length > 50)
    t.same(
      filledIn.filter(({ required }) => required !== true),
      [],
    )
    const keys = parameters.flatMap(({ name, example }) => (name === 'idempotency-key' ? [example] : []))
    t.equal(new Set(keys).size, keys.length)
    t.end()
  })

  for (const { name, schema, example, rejections } of commandDefinitions) {
    t.test(name, async (t) => {
      const operation = document.paths[`/v1/companies/{companyId}/commands/${name}`]?.post
      const documented = operation?.requestBody?.content['application/json']?.example
      t.ok(schema.safeParse(documented).success, 'its schema takes the example')
      t.same(documented, JSON.parse(JSON.stringify(example)))
      t.match(operation?.parameters, [
        { name: 'dryRun' },
        {},
        { name: 'idempotency-key', required: true },
        { name: 'if-match' },
      ])
      for (const code of rejections) {
        t.match(operation?.description, new RegExp(`\`${code}\` \\(${commandKinds[code].status}\\)`))
        t.ok(operation?.responses[String(commandKinds[code].status)], `${code}: its status`)
      }
      for (const status of ['201', '200', '400', '401', '409', '412', '413', '422', '503'])
        t.ok(operation?.responses[status], status)
      const headersOf = (status: number) => Object.keys(operation?.responses[String(status)]?.headers ?? {})
      t.same(headersOf(201), ['ETag', 'Registru-Position'])
      t.same(headersOf(200), ['ETag', 'Registru-Position', 'Idempotency-Replayed'])
      for (const status of [409, 503]) t.same(headersOf(status), ['Retry-After'])
      t.same(headersOf(422), [])
      t.match(operation?.responses['201']?.content?.['application/json'], {
        schema: { $ref: `#/components/schemas/${name}Answer` },
      })
      t.match(JSON.stringify(document.components.schemas[`${name}Answer`]), /"result":\{"(?:type":"object"|\$ref")/)
    })
  }

  t.test('tells that a batch may be lines', async (t) => {
    const batch = document.paths['/v1/companies/{companyId}/commands']?.post
    const kinds = ['application/json', 'application/x-ndjson']
    t.same(Object.keys(batch?.requestBody?.content ?? {}), kinds)
    t.same(Object.keys(batch?.responses['200']?.content ?? {}), kinds)
  })

  t.test('tells of every code', async (t) => {
    for (const code of [...Object.keys(commandKinds), 'READ_MODEL_BEHIND', 'TIE_OUT_FAILED'])
      t.ok(text.includes(code), code)
  })
})
