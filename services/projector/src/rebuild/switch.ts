import { keepReadersOut, lockSchemas, putInUse, waitForOlderReaders } from '@registru/projections'
import { atOnePosition, type MeetOptions } from './meet.ts'

/**
 * Puts generations in the place of the ones in use, all in one transaction at one position; the projector goes on with
 * them. The old ones stay where they are, for the way back. After the store was restored to an older copy this is how the
 * read models become those of the log that there is.
 */
export const switchGenerations = (options: Omit<MeetOptions, 'before' | 'evenIfLost'>): Promise<void> =>
  atOnePosition(
    {
      ...options,
      evenIfLost: true,
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
