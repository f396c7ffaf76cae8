import { accountCommands } from './account-commands.ts'
import type { CommandDefinition } from './command-definition.ts'
import { companyCommands } from './company-commands.ts'
import { receiptBookCommands } from './receipt-book-commands.ts'

/** Every command of the API, in the order in which a newcomer meets them. */
export const commandDefinitions: readonly CommandDefinition[] = [
  ...companyCommands,
  ...accountCommands,
  ...receiptBookCommands,
]
