import type { z } from 'zod'
import type { Violation } from './problems.ts'
import { ruleOf } from './rules.ts'

/** The request breaks the contract; it names every field and rule at once. */
export class MalformedRequest extends Error {
  override readonly name = 'MalformedRequest'
  readonly violations: readonly Violation[]

  constructor(violations: readonly Violation[]) {
    super('malformed request')
    this.violations = violations
  }
}

/** Fields of a body are named bare, those of other parts of the request with the part. */
const PREFIXES: Readonly<Record<string, string>> = {
  body: '',
  querystring: '/query',
  params: '/path',
  headers: '/headers',
}

const pointer = (path: readonly PropertyKey[]): string => path.map((part) => `/${String(part)}`).join('')

const isOfAnotherType = ({ code, path }: z.core.$ZodIssue): boolean => code === 'invalid_type' && path.length === 0

const violationsOf = (issue: z.core.$ZodIssue, input: unknown, prefix: string): readonly Violation[] => {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: prefix + pointer([...issue.path, key]), rule: 'unknown field' }))
  }
  if (issue.code === 'invalid_union') {
    // Of a field that may be written in two ways, the rule of the way that it is written in.
    const [meant, other] = issue.errors.filter((errors) => !errors.some(isOfAnotherType))
    if (meant !== undefined && other === undefined) {
      return meant.flatMap((each) => violationsOf({ ...each, path: [...issue.path, ...each.path] }, input, prefix))
    }
  }
  const missing = /^invalid_(type|union)$/.test(issue.code) && valueAt(input, issue.path) === undefined
  return [{ path: prefix + pointer(issue.path), rule: missing ? 'required' : issue.message }]
}

const valueAt = (input: unknown, path: readonly PropertyKey[]): unknown => {
  let value = input
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined
    value = Reflect.get(value, key)
  }
  return value
}

/** @throws MalformedRequest */
export const parse = <Schema extends z.ZodType>(schema: Schema, input: unknown, part = 'body'): z.infer<Schema> => {
  const result = schema.safeParse(input, { error: ruleOf })
  if (result.success) return result.data
  const prefix = PREFIXES[part] ?? `/${part}`
  const { issues } = result.error
  // What is said of an object as a whole follows from the field that nobody knows.
  const unknownAt = new Set(issues.filter(({ code }) => code === 'unrecognized_keys').map(({ path }) => pointer(path)))
  const told = issues.filter(({ code, path }) => code !== 'custom' || !unknownAt.has(pointer(path)))
  throw new MalformedRequest(told.flatMap((issue) => violationsOf(issue, input, prefix)))
}
