import { connectEventStore } from '@registru/event-store'
import type { Command } from 'commander'
import { askForAll, type Query } from '../cli/ask.ts'
import { CommandFailed, EXIT, type ExitCode, findApi, findEventStore, type Io } from '../cli/io.ts'
import { showProgress } from '../cli/progress.ts'
import { colors } from '../colors.ts'
import { firstDifference } from './differ.ts'
import type { PlacedFact } from './facts.ts'
import { type ClockStart, readWithFirstInstants, startOfClock, wasKnownAt, withFirstInstant } from './instants.ts'
import { foldKnown, type Known } from './known.ts'
import { isOfTheLedger, readFact } from './log.ts'

export interface SpotOptions {
  readonly company?: string
  readonly asOf?: string
  readonly knownAt?: string
  readonly compare?: true
  readonly url?: string
}

const today = (): string => new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Bucharest' }).format(new Date())

/** A position counts events; an instant counts them up to the first one that the log has from later on. */
const knownBy = (knownAt: string | undefined, clock: ClockStart | undefined): ((fact: PlacedFact) => boolean) => {
  if (knownAt === undefined) return () => true
  if (/^\d+$/.test(knownAt)) return ({ position }) => position <= BigInt(knownAt)
  const ms = Date.parse(knownAt)
  if (Number.isNaN(ms)) throw new CommandFailed(EXIT.USAGE, '--known-at wants an instant (RFC 3339) or a position.')
  return wasKnownAt(ms, clock)
}

/** Of the log, which says it in the first event of a stream of its own. */
const findStartOfClock = async (io: Io): Promise<ClockStart | undefined> => {
  const store = connectEventStore({ url: findEventStore(io) })
  try {
    for await (const event of store.readStream('ledger-clock', { maxCount: 1 })) {
      const fact = readFact(await withFirstInstant(store, event))
      return fact && startOfClock(fact)
    }
    return undefined
  } finally {
    await store.dispose()
  }
}

const readFacts = async function* (io: Io): AsyncGenerator<PlacedFact> {
  const store = connectEventStore({ url: findEventStore(io) })
  const progress = showProgress(io, 'reading the events')
  try {
    const head = (await store.head())?.position ?? 0n
    let count = 0
    for await (const event of readWithFirstInstants(store)) {
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

export interface Spot {
  readonly answer: object
  /** Where the API answers the same. */
  readonly path: string
  readonly query: Query
}

/** Makes a command that answers one question, and compares. */
export interface SpotMaker {
  readonly make: (name: string, description: string) => Command
  readonly run: (options: SpotOptions, answerOf: (known: Known, asOf: string) => Spot) => Promise<void>
}

/** Answers from the events alone; compares with what the API answers at the same clocks, if asked to. */
export const runSpot = async (
  io: Io,
  options: SpotOptions,
  answerOf: (known: Known, asOf: string) => Spot,
): Promise<ExitCode> => {
  const companyId = options.company ?? io.environment['REGISTRU_COMPANY']
  if (companyId === undefined) throw new CommandFailed(EXIT.USAGE, 'Which company? Give --company or REGISTRU_COMPANY.')
  const asOf = options.asOf ?? today()
  const known = await foldKnown(readFacts(io), companyId, knownBy(options.knownAt, await findStartOfClock(io)))
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
