import {
  type AccountCommand,
  accountInvoices,
  accountPayments,
  addDays,
  ClaimKind,
  type ClientAccount,
  creditNotes,
  discounts,
  type Invoice,
  refunds,
  writeOffs,
} from '@registru/domain'
import type { Random } from '@registru/scripts/seed/random'

/** The first day of every history; all of it happens within `DAYS`. */
export const FIRST_DAY = '2026-05-04'
export const DAYS = 180
export const SERIES = 'CH'

export interface Place {
  readonly clientId: string
  /** Other clients of the company. */
  readonly others: readonly string[]
  /** How many ids of each kind an account has: few, so that steps meet. */
  readonly ids: number
}

const DECIMALS: Readonly<Record<string, number>> = { RON: 2, EUR: 2, JPY: 0 }
export const CURRENCIES = ['RON', 'RON', 'RON', 'RON', 'RON', 'EUR', 'EUR', 'JPY'] as const
const METHODS = ['CASH', 'CASH', 'BANK_TRANSFER', 'CARD_POS', 'COURIER_COD', 'CHEQUE', 'PROMISSORY_NOTE'] as const

export const decimal = (minor: bigint, currency: string): string => {
  const digits = DECIMALS[currency] ?? 2
  const text = `${minor < 0n ? -minor : minor}`.padStart(digits + 1, '0')
  return `${minor < 0n ? '-' : ''}${digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`}`
}

/** Two rates, the second one's VAT a little off, as printed documents have it. */
export const vatLinesOf = (minor: number, currency: string) => {
  const base = Math.floor(minor / 2)
  const vat = Math.floor(base / 5)
  const low = Math.floor(minor / 11)
  const amount = (part: number): string => decimal(BigInt(part), currency)
  return [
    { rate: '21', base: amount(base), vat: amount(vat) },
    { rate: '11', base: amount(minor - base - vat - low), vat: amount(low) },
  ]
}

export const anyOf = <Item>(random: Random, items: readonly Item[]): Item | undefined =>
  items.length === 0 ? undefined : random.pick(items)

export const smallest = (...amounts: readonly bigint[]): bigint => amounts.reduce((a, b) => (b < a ? b : a))

export const rateOf = (day: string) => ({ rate: '4.9765', source: 'BNR' as const, publishedOn: day })

/** In the other currency, or, in euro, in its own at another rate. */
const refundAbroad = (currency: string, random: Random) => {
  const minor = BigInt(amountOf(random))
  const left = currency === 'RON' || random.chance(0.3) ? 'EUR' : 'RON'
  return { amount: { amount: decimal(minor, left), currency: left } }
}

/** Of banuți, of everyday, and now and then more than a ceiling of cash. */
export const amountOf = (random: Random): number => {
  if (random.chance(0.3)) return random.between(1, 9)
  return random.chance(0.05) ? random.between(400_000, 2_000_000) : random.between(10, 400_000)
}

/** Of a final invoice: it takes an advance off, whole; where that is more than it is for, it asks for nothing. */
const finalOf = (account: ClientAccount, random: Random, minor: number) => {
  const advance = anyOf(
    random,
    [...accountInvoices.all(account)].filter(({ kind, corrections }) => kind === 'ADVANCE' && corrections === 0),
  )
  if (advance === undefined) return {}
  const { currency, invoiceId: advanceInvoiceId, total, vatLines } = advance
  const lines = vatLines.length > 0 ? vatLines : [{ rate: '0', base: total, vat: 0n }]
  const off = lines.reduce((sum, { base, vat }) => sum + base + vat, 0n)
  const own = off > BigInt(minor) ? off : BigInt(minor)
  const amounts = (base: bigint, vat: bigint) => ({ base: decimal(base, currency), vat: decimal(vat, currency) })
  return {
    kind: 'INVOICE' as const,
    total: { amount: decimal(own - off, currency), currency },
    instalments: undefined,
    cashAccounting: random.chance(0.5),
    vatLines: [
      ...vatLinesOf(Number(own), currency),
      ...lines.map(({ rate, base, vat }) => ({ rate, ...amounts(-base, -vat), advanceInvoiceId })),
    ],
  }
}

const invoice = (
  { clientId, ids }: Place,
  random: Random,
  issuedOn: string,
  account: ClientAccount,
): AccountCommand => {
  const currency = random.pick(CURRENCIES)
  const minor = amountOf(random)
  const dueOn = addDays(issuedOn, random.between(0, 60))
  const id = random.between(1, ids)
  const third = Math.floor(minor / 3)
  const parts = third > 0 && dueOn > addDays(issuedOn, 2) && random.chance(0.3) ? [third, third, minor - 2 * third] : []
  const instalments = parts.map((part, index) => ({
    dueOn: addDays(dueOn, index - 2),
    amount: decimal(BigInt(part), currency),
  }))
  return {
    type: 'RegisterInvoice',
    data: {
      clientId,
      invoiceId: `${clientId}-inv-${id}`,
      series: 'AMC',
      number: `${id}`,
      issuedOn,
      dueOn,
      total: { amount: decimal(BigInt(minor), currency), currency },
      ...(parts.length > 0 && { instalments }),
      ...(random.chance(0.15) && { kind: 'ADVANCE' as const }),
      ...(random.chance(0.5) && { cashAccounting: random.chance(0.8), vatLines: vatLinesOf(minor, currency) }),
      ...(random.chance(0.2) && finalOf(account, random, minor)),
    },
  }
}

/** What is owed without an invoice. */
const claim = ({ clientId, ids }: Place, random: Random, issuedOn: string): AccountCommand => {
  const currency = random.pick(CURRENCIES)
  const id = random.between(1, ids)
  return {
    type: 'RegisterClaim',
    data: {
      clientId,
      claimId: `${clientId}-claim-${id}`,
      kind: random.pick(ClaimKind.options),
      ...(random.chance(0.7) && { number: `D ${id}` }),
      issuedOn,
      dueOn: addDays(issuedOn, random.between(0, 40)),
      total: { amount: decimal(BigInt(amountOf(random)), currency), currency },
      ...(currency === 'EUR' && random.chance(0.5) && { exchangeRate: rateOf(issuedOn) }),
    },
  }
}

const payment = ({ clientId, ids }: Place, random: Random, receivedOn: string): AccountCommand => {
  const currency = random.pick(CURRENCIES)
  const method = random.pick(METHODS)
  const paymentId = `${clientId}-pay-${random.between(1, ids)}`
  return {
    type: 'RecordPayment',
    data: {
      clientId,
      paymentId,
      amount: { amount: decimal(BigInt(amountOf(random)), currency), currency },
      method,
      receivedOn,
      ...(currency === 'EUR' && random.chance(0.5) && { exchangeRate: { ...rateOf(receivedOn), rate: '5.0312' } }),
      ...(method === 'BANK_TRANSFER' && random.chance(0.2) && { fee: decimal(1n, currency) }),
      ...(method === 'BANK_TRANSFER' && random.chance(0.2) && { bankAccount: 'RO49AAAA1B31007593840000' }),
      ...(random.chance(0.1) && { purpose: 'avans' }),
      ...(random.chance(0.3) && { remittanceText: `plata fact AMC ${random.between(1, ids)}` }),
      allocation: { rule: random.pick(['none', 'none', 'oldestDueFirst', 'oldestDueFirst', 'auto', 'named']) },
      ...(method === 'CASH' && { deskId: random.pick(['C1', 'C2']) }),
      ...(method === 'CASH' && random.chance(0.3) && { cashOverride: { reason: 'agreed', approvedBy: 'Ana' } }),
      ...(method === 'CASH' && random.chance(0.5) && { receipt: { series: SERIES, receiptId: `rec-${paymentId}` } }),
    },
  }
}

/** What money may go to: what is open, or, with nothing open, what was written off and not recovered. */
const roomOf = ({ open, writtenOff, recovered }: Invoice): bigint => (open > 0n ? open : writtenOff - recovered)

/** A payment with credit and an open invoice, in one currency or between lei and euro. */
const allocation = (account: ClientAccount, clientId: string, random: Random, day: string) => {
  const credits = [...accountPayments.all(account)].filter(({ credit }) => credit > 0n)
  const credit = anyOf(random, credits)
  const opens = [...accountInvoices.all(account)].filter((invoice) => roomOf(invoice) > 0n)
  const open = anyOf(random, opens)
  if (credit === undefined || open === undefined) return undefined
  const converts = credit.currency !== open.currency
  // A little of what is open: what it costs in the other currency is for the domain to say, and to refuse.
  const fits = converts ? smallest(roomOf(open), credit.credit / 6n + 1n) : smallest(roomOf(open), credit.credit)
  const minor = random.chance(0.5) ? fits : smallest(fits, BigInt(amountOf(random)))
  const said =
    converts && random.chance(0.3)
      ? { paid: decimal(smallest(minor, credit.credit), credit.currency) }
      : { amount: decimal(minor, open.currency) }
  return {
    type: 'AllocatePayment' as const,
    data: {
      clientId,
      paymentId: credit.paymentId,
      invoiceId: open.invoiceId,
      ...said,
      ...(converts && { exchangeRate: rateOf(day) }),
      ...(random.chance(0.5) && { allocatedOn: day }),
    },
  }
}

const undo = (account: ClientAccount, clientId: string, random: Random, day: string) => {
  const living = [...accountPayments.all(account)].flatMap(({ paymentId, allocations, recoveries }) =>
    [...allocations, ...recoveries].map(([invoiceId, { amount }]) => ({ paymentId, invoiceId, amount })),
  )
  const found = anyOf(random, living)
  if (found === undefined) return undefined
  const { paymentId, invoiceId, amount } = found
  const currency = accountInvoices.get(account, invoiceId)?.currency ?? 'RON'
  const part = random.chance(0.5) ? amount : smallest(amount, BigInt(amountOf(random)))
  const which = { clientId, paymentId, invoiceId, amount: decimal(part, currency) }
  return {
    type: 'DeallocatePayment' as const,
    data: { ...which, reason: 'WRONG_INVOICE' as const, deallocatedOn: addDays(day, random.between(0, 40)) },
  }
}

/** One new due day, or two that share what is open. */
const terms = (random: Random, { open, currency }: Pick<Invoice, 'open' | 'currency'>, day: string) => {
  const dueOn = addDays(day, random.between(2, 60))
  const half = open / 2n
  if (half === 0n || random.chance(0.5)) return { dueOn }
  const first = { dueOn: addDays(dueOn, -random.between(1, 10)), amount: decimal(half, currency) }
  return { instalments: [first, { dueOn, amount: decimal(open - half, currency) }] }
}

/** What lowers a debt without money, or moves the day on which it is due. */
const lowering = (account: ClientAccount, { clientId, ids }: Place, random: Random, day: string) => {
  const invoices = [...accountInvoices.all(account)]
  const found = anyOf(random, invoices)
  if (found === undefined) return undefined
  const { invoiceId, currency, open, total } = found
  const of = { clientId, invoiceId }
  const again = random.between(1, 3)
  const [noteId, discountId, writeOffId] = [
    `${invoiceId}-cn-${again}`,
    `${invoiceId}-dis-${again}`,
    `${invoiceId}-wo-${again}`,
  ]
  const cancel: AccountCommand = {
    type: 'CancelInvoice',
    data: { ...of, reason: 'never delivered', cancelledOn: day, freeSettlements: random.chance(0.3) },
  }
  const noteOf = (minor: bigint): AccountCommand => ({
    type: 'RegisterCreditNote',
    data: {
      ...of,
      creditNoteId: noteId,
      number: noteId,
      issuedOn: day,
      total: { amount: decimal(minor, currency), currency },
    },
  })
  // Of what is paid, too: the commonest return.
  if (total === 0n) return cancel
  if (open === 0n) return random.pick([cancel, noteOf(smallest(total, BigInt(amountOf(random))))])
  const minor = random.chance(0.4) ? open : smallest(open, BigInt(amountOf(random)))
  const amount = decimal(minor, currency)
  // With VAT on it now and then: it comes back with the discount.
  const lines = found.cashAccounting && random.chance(0.5) ? { vatLines: vatLinesOf(Number(minor), currency) } : {}
  return random.pick<AccountCommand>([
    cancel,
    noteOf(random.chance(0.5) ? total : smallest(open, BigInt(amountOf(random)))),
    { type: 'RescheduleInvoice', data: { ...of, ...terms(random, found, day), agreedOn: day, reason: 'payment plan' } },
    {
      type: 'WriteOffInvoice',
      data: { ...of, writeOffId, amount, reason: 'bankrupt', approvedBy: 'director', writtenOffOn: day },
    },
    {
      type: 'GrantDiscount',
      data: { ...of, discountId, kind: random.pick(['SETTLEMENT', 'COMMERCIAL']), amount, ...lines, grantedOn: day },
    },
    {
      type: 'RecordSetOff',
      data: {
        clientId,
        paymentId: `${clientId}-set-${random.between(1, ids)}`,
        amount: { amount, currency },
        setOffOn: day,
        document: 'PV 1',
        items: [{ invoiceId, amount }],
      },
    },
  ])
}

/** What happens to money that is there: it bounces, is collected, is given back. */
const onPayment = (account: ClientAccount, clientId: string, random: Random, day: string) => {
  const payments = [...accountPayments.all(account)]
  // Now and then one of which others have something: that is undone there first.
  const moved = random.chance(0.3) ? payments.filter(({ transfers }) => transfers.length > 0) : []
  const found = anyOf(random, moved.length > 0 ? moved : payments)
  if (found === undefined) return undefined
  const { paymentId, credit, currency, inTransit } = found
  const of = { clientId, paymentId }
  // What leaves beyond what is there is owed for, under an id that comes once.
  const claimId = `${paymentId}-claim-${random.between(1, 1_000)}`
  const allowExcess = random.chance(0.5)
  const later = addDays(day, random.between(0, 40))
  const reverse: AccountCommand = {
    type: 'ReversePayment',
    data: { ...of, claimId, reason: random.pick(['BOUNCED', 'CHARGED_BACK', 'MISTAKE']), reversedOn: later },
  }
  const partOf = (whole: bigint): string => decimal(smallest(whole, BigInt(amountOf(random))), currency)
  const arrive: AccountCommand = {
    type: 'ConfirmPaymentCleared',
    data: { ...of, clearedOn: later, ...(inTransit > 0n && random.chance(0.5) && { amount: partOf(inTransit) }) },
  }
  if (random.chance(0.3)) {
    const part = {
      claimId,
      reason: 'CHARGED_BACK' as const,
      amount: partOf(found.amount),
      reversedOn: later,
      allowExcess,
    }
    return inTransit > 0n ? arrive : ({ type: 'ReversePayment', data: { ...of, ...part } } as const)
  }
  if (credit === 0n) return reverse
  const refundId = `${paymentId}-refund-${random.between(1, 3)}`
  return random.pick<AccountCommand>([
    reverse,
    { ...arrive, data: { ...arrive.data, fee: decimal(1n, currency) } },
    {
      type: 'ReleaseCredit',
      data: {
        ...of,
        amount: decimal(smallest(credit, BigInt(amountOf(random))), currency),
        reason: random.pick(['PRESCRIBED', 'TIP', 'SMALL_DIFFERENCE', 'OTHER']),
        releasedOn: later,
        approvedBy: 'director',
      },
    },
    {
      type: 'RecordRefund',
      data: {
        ...of,
        refundId,
        claimId,
        amount: decimal(random.chance(0.7) ? credit : BigInt(amountOf(random)), currency),
        method: random.pick(['BANK_TRANSFER', 'CARD_ONLINE']),
        refundedOn: later,
        allowExcess,
      },
    },
    {
      type: 'RecordRefund',
      data: {
        ...of,
        refundId,
        claimId,
        allowExcess,
        ...refundAbroad(currency, random),
        exchangeRate: rateOf(day),
        method: random.pick(['BANK_TRANSFER', 'CASH']),
        refundedOn: later,
      },
    },
    {
      type: 'IssueReceipt',
      data: { ...of, series: SERIES, issuedOn: day, receiptId: `rec-${paymentId}-${random.between(1, 3)}` },
    },
  ])
}

/** On account; half of them say which invoice they correct. */
const creditNote = (
  account: ClientAccount,
  { clientId, ids }: Place,
  random: Random,
  issuedOn: string,
): AccountCommand => {
  const creditNoteId = `${clientId}-cn-${random.between(1, ids)}`
  const minor = amountOf(random)
  const payable = [...accountInvoices.all(account)].filter(({ total }) => total > 0n)
  const corrected = random.chance(0.5) ? anyOf(random, payable) : undefined
  if (corrected !== undefined) {
    const { currency, invoiceId: corrects } = corrected
    const total = { amount: decimal(smallest(corrected.total, BigInt(minor)), currency), currency }
    return {
      type: 'RegisterCreditNote',
      data: { clientId, creditNoteId, corrects, number: creditNoteId, issuedOn, total },
    }
  }
  const currency = random.pick(CURRENCIES)
  const total = { amount: decimal(BigInt(minor), currency), currency }
  const vat = random.chance(0.5) ? { cashAccounting: true, vatLines: vatLinesOf(minor, currency) } : {}
  return { type: 'RegisterCreditNote', data: { clientId, creditNoteId, number: creditNoteId, issuedOn, total, ...vat } }
}

/** Something that was recorded, and stands, is taken back. */
const takingBack = (account: ClientAccount, { clientId }: Place, random: Random, day: string) => {
  const reversedOn = random.chance(0.8) ? addDays(day, random.between(0, 40)) : undefined
  const said = { clientId, reversedOn }
  const standing = <Paper extends { readonly reversed: boolean }>(papers: Iterable<readonly [string, Paper]>) =>
    [...papers].flatMap(([id, { reversed }]) => (reversed ? [] : [id]))
  const credits = (method: 'CREDIT_NOTE' | 'SET_OFF'): readonly string[] =>
    [...accountPayments.all(account)].flatMap((credit) =>
      credit.method === method && credit.reversed === 0n ? [credit.paymentId] : [],
    )
  const reason = random.pick(['MISTAKE', 'WRONG_INVOICE', 'OTHER'] as const)
  const notes = [...standing(creditNotes.all(account)), ...credits('CREDIT_NOTE')]
  const commands: readonly AccountCommand[] = [
    ...notes.map((creditNoteId) => ({ type: 'ReverseCreditNote' as const, data: { ...said, reason, creditNoteId } })),
    ...standing(discounts.all(account)).map((discountId) => ({
      type: 'ReverseDiscount' as const,
      data: { ...said, reason, discountId },
    })),
    ...standing(writeOffs.all(account)).map((writeOffId) => ({
      type: 'ReverseWriteOff' as const,
      data: { ...said, reason, writeOffId },
    })),
    ...standing(refunds.all(account)).map((refundId) => ({
      type: 'ReverseRefund' as const,
      data: { ...said, reason: 'RETURNED_BY_BANK' as const, refundId },
    })),
    ...credits('SET_OFF').map((paymentId) => ({
      type: 'ReverseSetOff' as const,
      data: { ...said, reason, paymentId },
    })),
  ]
  return anyOf(random, commands)
}

/** Credit that goes to another account, where the id may be taken. */
const transfer = (
  account: ClientAccount,
  { clientId, others, ids }: Place,
  random: Random,
  day: string,
): AccountCommand | undefined => {
  const found = anyOf(
    random,
    [...accountPayments.all(account)].filter(({ credit }) => credit > 0n),
  )
  const toClientId = anyOf(random, others)
  if (found === undefined || toClientId === undefined) return undefined
  const { paymentId, credit, currency } = found
  const amount = decimal(random.chance(0.4) ? credit : smallest(credit, BigInt(amountOf(random))), currency)
  const which = { clientId, toClientId, paymentId, transferId: `${clientId}-${toClientId}-${random.between(1, ids)}` }
  if (random.chance(0.3)) {
    // Whether there is such an invoice, and as much open on it, is for the other account to say.
    const invoiceId = `${toClientId}-inv-${random.between(1, ids)}`
    const { toClientId: invoiceClientId, ...sent } = which
    return { type: 'PayForAnother', data: { ...sent, invoiceClientId, invoiceId, amount } }
  }
  return {
    type: 'TransferCredit',
    data: { ...which, amount, reason: 'paid for another', ...(random.chance(0.7) && { movedOn: day }) },
  }
}

/** The client is another kind of person: cash has other ceilings. */
const otherKind = ({ clientId }: Place, random: Random): AccountCommand => ({
  type: 'UpdateClient',
  data: { clientId, kind: random.pick(['BUSINESS', 'INDIVIDUAL']), name: `Client ${random.between(1, 9)}` },
})

/** What somebody might ask of an account next; the domain may refuse it. Days go forward and back. */
export const nextCommand = (account: ClientAccount, place: Place, random: Random): AccountCommand | undefined => {
  const { clientId } = place
  const day = addDays(FIRST_DAY, random.between(0, DAYS))
  const kind = random.between(0, 99)
  if (kind < 20) return invoice(place, random, day, account)
  if (kind < 22) return claim(place, random, day)
  if (kind < 41) return payment(place, random, day)
  if (kind < 54) return allocation(account, clientId, random, day)
  if (kind < 65) return undo(account, clientId, random, day)
  if (kind < 76) return lowering(account, place, random, day)
  if (kind < 86) return onPayment(account, clientId, random, day)
  if (kind < 93) return takingBack(account, place, random, day)
  if (kind < 96) return transfer(account, place, random, day)
  if (kind < 97) return otherKind(place, random)
  return creditNote(account, place, random, day)
}
