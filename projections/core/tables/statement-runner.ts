import { copyText, type PoolClient } from '@registru/runtime'
import type { BatchStatement } from './batch-statement.ts'
import type { TableCopy } from './copies.ts'

/** Batches of one shape share a plan. Shapes beyond this many are planned each time, so memory stays bounded. */
const PREPARED_STATEMENTS_MAX = 100
/** A shape is kept when it comes a second time among about this many: small batches of all kinds of events seldom do. */
const SHAPES_SEEN_MAX = 200

interface NamedStatement {
  readonly name: string
  readonly text: string
}

interface KnownShapes {
  readonly prepared: Map<string, NamedStatement>
  readonly seen: Set<string>
}

/** A name lives as long as its connection, which may see one writer after another. */
const shapes = new WeakMap<PoolClient, KnownShapes>()

const shapesOf = (client: PoolClient): KnownShapes => {
  const known = shapes.get(client)
  if (known !== undefined) return known
  const none = { prepared: new Map<string, NamedStatement>(), seen: new Set<string>() }
  shapes.set(client, none)
  return none
}

/** Runs the statements of batches on a connection, each in a transaction with the rows that go in beside it. */
export const createStatementRunner = (client: PoolClient) => {
  const { prepared, seen } = shapesOf(client)
  const isSeenAgain = (shape: string): boolean => {
    if (seen.delete(shape)) return true
    if (seen.size >= SHAPES_SEEN_MAX) seen.clear()
    seen.add(shape)
    return false
  }
  const preparedOf = ({ shape, sql }: BatchStatement): { readonly name?: string; readonly text: string } => {
    const known = prepared.get(shape)
    if (known !== undefined) return known
    if (prepared.size >= PREPARED_STATEMENTS_MAX || !isSeenAgain(shape)) return { text: sql() }
    const fresh = { name: `batch ${prepared.size}`, text: sql() }
    prepared.set(shape, fresh)
    return fresh
  }

  const run = async (statement: BatchStatement): Promise<void> => {
    await client.query({ ...preparedOf(statement), values: [...statement.values] })
  }

  return async (copies: readonly TableCopy[], statement: BatchStatement): Promise<void> => {
    if (copies.length === 0) return run(statement)
    await client.query('begin')
    try {
      for (const { target, text } of copies) await copyText(client, target, text)
      await run(statement)
      await client.query('commit')
    } catch (error) {
      await client.query('rollback').catch(() => undefined)
      throw error
    }
  }
}
