import { BusinessDay, CashDeskId, CompanyId, Currency, cashDeskCeilingOn, decimalOf, Rejection } from '@registru/domain'
import {
  type Against,
  type CashDay,
  type CashLine,
  DESKLESS,
  findAccountTotals,
  findCashDay,
  findCashTotals,
  findCompany,
  findOpeningDifference,
  isCashDeskKnown,
  listCashDays,
  listCashDesks,
  listPolicyChanges,
  type ReadHandle,
  romanianAccount,
} from '@registru/projections'
import { z } from 'zod'
import type { ZodApp } from '../http/zod-app.ts'
import { wirePosition } from '../problems/wire-position.ts'
import { answerTable, type Moment, type QueryDependencies } from './answer.ts'
import { amount, day, Links, listOf, moment, tieOutOf } from './answer-schemas.ts'
import { policiesInForce } from './company-routes.ts'
import { format } from './formats.ts'
import { explainLinks } from './links.ts'
import { period, periodOf } from './period.ts'
import { problemResponses } from './problems.ts'
import { CompanyParams, clocks, freshness } from './query-parameters.ts'
import { bookOf, certifyBooks, certifyRow, certifyRows } from './tie-out.ts'

const deskId = z
  .union([CashDeskId, z.literal(DESKLESS)])
  .meta({ description: `A cash desk; \`${DESKLESS}\` for cash that names none`, examples: ['C1'] })
const DeskParams = z.strictObject({ companyId: CompanyId, deskId })
const DayParams = z.strictObject({ companyId: CompanyId, deskId, day: BusinessDay })

const currency = {
  currency: Currency.optional().meta({ description: 'RON when absent: each currency has a register' }),
}
const DesksQuery = z.strictObject({ ...clocks, ...freshness, ...format })
const DaysQuery = z.strictObject({ ...currency, ...period, ...clocks, ...freshness, ...format })
const DayQuery = z.strictObject({ ...currency, ...clocks, ...freshness, ...format })

/** The law counts lei; cash in another currency is outside its figures. */
const LEI = 'RON'

const Warnings = z.array(
  z.object({
    code: z.enum(['CASH_DESK_BALANCE', 'CASH_DESK_NEGATIVE']),
    limit: amount,
    observed: amount,
    day,
    deskId: z.string(),
    law: z.string(),
  }),
)

const CashTieOut = tieOutOf('desks', 'journal')

const CashDesks = listOf(
  z.object({
    deskId: z.string(),
    name: z.string().optional(),
    openedOn: day.optional(),
    balances: z.array(z.object({ currency: z.string(), balance: amount })),
  }),
)
  .extend({ tieOut: CashTieOut, links: Links })
  .meta({ id: 'CashDesks' })

/** In a table, a desk has a row for each of its currencies. */
const BalanceRow = z.object({
  deskId: z.string(),
  name: z.string().optional(),
  openedOn: day.optional(),
  currency: z.string(),
  balance: amount,
})

const DayTotals = { opening: amount, in: amount, out: amount, closing: amount, warnings: Warnings }
const DayItem = z.object({ day, ...DayTotals })
const CashDays = listOf(DayItem).extend({ tieOut: CashTieOut, links: Links }).meta({ id: 'CashDays' })

const RegisterLine = z.object({
  number: z.int(),
  kind: z.enum(['PAYMENT', 'REFUND', 'REVERSAL', 'REFUND_REVERSAL', 'RECEIPT', 'ANNULMENT']),
  document: z
    .string()
    .optional()
    .meta({ description: 'Number of the cash document', examples: ['AMC-C 15'] }),
  explanation: z.string(),
  in: amount,
  out: amount,
  correspondingAccounts: z.array(z.string()).meta({ examples: [['4111']] }),
  clientId: z.string().optional(),
  paymentId: z.string().optional(),
  eventId: z.uuid(),
})
const CashRegister = z
  .object({
    deskId: z.string(),
    day,
    currency: z.string(),
    account: z.string().meta({ description: 'Cash account of the Romanian chart', examples: ['5311'] }),
    ...DayTotals,
    lines: z.array(RegisterLine),
    tieOut: CashTieOut,
    links: Links,
    ...moment,
  })
  .meta({ id: 'CashRegister' })

/** Negative cash means a missing or misdated entry; what is above the ceiling goes to the bank within two working days. */
const warningsOf = (
  { on, closingMinor }: Pick<CashDay, 'on' | 'closingMinor'>,
  desk: { readonly deskId: CashDeskId; readonly currency: string; readonly cashAndCarry: boolean },
) => {
  const ceiling = desk.currency === LEI ? cashDeskCeilingOn(on, desk) : undefined
  const found = (code: 'CASH_DESK_BALANCE' | 'CASH_DESK_NEGATIVE', limitMinor: bigint, law: string) => ({
    code,
    limit: decimalOf(limitMinor, desk.currency),
    observed: decimalOf(closingMinor, desk.currency),
    day: on,
    deskId: desk.deskId,
    law,
  })
  return [
    ...(ceiling !== undefined && closingMinor > ceiling.limitMinor
      ? [found('CASH_DESK_BALANCE', ceiling.limitMinor, ceiling.law)]
      : []),
    ...(closingMinor < 0n ? [found('CASH_DESK_NEGATIVE', 0n, 'OMFP 2634/2015, cod 14-4-7A')] : []),
  ]
}

