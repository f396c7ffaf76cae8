import { z } from 'zod'
import { type Api, authorization } from './api.ts'

const Parameter = z.looseObject({
  name: z.string(),
  in: z.string(),
  required: z.boolean().optional(),
  schema: z.looseObject({ enum: z.array(z.string()).optional() }).optional(),
})
const OpenApi = z.looseObject({
  paths: z.record(
    z.string(),
    z.looseObject({ get: z.looseObject({ parameters: z.array(Parameter).optional() }).optional() }),
  ),
})

/** Values of path parameters that stand together: of one invoice, one day of a desk. */
export type Places = Readonly<Record<string, string>>

const COMPANY_PREFIX = '/v1/companies/{companyId}/'
/** How an answer is written changes nothing of what it says; one that is a table says more than the one that is not. */
const PASSED_OVER = new Set(['locale'])
const FORMAT = 'csv'
/** Places that a list without them would not come to. */
const AS_PARAMETERS = new Set(['day', 'currency'])

const filled = (template: string, values: Readonly<Record<string, unknown>>): string | undefined => {
  const names = [...template.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
  if (names.some((name) => typeof values[name] !== 'string' && typeof values[name] !== 'number')) return undefined
  return template.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(values[name])))
}

const withQuery = (path: string, query: string): string => `${path}${path.includes('?') ? '&' : '?'}${query}`

/**
 * What the API can be asked of one company, from its own description: each path with every place that it takes, with each
 * word that a parameter takes, and at every pair of clocks. What a question needs besides is found by following links.
 */
export const questionsOf = async (
  api: Api,
  places: readonly Places[],
  clocks: readonly string[],
): Promise<readonly string[]> => {
  const description = await api.app.inject({ url: '/openapi.json', headers: { authorization } })
  const questions = new Set<string>()
  for (const [path, { get }] of Object.entries(OpenApi.parse(description.json()).paths)) {
    if (get === undefined || !path.startsWith(COMPANY_PREFIX)) continue
    const parameters = (get.parameters ?? []).filter((parameter) => parameter.in === 'query')
    if (parameters.some(({ required }) => required === true)) continue
    const known = new Set(parameters.map(({ name }) => name))
    for (const place of places) {
      const asked = filled(path.slice(COMPANY_PREFIX.length), place)
      if (asked === undefined) continue
      questions.add(asked)
      for (const clock of clocks) {
        const takes = clock.split('&').every((part) => known.has(part.split('=')[0] ?? ''))
        if (takes) questions.add(withQuery(asked, clock))
      }
      for (const { name, schema } of parameters) {
        const words = PASSED_OVER.has(name) ? [] : name === 'format' ? [FORMAT] : (schema?.enum ?? [])
        for (const word of words) questions.add(withQuery(asked, `${name}=${word}`))
        if (AS_PARAMETERS.has(name)) {
          for (const { [name]: value } of places)
            if (value !== undefined) questions.add(withQuery(asked, `${name}=${value}`))
        }
      }
    }
  }
  return [...questions]
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Every object in an answer, with what stands around it. */
const rowsIn = function* (
  value: unknown,
  around: Readonly<Record<string, unknown>>,
): Generator<Readonly<Record<string, unknown>>> {
  if (Array.isArray(value)) {
    for (const item of value) yield* rowsIn(item, around)
    return
  }
  if (!isObject(value)) return
  const row = { ...around, ...value }
  yield row
  for (const inner of Object.values(value)) yield* rowsIn(inner, row)
}

const withBucket = (row: Readonly<Record<string, unknown>>) =>
  Array.isArray(row['buckets']) ? row['buckets'].map((bucket: unknown) => ({ ...row, bucket })) : [row]

/** Where an answer leads: its links, filled in from every row that has what they ask for. */
export const linksIn = (body: unknown, companyId: string): readonly string[] => {
  const links = isObject(body) && isObject(body['links']) ? Object.values(body['links']) : []
  const found = new Set<string>()
  for (const row of rowsIn(body, {})) {
    for (const values of withBucket(row)) {
      for (const link of links) {
        const url = typeof link === 'string' ? filled(link, values) : undefined
        if (url !== undefined) found.add(url.replace(COMPANY_PREFIX.replace('{companyId}', companyId), ''))
      }
    }
  }
  return [...found]
}
