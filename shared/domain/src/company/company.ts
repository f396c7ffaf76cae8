import { z } from 'zod'
import { createCodec } from '../codec.ts'
import { type Decider, type DecisionTable, decideBy } from '../decider.ts'
import { defineEvent, type EventOf } from '../event-definition.ts'
import { CompanyId } from '../ids.ts'
import type { Message } from '../message.ts'
import { Currency } from '../money.ts'
import { Address, TaxId, TradeRegisterNumber } from '../party.ts'
import { reject } from '../rejection.ts'
import { isFiscalCode } from '../tax-id.ts'
import { Name } from '../text.ts'

const companyFields = {
  name: Name,
  taxId: TaxId,
  tradeRegisterNumber: TradeRegisterNumber.optional(),
  address: Address,
  functionalCurrency: Currency,
}

export const RegisterCompany = z.strictObject(companyFields)

// Stored for ever: a change of shape is a new version with an upcaster, never an edit.
export const CompanyRegistered = defineEvent({
  type: 'CompanyRegistered',
  version: 1,
  data: z.strictObject({ companyId: CompanyId, ...companyFields }),
})

export const companyEventDefinitions = [CompanyRegistered] as const

export type CompanyEvent = EventOf<(typeof companyEventDefinitions)[number]>
export type CompanyCommand = Message<
  'RegisterCompany',
  z.infer<typeof RegisterCompany> & { readonly companyId: CompanyId }
>

/** Who the issuer is. Read by the edge, changes rarely. */
export interface Company {
  identity: EventOf<typeof CompanyRegistered>['data'] | undefined
}

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
}

export const company: Decider<Company, CompanyCommand, CompanyEvent> = {
  name: 'company',
  codec: createCodec(companyEventDefinitions),
  initialState: () => ({ identity: undefined }),
  decide: decideBy(table),
  evolve: (state, event) => {
    switch (event.type) {
      case 'CompanyRegistered':
        state.identity = event.data
        return state
    }
  },
}
