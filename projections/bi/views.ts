import { NO_CLIENT } from '../core/books/no-client.ts'
import { unmetDueSql } from '../core/books/unmet-due.ts'

/**
 * `bi_v1`: what BI tools see. A contract: columns are added, never dropped, and a number may get room for more digits;
 * any other change becomes `bi_v2` beside it. Written over the stable read views, so it follows a projection that is switched to another version.
 */
export const BI_SCHEMA = 'bi_v1'
/** Who may see what; nobody but the owner reads or writes here. */
export const BI_ACCESS_SCHEMA = 'bi_access'

export interface BiColumn {
  readonly name: string
  readonly sql: string
  readonly comment: string
}

export interface BiView {
  readonly name: string
  readonly comment: string
  readonly columns: readonly BiColumn[]
  /** From and where, the filter by company included. */
  readonly from: string
}

const column = (name: string, sql: string, comment: string): BiColumn => ({ name, sql, comment })

/** ISO 4217: currencies whose minor unit is not a hundredth. */
export const DIGITS_OF_CURRENCIES: Readonly<Record<number, readonly string[]>> = {
  0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'.split(' '),
  3: 'BHD IQD JOD KWD LYD OMR TND'.split(' '),
  4: 'CLF UYW'.split(' '),
}

const listed = (digits: number): string => (DIGITS_OF_CURRENCIES[digits] ?? []).map((code) => `'${code}'`).join(', ')

/** A document's amount is bounded; what many of them add up to only by what BI tools take for a number (decision 0022). */
const AMOUNT = { decimal: 'numeric(18,2)', minor: 'bigint' }
const SUM = { decimal: 'numeric(38,2)', minor: 'numeric(38,0)' }

/** An amount twice: as decimals for most currencies, and exact for every currency. */
const amount = (
  name: string,
  minor: string,
  currency: string,
  comment: string,
  types: typeof AMOUNT = AMOUNT,
): readonly BiColumn[] => {
  const decimal = `case when ${currency} in (${listed(3)}, ${listed(4)}) then null
    when ${currency} in (${listed(0)}) then ${minor} else ${minor} * 0.01 end`
  return [
    column(name, `(${decimal})::${types.decimal}`, `${comment}. Empty in a currency of more than two decimals.`),
    column(
      `${name}_minor`,
      `(${minor})::${types.minor}`,
      `${comment}, in minor units (bani, cents); exact in every currency.`,
    ),
  ]
}

const currencyColumns = (sql: string): readonly BiColumn[] => [
  column('currency', sql, 'ISO 4217 code. Amounts of different currencies must not be added.'),
  column(
    'currency_digits',
    `(case when ${sql} in (${listed(0)}) then 0 when ${sql} in (${listed(3)}) then 3 when ${sql} in (${listed(4)}) then 4
      else 2 end)::smallint`,
    'Decimals of the currency: a minor unit is one part in ten to this power.',
  ),
]

const company = (alias: string): BiColumn => column('company_id', `${alias}.company_id`, 'The issuer; see dim_company.')
const client = (alias: string): BiColumn => column('client_id', `${alias}.client_id`, 'The debtor; see dim_client.')
const clientOrNobody = (alias: string): BiColumn =>
  column(
    'client_id',
    `nullif(${alias}.client_id, '${NO_CLIENT}')`,
    'The debtor; see dim_client. Empty: nobody knows yet whose the money is.',
  )

/**
 * One array for the whole query, so that indexes on the company still serve. `session_user` is the login: no `set` of a
 * session changes it, as it would a setting or `current_user`.
 */
const ofMine = (alias: string): string =>
  `${alias}.company_id = any (array(select company_id from ${BI_ACCESS_SCHEMA}.my_companies))`

