/**
 * What events are stamped with. Readers map instants to positions by these stamps, so that a machine's clock that steps back
 * must not take the log along: a stamp is never before the one of the event before it.
 */
export interface EventClock {
  readonly stampAfter: (lastStampedMs: number) => number
  /**
   * From now on events are stamped as if this were the present; `undefined`: with the real time again. It may lie before
   * the last stamp: that is what it is for.
   */
  set(presentMs: number | undefined): void
}

export const createEventClock = (nowMs: () => number): EventClock => {
  let shiftMs: number | undefined
  return {
    stampAfter: (lastStampedMs) => (shiftMs === undefined ? Math.max(lastStampedMs, nowMs()) : nowMs() + shiftMs),
    set: (presentMs) => {
      shiftMs = presentMs === undefined ? undefined : presentMs - nowMs()
    },
  }
}
