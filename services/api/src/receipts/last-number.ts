import { findLastNumber } from '@registru/projections'
import type { ReadSide } from '../queries/read-side.ts'

/** What the register of receipts in Postgres says was the last number of a book: it outlives a restored event store. */
export const createLastNumberReader =
  ({ snapshot }: Pick<ReadSide, 'snapshot'>) =>
  async (companyId: string, series: string): Promise<number | undefined> => {
    const { value } = await snapshot({ maxWaitMs: 0 }, (handle) => findLastNumber(handle, { companyId, series }))
    return value
  }
