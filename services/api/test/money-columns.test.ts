/**
 * Every amount in every table of every read model, changed by one unit by hand: no answer shows it, and the check of the
 * books names it. Tables, columns and questions are taken from the definitions, so that what is added later is held to it too.
 */
import { allProjections, allTies, checkSlice, type ReadHandle, schemaOf, type Tie } from '@registru/projections'
import { createDatabase } from '@registru/runtime'
import type { LightMyRequestResponse } from 'fastify'
import t from 'tap'
import { createApi, startStores } from './api.ts'
import { type Cell, cellsOf, changing, dueCellsOf } from './money-cells.ts'
import { project } from './projected.ts'
import { linksIn, type Places, questionsOf } from './questions.ts'
import { recordRichHistory } from './rich-history.ts'

t.setTimeout(280_000)

const { store, pool } = await startStores(t)
const api = await createApi(store, pool)
await recordRichHistory(api)
await project({ store, pool })

const placesIn = async (): Promise<readonly Places[]> => {
  const { rows } = await pool.query<{ place: Places }>(`
    select jsonb_build_object('companyId', 'amc') as place
    union all select jsonb_build_object('clientId', client_id) from read.clients
    union all select jsonb_build_object('invoiceId', invoice_id) from read.invoice_balances
    union all select jsonb_build_object('paymentId', payment_id) from read.payments
    union all select jsonb_build_object('series', series, 'number', number) from read.receipts
    union all select distinct jsonb_build_object('deskId', desk_id) from read.cash_lines
    union all select distinct jsonb_build_object('deskId', desk_id, 'day', effective_on, 'currency', currency)
      from read.cash_lines`)
  return rows.map(({ place }) => place)
}

const positions = await pool.query<{ position: bigint }>('select position from read.event_index order by position')
const middle = positions.rows[Math.floor(positions.rows.length / 2)]?.position ?? 0n
const CLOCKS = ['asOf=2026-11-08', `asOf=2026-12-31&knownAt=${middle}`]

interface Asked {
  readonly path: string
  readonly answer: string
  /** The views that it was read from. */
  readonly read: ReadonlySet<string>
}

let reading = new Set<string>()
pool.on('connect', (client) => {
  const query = client.query.bind(client)
  Object.assign(client, {
    query: (...parameters: Parameters<typeof query>) => {
      const [asked] = parameters as readonly unknown[]
      const text = typeof asked === 'string' ? asked : JSON.stringify(asked)
      for (const [, view = ''] of text.matchAll(/read\W{1,5}(\w+)/g)) reading.add(view)
      return query(...parameters)
    },
  })
})

/** A refusal names its request; that it is one says enough. */
const textOf = ({ statusCode, rawPayload }: LightMyRequestResponse): string =>
  statusCode === 200 ? rawPayload.toString('base64') : `${statusCode}`

const ask = async (path: string): Promise<Asked> => {
  reading = new Set()
  return { path, answer: textOf(await api.get(path)), read: reading }
}

const bodyOf = (answer: string): unknown => {
  try {
    return JSON.parse(Buffer.from(answer, 'base64').toString())
  } catch {
    return undefined
  }
}

/** More of one figure ask for other rows in the same words. */
const QUESTIONS_A_FIGURE_MAX = process.env['LONG'] === undefined ? 2 : 12

/** Every question of the routes, and of the links in their answers: the same figures at other clocks are the same rows. */
const askAll = async (): Promise<readonly Asked[]> => {
  const asked = new Map<string, Asked>()
  const figures = new Map<string, number>()
  const isOneMore = (link: string): boolean => {
    const figure = /figure=\w+|journal\/accounts/.exec(link)?.[0] ?? link
    const count = (figures.get(figure) ?? 0) + 1
    figures.set(figure, count)
    return count <= QUESTIONS_A_FIGURE_MAX
  }
  const open = [...(await questionsOf(api, await placesIn(), CLOCKS))]
  for (let path = open.shift(); path !== undefined; path = open.shift()) {
    if (asked.has(path)) continue
    const answer = await ask(path)
    asked.set(path, answer)
    if (CLOCKS.some((clock) => path.endsWith(clock))) continue
    const links = linksIn(bodyOf(answer.answer), 'amc').filter((link) => !asked.has(link) && !open.includes(link))
    open.push(...links.filter(isOneMore))
  }
  return [...asked.values()]
}

const questions = await askAll()
t.comment(`${questions.length} questions`)
t.same(
  questions.filter(({ answer }) => /^5\d\d$/.test(answer)).map(({ path }) => path),
  [],
  'nothing differs before anything is changed',
)

/** As many as the API has connections, so that nobody waits for one. */
const AT_ONCE = 4

/** @returns the questions whose answer shows what was changed */
const shownBy = async (cell: Cell): Promise<readonly string[]> => {
  const told = questions.filter(({ read }) => read.has(cell.table.name))
  const after: LightMyRequestResponse[] = []
  for (let at = 0; at < told.length; at += AT_ONCE) {
    after.push(...(await Promise.all(told.slice(at, at + AT_ONCE).map(({ path }) => api.get(path)))))
  }
  return told.flatMap(({ path, answer }, index) => {
    const response = after[index]
    if (response === undefined) return [path]
    const isWithheld = response.statusCode === 500 && response.body.includes('"TIE_OUT_FAILED"')
    return isWithheld || textOf(response) === answer ? [] : [`${response.statusCode} ${path}`]
  })
}

const db: ReadHandle = createDatabase<unknown>(pool)
const ROWS_MAX = 10_000

const namedBy = async (ties: readonly Tie[]): Promise<readonly string[]> => {
  const named: string[] = []
  for (const tie of ties) {
    const { differences } = await checkSlice(db, tie, { after: undefined, rowsMax: ROWS_MAX })
    if (differences.length > 0) named.push(tie.name)
  }
  return named
}

t.test('nothing differs before anything is changed', async (t) => {
  t.same(await namedBy(allTies), [])
})

t.test('a day on which money is due, changed by hand', async (t) => {
  /** Of the spans no answer shows a single one; a report of ages adds them up, and only the check of the books looks. */
  const unseen = new Set(['open_spans'])
  let count = 0
  for (const projection of allProjections) {
    for (const table of projection.tables.filter(({ name }) => name === 'invoice_balances' || unseen.has(name))) {
      for (const cell of await dueCellsOf(pool, projection, table)) {
        const { shown, named } = await changing(pool, cell, async () => ({
          shown: unseen.has(table.name) ? [] : await shownBy(cell),
          named: await namedBy(allTies.filter((tie) => tie.table === table)),
        }))
        t.same(shown, [], `${cell.name}: not shown`)
        t.ok(named.length > 0, `${cell.name}: named`)
        count += 1
      }
    }
  }
  t.ok(count >= 3, `${count} days`)
})

for (const projection of allProjections) {
  t.test(schemaOf(projection), async (t) => {
    for (const table of projection.tables) {
      const ties = allTies.filter((tie) => tie.table === table)
      for (const cell of await cellsOf(pool, projection, table)) {
        const { shown, named } = await changing(pool, cell, async () => ({
          shown: await shownBy(cell),
          named: await namedBy(ties),
        }))
        t.same(shown, [], `${cell.name}: not shown`)
        t.ok(named.length > 0, `${cell.name}: named`)
      }
    }
  })
}
