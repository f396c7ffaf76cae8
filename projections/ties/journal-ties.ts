import { statementDays, statementLines, statementMonths } from '../client-statements/tables.ts'
import { STRETCH_POSITIONS } from '../core/reading/clocks.ts'
import { accountDays, clientAccounts, postings } from '../journal/tables.ts'
import { defineTie, posted } from './tie.ts'

/** The stretches that the rows lie in, as one range of positions, which an index of positions answers. */
export const inHeldStretches = (position: string): string => `
  ${position} >= (select min(stretch) * ${STRETCH_POSITIONS} from held)
  and ${position} < (select (max(stretch) + 1) * ${STRETCH_POSITIONS} from held)`

/** What the debtor owes as a whole. */
export const OWED = `'RECEIVABLE', 'CLIENT_CREDIT'`

/** Double entry: what one event posts adds up to nothing. Credit that goes to another client leaves the one's side and comes to the other's. */
export const entriesBalance = defineTie({
  name: 'entries balance',
  table: postings,
  from: `(
    select company_id, client_id, position, currency, max(payment_id) as payment_id, max(invoice_id) as invoice_id,
      sum(amount_minor) filter (where amount_minor > 0) as debits, -sum(amount_minor) filter (where amount_minor < 0) as credits
    from read.postings
    join (select distinct company_id, client_id, effective_on, position from held) event
      using (company_id, client_id, effective_on, position)
    group by company_id, client_id, position, currency
  ) held left join read.payment_transfers moved using (company_id, client_id, position, payment_id)
    cross join lateral (
      select sum(case when settlement.position = invoice.position then invoice.total_minor else 0 end
        - settlement.amount_minor) as amount_minor
      from (
        select company_id, invoice_id, client_id, position, sum(amount_minor) as amount_minor
        from read.invoice_settlements where company_id = held.company_id and client_id = held.client_id
          and position = held.position and invoice_id = held.invoice_id and kind <> 'RECOVERED'
        group by 1, 2, 3, 4 having bool_or(kind in ('BEFORE', 'MOVED'))
      ) settlement join read.invoice_balances invoice using (company_id, invoice_id, client_id)
    ) merged`,
  place: ['client_id', 'position'],
  books: [
    {
      debits: 'held.debits',
      credits: 'coalesce(held.credits, 0) + coalesce(moved.amount_minor, 0) + coalesce(merged.amount_minor, 0)',
    },
  ],
})

const accountDaysTie = defineTie({
  name: 'turnovers of days',
  table: accountDays,
  order: ['stretch', ...accountDays.key.filter((column) => column !== 'stretch')],
  from: `held left join (
    select company_id, account, currency, effective_on, position / ${STRETCH_POSITIONS} as stretch,
      sum(amount_minor) filter (where amount_minor > 0) as debits, -sum(amount_minor) filter (where amount_minor < 0) as credits
    from read.postings where ${inHeldStretches('position')}
    group by 1, 2, 3, 4, 5
  ) posting using (company_id, account, currency, effective_on, stretch)`,
  place: ['account', 'effective_on'],
  books: [
    { accountDays: 'held.debit_minor', postings: 'posting.debits' },
    { accountDays: 'held.credit_minor', postings: 'posting.credits' },
  ],
})

const clientAccountsTie = defineTie({
  name: 'accounts of clients',
  table: clientAccounts,
  from: `held cross join lateral (
    select sum(amount_minor) filter (where account = 'RECEIVABLE') as receivable,
      sum(amount_minor) filter (where account = 'CLIENT_CREDIT') as credit
    from read.postings
    where company_id = held.company_id and client_id = held.client_id and currency = held.currency
  ) posting`,
  place: ['client_id'],
  books: [
    { clientAccounts: 'held.receivable_minor', postings: 'posting.receivable' },
    { clientAccounts: 'held.client_credit_minor', postings: 'posting.credit' },
  ],
})

export const statementLinesTie = defineTie({
  name: 'statement lines',
  table: statementLines,
  from: 'held',
  place: ['client_id', 'position'],
  books: [{ statement: 'held.debit_minor - held.credit_minor', journal: posted(OWED) }],
})

const statementMonthsTie = defineTie({
  name: 'months of statements',
  table: statementMonths,
  from: `held cross join lateral (
    select sum(debit_minor) as debits, sum(credit_minor) as credits from read.statement_lines
    where company_id = held.company_id and client_id = held.client_id and currency = held.currency
      and effective_on >= held.month_on and effective_on < held.month_on + interval '1 month'
  ) line`,
  place: ['client_id', 'month_on'],
  books: [
    { months: 'held.debit_minor', lines: 'line.debits' },
    { months: 'held.credit_minor', lines: 'line.credits' },
  ],
})

const statementDaysTie = defineTie({
  name: 'days of statements',
  table: statementDays,
  order: ['stretch', ...statementDays.key.filter((column) => column !== 'stretch')],
  from: `held left join (
    select company_id, currency, effective_on, position / ${STRETCH_POSITIONS} as stretch,
      sum(debit_minor) as debits, sum(credit_minor) as credits
    from read.statement_lines where ${inHeldStretches('position')}
    group by 1, 2, 3, 4
  ) line using (company_id, currency, effective_on, stretch)`,
  place: ['effective_on'],
  books: [
    { days: 'held.debit_minor', lines: 'line.debits' },
    { days: 'held.credit_minor', lines: 'line.credits' },
  ],
})

export const journalTies = [
  entriesBalance,
  accountDaysTie,
  clientAccountsTie,
  statementLinesTie,
  statementMonthsTie,
  statementDaysTie,
]
