import { keepReadersOut, lockSchemas, putInUse, waitForOlderReaders } from '@registru/projections'
import { atOnePosition, type MeetOptions } from './meet.ts'

/**
 * Puts generations in the place of the ones in use, all in one transaction at one position; the projector goes on with
 * them. The old ones stay where they are, for the way back.
 */
export const switchGenerations = (options: Omit<MeetOptions, 'before'>): Promise<void> =>
  atOnePosition(
    {
      ...options,
      before: async (holder) => {
        await lockSchemas(holder)
        await keepReadersOut(holder)
      },
    },
    async (holder) => {
      await waitForOlderReaders(holder)
      await putInUse(holder, options.pairs)
    },
  )
