import { deepStrictEqual } from 'node:assert'
import type { LedgerEvent } from '@registru/domain'
import fc from 'fast-check'
import t from 'tap'
import { add, type Changes, insert, mergeUnseen, set, type UnseenChange, updatedRow } from '../core/fold/changes.ts'
import { createMemoryWriter } from '../core/fold/memory-writer.ts'
import { defineProjection } from '../core/fold/projection.ts'
import { bigint, defineTable, nullable, position, text } from '../core/fold/table.ts'
import { allProjections, type Projection } from '../index.ts'
import { playHistory, stepsArbitrary } from './histories.ts'
import { holds } from './random.ts'

const things = defineTable({
  name: 'things',
  columns: { id: text(), amount_minor: bigint(), other_minor: bigint(), label: nullable(text()) },
  key: ['id'],
})

const thing = (id: string) => ({ id, amount_minor: 5n, other_minor: 0n, label: null })

const merged = (changes: readonly UnseenChange[]) => {
  const result: Changes = new Map()
  for (const change of changes) mergeUnseen(result, change)
  return {
    inserts: [...(result.get(things)?.inserts.values() ?? [])],
    updates: [...(result.get(things)?.updates.values() ?? [])],
  }
}

t.test('merging a batch', async (t) => {
  t.test('an insert takes up what follows', async (t) => {
    const { inserts, updates } = merged([
      insert(things, thing('a')),
      add(things, { id: 'a' }, { amount_minor: 2n }),
      set(things, { id: 'a' }, { label: 'x' }),
      add(things, { id: 'a' }, { amount_minor: -1n }),
    ])
    t.same(inserts, [{ id: 'a', amount_minor: 6n, other_minor: 0n, label: 'x' }])
    t.same(updates, [])
  })

  t.test('additions add up, and additions to a column that was set add to what was set', async (t) => {
    const { updates } = merged([
      add(things, { id: 'a' }, { amount_minor: 2n, other_minor: 1n }),
      set(things, { id: 'a' }, { amount_minor: 10n }),
      add(things, { id: 'a' }, { amount_minor: 3n, other_minor: 1n }),
    ])
    t.same(updates, [{ key: { id: 'a' }, set: { amount_minor: 13n }, add: { other_minor: 2n } }])
  })

  t.test('the last value set wins', async (t) => {
    const { updates } = merged([set(things, { id: 'a' }, { label: 'x' }), set(things, { id: 'a' }, { label: null })])
    t.same(updates, [{ key: { id: 'a' }, set: { label: null }, add: {} }])
  })

  t.test('a row is inserted once', async (t) => {
    t.throws(() => merged([insert(things, thing('a')), insert(things, thing('a'))]), { name: 'RowsDisagree' })
  })

  t.test('leaves the change that it was given as it was', async (t) => {
    const row = thing('a')
    merged([insert(things, row), add(things, { id: 'a' }, { amount_minor: 2n })])
    t.equal(row.amount_minor, 5n)
  })
})

t.test('nothing is added to a place in the log', async (t) => {
  const columns = { id: text(), amount_minor: bigint(), position: position() }
  const placed = defineTable({ name: 'placed', columns, key: ['id'] })
  // @ts-expect-error
  t.match(add(placed, { id: 'a' }, { position: 1n }), { kind: 'add' })
})

