/**
 * What a receivables ledger must answer, written down a second time and in the simplest way: numbers in maps, one client
 * an account. It knows nothing of the ledger's code.
 */
import { z } from 'zod'

/** A command as it goes over HTTP. */
export interface ModelCommand {
  readonly name: string
  readonly body: Readonly<Record<string, unknown>>
}

export interface Verdict {
  /** Empty: accepted. Otherwise the answer's code is one of them, whichever the ledger looks at first. */
  readonly refusals: ReadonlySet<string>
  /** Codes of the warnings that come with an acceptance. */
  readonly warnings: readonly string[]
  /**
   * Carries it out and says what the answer's `result` has to hold; call it once, when the ledger has accepted. What leaves
   * beyond what is there is owed under an id that the ledger makes up.
   */
  readonly apply: (claimId?: string) => object
}

interface Invoice {
  /** Of what is owed without an invoice: its kind; money that left for it comes back with its refund alone. */
  readonly claim: string
  readonly isExcess: boolean
  readonly number: string
  readonly paper: string
  readonly total: number
  readonly issuedOn: string
  dueOn: string
  /** Since when it is due then. */
  agreedOn: string
  open: number
  writtenOff: number
  recovered: number
  writtenOffOn: string
  lastUndoOn: string
}

/** One payment on one invoice: which pair came when, and the latest day that any of it has. */
interface Pair {
  readonly order: number
  on: string
}

interface Payment {
  readonly paymentId: string
  readonly amount: number
  readonly isNote: boolean
  readonly isCash: boolean
  /** Money on its way until somebody confirms that it arrived. */
  readonly isCard: boolean
  readonly isSetOff: boolean
  readonly receivedOn: string
  readonly allocations: Map<string, number>
  readonly pairs: Map<string, Pair>
  lastUndoOn: string
  credit: number
  refunded: number
  reversed: number
  /** What left beyond all that was there. */
  claimed: number
  inTransit: number
  hasArrived: boolean
  receipt: number | undefined
}

interface Receipt {
  readonly paymentId: string
  annulled: boolean
  copies: number
}

/** What lowered an invoice, or gave credit back, or is credit itself. */
interface Paper {
  readonly of: string
  readonly amount: number
  /** Of a credit note: what it is called, which it leaves to the next one when it is taken back. */
  readonly number: string
  /** Of a refund: what was kept from a payout that was still to come. */
  readonly inTransit: number
  readonly isWriteOff: boolean
  /** Of a refund: what it left beyond the credit is owed under this id. */
  readonly claimId: string
  reversed: boolean
}

/** The name that a command gives to its paper. */
const PAPER_IDS = ['creditNoteId', 'discountId', 'writeOffId', 'refundId'] as const
type PaperId = (typeof PAPER_IDS)[number]

export type CashGuard = 'REJECT' | 'REQUIRE_OVERRIDE' | 'WARN'

interface State {
  readonly invoices: Map<string, Invoice>
  readonly payments: Map<string, Payment>
  /** By the kind of their id, and the id. */
  readonly papers: Map<string, Paper>
  /** Numbers and years of the papers that stand; of invoices and credit notes alike. */
  readonly numbers: Set<string>
  readonly receipts: Receipt[]
  readonly cashByDay: Map<string, number>
  readonly cashBackByDay: Map<string, number>
  /** Days of the refunds in cash. */
  readonly cashBack: Map<string, string>
  pairs: number
  receiptsMax: number
  cashGuard: CashGuard
  closedThrough: string
  lastReceiptOn: string
}

const newState = (receiptsMax: number): State => ({
  invoices: new Map(),
  payments: new Map(),
  papers: new Map(),
  numbers: new Set(),
  receipts: [],
  cashByDay: new Map(),
  cashBackByDay: new Map(),
  cashBack: new Map(),
  pairs: 0,
  receiptsMax,
  cashGuard: 'REJECT',
  closedThrough: '',
  lastReceiptOn: '',
})

/** Of one business, payer and desk in one day, in bani. */
const CASH_CEILING = 500_000

const cents = (decimal: string): number => Math.round(Number(decimal) * 100)
/** None of them has a series. */
const paperOf = (number: string, issuedOn: string): string => `${Number(number)} of ${issuedOn.slice(0, 4)}`
const last = (...days: readonly string[]): string => days.toSorted().at(-1) ?? ''
const decimal = (amount: number): string => `${Math.floor(amount / 100)}.${String(amount % 100).padStart(2, '0')}`

const Amount = z.string().transform(cents)
const Money = z.object({ amount: Amount }).transform(({ amount }) => amount)
const Body = z.looseObject({
  invoiceId: z.string().default(''),
  claimId: z.string().default(''),
  kind: z.string().default(''),
  allowExcess: z.boolean().default(false),
  paymentId: z.string().default(''),
  creditNoteId: z.string().default(''),
  refundId: z.string().default(''),
  discountId: z.string().default(''),
  writeOffId: z.string().default(''),
  dueOn: z.string().default(''),
  total: Money.optional(),
  amount: z.union([Amount, Money]).optional(),
  method: z.string().default(''),
  reason: z.string().default(''),
  number: z.union([z.int(), z.string()]).optional(),
  to: z.int().default(0),
  fee: Amount.default(0),
  remittanceText: z.string().default(''),
  cashOverride: z.looseObject({}).optional(),
  items: z.array(z.object({ invoiceId: z.string(), amount: Amount })).default([]),
  alsoReversePayment: z.boolean().default(false),
  freeSettlements: z.boolean().default(false),
  receipt: z.object({ series: z.string() }).optional(),
  allocation: z
    .object({
      rule: z.string(),
      items: z.array(z.object({ invoiceId: z.string(), amount: Amount })).default([]),
    })
    .default({ rule: 'auto', items: [] }),
})
type Body = z.infer<typeof Body>

