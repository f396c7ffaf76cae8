import { z } from 'zod'

/** One JSON value a line. */
export const NDJSON = 'application/x-ndjson'
export const PDF = 'application/pdf'

/** What a route that prints answers, for the documentation. */
export const pdfResponse = {
  200: {
    description: 'The document',
    content: { [PDF]: { schema: z.string().meta({ contentMediaType: PDF }) } },
  },
}
