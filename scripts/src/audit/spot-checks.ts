import { connectEventStore } from '@registru/event-store'
import { type Command, InvalidArgumentError } from 'commander'
import colors from 'picocolors'
import { askForAll, type Query } from '../cli/ask.ts'
import { CommandFailed, EXIT, type ExitCode, findApi, findEventStore, type Io } from '../cli/io.ts'
import { showProgress } from '../cli/progress.ts'
import { answerAging, answerBalance, answerOpenItems, answerStatement, foldKnown, type Known } from './answers.ts'
import { firstDifference } from './differ.ts'
import type { PlacedFact } from './facts.ts'
import { isOfTheLedger, readFact } from './log.ts'

interface SpotOptions {
  readonly company?: string
  readonly asOf?: string
  readonly knownAt?: string
  readonly compare?: true
  readonly url?: string
}

const today = (): string => new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Bucharest' }).format(new Date())

/** A position counts events; an instant counts what was recorded up to the first event that was recorded later. */
const knownBy = (knownAt: string | undefined): ((fact: PlacedFact) => boolean) => {
  if (knownAt === undefined) return () => true
  if (/^\d+$/.test(knownAt)) return ({ position }) => position <= BigInt(knownAt)
  const ms = Date.parse(knownAt)
  if (Number.isNaN(ms)) throw new CommandFailed(EXIT.USAGE, '--known-at wants an instant (RFC 3339) or a position.')
  return ({ recordedAt }) => Date.parse(recordedAt) <= ms
}

const readFacts = async function* (io: Io): AsyncGenerator<PlacedFact> {
  const store = connectEventStore({ url: findEventStore(io) })
  const progress = showProgress(io, 'reading the events')
  try {
    const head = (await store.head())?.position ?? 0n
    let count = 0
    for await (const event of store.readAll()) {
      if (event.position > head) break
      if (!isOfTheLedger(event.stream)) continue
      const fact = readFact(event)
      if (fact === undefined) {
        const what = `${event.type} at ${event.stream} ${event.revision}`
        throw new CommandFailed(EXIT.FINDING, `This auditor cannot read ${what}, so it answers nothing.`)
      }
      count += 1
      progress.update(event.position, head, count)
      yield fact
    }
  } finally {
    progress.stop()
    await store.dispose()
  }
}

interface Spot {
  readonly answer: object
  /** Where the API answers the same. */
  readonly path: string
  readonly query: Query
}

/** Answers from the events alone; compares with what the API answers at the same clocks, if asked to. */
const runSpot = async (
  io: Io,
  options: SpotOptions,
  answerOf: (known: Known, asOf: string) => Spot,
): Promise<ExitCode> => {
  const companyId = options.company ?? io.environment['REGISTRU_COMPANY']
  if (companyId === undefined) throw new CommandFailed(EXIT.USAGE, 'Which company? Give --company or REGISTRU_COMPANY.')
  const asOf = options.asOf ?? today()
  const known = await foldKnown(readFacts(io), companyId, knownBy(options.knownAt))
  const { answer, path, query } = answerOf(known, asOf)
  io.print(JSON.stringify({ ...answer, asOf, position: `${known.position}` }, undefined, 2))
  if (options.compare !== true) return EXIT.OK
  const knownAt = options.knownAt ?? `${known.position}`
  const clocks = { asOf, knownAt, minPosition: `${known.position}` }
  const base = `/v1/companies/${encodeURIComponent(companyId)}/`
  const found = await askForAll(findApi(io, options.url), `${base}${path}`, { ...query, ...clocks })
  const difference = firstDifference(answer, found)
  io.say(difference === undefined ? colors.green('The API answers the same.') : colors.red(difference))
  return difference === undefined ? EXIT.OK : EXIT.FINDING
}

const bucketEnds = (text: string): readonly number[] => {
  const ends = text.split(',').map(Number)
  if (ends.every((end, index) => Number.isInteger(end) && end >= 0 && end > (ends[index - 1] ?? -1))) return ends
  throw new InvalidArgumentError('Expected rising days, e.g. 0,30,60,90.')
}

const ageBy = (text: string): 'due' | 'issued' => {
  if (text === 'due' || text === 'issued') return text
  throw new InvalidArgumentError('Expected due or issued.')
}

/** `registru audit balance` and its like: single answers from the events alone, to hold against the API's. */
export const addSpotChecks = (audit: Command, io: Io, end: (code: ExitCode) => void): void => {
  const spot = (name: string, description: string): Command =>
    audit
      .command(name)
      .description(`${description}, from the events alone`)
      .option('--company <id>', 'whose ledger (or REGISTRU_COMPANY)')
      .option('--as-of <day>', 'effective day, yyyy-mm-dd; today when absent')
      .option('--known-at <moment>', 'what was known then: an instant (RFC 3339) or a position; everything when absent')
      .option('--compare', 'ask the API the same; exit code 1 and the first difference if it answers otherwise')
      .option('--url <url>', 'the API, if it is not the one that runs here (or REGISTRU_URL)')
  const inPath = encodeURIComponent

  spot('balance', "A client's balance per currency")
    .argument('<client>', 'client id')
    .action(async (client: string, options: SpotOptions) => {
      const path = `clients/${inPath(client)}`
      end(
        await runSpot(io, options, (known, asOf) => ({
          answer: answerBalance(known, { asOf }, client),
          path,
          query: {},
        })),
      )
    })
  spot('open-items', 'What makes up the balance of a client')
    .argument('<client>', 'client id')
    .action(async (client: string, options: SpotOptions) => {
      const path = `clients/${inPath(client)}/statement`
      const answerOf = (known: Known, asOf: string): Spot => {
        const answer = answerOpenItems(known, { asOf }, client)
        return { answer, path, query: { style: 'openItem', to: asOf } }
      }
      end(await runSpot(io, options, answerOf))
    })
  spot('statement', "A client's statement")
    .argument('<client>', 'client id')
    .option('--from <day>', 'first day; the first of the month of --to when absent')
    .option('--to <day>', 'last day; --as-of when absent')
    .action(async (client: string, options: SpotOptions & { readonly from?: string; readonly to?: string }) => {
      const path = `clients/${inPath(client)}/statement`
      const answerOf = (known: Known, asOf: string): Spot => {
        const to = options.to ?? asOf
        const from = options.from ?? `${to.slice(0, 7)}-01`
        return { answer: answerStatement(known, { from, to }, client), path, query: { from, to } }
      }
      end(await runSpot(io, options, answerOf))
    })
  spot('aging', 'What is still to be recovered, by age')
    .option('--buckets <days>', 'upper ends of the buckets', bucketEnds, [0, 30, 60, 90])
    .option('--by <day>', 'due or issued', ageBy, 'due')
    .action(async (options: SpotOptions & { readonly buckets: readonly number[]; readonly by: 'due' | 'issued' }) => {
      const { buckets: ends, by } = options
      const answerOf = (known: Known, asOf: string): Spot => ({
        answer: answerAging(known, { asOf }, { ends, by }),
        path: 'receivables/aging',
        query: { buckets: ends.join(','), by },
      })
      end(await runSpot(io, options, answerOf))
    })
}
