/** Some command that makes sense more often than not. */
import { decimal } from '../oracle/amounts.ts'
import type { ModelCommand } from '../oracle/command.ts'
import type { Oracle } from '../oracle/oracle.ts'
import type { Payment } from '../oracle/state.ts'
import { type Client, type Course, type Moment, momentOf, money } from './moment.ts'
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

/** A payment for some of the payer's own invoices, and for some of another's. */
export const nextForOthers = (from: Client, to: Client, day: string, fresh: string): ModelCommand => {
  const { clientId, random } = from
  const currency = random.chance(0.2) ? 'EUR' : 'RON'
  const itemOf = ({ oracle, clientId: whose }: Client) => {
    const owed = [...oracle.state.invoices.values()].filter((invoice) => invoice.open > 0)
    const alike = random.chance(0.9) ? owed.filter((invoice) => invoice.currency === currency) : owed
    const invoice = random.pick(alike, undefined)
    const amount = random.upTo(Math.max(1, invoice?.open ?? 1))
    return { invoiceClientId: whose, invoiceId: invoice?.invoiceId ?? 'no-invoice', amount }
  }
  const items = [...(random.chance(0.5) ? [itemOf(from)] : []), itemOf(to)].filter(
    ({ invoiceId }, index, all) => all.findIndex((item) => item.invoiceId === invoiceId) === index,
  )
  const sum = items.reduce((so, { amount }) => so + amount, 0)
  return {
    name: 'RecordPayment',
    body: {
      clientId,
      paymentId: `for-${fresh}`,
      amount: money(random.chance(0.1) ? Math.max(1, sum - 1) : sum + random.upTo(5_000), currency),
      method: 'BANK_TRANSFER',
      receivedOn: day,
      allocation: { rule: 'explicit', items: items.map((item) => ({ ...item, amount: decimal(item.amount) })) },
    },
  }
}

/** Of money that other clients have some of. */
export const nextReversal = (
  { clientId, random }: Client,
  { paymentId, amount }: Payment,
  day: string,
): ModelCommand => ({
  name: 'ReversePayment',
  body: {
    clientId,
    paymentId,
    reason: random.pick(['MISTAKE', 'BOUNCED', 'CHARGED_BACK'], 'MISTAKE'),
    reversedOn: day,
    ...(random.chance(0.6) ? {} : { amount: decimal(random.upTo(amount)), allowExcess: random.chance(0.5) }),
  },
})

/** Money of nobody comes, is somebody's, is not his after all, or goes; most often some that is there. */
export const nextUnidentified = (company: Oracle, client: Client, day: string, fresh: string): ModelCommand => {
  const { clientId, random, oracle } = client
  const { payments, identified } = company.state
  const left = [...payments.values()].filter(({ credit }) => credit > 0)
  const payment = random.pick(left, undefined)
  const paymentId = random.chance(0.1) ? 'no-payment' : (payment?.paymentId ?? 'no-payment')
  const part = () =>
    random.chance(0.5) ? {} : { amount: decimal(random.upTo(Math.ceil((payment?.credit ?? 1) * 1.1))) }
  const owed = [...oracle.state.invoices.values()].filter(({ open }) => open > 0)
  const record = (): ModelCommand => {
    const isForeign = random.chance(0.25)
    const invoices = owed.filter(({ claim }) => claim === '')
    const numbers = [1, 2].map(() => random.pick(invoices, undefined)?.number ?? '77')
    const fitting = random.pick(owed, undefined)?.open
    return {
      name: 'RecordUnidentifiedPayment',
      body: {
        paymentId: random.chance(0.05) ? 'unk-0-0' : `unk-${fresh}`,
        amount: money(
          fitting !== undefined && random.chance(0.4) ? fitting : random.upTo(90_000),
          isForeign ? 'EUR' : 'RON',
        ),
        method: 'BANK_TRANSFER',
        receivedOn: day,
        ...(isForeign && random.chance(0.8)
          ? { exchangeRate: { rate: '5.0900', source: 'BNR', publishedOn: '2026-10-02' } }
          : {}),
        ...(random.chance(0.2) ? { fee: decimal(random.upTo(1_000)) } : {}),
        ...(random.chance(0.5) ? { remittanceText: `plata fact ${numbers.join(', ')}` } : {}),
      },
    }
  }
  const identify = (): ModelCommand => {
    const rules = ['auto', 'oldestDueFirst', 'named', 'none'] as const
    const invoiceId = random.pick(owed, undefined)?.invoiceId ?? 'no-invoice'
    const items = [{ invoiceId, amount: decimal(random.upTo(Math.max(1, payment?.credit ?? 1))) }]
    const allocation = random.chance(0.3) ? { rule: 'explicit', items } : { rule: random.pick(rules, 'none') }
    return {
      name: 'IdentifyPayment',
      body: {
        paymentId,
        clientId,
        identificationId: random.chance(0.05) ? 'idn-0-0' : `idn-${fresh}`,
        ...part(),
        ...(random.chance(0.5) ? {} : { identifiedOn: day }),
        ...(random.chance(0.2) ? {} : { allocation }),
      },
    }
  }
  const undo = (): ModelCommand => {
    const [of = 'no-payment', identificationId = 'none'] = (random.pick([...identified.keys()], undefined) ?? '').split(
      ' ',
    )
    return {
      name: 'UndoIdentification',
      body: { paymentId: of === '' ? 'no-payment' : of, identificationId, undoneOn: day, reason: 'a altuia' },
    }
  }
  const giveBack = (): ModelCommand => ({
    name: 'ReturnUnidentifiedPayment',
    body: {
      paymentId,
      ...part(),
      reason: random.pick(['RETURNED_TO_SENDER', 'TAKEN_BY_BANK', 'MISTAKE'], 'MISTAKE'),
      returnedOn: day,
    },
  })
  return random.pick([record, record, identify, identify, identify, undo, giveBack], record)()
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
