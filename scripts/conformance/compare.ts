import { canonical, isObject } from './answers.ts'
import type { Script, Step } from './script.ts'

/**
 * `pass`: as recorded, or as seen in a race. `asLater`: as a server of a later line. `stricter`: refused where the real server
 * never answered, failed inside, or kept what cannot be read back. `notOffered`: UNIMPLEMENTED.
 */
export type Verdict = 'pass' | 'asLater' | 'stricter' | 'notOffered' | 'fail'

export interface StepResult {
  readonly step: number
  readonly operation: Step
  readonly verdict: Verdict
  readonly expected: unknown
  readonly got: unknown
}

const errorOf = (answer: unknown): Readonly<Record<string, unknown>> | undefined => {
  const { error, status } = isObject(answer) ? answer : {}
  if (isObject(error)) return error
  return isObject(status) && status['code'] !== 'OK' && status['code'] !== undefined ? status : undefined
}

const isRefusal = (answer: unknown): boolean => {
  const text = canonical(answer)
  return errorOf(answer)?.['code'] === 'INVALID_ARGUMENT' || text.includes('"code":"INVALID_ARGUMENT"')
}

/** The recorded server hung, failed inside, or gave what its own client could not understand. */
const mayBeRefused = (expected: unknown): boolean => {
  if (!isObject(expected)) return false
  if ('timeout' in expected || 'clientFault' in expected) return true
  return errorOf(expected)?.['code'] === 'UNKNOWN'
}

const isNotOffered = (answer: unknown): boolean => {
  const error = errorOf(answer)
  return error?.['code'] === 'UNIMPLEMENTED' || error?.['type'] === 'unsupported'
}

/** The different answers of a multiset, and how many answers there are. */
const kindsOf = (answer: unknown): { readonly kinds: readonly string[]; readonly total: number } | undefined => {
  if (!isObject(answer) || !Array.isArray(answer['multiset'])) return undefined
  const groups = answer['multiset'].filter(isObject)
  return {
    kinds: groups.map((group) => canonical(group['answer'])),
    total: groups.reduce((sum, { times }) => sum + Number(times), 0),
  }
}

/** In what proportions the answers of a race come is chance: each has to be one that was seen in it. */
const isSameRace = (got: unknown, seen: readonly unknown[]): boolean => {
  const answer = kindsOf(got)
  const races = seen.map(kindsOf)
  if (answer === undefined || races.length < 2) return false
  const kinds = races.flatMap((race) => race?.kinds ?? [])
  return answer.total === races[0]?.total && answer.kinds.every((kind) => kinds.includes(kind))
}

const verdictOf = (script: Script, step: number, got: unknown): Verdict => {
  const answer = canonical(got)
  const expected = script.answers[step]
  if (answer === canonical(expected)) return 'pass'
  const alternative = script.alternatives[step]
  const alternatives = alternative === undefined ? [] : [alternative].flat()
  if (alternatives.some((other) => canonical(other) === answer)) return 'pass'
  if (isSameRace(got, [expected, ...alternatives])) return 'pass'
  const later = script.later?.answers[step]
  if (later !== undefined && canonical(later) === answer) return 'asLater'
  if (isNotOffered(got)) return 'notOffered'
  if (mayBeRefused(expected) && isRefusal(got)) return 'stricter'
  return 'fail'
}

export const compare = (script: Script, answers: readonly unknown[]): readonly StepResult[] =>
  script.steps.map((operation, step) => ({
    step,
    operation,
    verdict: verdictOf(script, step, answers[step]),
    expected: script.answers[step],
    got: answers[step],
  }))

const SHOWN_MAX = 160

const shortened = (value: unknown): string => {
  const text = value === undefined ? 'nothing' : JSON.stringify(value)
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX - 3)}...` : text
}

/** Where two answers part, in one line. */
export const firstDifference = (expected: unknown, got: unknown, path = 'answer'): string | undefined => {
  if (canonical(expected) === canonical(got)) return undefined
  if (Array.isArray(expected) && Array.isArray(got)) {
    if (expected.length !== got.length) return `${path}: ${expected.length} expected, ${got.length} came`
    return expected.map((item, index) => firstDifference(item, got[index], `${path}[${index}]`)).find(Boolean)
  }
  if (isObject(expected) && isObject(got)) {
    const keys = [...new Set([...Object.keys(expected), ...Object.keys(got)])].filter((key) => key !== 'info')
    return keys.map((key) => firstDifference(expected[key], got[key], `${path}.${key}`)).find(Boolean)
  }
  return `${path}: expected ${shortened(expected)}, got ${shortened(got)}`
}
