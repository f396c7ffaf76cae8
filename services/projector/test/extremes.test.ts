import { setTimeout as sleep } from 'node:timers/promises'
import { MINOR_MAX, moneyOf, positionOf } from '@registru/domain'
import { clientRegistered, companyRegistered, invoiceRegistered } from '@registru/domain/examples'
import { allProjections, findTrialBalance, type ReadHandle, schemaOf } from '@registru/projections'
import { createDatabase, createLogger, createPool } from '@registru/runtime'
import { createTestDatabase } from '@registru/runtime/testing'
import t, { type Test } from 'tap'
import { diffGenerations, type Projector, rebuild, startProjector } from '../src/index.ts'
import { commandSchemas, type Edge, ITEMS_MAX, type JsonSchema, longId, playExtremes } from './extremes.ts'
import { createMemoryEventStore, recorded } from './memory-event-store.ts'
import { companyId, placed } from './placed.ts'

// Databases take their time on a busy machine.
t.setTimeout(240_000)

/**
 * The first and the last three characters of each plane of Unicode (but for controls), and what SQL, JSON and COPY read as
 * their own.
 */
const CHARACTERS = [
  ...`\\"'\`,;:{}[]()$%&|?*+-_/<>=~^@!# \u00a0\u200b\u200f\u3000\ufeffșțăâîȘ`.split(''),
  ...Array.from({ length: 17 }, (_, plane) =>
    [plane === 0 ? 0x21 : 0, 0xfffd, 0xfffe, 0xffff].map((code) => String.fromCodePoint(plane * 0x1_0000 + code)),
  ).flat(),
]

/** Each text begins elsewhere, so that every field meets every character. */
const textsOfAllPlanes = (): Edge['text'] => {
  let from = 0
  return (length) => {
    from += 1
    const text = Array.from({ length }, (_, index) => CHARACTERS[(from + index) % CHARACTERS.length]).join('')
    // No blank ones: of the shortest fields some would be.
    return text.trim() === '' ? 'x' : text
  }
}

const edges: readonly Edge[] = [
  {
    companyId: longId('planes'),
    functional: 'RON',
    foreign: 'EUR',
    today: '2199-12-31',
    items: ITEMS_MAX,
    text: textsOfAllPlanes(),
  },
  {
    companyId: longId('heaviest'),
    functional: 'JPY',
    foreign: 'UYW',
    today: '1990-01-02',
    items: ITEMS_MAX,
    text: (length) => '\u{10ffff}'.repeat(length),
  },
  // What COPY reads as NULL, and as its own signs.
  { companyId: 'n', functional: 'CLF', foreign: 'JPY', today: '2026-11-30', items: 1, text: () => '\\N' },
  {
    companyId: 'null',
    functional: 'KWD',
    foreign: 'RON',
    today: '2026-11-30',
    items: 1,
    text: (length) => '\\'.repeat(length),
  },
]

/** Who published a rate: a word that no read model looks at. */
const isSource = (field: string): boolean => field.includes('/source=')

/** The fields of a command, and the words of those that take one of a few: `/allocation/rule=named`. */
const fieldsOf = (schema: JsonSchema, path = ''): readonly string[] => {
  if (typeof schema === 'boolean') return []
  const { properties = {}, items = [], anyOf = [], oneOf = [], enum: words = [], const: word } = schema
  return [
    path,
    ...(word === undefined ? words : [word]).map((value) => `${path}=${String(value)}`),
    ...[items, anyOf, oneOf].flat().flatMap((part) => fieldsOf(part, path)),
    ...Object.entries(properties).flatMap(([name, part]) => fieldsOf(part, `${path}/${name}`)),
  ]
}

const pathsOf = (value: unknown, path = ''): readonly string[] => {
  if (Array.isArray(value)) return [path, ...value.flatMap((item) => pathsOf(item, path))]
  if (typeof value === 'object' && value !== null) {
    return [path, ...Object.entries(value).flatMap(([name, part]) => pathsOf(part, `${path}/${name}`))]
  }
  return [path, `${path}=${String(value)}`]
}

const setUp = async (t: Test) => {
  const pool = createPool({
    url: await createTestDatabase(t),
    connectionsMax: 6,
    applicationName: 'extremes.test',
    onIdleError: () => undefined,
  })
  const db: ReadHandle = createDatabase<unknown>(pool)
  t.teardown(() => db.destroy())
  const store = createMemoryEventStore()
  const start = async (): Promise<Projector> => {
    const projector = startProjector({ pool, store, logger: createLogger({ name: 'projector', level: 'silent' }) })
    t.teardown(projector.stop)
    await projector.ready
    return projector
  }
  return { pool, db, store, start }
}

