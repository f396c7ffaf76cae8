/** What the ledger says in the end, asked without changing it: of accounts, and of papers of other clients. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import { z } from 'zod'
import { RULES_AGE_MS } from '../api-processes.ts'
import type { Caller } from './caller.ts'
import { decimal } from './oracle/amounts.ts'
import type { Oracle } from './oracle/oracle.ts'
import { money } from './play/moment.ts'

const TOLD_WITHIN_MS = 20_000

interface Whose {
  readonly clientId: string
  readonly oracle: Oracle
}

interface Ending {
  readonly t: Test
  readonly send: Caller['send']
  /** Of each process. */
  readonly urls: readonly string[]
  readonly on: string
  readonly count: (what: string) => void
}

/** What is open and what is left, asked of the ledger without changing it. */
export const compareEnd = async ({ t, send, on }: Ending, { clientId, oracle }: Whose): Promise<void> => {
  const Details = z.looseObject({
    details: z.looseObject({
      open: z.looseObject({ amount: z.string() }).optional(),
      credit: z.looseObject({ amount: z.string() }).optional(),
    }),
  })
  for (const [invoiceId, { open }] of oracle.state.invoices) {
    const who = { reason: 'prescrisă', approvedBy: 'Ioana Pop', writtenOffOn: on }
    const writeOff = { clientId, invoiceId, amount: '9999999.00', ...who }
    const { text } = await send({ name: 'WriteOffInvoice', body: writeOff }, `end-${clientId}-${invoiceId}`, {
      query: '?dryRun=true',
    })
    t.equal(Details.parse(JSON.parse(text)).details.open?.amount, decimal(open), `${clientId} ${invoiceId} is open`)
  }
  for (const [paymentId, { credit }] of oracle.state.payments) {
    const refund = {
      clientId,
      refundId: 'end',
      paymentId,
      amount: '9999999.00',
      method: 'BANK_TRANSFER',
      refundedOn: on,
    }
    const { text } = await send({ name: 'RecordRefund', body: refund }, `end-${clientId}-${paymentId}`, {
      query: '?dryRun=true',
    })
    t.equal(
      Details.parse(JSON.parse(text)).details.credit?.amount,
      decimal(credit),
      `${clientId} ${paymentId} has left`,
    )
  }
}

/** Once read models know the whole log, each process tells whoever brings a paper that another client has its number. */
export const compareNumbers = async (
  { t, send, on, urls, count }: Ending,
  accounts: readonly Whose[],
): Promise<void> => {
  for (const [index, { clientId: holder, oracle }] of accounts.entries()) {
    const clientId = accounts[(index + 1) % accounts.length]?.clientId
    for (const number of oracle.numbers()) {
      const body = { clientId, invoiceId: 'same', number, issuedOn: on, dueOn: on, total: money(100) }
      for (const first of urls.keys()) {
        const ask = async () => {
          const key = `same-${clientId}-${number}`
          const { answer, text } = await send({ name: 'RegisterInvoice', body }, key, { query: '?dryRun=true', first })
          const isTold = (answer.warnings ?? []).some(
            (warning) => warning.code === 'DOCUMENT_NUMBER_USED' && warning['clientId'] === holder,
          )
          return { isTold, text }
        }
        // A command waits for the read models a moment only: whoever is slow has not forgotten the paper.
        const deadline = performance.now() + TOLD_WITHIN_MS
        let told = await ask()
        while (!told.isTold && performance.now() < deadline) {
          await sleep(RULES_AGE_MS)
          told = await ask()
        }
        const what = `${holder} has ${number}, says process ${first} to ${clientId}: ${told.text}`
        if (!t.ok(told.isTold, what)) return
        count('number of another')
      }
    }
  }
}
