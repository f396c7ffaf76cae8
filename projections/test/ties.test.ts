/** Histories that could have happened: no two books differ, whatever table is looked at and however it is cut. */
import { deepStrictEqual } from 'node:assert'
import { BEFORE_THE_LOG, type LedgerEvent } from '@registru/domain'
import { createDatabase, createPool } from '@registru/runtime'
import { createTestDatabase } from '@registru/runtime/testing'
import fc from 'fast-check'
import t from 'tap'
import {
  allProjections,
  allTies,
  checkSlice,
  ensureSchemas,
  openPostgresWriter,
  type Place,
  type ReadHandle,
  schemaOf,
  type Tie,
} from '../index.ts'
import { playHistory, stepsArbitrary } from './histories.ts'
import { holds } from './random.ts'

t.setTimeout(120_000)

const url = await createTestDatabase(t)
const pool = createPool({ url, connectionsMax: 2, applicationName: 'ties.test', onIdleError: () => undefined })
const db: ReadHandle = createDatabase<unknown>(pool)
t.teardown(() => db.destroy())
const setUp = await pool.connect()
await ensureSchemas(setUp, allProjections)
setUp.release()

const projectAfresh = async (events: readonly LedgerEvent[]): Promise<void> => {
  for (const projection of allProjections) {
    const tables = projection.tables.map((table) => `${schemaOf(projection)}.${table.name}`)
    await pool.query(`truncate ${tables.join(', ')}; update ${schemaOf(projection)}.checkpoint set position = -1`)
  }
  const client = await pool.connect()
  try {
    const writer = await openPostgresWriter({ client, projections: allProjections })
    await writer.apply(events, { position: events.at(-1)?.position ?? BEFORE_THE_LOG, storeId: 'test' })
  } finally {
    client.release(true)
  }
}

/** @returns how many rows were looked at */
const checkWhole = async (tie: Tie, rowsMax: number): Promise<number> => {
  let after: Place | undefined
  let rows = 0
  do {
    const slice = await checkSlice(db, tie, { after, rowsMax })
    deepStrictEqual(slice.differences, [], tie.name)
    rows += slice.rows
    after = slice.next
  } while (after !== undefined)
  return rows
}

t.test('no row of a random history differs from its other side', (t) =>
  holds(
    t,
    fc.asyncProperty(stepsArbitrary(60), fc.integer({ min: 1, max: 40 }), async (steps, rowsMax) => {
      await projectAfresh(playHistory(steps))
      for (const tie of allTies) {
        const { rows } = await pool.query<{ count: bigint }>(`select count(*) from read.${tie.table.name}`)
        deepStrictEqual(BigInt(await checkWhole(tie, rowsMax)), rows[0]?.count, `${tie.name}: every row is looked at`)
      }
    }),
    15,
  ),
)