/** The closing is that of the day, whatever day the answer is of. */
const dayLinks = (
  companyId: CompanyId,
  { position, generation }: Moment,
  { deskId: id, currency: of }: { readonly deskId: CashDeskId; readonly currency: string },
  asOf: string,
) =>
  explainLinks(
    companyId,
    { position, generation, asOf },
    {
      explain: { figure: 'cashBalance', currency: of, deskId: id },
      explainOpening: { figure: 'cashOpening', currency: of, deskId: id },
      explainIn: { figure: 'cashIn', currency: of, deskId: id, from: asOf },
      explainOut: { figure: 'cashOut', currency: of, deskId: id, from: asOf },
    },
  )

const isCashAndCarry = async (handle: ReadHandle, companyId: CompanyId, { knownAt }: Moment): Promise<boolean> =>
  policiesInForce(await listPolicyChanges(handle, { companyId, knownAt }))['cashAndCarry'] === true

const findCash = (handle: ReadHandle, companyId: CompanyId, { asOf, knownAt }: Moment) =>
  findAccountTotals(handle, { companyId, accounts: ['CASH'], to: asOf, knownAt })

/** The journal knows of no desks, so all of them together are held against it; what lay in one at first it has not. */
const certifyCash = async (handle: ReadHandle, companyId: CompanyId, clocks: Moment) => {
  await certifyRows(findOpeningDifference(handle, { companyId }))
  return certifyBooks(clocks, {
    desks: await findCashTotals(handle, { companyId, ...clocks }),
    journal: await findCash(handle, companyId, clocks),
  })
}

/**
 * Of a desk that nobody has opened or used, zeros would say that it is in order.
 * @throws Rejection
 */
const requireDeskKnown = async (
  handle: ReadHandle,
  of: { readonly companyId: CompanyId; readonly deskId: CashDeskId },
  { knownAt, position, generation }: Moment,
): Promise<void> => {
  const { deskId: id } = of
  if (id === DESKLESS || (await isCashDeskKnown(handle, { ...of, knownAt }))) return
  throw new Rejection('CASH_DESK_NOT_FOUND', { deskId: id, knownAt: wirePosition(position, generation) })
}

const totalsOf = (
  cashDay: CashDay,
  desk: { readonly deskId: CashDeskId; readonly currency: string; readonly cashAndCarry: boolean },
) => ({
  opening: decimalOf(cashDay.openingMinor, desk.currency),
  in: decimalOf(cashDay.inMinor, desk.currency),
  out: decimalOf(cashDay.outMinor, desk.currency),
  closing: decimalOf(cashDay.closingMinor, desk.currency),
  warnings: warningsOf(cashDay, desk),
})

