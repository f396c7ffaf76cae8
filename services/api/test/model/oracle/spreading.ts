/** How a payment is spread over invoices, by what is said with it or by a rule. */
import { z } from 'zod'
import { FUNCTIONAL, foreignAt, type Rate, valueAt } from './amounts.ts'
import { dueOf } from './books.ts'
import { type Body, type Item, ifNot, type Told } from './command.ts'
import { fittingGroup, type Group, type Open } from './groups.ts'
import { alike, type Share } from './settling.ts'
import type { Invoice, Payment, State } from './state.ts'
import { isNote, roomOf } from './terms.ts'

export interface Divided {
  readonly shares: readonly Share[]
  readonly notes: readonly { readonly note: Payment; readonly shares: readonly Share[] }[]
}

export interface Spread extends Divided {
  readonly codes: readonly string[]
  readonly unmet: number
  /** They are settled whole, whichever comes first and whichever of the money and the notes it is that settles one. */
  readonly group?: Group
}

type Source = Pick<Payment, 'currency' | 'credit' | 'method' | 'moneyOn' | 'inTransit'>

const isWithinUnit = (one: number, other: number): boolean => Math.abs(one - other) <= 1

/** What the parties said, each side from the other where only one is said; one unit closes what it would leave. */
const exchanged = (
  source: Source,
  invoice: Invoice,
  { amount, paid }: Item,
  rate: Rate,
): Omit<Share, 'invoiceId'> | undefined => {
  const isOwed = invoice.currency !== FUNCTIONAL
  const paidFor = (of: number): number => (isOwed ? valueAt(rate, of) : foreignAt(rate, of))
  const settledBy = (of: number): number => (isOwed ? foreignAt(rate, of) : valueAt(rate, of))
  if (amount !== undefined && paid !== undefined) {
    const isFair = isWithinUnit(paidFor(amount), paid) || isWithinUnit(settledBy(paid), amount)
    return isFair ? { amount, paid } : undefined
  }
  if (amount !== undefined) {
    const whole = Math.max(1, paidFor(amount))
    return { amount, paid: whole === source.credit + 1 ? source.credit : whole }
  }
  const settled = settledBy(paid ?? 0)
  return { amount: isWithinUnit(settled, invoice.open) ? invoice.open : settled, paid: paid ?? 0 }
}

/** What an item takes of either side, or why it cannot. */
export const shareOfItem = (
  state: State,
  source: Source,
  item: Item,
): { readonly codes: readonly string[]; readonly share: Share } => {
  const { invoiceId, amount = 0, paid, exchangeRate } = item
  const invoice = state.invoices.get(invoiceId)
  const nothing = alike(invoiceId, amount)
  if (invoice === undefined) return { codes: ['INVOICE_NOT_FOUND'], share: nothing }
  if (invoice.currency === source.currency) {
    const codes = [
      ...ifNot(exchangeRate === undefined && paid === undefined, 'EXCHANGE_RATE_NOT_APPLICABLE'),
      ...ifNot(amount <= roomOf(invoice, source), 'ALLOCATION_EXCEEDS_OPEN_AMOUNT'),
      ...ifNot(amount <= source.credit, 'ALLOCATION_EXCEEDS_CREDIT'),
    ]
    return { codes, share: nothing }
  }
  const share = exchangeRate === undefined ? undefined : exchanged(source, invoice, item, exchangeRate)
  if (share === undefined) {
    return {
      codes: [exchangeRate === undefined ? 'CURRENCY_MISMATCH' : 'EXCHANGE_RATE_NOT_APPLICABLE'],
      share: nothing,
    }
  }
  const codes = [
    ...ifNot(share.amount <= roomOf(invoice, source), 'ALLOCATION_EXCEEDS_OPEN_AMOUNT'),
    ...ifNot(share.paid <= source.credit, 'ALLOCATION_EXCEEDS_CREDIT'),
  ]
  return { codes, share: { invoiceId, ...share } }
}

/** Items one after the other, each from what those before it left. */
export const explicit = (state: State, source: Source, items: readonly Item[]): Spread => {
  let credit = source.credit
  const judged = items.map((item) => {
    const one = shareOfItem(state, { ...source, credit }, item)
    credit -= one.share.paid
    return one
  })
  return { codes: judged.flatMap(({ codes }) => codes), shares: judged.map(({ share }) => share), notes: [], unmet: 0 }
}

const compare = (one: string, other: string): number => (one < other ? -1 : 1)

/** Whenever money came, it falls on what is agreed now. */
const FOR_EVER = '9999-12-31'

