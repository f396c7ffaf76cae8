import { addDays, type BusinessDay } from '../business-day.ts'
import { functionalCurrencyOf } from '../client-account/decisions/foreign-parts.ts'
import { createCodec } from '../codec.ts'
import { type CompanyRules, type Decider, type DecisionTable, decideBy, type SnapshotFormat } from '../decider.ts'
import { isSameRate, type RateSource } from '../exchange-rate.ts'
import type { Currency } from '../money.ts'
import { createWriter, readerOf, written } from '../packed/byte-cursor.ts'
import {
  createPackedRecords,
  dumpRecords,
  type PackedRecords,
  restoreRecords,
  weighRecords,
} from '../packed/packed-records.ts'
import { day, listOf, object, packedTable, shared, text } from '../packed/packed-table.ts'
import { officialSource, type PriceOf, type Unpriced } from '../rate-in-force.ts'
import { reject } from '../rejection.ts'
import type { ExchangeRatesCommand } from './commands.ts'
import { type ExchangeRatesEvent, ExchangeRatesRecorded, exchangeRateEventDefinitions } from './events.ts'

/** What a company knows of the prices of currencies, by source and day. */
export interface ExchangeRates {
  readonly records: PackedRecords
}

interface Price {
  readonly currency: Currency
  /** Of one unit, as it was published. */
  readonly rate: string
}

const KIND = { word: 0, day: 1, source: 2 } as const

/** In the order of currencies. */
const days = packedTable(KIND.day, listOf(object<Price>({ currency: shared(KIND.word), rate: text })))

/** Who said anything at all, and the last day of it. */
const sources = packedTable(KIND.source, day)

const dayKey = (source: RateSource, on: BusinessDay): string => `${source} ${on}`

/** The functional currency in which a source prices all others, where it has but one. */
const PRICES_IN: Partial<Record<RateSource, Currency>> = { BNR: 'RON' }

const table: DecisionTable<ExchangeRates, ExchangeRatesCommand, ExchangeRatesEvent> = {
  RecordExchangeRates: ({ source, on, rates }, { records }, { today, company: rules }) => {
    const functional = functionalCurrencyOf(rules)
    const pricesIn = PRICES_IN[source] ?? functional
    if (pricesIn !== functional) {
      reject('EXCHANGE_RATE_NOT_APPLICABLE', {
        path: '/source',
        currency: functional,
        rule: `${source} prices in ${pricesIn}`,
      })
    }
    // What was not published yet is known by nobody; documents of a later day take the rate of an earlier one.
    if (on > today) reject('DAY_TOO_FAR_AHEAD', { path: '/on', day: on, latest: today })
    if (Object.hasOwn(rates, functional)) {
      reject('EXCHANGE_RATE_NOT_APPLICABLE', {
        path: `/rates/${functional}`,
        currency: functional,
        rule: 'the functional currency',
      })
    }
    const known = new Map(days.get(records, dayKey(source, on))?.map(({ currency, rate }) => [currency, rate]))
    const news: Record<Currency, string> = {}
    const replaces: Record<Currency, string> = {}
    for (const [currency, rate] of Object.entries(rates).toSorted(byCurrency)) {
      const before = known.get(currency)
      if (before !== undefined && isSameRate(before, rate)) continue
      news[currency] = rate
      if (before !== undefined) replaces[currency] = before
    }
    if (Object.keys(news).length === 0) return []
    return [
      ExchangeRatesRecorded.of({
        source,
        on,
        rates: news,
        ...(Object.keys(replaces).length > 0 && { replaces }),
      }),
    ]
  },
}

const byCurrency = ([one]: readonly [string, string], [other]: readonly [string, string]): number =>
  one < other ? -1 : 1

const evolve = (state: ExchangeRates, { data: { source, on, rates } }: ExchangeRatesEvent): ExchangeRates => {
  const key = dayKey(source, on)
  const known = new Map(days.get(state.records, key)?.map(({ currency, rate }) => [currency, rate]))
  for (const [currency, rate] of Object.entries(rates)) known.set(currency, rate)
  const prices = [...known].toSorted(byCurrency).map(([currency, rate]): Price => ({ currency, rate }))
  days.set(state.records, key, prices)
  const last = sources.get(state.records, source)
  if (last === undefined || on > last) sources.set(state.records, source, on)
  return state
}

/** What the stream itself takes. */
const BYTES_OF_A_STREAM = 1_000

const snapshot: SnapshotFormat<ExchangeRates> = {
  version: 1,
  encode: ({ records }) => {
    const out = createWriter()
    dumpRecords(out, records)
    return written(out)
  },
  decode: (bytes) => ({ records: restoreRecords(readerOf(bytes)) }),
  weigh: ({ records }) => BYTES_OF_A_STREAM + weighRecords(records),
}

/**
 * What currencies were worth, by who said so and when. A stream of its own, for it grows every day and is nobody's account;
 * of a company, because what a rate is in is the company's currency, and who corrects one answers for one company's books.
 */
export const exchangeRates: Decider<ExchangeRates, ExchangeRatesCommand, ExchangeRatesEvent> = {
  name: 'exchangeRates',
  codec: createCodec(exchangeRateEventDefinitions),
  initialState: () => ({ records: createPackedRecords() }),
  decide: decideBy(table),
  evolve,
  snapshot,
}

/** What a source said of a day, in the order of currencies. */
export const ratesOf = ({ records }: ExchangeRates, source: RateSource, on: BusinessDay): readonly Price[] =>
  days.get(records, dayKey(source, on)) ?? []

/**
 * Between two publications of BNR there are at most five days, around Easter and Christmas. A longer gap is one in what was
 * recorded, and a rate from before it would be taken for one that it is not.
 */
const DAYS_BACK_MAX = 10

/**
 * The price of a document by the company's rule, from the source that the law means. `undefined`: the company keeps no rates
 * of that source, so it values its documents itself or not at all.
 */
export const priceOf = (
  state: ExchangeRates,
  { currency, on }: Unpriced,
  { functionalCurrency, fxRateRule }: CompanyRules,
): PriceOf | undefined => {
  const source = functionalCurrency === undefined ? undefined : officialSource(functionalCurrency)
  if (source === undefined || !sources.has(state.records, source)) return undefined
  for (let back = fxRateRule === 'SAME_DAY' ? 0 : 1; back <= DAYS_BACK_MAX; back += 1) {
    const publishedOn = addDays(on, -back)
    const found = ratesOf(state, source, publishedOn).find((price) => price.currency === currency)
    if (found !== undefined) return { currency, on, source, rate: { rate: found.rate, source, publishedOn } }
  }
  return { currency, on, source, rate: undefined }
}