/** @see projections/journal/accounts.ts: a test holds the numbers against it */
export const BI_ACCOUNTS: readonly (readonly [account: string, number: string, name: string])[] = [
  ['RECEIVABLE', '4111', 'Clienți'],
  ['CLIENT_CREDIT', '419', 'Clienți - creditori'],
  ['ADVANCE_INVOICED', '419', 'Avansuri facturate'],
  ['REVENUE', '707', 'Venituri'],
  ['VAT_DUE', '4427', 'TVA colectată'],
  ['VAT_DEFERRED', '4428', 'TVA neexigibilă'],
  ['CASH', '5311', 'Casa'],
  ['BANK', '5121', 'Conturi la bănci'],
  ['CARD_IN_TRANSIT', '5125', 'Sume în curs de decontare'],
  ['COURIER', '461', 'Debitori diverși (curieri)'],
  ['CHEQUE', '5112', 'Cecuri de încasat'],
  ['PROMISSORY_NOTE', '413', 'Efecte de primit'],
  ['SET_OFF', '401', 'Furnizori (compensări)'],
  ['SUSPENSE', '473', 'Decontări din operații în curs de clarificare'],
  ['SETTLEMENT_DISCOUNT', '667', 'Sconturi acordate'],
  ['COMMERCIAL_DISCOUNT', '709', 'Reduceri comerciale acordate'],
  ['WRITE_OFF', '654', 'Pierderi din creanțe'],
  ['SMALL_DIFFERENCE', '6588', 'Alte cheltuieli de exploatare (diferențe mici)'],
  ['RECOVERY', '754', 'Venituri din creanțe reactivate'],
  ['FEE', '627', 'Comisioane'],
  ['RELEASED_CREDIT', '758', 'Alte venituri din exploatare'],
  ['TIPS', '462', 'Creditori diverși (bacșiș)'],
  ['RETURNED_MONEY', '473', 'Sume restituite în curs de clarificare'],
  ['PENALTIES', '7581', 'Venituri din despăgubiri, amenzi și penalități'],
  ['OTHER_INCOME', '7588', 'Alte venituri din exploatare'],
  ['FX_GAIN', '765', 'Venituri din diferențe de curs valutar'],
  ['FX_LOSS', '665', 'Cheltuieli cu diferențe de curs valutar'],
  ['CURRENCY_POSITION', '4111.P', 'Poziție valutară'],
]

const METHODS: readonly (readonly [method: string, name: string, isCash: boolean, arrivesLater: boolean])[] = [
  ['CASH', 'Numerar', true, false],
  ['CARD_POS', 'Card la POS', false, true],
  ['CARD_ONLINE', 'Card online', false, true],
  ['ONLINE_SERVICE', 'Serviciu de plată online', false, true],
  ['BANK_TRANSFER', 'Transfer bancar', false, false],
  ['COURIER_COD', 'Ramburs prin curier', false, true],
  ['PROMISSORY_NOTE', 'Bilet la ordin', false, true],
  ['CHEQUE', 'Cec', false, true],
  ['SET_OFF', 'Compensare', false, false],
  ['OTHER_AGREED', 'Altă modalitate convenită', false, false],
  ['CREDIT_NOTE', 'Factură storno', false, false],
  ['TRANSFER', 'Credit preluat de la alt client', false, false],
]

/** The day where the books are kept, whatever time zone a tool sets for its session. */
const TODAY = `(now() at time zone 'Europe/Bucharest')::date`

const text = (value: string): string => `'${value.replaceAll("'", "''")}'`
const values = (rows: readonly (readonly (string | boolean)[])[]): string =>
  rows.map((row) => `(${row.map((cell) => (typeof cell === 'string' ? text(cell) : `${cell}`)).join(', ')})`).join(', ')

