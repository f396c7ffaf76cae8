import { fork } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { EventStore } from '@registru/event-store'
import type { PlacedFact } from '@registru/scripts/audit/facts'
import { isOfTheLedger, readFact } from '@registru/scripts/audit/log'
import { type Progress, showProgress } from '@registru/scripts/cli/progress'
import { createRandom, type Random } from '@registru/scripts/seed/random'
import { programs, type TemporarySystem } from '../measure/temporary-system.ts'
import { untilProjected } from '../measure/until-projected.ts'

const RESTART_LIMIT_MS = 60_000
const POLL_MS = 50
/** A finding is read by a person; a whole statement is not. */
const DETAIL_CHARACTERS_MAX = 2_000
/** The log has them all. */
const FINDINGS_SHOWN = 20

export interface Got {
  readonly status: number
  readonly body: Buffer
  readonly text: string
}

/** What all parts of the campaign share: the system that they ask, their randomness, and where they write what they find. */
export interface Campaign {
  readonly system: TemporarySystem
  readonly store: EventStore
  readonly random: (name: string) => Random
  readonly say: (line: string) => void
  readonly progress: (what: string) => Progress
  readonly find: (part: string, what: string, detail: string) => void
  readonly findings: () => number
  /** A path below `/v1`, or a link that an answer gave. */
  readonly get: (path: string) => Promise<Got>
}

export const createCampaign = (
  system: TemporarySystem,
  store: EventStore,
  { seed, logFile }: { readonly seed: string; readonly logFile: string },
): Campaign => {
  const say = (line: string): void => console.log(line)
  const { run } = system
  let findings = 0
  return {
    system,
    store,
    say,
    random: (name) => createRandom(`${seed} ${name}`),
    progress: (what) =>
      showProgress(
        { environment: process.env, print: say, say: (line) => console.error(line), isTerminal: process.stderr.isTTY },
        what,
      ),
    find: (part, what, detail) => {
      findings += 1
      const found = { part, what, detail: detail.slice(0, DETAIL_CHARACTERS_MAX) }
      appendFileSync(logFile, `${JSON.stringify(found)}\n`)
      if (findings <= FINDINGS_SHOWN) say(`FINDING ${part}: ${what}: ${found.detail}`)
    },
    findings: () => findings,
    get: async (path) => {
      const answer = await fetch(`${run.apiUrl}${path}`, { headers: { authorization: `Bearer ${run.token}` } })
      const body = Buffer.from(await answer.arrayBuffer())
      return { status: answer.status, body, text: body.toString('utf8') }
    },
  }
}

/** Works on the items in their order, a few at a time. */
export const fewAtATime = async <Item>(
  items: Iterable<Item>,
  count: number,
  work: (item: Item) => Promise<void>,
): Promise<void> => {
  const source = items[Symbol.iterator]()
  const lane = async (): Promise<void> => {
    for (let next = source.next(); next.done !== true; next = source.next()) await work(next.value)
  }
  await Promise.all(Array.from({ length: count }, lane))
}

/** All facts of the ledger in the order of the log, by the auditor's own shapes. */
export const readFacts = async (store: EventStore): Promise<readonly PlacedFact[]> => {
  const facts: PlacedFact[] = []
  for await (const event of store.readAll()) {
    if (!isOfTheLedger(event.stream)) continue
    const fact = readFact(event)
    if (fact === undefined) throw new Error(`the auditor cannot read ${event.type} at ${event.stream}`)
    facts.push(fact)
  }
  return facts
}

export const untilHeadProjected = async ({ store, system }: Campaign): Promise<void> => {
  const head = await store.head()
  await untilProjected(system.run.databaseUrl, head?.position ?? -1n)
}

/** Runs `registru` against the system and answers its exit code; what it says goes to standard error. */
export const endOfRegistru = ({ system }: Campaign, ...args: readonly string[]): Promise<number | null> =>
  new Promise((resolve) => {
    const child = fork(programs.registru, [...args], {
      env: { ...process.env, REGISTRU_HOME: system.home },
      stdio: ['ignore', 2, 2, 'ipc'],
    })
    child.once('exit', resolve)
  })

/** Ends one process of the system; fulfilled when its successor does the work. */
export const restart = async ({ system, get }: Campaign, part: 'api' | 'projector'): Promise<void> => {
  const before = system.run.processes[part]
  if (before === undefined) throw new Error(`${part} does not run`)
  process.kill(before, 'SIGTERM')
  for (const until = performance.now() + RESTART_LIMIT_MS; performance.now() < until; await sleep(POLL_MS)) {
    const now = system.run.processes[part]
    if (now === undefined || now === before) continue
    const ready = await get('/readyz').catch(() => undefined)
    if (ready?.status === 200) return
  }
  throw new Error(`${part} did not come back`)
}
