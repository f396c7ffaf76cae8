/** The highest number of each receipt book that anybody besides the book tells of. */
import { randomUUID } from 'node:crypto'
import t from 'tap'
import { createHighestNumbers } from '../src/ledger/restore-guard.ts'

const series = randomUUID()
const isOpen = () => Promise.resolve(true)

t.test('are asked for once a book', async (t) => {
  let asked = 0
  const numbers = createHighestNumbers({ ask: () => Promise.resolve((asked += 1)), isOpen })
  for (let times = 0; times < 5; times += 1) t.equal(await numbers.of('amc', series), 1)
  numbers.saw('amc', series, 7)
  numbers.saw('amc', series, 3)
  t.equal(await numbers.of('amc', series), 7)
  t.equal(await numbers.of('amc', 'another'), 2)
})

t.test('are asked for of books alone, but of each that is to be opened', async (t) => {
  const asked: string[] = []
  const ask = (_companyId: string, book: string) => {
    asked.push(book)
    return Promise.resolve(5)
  }
  const numbers = createHighestNumbers({ ask, isOpen: (_companyId, book) => Promise.resolve(book === 'real') })
  t.equal(await numbers.of('amc', 'made-up'), undefined)
  t.equal(await numbers.of('amc', 'real'), 5)
  t.equal(await numbers.ofLost('amc', 'lost'), 5)
  t.same(asked, ['real', 'lost'])
})

t.test('are kept of the books last used', async (t) => {
  const asked: string[] = []
  const ask = (_companyId: string, book: string) => {
    asked.push(book)
    return Promise.resolve(5)
  }
  const numbers = createHighestNumbers({ ask, isOpen, booksMax: 2 })
  for (const book of ['a', 'b', 'a', 'c', 'a', 'b']) await numbers.of('amc', book)
  t.same(asked, ['a', 'b', 'c', 'b'])
})

t.test('hold nobody up when Postgres is away', async (t) => {
  // Who waits for no longer than is said keeps no process running for it.
  const awake = setInterval(() => undefined, 1_000)
  t.teardown(() => clearInterval(awake))
  const silent = createHighestNumbers({ ask: () => new Promise(() => undefined), isOpen })
  silent.saw('amc', series, 4)
  const startedAt = performance.now()
  t.equal(await silent.of('amc', series), 4)
  t.ok(performance.now() - startedAt < 3_000)
  const away = createHighestNumbers({ ask: () => Promise.reject(new Error('away')), isOpen })
  t.equal(await away.of('amc', series), undefined)
})
