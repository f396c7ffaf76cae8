/** One check: how much was compared, and the first thing that did not agree. */
export interface Check {
  readonly name: string
  compared: number
  differences: number
  /** The first one; the others follow from it more often than not. */
  first: Difference | undefined
}

export interface Difference {
  readonly what: string
  readonly byTheEvents: string
  readonly found: string
}

export interface Report {
  readonly checks: Check[]
  readonly check: (name: string) => Check
}

export const createReport = (): Report => {
  const checks: Check[] = []
  const check = (name: string): Check => {
    const known = checks.find((one) => one.name === name)
    if (known !== undefined) return known
    const added: Check = { name, compared: 0, differences: 0, first: undefined }
    checks.push(added)
    return added
  }
  return { checks, check }
}

type Value = string | number | bigint | boolean | undefined

export const expectEqual = (check: Check, what: string, byTheEvents: Value, found: Value): void => {
  check.compared += 1
  if (byTheEvents === found) return
  check.differences += 1
  check.first ??= { what, byTheEvents: String(byTheEvents ?? 'nothing'), found: String(found ?? 'nothing') }
}

export type Fields = Readonly<Record<string, Value>>

const show = (fields: Fields): string =>
  Object.entries(fields)
    .map(([name, value]) => `${name} ${String(value ?? 'none')}`)
    .join(', ')

/** Compares what the events say with what was found, row by row and field by field, in both directions. */
export const expectSameRows = (
  check: Check,
  byTheEvents: ReadonlyMap<string, Fields>,
  found: ReadonlyMap<string, Fields>,
): void => {
  for (const [key, expected] of byTheEvents) {
    const row = found.get(key)
    if (row === undefined) expectEqual(check, key, show(expected), 'no row')
    else
      for (const [field, value] of Object.entries(expected)) expectEqual(check, `${key}: ${field}`, value, row[field])
  }
  for (const [key, row] of found) if (!byTheEvents.has(key)) expectEqual(check, key, 'no such thing', show(row))
}