/** The day of a command, whatever it is called in it. */
const DAYS = [
  'issuedOn',
  'receivedOn',
  'allocatedOn',
  'deallocatedOn',
  'reversedOn',
  'refundedOn',
  'releasedOn',
  'writtenOffOn',
  'grantedOn',
  'cancelledOn',
  'annulledOn',
  'clearedOn',
  'setOffOn',
  'agreedOn',
]
const dayOf = (body: ModelCommand['body']): string =>
  DAYS.flatMap((name) => (typeof body[name] === 'string' ? [body[name]] : []))[0] ?? ''

interface Judgement {
  readonly codes: string[]
  readonly warnings?: readonly string[]
  readonly apply: (claimId?: string) => object
}

interface Share {
  readonly invoiceId: string
  readonly amount: number
}

interface Spread {
  readonly shares: readonly Share[]
  readonly notes: readonly { readonly note: Payment; readonly shares: readonly Share[] }[]
  readonly unmet: number
}

interface Open {
  readonly invoiceId: string
  readonly open: number
}

interface Group {
  readonly invoices: readonly Open[]
  readonly notes: readonly Payment[]
}

const subsetsOf = <Item>(items: readonly Item[]): readonly (readonly Item[])[] =>
  items.reduce<readonly (readonly Item[])[]>(
    (subsets, item) => [...subsets, ...subsets.map((subset) => [...subset, item])],
    [[]],
  )

/** Two groups that add up are as good as many: all are tried until then. */
const groupsOf = (
  open: readonly Open[],
  notes: readonly Payment[],
  amount: number,
  [least, most]: readonly [number, number],
): readonly Group[] => {
  const noteSets = notes.length === 0 ? [[]] : subsetsOf(notes).filter((set) => set.length > 0)
  const byTarget = new Map<number, (readonly Payment[])[]>()
  for (const set of noteSets) {
    const target = set.reduce((sum, { credit }) => sum + credit, amount)
    byTarget.set(target, [...(byTarget.get(target) ?? []), set])
  }
  const targetMax = Math.max(...byTarget.keys())
  const groups: Group[] = []
  const tryFrom = (first: number, chosen: readonly Open[], sum: number): void => {
    if (chosen.length >= least) {
      for (const set of byTarget.get(sum) ?? []) groups.push({ invoices: chosen, notes: set })
    }
    if (chosen.length === most) return
    for (let index = first; index < open.length && groups.length < 2; index += 1) {
      const next = open[index]
      if (next !== undefined && sum + next.open <= targetMax) tryFrom(index + 1, [...chosen, next], sum + next.open)
    }
  }
  tryFrom(0, [], 0)
  return groups
}

/** What is exactly the amount in one way alone: an invoice, a group of 2 to 8, or either less credit notes. */
const fittingGroup = (open: readonly Open[], notes: readonly Payment[], amount: number): Group | undefined => {
  const itemsMax = 30
  const sizes = [
    [1, 1],
    [2, 8],
  ] as const
  for (const along of notes.length === 0 ? [[]] : [[], notes]) {
    for (const size of sizes) {
      const isLone = size[1] === 1 && along.length === 0
      if (!isLone && open.length + along.length > itemsMax) continue
      const [group, other] = groupsOf(open, along, amount, size)
      if (group !== undefined) return other === undefined ? group : undefined
    }
  }
  return undefined
}

export interface Oracle {
  readonly invoices: ReadonlyMap<string, { readonly claim: string; readonly number: string; readonly open: number }>
  readonly payments: ReadonlyMap<string, { readonly credit: number; readonly isNote: boolean }>
  readonly receipts: readonly unknown[]
  /** Ids of one kind that a command may name. */
  readonly papersOf: (id: string) => readonly string[]
  /** Numbers of its papers that stand. */
  readonly numbers: () => readonly string[]
  readonly receiptsMax: () => number
  readonly closeThrough: (day: string) => void
  readonly setCashGuard: (cashGuard: CashGuard) => void
  readonly judge: (command: ModelCommand) => Verdict
  /** Another one that knows the same, to try things on. */
  readonly fork: () => Oracle
}

/** Money that recovers a write-off stands under a name of its own beside what settles the invoice. */
const RECOVERED = '~'
const invoiceIdOf = (key: string): string => (key.endsWith(RECOVERED) ? key.slice(0, -RECOVERED.length) : key)

/** What an invoice takes of money: what is open, or, with nothing open, what was written off of it. */
const roomOf = ({ open, writtenOff, recovered }: Invoice, isNote: boolean): number =>
  open > 0 || isNote ? open : writtenOff - recovered

