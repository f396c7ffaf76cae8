import { addDays, type BusinessDay, decimalOf, latest } from '@registru/domain'
import { business, fiscalCode, individual, type Party } from './people.ts'
import { createRandom, type Random } from './random.ts'

/** One command of the plan. It waits for the earlier commands that share a lane with it, and for nothing else. */
export interface Step {
  /** Unique in the plan and the same in every run: the idempotency key is made of it. */
  readonly key: string
  readonly day: BusinessDay
  readonly lanes: readonly string[]
  readonly command: string
  /** The receipt numbers given so far, by payment, for the command that annuls one. */
  readonly body: (receiptNumbers: ReadonlyMap<string, number>) => object
}

export interface FirmOptions {
  readonly seed: string
  /** Branches of the firm, each with its own clients, desk, invoice series and receipt books. */
  readonly scale: number
}

/** The quarter, up to the day before this was written, and what was left from before. */
const quarterFrom = '2026-09-01'
const lastDay = '2026-11-23'
/** Romania's standard VAT rate went from 19 to 21 % on this day (Legea 141/2025). */
const newRateFrom = '2025-08-01'

const businessesPerBranch = 28
const individualsPerBranch = 12
const invoicesPerBranch = 600
/** Law 70/2015: a business may hand over so much cash a day. The seed keeps the law. */
const businessCashMaxMinor = 500_000n
const individualCashMaxMinor = 1_000_000n

/** How a client pays; what a collections clerk knows of it. */
type Habit = 'prompt' | 'monthly' | 'partial' | 'late' | 'cash' | 'card' | 'ahead' | 'never'

const businessHabits: readonly Habit[] = [
  'prompt',
  'prompt',
  'prompt',
  'prompt',
  'monthly',
  'monthly',
  'partial',
  'late',
  'late',
  'cash',
  'ahead',
  'never',
]
/** The days of a transfer for the month. */
const paydays = ['2026-05-29', '2026-06-30', '2026-07-31', '2026-08-31', '2026-09-30', '2026-10-30', '2026-11-20']
const individualHabits: readonly Habit[] = ['card', 'card', 'cash', 'cash', 'prompt', 'late']

/** Services and what an hour or piece of them costs, in bani without VAT. */
const services: readonly (readonly [unitMinor: number, quantityMax: number])[] = [
  [12_000, 40],
  [18_500, 24],
  [25_000, 16],
  [45_000, 8],
  [9_900, 12],
  [150_000, 3],
]

type Currency = 'RON' | 'EUR'

interface Invoice {
  readonly invoiceId: string
  readonly number: string
  readonly issuedOn: BusinessDay
  readonly dueOn: BusinessDay
  readonly total: bigint
  readonly currency: Currency
  readonly data: object
}

interface Branch {
  readonly random: Random
  readonly number: number
  readonly series: string
  readonly desk: string
  readonly book: string
  readonly steps: Step[]
  readonly count: (name: string) => number
  /** The days of its invoices so far, as they were drawn. */
  readonly issueDays: BusinessDay[]
  /** What the invoice drawn as the so-manyeth is numbered, for a series rises with its days. */
  readonly numbers: readonly number[]
}

const bookLane = (book: string): string => `book ${book}`

const openBranch = (seed: string, number: number, numbers: readonly number[]): Branch => {
  const counters = new Map<string, number>()
  const series = number === 1 ? 'AMC' : `AMC${number}`
  return {
    random: createRandom(`${seed} ${number}`),
    number,
    series,
    desk: `C${number}`,
    book: `${series}-C`,
    steps: [],
    issueDays: [],
    numbers,
    count: (name) => {
      const next = (counters.get(name) ?? 0) + 1
      counters.set(name, next)
      return next
    },
  }
}

/** VAT of a base in whole percent, half a ban upwards. */
const vatOf = (base: bigint, rate: bigint): bigint => (base * rate + 50n) / 100n

