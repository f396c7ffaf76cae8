import { accountPayments, type BusinessDay, clientAccountStream, documents, type Position } from '@registru/domain'
import {
  DESKLESS,
  findHeld,
  findPaidToBusinesses,
  listSameNames,
  listSamePayments,
  listSameTaxIds,
  type ReadHandle,
} from '@registru/projections'
import type { Logger, Pool } from '@registru/runtime'
import { createDrawers } from './drawers.ts'
import { type ElsewhereReader, inTurn } from './elsewhere.ts'
import type { Ledger } from './ledger.ts'
import { createLookalikes } from './lookalikes.ts'

interface ReadModels {
  readonly snapshot: <Value>(
    freshness: { readonly minPosition?: Position | undefined; readonly maxWaitMs: number },
    read: (handle: ReadHandle) => Promise<Value>,
  ) => Promise<{ readonly value: Value }>
  /** Waits until they prove that an instant is over, with all that was written by then. */
  readonly pass: (instantMs: number, maxWaitMs: number) => Promise<void>
}

export interface ReadModelsOptions {
  readonly pool: Pool
  readonly readSide: ReadModels
  readonly today: () => BusinessDay
  readonly now: () => Date
  readonly logger: Pick<Logger, 'warn' | 'info'>
  readonly answerWithinMs?: number
  readonly knowWithinMs?: number
}

/** What the read models tell of other streams, and the accounts of themselves. */
export const toldByReadModels =
  ({ pool, readSide, today, now, ...options }: ReadModelsOptions) =>
  (accounts: Pick<Ledger['accounts'], 'read'>): ElsewhereReader =>
    inTurn(
      createLookalikes({
        ...options,
        findDocuments: (names) => listSameNames(pool, names),
        findPayments: (payments) => listSamePayments(pool, payments),
        findClients: (taxIds) => listSameTaxIds(pool, taxIds),
        stands: async (companyId, document) => {
          const stream = clientAccountStream(companyId, document.clientId)
          // What was taken off its name stays off, so only that it stands has to be of this moment.
          return documents.has(await accounts.read(stream, (account) => !documents.has(account, document)), document)
        },
      }),
      createDrawers({
        ...options,
        today,
        find: async ({ companyId, deskId = DESKLESS, on }, minPosition, maxWaitMs) => {
          const known = await readSide.snapshot({ minPosition, maxWaitMs }, async (handle) => ({
            drawer: await findHeld(handle, { companyId, deskId, from: on }),
            paidToBusinesses: await findPaidToBusinesses(handle, { companyId, day: on }),
          }))
          return known.value
        },
        knowAll: (maxWaitMs) => readSide.pass(now().getTime(), maxWaitMs),
        creditOf: async (companyId, { clientId, paymentId }) => {
          const stream = clientAccountStream(companyId, clientId)
          const account = await accounts.read(stream, (state) => accountPayments.has(state, paymentId))
          const payment = accountPayments.factsOf(account, paymentId)
          return payment && account.client && { currency: payment.currency, kind: account.client.kind }
        },
      }),
    )
