import { type AccountEvent, RegisterClaim } from '@registru/domain'
import * as examples from '@registru/domain/examples'
import { v5 } from 'uuid'
import { z } from 'zod'
import type { CommandContext, Handled } from '../ledger/command-context.ts'
import { defineCommand } from './command-definition.ts'
import { answer, eventsOf, onAccount } from './on-account.ts'
import { day, decimal, money } from './result-schemas.ts'

/** Of what leaves beyond what is there: an id that a retry of the same command derives again. */
export const claimIdOf = (context: CommandContext): string => v5('claim', context.commandId)

export const ExcessClaim = z
  .object({ claimId: z.string(), amount: money, dueOn: day })
  .optional()
  .meta({ description: 'What left beyond what was there: the client owes it' })

export const excessClaimIn = (handled: Handled<AccountEvent>): z.infer<typeof ExcessClaim> => {
  const claim = eventsOf(handled, 'ClaimRegistered')[0]?.data
  return claim && { claimId: claim.claimId, amount: claim.total, dueOn: claim.dueOn }
}

export const claimCommands = [
  defineCommand({
    name: 'RegisterClaim',
    summary: 'Register a claim without an invoice',
    description:
      'What a client owes without an invoice, so without VAT: money that came back to it by mistake (RETURNED_MONEY, against 473), costs of collection (FEE) and interest for being late (INTEREST, both 7581), or anything else (OTHER, 7588). It is open, due and aged as an invoice is, and stands among the invoices: whatever names an `invoiceId` takes its `claimId`, so it is allocated to, rescheduled, written off and, by `CancelInvoice`, taken back. Credit notes and discounts correct invoices alone. What a refund or a reversal took beyond what was there is registered by itself.',
    schema: RegisterClaim,
    example: examples.registerClaim(),
    result: z.object({ claimId: z.string(), open: decimal, dueOn: day }),
    rejections: [
      'CLIENT_MERGED',
      'CLIENT_NOT_FOUND',
      'COMPANY_NOT_FOUND',
      'DAY_TOO_FAR_AHEAD',
      'DOCUMENT_ALREADY_REGISTERED',
      'DUE_BEFORE_ISSUE',
      'EXCHANGE_RATE_NEEDED',
      'EXCHANGE_RATE_NOT_APPLICABLE',
      'INVOICE_ALREADY_REGISTERED',
      'PERIOD_CLOSED',
    ],
    execute: async (data, context, dependencies) => {
      const handled = await onAccount({ type: 'RegisterClaim', data }, context, dependencies)
      const { claimId, dueOn, total } = data
      return answer(handled, { claimId, open: total.amount, dueOn })
    },
  }),
]
