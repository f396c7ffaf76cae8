import { type Expected, type Fold, find, put } from '../expected.ts'
import type { PlacedFact } from '../facts.ts'

const moments = { name: 'moments', position: 'position', within: [] }
const latest = { name: 'latest_moment', key: ['id'] }

/** Every event moves the latest one on; an instant later than all before it, or another clock, makes a moment. */
const foldTimeline = (expected: Expected, { type, position, recordedAt, createdMs }: PlacedFact): void => {
  const before = find(expected, latest, 'latest')
  const clock = before?.['clock'] === 'LOG' || type === 'LedgerClockStarted' ? 'LOG' : 'RECORDERS'
  const instantMs = BigInt(clock === 'LOG' ? createdMs : Date.parse(recordedAt))
  const latestMs = before?.['clock'] === clock ? BigInt(before['instant_ms'] ?? -1n) : -1n
  if (instantMs > latestMs) {
    expected.bear(moments, {
      clock,
      instant: new Date(Number(instantMs)).toISOString(),
      position,
      position_before: before?.['position'] ?? -1n,
    })
  }
  put(expected, latest, { id: 'latest', position, clock, instant_ms: instantMs > latestMs ? instantMs : latestMs })
}

export const timelineFold: Fold = { histories: [moments], states: [latest], start: () => foldTimeline }