/** What is open in a currency, the longest due first. */
const openIn = ({ invoices }: State, currency: string): readonly Open[] =>
  [...invoices.values()]
    .filter((invoice) => invoice.open > 0 && invoice.currency === currency)
    .map((invoice) => {
      const parts = dueOf(invoice, invoice.open, { asOf: FOR_EVER, knownAt: Number.POSITIVE_INFINITY })
      return {
        invoiceId: invoice.invoiceId,
        number: invoice.number,
        claim: invoice.claim,
        open: invoice.open,
        parts,
        place: invoice.issuedOn + invoice.invoiceId,
      }
    })
    .toSorted((one, other) => compare(`${one.parts[0]?.dueOn} ${one.place}`, `${other.parts[0]?.dueOn} ${other.place}`))

/** Due parts, the oldest first. */
const partsOf = (open: readonly Open[]) =>
  open
    .flatMap(({ invoiceId, parts, place }) =>
      parts.map((part) => ({ invoiceId, ...part, place: `${part.dueOn} ${place}` })),
    )
    .toSorted((one, other) => compare(one.place, other.place))

const inOrder = (
  targets: readonly { readonly invoiceId: string; readonly open: number }[],
  amount: number,
): readonly Share[] => {
  let left = amount
  const shares = new Map<string, number>()
  for (const { invoiceId, open } of targets) {
    const share = Math.min(open, left)
    left -= share
    if (share > 0) shares.set(invoiceId, (shares.get(invoiceId) ?? 0) + share)
  }
  return [...shares].map(([invoiceId, share]) => alike(invoiceId, share))
}

/** What a rule does by itself: what the payment settles, then what credit notes do, and how many names nobody has. */
const byRule = (state: State, source: Source, { allocation, remittanceText }: Body): Spread => {
  const { credit: amount, currency } = source
  const numbers = new Set(remittanceText.match(/\d+/g))
  const open = openIn(state, currency)
  const named = open.filter(({ number }) => numbers.has(number))
  const unmet = numbers.size - named.length
  const plain = (shares: readonly Share[], notMet = unmet): Spread => ({ codes: [], shares, notes: [], unmet: notMet })
  if (allocation.rule === 'oldestDueFirst') return plain(inOrder(partsOf(open), amount), 0)
  if (allocation.rule === 'named' || unmet > 0) return plain(inOrder(partsOf(named), amount))
  const others = open.filter(({ number }) => !numbers.has(number))
  const notes = [...state.payments.values()].filter(
    (payment) => isNote(payment) && payment.credit > 0 && payment.currency === currency,
  )
  const found = numbers.size > 0 ? undefined : fittingGroup(open, notes, amount)
  if (found === undefined) {
    // Codul civil art. 1507: costs, then interest, then what is due.
    const first = ['FEE', 'INTEREST'].flatMap((kind) => partsOf(others.filter(({ claim }) => claim === kind)))
    const rest = others.filter(({ claim }) => claim !== 'FEE' && claim !== 'INTEREST')
    return plain(inOrder([...partsOf(named), ...first, ...partsOf(rest)], amount))
  }
  return { codes: [], group: found, ...divide(found, amount), unmet }
}

/** First by the money, then by the notes. */
const divide = ({ invoices, notes }: Group, amount: number): Divided => {
  let targets: Group['invoices'] = invoices
  const settling = (by: number): readonly Share[] => {
    const shares = inOrder(targets, by)
    targets = targets.map(({ invoiceId, open: before }) => ({
      invoiceId,
      open: before - (shares.find((share) => share.invoiceId === invoiceId)?.amount ?? 0),
    }))
    return shares
  }
  const shares = settling(amount)
  return { shares, notes: notes.map((note) => ({ note, shares: settling(note.credit) })) }
}

const Allocated = z.looseObject({ allocated: z.array(z.looseObject({ invoiceId: z.string() })) })

/** Of a group, as the ledger has put it in order: what is undone later depends on that. */
export const asTold = ({ shares, notes, group }: Spread, amount: number, told: Told): Divided => {
  if (group === undefined) return { shares, notes }
  const order = Allocated.safeParse(told).data?.allocated.map(({ invoiceId }) => invoiceId) ?? []
  const placeOf = ({ invoiceId }: { readonly invoiceId: string }): number =>
    order.includes(invoiceId) ? order.indexOf(invoiceId) : order.length
  const invoices = group.invoices.toSorted((one, other) => placeOf(one) - placeOf(other))
  return divide({ ...group, invoices }, amount)
}

export const spreadOf = (state: State, source: Source, body: Body): Spread => {
  const { rule, items } = body.allocation
  if (rule === 'none') return { codes: [], shares: [], notes: [], unmet: 0 }
  return rule === 'explicit' ? explicit(state, source, items) : byRule(state, source, body)
}
