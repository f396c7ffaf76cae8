/** One check: how much was compared, and the first thing that did not agree. */
export interface Check {
  readonly name: string
  /** What differs is right by the ledger's own rules, and somebody should know of it. */
  readonly isRemark: boolean
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
  readonly remark: (name: string) => Check
}

export const isWrong = ({ differences, isRemark }: Check): boolean => differences > 0 && !isRemark

export const createReport = (): Report => {
  const checks: Check[] = []
  const byName = new Map<string, Check>()
  const find = (name: string, isRemark: boolean): Check => {
    const known = byName.get(name)
    if (known !== undefined) return known
    const added: Check = { name, isRemark, compared: 0, differences: 0, first: undefined }
    checks.push(added)
    byName.set(name, added)
    return added
  }
  return { checks, check: (name) => find(name, false), remark: (name) => find(name, true) }
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

/**
 * Compares every cell that the events tell of; the row may have more. `undefined`: there is no such row. The name of a row
 * is made only for one that differs.
 */
export const expectSameCells = (
  check: Check,
  nameOf: () => string,
  byTheEvents: Row | undefined,
  found: Row | undefined,
): void => {
  if (byTheEvents === undefined) {
    if (found !== undefined) expectEqual(check, nameOf(), 'no such row', show(found))
  } else if (found === undefined) expectEqual(check, nameOf(), show(byTheEvents), 'no row')
  else {
    for (const column in byTheEvents) {
      const value = byTheEvents[column]
      if (value === found[column]) check.compared += 1
      else expectEqual(check, `${nameOf()}: ${column}`, value, found[column])
    }
  }
}
