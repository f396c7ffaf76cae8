import { VERSION } from '../version.ts'

/** The frame of the generated document; paths and schemas come from the routes. */
export const openApi = {
  openapi: '3.1.0',
  info: {
    title: 'Registru',
    version: VERSION,
    description: [
      'An event-sourced receivables ledger. Commands append immutable events; queries read what projectors made of them.',
      'Every command needs an `Idempotency-Key`: the same key gives the first answer again, for ever.',
      '503 `OUTCOME_UNKNOWN` means that a command may have been carried out, in part or in full: sending it again with the same key settles and finishes it, and `GET /v1/companies/{companyId}/commands/{commandId}` tells what is known of it meanwhile.',
      'Amounts are decimal strings, days are business days in Europe/Bucharest, instants are UTC.',
      "A command answers with a `position`; give it to a query as `minPosition` to read one's own write.",
      'Errors are `application/problem+json` (RFC 9457) with a stable `code`.',
    ].join('\n\n'),
  },
  tags: [
    { name: 'commands', description: 'Change the ledger' },
    { name: 'queries', description: 'Read the ledger' },
    { name: 'health', description: 'For whoever runs it' },
  ],
  components: { securitySchemes: { bearer: { type: 'http' as const, scheme: 'bearer' } } },
  security: [{ bearer: [] }],
}
