import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { text as readText } from 'node:stream/consumers'
import type { Command } from 'commander'
import { z } from 'zod'
import { CommandRefused, NotAnswered, sendCommand } from '../ledger-client.ts'
import { type BnrFile, FileRefused, readBnrFile } from '../rates/bnr-file.ts'
import { ask } from './ask.ts'
import { CommandFailed, type Connection, EXIT, type ExitCode, findApi, type Io } from './io.ts'
import { showProgress } from './progress.ts'
import {
  askForList,
  type CommonOptions,
  clocksOf,
  companyPath,
  footer,
  limitOf,
  withClocks,
  withCommon,
} from './query-commands.ts'
import { textTable } from './table.ts'

const PATIENCE_MS = 60_000
const DOWNLOAD_TIMEOUT_MS = 30_000
/** A year of all currencies takes some 700 kB. */
const CHARACTERS_MAX = 20_000_000

interface ImportOptions extends CommonOptions {
  readonly download?: string
  readonly from?: string
  readonly to?: string
}

/** @throws CommandFailed */
const download = async (url: string): Promise<string> => {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS) })
    if (response.ok) return await response.text()
    throw new CommandFailed(EXIT.REFUSED, `${url} answers ${response.status}.`)
  } catch (error) {
    if (error instanceof CommandFailed) throw error
    throw new CommandFailed(EXIT.UNREACHABLE, `${url} cannot be reached.`, { cause: error })
  }
}

/** @throws CommandFailed */
const contentOf = async (file: string | undefined, url: string | undefined): Promise<string> => {
  if ((file === undefined) === (url === undefined)) {
    throw new CommandFailed(EXIT.USAGE, 'Which rates? Name a file, - for standard input, or --download <url>.')
  }
  if (url !== undefined) return download(url)
  return file === undefined || file === '-' ? readText(process.stdin) : readFileSync(file, 'utf8')
}

/** @throws CommandFailed */
const readRates = (xml: string): BnrFile => {
  if (xml.length > CHARACTERS_MAX) throw new CommandFailed(EXIT.USAGE, 'It is too large for a file of rates.')
  try {
    return readBnrFile(xml)
  } catch (error) {
    if (!(error instanceof FileRefused)) throw error
    throw new CommandFailed(EXIT.USAGE, `It is no file of rates of BNR: ${error.message}. Nothing was recorded.`)
  }
}

const Company = z.looseObject({ companyId: z.string(), functionalCurrency: z.string() })

/** Before anything is sent, and with it whether we may ask at all. @throws CommandFailed */
const requireCompanyInLei = async (api: Connection, path: string): Promise<string> => {
  const { companyId, functionalCurrency } = Company.parse(await ask(api, path))
  if (functionalCurrency === 'RON') return companyId
  throw new CommandFailed(EXIT.USAGE, `BNR prices in RON, and the books of ${companyId} are in ${functionalCurrency}.`)
}

const Correction = z.looseObject({ currency: z.string(), rate: z.string(), replaces: z.string() })
const Warnings = z.looseObject({ warnings: z.array(Correction).optional() })

/** @throws CommandFailed */
const record = async (body: object, key: string, api: Connection, companyId: string) => {
  const options = { endpoint: () => api, companyId, patienceMs: PATIENCE_MS, onRetry: () => undefined }
  try {
    const { answer } = await sendCommand('RecordExchangeRates', key, body, options)
    const { warnings = [] } = Warnings.parse(answer)
    return { isNews: answer.events.length > 0, corrections: warnings }
  } catch (error) {
    if (error instanceof CommandRefused) throw new CommandFailed(EXIT.REFUSED, error.message, { cause: error })
    if (error instanceof NotAnswered) throw new CommandFailed(EXIT.UNREACHABLE, error.message, { cause: error })
    throw error
  }
}

const Rates = z.looseObject({
  items: z.array(
    z.looseObject({
      on: z.string(),
      source: z.string(),
      currency: z.string(),
      rate: z.string(),
      replaces: z.string().optional(),
    }),
  ),
})

