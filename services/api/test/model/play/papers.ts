/** Commands about invoices and what lowers them. */
import { decimal } from '../oracle/amounts.ts'
import type { ModelCommand } from '../oracle/command.ts'
import type { Invoice } from '../oracle/state.ts'
import { type Moment, money } from './moment.ts'

const RATES = ['21', '11'] as const

/** Whole lei, so that VAT is exact. */
const line = ({ random }: Moment, rate: string) => {
  const lei = random.upTo(300)
  return { rate, base: decimal(lei * 100), vat: decimal(lei * Number(rate)) }
}
type Line = ReturnType<typeof line>

const inBani = (amount: string): number => Math.round(Number(amount) * 100)
const totalOf = (lines: readonly Line[]): number =>
  lines.reduce((sum, { base, vat }) => sum + inBani(base) + inBani(vat), 0)

/** With VAT of one rate or two, or none. */
const linesOf = (moment: Moment): readonly Line[] =>
  RATES.flatMap((rate) => (moment.random.chance(0.4) ? [line(moment, rate)] : []))

const invoiceOf = (moment: Moment, more: object): ModelCommand => {
  const { clientId, random, day, fresh, paper, dueFrom } = moment
  const dueOn = random.chance(0.03) ? '2026-01-01' : dueFrom('2026-10-09')
  return {
    name: 'RegisterInvoice',
    body: { clientId, invoiceId: fresh('inv'), number: paper(), issuedOn: day, dueOn, ...more },
  }
}

const plain = (moment: Moment): ModelCommand => {
  const { random, amount, currency, rate, dueFrom } = moment
  const inCurrency = currency()
  const lines = inCurrency === 'RON' ? linesOf(moment) : []
  const total = lines.length > 0 ? totalOf(lines) : amount() + 1
  const scheme = { vatLines: lines, ...(random.chance(0.6) ? { cashAccounting: true } : {}) }
  const first = random.upTo(total - 1)
  const dueOn = dueFrom('2027-06-01')
  const instalments = [
    { dueOn: dueFrom('2026-11-20'), amount: decimal(first) },
    { dueOn, amount: decimal(total - first) },
  ]
  return invoiceOf(moment, {
    total: money(total, inCurrency),
    ...(lines.length > 0 ? scheme : {}),
    ...(inCurrency !== 'RON' && random.chance(0.8) ? { exchangeRate: rate() } : {}),
    ...(random.chance(0.15) ? { dueOn, instalments } : {}),
  })
}

const advance = (moment: Moment): ModelCommand => {
  const { random } = moment
  const lines = [line(moment, random.pick(['19', '21'], '21'))]
  const scheme = random.chance(0.6) ? { cashAccounting: true } : {}
  return invoiceOf(moment, { kind: 'ADVANCE', total: money(totalOf(lines)), vatLines: lines, ...scheme })
}

/** Takes an advance off; now and then the paper asks for nothing any more. */
const final = (moment: Moment): ModelCommand => {
  const { random, state } = moment
  const advances = [...state.invoices.values()].filter(({ isAdvance }) => isAdvance)
  const of = random.pick<Invoice | undefined>(advances, undefined)
  const [rate, left] = [...(of?.vat ?? [])][0] ?? []
  if (of === undefined || rate === undefined || left === undefined || left.base === 0) return advance(moment)
  const off = { rate, advanceInvoiceId: of.invoiceId, base: decimal(-left.base), vat: decimal(-left.vat) }
  const isNothing = random.chance(0.3)
  const whole = isNothing
    ? [{ rate, base: decimal(left.base), vat: decimal(left.vat) }]
    : [{ rate: '21', base: decimal(left.base + 100 * random.upTo(200)), vat: '' }].map(({ rate: own, base }) => ({
        rate: own,
        base,
        vat: decimal(Math.round((inBani(base) * 21) / 100)),
      }))
  const lines = [...whole, off]
  const scheme = of.cashAccounting ? { cashAccounting: true } : {}
  return invoiceOf(moment, { total: money(totalOf(lines)), vatLines: lines, ...scheme })
}

/** Of what an invoice has by rate, some tenths: exact again, for its bases are whole lei. */
const linesOfNote = (moment: Moment, { vat }: Invoice): readonly Line[] => {
  const tenths = moment.random.upTo(10)
  return [...vat].flatMap(([rate, left]) => {
    const base = Math.floor((left.base * tenths) / 10 / 100) * 100
    return base > 0 ? [{ rate, base: decimal(base), vat: decimal((base / 100) * Number(rate)) }] : []
  })
}

