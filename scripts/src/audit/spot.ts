import { connectEventStore } from '@registru/event-store'
import type { Command } from 'commander'
import { z } from 'zod'
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
/** What the log says of itself. */
interface Frame {
  readonly clock: ClockStart | undefined
  /** How many imports it has been through: positions are written with it. */
  readonly generation: number
}

const shownPosition = (position: bigint, { generation }: Frame): string =>
  generation === 0 ? `${position}` : `${generation}.${position}`

const knownBy = (knownAt: string | undefined, { clock, generation }: Frame): ((fact: PlacedFact) => boolean) => {
  if (knownAt === undefined) return () => true
  const [, asked = '0', digits] = /^(?:(\d+)\.)?(\d+)$/.exec(knownAt) ?? []
  if (digits !== undefined) {
    if (Number(asked) === generation) return ({ position }) => position <= BigInt(digits)
    const words = `That position is of generation ${asked} and the log of generation ${generation}: the API tells where it lies now.`
    throw new CommandFailed(EXIT.USAGE, words)
  }
  const ms = Date.parse(knownAt)
  if (Number.isNaN(ms)) throw new CommandFailed(EXIT.USAGE, '--known-at wants an instant (RFC 3339) or a position.')
  return wasKnownAt(ms, clock)
}

const Imported = z.object({ generation: z.int().positive() })

/** In the first events of streams of its own. */
const findFrame = async (io: Io): Promise<Frame> => {
  const store = connectEventStore({ url: findEventStore(io) })
  try {
    let generation = 0
    for await (const { data } of store.readStream('ledger-origin', { maxCount: 1 })) {
      ;({ generation } = Imported.parse(data))
    }
    for await (const event of store.readStream('ledger-clock', { maxCount: 1 })) {
      const fact = readFact(await withFirstInstant(store, event))
      return { generation, clock: fact && startOfClock(fact) }
    }
    return { generation, clock: undefined }
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
  const frame = await findFrame(io)
  const known = await foldKnown(readFacts(io), companyId, knownBy(options.knownAt, frame))
  const { answer, path, query } = answerOf(known, asOf)
  io.print(JSON.stringify({ ...answer, asOf, position: shownPosition(known.position, frame) }, undefined, 2))
  if (options.compare !== true) return EXIT.OK
  const knownAt = options.knownAt ?? shownPosition(known.position, frame)
  const clocks = { asOf, knownAt, minPosition: shownPosition(known.position, frame) }
  const base = `/v1/companies/${encodeURIComponent(companyId)}/`
  const found = await askForAll(findApi(io, options.url), `${base}${path}`, { ...query, ...clocks })
  const difference = firstDifference(answer, found)
  io.say(difference === undefined ? colors.green('The API answers the same.') : colors.red(difference))
  return difference === undefined ? EXIT.OK : EXIT.FINDING
}
