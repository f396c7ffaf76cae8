import { type ChildProcess, fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Behaviour, behaviours } from './behaviours.ts'
import { compare, firstDifference, type StepResult } from './compare.ts'
import type { Task } from './replay-process.ts'
import { matches, type Script } from './script.ts'

/** A script that has not ended by then has hung its process. */
const GRACE_MS = 10_000
const BEHAVIOUR_MS = 60_000

interface Outcome {
  readonly answers?: unknown[]
  readonly note?: string
  readonly broken?: string
}

/** One row of the report. */
export interface Result {
  readonly name: string
  readonly theme: string
  readonly purpose: string
  readonly verdict: 'pass' | 'fail' | 'not offered'
  /** What is worth knowing about a pass, or where it failed. */
  readonly note: string
  readonly steps: readonly StepResult[]
}

const countOf = (steps: readonly StepResult[], verdict: StepResult['verdict']): number =>
  steps.filter((step) => step.verdict === verdict).length

const resultOfScript = (script: Script, { answers = [], broken }: Outcome): Result => {
  const steps = compare(script, answers)
  const failed = steps.find(({ verdict }) => verdict === 'fail')
  const { name, theme, purpose } = script
  if (broken !== undefined) return { name, theme, purpose, verdict: 'fail', note: broken, steps }
  if (failed !== undefined) {
    const difference = firstDifference(failed.expected, failed.got) ?? ''
    return {
      name,
      theme,
      purpose,
      verdict: 'fail',
      note: `step ${failed.step} ${failed.operation.op}: ${difference}`,
      steps,
    }
  }
  const notOffered = countOf(steps, 'notOffered')
  const asLater = countOf(steps, 'asLater')
  const stricter = countOf(steps, 'stricter')
  const notes = [
    ...(asLater > 0 ? [`${asLater} of ${steps.length} steps as a later line`] : []),
    ...(stricter > 0 ? [`${stricter} of ${steps.length} steps stricter`] : []),
  ]
  return { name, theme, purpose, verdict: notOffered > 0 ? 'not offered' : 'pass', note: notes.join(', '), steps }
}

const resultOfBehaviour = ({ name, theme, purpose }: Behaviour, { note = '', broken }: Outcome): Result =>
  broken === undefined
    ? { name, theme, purpose, verdict: 'pass', note, steps: [] }
    : { name, theme, purpose, verdict: 'fail', note: broken.split('\n')[0] ?? broken, steps: [] }

/** What happened is only known of a process that has neither hung nor caught a fault of the client. */
const mayBeUsedAgain = (outcome: Outcome): boolean =>
  outcome.broken === undefined && !/"(?:timeout|clientFault|notRun)":/.test(JSON.stringify(outcome.answers ?? []))

/**
 * Replays the scripts and checks the behaviours one after the other, for some read all of the log, in a process that is
 * replaced once the client in it hangs or breaks.
 * @param wanted names, with `*`, comma separated; absent: all
 */
export async function* runSuite(
  scripts: readonly Script[],
  url: string,
  wanted?: string,
): AsyncGenerator<Result, void> {
  let child: ChildProcess | undefined
  const perform = async (task: Task, limitMs: number): Promise<Outcome> => {
    child ??= fork(new URL('./replay-process.js', import.meta.url), ['scripts', url], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    const performer = child
    const stop = new AbortController()
    const answered = new Promise<Outcome>((settle) => {
      performer.once('message', (outcome: Outcome) => settle(outcome))
      performer.once('exit', (code) => settle({ broken: `the process ended with ${code}` }))
    })
    const hung = sleep(limitMs, { broken: `not done within ${limitMs} ms` }, { signal: stop.signal })
    performer.send(task)
    const outcome = await Promise.race([answered, hung.catch(() => ({ broken: 'stopped' }))])
    stop.abort()
    performer.removeAllListeners()
    if (!mayBeUsedAgain(outcome)) {
      performer.kill()
      child = undefined
    }
    return outcome
  }
  const isWanted = ({ name }: { readonly name: string }): boolean => wanted === undefined || matches(name, wanted)

  try {
    for (const script of scripts.filter(isWanted)) {
      const seed = randomBytes(4).toString('hex')
      yield resultOfScript(script, await perform({ script, seed }, script.timeoutMs + GRACE_MS))
    }
    for (const behaviour of behaviours.filter(isWanted)) {
      yield resultOfBehaviour(behaviour, await perform({ behaviour: behaviour.name }, BEHAVIOUR_MS))
    }
  } finally {
    child?.kill()
  }
}
