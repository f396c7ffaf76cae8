import { z } from 'zod'

/** What the event store's process tells the benchmark: once when it serves, and when it is asked. */
export const ServerMessage = z.object({
  url: z.string(),
  /** Transactions, and the appends in them. */
  commits: z.number(),
  writes: z.number(),
  readyMs: z.number(),
})
export type ServerMessage = z.infer<typeof ServerMessage>
