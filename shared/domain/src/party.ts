import { z } from 'zod'
import { Name, personal, Reference, text } from './text.ts'

export const Address = z.strictObject({
  street: text(200).optional(),
  city: text(100),
  county: text(50).optional(),
  postalCode: text(16).optional(),
  countryCode: z
    .string()
    .regex(/^[A-Z]{2}$/, 'an ISO 3166-1 alpha-2 code')
    .meta({ examples: ['RO'] }),
})
export type Address = z.infer<typeof Address>

/** BUSINESS is a legal person or a professional, INDIVIDUAL a natural person; the cash ceilings differ. */
export const ClientKind = z.enum(['BUSINESS', 'INDIVIDUAL'])
export type ClientKind = z.infer<typeof ClientKind>

/** CUI, VAT id or a foreign tax number, as printed. Never a personal code (CNP): the ledger does not need one. */
export const TaxId = text(32).meta({
  description: 'Fiscal code; «RO» in front if registered for VAT',
  examples: ['RO1234567897'],
})

/** Who handed the money over, when it was not the client. */
export const Payer = z.strictObject({
  name: personal(Name),
  taxId: TaxId.optional(),
  address: personal(Address).optional(),
})
export type Payer = z.infer<typeof Payer>

export const TradeRegisterNumber = Reference.meta({ examples: ['J22/100/2016'] })
export const Email = z.email().max(254)
