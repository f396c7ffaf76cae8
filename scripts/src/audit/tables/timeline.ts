import { type Expected, type Fold, find, put } from '../expected.ts'
import type { PlacedFact } from '../facts.ts'

const moments = { name: 'moments', position: 'position', within: [] }
const latest = { name: 'latest_moment', key: ['id'] }

/** Every event moves the latest one on; an instant later than all before it makes a moment. */
const foldTimeline = (expected: Expected, { position, recordedAt }: PlacedFact): void => {
  const before = find(expected, latest, 'latest')
  const recordedMs = BigInt(Date.parse(recordedAt))
  const latestMs = BigInt(before?.['recorded_ms'] ?? -1n)
  if (recordedMs > latestMs) {
    expected.bear(moments, {
      recorded_at: new Date(Number(recordedMs)).toISOString(),
      position,
      position_before: before?.['position'] ?? -1n,
    })
  }
  put(expected, latest, { id: 'latest', position, recorded_ms: recordedMs > latestMs ? recordedMs : latestMs })
}

export const timelineFold: Fold = { histories: [moments], states: [latest], start: () => foldTimeline }