const invoiceOf = (branch: Branch, client: Party, issuedOn: BusinessDay, currency: Currency): Invoice => {
  const { random, series } = branch
  const [unit, quantityMax] = random.pick(services)
  const base = BigInt(unit * random.between(1, client.kind === 'BUSINESS' ? quantityMax : Math.ceil(quantityMax / 4)))
  const rate = issuedOn < newRateFrom ? 19n : 21n
  const vat = vatOf(base, rate)
  const drawn = branch.issueDays.push(issuedOn) - 1
  const number = `${1001 + (branch.numbers[drawn] ?? drawn)}`
  const invoiceId = `${series.toLowerCase()}-${number}`
  const dueOn = addDays(issuedOn, client.kind === 'BUSINESS' ? random.pick([15, 30, 30, 45]) : random.pick([0, 7, 15]))
  const total = base + vat
  const vatLines = [{ rate: `${rate}`, base: decimalOf(base, currency), vat: decimalOf(vat, currency) }]
  const data = {
    clientId: client.clientId,
    invoiceId,
    series,
    number,
    issuedOn,
    dueOn,
    total: { amount: decimalOf(total, currency), currency },
    vatLines,
  }
  return { invoiceId, number, issuedOn, dueOn, total, currency, data }
}

/** Mostly the quarter; some of the summer; a few from the years of the old rate. */
const issueDay = (random: Random): BusinessDay => {
  const dice = random.between(1, 100)
  if (dice <= 4) return addDays('2025-02-01', random.between(0, 180))
  if (dice <= 18) return addDays('2026-05-15', random.between(0, 108))
  return addDays(quarterFrom, random.between(0, 83))
}

/** Never before the invoice: a payment that names an invoice needs it. */
const payDay = (random: Random, invoice: Invoice, habit: Habit): BusinessDay => {
  if (habit === 'late') return addDays(invoice.dueOn, random.between(15, 75))
  if (habit === 'cash' || habit === 'card') return addDays(invoice.issuedOn, random.between(0, 5))
  return latest(invoice.issuedOn, addDays(invoice.dueOn, random.between(-6, 3)))
}

const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b)

const bankReference = (random: Random): string => `${random.between(100, 999)}ZEXA${random.between(1e9, 9e9)}AB`

/** Everything a clerk enters for one client, as steps; their order is the days' order. */
const createDesk = (branch: Branch, client: Party) => {
  const { random, steps } = branch
  const { clientId } = client
  const lane = `account ${clientId}`

  const add = (
    command: string,
    key: string,
    day: BusinessDay,
    body: Step['body'],
    lanes: readonly string[] = [],
  ): void => {
    steps.push({ key: `${command}-${key}`, day, lanes: [lane, ...lanes], command, body })
  }

  const pay = (
    invoices: readonly Invoice[],
    {
      amount,
      method,
      on,
      rule,
      receipt = false,
      ...rest
    }: {
      readonly amount: bigint
      readonly method: string
      readonly on: BusinessDay
      readonly rule?: 'oldestDueFirst' | 'none'
      readonly receipt?: boolean
      readonly payer?: object
      readonly allocation?: object
    },
  ): string => {
    const paymentId = `${branch.series.toLowerCase()}-pay-${branch.count('payment')}`
    const currency = invoices[0]?.currency ?? 'RON'
    let left = amount
    const items: object[] = []
    for (const { invoiceId, total } of invoices) {
      const share = smaller(total, left)
      if (share > 0n) items.push({ invoiceId, amount: decimalOf(share, currency) })
      left -= share
    }
    const numbers = invoices.map((invoice) => invoice.number).join(', ')
    const transfer = { bankReference: bankReference(random), remittanceText: `plata fact ${branch.series} ${numbers}` }
    const data = {
      clientId,
      paymentId,
      amount: { amount: decimalOf(amount, currency), currency },
      method,
      receivedOn: on,
      ...(method === 'BANK_TRANSFER' && invoices.length > 0 ? transfer : {}),
      ...(method === 'CASH' ? { deskId: branch.desk } : {}),
      allocation: rule === undefined ? { rule: 'explicit', items } : { rule },
      ...(receipt ? { receipt: { series: branch.book } } : {}),
      ...rest,
    }
    add('RecordPayment', paymentId, on, () => data, receipt ? [bookLane(branch.book)] : [])
    return paymentId
  }

  const cashDays = new Set<BusinessDay>()
  /** The client comes with cash once a day, so that the ceiling of a day is the ceiling of a payment. */
  const cashDay = (from: BusinessDay): BusinessDay => {
    let day = from
    while (cashDays.has(day)) day = addDays(day, 1)
    cashDays.add(day)
    return day
  }

  return { clientId, add, pay, cashDay }
}

type Desk = ReturnType<typeof createDesk>

