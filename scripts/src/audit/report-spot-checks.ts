import { InvalidArgumentError } from 'commander'
import { answerInvoices, answerPayments, answerReceipts, answerUnidentified, LIST_ROWS_MAX } from './answer-lists.ts'
import {
  answerCashDay,
  answerCollections,
  answerDso,
  answerExigibleVat,
  answerRecoveries,
  answerTrialBalance,
  type CollectedBy,
} from './answer-reports.ts'
import type { Period } from './answers.ts'
import type { SpotMaker, SpotOptions } from './spot.ts'

interface PeriodOptions extends SpotOptions {
  readonly from?: string
  readonly to?: string
}

const periodOf = ({ from, to }: PeriodOptions, asOf: string): Period => {
  const last = to ?? asOf
  return { from: from ?? `${last.slice(0, 7)}-01`, to: last }
}

const collectedBy = (text: string): CollectedBy => {
  if (text === 'day' || text === 'week' || text === 'month') return text
  throw new InvalidArgumentError('Expected day, week or month.')
}

const wholeDays = (text: string): number => {
  const value = Number(text)
  if (Number.isInteger(value) && value > 0) return value
  throw new InvalidArgumentError('Expected a whole number of days.')
}

const ALL = { limit: `${LIST_ROWS_MAX}` }

/** Spot checks of the whole company's reports and of the lists. */
export const addReportSpotChecks = ({ make, run }: SpotMaker): void => {
  const withPeriod = (name: string, description: string) =>
    make(name, description)
      .option('--from <day>', 'first day; the first of the month of --to when absent')
      .option('--to <day>', 'last day; --as-of when absent')

  make('trial-balance', 'Turnover and balance of every symbolic account').action((options: SpotOptions) =>
    run(options, (known, asOf) => ({
      answer: answerTrialBalance(known, { asOf }),
      path: 'journal/trial-balance',
      query: {},
    })),
  )
  withPeriod('vat', 'TVA la încasare: what became exigible by day and rate').action((options: PeriodOptions) =>
    run(options, (known, asOf) => {
      const period = periodOf(options, asOf)
      return { answer: answerExigibleVat(known, period), path: 'vat/exigible', query: { ...period } }
    }),
  )
  withPeriod('collections', 'What was collected, by time and method')
    .option('--by <length>', 'day, week or month', collectedBy, 'day')
    .action((options: PeriodOptions & { readonly by: CollectedBy }) =>
      run(options, (known, asOf) => {
        const period = periodOf(options, asOf)
        const { by } = options
        return { answer: answerCollections(known, period, by), path: 'collections', query: { ...period, by } }
      }),
    )
  make('to-recover', 'What is open, by week of the due day').action((options: SpotOptions) =>
    run(options, (known, asOf) => ({
      answer: answerRecoveries(known, { asOf }),
      path: 'collections/to-recover',
      query: {},
    })),
  )
  make('dso', 'Days sales outstanding, simple and count-back')
    .option('--days <n>', 'days of sales for the simple way', wholeDays, 90)
    .action((options: SpotOptions & { readonly days: number }) =>
      run(options, (known, asOf) => ({
        answer: answerDso(known, { asOf }, options.days),
        path: 'collections/dso',
        query: { days: `${options.days}` },
      })),
    )
  make('cash-day', 'Registru de casă of a desk and day')
    .argument('<desk>', 'cash desk; - for cash that names none')
    .option('--day <day>', 'which; --as-of when absent')
    .option('--currency <code>', 'each currency has a register', 'RON')
    .action((desk: string, options: SpotOptions & { readonly day?: string; readonly currency: string }) =>
      run(options, (known, asOf) => {
        const { currency, day = asOf } = options
        return {
          answer: answerCashDay(known, { deskId: desk, currency }, day),
          path: `cash-desks/${encodeURIComponent(desk)}/days/${day}`,
          query: { currency },
        }
      }),
    )
  make('invoices', `Invoices, the first ${LIST_ROWS_MAX} by due day`)
    .option('--client <id>', 'of one client')
    .action((options: SpotOptions & { readonly client?: string }) =>
      run(options, (known, asOf) => ({
        answer: answerInvoices(known, { asOf }, options.client),
        path: 'invoices',
        query: { clientId: options.client, ...ALL },
      })),
    )
  make('payments', `Payments, the first ${LIST_ROWS_MAX} by the day on which they came`)
    .option('--client <id>', 'of one client')
    .action((options: SpotOptions & { readonly client?: string }) =>
      run(options, (known, asOf) => ({
        answer: answerPayments(known, { asOf }, options.client),
        path: 'payments',
        query: { clientId: options.client, ...ALL },
      })),
    )
  make('unidentified', `Money of nobody known, the first ${LIST_ROWS_MAX} by the day on which it came`).action(
    (options: SpotOptions) =>
      run(options, (known, asOf) => ({
        answer: answerUnidentified(known, { asOf }),
        path: 'payments/unidentified',
        query: ALL,
      })),
  )
  make('receipts', `The register of receipts, the first ${LIST_ROWS_MAX} numbers`)
    .option('--series <text>', 'of one book')
    .action((options: SpotOptions & { readonly series?: string }) =>
      run(options, (known, asOf) => ({
        answer: answerReceipts(known, { asOf }, options.series),
        path: 'receipts',
        query: { series: options.series, ...ALL },
      })),
    )
}
