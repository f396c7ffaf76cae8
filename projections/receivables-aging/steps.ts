import { FOREVER } from '../core/clocks.ts'
import type { Part, Step } from './tables.ts'

export interface SpanToClose {
  readonly knownFrom: bigint
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

const openOn = (part: Part, day: string): bigint => {
  const step = part.steps.findLast(({ from }) => from <= day)
  return step === undefined ? 0n : BigInt(step.open)
}

/** What is settled falls on the earliest parts first, so what is open lies on the last ones. */
const spread = (parts: readonly Part[], total: bigint): readonly bigint[] => {
  let left = total
  const opens = parts.map(() => 0n)
  for (let index = parts.length - 1; index >= 0; index -= 1) {
    const whole = BigInt(parts[index]?.amount ?? 0)
    opens[index] = left < whole || index === 0 ? left : whole
    left -= opens[index] ?? 0n
  }
  return opens
}

/** The days from `day` on at which anything steps, `day` included. */
const stepDays = (parts: readonly Part[], day: string): readonly string[] => {
  const days = new Set([day])
  for (const part of parts) for (const { from } of part.steps) if (from > day) days.add(from)
  return [...days].toSorted()
}

const withoutRepeats = (steps: readonly Step[]): readonly Step[] =>
  steps.filter((step, index) => step.open !== (index === 0 ? '0' : steps[index - 1]?.open))

/**
 * Changes what is open by `delta` from a day on. Spans that no longer hold are closed, new ones are opened, and a span
 * that says the same as before is left alone.
 */
export const changeFrom = (
  parts: readonly Part[],
  day: string,
  delta: bigint,
  event: { readonly position: bigint; readonly firstLine: number },
): StepChange => {
  const days = stepDays(parts, day)
  const opensByDay = days.map((on) => {
    const total = parts.reduce((sum, part) => sum + openOn(part, on), delta)
    return spread(parts, total)
  })
  const close: SpanToClose[] = []
  const open: SpanToOpen[] = []

  const changed = parts.map((part, index): Part => {
    const bare = withoutRepeats([
      ...part.steps.filter(({ from }) => from < day).map(({ from, open: amount }): Step => ({ from, open: amount })),
      ...days.map((from, at): Step => ({ from, open: `${opensByDay[at]?.[index] ?? 0n}` })),
    ])
    const end = (steps: readonly Step[], at: number): string => steps[at + 1]?.from ?? FOREVER
    const kept = new Set<Step>()
    const steps = bare.map((step, at): Step => {
      const same = part.steps.find(
        (old, oldAt) => old.from === step.from && old.open === step.open && end(part.steps, oldAt) === end(bare, at),
      )
      if (same !== undefined) {
        kept.add(same)
        return same
      }
      if (step.open === '0') return step
      const line = event.firstLine + open.length
      open.push({
        line,
        part: index,
        dueOn: part.dueOn,
        amountMinor: BigInt(step.open),
        effFrom: step.from,
        effTo: end(bare, at),
      })
      return { ...step, span: { knownFrom: `${event.position}`, line } }
    })
    for (const old of part.steps) {
      if (!kept.has(old) && old.span !== undefined) {
        close.push({ knownFrom: BigInt(old.span.knownFrom), line: old.span.line })
      }
    }
    return { ...part, steps }
  })
  return { parts: changed, close, open }
}
