import type { ZodApp } from '../http/zod-app.ts'
import { accountingRoutes } from './accounting-routes.ts'
import type { QueryDependencies } from './answer.ts'
import { cashCeilingRoutes } from './cash-ceiling-routes.ts'
import { cashDeskRoutes } from './cash-desk-routes.ts'
import { cashPayoutRoutes } from './cash-payout-routes.ts'
import { clientRoutes } from './client-routes.ts'
import { collectionRoutes } from './collection-routes.ts'
import { companyRoutes } from './company-routes.ts'
import { documentRoutes } from './document-routes.ts'
import { duplicateRoutes } from './duplicate-routes.ts'
import { explainRoutes } from './explain-routes.ts'
import { invoiceRoutes } from './invoice-routes.ts'
import { paymentRoutes } from './payment-routes.ts'
import { rateRoutes } from './rate-routes.ts'
import { receiptRoutes } from './receipt-routes.ts'
import { receivablesRoutes } from './receivables-routes.ts'
import { statementRoutes } from './statement-routes.ts'
import { unidentifiedRoutes } from './unidentified-routes.ts'
import { vatRoutes } from './vat-routes.ts'

/** Everything that is read from the read models. */
export const queryRoutes = (app: ZodApp, dependencies: QueryDependencies): void => {
  clientRoutes(app, dependencies)
  statementRoutes(app, dependencies)
  invoiceRoutes(app, dependencies)
  paymentRoutes(app, dependencies)
  unidentifiedRoutes(app, dependencies)
  receiptRoutes(app, dependencies)
  receivablesRoutes(app, dependencies)
  accountingRoutes(app, dependencies)
  vatRoutes(app, dependencies)
  explainRoutes(app, dependencies)
  companyRoutes(app, dependencies)
  cashDeskRoutes(app, dependencies)
  collectionRoutes(app, dependencies)
  cashCeilingRoutes(app, dependencies)
  cashPayoutRoutes(app, dependencies)
  documentRoutes(app, dependencies)
  duplicateRoutes(app, dependencies)
  rateRoutes(app, dependencies)
}
