/** The acceptance campaign of the read side: answers against a naive fold of the events, against themselves, and explained. */
import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectEventStore } from '@registru/event-store'
import type { PlacedFact } from '@registru/scripts/audit/facts'
import { Command, InvalidArgumentError } from 'commander'
import { startTemporarySystem } from './measure/temporary-system.ts'
import {
  type Campaign,
  createCampaign,
  endOfRegistru,
  readFacts,
  restart,
  untilHeadProjected,
} from './proof/campaign.ts'
import { checkClockPairs } from './proof/clock-pairs.ts'
import { checkExplainedCells } from './proof/explained-cells.ts'
import { takeFixedAnswers } from './proof/fixed-answers.ts'
import { checkFreshReads } from './proof/fresh-reads.ts'
import { foundCompany, type RandomCompany } from './proof/random-company.ts'
import { printReceipt } from './proof/receipt-print.ts'
import { checkReports } from './proof/reports.ts'

const wholeNumber = (text: string): number => {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 0) return value
  throw new InvalidArgumentError('Expected a whole number.')
}

const program = new Command('npm run bench answers --')
  .description(
    'Starts a whole system of its own, writes random histories, and asks it through HTTP: (a) documents, lists, balances, aging and statements\n' +
      'at random pairs of clocks, against a naive fold of the events, and the reports against the auditor; (b) answers with both clocks fixed, which stay the same\n' +
      'bytes after more events, a rebuild of every read model and a restart; (c) random figures against what explains them;\n' +
      '(d) writes that are read back at once from a projector that falls asleep; (e) the PDF of a receipt, before and after.\n' +
      'Every finding goes to a log; exit code 1 if there is one. Leaves nothing else behind.',
  )
  .option('--histories <n>', 'companies with a random history each', wholeNumber, 100)
  .option('--events <n>', 'events in each history', wholeNumber, 150)
  .option('--pairs <n>', 'a: pairs of clocks', wholeNumber, 2_000)
  .option('--reports <n>', 'pairs of clocks for the other reports, beside the lists', wholeNumber, 200)
  .option('--answers <n>', 'b: answers with both clocks fixed', wholeNumber, 200)
  .option('--further <n>', 'b: events that come later', wholeNumber, 10_000)
  .option('--cells <n>', 'c: figures', wholeNumber, 5_000)
  .option('--reads <n>', 'd: writes that are read back', wholeNumber, 20_000)
  .option('--quick', 'small numbers of everything, to see that it works')
  .option('--seed <text>', 'repeats the histories and the questions of another run')
  .option('--log <file>', 'where findings are written')
  .parse()

interface Counts {
  readonly histories: number
  readonly events: number
  readonly pairs: number
  readonly reports: number
  readonly answers: number
  readonly further: number
  readonly cells: number
  readonly reads: number
}
const QUICK: Counts = {
  histories: 6,
  events: 120,
  pairs: 60,
  reports: 40,
  answers: 60,
  further: 300,
  cells: 200,
  reads: 300,
}

const given = program.opts<Counts & { quick?: true; seed?: string; log?: string }>()
const counts: Counts = given.quick === true ? QUICK : given
const seed = given.seed ?? `${Date.now() % 1_000_000_007}`
const logFile = given.log ?? join(tmpdir(), `registru-answers-${seed}.ndjson`)

const LANES = 8
const CLIENTS = 3
const IDS = 40

const live = async (campaign: Campaign, companies: readonly RandomCompany[], events: number): Promise<number> => {
  let written = 0
  const progress = campaign.progress('writing events')
  // A company is in one lane only: nobody else may write to its streams.
  const lane = async (own: readonly RandomCompany[]): Promise<void> => {
    for (let next = 0; written < events; next += 1) {
      const more = await own[next % own.length]?.live()
      written += more ?? 0
      progress.update(BigInt(written), BigInt(events))
    }
    for (const company of own) written += await company.settle()
  }
  const lanes = Array.from({ length: Math.min(LANES, companies.length) }, (_, number) =>
    companies.filter((_company, index) => index % LANES === number),
  )
  await Promise.all(lanes.map(lane))
  progress.stop()
  return written
}

/** How often each type of event was played: what nobody plays proves nothing. */
const countsOf = (facts: readonly PlacedFact[]): string => {
  const counts = new Map<string, number>()
  for (const { type } of facts) counts.set(type, (counts.get(type) ?? 0) + 1)
  const rows = [...counts].toSorted(([, a], [, b]) => b - a)
  return rows.map(([type, count]) => `${type} ${count}`).join(', ')
}

const runCampaign = async (campaign: Campaign): Promise<void> => {
  const { store, say, random } = campaign
  const part = async (name: string, work: () => Promise<string>): Promise<void> => {
    const startedAt = performance.now()
    const before = campaign.findings()
    const done = await work()
    const found = campaign.findings() - before
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(0)
    say(`${found === 0 ? 'ok' : `${found} FINDINGS`} ${name}: ${done}; ${seconds} s`)
  }

  const companies: RandomCompany[] = []
  for (let number = 1; number <= counts.histories; number += 1) {
    const companyId = `history-${number}`
    companies.push(
      await foundCompany(store, { companyId, clients: CLIENTS, ids: IDS, waits: 0, random: random(companyId) }),
    )
  }
  await live(campaign, companies, counts.histories * counts.events)
  await untilHeadProjected(campaign)
  const facts = await readFacts(store)
  say(`${facts.length} events in ${companies.length} histories: ${countsOf(facts)}`)

  await part('a, pairs of clocks', () => checkClockPairs(campaign, companies, facts, counts.pairs))
  await part('reports and lists', () => checkReports(campaign, companies, facts, counts.reports))
  await part('c, explained cells', () => checkExplainedCells(campaign, companies, facts, counts.cells))

  const receipt = await printReceipt(campaign)
  const fixed = await takeFixedAnswers(campaign, companies, facts, counts.answers)
  const holdAgain = async (after: string): Promise<void> => {
    await fixed.checkAgain(after)
    await receipt.checkAgain(after)
  }
  await part('b and e, what never changes', async () => {
    const further = await live(campaign, companies, counts.further)
    await untilHeadProjected(campaign)
    await holdAgain(`${further} further events`)
    for (const step of ['rebuild', 'switch']) {
      const code = await endOfRegistru(campaign, 'projections', step, 'all')
      if (code !== 0) campaign.find('fixed answers', `projections ${step} all`, `ended with ${code}`)
    }
    await holdAgain('a rebuild and switch')
    await restart(campaign, 'projector')
    await restart(campaign, 'api')
    await holdAgain('a restart')
    return `${fixed.count} answers and a receipt's PDF (SHA-256 ${receipt.sha256.slice(0, 12)}…) after ${further} further events, a rebuild and switch of every read model, and a restart`
  })
  await part('d, fresh reads', () => checkFreshReads(campaign, counts.reads))
  await part('audit', async () => {
    const code = await endOfRegistru(campaign, 'audit')
    if (code !== 0) campaign.find('audit', 'registru audit', `ended with ${code}`)
    return `exit code ${code}`
  })
}

rmSync(logFile, { force: true })
console.log(`seed ${seed}; findings go to ${logFile}`)
const system = await startTemporarySystem((line) => console.error(line))
const store = connectEventStore({ url: system.run.eventStoreUrl })
try {
  const campaign = createCampaign(system, store, { seed, logFile })
  await runCampaign(campaign)
  console.log(campaign.findings() === 0 ? 'nothing found' : `${campaign.findings()} findings in ${logFile}`)
  if (campaign.findings() > 0) process.exitCode = 1
} finally {
  await store.dispose()
  await system.stop()
}
