import { BEFORE_THE_LOG, type LedgerEvent, type Position, positionOf } from '@registru/domain'
import { createPool } from '@registru/runtime'
import { createTestDatabase } from '@registru/runtime/testing'
import fc from 'fast-check'
import t from 'tap'
import { foldBatch, planBatch } from '../core/fold/batch.ts'
import type { Changes } from '../core/fold/changes.ts'
import { createRowImage } from '../core/fold/row-image.ts'
import type { Table } from '../core/fold/table.ts'
import { batchStatement } from '../core/tables/batch-statement.ts'
import { allProjections, ensureSchemas, type Projection, schemaOf } from '../index.ts'
import { playHistory, stepsArbitrary } from './histories.ts'

// Databases take their time on a busy machine.
t.setTimeout(120_000)

/** The largest `bigint` of Postgres: 9,225 invoices of the largest amount that a command may name. */
const BOUND = 9_223_372_036_854_775_807n

const sumsOf = ({ columns }: Table): readonly string[] => Object.keys(columns).filter((name) => name.endsWith('_minor'))

/** The rows of totals that a history adds to, each of their sums by the smallest amount. */
const totalsOf = (projection: Projection, events: readonly LedgerEvent[]): Changes => {
  const changes = foldBatch(planBatch(projection, events), createRowImage(true))
  for (const [table, { updates }] of changes) {
    if (!table.totals) changes.delete(table)
    for (const { add } of updates.values()) for (const sum of sumsOf(table)) add[sum] = 1n
  }
  return changes
}

/** An amount is bounded; how many of them a company may have is not. */
t.test('no total is too large to grow on', async (t) => {
  const url = await createTestDatabase(t)
  const pool = createPool({ url, connectionsMax: 1, applicationName: 'totals.test', onIdleError: () => undefined })
  const client = await pool.connect()
  t.teardown(async () => {
    client.release(true)
    await pool.end()
  })
  await ensureSchemas(client, allProjections)
  const events = playHistory(fc.sample(stepsArbitrary(600, 600), { numRuns: 1, seed: 3 })[0] ?? [])

  for (const projection of allProjections) {
    const changes = totalsOf(projection, events)
    const schema = schemaOf(projection)
    const add = async (from: Position): Promise<void> => {
      const checkpoint = { schema, epoch: 0n, from, to: positionOf(from + 1n), storeId: 'test' }
      const { sql, values } = batchStatement([{ changes, checkpoint }])
      await client.query(sql(), [...values])
    }
    await add(BEFORE_THE_LOG)
    for (const table of changes.keys()) {
      const atBound = sumsOf(table).map((sum) => `${sum} = ${BOUND}`)
      await client.query(`update ${schema}.${table.name} set ${atBound.join(', ')}`)
    }
    await add(positionOf(0n))
    for (const table of changes.keys()) {
      for (const sum of sumsOf(table)) {
        const { rows } = await client.query<{ total: bigint }>(
          `select distinct ${sum} as total from ${schema}.${table.name}`,
        )
        t.same(rows, [{ total: BOUND + 1n }], `${table.name}.${sum}`)
      }
    }
  }
  const { rows } = await client.query<{ debit_minor: bigint }>('select debit_minor from read.account_days limit 1')
  t.equal(rows[0]?.debit_minor, BOUND + 1n, 'and it is read exactly')
})
