import type { CompanyId, ReceiptSeries } from '@registru/domain'
import { findLastNumber, type ReadHandle } from '@registru/projections'

/** The read models as they are at the moment, however far they have come. */
interface ReadModels {
  readonly snapshot: <Value>(
    freshness: { readonly maxWaitMs: number },
    read: (handle: ReadHandle) => Promise<Value>,
  ) => Promise<{ readonly value: Value }>
}

/** What the register of receipts in Postgres says was the last number of a book: it outlives a restored event store. */
export const createLastNumberReader =
  ({ snapshot }: ReadModels) =>
  async (companyId: CompanyId, series: ReceiptSeries): Promise<number | undefined> => {
    const { value } = await snapshot({ maxWaitMs: 0 }, (handle) => findLastNumber(handle, { companyId, series }))
    return value
  }
