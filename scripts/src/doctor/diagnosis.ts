/** `note`: works, and somebody should know. `wrong`: somebody has to act. */
export type Health = 'ok' | 'note' | 'wrong'

export interface Diagnosis {
  readonly part: string
  readonly check: string
  readonly health: Health
  readonly found: string
  /** What to do about it. */
  readonly advice?: string
}

/** Writes down what one part of the system shows. */
export interface Examination {
  readonly ok: (check: string, found: string) => void
  readonly note: (check: string, found: string, advice: string) => void
  readonly wrong: (check: string, found: string, advice: string) => void
}

export const examine = (part: string, diagnoses: Diagnosis[]): Examination => ({
  ok: (check, found) => diagnoses.push({ part, check, health: 'ok', found }),
  note: (check, found, advice) => diagnoses.push({ part, check, health: 'note', found, advice }),
  wrong: (check, found, advice) => diagnoses.push({ part, check, health: 'wrong', found, advice }),
})

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const MS_A_SECOND = 1_000

export const secondsSince = (then: Date, nowMs: number): number => (nowMs - then.getTime()) / MS_A_SECOND

/** Clocks that differ by more put `knownAt` and the order of recorded instants in doubt. */
const CLOCK_SKEW_MAX_SECONDS = 2

/** What another clock said, against ours halfway between asking and hearing. */
export const compareClocks = (
  at: Examination,
  theirs: Date,
  askedMs: number,
  heardMs: number,
  precisionMs = 0,
): void => {
  const skew = Math.abs(theirs.getTime() - (askedMs + heardMs) / 2) - (heardMs - askedMs) / 2 - precisionMs
  const seconds = Math.max(0, skew) / MS_A_SECOND
  if (seconds <= CLOCK_SKEW_MAX_SECONDS) at.ok('clock', `within ${CLOCK_SKEW_MAX_SECONDS} s of this machine's`)
  else at.wrong('clock', `${seconds.toFixed(1)} s away from this machine's`, 'Let both machines keep time by NTP.')
}
