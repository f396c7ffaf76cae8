/** Random histories tie out: four sums from tables of their own, of every client and currency, at several pairs of clocks. */
import { deepStrictEqual } from 'node:assert'
import { addDays, BEFORE_THE_LOG, type LedgerEvent } from '@registru/domain'
import fc from 'fast-check'
import t from 'tap'
import { clientStatements } from '../client-statements/projection.ts'
import { statementDays, statementLines, statementMonths } from '../client-statements/tables.ts'
import { createMemoryWriter, type MemoryWriter } from '../core/fold/memory-writer.ts'
import { STILL_KNOWN } from '../core/reading/clocks.ts'
import { journal } from '../journal/projection.ts'
import { accountDays, clientAccounts, postings } from '../journal/tables.ts'
import { receivablesAging } from '../receivables-aging/projection.ts'
import { openDays, openDues, openSpans } from '../receivables-aging/tables.ts'
import { playHistory, stepsArbitrary } from './histories.ts'
import { effectiveOn, naiveItems } from './naive-fold.ts'
import { holds } from './random.ts'

/** Amounts by company, client and currency; what is zero is not there. */
type Sums = Readonly<Record<string, bigint>>

const sumsOf = <Row>(
  rows: readonly Row[],
  keyOf: (row: Row) => readonly string[],
  minorOf: (row: Row) => bigint,
): Sums => {
  const sums = new Map<string, bigint>()
  for (const row of rows) {
    const key = keyOf(row).join(' ')
    sums.set(key, (sums.get(key) ?? 0n) + minorOf(row))
  }
  return Object.fromEntries([...sums].filter(([, minor]) => minor !== 0n).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

interface Owner {
  readonly company_id: string
  readonly client_id: string
  readonly currency: string
}
const byClient = (row: Owner): readonly string[] => [row.company_id, row.client_id, row.currency]
const byCompany = (row: Omit<Owner, 'client_id'>): readonly string[] => [row.company_id, row.currency]

const isReceivable = ({ account }: { readonly account: string }): boolean =>
  account === 'RECEIVABLE' || account === 'CLIENT_CREDIT'

interface Clocks {
  readonly asOf: string
  readonly knownAt: bigint
}

/** At any pair of clocks: open items less credit (which the aging cuts by days), the statement's closing, the journal. */
const tiesAt = ({ rows }: MemoryWriter, events: readonly LedgerEvent[], { asOf, knownAt }: Clocks): void => {
  const open = rows
    .list(openSpans)
    .filter((span) => span.known_from <= knownAt && knownAt < span.known_to)
    .filter((span) => span.eff_from <= asOf && asOf < span.eff_to)
  const net = sumsOf(open, byClient, ({ item_kind, amount_minor }) =>
    item_kind === 'INVOICE' ? amount_minor : -amount_minor,
  )
  const companies = new Set(events.map(({ metadata }) => metadata.companyId))
  const naive = [...companies].flatMap((companyId) =>
    naiveItems(events, { companyId, asOf, knownAt }).map((item) => ({ ...item, companyId })),
  )
  const naiveNet = sumsOf(
    naive,
    (item) => [item.companyId, item.clientId, item.currency],
    (item) => (item.kind === 'INVOICE' ? item.open : -item.open),
  )
  deepStrictEqual(net, naiveNet, 'open items less credit = the naive fold')
  const lines = rows.list(statementLines).filter((line) => line.effective_on <= asOf && line.position <= knownAt)
  const closings = sumsOf(lines, byClient, (line) => line.debit_minor - line.credit_minor)
  deepStrictEqual(closings, net, 'statement closing = open items less credit')
  const posted = rows.list(postings).filter((line) => line.effective_on <= asOf && line.position <= knownAt)
  const receivable = sumsOf(posted.filter(isReceivable), byClient, ({ amount_minor }) => amount_minor)
  deepStrictEqual(receivable, net, 'journal = open items less credit')
}

/** The tables of sums, when everything is known and every day has come. */
const totalsTie = ({ rows }: MemoryWriter): void => {
  const living = rows.list(openSpans).filter((span) => span.known_to === STILL_KNOWN && span.eff_to === 'infinity')
  const signed = ({ item_kind, amount_minor }: { readonly item_kind: string; readonly amount_minor: bigint }) =>
    item_kind === 'INVOICE' ? amount_minor : -amount_minor
  const net = sumsOf(living, byClient, signed)
  const whole = sumsOf(living, byCompany, signed)
  const moved = (row: { readonly debit_minor: bigint; readonly credit_minor: bigint }) =>
    row.debit_minor - row.credit_minor
  deepStrictEqual(sumsOf(rows.list(statementMonths), byClient, moved), net, 'months')
  const accounts = sumsOf(rows.list(clientAccounts), byClient, (row) => row.receivable_minor + row.client_credit_minor)
  deepStrictEqual(accounts, net, 'client accounts')
  deepStrictEqual(sumsOf(rows.list(openDues), byCompany, signed), whole, 'aging of the company by due days')
  deepStrictEqual(sumsOf(rows.list(openDays), byCompany, signed), whole, 'what is open of the company by days')
  deepStrictEqual(sumsOf(rows.list(statementDays), byCompany, moved), whole, 'days of the statement')
  deepStrictEqual(sumsOf(rows.list(accountDays).filter(isReceivable), byCompany, moved), whole, 'days of the journal')
}

const pair = fc.record({
  day: fc.nat({ max: 10_000 }),
  shift: fc.integer({ min: -1, max: 1 }),
  known: fc.nat({ max: 10_000 }),
})

t.test('random histories tie out', (t) =>
  holds(
    t,
    fc.asyncProperty(stepsArbitrary(60), fc.array(pair, { minLength: 2, maxLength: 2 }), async (steps, pairs) => {
      const events = playHistory(steps)
      const writer = createMemoryWriter([receivablesAging, clientStatements, journal])
      const position = events.at(-1)?.position ?? BEFORE_THE_LOG
      await writer.apply(events, { position, storeId: 'test' })
      const days = events.flatMap((event) => effectiveOn(event) ?? [])
      for (const { day, shift, known } of pairs) {
        const asOf = addDays(days[day % days.length] ?? '2026-09-01', shift)
        tiesAt(writer, events, { asOf, knownAt: events[known % events.length]?.position ?? position })
      }
      tiesAt(writer, events, { asOf: '2199-12-31', knownAt: position })
      totalsTie(writer)
    }),
    100,
  ),
)
