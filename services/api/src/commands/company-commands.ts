import { companyStream, RegisterCompany } from '@registru/domain'
import * as examples from '@registru/domain/examples'
import { defineCommand } from './command-definition.ts'

export const companyCommands = [
  defineCommand({
    name: 'RegisterCompany',
    summary: 'Register the company',
    description: 'Who issues invoices and receipts. Its identity stands on every receipt.',
    schema: RegisterCompany,
    example: examples.registerCompany(),
    rejections: ['COMPANY_ALREADY_REGISTERED', 'TAX_ID_INVALID'],
    execute: async (data, context, { ledger }) => {
      const { companyId } = context
      const command = { type: 'RegisterCompany' as const, data: { ...data, companyId } }
      const handled = await ledger.companies.handle(companyStream(companyId), command, context)
      return { ...handled, result: { companyId } }
    },
  }),
]
