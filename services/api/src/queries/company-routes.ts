import { CompanyId, DEFAULT_RULES, policies as policyFields, Rejection } from '@registru/domain'
import {
  findCompany,
  listCompanies,
  listPeriodChanges,
  listPolicyChanges,
  type PolicyChange,
  type ReadHandle,
} from '@registru/projections'
import { z } from 'zod'
import type { ZodApp } from '../http/zod-app.ts'
import { answerFrom, answerList, answerTable, type Moment, type QueryDependencies } from './answer.ts'
import { address, day, listOf, moment } from './answer-schemas.ts'
import { format } from './formats.ts'
import { problemResponses } from './problems.ts'
import { CompanyParams, clocks, freshness, list } from './query-parameters.ts'

const CompanyQuery = z.strictObject({ ...clocks, ...freshness })
const CompaniesQuery = z.strictObject({ ...clocks, ...freshness, ...list })
const HistoryQuery = z.strictObject({ ...clocks, ...freshness, ...format })

const CompanyItem = z.object({
  companyId: z.string(),
  name: z.string(),
  taxId: z.string(),
  tradeRegisterNumber: z.string().optional(),
  address,
  functionalCurrency: z.string(),
})
const Company = CompanyItem.extend(moment).meta({ id: 'Company' })
const Companies = listOf(CompanyItem).meta({ id: 'Companies' })

const trail = {
  actor: z.string(),
  reason: z.string().optional(),
  recordedAt: z.iso.datetime(),
  eventId: z.uuid(),
}
const policyValue = z.union([z.string(), z.number(), z.boolean()])
/** In a table, a value is text. */
const PolicyRow = z.object({ policy: z.string(), value: z.string(), ...trail })
const Policies = z
  .object({
    inForce: z.record(z.string(), policyValue).meta({ description: 'Defaults, where nothing was decided' }),
    history: z.array(z.object({ policy: z.string(), value: policyValue, ...trail })),
    ...moment,
  })
  .meta({ id: 'Policies' })

const PeriodItem = z.object({
  change: z.enum(['CLOSED', 'REOPENED']),
  day: day.meta({ description: 'Last closed day, or first day that is open again' }),
  closedThrough: day,
  requestedBy: z.string().optional(),
  approvedBy: z.string().optional(),
  ...trail,
})
const Periods = z
  .object({
    closedThrough: day.optional().meta({ description: 'Nothing may be dated on this day or before' }),
    history: z.array(PeriodItem),
    ...moment,
  })
  .meta({ id: 'Periods' })

const requireCompany = async (handle: ReadHandle, companyId: CompanyId, { knownAt }: Moment) => {
  const company = await findCompany(handle, { companyId, knownAt })
  if (company === undefined) throw new Rejection('COMPANY_NOT_FOUND', { companyId })
  return company
}

/** Every policy that there is, as last decided. */
export const policiesInForce = (history: readonly PolicyChange[]) => {
  const names = Object.keys(policyFields)
  const defaults = Object.entries(DEFAULT_RULES).filter(([name]) => names.includes(name))
  return Object.fromEntries([...defaults, ...history.map(({ policy, value }) => [policy, value] as const)])
}

const problems = problemResponses(['MALFORMED_REQUEST', 'COMPANY_NOT_FOUND', 'READ_MODEL_BEHIND', 'UNAUTHORIZED'])

export const companyRoutes = (app: ZodApp, dependencies: QueryDependencies): void => {
  app.get(
    '/v1/companies',
    {
      schema: {
        tags: ['queries'],
        operationId: 'listCompanies',
        summary: 'Issuers that are registered, by id',
        querystring: CompaniesQuery,
        response: { 200: Companies, ...problemResponses(['MALFORMED_REQUEST', 'READ_MODEL_BEHIND', 'UNAUTHORIZED']) },
      },
    },
    (request, reply) =>
      answerList(dependencies, request.query, reply, {
        row: CompanyItem,
        place: CompanyId,
        knowsKnownAt: true,
        read: (handle, { knownAt }, page) => listCompanies(handle, { knownAt, ...page }),
      }),
  )

  app.get(
    '/v1/companies/:companyId',
    {
      schema: {
        tags: ['queries'],
        operationId: 'findCompany',
        summary: 'Who the issuer is',
        params: CompanyParams,
        querystring: CompanyQuery,
        response: { 200: Company, ...problems },
      },
    },
    (request, reply) =>
      answerFrom(dependencies, request.query, reply, (handle, moment) =>
        requireCompany(handle, request.params.companyId, moment),
      ),
  )

  app.get(
    '/v1/companies/:companyId/policies',
    {
      schema: {
        tags: ['queries'],
        operationId: 'listPolicies',
        summary: 'Policies in force, and who decided what before',
        params: CompanyParams,
        querystring: HistoryQuery,
        response: { 200: Policies, ...problems },
      },
    },
    (request, reply) => {
      const { companyId } = request.params
      return answerTable(dependencies, request.query, reply, {
        row: PolicyRow,
        read: async (handle, clock) => {
          const { knownAt } = clock
          await requireCompany(handle, companyId, clock)
          const history = await listPolicyChanges(handle, { companyId, knownAt })
          return { inForce: policiesInForce(history), history }
        },
        rowsOf: ({ history }) => history,
      })
    },
  )

  app.get(
    '/v1/companies/:companyId/periods',
    {
      schema: {
        tags: ['queries'],
        operationId: 'listPeriods',
        summary: 'Closed periods, and every closing and reopening',
        params: CompanyParams,
        querystring: HistoryQuery,
        response: { 200: Periods, ...problems },
      },
    },
    (request, reply) => {
      const { companyId } = request.params
      return answerTable(dependencies, request.query, reply, {
        row: PeriodItem,
        read: async (handle, clock) => {
          const { knownAt } = clock
          await requireCompany(handle, companyId, clock)
          const history = await listPeriodChanges(handle, { companyId, knownAt })
          return { closedThrough: history.at(-1)?.closedThrough, history }
        },
        rowsOf: ({ history }) => history,
      })
    },
  )
}
