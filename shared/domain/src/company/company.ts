import { addDays } from '../business-day.ts'
import { createCodec } from '../codec.ts'
import { type CompanyRules, DEFAULT_RULES, type Decider, type DecisionTable, decideBy } from '../decider.ts'
import type { EventOf } from '../event-definition.ts'
import type { CashDeskId, CompanyId } from '../ids.ts'
import { decimalOf, minorIn } from '../money.ts'
import { reject } from '../rejection.ts'
import { requireNear } from '../rules/days-ahead.ts'
import { isFiscalCode } from '../tax-id.ts'
import type { CompanyCommand } from './commands.ts'
import {
  CashDeskOpened,
  type CompanyEvent,
  CompanyRegistered,
  companyEventDefinitions,
  PeriodClosed,
  PeriodReopened,
  PolicySet,
} from './events.ts'

/** Who the issuer is and what it has decided. Read by the edge, changes rarely. */
export interface Company {
  identity: EventOf<typeof CompanyRegistered>['data'] | undefined
  rules: CompanyRules
  readonly desks: Set<CashDeskId>
}

const POLICIES = [
  'cashGuard',
  'cashAndCarry',
  'amefRequired',
  'instrumentCountsAsPaid',
  'duplicateDocuments',
  'smallDifference',
  'strictKeys',
  'fxRateRule',
] as const

const registered = (company: Company, companyId: CompanyId): void => {
  if (company.identity === undefined) reject('COMPANY_NOT_FOUND', { companyId })
}

/** With exactly the digits of the functional currency. @throws Rejection when it has more */
const exactSmallDifference = (
  { smallDifference }: { readonly smallDifference?: string | undefined },
  { rules: { functionalCurrency } }: Company,
): { readonly smallDifference?: string } => {
  if (smallDifference === undefined || functionalCurrency === undefined) return {}
  const minor = minorIn(smallDifference, functionalCurrency, '/smallDifference')
  return { smallDifference: decimalOf(minor, functionalCurrency) }
}

const samePerson = (one: string, other: string): boolean => one.trim().toLowerCase() === other.trim().toLowerCase()

const table: DecisionTable<Company, CompanyCommand, CompanyEvent> = {
  RegisterCompany: (command, company) => {
    if (company.identity !== undefined) reject('COMPANY_ALREADY_REGISTERED', { companyId: command.companyId })
    if (command.address.countryCode === 'RO' && !isFiscalCode(command.taxId)) {
      reject('TAX_ID_INVALID', {
        path: '/taxId',
        taxId: command.taxId,
        rule: 'control digit of a Romanian fiscal code',
      })
    }
    return [CompanyRegistered.of(command)]
  },

  SetPolicy: (command, company) => {
    registered(company, command.companyId)
    const set = { ...command, ...exactSmallDifference(command, company) }
    const changed = POLICIES.some((name) => set[name] !== undefined && set[name] !== company.rules[name])
    return changed ? [PolicySet.of(set)] : []
  },

  OpenCashDesk: (command, company, { today }) => {
    const { companyId, deskId, name, openedOn } = command
    registered(company, companyId)
    if (company.desks.has(deskId)) reject('CASH_DESK_ALREADY_OPENED', { deskId })
    requireNear({ path: '/openedOn', day: openedOn }, today)
    // What lay in the drawer opens a register, and those of a closed period are printed.
    const { closedThrough } = company.rules
    if (closedThrough !== undefined && openedOn <= closedThrough) {
      reject('PERIOD_CLOSED', { path: '/openedOn', day: openedOn, closedThrough })
    }
    const openingBalances = (command.openingBalances ?? []).map(({ amount, currency }, index) => ({
      amount: decimalOf(minorIn(amount, currency, `/openingBalances/${index}/amount`), currency),
      currency,
    }))
    return [CashDeskOpened.of({ companyId, deskId, name, openedOn, openingBalances })]
  },

  ClosePeriod: ({ companyId, through }, company, { today }) => {
    registered(company, companyId)
    const { closedThrough } = company.rules
    if (closedThrough !== undefined && through <= closedThrough) return []
    if (through >= today) reject('PERIOD_NOT_OVER', { path: '/through', through, today })
    return [PeriodClosed.of({ companyId, through })]
  },

  ReopenPeriod: (command, company) => {
    const { companyId, from, requestedBy, approvedBy } = command
    registered(company, companyId)
    const { closedThrough } = company.rules
    if (closedThrough === undefined || from > closedThrough) {
      reject('PERIOD_NOT_CLOSED', { path: '/from', from, closedThrough: closedThrough ?? null })
    }
    if (samePerson(requestedBy, approvedBy)) reject('FOUR_EYES_REQUIRED', { path: '/approvedBy', approvedBy })
    return [PeriodReopened.of(command)]
  },
}

const evolve = (company: Company, event: CompanyEvent): Company => {
  switch (event.type) {
    case 'CompanyRegistered':
      company.identity = event.data
      company.rules = { ...company.rules, functionalCurrency: event.data.functionalCurrency }
      return company
    case 'PolicySet': {
      const { rules } = company
      const {
        cashGuard = rules.cashGuard,
        cashAndCarry = rules.cashAndCarry,
        amefRequired = rules.amefRequired,
        instrumentCountsAsPaid = rules.instrumentCountsAsPaid,
        duplicateDocuments = rules.duplicateDocuments,
        smallDifference = rules.smallDifference,
        strictKeys = rules.strictKeys,
        fxRateRule = rules.fxRateRule,
      } = event.data
      company.rules = {
        ...rules,
        cashGuard,
        cashAndCarry,
        amefRequired,
        instrumentCountsAsPaid,
        duplicateDocuments,
        smallDifference,
        strictKeys,
        fxRateRule,
      }
      return company
    }
    case 'CashDeskOpened':
      company.desks.add(event.data.deskId)
      return company
    case 'PeriodClosed':
      company.rules = { ...company.rules, closedThrough: event.data.through }
      return company
    case 'PeriodReopened':
      company.rules = { ...company.rules, closedThrough: addDays(event.data.from, -1) }
      return company
  }
}

export const company: Decider<Company, CompanyCommand, CompanyEvent> = {
  name: 'company',
  codec: createCodec(companyEventDefinitions),
  initialState: () => ({ identity: undefined, rules: DEFAULT_RULES, desks: new Set() }),
  decide: decideBy(table),
  evolve,
}
