import { setTimeout as sleep } from 'node:timers/promises'
import { revisionOf } from '@registru/domain/places'
import fc from 'fast-check'
import t from 'tap'
import { type AppendOutcome, type EventStore, type ExpectedRevision, StoreUnavailable } from '../src/index.ts'
import { startCallProxy } from './call-proxy.ts'
import { anEvent, connect, idsOf, startServer } from './stores.ts'
import { startTcpProxy } from './tcp-proxy.ts'

const RUNS = Number(process.env['RUNS'] ?? (process.env['LONG'] === undefined ? 40 : 2_000))
const seed = process.env['SEED'] === undefined ? Date.now() % 2 ** 31 : Number(process.env['SEED'])

/** What one caller does to one stream of its own, and what happens to the wire meanwhile. */
type Step =
  | {
      readonly do: 'append'
      readonly stream: number
      readonly count: number
      readonly expected: 'right' | 'behind' | 'ahead' | 'none'
    }
  | { readonly do: 'repeat'; readonly stream: number }
  | { readonly do: 'fault'; readonly fault: 'reset' | 'endStreams' | 'hold' | 'release' | 'delay' | 'refuse' }

const stream = fc.nat({ max: 2 })
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      stream,
      count: fc.integer({ min: 1, max: 4 }),
      expected: fc.constantFrom(
        'right' as const,
        'right' as const,
        'right' as const,
        'behind' as const,
        'ahead' as const,
        'none' as const,
      ),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('repeat' as const), stream }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('fault' as const),
      fault: fc.constantFrom(
        'reset' as const,
        'endStreams' as const,
        'hold' as const,
        'release' as const,
        'delay' as const,
        'refuse' as const,
      ),
    }),
  },
)

/** A store that has stayed silent is spared: such an append was never sent, so it may not be in the log. */
interface Unsent {
  readonly outcome: 'unsent'
}

interface Sent {
  readonly stream: string
  readonly expected: ExpectedRevision
  readonly events: readonly ReturnType<typeof anEvent>[]
  readonly outcome: Promise<AppendOutcome | Unsent>
}

const NOT_WRITTEN: readonly string[] = ['conflict', 'unsent']

const asNumber = (expected: ExpectedRevision): number => (expected === 'no_stream' ? -1 : Number(expected))

/** Would the log, as it stands in the end, have let these events in at that revision? */
const standsAt = (log: readonly string[], { expected, events }: Sent): boolean =>
  events.every(({ id }, index) => log[asNumber(expected) + 1 + index] === id)

t.test(`appends under random faults (seed ${seed}, ${RUNS} runs)`, { timeout: RUNS * 20_000 }, async (t) => {
  const server = await startServer(t)
  const calls = await startCallProxy(server.port)
  t.teardown(() => calls.stop())
  const wire = await startTcpProxy(Number(new URL(calls.url).port))
  t.teardown(() => wire.stop())
  const store: EventStore = connect(t, wire.url, { appendTimeoutMs: 500 })
  let run = 0

  const faults = {
    reset: () => wire.reset(),
    endStreams: () => calls.endAppendStreams(),
    hold: () => calls.holdAnswers(),
    release: () => calls.releaseAnswers(),
    delay: () => wire.delay(5),
    refuse: () => calls.refuseCalls('BatchAppend', 14, 1),
  }
  const heal = (): void => {
    calls.releaseAnswers()
    wire.heal()
  }
  const send = async (...append: Parameters<EventStore['append']>): Promise<AppendOutcome | Unsent> => {
    try {
      return await store.append(...append)
    } catch (error) {
      if (error instanceof StoreUnavailable) return { outcome: 'unsent' }
      throw error
    }
  }
  /** Reads are spared the silent store, too, until a probe has been answered. */
  const untilAnswered = async (): Promise<void> => {
    while (store.appendHealth().state === 'suspended') await sleep(50)
    for (;;) {
      try {
        await idsOf(store.readStream('nobody'))
        return
      } catch (error) {
        if (!(error instanceof StoreUnavailable)) throw error
        await sleep(50)
      }
    }
  }
  const play = async (steps: readonly Step[]): Promise<void> => {
    run += 1
    const sent: Sent[] = []
    // What each stream would hold if all went well: good enough to choose revisions that are right, and some that are not.
    const lengths = new Map<number, number>()
    for (const current of steps) {
      if (current.do === 'fault') {
        faults[current.fault]()
        continue
      }
      const name = `run${run}-${current.stream}`
      if (current.do === 'repeat') {
        const last = sent.findLast((candidate) => candidate.stream === name)
        if (last !== undefined) sent.push({ ...last, outcome: send(name, last.expected, last.events) })
        continue
      }
      const length = lengths.get(current.stream) ?? 0
      const at = { right: length - 1, behind: length - 2, ahead: length + 1, none: -1 }[current.expected]
      const expected = at < 0 ? ('no_stream' as const) : revisionOf(BigInt(at))
      const events = Array.from({ length: current.count }, () => anEvent())
      sent.push({ stream: name, expected, events, outcome: send(name, expected, events) })
      if (current.expected === 'right') lengths.set(current.stream, length + current.count)
      // Some are sent while others are in flight, some after them.
      if (sent.length % 3 === 0) await sent.at(-1)?.outcome
    }
    const settling = Promise.all(sent.map(({ outcome }) => outcome))
    await settling
    heal()
    await untilAnswered()

    for (const number of [0, 1, 2]) {
      const name = `run${run}-${number}`
      const log = await idsOf(store.readStream(name))
      if (new Set(log).size !== log.length) throw new Error(`${name} holds an event twice`)
      const known = new Set<string>()
      for (const append of sent.filter((candidate) => candidate.stream === name)) {
        for (const { id } of append.events) known.add(id)
        const outcome = await append.outcome
        const stands = standsAt(log, append)
        const somewhere = append.events.some(({ id }) => log.includes(id))
        if (somewhere && !stands) throw new Error(`${name}: an append stands elsewhere than it was sent to, or in part`)
        if (outcome.outcome === 'written' && !stands) throw new Error(`${name}: a written append is not in the log`)
        if (
          outcome.outcome === 'written' &&
          outcome.revision !== BigInt(asNumber(append.expected) + append.events.length)
        ) {
          throw new Error(`${name}: a written append was told revision ${outcome.revision}`)
        }
        // Refused once, the same events may have been sent again when their revision had come.
        const others = sent.filter((other) => other !== append && other.events === append.events)
        const landed = await Promise.all(
          others.map(async (other) => !NOT_WRITTEN.includes((await other.outcome).outcome)),
        )
        if (NOT_WRITTEN.includes(outcome.outcome) && stands && !landed.includes(true))
          throw new Error(`${name}: a refused append is in the log`)
      }
      if (log.some((id) => !known.has(id))) throw new Error(`${name} holds an event that nobody sent`)
    }
  }
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 25 }), play), {
    numRuns: RUNS,
    seed,
    endOnFailure: true,
  })
  t.pass(`${run} histories`)
})
