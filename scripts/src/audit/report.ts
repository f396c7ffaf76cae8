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

/** A cell of a table, or a finding of a rule. JSON stands as its canonical text, an instant as RFC 3339. */
export type Cell = string | number | bigint | boolean | null
type Value = Cell | undefined
export type Row = Readonly<Record<string, Cell>>

export const expectEqual = (check: Check, what: string, byTheEvents: Value, found: Value): void => {
  check.compared += 1
  if (byTheEvents === found) return
  check.differences += 1
  check.first ??= { what, byTheEvents: String(byTheEvents ?? 'nothing'), found: String(found ?? 'nothing') }
}

const show = (row: Row): string =>
  Object.entries(row)
    .map(([name, value]) => `${name} ${String(value ?? 'nothing')}`)
    .join(', ')

/** Compares every cell that the events tell of; the row may have more. `undefined`: there is no such row. */
export const expectSameCells = (
  check: Check,
  what: string,
  byTheEvents: Row | undefined,
  found: Row | undefined,
): void => {
  if (byTheEvents === undefined) {
    if (found !== undefined) expectEqual(check, what, 'no such row', show(found))
  } else if (found === undefined) expectEqual(check, what, show(byTheEvents), 'no row')
  else {
    for (const column in byTheEvents) {
      const value = byTheEvents[column]
      check.compared += 1
      if (value !== found[column]) {
        check.compared -= 1
        expectEqual(check, `${what}: ${column}`, value, found[column])
      }
    }
  }
}