/** What cannot wait for chance: each story shows something that the ledger is there for. */
type Story = (branch: Branch, desk: Desk, client: Party) => void

const invoiceIn = (
  branch: Branch,
  desk: Desk,
  client: Party,
  issuedOn: BusinessDay,
  currency: Currency = 'RON',
): Invoice => {
  const invoice = invoiceOf(branch, client, issuedOn, currency)
  desk.add('RegisterInvoice', invoice.invoiceId, issuedOn, () => invoice.data)
  return invoice
}

const bouncedCheque: Story = (branch, desk, client) => {
  const invoice = invoiceIn(branch, desk, client, '2026-09-14')
  const paymentId = desk.pay([invoice], { amount: invoice.total, method: 'CHEQUE', on: '2026-10-12' })
  const { clientId } = client
  const data = { clientId, paymentId, reason: 'BOUNCED', reversedOn: '2026-10-19', note: 'cec refuzat la plată' }
  desk.add('ReversePayment', paymentId, '2026-10-19', () => data)
  const claims = [
    { claimId: `${paymentId}-cost`, kind: 'FEE', amount: '35.00', note: 'comisionul băncii pentru cecul refuzat' },
    { claimId: `${paymentId}-late`, kind: 'INTEREST', amount: '41.20', note: 'dobândă penalizatoare' },
  ]
  for (const { amount, ...claim } of claims) {
    const owed = { total: { amount, currency: 'RON' }, issuedOn: '2026-11-03', dueOn: '2026-11-18' }
    desk.add('RegisterClaim', claim.claimId, owed.issuedOn, () => ({ clientId, ...claim, ...owed }))
  }
}

const annulledReceipt: Story = (branch, desk, client) => {
  const invoice = invoiceIn(branch, desk, client, '2026-10-05')
  const wrong = smaller(invoice.total, businessCashMaxMinor / 2n)
  const on = '2026-10-08'
  const paymentId = desk.pay([invoice], { amount: wrong, method: 'CASH', on, receipt: true })
  const annulment = { series: branch.book, reason: 'sumă greșită', annulledOn: on, alsoReversePayment: true }
  const annul = (numbers: ReadonlyMap<string, number>): object => ({ ...annulment, number: numbers.get(paymentId) })
  desk.add('AnnulReceipt', paymentId, on, annul, [bookLane(branch.book)])
  desk.pay([invoice], { amount: wrong / 2n, method: 'CASH', on, receipt: true })
}

const wrongInvoice: Story = (branch, desk, client) => {
  const paid = invoiceIn(branch, desk, client, '2026-09-21')
  const meant = invoiceIn(branch, desk, client, '2026-10-02')
  const amount = smaller(paid.total, meant.total)
  const paymentId = desk.pay([paid], { amount, method: 'BANK_TRANSFER', on: '2026-10-20' })
  const names = { clientId: client.clientId, paymentId }
  const on = '2026-10-27'
  const undo = { ...names, invoiceId: paid.invoiceId, reason: 'WRONG_INVOICE', deallocatedOn: on }
  desk.add('DeallocatePayment', paymentId, on, () => ({ ...undo, note: 'clientul achita a doua factură' }))
  const again = { ...names, invoiceId: meant.invoiceId, amount: decimalOf(amount, 'RON'), allocatedOn: on }
  desk.add('AllocatePayment', paymentId, on, () => again)
}

/** Money before there is an invoice waits as credit, then settles what comes. */
const advance: Story = (branch, desk, client) => {
  const amount = 600_000n
  const paymentId = desk.pay([], { amount, method: 'BANK_TRANSFER', on: '2026-09-03', rule: 'none' })
  const { invoiceId, issuedOn, total } = invoiceIn(branch, desk, client, '2026-09-18')
  const part = { clientId: client.clientId, paymentId, invoiceId, amount: decimalOf(smaller(total, amount), 'RON') }
  desk.add('AllocatePayment', paymentId, issuedOn, () => ({ ...part, allocatedOn: issuedOn }))
}

const foreignCurrency: Story = (branch, desk, client) => {
  const invoice = invoiceIn(branch, desk, client, '2026-09-07', 'EUR')
  desk.pay([invoice], { amount: invoice.total / 2n, method: 'BANK_TRANSFER', on: '2026-10-09' })
  invoiceIn(branch, desk, client, '2026-11-04', 'EUR')
}