const claim = ({ clientId, random, fresh, day, dueFrom, currency, rate }: Moment): ModelCommand => {
  const inCurrency = currency()
  return {
    name: 'RegisterClaim',
    body: {
      clientId,
      claimId: fresh('claim'),
      kind: random.pick(['RETURNED_MONEY', 'FEE', 'INTEREST', 'OTHER'], 'OTHER'),
      issuedOn: day,
      dueOn: dueFrom('2027-01-01'),
      total: money(random.upTo(20_000), inCurrency),
      ...(inCurrency !== 'RON' && random.chance(0.8) ? { exchangeRate: rate() } : {}),
    },
  }
}

const creditNote = (moment: Moment): ModelCommand => {
  const { clientId, random, fresh, paper, day, about, state, currency, rate } = moment
  const kind = random.pick(['invoiceId', 'invoiceId', 'corrects', 'account'] as const, 'account')
  const of = kind === 'account' ? undefined : state.invoices.get(about.invoiceId)
  const body = { clientId, creditNoteId: fresh('note'), number: paper(), issuedOn: day }
  if (of === undefined) {
    const inCurrency = currency()
    const valued = inCurrency !== 'RON' && random.chance(0.8) ? { exchangeRate: rate() } : {}
    return { name: 'RegisterCreditNote', body: { ...body, total: money(random.upTo(20_000), inCurrency), ...valued } }
  }
  const lines = linesOfNote(moment, of)
  // Of one rate the note may leave it to the ledger what its VAT is.
  const isSilent = lines.length === 0 || (of.vat.size === 1 && random.chance(0.4))
  const total = isSilent ? random.upTo(Math.max(20_000, of.open)) : totalOf(lines)
  const vatLines = isSilent ? {} : { vatLines: lines }
  return {
    name: 'RegisterCreditNote',
    body: { ...body, [kind]: of.invoiceId, total: money(total, of.currency), ...vatLines },
  }
}

const lowerings = (moment: Moment): readonly (() => ModelCommand)[] => {
  const { clientId, random, fresh, about, day, today, state, dueFrom } = moment
  return [
    () => {
      const open = state.invoices.get(about.invoiceId)?.open ?? 0
      const first = random.upTo(Math.max(1, open - 1))
      const instalments = [
        { dueOn: dueFrom('2028-01-01'), amount: decimal(first) },
        { dueOn: dueFrom('2029-01-01'), amount: decimal(open - first) },
      ]
      const terms = random.chance(0.4) && open > 1 ? { instalments } : { dueOn: dueFrom('2028-01-01') }
      return {
        name: 'RescheduleInvoice',
        body: { clientId, invoiceId: about.invoiceId, ...terms, agreedOn: day, reason: 'termen nou' },
      }
    },
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
    () => {
      const invoice = state.invoices.get(about.invoiceId)
      // Without lines it takes no VAT back.
      const lines = invoice === undefined || random.chance(0.4) ? [] : linesOfNote(moment, invoice)
      return {
        name: 'GrantDiscount',
        body: {
          clientId,
          discountId: fresh('dis'),
          invoiceId: about.invoiceId,
          kind: random.pick(['SETTLEMENT', 'COMMERCIAL'], 'SETTLEMENT'),
          amount: decimal(lines.length > 0 ? totalOf(lines) : random.upTo(5_000)),
          ...(lines.length > 0 ? { vatLines: lines } : {}),
          grantedOn: day,
        },
      }
    },
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
  ]
}

const takeBack = ({ clientId, random, oracle, about, today }: Moment, name: string, id: string): ModelCommand => {
  const of = id === 'paymentId' ? about.paymentId : random.pick(oracle.papersOf(id), 'none')
  return { name, body: { clientId, [id]: of, reason: 'MISTAKE', reversedOn: today } }
}

export const aboutPapers = (moment: Moment): readonly (() => ModelCommand)[] => [
  () => plain(moment),
  () => plain(moment),
  () => plain(moment),
  () => advance(moment),
  () => final(moment),
  () => claim(moment),
  () => creditNote(moment),
  () => creditNote(moment),
  ...lowerings(moment),
  () => takeBack(moment, 'ReverseCreditNote', 'creditNoteId'),
  () => takeBack(moment, 'ReverseDiscount', 'discountId'),
  () => takeBack(moment, 'ReverseWriteOff', 'writeOffId'),
  () => takeBack(moment, 'ReverseRefund', 'refundId'),
  () => takeBack(moment, 'ReverseSetOff', 'paymentId'),
]
