import type { Table } from '../core/fold/table.ts'

/** SQL of amounts in minor units, by the book that they stand in: all of them have to be equal. */
type Books = Readonly<Record<string, string>>

/** What holds the amounts of a table against other tables, which other code has written from the same events. */
export interface Tie {
  readonly name: string
  readonly table: Table
  /** The columns by which a check goes through the table, slice by slice. */
  readonly order: readonly string[]
  /** Selects what differs among the rows `held`: company_id, currency, place and amounts, the last two as JSON objects of texts. */
  readonly sql: string
}

interface TieDefinition {
  readonly name: string
  readonly table: Table
  /** The key of the table when absent. */
  readonly order?: readonly string[]
  /** What follows `from`: `held`, or what its rows lead to under this name, and the other side. */
  readonly from: string
  /** Columns of `held` that say where the difference is. */
  readonly place: readonly string[]
  readonly currency?: string
  readonly books: readonly Books[]
}

const nameOf = (column: string): string => column.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase())

const textObject = (entries: readonly (readonly [name: string, expression: string])[]): string =>
  `jsonb_build_object(${entries.map(([name, expression]) => `'${name}', (${expression})::text`).join(', ')})`

/** Of a book that says nothing the amount is zero. */
const minor = (expression: string): string => `coalesce(${expression}, 0)::numeric`

const differ = (books: Books): string => {
  const [first = '0', ...others] = Object.values(books)
  return others.map((other) => `${minor(first)} <> ${minor(other)}`).join(' or ')
}

export const defineTie = (definition: TieDefinition): Tie => {
  const { name, table, order = table.key, from, place, currency = 'held.currency', books } = definition
  const amounts = books.map((of) => {
    const entries = Object.entries(of).map(([book, expression]) => [book, minor(expression)] as const)
    return `when ${differ(of)} then ${textObject(entries)}`
  })
  const sql = `select held.company_id, ${currency} as currency,
      ${textObject(place.map((column) => [nameOf(column), `held.${column}`]))} as place, case ${amounts.join(' ')} end as amounts
    from ${from}
    where ${books.map((of) => `(${differ(of)})`).join(' or ')}`
  return { name, table, order, sql }
}

/** What the journal posted at an event, in one currency: its rows lie together, by client, day and position. */
export const posted = (
  accounts: string,
  {
    at = 'held',
    on = `${at}.effective_on`,
    currency = `${at}.currency`,
  }: Readonly<Partial<Record<'at' | 'on' | 'currency', string>>> = {},
): string => `(
  select sum(posting.amount_minor) from read.postings posting
  where (posting.company_id, posting.client_id, posting.effective_on, posting.position)
      = (${at}.company_id, ${at}.client_id, ${on}, ${at}.position)
    and posting.currency = ${currency} and posting.account in (${accounts}))`