const showRates = (answer: unknown): string => {
  const rows = Rates.parse(answer).items.map(({ on, source, currency, rate, replaces = '' }) => [
    on,
    source,
    currency,
    rate,
    replaces,
  ])
  const right = { align: 'right' } as const
  const columns = [{ head: 'day' }, { head: 'source' }, { head: 'currency' }, { head: 'rate', ...right }]
  return textTable([...columns, { head: 'instead of', ...right }], rows)
}

/** `registru rates`: what currencies were worth, and the files of BNR that say so. */
export const addRatesCommand = (program: Command, io: Io, end: (code: ExitCode) => void): void => {
  const rates = program.command('rates').description("Exchange rates: list them, and take them over from BNR's files")

  withCommon(rates.command('import'))
    .summary("record the rates of a file of BNR's")
    .description(
      "Records the rates of BNR's XML, of a day (nbrfxrates.xml) or a year (nbrfxrates2026.xml). What is known already is passed " +
        'over, so a file may be taken over again, and one that broke off goes on; other rates than the known ones put those right, ' +
        'and each is said. A file that is not wholly as expected is refused before anything is recorded. What is no currency of ' +
        'payments (gold, drawing rights) is left out by name.',
    )
    .argument('[file]', 'the file; - reads standard input')
    .option('--download <url>', 'fetch it from there instead, e.g. https://curs.bnr.ro/nbrfxrates.xml')
    .option('--from <day>', 'no day before this one')
    .option('--to <day>', 'no day after this one')
    .action(async (file: string | undefined, options: ImportOptions) => {
      const { days, leftOut } = readRates(await contentOf(file, options.download))
      const { from = '', to = '~' } = options
      const wanted = days.filter(({ on }) => on >= from && on <= to)
      const api = findApi(io, options.url)
      const companyId = await requireCompanyInLei(api, companyPath(io, options, '').replace(/\/$/, ''))
      const run = randomUUID()
      const progress = showProgress(io, 'Rates')
      const corrected: object[] = []
      let recorded = 0
      try {
        for (const [index, { on, rates: prices }] of wanted.entries()) {
          const body = { source: 'BNR', on, rates: prices }
          const { isNews, corrections } = await record(body, `rates-${run}-${on}`, api, companyId)
          if (isNews) recorded += 1
          for (const { currency, rate, replaces } of corrections) {
            corrected.push({ on, currency, rate, replaces })
            io.say(`${on}: ${currency} is ${rate}, not ${replaces}.`)
          }
          progress.update(BigInt(index + 1), BigInt(wanted.length), index + 1)
        }
      } finally {
        progress.stop()
      }
      const known = wanted.length - recorded
      if (options.json === true) {
        io.print(JSON.stringify({ days: wanted.length, recorded, known, corrected, leftOut }, undefined, 2))
      } else {
        const parts = [`${recorded} recorded`, `${known} known already`, `${corrected.length} rates put right`]
        io.print(`${wanted.length} days: ${parts.join(', ')}.`)
        if (leftOut.length > 0) io.print(`Left out: ${leftOut.join(', ')}.`)
      }
      end(EXIT.OK)
    })

  withClocks(rates.command('list'))
    .description('Rates as they hold, the last day first')
    .option('--currency <code>', 'of this currency')
    .option('--source <source>', 'of this source, e.g. BNR')
    .option('--from <day>', 'first day')
    .option('--to <day>', 'last day')
    .option('--limit <n>', 'at most so many', '100')
    .action(
      async (
        options: CommonOptions & { currency?: string; source?: string; from?: string; to?: string; limit: string },
      ) => {
        const { currency, source, from, to } = options
        const query = { ...clocksOf(options), currency, source, from, to }
        const path = companyPath(io, options, 'rates')
        const found = await askForList(findApi(io, options.url), path, query, limitOf(options.limit))
        io.print(options.json === true ? JSON.stringify(found, undefined, 2) : showRates(found))
        if (options.json !== true) io.print(footer(found))
        end(EXIT.OK)
      },
    )
}