const paidByAnother: Story = (branch, desk, client) => {
  const invoice = invoiceIn(branch, desk, client, '2026-09-28')
  const payer = { name: business(branch.random, 0).name, taxId: fiscalCode(branch.random) }
  desk.pay([invoice], { amount: invoice.total, method: 'BANK_TRANSFER', on: '2026-10-28', payer })
  const change = { clientId: client.clientId, address: { ...client.address, street: 'Str. Nouă 12' } }
  desk.add('UpdateClient', client.clientId, '2026-11-02', () => change)
}

/** A gross amount of about so many hundredths of an invoice, with the VAT in it. */
const partOf = ({ total }: Invoice, percent: bigint) => {
  const base = (total * percent) / 121n
  const vat = vatOf(base, 21n)
  return { minor: base + vat, vatLines: [{ rate: '21', base: decimalOf(base, 'RON'), vat: decimalOf(vat, 'RON') }] }
}

const creditNote = (branch: Branch, client: Party, issuedOn: BusinessDay, part: ReturnType<typeof partOf>) => {
  const { series } = branch
  const number = `${9000 + branch.count('credit note')}`
  const creditNoteId = `${series.toLowerCase()}-${number}`
  const total = { amount: decimalOf(part.minor, 'RON'), currency: 'RON' }
  return { clientId: client.clientId, creditNoteId, series, number, issuedOn, total, vatLines: part.vatLines }
}

const goodsReturned: Story = (branch, desk, client) => {
  const invoice = invoiceIn(branch, desk, client, '2026-09-10')
  const part = partOf(invoice, 20n)
  const on = '2026-09-24'
  const note = { ...creditNote(branch, client, on, part), invoiceId: invoice.invoiceId }
  desk.add('RegisterCreditNote', note.creditNoteId, on, () => note)
  desk.pay([invoice], { amount: invoice.total - part.minor, method: 'BANK_TRANSFER', on: '2026-10-09' })
}

/** The invoice was paid when the goods came back: the credit note is credit, and part of it is given back. */
const creditGivenBack: Story = (branch, desk, client) => {
  const invoice = invoiceIn(branch, desk, client, '2026-09-08')
  desk.pay([invoice], { amount: invoice.total, method: 'BANK_TRANSFER', on: '2026-09-22' })
  const part = partOf(invoice, 30n)
  const note = creditNote(branch, client, '2026-10-06', part)
  desk.add('RegisterCreditNote', note.creditNoteId, note.issuedOn, () => note)
  const refund = { refundId: `${note.creditNoteId}-back`, paymentId: note.creditNoteId, method: 'BANK_TRANSFER' }
  const on = '2026-10-13'
  const amount = decimalOf(part.minor / 2n, 'RON')
  const data = { clientId: client.clientId, ...refund, amount, refundedOn: on, document: bankReference(branch.random) }
  desk.add('RecordRefund', refund.refundId, on, () => data)
}

const paidTwice: Story = (branch, desk, client) => {
  const invoice = invoiceIn(branch, desk, client, '2026-09-16')
  desk.pay([invoice], { amount: invoice.total, method: 'BANK_TRANSFER', on: '2026-10-15' })
  const amount = invoice.total
  const paymentId = desk.pay([], { amount, method: 'BANK_TRANSFER', on: '2026-10-16', rule: 'none' })
  const on = '2026-10-21'
  const refund = { refundId: `${paymentId}-back`, paymentId, amount: decimalOf(amount, 'RON'), method: 'BANK_TRANSFER' }
  const data = { clientId: client.clientId, ...refund, refundedOn: on, note: 'plătită de două ori' }
  desk.add('RecordRefund', refund.refundId, on, () => data)
}

const lostDebt: Story = (branch, desk, client) => {
  const { invoiceId } = invoiceIn(branch, desk, client, '2025-03-12')
  const on = '2026-11-16'
  const decision = { reason: 'debitor radiat din registrul comerțului', approvedBy: 'Ioana Pop', writtenOffOn: on }
  desk.add('WriteOffInvoice', invoiceId, on, () => ({ clientId: client.clientId, invoiceId, ...decision }))
}

