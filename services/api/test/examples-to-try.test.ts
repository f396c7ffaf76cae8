/** Whoever tries the page /docs on a fresh ledger: every command and query works as it is filled in there. */
import { randomUUID } from 'node:crypto'
import t from 'tap'
import { z } from 'zod'
import { authorization, createApi, startStores } from './api.ts'
import { project } from './projected.ts'

const stores = await startStores(t)
const { app } = await createApi(stores.store, stores.pool)

/** What has to be there before a command, at the least: the company goes without saying, and what these need themselves. */
const NEEDS: Readonly<Record<string, readonly string[]>> = {
  ReopenPeriod: ['ClosePeriod'],
  UpdateClient: ['RegisterClient'],
  RegisterInvoice: ['RegisterClient'],
  RegisterClaim: ['RegisterClient'],
  RescheduleInvoice: ['RegisterInvoice'],
  CancelInvoice: ['RegisterInvoice'],
  RegisterCreditNote: ['RegisterInvoice'],
  GrantDiscount: ['RegisterInvoice'],
  WriteOffInvoice: ['RegisterInvoice'],
  RecordPayment: ['RegisterInvoice'],
  RecordSetOff: ['RegisterInvoice'],
  ReversePayment: ['RecordPayment'],
  RecordRefund: ['RecordPayment'],
  ReleaseCredit: ['RecordPayment'],
  ReverseCreditNote: ['RegisterCreditNote'],
  ReverseDiscount: ['GrantDiscount'],
  ReverseWriteOff: ['WriteOffInvoice'],
  ReverseRefund: ['RecordRefund'],
  ReverseSetOff: ['RecordSetOff'],
  commands: ['RegisterClient'],
  ConfirmPaymentCleared: ['commands'],
  AllocatePayment: ['RecordPayment', 'commands'],
  DeallocatePayment: ['AllocatePayment'],
  TransferCredit: ['RecordPayment', 'commands'],
  MergeClients: ['RegisterInvoice', 'commands'],
  IdentifyPayment: ['RecordUnidentifiedPayment', 'RegisterClient'],
  UndoIdentification: ['IdentifyPayment'],
  ReturnUnidentifiedPayment: ['RecordUnidentifiedPayment'],
  IssueReceipt: ['RecordPayment', 'OpenReceiptBook'],
  AnnulReceipt: ['IssueReceipt'],
  ReprintReceipt: ['IssueReceipt'],
  ExtendReceiptRange: ['OpenReceiptBook'],
  ContinueReceiptBook: ['OpenReceiptBook'],
}

const Parameter = z.looseObject({
  name: z.string(),
  in: z.string(),
  required: z.boolean().optional(),
  example: z.unknown().optional(),
  schema: z.looseObject({ examples: z.array(z.unknown()).optional(), enum: z.array(z.unknown()).optional() }),
})
const Filled = z.union([z.string(), z.number(), z.boolean()])
const Operation = z.looseObject({
  parameters: z.array(Parameter).default([]),
  requestBody: z.looseObject({ content: z.record(z.string(), z.looseObject({ example: z.unknown() })) }).optional(),
})
type Operation = z.infer<typeof Operation>
const document = z
  .looseObject({
    paths: z.record(z.string(), z.looseObject({ get: Operation.optional(), post: Operation.optional() })),
  })
  .parse((await app.inject({ url: '/openapi.json' })).json())

/** As the page fills it in: what is required and has an example, or else the first of its choices. */
const filledIn = (path: string, { parameters }: Operation, companyId: string) => {
  const query = new URLSearchParams()
  const headers: Record<string, string> = { authorization }
  let url = path
  for (const { name, in: place, required, example, schema } of parameters) {
    const shown = example ?? schema.examples?.[0] ?? schema.enum?.[0] ?? ''
    const value = name === 'companyId' ? companyId : `${Filled.parse(shown)}`
    if (place === 'path') url = url.replace(`{${name}}`, encodeURIComponent(value))
    else if (required === true && place === 'query') query.set(name, value)
    else if (required === true) headers[name] = value
  }
  return { url: query.size === 0 ? url : `${url}?${query.toString()}`, headers }
}

const posts = new Map(
  Object.entries(document.paths).flatMap(([path, { post }]) =>
    post === undefined ? [] : [[path.split('/').at(-1) ?? '', { path, post }] as const],
  ),
)

const Batch = z.looseObject({ results: z.array(z.looseObject({ status: z.int() })) })

const tryCommand = async (name: string, companyId: string): Promise<{ statuses: readonly number[]; body: string }> => {
  const found = posts.get(name)
  if (found === undefined) throw new Error(`no command ${name}`)
  const { path, post } = found
  const payload = JSON.stringify(post.requestBody?.content['application/json']?.example)
  const { url, headers } = filledIn(path, post, companyId)
  const response = await app.inject({
    method: 'POST',
    url,
    headers: { ...headers, 'content-type': 'application/json' },
    payload,
  })
  const batch = Batch.safeParse(response.json()).data
  return { statuses: batch?.results.map(({ status }) => status) ?? [response.statusCode], body: response.body }
}

const neededFor = (name: string): readonly string[] => [
  ...new Set((NEEDS[name] ?? []).flatMap((needed) => [...neededFor(needed), needed])),
]

t.test('every command, after those that it needs', async (t) => {
  t.ok(posts.size > 20)
  for (const name of posts.keys()) {
    const companyId = `c-${randomUUID()}`
    const first = name === 'RegisterCompany' ? [] : ['RegisterCompany']
    for (const each of [...first, ...neededFor(name), name]) {
      const { statuses, body } = await tryCommand(each, companyId)
      t.ok(
        statuses.every((status) => status === 201),
        `${each}, for ${name}: ${body}`,
      )
    }
  }
})

t.test('every query, after a payment and its receipt', async (t) => {
  for (const name of ['RegisterCompany', 'OpenCashDesk', ...neededFor('IssueReceipt'), 'IssueReceipt']) {
    t.same((await tryCommand(name, 'amc')).statuses, [201], name)
  }
  await project(stores)
  for (const [path, { get }] of Object.entries(document.paths)) {
    // Of a command's id there is no example, for it is made by the command; health is another test's.
    if (get === undefined || path.includes('{commandId}') || path === '/readyz') continue
    const { url, headers } = filledIn(path, get, 'amc')
    const response = await app.inject({ url, headers })
    t.equal(response.statusCode, 200, `${url}: ${response.body.slice(0, 300)}`)
  }
})
