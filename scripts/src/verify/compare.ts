import type { PoolClient } from '@registru/runtime'
import { type Check, expectEqual, expectSameRows, type Fields, type Report } from './differences.ts'
import { creditOf, type Invoice, type Ledger, openOf } from './ledger.ts'
import {
  type Clocks,
  readAccounts,
  readBalances,
  readClients,
  readInvoices,
  readOpenItems,
  readPayments,
  readReceipts,
  readSettlements,
  readStatements,
  readTrialBalance,
  readUnbalanced,
} from './read-models.ts'

type Rows = ReadonlyMap<string, Fields>

const mapRows = <Value>(map: ReadonlyMap<string, Value>, fieldsOf: (value: Value) => Fields): Rows =>
  new Map([...map].map(([key, value]) => [key, fieldsOf(value)]))

const withoutZeros = (field: string, rows: Rows): Rows =>
  new Map([...rows].filter(([, fields]) => fields[field] !== 0n))

const statusOf = (invoice: Invoice): string => {
  if (invoice.cancelled > 0n) return 'CANCELLED'
  if (openOf(invoice) > 0n) return invoice.allocated > 0n ? 'PARTIALLY_PAID' : 'UNPAID'
  if (invoice.writtenOff > 0n) return 'WRITTEN_OFF'
  return invoice.allocated === 0n && invoice.credited > 0n ? 'CREDITED' : 'PAID'
}

const compareDocuments = async (client: PoolClient, ledger: Ledger, report: Report): Promise<void> => {
  expectSameRows(
    report.check('clients'),
    mapRows(ledger.clients, ({ kind, name }) => ({ kind, name })),
    await readClients(client),
  )
  const invoices = mapRows(ledger.invoices, (invoice) => {
    const { currency, total, allocated, credited, discounted, writtenOff, dueOn } = invoice
    const amounts = { total, allocated, credited, discounted, writtenOff, open: openOf(invoice) }
    return { currency, ...amounts, status: statusOf(invoice), due: dueOn }
  })
  expectSameRows(report.check('invoices: total, open, status'), invoices, await readInvoices(client))
  const payments = mapRows(ledger.payments, (payment) => {
    const { currency, amount, allocated, refunded, reversedOn, clearedOn, fee, receipt } = payment
    const amounts = { amount, allocated, refunded, fee, credit: creditOf(payment) }
    return { currency, ...amounts, cleared: clearedOn, reversed: reversedOn, receipt }
  })
  expectSameRows(report.check('payments: amount, credit, receipt'), payments, await readPayments(client))
  const allocations = mapRows(ledger.allocations, (allocated) => ({ allocated }))
  for (const side of ['invoice', 'payment'] as const) {
    expectSameRows(
      report.check('allocations, by invoice and by payment'),
      allocations,
      await readSettlements(client, side),
    )
  }
  const receipts = mapRows(ledger.receipts, ({ currency, amount, clientId, paymentId, issuedOn, annulledOn }) => {
    const value = annulledOn === undefined ? amount : 0n
    return { currency, amount, client: clientId, payment: paymentId, issued: issuedOn, annulled: annulledOn, value }
  })
  expectSameRows(report.check('receipts: number, amount, annulment'), receipts, await readReceipts(client))
}

/** What each item and each account has open at a pair of clocks, by the plainest sum there is. */
const balancesOf = ({ effects }: Ledger, { asOf, knownAt }: Clocks): { items: Rows; accounts: Rows } => {
  const items = new Map<string, bigint>()
  const accounts = new Map<string, bigint>()
  for (const { kind, item, account, on, position, amount } of effects) {
    if (on > asOf || position > knownAt) continue
    items.set(item, (items.get(item) ?? 0n) + amount)
    accounts.set(account, (accounts.get(account) ?? 0n) + (kind === 'INVOICE' ? amount : -amount))
  }
  return {
    items: mapRows(items, (open) => ({ open })),
    accounts: mapRows(accounts, (balance) => ({ balance })),
  }
}