const paidEarly: Story = (branch, desk, client) => {
  const invoice = invoiceIn(branch, desk, client, '2026-10-01')
  const { minor, vatLines } = partOf(invoice, 2n)
  const on = '2026-10-05'
  const { invoiceId } = invoice
  const scont = { kind: 'SETTLEMENT', amount: decimalOf(minor, 'RON'), vatLines, grantedOn: on, note: 'scont 2 %' }
  desk.add('GrantDiscount', invoiceId, on, () => ({ clientId: client.clientId, invoiceId, ...scont }))
  desk.pay([invoice], { amount: invoice.total - minor, method: 'BANK_TRANSFER', on })
}

/** The client is a supplier as well; what is owed both ways is not paid twice. */
const setOff: Story = (branch, desk, client) => {
  const invoice = invoiceIn(branch, desk, client, '2026-09-11')
  const on = '2026-10-14'
  const paymentId = `${branch.series.toLowerCase()}-set-${branch.count('set-off')}`
  const amount = decimalOf(invoice.total / 2n, 'RON')
  const items = [{ invoiceId: invoice.invoiceId, amount }]
  const facts = { clientId: client.clientId, paymentId, amount: { amount, currency: 'RON' }, setOffOn: on, items }
  desk.add('RecordSetOff', paymentId, on, () => ({ ...facts, document: `PV ${paymentId}` }))
}

const neverSent: Story = (branch, desk, client) => {
  const { invoiceId } = invoiceIn(branch, desk, client, '2026-10-20')
  const cancellation = { reason: 'emisă din greșeală, netrimisă', cancelledOn: '2026-10-21' }
  desk.add('CancelInvoice', invoiceId, '2026-10-21', () => ({ clientId: client.clientId, invoiceId, ...cancellation }))
}

/** Told of the first clients of each branch, one each. */
const stories: readonly Story[] = [
  bouncedCheque,
  annulledReceipt,
  wrongInvoice,
  advance,
  foreignCurrency,
  paidByAnother,
  goodsReturned,
  creditGivenBack,
  paidTwice,
  lostDebt,
  paidEarly,
  setOff,
  neverSent,
]

/** In cash up to the ceiling; the rest of a larger invoice may not come in cash on any other day (Law 70/2015 art. 3). */
const payInCash = (branch: Branch, desk: Desk, client: Party, invoice: Invoice, from: BusinessDay): void => {
  const on = desk.cashDay(from)
  if (on > lastDay) return
  const amount = smaller(invoice.total, client.kind === 'BUSINESS' ? businessCashMaxMinor : individualCashMaxMinor)
  desk.pay([invoice], { amount, method: 'CASH', on, receipt: true })
  const rest = invoice.total - amount
  const later = addDays(on, branch.random.between(1, 4))
  if (rest > 0n && later <= lastDay) {
    const { invoiceId } = invoice
    const allocation = { rule: 'explicit', items: [{ invoiceId, amount: decimalOf(rest, invoice.currency) }] }
    desk.pay([invoice], { amount: rest, method: 'BANK_TRANSFER', on: later, allocation })
  }
}

/** What the terminal took comes to the bank two days later, less one per cent. */
const payByCard = (branch: Branch, desk: Desk, { clientId }: Party, invoice: Invoice, on: BusinessDay): void => {
  const { total, currency } = invoice
  const method = branch.random.pick(['CARD_POS', 'CARD_ONLINE'])
  const paymentId = desk.pay([invoice], { amount: total, method, on })
  const clearedOn = addDays(on, 2)
  const fee = decimalOf(total / 100n, currency)
  if (clearedOn <= lastDay) {
    desk.add('ConfirmPaymentCleared', paymentId, clearedOn, () => ({ clientId, paymentId, clearedOn, fee }))
  }
}

/** One transfer a month for what fell due, old debts first; who pays ahead rounds up and has credit. */
const payMonthly = (desk: Desk, habit: Habit, invoices: readonly Invoice[]): void => {
  let paidThrough = '2025-01-01'
  for (const on of paydays) {
    const due = invoices.filter((invoice) => invoice.dueOn <= on && invoice.dueOn > paidThrough)
    const sum = due.reduce((total, invoice) => total + invoice.total, 0n)
    const amount = habit === 'ahead' ? (sum / 100_000n + 1n) * 100_000n : sum
    if (due.length > 0) desk.pay(due, { amount, method: 'BANK_TRANSFER', on, rule: 'oldestDueFirst' })
    paidThrough = on
  }
}

