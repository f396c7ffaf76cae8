/** One transaction writes at most this many: larger ones gain little and make readers wait. */
export const BATCH_EVENTS_MAX = 500
/** From the largest batch to a single event in four steps: each of them costs a time-out. */
const SHRINK = 8
const GROW = 2

/** How many events a batch may hold: fewer after Postgres stopped one at its time-out, more again with each one written. */
export interface Pace {
  readonly eventsMax: () => number
  readonly written: () => void
  /** `stalled`: a single event takes too long, too. */
  readonly timedOut: () => 'smaller' | 'stalled'
}

export const createPace = (): Pace => {
  let eventsMax = BATCH_EVENTS_MAX
  return {
    eventsMax: () => eventsMax,
    written: () => {
      eventsMax = Math.min(BATCH_EVENTS_MAX, eventsMax * GROW)
    },
    timedOut: () => {
      if (eventsMax === 1) return 'stalled'
      eventsMax = Math.max(1, Math.floor(eventsMax / SHRINK))
      return 'smaller'
    },
  }
}
