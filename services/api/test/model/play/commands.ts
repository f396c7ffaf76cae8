/** Some command that makes sense more often than not. */
import { decimal } from '../oracle/amounts.ts'
import type { ModelCommand } from '../oracle/command.ts'
import { type Client, type Course, type Moment, momentOf } from './moment.ts'
import { aboutPapers } from './papers.ts'
import { aboutMoney } from './payments.ts'

const aboutReceipts = ({
  clientId,
  random,
  about,
  series,
  day,
  state,
  receiptsMax,
}: Moment): readonly (() => ModelCommand)[] => [
  () => ({ name: 'IssueReceipt', body: { clientId, paymentId: about.paymentId, series, issuedOn: day } }),
  () => ({ name: 'IssueReceipt', body: { clientId, paymentId: about.paymentId, series, issuedOn: day } }),
  () => ({ name: 'ReprintReceipt', body: { series, number: random.upTo(receiptsMax) } }),
  () => ({
    name: 'ExtendReceiptRange',
    body: {
      series,
      to: Math.max(1, state.receiptsMax + random.upTo(3) - 1),
      decisionNumber: '15',
      decisionOn: '2026-09-01',
    },
  }),
  () => ({
    name: 'AnnulReceipt',
    body: {
      series,
      number: random.upTo(receiptsMax),
      reason: 'sumă greșită',
      annulledOn: day,
      alsoReversePayment: random.chance(0.3),
    },
  }),
]

export const nextCommand = (client: Client, course: Course, phase: number, step: number): ModelCommand => {
  const moment = momentOf(client, course, phase, step)
  const update = (): ModelCommand => ({
    name: 'UpdateClient',
    body: { clientId: client.clientId, name: `Firma ${phase}-${step}` },
  })
  return client.random.pick([...aboutPapers(moment), ...aboutMoney(moment), ...aboutReceipts(moment), update], update)()
}

/** Credit that goes to another client, or settles an invoice of his; most often some that is there. */
export const nextTransfer = (from: Client, to: Client, day: string, fresh: string): ModelCommand => {
  const { clientId, random, oracle } = from
  const living = [...oracle.state.payments.values()].filter(({ credit }) => credit > 0)
  const payment = random.pick(living, undefined)
  const paymentId = random.chance(0.1) ? 'no-payment' : (payment?.paymentId ?? 'no-payment')
  const credit = payment?.credit ?? 1
  const amount = decimal(random.chance(0.4) ? credit : random.upTo(Math.ceil(credit * 1.1)))
  if (random.chance(0.5)) {
    const transferId = random.chance(0.05) ? 'moved-0-0' : `moved-${fresh}`
    const body = {
      clientId,
      toClientId: to.clientId,
      paymentId,
      transferId,
      amount,
      movedOn: day,
      reason: 'plătit de altul',
    }
    return { name: 'TransferCredit', body }
  }
  const owed = [...to.oracle.state.invoices.values()].filter(({ open }) => open > 0)
  const invoiceId = random.chance(0.1) ? 'no-invoice' : (random.pick(owed, undefined)?.invoiceId ?? 'no-invoice')
  const body = { clientId, paymentId, invoiceId, invoiceClientId: to.clientId, amount, allocatedOn: day }
  return { name: 'AllocatePayment', body }
}