const oracleOf = (state: State): Oracle => {
  const { invoices, payments, papers, numbers, receipts, cashByDay, cashBackByDay, cashBack } = state

  const move = (payment: Payment, invoice: Invoice, invoiceId: string, amount: number): void => {
    if (invoiceId.endsWith(RECOVERED)) invoice.recovered += amount
    else invoice.open -= amount
    payment.credit -= amount
    payment.allocations.set(invoiceId, (payment.allocations.get(invoiceId) ?? 0) + amount)
  }
  const known = (invoiceId: string): Invoice => {
    const invoice = invoices.get(invoiceIdOf(invoiceId))
    if (invoice === undefined) throw new Error(`the model settles ${invoiceId}, which it does not know`)
    return invoice
  }
  const settle = (payment: Payment, ofInvoice: string, amount: number, day: string): void => {
    const invoice = known(ofInvoice)
    const recovers = invoice.open === 0 && invoice.writtenOff > 0
    const invoiceId = recovers ? `${ofInvoice}${RECOVERED}` : ofInvoice
    const earliest = last(day, payment.receivedOn, payment.lastUndoOn, invoice.issuedOn, invoice.lastUndoOn)
    const on = recovers ? last(earliest, invoice.writtenOffOn) : earliest
    const pair = payment.pairs.get(invoiceId)
    if (pair === undefined) {
      state.pairs += 1
      payment.pairs.set(invoiceId, { order: state.pairs, on })
    } else pair.on = payment.allocations.has(invoiceId) ? last(pair.on, on) : on
    move(payment, invoice, invoiceId, amount)
  }
  const free = (payment: Payment, invoiceId: string, amount: number, day: string): void => {
    const invoice = known(invoiceId)
    move(payment, invoice, invoiceId, -amount)
    if (payment.allocations.get(invoiceId) === 0) payment.allocations.delete(invoiceId)
    payment.lastUndoOn = last(payment.lastUndoOn, day)
    invoice.lastUndoOn = last(invoice.lastUndoOn, day)
  }
  /** What was paid of an invoice, the newest day first, of one day the newest pair. */
  const newestOn = (invoiceId: string) =>
    [...payments.values()]
      .flatMap((payment) => {
        const amount = payment.allocations.get(invoiceId)
        const pair = payment.pairs.get(invoiceId)
        return amount === undefined || pair === undefined ? [] : [{ payment, amount, ...pair }]
      })
      .toSorted((one, other) => other.on.localeCompare(one.on) || other.order - one.order)
  /** A note lowers what is paid by freeing money first. */
  const makeRoom = (invoiceId: string, total: number, day: string): { paymentId: string; amount: string }[] => {
    let missing = total - known(invoiceId).open
    const leaving = newestOn(invoiceId).flatMap(({ payment, amount, on }) => {
      const part = Math.min(amount, missing)
      if (part <= 0) return []
      missing -= part
      return [{ payment, part, on }]
    })
    const { issuedOn, lastUndoOn } = known(invoiceId)
    const freedOn = last(day, issuedOn, lastUndoOn, ...leaving.map(({ on }) => on))
    return leaving.map(({ payment, part }) => {
      free(payment, invoiceId, part, freedOn)
      return { paymentId: payment.paymentId, amount: decimal(part) }
    })
  }
  /** All that money has brought of an invoice, be it what was written off. */
  const freeAll = (invoiceId: string, day: string): { paymentId: string; amount: string }[] =>
    [invoiceId, `${invoiceId}${RECOVERED}`]
      .flatMap((key) => newestOn(key).map((part) => ({ ...part, key })))
      .toSorted((one, other) => other.on.localeCompare(one.on) || other.order - one.order)
      .map(({ payment, key, amount }) => {
        free(payment, key, amount, day)
        return { paymentId: payment.paymentId, amount: decimal(amount) }
      })
  const leftOf = ({ amount, claimed, refunded, reversed }: Payment): number => amount + claimed - refunded - reversed
  const owe = (id: string, of: Pick<Invoice, 'total' | 'issuedOn' | 'dueOn'> & Partial<Invoice>): void => {
    const untouched = { writtenOff: 0, recovered: 0, writtenOffOn: '', lastUndoOn: '' }
    const named = { claim: '', isExcess: false, number: id, paper: '' }
    invoices.set(id, { ...named, open: of.total, agreedOn: of.issuedOn, ...untouched, ...of })
  }
  /** It is credit until it leaves. */
  const oweFor = (payment: Payment, excess: number, claimId: string, day: string): object => {
    if (excess <= 0) return {}
    owe(claimId, { claim: 'RETURNED_MONEY', isExcess: true, total: excess, issuedOn: day, dueOn: day })
    payment.credit += excess
    payment.claimed += excess
    return { claim: { claimId, amount: { amount: decimal(excess) }, dueOn: day } }
  }
  /** First from the credit, then from what was settled last. */
  const reverse = (
    payment: Payment,
    day: string,
    amount = leftOf(payment),
  ): { invoiceId: string; amount: string }[] => {
    const pairOf = (invoiceId: string): Pair => payment.pairs.get(invoiceId) ?? { order: 0, on: '' }
    const reversedOn = last(
      day,
      payment.receivedOn,
      payment.lastUndoOn,
      ...[...payment.allocations.keys()].map((invoiceId) => pairOf(invoiceId).on),
    )
    let wanted = Math.max(0, amount - payment.credit)
    const taken = [...payment.allocations]
      .toSorted(
        ([one], [other]) =>
          Number(other.endsWith(RECOVERED)) - Number(one.endsWith(RECOVERED)) ||
          pairOf(other).order - pairOf(one).order,
      )
      .flatMap(([invoiceId, settled]) => {
        const part = Math.min(settled, wanted)
        wanted -= part
        return part > 0 ? [{ invoiceId, part }] : []
      })
    for (const { invoiceId, part } of taken) free(payment, invoiceId, part, reversedOn)
    payment.lastUndoOn = last(payment.lastUndoOn, reversedOn)
    payment.credit -= amount
    payment.reversed += amount
    payment.inTransit = Math.max(0, payment.inTransit - amount)
    const reopened = taken
      .toReversed()
      .filter(({ invoiceId }) => !invoiceId.endsWith(RECOVERED))
      .map(({ invoiceId, part }) => ({ invoiceId, amount: decimal(part) }))
    if (payment.isCash) cashByDay.set(payment.receivedOn, (cashByDay.get(payment.receivedOn) ?? 0) - payment.amount)
    return reopened
  }
  const newPayment = (paymentId: string, amount: number, change: Partial<Payment>): Payment => ({
    paymentId,
    amount,
    isNote: false,
    isCash: false,
    isCard: false,
    isSetOff: false,
    receivedOn: '',
    allocations: new Map(),
    pairs: new Map(),
    lastUndoOn: '',
    credit: amount,
    refunded: 0,
    reversed: 0,
    claimed: 0,
    inTransit: 0,
    hasArrived: false,
    receipt: undefined,
    ...change,
  })
  const giveReceipt = (paymentId: string, payment: Payment, day: string): number => {
    receipts.push({ paymentId, annulled: false, copies: 0 })
    payment.receipt = receipts.length
    state.lastReceiptOn = day
    return receipts.length
  }
  const bookRefusals = (day: string): string[] => [
    ...(receipts.length >= state.receiptsMax ? ['RECEIPT_RANGE_EXHAUSTED'] : []),
    ...(day < state.lastReceiptOn ? ['RECEIPT_DATE_BEFORE_LAST'] : []),
  ]
  const ifNot = (condition: boolean, code: string): string[] => (condition ? [] : [code])

  /** Why money of this amount cannot be spread so. */
  const shareRefusals = (shares: readonly Share[], amount: number): string[] => {
    let left = amount
    return shares.flatMap((share) => {
      const about = invoices.get(share.invoiceId)
      const isTooMuch = share.amount > left
      left -= share.amount
      return [
        ...ifNot(about !== undefined, 'INVOICE_NOT_FOUND'),
        ...ifNot(about === undefined || share.amount <= roomOf(about, false), 'ALLOCATION_EXCEEDS_OPEN_AMOUNT'),
        ...ifNot(!isTooMuch, 'ALLOCATION_EXCEEDS_CREDIT'),
      ]
    })
  }
  const byDue = () =>
    [...invoices]
      .map(([invoiceId, { claim, number, open, issuedOn, dueOn }]) => ({
        invoiceId,
        claim,
        number,
        open,
        place: `${dueOn} ${issuedOn} ${invoiceId}`,
      }))
      .filter(({ open }) => open > 0)
      .toSorted((one, other) => (one.place < other.place ? -1 : 1))
  const inOrder = (targets: readonly { invoiceId: string; open: number }[], amount: number): readonly Share[] => {
    let left = amount
    return targets.flatMap(({ invoiceId, open }) => {
      const share = Math.min(open, left)
      left -= share
      return share > 0 ? [{ invoiceId, amount: share }] : []
    })
  }
  /** What a rule does by itself: what the payment settles, then what credit notes do, and how many names nobody has. */
  const spreadByRule = ({ allocation, remittanceText }: Body, amount: number): Spread => {
    const numbers = new Set(remittanceText.match(/\d+/g))
    const open = byDue()
    const named = open.filter(({ number }) => numbers.has(number))
    const unmet = numbers.size - named.length
    if (allocation.rule === 'named') return { shares: inOrder(named, amount), notes: [], unmet }
    if (allocation.rule === 'oldestDueFirst') return { shares: inOrder(open, amount), notes: [], unmet: 0 }
    if (unmet > 0) return { shares: inOrder(named, amount), notes: [], unmet }
    const others = open.filter(({ number }) => !numbers.has(number))
    const notes = [...payments.values()].filter(({ isNote, credit }) => isNote && credit > 0)
    const found = numbers.size > 0 ? undefined : fittingGroup(open, notes, amount)
    if (found === undefined) {
      const first = ['FEE', 'INTEREST'].flatMap((kind) => others.filter(({ claim }) => claim === kind))
      const rest = others.filter((each) => !first.includes(each))
      return { shares: inOrder([...named, ...first, ...rest], amount), notes: [], unmet }
    }
    let targets: readonly { invoiceId: string; open: number }[] = found.invoices
    const settling = (by: number): readonly Share[] => {
      const shares = inOrder(targets, by)
      targets = targets.map(({ invoiceId, open: before }) => ({
        invoiceId,
        open: before - (shares.find((share) => share.invoiceId === invoiceId)?.amount ?? 0),
      }))
      return shares
    }
    const shares = settling(amount)
    return { shares, notes: found.notes.map((note) => ({ note, shares: settling(note.credit) })), unmet }
  }
  const spreadOf = (body: Body, amount: number): Spread => {
    const { rule, items } = body.allocation
    if (rule === 'explicit') return { shares: items, notes: [], unmet: 0 }
    if (rule === 'none') return { shares: [], notes: [], unmet: 0 }
    return spreadByRule(body, amount)
  }
  const spend = (paymentId: string, own: Payment, shares: readonly Share[]): object => {
    payments.set(paymentId, own)
    for (const share of shares) settle(own, share.invoiceId, share.amount, own.receivedOn)
    return {
      paymentId,
      allocated: shares.map(({ invoiceId, amount }) => ({ invoiceId, amount: decimal(amount) })),
      credit: decimal(own.credit),
    }
  }

  const write = (id: PaperId, name: string, of: string, amount: number, more: Partial<Paper> = {}): void => {
    const plain = { number: '', inTransit: 0, claimId: '', isWriteOff: id === 'writeOffId', reversed: false }
    const paper = { of, amount, ...plain, ...more }
    papers.set(`${id} ${name}`, paper)
    if (paper.number !== '') numbers.add(paper.number)
  }

  /** What it took of an invoice is asked for again, and its number is free. */
  const reversePaper = (paper: Paper, day: string): void => {
    const lowered = invoices.get(paper.of)
    paper.reversed = true
    numbers.delete(paper.number)
    if (lowered === undefined) return
    lowered.open += paper.amount
    if (paper.isWriteOff) lowered.writtenOff -= paper.amount
    lowered.lastUndoOn = last(lowered.lastUndoOn, day)
  }
  const papersOn = (invoiceId: string): readonly Paper[] =>
    [...papers.values()].filter(({ of, reversed }) => of === invoiceId && !reversed)

  const judge = (name: string, body: Body, day: string): Judgement => {
    const writtenAs = (id: PaperId): Paper | undefined => papers.get(`${id} ${body[id]}`)
    /** A paper is taken back once, and then gives back all that it took. */
    const takeBack = (id: PaperId, undo: (paper: Paper) => object, more: readonly string[] = []): Judgement => {
      const paper = writtenAs(id)
      return {
        codes: paper === undefined ? ['NOTHING_TO_REVERSE'] : [...ifNot(!paper.reversed, 'ALREADY_REVERSED'), ...more],
        apply: () => {
          if (paper === undefined) return {}
          reversePaper(paper, day)
          return { [id]: body[id], reversedOn: day, ...undo(paper) }
        },
      }
    }
    const raise = ({ of }: Paper): object => ({ invoiceId: of })
    const invoice = invoices.get(body.invoiceId)
    const payment = payments.get(body.paymentId)
    const amount = body.amount ?? 0
    const open = invoice?.open ?? 0
    const lower = (by: number, result: object, id: PaperId, taken: string) => ({
      codes: [
        ...ifNot(writtenAs(id) === undefined, taken),
        ...(invoice === undefined
          ? ['INVOICE_NOT_FOUND']
          : [
              ...ifNot(by > 0 && by <= open, 'ALLOCATION_EXCEEDS_OPEN_AMOUNT'),
              ...ifNot(invoice.claim === '' || id === 'writeOffId', 'CREDIT_NOTE_DOES_NOT_FIT'),
            ]),
      ],
      apply: () => {
        if (invoice !== undefined) {
          invoice.open -= by
          if (id === 'writeOffId') {
            invoice.writtenOff += by
            invoice.writtenOffOn = last(invoice.writtenOffOn, day)
          }
        }
        write(id, body[id], body.invoiceId, by)
        return result
      },
    })
    const paper = paperOf(String(body.number), day)
    switch (name) {
      case 'RegisterInvoice': {
        const total = body.total ?? 0
        return {
          codes: [
            ...ifNot(invoice === undefined, 'INVOICE_ALREADY_REGISTERED'),
            ...ifNot(body.dueOn >= day, 'DUE_BEFORE_ISSUE'),
            ...ifNot(!numbers.has(paper), 'DOCUMENT_ALREADY_REGISTERED'),
          ],
          apply: () => {
            numbers.add(paper)
            const number = String(Number(body.number))
            owe(body.invoiceId, { number, paper, total, issuedOn: day, dueOn: body.dueOn })
            return { invoiceId: body.invoiceId, open: decimal(total) }
          },
        }
      }
      case 'RegisterClaim': {
        const total = body.total ?? 0
        return {
          codes: ifNot(!invoices.has(body.claimId), 'INVOICE_ALREADY_REGISTERED'),
          apply: () => {
            owe(body.claimId, { claim: body.kind, total, issuedOn: day, dueOn: body.dueOn })
            return { claimId: body.claimId, open: decimal(total), dueOn: body.dueOn }
          },
        }
      }
      case 'RescheduleInvoice':
        return {
          codes:
            invoice === undefined
              ? ['INVOICE_NOT_FOUND']
              : [
                  ...ifNot(open > 0, 'ALLOCATION_EXCEEDS_OPEN_AMOUNT'),
                  ...ifNot(invoice.agreedOn <= day, 'RESCHEDULE_BEFORE_LAST'),
                ],
          apply: () => {
            if (invoice !== undefined) Object.assign(invoice, { dueOn: body.dueOn, agreedOn: day })
            return { agreedOn: day, invoices: [{ invoiceId: body.invoiceId, amount: { amount: decimal(open) } }] }
          },
        }
      case 'CancelInvoice': {
        const paid = newestOn(body.invoiceId).reduce((sum, { amount: part }) => sum + part, 0)
        const lowered = papersOn(body.invoiceId)
        const whole = lowered.reduce((sum, { amount: part }) => sum + part, open + paid)
        const left = body.freeSettlements ? whole : open
        return {
          codes:
            invoice === undefined
              ? ['INVOICE_NOT_FOUND']
              : ifNot(left === invoice.total && !invoice.isExcess, 'INVOICE_NOT_FULLY_OPEN'),
          apply: () => {
            if (invoice === undefined) return {}
            const freed = left === open ? [] : freeAll(body.invoiceId, day)
            for (const paper of left === open ? [] : lowered) reversePaper(paper, day)
            invoice.open = 0
            numbers.delete(invoice.paper)
            return { invoiceId: body.invoiceId, cancelledOn: day, freed }
          },
        }
      }
      case 'WriteOffInvoice': {
        const off = body.amount ?? open
        const result = { writeOffId: body.writeOffId, amount: { amount: decimal(off) }, writtenOffOn: day }
        return lower(off, result, 'writeOffId', 'WRITE_OFF_ALREADY_RECORDED')
      }
      case 'GrantDiscount':
        return lower(
          amount,
          { discountId: body.discountId, amount: { amount: decimal(amount) }, grantedOn: day },
          'discountId',
          'DISCOUNT_ALREADY_GRANTED',
        )
      case 'ReverseDiscount':
        return takeBack('discountId', raise)
      case 'ReverseWriteOff':
        return takeBack('writeOffId', ({ of, amount: off }) => {
          let left = off
          const recovered = newestOn(`${of}${RECOVERED}`).flatMap(({ payment: by, amount: whole }) => {
            const part = Math.min(whole, left)
            left -= part
            return part > 0 ? [{ by, part }] : []
          })
          for (const { by, part } of recovered) free(by, `${of}${RECOVERED}`, part, day)
          for (const { by, part } of recovered) settle(by, of, part, day)
          return { invoiceId: of }
        })
      case 'ReverseRefund':
        return takeBack('refundId', ({ of, amount: back, inTransit, claimId }) => {
          const about = payments.get(of)
          const cashOn = cashBack.get(body.refundId)
          if (cashOn !== undefined) cashBackByDay.set(cashOn, (cashBackByDay.get(cashOn) ?? 0) - back)
          if (about !== undefined) {
            about.credit += back
            about.refunded -= back
            about.inTransit += inTransit
            about.lastUndoOn = last(about.lastUndoOn, day)
          }
          const told = { paymentId: of, amount: { amount: decimal(back) } }
          const claim = invoices.get(claimId)
          if (claim === undefined || about === undefined) return told
          const freed = freeAll(claimId, day)
          for (const paper of papersOn(claimId)) reversePaper(paper, day)
          claim.open = 0
          about.credit -= claim.total
          about.claimed -= claim.total
          return { ...told, freed }
        })
      case 'ReverseCreditNote': {
        const credit = payments.get(writtenAs('creditNoteId')?.of ?? '')
        if (credit?.isNote !== true) return takeBack('creditNoteId', raise)
        return takeBack(
          'creditNoteId',
          () => {
            reverse(credit, day)
            return {}
          },
          ifNot(credit.refunded === 0, 'PAYMENT_REFUNDED'),
        )
      }
      case 'ReverseSetOff':
        return {
          codes:
            payment?.isSetOff === true
              ? [
                  ...ifNot(payment.reversed === 0, 'ALREADY_REVERSED'),
                  ...ifNot(payment.refunded === 0, 'PAYMENT_REFUNDED'),
                ]
              : ['NOTHING_TO_REVERSE'],
          apply: () => {
            const reopened = payment === undefined ? [] : reverse(payment, day)
            return { paymentId: body.paymentId, reopened: reopened.map(({ invoiceId }) => invoiceId), reversedOn: day }
          },
        }
      case 'RegisterCreditNote': {
        const total = body.total ?? 0
        const id = body.creditNoteId
        const taken = [
          ...ifNot(!payments.has(id), 'PAYMENT_ALREADY_RECORDED'),
          ...ifNot(!numbers.has(paper), 'DOCUMENT_ALREADY_REGISTERED'),
        ]
        const again = 'CREDIT_NOTE_ALREADY_REGISTERED'
        const result = { creditNoteId: id, total: { amount: decimal(total) } }
        if (body.invoiceId !== '') {
          const paid = newestOn(body.invoiceId).reduce((sum, { amount: part }) => sum + part, 0)
          return {
            codes: [
              ...taken,
              ...ifNot(writtenAs('creditNoteId') === undefined, again),
              ...(invoice === undefined
                ? ['INVOICE_NOT_FOUND']
                : [
                    ...ifNot(total <= open + paid, 'ALLOCATION_EXCEEDS_OPEN_AMOUNT'),
                    ...ifNot(invoice.claim === '', 'CREDIT_NOTE_DOES_NOT_FIT'),
                  ]),
            ],
            apply: () => {
              write('creditNoteId', id, body.invoiceId, total, { number: paper })
              const freed = makeRoom(body.invoiceId, total, day)
              if (invoice !== undefined) invoice.open -= total
              const credit = { amount: decimal(Math.max(0, total - open)), currency: 'RON' }
              return { ...result, freed, credit }
            },
          }
        }
        return {
          codes: [...taken, ...ifNot(writtenAs('creditNoteId') === undefined, again)],
          apply: () => {
            write('creditNoteId', id, id, total, { number: paper })
            payments.set(id, newPayment(id, total, { isNote: true, receivedOn: day }))
            return { ...result, freed: [], credit: { amount: decimal(total), currency: 'RON' } }
          },
        }
      }
      case 'RecordPayment': {
        const isCash = body.method === 'CASH'
        const isAbove = isCash && (cashByDay.get(day) ?? 0) + amount > CASH_CEILING
        const mayPass =
          state.cashGuard === 'WARN' || (state.cashGuard === 'REQUIRE_OVERRIDE' && body.cashOverride !== undefined)
        const { shares, notes: along, unmet } = spreadOf(body, amount)
        return {
          codes: [
            ...ifNot(payment === undefined, 'PAYMENT_ALREADY_RECORDED'),
            ...(body.receipt === undefined ? [] : isCash ? bookRefusals(day) : ['RECEIPT_ONLY_FOR_CASH']),
            ...ifNot(!isAbove || mayPass, 'CASH_LIMIT_PER_PERSON_DAY'),
            ...shareRefusals(shares, amount),
          ],
          warnings: [
            ...(isAbove ? ['CASH_LIMIT_PER_PERSON_DAY'] : []),
            ...Array.from({ length: unmet }, () => 'NAMED_INVOICE_NOT_OPEN'),
          ],
          apply: () => {
            const own = newPayment(body.paymentId, amount, {
              isCash,
              isCard: body.method === 'CARD_POS',
              inTransit: body.method === 'CARD_POS' ? amount : 0,
              receivedOn: day,
            })
            if (isCash) cashByDay.set(day, (cashByDay.get(day) ?? 0) + amount)
            const result = spend(body.paymentId, own, shares)
            for (const { note, shares: ofNote } of along) {
              for (const share of ofNote) settle(note, share.invoiceId, share.amount, day)
            }
            if (body.receipt === undefined) return result
            return { ...result, receipt: { number: giveReceipt(body.paymentId, own, day) } }
          },
        }
      }
      case 'RecordSetOff': {
        const sum = body.items.reduce((total, item) => total + item.amount, 0)
        return {
          codes: [
            ...ifNot(payment === undefined, 'PAYMENT_ALREADY_RECORDED'),
            ...ifNot(sum === amount, 'SET_OFF_DOES_NOT_ADD_UP'),
            ...shareRefusals(body.items, amount),
          ],
          apply: () =>
            spend(body.paymentId, newPayment(body.paymentId, amount, { receivedOn: day, isSetOff: true }), body.items),
        }
      }
      case 'ConfirmPaymentCleared':
        return {
          codes:
            payment === undefined || payment.isNote
              ? ['PAYMENT_NOT_FOUND']
              : [
                  ...ifNot(payment.isCard, 'PAYMENT_CLEARS_AT_ONCE'),
                  ...ifNot(payment.inTransit > 0 || payment.reversed === 0, 'PAYMENT_ALREADY_REVERSED'),
                  ...ifNot(payment.inTransit > 0, 'PAYMENT_ALREADY_CLEARED'),
                  ...ifNot((body.amount ?? 0) <= payment.inTransit, 'CLEARING_EXCEEDS_TRANSIT'),
                  ...ifNot(body.fee <= (body.amount ?? payment.inTransit), 'FEE_EXCEEDS_PAYMENT'),
                ],
          apply: () => {
            const arrived = body.amount ?? payment?.inTransit ?? 0
            if (payment !== undefined) {
              payment.inTransit -= arrived
              payment.hasArrived = true
            }
            return {
              paymentId: body.paymentId,
              amount: { amount: decimal(arrived) },
              clearedOn: day,
              fee: decimal(body.fee),
              inTransit: decimal(payment?.inTransit ?? 0),
            }
          },
        }
      case 'UpdateClient':
        return { codes: [], apply: () => ({}) }
      case 'ExtendReceiptRange':
        return {
          codes: ifNot(body.to > state.receiptsMax, 'RECEIPT_RANGE_NOT_EXTENDED'),
          apply: () => {
            state.receiptsMax = body.to
            return { to: body.to }
          },
        }
      case 'ReprintReceipt': {
        const number = Number(body.number)
        const receipt = receipts[number - 1]
        return {
          codes: ifNot(receipt !== undefined, 'RECEIPT_NOT_FOUND'),
          apply: () => {
            if (receipt !== undefined) receipt.copies += 1
            return { number, copy: receipt?.copies }
          },
        }
      }
      case 'AllocatePayment':
        return {
          codes: [
            ...ifNot(payment !== undefined, 'PAYMENT_NOT_FOUND'),
            ...ifNot(invoice !== undefined, 'INVOICE_NOT_FOUND'),
            ...ifNot(
              invoice === undefined || amount <= roomOf(invoice, payment?.isNote ?? false),
              'ALLOCATION_EXCEEDS_OPEN_AMOUNT',
            ),
            ...ifNot(payment === undefined || amount <= payment.credit, 'ALLOCATION_EXCEEDS_CREDIT'),
          ],
          apply: () => {
            if (payment !== undefined) settle(payment, body.invoiceId, amount, day)
            return { paymentId: body.paymentId, invoiceId: body.invoiceId, amount: decimal(amount) }
          },
        }
      case 'DeallocatePayment': {
        const keys = [`${body.invoiceId}${RECOVERED}`, String(body.invoiceId)]
        const living = keys.reduce((sum, key) => sum + (payment?.allocations.get(key) ?? 0), 0)
        return {
          codes: [
            ...ifNot(payment !== undefined, 'PAYMENT_NOT_FOUND'),
            ...ifNot(invoice !== undefined, 'INVOICE_NOT_FOUND'),
            ...ifNot(amount <= living, 'DEALLOCATION_EXCEEDS_ALLOCATION'),
          ],
          apply: () => {
            let left = amount
            for (const key of payment === undefined ? [] : keys) {
              const part = Math.min(left, payment?.allocations.get(key) ?? 0)
              left -= part
              if (payment !== undefined && part > 0) free(payment, key, part, day)
            }
            return { amount: decimal(amount), deallocatedOn: day }
          },
        }
      }
      case 'ReversePayment': {
        if (payment === undefined || payment.isNote) {
          const creditNoteId = body.paymentId
          const isMeant = body.reason === 'MISTAKE' && body.amount === undefined
          if (!isMeant || !papers.has(`creditNoteId ${creditNoteId}`)) {
            return { codes: ['PAYMENT_NOT_FOUND'], apply: () => ({}) }
          }
          const { codes, apply } = judge('ReverseCreditNote', { ...body, creditNoteId }, day)
          return {
            codes,
            apply: () => {
              apply()
              return { paymentId: creditNoteId, reversedOn: day }
            },
          }
        }
        const left = leftOf(payment)
        // What had arrived of money that bounces stays.
        const isRest = body.reason === 'BOUNCED' && payment.hasArrived && payment.inTransit > 0
        // The bank takes what came, whatever was given back.
        const recorded = Math.max(0, payment.amount - payment.reversed)
        const part = body.amount ?? (isRest ? payment.inTransit : recorded)
        const isMistake = body.reason === 'MISTAKE'
        const mayExceed = body.amount === undefined || (body.allowExcess && !isMistake)
        return {
          codes: [
            ...ifNot(recorded > 0 || (left > 0 && body.amount !== undefined), 'PAYMENT_ALREADY_REVERSED'),
            ...ifNot(!isMistake || payment.refunded === 0, 'PAYMENT_REFUNDED'),
            ...ifNot(body.amount === undefined || !payment.isCash, 'CASH_REVERSED_IN_PART'),
            ...ifNot(part <= left || mayExceed, 'REVERSAL_EXCEEDS_PAYMENT'),
          ],
          apply: (claimId = '') => ({
            paymentId: body.paymentId,
            amount: { amount: decimal(part) },
            ...oweFor(payment, part - left, claimId, day),
            reopened: reverse(payment, day, part),
          }),
        }
      }
      case 'RecordRefund': {
        const isCash = body.method === 'CASH'
        const isAbove = isCash && (cashBackByDay.get(day) ?? 0) + amount > CASH_CEILING
        return {
          codes: [
            ...ifNot(!isAbove || state.cashGuard === 'WARN', 'CASH_PAYMENT_LIMIT_PER_PERSON_DAY'),
            ...ifNot(payment !== undefined, 'PAYMENT_NOT_FOUND'),
            ...ifNot(writtenAs('refundId') === undefined, 'REFUND_ALREADY_RECORDED'),
            ...ifNot(
              payment === undefined || amount <= payment.credit || (body.allowExcess && !payment.isNote),
              'REFUND_EXCEEDS_CREDIT',
            ),
          ],
          warnings: isAbove ? ['CASH_PAYMENT_LIMIT_PER_PERSON_DAY'] : [],
          apply: (claimId = '') => {
            const owed = payment === undefined ? {} : oweFor(payment, amount - payment.credit, claimId, day)
            const kept = body.method === 'CARD_POS' ? Math.min(payment?.inTransit ?? 0, amount) : 0
            write('refundId', body.refundId, body.paymentId, amount, {
              inTransit: kept,
              claimId: 'claim' in owed ? claimId : '',
            })
            if (isCash) {
              cashBack.set(body.refundId, day)
              cashBackByDay.set(day, (cashBackByDay.get(day) ?? 0) + amount)
            }
            if (payment !== undefined) {
              payment.credit -= amount
              payment.refunded += amount
              payment.inTransit -= kept
            }
            return { refundId: body.refundId, amount: { amount: decimal(amount) }, ...owed }
          },
        }
      }
      // What is left of it is the client's no longer, as if it had been given back; `refunded` counts both.
      case 'ReleaseCredit':
        return {
          codes: [
            ...ifNot(payment !== undefined, 'PAYMENT_NOT_FOUND'),
            ...ifNot(payment === undefined || amount <= payment.credit, 'ALLOCATION_EXCEEDS_CREDIT'),
          ],
          apply: () => {
            if (payment !== undefined) {
              payment.credit -= amount
              payment.refunded += amount
            }
            return { paymentId: body.paymentId, amount: { amount: decimal(amount) }, releasedOn: day }
          },
        }
      case 'IssueReceipt':
        return {
          codes: [
            ...bookRefusals(day),
            ...(payment === undefined || payment.isNote
              ? ['PAYMENT_NOT_FOUND']
              : [
                  ...ifNot(payment.isCash, 'RECEIPT_ONLY_FOR_CASH'),
                  ...ifNot(payment.reversed === 0, 'PAYMENT_ALREADY_REVERSED'),
                  ...ifNot(payment.receipt === undefined, 'RECEIPT_ALREADY_ISSUED'),
                  ...ifNot(day >= payment.receivedOn, 'RECEIPT_BEFORE_PAYMENT'),
                ]),
          ],
          apply: () =>
            payment === undefined ? {} : { receipt: { number: giveReceipt(body.paymentId, payment, day) } },
        }
      case 'AnnulReceipt': {
        const number = Number(body.number)
        const receipt = receipts[number - 1]
        return {
          codes: receipt === undefined ? ['RECEIPT_NOT_FOUND'] : ifNot(!receipt.annulled, 'RECEIPT_ALREADY_ANNULLED'),
          apply: () => {
            const about = payments.get(receipt?.paymentId ?? '')
            if (receipt !== undefined) receipt.annulled = true
            if (about?.receipt === number) about.receipt = undefined
            const paymentReversed =
              body.alsoReversePayment && about !== undefined && about.reversed === 0 && about.refunded === 0
            if (paymentReversed) reverse(about, day)
            return { number, paymentReversed }
          },
        }
      }
      default:
        throw new Error(`the model does not know ${name}`)
    }
  }

  return {
    invoices,
    payments,
    receipts,
    papersOf: (id) =>
      [...papers.keys()].filter((key) => key.startsWith(`${id} `)).map((key) => key.slice(id.length + 1)),
    numbers: () => [...numbers].map((paper) => paper.split(' ', 1)[0] ?? ''),
    receiptsMax: () => state.receiptsMax,
    closeThrough: (day) => {
      state.closedThrough = day
    },
    setCashGuard: (cashGuard) => {
      state.cashGuard = cashGuard
    },
    fork: () => oracleOf(structuredClone(state)),
    judge: ({ name, body }) => {
      const day = dayOf(body)
      const { codes, warnings = [], apply } = judge(name, Body.parse(body), day)
      const refusals = new Set(codes)
      if (day !== '' && day <= state.closedThrough) {
        refusals.add('PERIOD_CLOSED')
        // What is dated so far back may be before what it undoes as well.
        refusals.add('UNDO_BEFORE_WHAT_IT_UNDOES')
      }
      return { refusals, warnings, apply }
    },
  }
}

export const createOracle = (receiptsMax: number): Oracle => oracleOf(newState(receiptsMax))
