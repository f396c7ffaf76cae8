import {
  ClosePeriod,
  type CompanyCommand,
  companyStream,
  OpenCashDesk,
  RegisterCompany,
  ReopenPeriod,
  SetPolicy,
} from '@registru/domain'
import * as examples from '@registru/domain/examples'
import { z } from 'zod'
import type { CommandContext } from '../ledger/command-context.ts'
import { type CommandAnswer, type CommandDependencies, defineCommand } from './command-definition.ts'
import { day } from './result-schemas.ts'

const onCompany = async (
  command: CompanyCommand,
  context: CommandContext,
  { ledger }: CommandDependencies,
  result: object,
): Promise<CommandAnswer> => {
  const handled = await ledger.companies.handle(companyStream(context.companyId), command, context)
  ledger.rules.forget(context.companyId)
  return { ...handled, result }
}

export const companyCommands = [
  defineCommand({
    name: 'RegisterCompany',
    summary: 'Register the company',
    description: 'Who issues invoices and receipts. Its identity stands on every receipt.',
    schema: RegisterCompany,
    example: examples.registerCompany(),
    result: z.object({ companyId: z.string() }),
    rejections: ['COMPANY_ALREADY_REGISTERED', 'TAX_ID_INVALID'],
    execute: (data, context, dependencies) => {
      const { companyId } = context
      return onCompany({ type: 'RegisterCompany', data: { ...data, companyId } }, context, dependencies, { companyId })
    },
  }),

  defineCommand({
    name: 'SetPolicy',
    summary: 'Set policies',
    description:
      'What happens to cash above a ceiling (Legea 70/2015): `WARN` records it with a warning, `REQUIRE_OVERRIDE` wants somebody who answers for it, `REJECT` refuses. That holds for the cash of each client; a payer who pays for several clients is found right after by `cash-ceilings`, and reported rather than refused. `instrumentCountsAsPaid` says whether cheques and promissory notes recorded from now on make an invoice PAID before they are collected. `smallDifference` says up to what the rest of an invoice that was paid is a small difference (6588) when it is written off, and no bad debt. `fxRateRule` says which published rate a document in another currency takes that names none. `strictKeys` has each idempotency key claimed in a stream of its own before its command is decided, so that it can never reach two accounts; other processes learn of it within a second. Only the policies that are given change.',
    schema: SetPolicy,
    example: examples.setPolicy(),
    result: SetPolicy,
    rejections: ['AMOUNT_TOO_PRECISE', 'COMPANY_NOT_FOUND'],
    execute: (data, context, dependencies) => {
      const { companyId } = context
      return onCompany({ type: 'SetPolicy', data: { ...data, companyId } }, context, dependencies, data)
    },
  }),

  defineCommand({
    name: 'OpenCashDesk',
    summary: 'Name a cash desk and what lies in its drawer',
    description: 'A cash desk is known from its first use; this gives it a name and an opening balance per currency.',
    schema: OpenCashDesk,
    example: examples.openCashDesk(),
    result: z.object({ deskId: z.string() }),
    rejections: ['CASH_DESK_ALREADY_OPENED', 'COMPANY_NOT_FOUND', 'DAY_TOO_FAR_AHEAD', 'PERIOD_CLOSED'],
    execute: (data, context, dependencies) => {
      const { companyId } = context
      const command: CompanyCommand = { type: 'OpenCashDesk', data: { ...data, companyId } }
      return onCompany(command, context, dependencies, { deskId: data.deskId })
    },
  }),

  defineCommand({
    name: 'ClosePeriod',
    summary: 'Close a period',
    description:
      'From now on nothing is dated on this day or before; corrections are dated in the open period (OMFP 2634/2015 annex 1 pct. 58 h).',
    schema: ClosePeriod,
    example: examples.closePeriod(),
    result: z.object({ closedThrough: day }),
    rejections: ['COMPANY_NOT_FOUND', 'PERIOD_NOT_OVER'],
    execute: (data, context, dependencies) => {
      const { companyId } = context
      const command: CompanyCommand = { type: 'ClosePeriod', data: { ...data, companyId } }
      return onCompany(command, context, dependencies, { closedThrough: data.through })
    },
  }),

  defineCommand({
    name: 'ReopenPeriod',
    summary: 'Reopen a period, with four eyes',
    description: 'One person asks, another approves; both stand in the event, with the reason.',
    schema: ReopenPeriod,
    example: examples.reopenPeriod(),
    result: z.object({ from: day }),
    rejections: ['COMPANY_NOT_FOUND', 'FOUR_EYES_REQUIRED', 'PERIOD_NOT_CLOSED'],
    execute: (data, context, dependencies) => {
      const { companyId } = context
      const command: CompanyCommand = { type: 'ReopenPeriod', data: { ...data, companyId } }
      return onCompany(command, context, dependencies, { from: data.from })
    },
  }),
]
