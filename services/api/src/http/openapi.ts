import { z } from 'zod'
import { VERSION } from '../version.ts'

/** The frame of the generated document; paths and schemas come from the routes. */
export const openApi = {
  openapi: '3.1.0',
  info: {
    title: 'Registru',
    version: VERSION,
    license: { name: 'All rights reserved', identifier: 'LicenseRef-All-Rights-Reserved' },
    description: [
      'An event-sourced receivables ledger. Commands append immutable events; queries read what projectors made of them.',
      'Every command needs an `Idempotency-Key`: the same key gives the first answer again, for ever.',
      'A key belongs to one request of the company: with another body, or for another client, it is 422 `IDEMPOTENCY_KEY_REUSED`. That it was used for another client or receipt book is found in the read models, so it can be missed within their lag, or while Postgres is away; the policy `strictKeys` makes it certain, for one append more. A key that was claimed then belongs to its request even when that was refused: a corrected one needs a new key.',
      '503 `OUTCOME_UNKNOWN` means that a command may have been carried out, in part or in full: sending it again with the same key settles and finishes it, and `GET /v1/companies/{companyId}/commands/{commandId}` tells what is known of it meanwhile.',
      'Amounts are decimal strings, days are business days in Europe/Bucharest, instants are UTC.',
      "A command answers with a `position`; give it to a query as `minPosition` to read one's own write.",
      'Errors are `application/problem+json` (RFC 9457) with a stable `code`.',
    ].join('\n\n'),
  },
  servers: [{ url: '/', description: 'Where this document comes from' }],
  tags: [
    { name: 'commands', description: 'Change the ledger' },
    { name: 'queries', description: 'Read the ledger' },
    { name: 'health', description: 'For whoever runs it' },
  ],
  components: { securitySchemes: { bearer: { type: 'http' as const, scheme: 'bearer' } } },
  security: [{ bearer: [] }],
}

/** A mark of ours in a schema is an extension in the document, or tools take it for a mistake. */
const asExtensions = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(asExtensions)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) =>
      key === 'personal' && inner === true ? ['x-personal', true] : [key, asExtensions(inner)],
    ),
  )
}

const Document = z.looseObject({
  paths: z.looseObject({}),
  components: z.looseObject({ schemas: z.record(z.string(), z.unknown()) }),
})

/** Every schema is registered once for input and once for output; most are met in one of them only. */
const withoutUnusedSchemas = (document: z.infer<typeof Document>): object => {
  const { schemas } = document.components
  const used = new Set<string>()
  const follow = (part: unknown): void => {
    for (const [, name = ''] of JSON.stringify(part).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      if (used.has(name)) continue
      used.add(name)
      follow(schemas[name])
    }
  }
  follow(document.paths)
  const kept = Object.fromEntries(Object.entries(schemas).filter(([name]) => used.has(name)))
  return { ...document, components: { ...document.components, schemas: kept } }
}

const Parameter = z.looseObject({
  name: z.string(),
  required: z.boolean().optional(),
  example: z.unknown().optional(),
  schema: z.looseObject({ examples: z.unknown().optional() }),
})
const Operation = z.looseObject({ operationId: z.string().optional(), parameters: z.array(Parameter).optional() })

/** The page to try it fills in every example that it meets: of what may be left out none, and of keys one for each command. */
const parameterToTry = (parameter: z.infer<typeof Parameter>, operationId: string): z.infer<typeof Parameter> => {
  const { example: _example, schema, ...rest } = parameter
  const { examples: _examples, ...plain } = schema
  if (parameter.name === 'idempotency-key') return { ...rest, schema: plain, example: `try-${operationId}` }
  return parameter.required === true ? parameter : { ...rest, schema: plain }
}

const asToTry = (paths: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(paths).map(([path, methods]) => [
      path,
      Object.fromEntries(
        Object.entries(z.record(z.string(), Operation).parse(methods)).map(([method, operation]) => {
          const { operationId = '', parameters } = operation
          const tried = parameters?.map((parameter) => parameterToTry(parameter, operationId))
          return [method, tried === undefined ? operation : { ...operation, parameters: tried }]
        }),
      ),
    ]),
  )

/** What the routes' schemas made, as tools and the page to try it like to read it. */
export const tidyDocument = (made: object): object => {
  const document = Document.parse(asExtensions(made))
  return withoutUnusedSchemas({ ...document, paths: asToTry(document.paths) })
}

/** The token outlives a reload of the page; only a click on a route opens it; no other product's name stands above. */
export const uiConfig = {
  persistAuthorization: true,
  docExpansion: 'list',
  filter: true,
  layout: 'BaseLayout',
} as const
