import type { z } from 'zod'

const TYPES: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'an array',
  object: 'an object',
}

const FORMATS: Readonly<Record<string, string>> = {
  uuid: 'a UUID',
  email: 'an e-mail address',
  url: 'a URL',
  datetime: 'an instant (RFC 3339)',
}

const UNITS: Readonly<Record<string, readonly [one: string, many: string]>> = {
  string: ['character', 'characters'],
  array: ['item', 'items'],
}

const measured = (bound: number | bigint, origin: string): string => {
  const unit = UNITS[origin]
  if (unit === undefined) return `${bound}`
  return bound === 1 ? `one ${unit[0]}` : `${bound} ${unit[1]}`
}

const oneOf = (values: readonly unknown[]): string =>
  values.length === 1 ? String(values[0]) : `one of ${values.map(String).join(', ')}`

/**
 * What a field has to be, where its schema does not say so in words of its own: the rule alone, as every other rule is
 * written, and not that it was broken. `undefined`: zod's own words.
 */
export const ruleOf = (issue: z.core.$ZodRawIssue): string | undefined => {
  switch (issue.code) {
    case 'invalid_type':
      return TYPES[issue.expected]
    case 'invalid_format':
      return FORMATS[issue.format]
    case 'invalid_value':
      return oneOf(issue.values)
    case 'invalid_union':
      return Array.isArray(issue['options']) ? oneOf(issue['options']) : undefined
    case 'invalid_key':
      return issue.issues[0]?.message
    case 'too_small':
      return `${issue.inclusive === false ? 'more than' : 'at least'} ${measured(issue.minimum, issue.origin)}`
    case 'too_big':
      return `${issue.inclusive === false ? 'less than' : 'at most'} ${measured(issue.maximum, issue.origin)}`
    default:
      return undefined
  }
}