/** Merging is right when the row after a merged update is the row after each change in turn. */
t.test('a merged update does what its changes do one by one', (t) => {
  const change = fc.oneof(
    fc.record({ kind: fc.constant('add' as const), amount: fc.bigInt({ min: -9n, max: 9n }), other: fc.boolean() }),
    fc.record({ kind: fc.constant('set' as const), amount: fc.bigInt({ min: -9n, max: 9n }), other: fc.boolean() }),
  )
  return holds(
    t,
    fc.property(fc.array(change, { minLength: 1 }), (steps) => {
      const changes = steps.map(({ kind, amount, other }) => {
        const values = other ? { other_minor: amount } : { amount_minor: amount }
        return kind === 'add' ? add(things, { id: 'a' }, values) : set(things, { id: 'a' }, values)
      })
      const oneByOne = changes.reduce(
        (row, step) => {
          const update = merged([step]).updates[0]
          return update === undefined ? row : updatedRow(row, update)
        },
        thing('a') as Readonly<Record<string, unknown>>,
      )
      const update = merged(changes).updates[0]
      return (
        update !== undefined &&
        JSON.stringify(plain(updatedRow(thing('a'), update))) === JSON.stringify(plain(oneByOne))
      )
    }),
    500,
  )
})

const plain = (row: Readonly<Record<string, unknown>>) =>
  Object.entries(row)
    .map(([column, value]) => [column, typeof value === 'bigint' ? `${value}n` : value])
    .toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1))

const applied = async (projections: readonly Projection[], batches: readonly (readonly LedgerEvent[])[]) => {
  const writer = createMemoryWriter(projections)
  for (const batch of batches) {
    const last = batch.at(-1)
    if (last !== undefined) await writer.apply(batch, { position: last.position, storeId: 'memory' })
  }
  return projections.flatMap(({ tables }) => tables.map((table) => [table.name, writer.rows.list(table)]))
}

t.test('any split of a history into batches gives the same rows', (t) =>
  holds(
    t,
    fc.asyncProperty(stepsArbitrary(60), fc.array(fc.nat({ max: 12 }), { minLength: 1 }), async (steps, sizes) => {
      const events = playHistory(steps)
      const split: LedgerEvent[][] = []
      for (let from = 0; from < events.length; ) {
        const size = (sizes[split.length % sizes.length] ?? 0) + 1
        split.push(events.slice(from, from + size))
        from += size
      }
      const whole = await applied(allProjections, [events])
      const parts = await applied(allProjections, split)
      deepStrictEqual(parts, whole)
    }),
    100,
  ),
)

t.test('a batch sent again changes nothing', async (t) => {
  const events = playHistory([])
  t.same(await applied(allProjections, [events, events]), await applied(allProjections, [events]))
})

t.test('of what the language or another program throws, only the name is told', async (t) => {
  const event = playHistory([]).find(({ type }) => type === 'ClientRegistered')
  if (event === undefined) throw new Error('the history registers clients')
  const reasonOf = async (thrown: unknown): Promise<string> => {
    const on = () => {
      throw thrown
    }
    try {
      await createMemoryWriter([defineProjection({ name: 'failing', version: 1, tables: [things], on })]).apply(
        [event],
        {
          position: event.position,
          storeId: 'memory',
        },
      )
      return 'none'
    } catch (error) {
      return error instanceof Error ? (error.message.split(': ').at(-1) ?? '') : 'no error'
    }
  }
  t.equal(await reasonOf(new RangeError('Ion Popescu')), 'RangeError')
  t.equal(await reasonOf('Ion Popescu'), 'unknown')
})

t.test('a projection that fails names the event and tells nothing of its content', async (t) => {
  const failing = defineProjection({
    name: 'failing',
    version: 1,
    tables: [things],
    on: {
      ClientRegistered: ({ data }) => [insert(things, thing(data.clientId)), insert(things, thing(data.clientId))],
    },
  })
  const event = playHistory([]).find(({ type }) => type === 'ClientRegistered')
  if (event === undefined) throw new Error('the history registers clients')
  await t.rejects(
    async () => createMemoryWriter([failing]).apply([event], { position: event.position, storeId: 'memory' }),
    {
      name: 'ProjectionFailed',
      message: 'failing cannot project ClientRegistered at clientAccount-amc:alfa@0: things: the row is already there',
      projection: 'failing',
      event: { type: 'ClientRegistered', stream: 'clientAccount-amc:alfa', revision: 0n, position: event.position },
    },
  )
})
