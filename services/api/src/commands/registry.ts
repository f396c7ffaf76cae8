import { claimCommands } from './claims.ts'
import { clientCommands } from './clients.ts'
import type { CommandDefinition } from './command-definition.ts'
import { companyCommands } from './company.ts'
import { creditCommands } from './credit.ts'
import { invoiceCommands } from './invoices.ts'
import { mergeCommands } from './merges.ts'
import { paymentCommands } from './payments.ts'
import { rateCommands } from './rates.ts'
import { receiptCommands } from './receipts.ts'
import { takingBackCommands } from './taking-back.ts'
import { transferCommands } from './transfers.ts'
import { unidentifiedCommands } from './unidentified.ts'

/** Every command of the API, in the order in which a newcomer meets them. */
export const commandDefinitions: readonly CommandDefinition[] = [
  ...companyCommands,
  ...clientCommands,
  ...invoiceCommands,
  ...claimCommands,
  ...paymentCommands,
  ...creditCommands,
  ...takingBackCommands,
  ...transferCommands,
  ...mergeCommands,
  ...unidentifiedCommands,
  ...receiptCommands,
  ...rateCommands,
]
