import {
  type Company,
  type CompanyCommand,
  type CompanyEvent,
  type CompanyId,
  type CompanyRules,
  companyStream,
} from '@registru/domain'
import { LRUCache } from 'lru-cache'
import type { CommandHandler } from './command-handler.ts'

/** How old the rules may be when another process changed them: two streams share no transaction, so there is always a last moment. */
const RULES_AGE_MAX_MS = 1_000
const COMPANIES_MAX = 1_000

/** What a company has decided about itself, for decisions on its accounts: read rarely, for it changes rarely. */
export interface CompanyRulesReader {
  readonly rulesOf: (companyId: CompanyId) => Promise<CompanyRules>
  /** After a command of this process, the next decision sees it at once. */
  readonly forget: (companyId: CompanyId) => void
}

export const createCompanyRulesReader = (
  companies: CommandHandler<Company, CompanyCommand, CompanyEvent>,
): CompanyRulesReader => {
  const known = new LRUCache<CompanyId, CompanyRules>({ max: COMPANIES_MAX, ttl: RULES_AGE_MAX_MS })
  return {
    rulesOf: async (companyId) => {
      const rules = known.get(companyId)
      if (rules !== undefined) return rules
      const company = await companies.read(companyStream(companyId), () => false)
      known.set(companyId, company.rules)
      return company.rules
    },
    forget: (companyId) => void known.delete(companyId),
  }
}