/** After every day that an event may have. */
const END_OF_DAYS = '2199-12-31'
const MONTHS_MAX = 24
const MOMENTS = 3

/** The present of all days, ends of months as known now, and some of them as known earlier. */
const clocksOf = ({ effects, position }: Ledger): readonly Clocks[] => {
  const monthEnds = [...new Set(effects.map(({ on }) => `${on.slice(0, 7)}-28`))].toSorted().slice(-MONTHS_MAX)
  const moments = Array.from({ length: MOMENTS }, (_, index) => {
    const moment = effects[Math.floor((effects.length * (index + 1)) / (MOMENTS + 1))]?.position
    return moment ?? position
  })
  return [
    { asOf: END_OF_DAYS, knownAt: position },
    ...monthEnds.map((asOf) => ({ asOf, knownAt: position })),
    ...moments.flatMap((knownAt) => [...monthEnds.slice(-2), END_OF_DAYS].map((asOf) => ({ asOf, knownAt }))),
  ]
}

const prefixKeys = (prefix: string, rows: Rows): Rows =>
  new Map([...rows].map(([key, fields]) => [`${prefix} ${key}`, fields]))

const requireNotNegative = (check: Check, at: string, items: Rows): void => {
  for (const [key, { open }] of items) {
    expectEqual(check, `${key} ${at}: not below zero`, true, typeof open === 'bigint' && open >= 0n)
  }
}

const compareBalances = async (client: PoolClient, ledger: Ledger, report: Report): Promise<void> => {
  for (const clocks of clocksOf(ledger)) {
    const at = `as of ${clocks.asOf}, known at ${clocks.knownAt}:`
    const { items, accounts } = balancesOf(ledger, clocks)
    requireNotNegative(report.check('rules: allocations, credit and open amounts'), at, items)
    const open = withoutZeros('open', items)
    expectSameRows(
      report.check('open items at many days and moments'),
      prefixKeys(at, open),
      prefixKeys(at, await readOpenItems(client, clocks)),
    )
    for (const [name, found] of await readBalances(client, clocks)) {
      const check = report.check('each client: aging = statement = journal = open less credit')
      const expected = withoutZeros('balance', accounts)
      expectSameRows(
        check,
        prefixKeys(`${name} ${at}`, expected),
        prefixKeys(`${name} ${at}`, withoutZeros('balance', found)),
      )
    }
  }
}

const compareTotals = async (client: PoolClient, ledger: Ledger, report: Report): Promise<void> => {
  const { accounts } = balancesOf(ledger, { asOf: END_OF_DAYS, knownAt: ledger.position })
  const statements = new Map(
    [...ledger.statementLines].map(([account, lines]): [string, Fields] => {
      const closing = accounts.get(account)?.['balance']
      return [account, { lines: BigInt(lines), closing, months: closing }]
    }),
  )
  expectSameRows(report.check('statements: lines, closing, months'), statements, await readStatements(client))
  expectSameRows(
    report.check('journal: balance of each account'),
    withoutZeros(
      'balance',
      mapRows(ledger.accountBalances, (balance) => ({ balance })),
    ),
    await readAccounts(client),
  )
  const journal = report.check('journal: every event and the trial balance are zero')
  for (const what of await readUnbalanced(client)) expectEqual(journal, what, 'balanced', 'not balanced')
  for (const [key, { total }] of await readTrialBalance(client))
    expectEqual(journal, `trial balance of ${key}`, 0n, total)
}

/** Compares every read model with the fold of the events. The client stands in one snapshot of the database. */
export const compareReadModels = async (client: PoolClient, ledger: Ledger, report: Report): Promise<void> => {
  await compareDocuments(client, ledger, report)
  await compareTotals(client, ledger, report)
  await compareBalances(client, ledger, report)
}
