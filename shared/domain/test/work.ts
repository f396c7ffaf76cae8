import { Session } from 'node:inspector'

const OF_THE_DOMAIN = '/shared/domain/dist/src/'

/**
 * How often blocks of the domain's code ran during some work, loops included: what it costs, on any machine and however
 * busy that is. What a built-in function does with a long array is not seen.
 */
export const blocksRun = (work: () => void): number => {
  const session = new Session()
  session.connect()
  try {
    session.post('Profiler.enable')
    session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
    work()
    let count = 0
    session.post('Profiler.takePreciseCoverage', (error, { result }) => {
      if (error !== null) throw error
      for (const { functions } of result.filter(({ url }) => url.includes(OF_THE_DOMAIN))) {
        for (const { ranges } of functions) for (const range of ranges) count += range.count
      }
    })
    if (count === 0) throw new Error('no code of the domain was seen at work')
    return count
  } finally {
    session.disconnect()
  }
}
