import { cashHanded, contractSettlements } from '../cash-ceilings/tables.ts'
import { cashDeskDays, cashLines } from '../cash-desks/tables.ts'
import { collectionDays, salesDays, tradeEntries } from '../collections/tables.ts'
import type { Table } from '../core/fold/table.ts'
import { deferredVat } from '../journal/tables.ts'
import { vatDays, vatDocuments, vatMovements } from '../vat-on-collection/tables.ts'
import { OWED } from './journal-ties.ts'
import { defineTie, posted, type Tie } from './tie.ts'

export const tradeEntriesTie = defineTie({
  name: 'sales and collections',
  table: tradeEntries,
  from: 'held',
  place: ['client_id', 'document_id', 'position'],
  books: [
    {
      entry: `case when held.kind in ('INVOICED', 'REVERSED', 'REFUNDED') then held.amount_minor else -held.amount_minor end`,
      // A refund may leave in another currency than the credit: it is held against the money that left.
      journal: `case held.kind when 'REFUNDED' then -${posted(`'CASH', 'BANK', 'CARD_IN_TRANSIT'`)} else ${posted(OWED)} end`,
    },
  ],
})

const sumOf = (kinds: string): string => `sum(amount_minor) filter (where kind in (${kinds}))`

const collectionDaysTie = defineTie({
  name: 'days of collections',
  table: collectionDays,
  from: `held cross join lateral (
    select ${sumOf(`'COLLECTED'`)} as collected, ${sumOf(`'REVERSED'`)} as reversed, ${sumOf(`'REFUNDED'`)} as refunded
    from read.trade_entries where (company_id, effective_on, method, currency)
      = (held.company_id, held.effective_on, held.method, held.currency)
  ) entry`,
  place: ['effective_on', 'method'],
  books: [
    { days: 'held.collected_minor', entries: 'entry.collected' },
    { days: 'held.reversed_minor', entries: 'entry.reversed' },
    { days: 'held.refunded_minor', entries: 'entry.refunded' },
  ],
})

const salesDaysTie = defineTie({
  name: 'days of sales',
  table: salesDays,
  from: `held cross join lateral (
    select ${sumOf(`'INVOICED'`)} as invoiced, ${sumOf(`'CANCELLED', 'CREDITED'`)} as credited from read.trade_entries
    where (company_id, effective_on, currency) = (held.company_id, held.effective_on, held.currency)
  ) entry`,
  place: ['effective_on'],
  books: [
    { days: 'held.invoiced_minor', entries: 'entry.invoiced' },
    { days: 'held.credited_minor', entries: 'entry.credited' },
  ],
})

/** What a drawer was opened with no event tells the journal: the register's days know of it. */
export const cashLinesTie = defineTie({
  name: 'lines of cash registers',
  table: cashLines,
  from: `held left join read.cash_desk_days day on (day.company_id, day.desk_id, day.currency, day.effective_on)
    = (held.company_id, held.desk_id, held.currency, held.effective_on)`,
  place: ['desk_id', 'effective_on', 'position', 'line'],
  books: [
    {
      line: 'held.in_minor - held.out_minor',
      journal: `case held.kind when 'OPENING' then held.in_minor - held.out_minor else coalesce(${posted(`'CASH'`)}, 0) end`,
    },
    {
      openings: `case held.kind when 'OPENING' then (
        select sum(line.in_minor - line.out_minor) from read.cash_lines line where line.kind = 'OPENING'
          and (line.company_id, line.desk_id, line.currency, line.effective_on)
            = (held.company_id, held.desk_id, held.currency, held.effective_on)) end`,
      day: `case held.kind when 'OPENING' then day.opening_minor end`,
    },
  ],
})

export const cashDaysTie = defineTie({
  name: 'days of cash registers',
  table: cashDeskDays,
  from: `held cross join lateral (
    select sum(in_minor) filter (where kind = 'OPENING') as opened, sum(in_minor) filter (where kind <> 'OPENING') as came,
      sum(out_minor) as went
    from read.cash_lines where (company_id, desk_id, currency, effective_on)
      = (held.company_id, held.desk_id, held.currency, held.effective_on)
  ) line`,
  place: ['desk_id', 'effective_on'],
  books: [
    { opening: 'held.opening_minor', lines: 'line.opened' },
    { in: 'held.in_minor', lines: 'line.came' },
    { out: 'held.out_minor', lines: 'line.went' },
  ],
})

