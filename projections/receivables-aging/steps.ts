import { type Position, positionOf } from '@registru/domain'
import { FOREVER } from '../core/reading/clocks.ts'
import type { Part, Step } from './tables.ts'

export interface SpanToClose {
  readonly knownFrom: Position
  readonly line: number
}

export interface SpanToOpen {
  readonly line: number
  readonly part: number
  readonly dueOn: string
  readonly amountMinor: bigint
  readonly effFrom: string
  readonly effTo: string
}

export interface StepChange {
  readonly parts: readonly Part[]
  readonly close: readonly SpanToClose[]
  readonly open: readonly SpanToOpen[]
}

/** What is open on a part from a day on, as far as the day matters. */
interface Level {
  readonly from: string
  readonly open: string
}

const openOn = ({ steps }: Part, day: string): bigint => {
  const step = steps.findLast(({ from }) => from <= day)
  return step === undefined ? 0n : BigInt(step.open)
}

const wholeOn = ({ amount, before = [] }: Part, day: string): bigint =>
  BigInt(before.find(({ until }) => day < until)?.amount ?? amount)

/** What is settled falls on the earliest parts first, so what is open lies on the last ones. */
const spread = (parts: readonly Part[], total: bigint, day: string): readonly bigint[] => {
  const opens: bigint[] = []
  let left = total
  for (let index = parts.length - 1; index >= 0; index -= 1) {
    const part = parts[index]
    const whole = part === undefined ? 0n : wholeOn(part, day)
    const open = index === 0 || left < whole ? left : whole
    opens.unshift(open)
    left -= open
  }
  return opens
}

/** The days from `day` on at which anything steps, `day` included. */
const stepDays = (parts: readonly Part[], day: string): readonly string[] => {
  const days = [day]
  for (const { steps, before = [] } of parts) {
    for (const { from } of steps) if (from > day && !days.includes(from)) days.push(from)
    for (const { until } of before) if (until > day && !days.includes(until)) days.push(until)
  }
  return days.length === 1 ? days : days.toSorted()
}

/** A level that says the same as the one before it is none. */
const pushLevel = (levels: Level[], from: string, open: string): void => {
  if (open !== (levels.at(-1)?.open ?? '0')) levels.push({ from, open })
}

/** The levels of every part after the change; before `day` as they were. */
const levelsAfter = (parts: readonly Part[], day: string, delta: bigint): readonly (readonly Level[])[] => {
  const levels = parts.map(({ steps }): Level[] => {
    const before: Level[] = []
    for (const { from, open } of steps) if (from < day) pushLevel(before, from, open)
    return before
  })
  for (const from of stepDays(parts, day)) {
    let total = delta
    for (const part of parts) total += openOn(part, from)
    const opens = spread(parts, total, from)
    for (const [index, open] of opens.entries()) pushLevel(levels[index] ?? [], from, `${open}`)
  }
  return levels
}

/** What other due days take over from `on` is taken off the part. */
const shrunk = (part: Part, amount: bigint, on: string): Part => {
  const { before = [] } = part
  if (BigInt(part.amount) === amount) return part
  const told = before.at(-1)?.until === on ? before : [...before, { until: on, amount: part.amount }]
  return { ...part, amount: `${amount}`, before: told }
}

/** The parts when others take over what is open of them from a day on: what is settled lies on the earliest ones. */
export const withAgreed = (
  parts: readonly Part[],
  agreed: readonly { readonly dueOn: string; readonly minor: bigint }[],
  on: string,
): readonly Part[] => {
  const whole = parts.reduce((sum, { amount }) => sum + BigInt(amount), 0n)
  let settled = agreed.reduce((left, { minor }) => left - minor, whole)
  const kept = parts.map((part) => {
    const amount = BigInt(part.amount) < settled ? BigInt(part.amount) : settled
    settled -= amount
    return shrunk(part, amount, on)
  })
  const before = [{ until: on, amount: '0' }]
  return [...kept, ...agreed.map(({ dueOn, minor }): Part => ({ dueOn, amount: `${minor}`, before, steps: [] }))]
}

const endOf = (levels: readonly Level[], at: number): string => levels[at + 1]?.from ?? FOREVER

/**
 * Changes what is open by `delta` from a day on. Spans that no longer hold are closed, new ones are opened, and a span
 * that says the same as before is left alone.
 */
export const changeFrom = (
  parts: readonly Part[],
  day: string,
  delta: bigint,
  event: { readonly position: Position; readonly firstLine: number },
): StepChange => {
  const close: SpanToClose[] = []
  const open: SpanToOpen[] = []
  const knownFrom = `${event.position}`

  const stepsOf = (part: Part, index: number, levels: readonly Level[]): readonly Step[] => {
    const left = new Set(part.steps)
    const steps = levels.map((level, at): Step => {
      const effTo = endOf(levels, at)
      const same = part.steps.find(
        (step, stepAt) => step.from === level.from && step.open === level.open && endOf(part.steps, stepAt) === effTo,
      )
      if (same !== undefined) {
        left.delete(same)
        return same
      }
      if (level.open === '0') return level
      const line = event.firstLine + open.length
      const amountMinor = BigInt(level.open)
      open.push({ line, part: index, dueOn: part.dueOn, amountMinor, effFrom: level.from, effTo })
      return { ...level, span: { knownFrom, line } }
    })
    for (const { span } of left) {
      if (span !== undefined) close.push({ knownFrom: positionOf(BigInt(span.knownFrom)), line: span.line })
    }
    return steps
  }

  const levels = levelsAfter(parts, day, delta)
  const changed = parts.map((part, index): Part => ({ ...part, steps: stepsOf(part, index, levels[index] ?? []) }))
  return { parts: changed, close, open }
}