export const biViews: readonly BiView[] = [
  {
    name: 'fact_invoices',
    comment: 'One row an invoice: what it was for, what was settled on it, what is open today.',
    columns: [
      company('i'),
      client('i'),
      column('invoice_id', 'i.invoice_id', "The invoice's id; unique within its client."),
      column(
        'kind',
        'i.kind',
        'INVOICE, ADVANCE for an advance invoice, or of a claim without an invoice RETURNED_MONEY, FEE, INTEREST or OTHER.',
      ),
      column('series', 'i.series', 'Series, if it has one.'),
      column('number', 'i.number', 'Number as printed.'),
      column('issued_on', 'i.issued_on', 'Day of issue; see dim_day.'),
      column('due_on', 'i.due_on', "Last day to pay without being late; of instalments, the last one's."),
      column(
        'status',
        'i.status',
        'UNPAID, PARTIALLY_PAID, PAID, CREDITED, WRITTEN_OFF, CANCELLED, or MOVED to another client with which it was merged.',
      ),
      column('cancelled_on', 'i.cancelled_on', 'Day of cancellation; empty while it stands.'),
      ...currencyColumns('i.currency'),
      ...amount('total', 'i.total_minor', 'i.currency', 'Total with VAT'),
      ...amount('allocated', 'i.allocated_minor', 'i.currency', 'Settled by payments and by credit notes on account'),
      ...amount('credited', 'i.credited_minor', 'i.currency', 'Lowered by credit notes for this invoice'),
      ...amount('discounted', 'i.discounted_minor', 'i.currency', 'Lowered by discounts'),
      ...amount('written_off', 'i.written_off_minor', 'i.currency', 'Written off'),
      ...amount('small_difference', 'i.small_difference_minor', 'i.currency', 'Of that: rests too small to be a debt'),
      ...amount('recovered', 'i.recovered_minor', 'i.currency', 'Of what was written off: paid after all'),
      ...amount('before', 'i.before_minor', 'i.currency', 'Settled before a merge brought it to this client'),
      ...amount('moved', 'i.moved_minor', 'i.currency', 'What another client has by a merge'),
      ...amount('open', 'i.open_minor', 'i.currency', 'Still asked for; zero when cancelled'),
      column(
        'overdue_days',
        `case when i.open_minor > 0 then greatest(${TODAY} - ${unmetDueSql('i')}, 0) else 0 end`,
        'Days since the earliest due day that is not met, instalments by their own, today in Romania; zero when nothing is late.',
      ),
    ],
    from: `read.invoice_balances i where ${ofMine('i')}`,
  },
  {
    name: 'fact_allocations',
    comment: 'One row an allocation or its undoing: history, never changed. An undone one is negative, on its own day.',
    columns: [
      company('s'),
      client('s'),
      column('payment_id', 's.payment_id', 'The payment, or the credit note on account; see fact_payments.'),
      column('invoice_id', 's.invoice_id', 'The invoice; see fact_invoices.'),
      column('effective_on', 's.effective_on', 'Business day on which it counts; see dim_day.'),
      column('undone_because', 's.undone_because', 'Why it was undone; empty for an allocation.'),
      ...currencyColumns('i.currency'),
      ...amount('amount', 's.amount_minor', 'i.currency', 'What settles the invoice; negative when undone'),
      column('position', 's.position', 'Place of the event in the log.'),
      column('event_id', 's.event_id', 'The event that says so.'),
    ],
    from: `read.invoice_settlements s join read.invoice_balances i using (company_id, invoice_id, client_id) where s.kind = 'ALLOCATED' and ${ofMine('s')}`,
  },
  {
    name: 'fact_payments',
    comment: 'One row a payment, or a credit note on account: what came in, what it settles, what is still credit.',
    columns: [
      company('p'),
      client('p'),
      column('payment_id', 'p.payment_id', "The payment's id; unique within its client."),
      column('method', 'p.method', 'How the money came; see dim_method.'),
      column('received_on', 'p.received_on', 'Business day on which it arrived; see dim_day.'),
      column(
        'cleared_on',
        'p.cleared_on',
        'Day on which money on its way reached the bank, of parts that of the one recorded last; empty until then.',
      ),
      column(
        'reversed_on',
        'p.reversed_on',
        'Day on which it, or the last part of it that did, bounced or was undone; empty while it stands.',
      ),
      column('reversal_reason', 'p.reversal_reason', 'MISTAKE, BOUNCED or CHARGED_BACK; empty while it stands.'),
      column('desk_id', 'p.desk_id', 'Cash desk, of cash.'),
      column('allocation_rule', 'p.allocation_rule', 'Rule that spread it over invoices, with its version.'),
      ...currencyColumns('p.currency'),
      ...amount('amount', 'p.amount_minor', 'p.currency', 'What was received'),
      ...amount('allocated', 'p.allocated_minor', 'p.currency', 'What settles invoices'),
      ...amount('refunded', 'p.refunded_minor', 'p.currency', 'What was given back'),
      ...amount('transferred', 'p.transferred_minor', 'p.currency', "What went to other clients' accounts"),
      ...amount('released', 'p.released_minor', 'p.currency', "What of the credit is the client's no longer"),
      ...amount('claimed', 'p.claimed_minor', 'p.currency', 'What left beyond all that was there; the client owes it'),
      ...amount('reversed', 'p.reversed_minor', 'p.currency', 'What is gone again'),
      ...amount('fee', 'p.fee_minor', 'p.currency', 'What was kept on the way to the bank'),
      ...amount('credit', 'p.credit_minor', 'p.currency', 'What settles nothing yet'),
      column('origin_client_id', 'p.origin_client_id', 'Of credit that came from another client: that client.'),
      column(
        'origin_payment_id',
        'p.origin_payment_id',
        "Of credit that came from another client: that client's payment.",
      ),
      column('receipt_series', 'p.receipt_series', 'Series of the living receipt; see fact_receipts.'),
      column('receipt_number', 'p.receipt_number', 'Number of the living receipt.'),
      column('event_id', 'p.event_id', 'The event that says so.'),
    ],
    from: `read.payments p where p.client_id <> '${NO_CLIENT}' and ${ofMine('p')}`,
  },
  {
    name: 'fact_receipts',
    comment: 'Register of receipts (chitanțe). An annulled one stays, with value 0.',
    columns: [
      company('r'),
      client('r'),
      column('series', 'r.series', 'Series of the book.'),
      column('number', 'r.number', 'Number in the book, without a gap.'),
      column('payment_id', 'r.payment_id', 'The cash payment; see fact_payments.'),
      column('desk_id', 'r.desk_id', 'Cash desk.'),
      column('issued_on', 'r.issued_on', 'Day of issue; see dim_day.'),
      column('annulled_on', 'r.annulled_on', 'Day of annulment; empty while it stands.'),
      ...currencyColumns('r.currency'),
      ...amount('amount', 'r.amount_minor', 'r.currency', 'What is printed on it'),
      ...amount('value', 'r.value_minor', 'r.currency', 'What counts: zero when annulled'),
      column('event_id', 'r.event_id', 'The event that says so.'),
    ],
    from: `read.receipts r where ${ofMine('r')}`,
  },
  {
    name: 'fact_postings',
    comment:
      'Journal: balanced lines of every event. Debit is positive, credit negative; the lines of an event add up to zero.',
    columns: [
      company('p'),
      clientOrNobody('p'),
      column('account', 'p.account', 'Symbolic account; see dim_account.'),
      column('effective_on', 'p.effective_on', 'Business day on which it counts; see dim_day.'),
      column(
        'recorded_at',
        'p.recorded_at',
        'Instant stamped by the process that took the command; positions, not it, order what was known.',
      ),
      column('invoice_id', 'p.invoice_id', 'The invoice that it is about, if any.'),
      column('payment_id', 'p.payment_id', 'The payment that it is about, if any.'),
      ...currencyColumns('p.currency'),
      ...amount('amount', 'p.amount_minor', 'p.currency', 'Debit positive, credit negative'),
      column('position', 'p.position', 'Place of the event in the log.'),
      column('line', 'p.line', 'Number of the line within its event, from 0.'),
      column('event_id', 'p.event_id', 'The event that says so.'),
    ],
    from: `read.postings p where ${ofMine('p')}`,
  },
  {
    name: 'fact_daily_balances',
    comment:
      'What each client owes at the end of each day on which it moved; it holds until the next row of the client and currency.',
    columns: [
      company('d'),
      client('d'),
      column('day', 'd.day', 'The business day; see dim_day.'),
      ...currencyColumns('d.currency'),
      ...amount('debit', 'd.debit_minor', 'd.currency', 'What was charged on the day', SUM),
      ...amount('credit', 'd.credit_minor', 'd.currency', 'What was settled or received on the day', SUM),
      ...amount(
        'balance',
        'd.balance_minor',
        'd.currency',
        'Balance at the end of the day; negative when the company owes',
        SUM,
      ),
    ],
    from: `(select company_id, client_id, currency, effective_on as day,
        sum(debit_minor) as debit_minor, sum(credit_minor) as credit_minor,
        (sum(sum(debit_minor - credit_minor)) over (
          partition by company_id, client_id, currency order by effective_on)) as balance_minor
      from read.statement_lines l where ${ofMine('l')}
      group by company_id, client_id, currency, effective_on) d`,
  },
  {
    name: 'dim_company',
    comment: 'Issuers whose ledgers this login may see.',
    columns: [
      company('c'),
      column('name', 'c.name', 'Name.'),
      column('tax_id', 'c.tax_id', 'Tax id (CUI).'),
      column('functional_currency', 'c.functional_currency', 'Currency in which it keeps its books.'),
    ],
    from: `read.companies c where ${ofMine('c')}`,
  },
  {
    name: 'dim_client',
    comment: 'Debtors, as they are called today. E-mail and street stay in the ledger.',
    columns: [
      company('c'),
      column('client_id', 'c.client_id', "The client's id; unique within its company."),
      column('kind', 'c.kind', 'BUSINESS or INDIVIDUAL.'),
      column('name', 'c.name', 'Name.'),
      column('tax_id', 'c.tax_id', 'Tax id; may be absent for an individual.'),
      column('city', `c.address ->> 'city'`, 'City.'),
      column('county', `c.address ->> 'county'`, 'County (județ).'),
      column('country_code', `c.address ->> 'countryCode'`, 'ISO 3166 code of the country.'),
    ],
    from: `read.clients c where ${ofMine('c')}`,
  },
  {
    name: 'dim_day',
    comment: 'Days from 2015 to the end of the year after next.',
    columns: [
      column('day', 'd.day::date', 'The day.'),
      column('year', 'extract(year from d.day)::integer', 'Year.'),
      column('quarter', 'extract(quarter from d.day)::integer', 'Quarter, 1 to 4.'),
      column('month', 'extract(month from d.day)::integer', 'Month, 1 to 12.'),
      column('month_on', `date_trunc('month', d.day)::date`, 'First day of the month.'),
      column('iso_year', 'extract(isoyear from d.day)::integer', 'Year of the ISO week.'),
      column('iso_week', 'extract(week from d.day)::integer', 'ISO week, 1 to 53.'),
      column('week_on', `date_trunc('week', d.day)::date`, 'Monday of the week.'),
      column('weekday', 'extract(isodow from d.day)::integer', 'Day of the week, 1 Monday to 7 Sunday.'),
      column('is_weekend', 'extract(isodow from d.day) > 5', 'Saturday or Sunday.'),
      column(
        'is_month_end',
        `(d.day + interval '1 day')::date = date_trunc('month', d.day + interval '1 day')::date`,
        'Last day of its month.',
      ),
    ],
    from: `generate_series(timestamp '2015-01-01', date_trunc('year', localtimestamp) + interval '3 years' - interval '1 day',
      interval '1 day') as d (day)`,
  },
  {
    name: 'dim_method',
    comment: 'Ways in which money comes in.',
    columns: [
      column('method', 'm.method', 'Code of the method.'),
      column('name', 'm.name', 'Romanian name.'),
      column('is_cash', 'm.is_cash', 'Cash: receipts and ceilings concern it.'),
      column('arrives_later', 'm.arrives_later', 'On its way when it is recorded; cleared_on says when it arrived.'),
    ],
    from: `(values ${values(METHODS)}) as m (method, name, is_cash, arrives_later)`,
  },
  {
    name: 'dim_account',
    comment:
      'Symbolic accounts of the journal and their numbers in the Romanian chart (OMFP 1802/2014) for the functional currency.',
    columns: [
      column('account', 'a.account', 'Symbolic account.'),
      column('number', 'a.number', 'Number in the Romanian chart.'),
      column('name', 'a.name', 'Romanian name.'),
    ],
    from: `(values ${values(BI_ACCOUNTS)}) as a (account, number, name)`,
  },
]
