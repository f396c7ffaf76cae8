import { z } from 'zod'

/** What a child process tells the one that started it, once: it does its work now. */
export const Ready = z.object({ ready: z.literal(true), url: z.url().optional() })
export type Ready = z.infer<typeof Ready>

/** Does nothing in a process that nobody supervises. */
export const reportReady = (details: Omit<Ready, 'ready'> = {}): void => {
  process.send?.({ ready: true, ...details } satisfies Ready)
}
