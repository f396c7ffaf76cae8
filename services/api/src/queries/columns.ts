import { z } from 'zod'

/** What a cell is: only text may look like a formula by accident, only decimals have a comma in Romanian, and only days turn round. */
export type CellKind = 'text' | 'number' | 'decimal' | 'day'

export interface Column {
  readonly name: string
  /** What a Romanian reader finds above it; `name` when absent. */
  readonly romanian?: string
  readonly kind: CellKind
  readonly valueOf: (row: object) => unknown
}

/** Marks amounts in the schemas of answers. */
export const DECIMAL = 'decimal'

const unwrapped = (schema: z.core.$ZodType): z.core.$ZodType =>
  schema instanceof z.ZodOptional || schema instanceof z.ZodNullable ? unwrapped(schema.unwrap()) : schema

const kindOf = (schema: z.core.$ZodType): CellKind | undefined => {
  if (schema instanceof z.ZodType && schema.meta()?.['format'] === DECIMAL) return DECIMAL
  if (schema instanceof z.ZodNumber) return 'number'
  if (schema instanceof z.ZodString || schema instanceof z.ZodStringFormat) return 'text'
  return schema instanceof z.ZodEnum || schema instanceof z.ZodBoolean ? 'text' : undefined
}

/** What a row holds at a path; `undefined` where the path ends early. */
export const at = (value: unknown, path: readonly string[]): unknown => {
  let found = value
  for (const key of path) {
    if (typeof found !== 'object' || found === null) return undefined
    found = Reflect.get(found, key)
  }
  return found
}

/** A column of what a row has at a path, e.g. `opening.debit`. */
export const column = (name: string, kind: CellKind, romanian: string): Column => {
  const path = name.split('.')
  return { name, romanian, kind, valueOf: (row) => at(row, path) }
}

/**
 * The columns of a table whose rows a schema describes: one a scalar field, those of objects with their path
 * (`reversal.on`). Lists inside a row have no place in a table; JSON and NDJSON carry them.
 */
export const columnsOf = (schema: z.ZodObject, path: readonly string[] = []): readonly Column[] =>
  Object.entries<z.core.$ZodType>(schema.shape).flatMap(([name, field]): readonly Column[] => {
    const inner = unwrapped(field)
    const own = [...path, name]
    if (inner instanceof z.ZodObject) return columnsOf(inner, own)
    const kind = kindOf(inner)
    return kind === undefined ? [] : [{ name: own.join('.'), kind, valueOf: (row) => at(row, own) }]
  })
