import { setTimeout as sleep } from 'node:timers/promises'
import type { CompanyId, ReceiptBook, ReceiptBookCommand, ReceiptBookEvent, ReceiptSeries } from '@registru/domain'
import { LRUCache } from 'lru-cache'
import type { CommandHandler } from './command-handler.ts'

/** Postgres has this long to say what it knows; commands do not depend on it. */
const ASK_WITHIN_MS = 1_000
/** Where it did not answer, it is asked again after this. */
const ASK_AGAIN_MS = 5_000

/** Books that are asked about again once others have been used since: a company has a few, and each takes some 100 bytes. */
const BOOKS_MAX = 10_000

/**
 * The highest numbers of receipt books that anybody besides the books tells of. The guard works where it can see: with
 * Postgres away it knows only what this process has issued itself.
 */
export interface HighestNumbers {
  /** Of a book that is open in the event store; a series that somebody merely names is not worth a look elsewhere. */
  readonly of: (companyId: CompanyId, series: ReceiptSeries) => Promise<number | undefined>
  /** Of a book that is about to be opened: it may be one that the store has lost as a whole. */
  readonly ofLost: (companyId: CompanyId, series: ReceiptSeries) => Promise<number | undefined>
  readonly saw: (companyId: CompanyId, series: ReceiptSeries, number: number) => void
}

interface Known {
  highest: number | undefined
  /** Of the last answer; a book is asked about once. */
  asked: Promise<void> | undefined
}

export interface HighestNumberSources {
  /** What a source outside the event store knows; `undefined`: of no such book. */
  readonly ask: (companyId: CompanyId, series: ReceiptSeries) => Promise<number | undefined>
  /** Whether the event store has such a book. */
  readonly isOpen: (companyId: CompanyId, series: ReceiptSeries) => Promise<boolean>
  readonly booksMax?: number
}

export const createHighestNumbers = ({ ask, isOpen, booksMax = BOOKS_MAX }: HighestNumberSources): HighestNumbers => {
  const books = new LRUCache<string, Known>({ max: booksMax })
  const keyOf = (companyId: CompanyId, series: ReceiptSeries): string => `${companyId}:${series}`
  const knownOf = (companyId: CompanyId, series: ReceiptSeries): Known => {
    const key = keyOf(companyId, series)
    const known = books.get(key) ?? { highest: undefined, asked: undefined }
    books.set(key, known)
    return known
  }
  const raise = (known: Known, number: number | undefined): void => {
    if (number !== undefined && number > (known.highest ?? 0)) known.highest = number
  }
  const askFor = async (known: Known, companyId: CompanyId, series: ReceiptSeries): Promise<void> => {
    try {
      raise(known, await ask(companyId, series))
    } catch {
      // Away or not set up: commands go on, and the question is asked again.
      setTimeout(() => {
        known.asked = undefined
      }, ASK_AGAIN_MS).unref()
    }
  }
  const ofLost: HighestNumbers['ofLost'] = async (companyId, series) => {
    const known = knownOf(companyId, series)
    known.asked ??= askFor(known, companyId, series)
    await Promise.race([known.asked, sleep(ASK_WITHIN_MS, undefined, { ref: false })])
    return known.highest
  }
  return {
    of: async (companyId, series) => {
      const isWorthALook = books.has(keyOf(companyId, series)) || (await isOpen(companyId, series))
      return isWorthALook ? ofLost(companyId, series) : undefined
    },
    ofLost,
    saw: (companyId, series, number) => raise(knownOf(companyId, series), number),
  }
}

type Books = CommandHandler<ReceiptBook, ReceiptBookCommand, ReceiptBookEvent>

/** Lets no command write to a book that has lost receipts, whoever sends it. */
export const guardBooks = (books: Books, numbers: HighestNumbers): Books => ({
  ...books,
  handle: async (stream, command, context) => {
    const { companyId } = context
    const { series } = command.data
    const highestNumber =
      command.type === 'OpenReceiptBook' ? await numbers.ofLost(companyId, series) : await numbers.of(companyId, series)
    const handled = await books.handle(stream, command, { ...context, highestNumber })
    if (context.dryRun) return handled
    for (const { type, data } of handled.events) {
      if (type === 'ReceiptIssued') numbers.saw(companyId, series, data.number)
    }
    return handled
  },
})