export const cashHandedTie = defineTie({
  name: 'cash by payer',
  table: cashHanded,
  from: 'held left join read.payments payment using (company_id, payment_id, client_id)',
  place: ['client_id', 'payment_id'],
  currency: 'payment.currency',
  books: [{ handed: 'held.amount_minor', payment: 'payment.amount_minor' }],
})

export const contractSettlementsTie = defineTie({
  name: 'settled instalment contracts',
  table: contractSettlements,
  from: `held left join read.payment_settlements settlement using (company_id, payment_id, client_id, position)
    left join read.payments payment using (company_id, payment_id, client_id)`,
  place: ['client_id', 'payment_id', 'position'],
  currency: 'payment.currency',
  books: [{ contract: 'held.amount_minor', settlement: 'settlement.amount_minor' }],
})

/** The journal knows the tax, not what it was taken of: that is held against the days of its rate. */
export const vatMovementsTie = defineTie({
  name: 'movements of VAT',
  table: vatMovements,
  from: `held
    cross join lateral (
      select sum(vat_minor) as vat, sum(deferred_minor) as deferred from read.vat_movements
      where (company_id, position, effective_on, currency) = (held.company_id, held.position, held.effective_on, held.currency)
    ) event
    cross join lateral (
      select sum(base_minor) as base from read.vat_movements
      where (company_id, effective_on, currency, rate) = (held.company_id, held.effective_on, held.currency, held.rate)
    ) moved
    left join read.vat_days day on (day.company_id, day.effective_on, day.currency, day.rate)
      = (held.company_id, held.effective_on, held.currency, held.rate)`,
  place: ['client_id', 'document_id', 'position', 'line'],
  books: [
    { vat: 'event.vat', journal: `-${posted(`'VAT_DUE'`)}` },
    { deferred: 'event.deferred', journal: `-${posted(`'VAT_DEFERRED'`)}` },
    { base: 'moved.base', day: 'day.base_minor' },
  ],
})

export const vatDaysTie = defineTie({
  name: 'days of VAT',
  table: vatDays,
  from: `held cross join lateral (
    select sum(base_minor) as base, sum(vat_minor) as vat, sum(deferred_minor) as deferred from read.vat_movements
    where (company_id, effective_on, currency, rate) = (held.company_id, held.effective_on, held.currency, held.rate)
  ) moved`,
  place: ['effective_on', 'rate'],
  books: [
    { days: 'held.base_minor', movements: 'moved.base' },
    { days: 'held.vat_minor', movements: 'moved.vat' },
    { days: 'held.deferred_minor', movements: 'moved.deferred' },
  ],
})

/** The fold's memory of a document is never shown; two read models keep it, each by itself. */
const vatMemory = (name: string, table: Table, other: Table): Tie =>
  defineTie({
    name,
    table,
    from: `held left join read.${other.name} other using (${table.key.join(', ')})`,
    place: table.key.filter((column) => column !== 'company_id'),
    currency: `held.state ->> 'currency'`,
    books: [{ disagreements: `case when held.state::jsonb = other.state::jsonb then 0 else 1 end`, none: '0' }],
  })

export const reportTies = [
  tradeEntriesTie,
  collectionDaysTie,
  salesDaysTie,
  cashLinesTie,
  cashDaysTie,
  cashHandedTie,
  contractSettlementsTie,
  vatMovementsTie,
  vatDaysTie,
  vatMemory('documents of VAT', vatDocuments.documents, deferredVat.documents),
  vatMemory('documents of VAT in the journal', deferredVat.documents, vatDocuments.documents),
  vatMemory('instruments of VAT', vatDocuments.instruments, deferredVat.instruments),
  vatMemory('instruments of VAT in the journal', deferredVat.instruments, vatDocuments.instruments),
]
