import {
  type AccountCommand,
  type AccountEvent,
  type ClientAccount,
  type Company,
  type CompanyCommand,
  type CompanyEvent,
  type CompanyId,
  clientAccount,
  commandKey,
  company,
  type ExchangeRates,
  type ExchangeRatesCommand,
  type ExchangeRatesEvent,
  exchangeRates,
  type ReceiptBook,
  type ReceiptBookCommand,
  type ReceiptBookEvent,
  type ReceiptSeries,
  receiptBook,
  receiptBookStream,
  type UnidentifiedCommand,
  type UnidentifiedEvent,
  type UnidentifiedPayments,
  unidentified,
} from '@registru/domain'
import type { EventStore } from '@registru/event-store'
import type { Logger } from '@registru/runtime'
import { type CommandHandler, createCommandHandler } from './command-handler.ts'
import { type CommandKeys, createCommandKeys } from './command-keys.ts'
import type { CommandPlaces } from './command-places.ts'
import { type CompanyRulesReader, createCompanyRulesReader } from './company-rules.ts'
import { type ElsewhereReader, nothingElsewhere, telling } from './elsewhere.ts'
import { createLogEnd } from './log-end.ts'
import { createRatesInForce, type RatesInForce } from './rates-in-force.ts'
import { createHighestNumbers, guardBooks, type HighestNumbers } from './restore-guard.ts'
import type { SnapshotKeeper } from './snapshots.ts'
import { createStoreGuard } from './store-guard.ts'

/** Accounts are many and long; books and companies are few, so they get a small share of the cache. */
const ACCOUNTS_SHARE = 0.78
const BOOKS_SHARE = 0.15
/** One a company, and of most companies never used. */
const UNIDENTIFIED_SHARE = 0.02
const COMPANIES_SHARE = 0.03
/** A year of them takes some 100 kB. */
const RATES_SHARE = 0.01
/** Met once each; a key comes again within moments, or hardly ever. */
const KEYS_SHARE = 0.01

const silent = { error: () => undefined, warn: () => undefined, info: () => undefined }

/** Every stream of the ledger, by the decider that it belongs to. */
export interface Ledger {
  readonly accounts: CommandHandler<ClientAccount, AccountCommand, AccountEvent>
  readonly books: CommandHandler<ReceiptBook, ReceiptBookCommand, ReceiptBookEvent>
  readonly companies: CommandHandler<Company, CompanyCommand, CompanyEvent>
  /** Money of which nobody knows yet whose it is. */
  readonly unidentified: CommandHandler<UnidentifiedPayments, UnidentifiedCommand, UnidentifiedEvent>
  readonly exchangeRates: CommandHandler<ExchangeRates, ExchangeRatesCommand, ExchangeRatesEvent>
  readonly rules: CompanyRulesReader
  readonly ratesInForce: RatesInForce
  readonly keys: CommandKeys
  readonly elsewhere: Pick<ElsewhereReader, 'of'>
  readonly highestNumbers: HighestNumbers
  /** Ends what watches the store. */
  readonly stop: () => void
}

export interface LedgerOptions {
  readonly store: EventStore
  /** Today in Europe/Bucharest. */
  readonly today: () => string
  readonly now: () => Date
  readonly cacheBytesMax: number
  /** The last number of a book as something besides the event store knows it; absent: nothing does. */
  readonly lastNumberElsewhere?: (companyId: CompanyId, series: ReceiptSeries) => Promise<number | undefined>
  /** Where the read models have seen commands; absent: nobody tells. */
  readonly commandPlaces?: CommandPlaces
  /** What other streams hold that bears on commands, of whoever may ask the accounts; absent: nobody tells. */
  readonly elsewhereOf?: (accounts: Pick<Ledger['accounts'], 'read'>) => ElsewhereReader
  /** What others who follow the log say is wrong with the store; absent: nobody is asked. */
  readonly askDivergence?: () => Promise<string | undefined>
  readonly logger?: Pick<Logger, 'error' | 'warn' | 'info'>
  /** Absent: every stream that is not in memory is folded from its start. */
  readonly snapshots?: SnapshotKeeper
}

export const createLedger = ({
  cacheBytesMax,
  snapshots,
  lastNumberElsewhere = () => Promise.resolve(undefined),
  commandPlaces = () => Promise.resolve([]),
  elsewhereOf = () => nothingElsewhere,
  askDivergence = () => Promise.resolve(undefined),
  logger = silent,
  ...options
}: LedgerOptions): Ledger => {
  const logEnd = createLogEnd(options.store)
  const guard = createStoreGuard({
    store: options.store,
    ask: askDivergence,
    logger,
    forgetAll: () => {
      for (const { forgetAll } of [accounts, books, companies, waiting, rates, claims]) forgetAll()
    },
  })
  const share = (part: number) => ({ ...options, logEnd, guard, cacheBytesMax: Math.floor(cacheBytesMax * part) })
  const companies = createCommandHandler({ decider: company, ...share(COMPANIES_SHARE) })
  const books = createCommandHandler({
    decider: receiptBook,
    snapshots: snapshots?.of(receiptBook),
    ...share(BOOKS_SHARE),
  })
  const highestNumbers = createHighestNumbers({
    ask: lastNumberElsewhere,
    isOpen: async (companyId, series) => {
      const isOpened = ({ opened }: ReceiptBook): boolean => opened !== undefined
      return isOpened(await books.read(receiptBookStream(companyId, series), isOpened))
    },
  })
  const accounts = createCommandHandler({
    decider: clientAccount,
    snapshots: snapshots?.of(clientAccount),
    ...share(ACCOUNTS_SHARE),
  })
  const waiting = createCommandHandler({
    decider: unidentified,
    snapshots: snapshots?.of(unidentified),
    ...share(UNIDENTIFIED_SHARE),
  })
  const rates = createCommandHandler({
    decider: exchangeRates,
    snapshots: snapshots?.of(exchangeRates),
    ...share(RATES_SHARE),
  })
  const claims = createCommandHandler({ decider: commandKey, areMostlyNew: true, ...share(KEYS_SHARE) })
  const rules = createCompanyRulesReader(companies)
  const elsewhere = elsewhereOf(accounts)
  return {
    accounts: telling(accounts, elsewhere),
    books: guardBooks(books, highestNumbers),
    companies: telling(companies, elsewhere),
    unidentified: waiting,
    exchangeRates: rates,
    rules,
    ratesInForce: createRatesInForce({ accounts, exchangeRates: rates }, options.today),
    keys: createCommandKeys({ store: options.store, places: commandPlaces, rules, claims }),
    elsewhere,
    highestNumbers,
    stop: guard.stop,
  }
}