/** Until it has applied all of the log, or has met an event that it cannot apply. */
const settled = async ({ status }: Projector, through: bigint): Promise<void> => {
  const isSettled = () => status().state === 'faulted' || status().poison !== undefined || status().position >= through
  while (!isSettled()) await sleep(20)
}

t.test('every command at its edge is projected', async (t) => {
  let position = 1_000n
  const nextPosition = () => {
    position += 10n
    return positionOf(position)
  }
  const lives = edges.map((edge) => playExtremes(edge, nextPosition))
  const asked = lives.flatMap((life) => life.asked)
  for (const [type, schema] of Object.entries(commandSchemas)) {
    const met = new Set(asked.filter((command) => command.type === type).flatMap(({ data }) => pathsOf(data)))
    const missing = fieldsOf(schema.toJSONSchema({ io: 'input' })).filter(
      (field) => !met.has(field) && !isSource(field),
    )
    t.same(missing, [], `all fields of ${type} are met`)
  }
  for (const own of ['DeclineReceipt', 'EnterReceipt', 'ReleaseReceipt']) {
    t.ok(
      asked.some(({ type }) => type === own),
      `${own} is met`,
    )
  }

  const log = lives.flatMap(({ events }) => events)
  t.comment(`${log.length} events`)
  const { pool, store, start } = await setUp(t)
  const projector = await start()
  // Live, so that they go through the statements of batches; the rebuild after it copies.
  store.add(log.map(recorded))
  await settled(projector, log.at(-1)?.position ?? 0n)
  t.match(projector.status(), { state: 'live', poison: undefined })
  const { signal } = new AbortController()
  const built = await rebuild({ pool, store, projections: allProjections, signal, onProgress: () => undefined })
  const pairs = built.map((to) => ({ from: { ...to, generation: (to.generation ?? 2) - 1 }, to }))
  const { tables } = await diffGenerations({ pool, store, pairs, signal, intended: new Set<string>() })
  const differing = tables.filter(({ missing, added, changed }) => missing + added + changed > 0n)
  t.same(differing, [], 'both ways of writing write the same')

  const { rows } = await pool.query<{ company_id: string; name: string }>('select company_id, name from read.companies')
  const registered = log.flatMap((event) => (event.type === 'CompanyRegistered' ? [event.data] : []))
  const namesOf = (companies: readonly (readonly [string, string])[]) => Object.fromEntries(companies)
  t.same(
    namesOf(rows.map(({ company_id: companyId, name }) => [companyId, name])),
    namesOf(registered.map(({ companyId, name }) => [companyId, name])),
    'texts are as they came',
  )
})

/** The largest `bigint` of Postgres, to which 9,223 invoices of the largest amount add up. */
const BOUND = 2n ** 63n - 1n

t.test('one company adds up to more than a bigint holds, and nobody is halted', async (t) => {
  const { pool, db, store, start } = await setUp(t)
  const projector = await start()
  const total = moneyOf(MINOR_MAX, 'RON')
  const invoice = (number: number) =>
    invoiceRegistered({ invoiceId: `inv-${number}`, number: `${number}`, total, vatLines: [], cashAccounting: true })
  const opening = placed([companyRegistered(), clientRegistered(), invoice(1)])
  store.add(opening.map(recorded))
  await settled(projector, opening.at(-1)?.position ?? 0n)
  for (const projection of allProjections) {
    for (const table of projection.tables.filter(({ totals }) => totals)) {
      const sums = Object.keys(table.columns).filter((column) => column.endsWith('_minor'))
      const atBound = sums.map((sum) => `${sum} = ${BOUND} where ${sum} > 0`)
      for (const set of atBound) await pool.query(`update ${schemaOf(projection)}.${table.name} set ${set}`)
    }
  }
  const next = placed([invoice(2)], opening.length)
  store.add(next.map(recorded))
  await settled(projector, next.at(-1)?.position ?? 0n)
  t.match(projector.status(), { state: 'live', poison: undefined })
  const rows = await findTrialBalance(db, { companyId, asOf: '2026-12-01' })
  t.equal(rows.find(({ account }) => account === 'RECEIVABLE')?.debitMinor, BOUND + MINOR_MAX)
})
