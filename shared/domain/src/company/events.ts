// Stored for ever: a change of shape is a new version with an upcaster, never an edit.
import { z } from 'zod'
import { BusinessDay } from '../business-day.ts'
import { defineEvent, type EventOf } from '../event-definition.ts'
import { CashDeskId, CompanyId } from '../ids.ts'
import { AmountOrZero, Currency } from '../money.ts'
import { Address, TaxId, TradeRegisterNumber } from '../party.ts'
import { FX_RATE_RULES } from '../rate-in-force.ts'
import { FreeText, Name } from '../text.ts'

export const companyFields = {
  name: Name,
  taxId: TaxId,
  tradeRegisterNumber: TradeRegisterNumber.optional(),
  address: Address,
  functionalCurrency: Currency,
}

export const policies = {
  fxRateRule: z.enum(FX_RATE_RULES).meta({
    description:
      'Which published rate a document in another currency takes that names none: that of the last banking day before its own, or its own',
  }),
  cashGuard: z
    .enum(['WARN', 'REQUIRE_OVERRIDE', 'REJECT'])
    .meta({ description: 'What happens to cash above a ceiling' }),
  cashAndCarry: z.boolean().meta({ description: 'A cash & carry shop has a higher ceiling' }),
  amefRequired: z.boolean().meta({
    description: 'Whether cash of an individual asks for the bon fiscal of a cash register (OUG 28/1999)',
  }),
  instrumentCountsAsPaid: z.boolean().meta({
    description:
      'Whether an invoice is PAID as soon as a cheque or promissory note is handed over, not only when it is collected; of payments recorded from now on',
  }),
  duplicateDocuments: z.enum(['WARN', 'REJECT']).meta({
    description:
      "What happens to a paper whose series, number and year another client's paper has; within a client it is always refused",
  }),
  smallDifference: AmountOrZero.meta({
    description:
      'Up to what the rest of an invoice that was paid is a small difference (6588) when it is written off, and no bad debt (654): in the functional currency; 0: nothing is',
  }),
  strictKeys: z.boolean().meta({
    description:
      'Whether each key is claimed in a stream of its own before its command is decided: proof that it is used for one account alone, for one append more; of keys first used from now on',
  }),
}

export const OpeningBalance = z.strictObject({ amount: z.string(), currency: Currency })

export const CompanyRegistered = defineEvent({
  type: 'CompanyRegistered',
  version: 1,
  data: z.strictObject({ companyId: CompanyId, ...companyFields }),
})

/** Only the policies that changed. */
export const PolicySet = defineEvent({
  type: 'PolicySet',
  version: 4,
  data: z.strictObject({ companyId: CompanyId, ...z.strictObject(policies).partial().shape }),
  // Until v2 nobody could decide about keys (decision 0020), until v3 nobody about the bon fiscal, papers of one name and small rests,
  // until v4 nobody about the rate of a day.
  upcast: { 1: (v1) => v1, 2: (v2) => v2, 3: (v3) => v3 },
})

/** A desk is known from its first use; this gives it a name and what lay in the drawer. */
export const CashDeskOpened = defineEvent({
  type: 'CashDeskOpened',
  version: 1,
  data: z.strictObject({
    companyId: CompanyId,
    deskId: CashDeskId,
    name: Name,
    openedOn: BusinessDay,
    /** One a currency; amounts are decimal strings. */
    openingBalances: z.array(OpeningBalance),
  }),
})

/** From now on nothing is dated on this day or before (OMFP 2634/2015 annex 1 pct. 58 h). */
export const PeriodClosed = defineEvent({
  type: 'PeriodClosed',
  version: 1,
  data: z.strictObject({ companyId: CompanyId, through: BusinessDay }),
})

/** Two people: one asks, another approves. */
export const PeriodReopened = defineEvent({
  type: 'PeriodReopened',
  version: 1,
  data: z.strictObject({
    companyId: CompanyId,
    /** First day that is open again. */
    from: BusinessDay,
    reason: FreeText,
    requestedBy: Name,
    approvedBy: Name,
  }),
})

export const companyEventDefinitions = [
  CompanyRegistered,
  PolicySet,
  CashDeskOpened,
  PeriodClosed,
  PeriodReopened,
] as const

export type CompanyEvent = EventOf<(typeof companyEventDefinitions)[number]>
