import type { ModelCommand, Oracle } from './oracle.ts'
import type { Random } from './random.ts'

export const money = (amount: number) => ({ amount: decimal(amount), currency: 'RON' })
export const decimal = (amount: number): string =>
  `${Math.floor(amount / 100)}.${String(amount % 100).padStart(2, '0')}`

/** The days that follow each other, and what there is of commands and receipts. */
export interface Course {
  readonly phases: readonly string[]
  readonly perPhase: number
  readonly receiptsMax: number
}

/** Whoever gives the commands. */
interface Client {
  readonly clientId: string
  /** Its place among all clients: the numbers of its papers are no other's. */
  readonly place: number
  readonly random: Random
  readonly oracle: Oracle
}

/** Digits, as a payer writes them. */
const numberOf = (place: number, phase: number, step: number): string =>
  String(1_000_000 * (place + 1) + 100_000 * (phase + 1) + step)

/** Some command that makes sense more often than not. */
export const nextCommand = (
  { clientId, place, random, oracle }: Client,
  { phases, perPhase, receiptsMax }: Course,
  phase: number,
  step: number,
): ModelCommand => {
  const day = phase > 0 && random.chance(0.08) ? (phases[phase - 1] ?? '') : (phases[phase] ?? '')
  const someInvoice = () => random.pick([...oracle.invoices.keys()], 'no-invoice')
  const somePayment = () => random.pick([...oracle.payments.keys()], 'no-payment')
  const fresh = (name: string) => (random.chance(0.05) ? `${name}-1-1` : `${name}-${phase}-${step}`)
  const amount = () => random.upTo(60_000)
  const ownNumber = numberOf(place, phase, step)
  const someNumber = () => {
    const numbered = [...oracle.invoices.values()].filter(({ claim }) => claim === '')
    return random.pick(numbered, { claim: '', number: ownNumber, open: 0 }).number
  }
  /** Now and then a paper comes again, with zeros before its number. */
  const paper = () => (random.chance(0.05) ? `000${someNumber()}` : ownNumber)
  const series = `S-${clientId}`
  const registerInvoice = (): ModelCommand => {
    // Each has a due day of its own, so that only one order is the oldest first.
    const due = new Date(Date.UTC(2026, 9, 7 + phase * perPhase + step))
    const dueOn = random.chance(0.03) ? '2026-01-01' : due.toISOString().slice(0, 10)
    const invoiceId = fresh('inv')
    return {
      name: 'RegisterInvoice',
      body: { clientId, invoiceId, number: paper(), issuedOn: day, dueOn, total: money(amount()) },
    }
  }
  const registerClaim = (): ModelCommand => ({
    name: 'RegisterClaim',
    body: {
      clientId,
      claimId: fresh('claim'),
      kind: random.pick(['RETURNED_MONEY', 'FEE', 'INTEREST', 'OTHER'], 'OTHER'),
      issuedOn: day,
      dueOn: new Date(Date.UTC(2027, 0, 1 + phase * perPhase + step)).toISOString().slice(0, 10),
      total: money(random.upTo(20_000)),
    },
  })
  const recordPayment = (): ModelCommand => {
    const method = random.pick(['CASH', 'CASH', 'BANK_TRANSFER', 'CARD_POS'], 'CASH')
    const isCash = method === 'CASH'
    const isReceipted = random.chance(isCash ? 0.4 : 0.03)
    // Who says nothing of invoices often pays just what some of them have open, less a credit note now and then.
    const isSilent = random.chance(0.3)
    const owed = [...oracle.invoices.values()].filter(({ open }) => open > 0)
    const note = [...oracle.payments.values()].find(({ isNote, credit }) => isNote && credit > 0)
    const fitting =
      Array.from({ length: random.upTo(3) }, (_, index) => owed[index]?.open ?? 0).reduce(
        (sum, open) => sum + open,
        0,
      ) - (random.chance(0.3) ? (note?.credit ?? 0) : 0)
    const isFitting = isSilent && fitting > 0 && random.chance(0.6)
    const paid = isFitting ? fitting : isCash ? random.upTo(200_000) : amount()
    const invoiceId = someInvoice()
    const explicit = [{ invoiceId, amount: decimal(Math.max(1, Math.min(paid, random.upTo(40_000)))) }]
    const allocation = random.pick(
      [
        { rule: 'explicit', items: explicit },
        { rule: 'auto' },
        { rule: 'oldestDueFirst' },
        { rule: 'named' },
        { rule: 'none' },
      ] as const,
      { rule: 'none' },
    )
    return {
      name: 'RecordPayment',
      body: {
        clientId,
        // The desk of the receipt's book, where none is named.
        ...(isReceipted && random.chance(0.3) ? {} : { deskId: 'C1' }),
        paymentId: fresh('pay'),
        amount: money(paid),
        method,
        receivedOn: day,
        ...(isSilent ? {} : { remittanceText: `plata fact ${someNumber()}, ${someNumber()}` }),
        ...(random.chance(0.3) ? { cashOverride: { reason: 'avans', approvedBy: 'Ioana Pop' } } : {}),
        ...(random.chance(0.15) ? {} : { allocation }),
        ...(isReceipted ? { receipt: { series } } : {}),
      },
    }
  }
  const about = { clientId, paymentId: somePayment(), invoiceId: someInvoice() }
  const today = phases[phase] ?? ''
  const takeBack = (name: string, id: string): ModelCommand => {
    const of = id === 'paymentId' ? about.paymentId : random.pick(oracle.papersOf(id), 'none')
    return { name, body: { clientId, [id]: of, reason: 'MISTAKE', reversedOn: today } }
  }
  const others: readonly (() => ModelCommand)[] = [
    registerInvoice,
    registerInvoice,
    registerInvoice,
    registerClaim,
    recordPayment,
    recordPayment,
    recordPayment,
    recordPayment,
    () => ({ name: 'AllocatePayment', body: { ...about, amount: decimal(random.upTo(30_000)), allocatedOn: today } }),
    () => ({ name: 'AllocatePayment', body: { ...about, amount: decimal(random.upTo(30_000)), allocatedOn: today } }),
    () => ({
      name: 'DeallocatePayment',
      body: { ...about, amount: decimal(random.upTo(10_000)), deallocatedOn: today, reason: 'WRONG_INVOICE' },
    }),
    () => ({
      name: 'ReversePayment',
      body: {
        clientId,
        paymentId: about.paymentId,
        reason: random.pick(['MISTAKE', 'BOUNCED', 'CHARGED_BACK'], 'MISTAKE'),
        reversedOn: today,
        ...(random.chance(0.6) ? {} : { amount: decimal(random.upTo(30_000)), allowExcess: random.chance(0.5) }),
      },
    }),
    () => ({
      name: 'RecordRefund',
      body: {
        clientId,
        refundId: fresh('ref'),
        paymentId: about.paymentId,
        // Now and then above the ceiling for cash that is given back.
        amount: decimal(random.upTo(random.chance(0.2) ? 600_000 : 20_000)),
        method: random.pick(['BANK_TRANSFER', 'CARD_POS', 'CASH', 'CASH'], 'CASH'),
        refundedOn: day,
        allowExcess: random.chance(0.3),
      },
    }),
    () => {
      const body = {
        clientId,
        creditNoteId: fresh('note'),
        number: paper(),
        issuedOn: day,
        total: money(random.upTo(20_000)),
      }
      return { name: 'RegisterCreditNote', body: random.chance(0.5) ? body : { ...body, invoiceId: about.invoiceId } }
    },
    () => ({
      name: 'RescheduleInvoice',
      body: {
        clientId,
        invoiceId: about.invoiceId,
        dueOn: new Date(Date.UTC(2028, 0, 1 + phase * perPhase + step)).toISOString().slice(0, 10),
        agreedOn: day,
        reason: 'termen nou',
      },
    }),
    () => ({
      name: 'WriteOffInvoice',
      body: {
        clientId,
        writeOffId: fresh('wo'),
        invoiceId: about.invoiceId,
        reason: 'prescrisă',
        approvedBy: 'Ioana Pop',
        writtenOffOn: day,
        ...(random.chance(0.5) ? {} : { amount: decimal(random.upTo(20_000)) }),
      },
    }),
    () => ({
      name: 'GrantDiscount',
      body: {
        clientId,
        discountId: fresh('dis'),
        invoiceId: about.invoiceId,
        kind: 'SETTLEMENT',
        amount: decimal(random.upTo(5_000)),
        grantedOn: day,
      },
    }),
    () => ({
      name: 'CancelInvoice',
      body: {
        clientId,
        invoiceId: about.invoiceId,
        reason: 'greșită',
        cancelledOn: today,
        freeSettlements: random.chance(0.4),
      },
    }),
    () => ({ name: 'IssueReceipt', body: { clientId, paymentId: about.paymentId, series, issuedOn: day } }),
    () => ({ name: 'IssueReceipt', body: { clientId, paymentId: about.paymentId, series, issuedOn: day } }),
    () => ({
      name: 'ConfirmPaymentCleared',
      body: {
        clientId,
        paymentId: about.paymentId,
        clearedOn: today,
        fee: decimal(random.upTo(2_000)),
        ...(random.chance(0.5) ? {} : { amount: decimal(random.upTo(20_000)) }),
      },
    }),
    () => {
      const items = [{ invoiceId: about.invoiceId, amount: decimal(random.upTo(10_000)) }]
      const total = random.chance(0.9) ? (items[0]?.amount ?? '') : decimal(random.upTo(10_000))
      const amount = { amount: total, currency: 'RON' }
      return {
        name: 'RecordSetOff',
        body: { clientId, paymentId: fresh('set'), amount, setOffOn: day, document: 'PV 1', items },
      }
    },
    () => ({
      name: 'ReleaseCredit',
      body: {
        clientId,
        paymentId: about.paymentId,
        amount: decimal(random.upTo(20_000)),
        reason: random.pick(['PRESCRIBED', 'TIP', 'OTHER'], 'OTHER'),
        releasedOn: today,
        approvedBy: 'Ioana Pop',
      },
    }),
    () => takeBack('ReverseCreditNote', 'creditNoteId'),
    () => takeBack('ReverseDiscount', 'discountId'),
    () => takeBack('ReverseWriteOff', 'writeOffId'),
    () => takeBack('ReverseRefund', 'refundId'),
    () => takeBack('ReverseSetOff', 'paymentId'),
    () => ({ name: 'UpdateClient', body: { clientId, name: `Firma ${phase}-${step}` } }),
    () => ({ name: 'ReprintReceipt', body: { series, number: random.upTo(receiptsMax) } }),
    () => ({
      name: 'ExtendReceiptRange',
      body: {
        series,
        to: Math.max(1, oracle.receiptsMax() + random.upTo(3) - 1),
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
  return random.pick(others, registerInvoice)()
}