const payOneByOne = (branch: Branch, desk: Desk, client: Party, habit: Habit, invoices: readonly Invoice[]): void => {
  const { random } = branch
  for (const invoice of invoices) {
    const on = payDay(random, invoice, habit)
    // What would be paid after the last day is open today, and so is what was forgotten.
    if (on > lastDay || random.chance(0.08)) continue
    const { total } = invoice
    if (habit === 'cash') payInCash(branch, desk, client, invoice, on)
    else if (habit === 'card') payByCard(branch, desk, client, invoice, on)
    else {
      const amount = habit === 'partial' ? (total * BigInt(random.between(3, 8))) / 10n : total
      desk.pay([invoice], { amount, method: 'BANK_TRANSFER', on })
    }
  }
}

const drawBranch = (seed: string, number: number, numbers: readonly number[]): Branch => {
  const branch = openBranch(seed, number, numbers)
  const { random, steps, book } = branch
  const opening = {
    series: book,
    deskId: branch.desk,
    from: 1,
    to: 5000,
    decisionNumber: `${number}`,
    decisionOn: '2025-01-06',
    financialYear: 2025,
  }
  steps.push({
    key: `OpenReceiptBook-${book}`,
    day: '2025-01-06',
    lanes: ['company', bookLane(book)],
    command: 'OpenReceiptBook',
    body: () => opening,
  })

  const clients = Array.from({ length: businessesPerBranch + individualsPerBranch }, (_, index) => {
    const clientNumber = (number - 1) * (businessesPerBranch + individualsPerBranch) + index + 1
    const client = index < businessesPerBranch ? business(random, clientNumber) : individual(random, clientNumber)
    const desk = createDesk(branch, client)
    desk.add('RegisterClient', client.clientId, '2025-01-07', () => client, ['company'])
    const story = stories[index]
    story?.(branch, desk, client)
    // Whoever has a story pays invoice by invoice, or a transfer by due day would settle the story's invoices first.
    const habit =
      story === undefined ? random.pick(client.kind === 'BUSINESS' ? businessHabits : individualHabits) : 'prompt'
    return { client, desk, habit, invoices: new Array<Invoice>() }
  })

  const told = steps.filter(({ command }) => command === 'RegisterInvoice').length
  for (let planned = told; planned < invoicesPerBranch; planned += 1) {
    const { client, desk, invoices } = random.pick(clients)
    invoices.push(invoiceIn(branch, desk, client, issueDay(random)))
  }
  for (const { client, desk, habit, invoices } of clients) {
    if (habit === 'monthly' || habit === 'ahead') payMonthly(desk, habit, invoices)
    else if (habit !== 'never') payOneByOne(branch, desk, client, habit, invoices)
  }
  return branch
}

/** Drawn twice: which number an invoice bears is known when the days of all of them are. */
const planBranch = (seed: string, number: number): readonly Step[] => {
  const { issueDays } = drawBranch(seed, number, [])
  const byDay = [...issueDays.entries()].toSorted(([, a], [, b]) => (a < b ? -1 : a > b ? 1 : 0))
  const numbers = issueDays.map(() => 0)
  for (const [rank, [drawn]] of byDay.entries()) numbers[drawn] = rank
  return drawBranch(seed, number, numbers).steps
}

/**
 * The firm's year as commands in the order of their days, which is the order of every book's receipts too. A larger
 * scale adds branches and changes nothing in the ones before, so that seeding may grow.
 */
export const planFirm = ({ seed, scale }: FirmOptions): readonly Step[] => {
  const company = {
    name: 'AMC Servicii SRL',
    taxId: 'RO1234567897',
    tradeRegisterNumber: 'J22/100/2016',
    address: { street: 'Str. Fabricii 7', city: 'Iași', county: 'IS', countryCode: 'RO' },
    functionalCurrency: 'RON',
  }
  const first: Step = {
    key: 'RegisterCompany',
    day: '2025-01-03',
    lanes: ['company'],
    command: 'RegisterCompany',
    body: () => company,
  }
  const branches = Array.from({ length: scale }, (_, index) => planBranch(seed, index + 1))
  // Sorting keeps the order of equal days, so a payment stays behind the invoice of the same day.
  return [first, ...branches.flat()].toSorted((a, b) => (a.day < b.day ? -1 : a.day > b.day ? 1 : 0))
}
