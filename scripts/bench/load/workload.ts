import { z } from 'zod'

/** What the generator is told to do, and what it says afterwards. */
export const Job = z.object({
  url: z.url(),
  token: z.string(),
  /** Which requests: the same payment in the words of each subject. */
  subject: z.enum(['registru', 'plain', 'hello']),
  /** Makes ids unique over all jobs. */
  name: z.string(),
  accounts: z.int().positive(),
  inFlight: z.int().positive(),
  seconds: z.number().positive(),
})
export type Job = z.infer<typeof Job>

export const Result = z.object({
  count: z.int(),
  refused: z.record(z.string(), z.int()),
  seconds: z.number(),
  p50Ms: z.number(),
  p99Ms: z.number(),
  /** Of the generator itself: it must not be what limits the rate. */
  cpuUs: z.number(),
})
export type Result = z.infer<typeof Result>

export const COMPANY = 'bench'
export const clientOf = (account: number): string => `client-${account}`
export const invoiceOf = (account: number): string => `invoice-${account}`

/** Enough for every payment of one ban that a benchmark may make. */
export const INVOICE_TOTAL = '1000000000.00'
export const PAYMENT = '0.01'

const post = ({ url, token }: Job, path: string, key: string, body: string): Buffer => {
  const { host } = new URL(url)
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\nhost: ${host}\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\n` +
      `idempotency-key: ${key}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}

/** The bytes of the n-th request of a job. */
export const requestOf = (job: Job, index: number): Buffer => {
  const account = index % job.accounts
  const paymentId = `${job.name}-${index}`
  switch (job.subject) {
    case 'registru': {
      const body = {
        clientId: clientOf(account),
        paymentId,
        amount: { amount: PAYMENT, currency: 'RON' },
        method: 'BANK_TRANSFER',
        receivedOn: '2026-11-02',
        allocation: { rule: 'explicit', items: [{ invoiceId: invoiceOf(account), amount: PAYMENT }] },
      }
      return post(job, `/v1/companies/${COMPANY}/commands/RecordPayment`, paymentId, JSON.stringify(body))
    }
    case 'plain': {
      const body = {
        clientId: clientOf(account),
        paymentId,
        amount: PAYMENT,
        currency: 'RON',
        method: 'BANK_TRANSFER',
        receivedOn: '2026-11-02',
        invoiceId: invoiceOf(account),
      }
      return post(job, '/payments', paymentId, JSON.stringify(body))
    }
    case 'hello':
      return Buffer.from(`GET / HTTP/1.1\r\nhost: ${new URL(job.url).host}\r\n\r\n`)
  }
}
