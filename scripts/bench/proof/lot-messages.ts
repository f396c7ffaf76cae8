import { z } from 'zod'

/** What one process of `npm run bench histories` has to do. */
export const Share = z.object({
  seed: z.string(),
  /** Number of the first history. */
  from: z.int(),
  count: z.int(),
  /** Of each history, about. */
  events: z.int(),
  /** Histories in one database. */
  lot: z.int(),
  print: z.boolean(),
})
export type Share = z.infer<typeof Share>

/** What came of a lot. */
export const LotHeld = z.object({
  histories: z.int(),
  types: z.record(z.string(), z.int()),
  compared: z.int(),
  tied: z.int(),
  sums: z.int(),
  findings: z.array(z.string()),
})
export type LotHeld = z.infer<typeof LotHeld>
