/** Kills every process of a system again and again while it is being seeded, then looks whether anything is wrong. */
import { type ChildProcess, spawn } from 'node:child_process'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { readRunFile } from '@registru/scripts/run-file'
import { Command, InvalidArgumentError } from 'commander'
import { programs, startTemporarySystem } from './measure/temporary-system.ts'

const wholeNumber = (text: string): number => {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 0) return value
  throw new InvalidArgumentError('Expected a whole number.')
}

const program = new Command('npm run bench crashes --')
  .description(
    'Starts a whole system of its own, seeds it with retries, kills the API, the projector, the event store and PostgreSQL\n' +
      'in turn with SIGKILL meanwhile, and verifies: nothing acknowledged is lost, nothing is doubled, receipts have no gap,\n' +
      'and every read model agrees with the events. Exit code 1 otherwise. Leaves nothing behind.',
  )
  .option('--kills <n>', 'of each process', wholeNumber, 5)
  .option('--scale <n>', 'of the seed', wholeNumber, 2)
  .option('--projectors <n>', 'projectors at once; correctness must not need the lock between them', wholeNumber, 1)
  .parse()
const options = program.opts<{ kills: number; scale: number; projectors: number }>()

const scripts = resolve(import.meta.dirname, '../../dist/src')
const say = (line: string): void => console.log(line)

/** Long enough to come back and do some work, short enough to be struck in the middle of it. */
const pauseMinMs = 1_000
const pauseMaxMs = 4_000

const runScript = (name: string, args: readonly string[], home: string): Promise<number | null> =>
  new Promise((settle, fail) => {
    const environment = { ...process.env, REGISTRU_HOME: home }
    const child = spawn(process.execPath, [join(scripts, `${name}.js`), ...args], {
      env: environment,
      stdio: 'inherit',
    })
    child.once('error', fail)
    child.once('exit', settle)
  })

const killInTurn = async (home: string, failed: AbortSignal): Promise<void> => {
  const victims = ['api', 'projector', 'event-store', 'postgres']
  const kills = options.kills * victims.length
  for (let turn = 0; turn < kills && !failed.aborted; ) {
    await sleep(pauseMinMs + Math.random() * (pauseMaxMs - pauseMinMs))
    const victim = victims[turn % victims.length] ?? ''
    const pid = readRunFile(home)?.processes[victim]
    // It may be down still from the last time, or because what it stands on is.
    if (pid === undefined) continue
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      continue
    }
    turn += 1
    say(`killed ${victim} (${turn} of ${kills})`)
  }
}

/** Not waited for: it is ready only when the first one is killed and it takes over. */
const startStandby = (environment: NodeJS.ProcessEnv): ChildProcess =>
  spawn(process.execPath, [programs.projector], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })

const standBy: ChildProcess[] = []
const system = await startTemporarySystem(say)
try {
  const { home, run } = system
  const stores = { DATABASE_URL: run.databaseUrl, ESDB_URL: run.eventStoreUrl, LOG_LEVEL: 'warn' }
  for (let projector = 2; projector <= options.projectors; projector += 1) standBy.push(startStandby(stores))
  const journal = join(home, 'acknowledged.ndjson')
  const failed = new AbortController()
  let dying = true
  const killing = killInTurn(home, failed.signal).finally(() => {
    dying = false
  })
  let seedCode: number | null = 0
  // One firm after another, until the last one was seeded with nobody left to kill.
  for (let firm = 1; seedCode === 0 && (dying || firm === 1); firm += 1) {
    const firmOptions = ['--company', `firm-${firm}`, '--scale', `${options.scale}`]
    seedCode = await runScript('seed', [...firmOptions, '--concurrency', '32', '--journal', journal], home)
  }
  if (seedCode !== 0) failed.abort()
  await killing
  const verifyCode = await runScript('registru', ['audit', '--acknowledged', journal], home)
  process.exitCode = seedCode === 0 && verifyCode === 0 ? 0 : 1
} finally {
  for (const child of standBy) child.kill()
  await system.stop()
}