export const cashDeskRoutes = (app: ZodApp, dependencies: QueryDependencies): void => {
  app.get(
    '/v1/companies/:companyId/cash-desks',
    {
      schema: {
        tags: ['queries'],
        operationId: 'listCashDesks',
        summary: 'Cash desks with what lies in them at the end of a day',
        description: `A desk is known from its first use; cash that names no desk lies in \`${DESKLESS}\`.`,
        params: CompanyParams,
        querystring: DesksQuery,
        response: { 200: CashDesks, ...problemResponses(['MALFORMED_REQUEST', 'READ_MODEL_BEHIND', 'UNAUTHORIZED']) },
      },
    },
    (request, reply) => {
      const { companyId } = request.params
      return answerTable(dependencies, request.query, reply, {
        row: BalanceRow,
        read: async (handle, clock) => {
          const desks = await listCashDesks(handle, { companyId, ...clock })
          await certifyRows(findOpeningDifference(handle, { companyId }))
          const tieOut = certifyBooks(clock, {
            desks: bookOf(
              desks.flatMap(({ balances }) => balances),
              (balance) => balance.balanceMinor - balance.openedWithMinor,
            ),
            journal: await findCash(handle, companyId, clock),
          })
          const items = desks.map(({ balances, ...desk }) => ({
            ...desk,
            balances: balances.map((balance) => ({
              currency: balance.currency,
              balance: decimalOf(balance.balanceMinor, balance.currency),
            })),
          }))
          const links = explainLinks(companyId, clock, {
            explain: { figure: 'cashBalance', currency: '{currency}', deskId: '{deskId}' },
          })
          return { items, nextCursor: null, tieOut, links }
        },
        rowsOf: ({ items }) =>
          items.flatMap(({ balances, ...desk }) => balances.map((balance) => ({ ...desk, ...balance }))),
      })
    },
  )

  app.get(
    '/v1/companies/:companyId/cash-desks/:deskId/days',
    {
      schema: {
        tags: ['queries'],
        operationId: 'listCashDays',
        summary: 'Days of a cash register with opening and closing',
        description: 'Days with something on them. The opening of a day is the closing of the one before.',
        params: DeskParams,
        querystring: DaysQuery,
        response: {
          200: CashDays,
          ...problemResponses(['CASH_DESK_NOT_FOUND', 'MALFORMED_REQUEST', 'READ_MODEL_BEHIND', 'UNAUTHORIZED']),
        },
      },
    },
    (request, reply) => {
      const { companyId, deskId: id } = request.params
      const { query } = request
      return answerTable(dependencies, query, reply, {
        row: DayItem,
        read: async (handle, clock) => {
          await requireDeskKnown(handle, { companyId, deskId: id }, clock)
          const desk = {
            deskId: id,
            currency: query.currency ?? LEI,
            cashAndCarry: await isCashAndCarry(handle, companyId, clock),
          }
          const { knownAt } = clock
          const whole = periodOf(query, clock)
          const days = await listCashDays(handle, { companyId, ...desk, ...whole, knownAt })
          const tieOut = await certifyCash(handle, companyId, { ...clock, asOf: whole.to })
          const items = days.map((cashDay) => ({ day: cashDay.on, ...totalsOf(cashDay, desk) }))
          return { items, nextCursor: null, tieOut, links: dayLinks(companyId, clock, desk, '{day}') }
        },
        rowsOf: ({ items }) => items,
      })
    },
  )

  app.get(
    '/v1/companies/:companyId/cash-desks/:deskId/days/:day',
    {
      schema: {
        tags: ['queries'],
        operationId: 'findCashDay',
        summary: 'Cash register of a day (registru de casă)',
        description:
          'closing = opening + in − out, one register a desk, currency and day (OMFP 2634/2015, cod 14-4-7A). Lines stand in the order in which they were recorded; a correction is a line of its own day, and an annulled receipt has value 0. `warnings` tells of a closing above the ceiling of Legea 70/2015 and of a negative one.',
        params: DayParams,
        querystring: DayQuery,
        response: {
          200: CashRegister,
          ...problemResponses(['CASH_DESK_NOT_FOUND', 'MALFORMED_REQUEST', 'READ_MODEL_BEHIND', 'UNAUTHORIZED']),
        },
      },
    },
    (request, reply) => {
      const { companyId, deskId: id, day: on } = request.params
      const { query } = request
      return answerTable(dependencies, query, reply, {
        row: RegisterLine,
        read: async (handle, clock) => {
          await requireDeskKnown(handle, { companyId, deskId: id }, clock)
          const desk = {
            deskId: id,
            currency: query.currency ?? LEI,
            cashAndCarry: await isCashAndCarry(handle, companyId, clock),
          }
          const register = await findCashDay(handle, { companyId, ...desk, day: on, knownAt: clock.knownAt })
          const tieOut = await certifyCash(handle, companyId, { ...clock, asOf: on })
          const [sums] = await listCashDays(handle, { companyId, ...desk, from: on, to: on, knownAt: clock.knownAt })
          certifyRow(
            { deskId: id, currency: desk.currency },
            { lines: register.closingMinor, days: sums?.closingMinor ?? register.openingMinor },
          )
          const company = await findCompany(handle, { companyId, knownAt: clock.knownAt })
          const functionalCurrency = company?.functionalCurrency ?? LEI
          const account = (symbolic: Against | 'CASH') =>
            romanianAccount(symbolic, desk.currency, { functionalCurrency, on })
          const sum = (side: 'inMinor' | 'outMinor') => register.lines.reduce((total, line) => total + line[side], 0n)
          const line = (entry: CashLine, index: number) => ({
            number: index + 1,
            kind: entry.kind,
            document: entry.act,
            explanation: entry.explanation,
            in: decimalOf(entry.inMinor, desk.currency),
            out: decimalOf(entry.outMinor, desk.currency),
            correspondingAccounts: entry.against.map(account),
            clientId: entry.clientId,
            paymentId: entry.paymentId,
            eventId: entry.eventId,
          })
          return {
            deskId: id,
            day: on,
            currency: desk.currency,
            account: account('CASH'),
            ...totalsOf({ ...register, on, inMinor: sum('inMinor'), outMinor: sum('outMinor') }, desk),
            lines: register.lines.map(line),
            tieOut,
            links: {
              ...dayLinks(companyId, clock, desk, on),
              ...explainLinks(
                companyId,
                { ...clock, asOf: on },
                {
                  explainLineIn: { figure: 'cashIn', currency: desk.currency, deskId: id, eventId: '{eventId}' },
                  explainLineOut: { figure: 'cashOut', currency: desk.currency, deskId: id, eventId: '{eventId}' },
                },
              ),
            },
          }
        },
        rowsOf: ({ lines }) => lines,
      })
    },
  )
}
