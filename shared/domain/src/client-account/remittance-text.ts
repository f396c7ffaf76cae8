import type { InvoiceId } from '../ids.ts'
import { isMonth, isNear, isYear, piecesOf, readText, type Token } from './remittance-tokens.ts'

/** An invoice as a payer may name it. */
export interface NameableInvoice {
  readonly invoiceId: InvoiceId
  readonly series: string | undefined
  readonly number: string
}

/** What stands around the digits of a printed name: of `CPN` `2025/000022` it is CPN and 2025 before 22. */
interface InvoiceName {
  readonly before: readonly string[]
  readonly behind: readonly string[]
}

/** Leading zeros are print, not identity: AMC 0001024 is AMC 1024. */
const plain = (word: string): string => word.replace(/^0+(?=[0-9])/, '')

/** The piece of a printed number that tells it from others; of `12/2026` it is 12, for the year may be left out. */
const placeOfDigits = (pieces: readonly Token[]): number => {
  const last = pieces.findLastIndex(({ isNumber }) => isNumber)
  return isYear(pieces[last]?.word ?? '') && pieces[last - 1]?.isNumber === true ? last - 1 : last
}

/** What an invoice is looked for by; `undefined` when its number has no digit, so that nothing in a text names it. */
export const digitsOf = (number: string): string | undefined => {
  const pieces = piecesOf(number)
  const digits = pieces[placeOfDigits(pieces)]?.word
  return digits === undefined ? undefined : plain(digits)
}

const nameOf = ({ series, number }: Pick<NameableInvoice, 'series' | 'number'>): InvoiceName => {
  const pieces = piecesOf(number)
  const at = placeOfDigits(pieces)
  const words = (tokens: readonly Token[]): readonly string[] => tokens.map(({ word }) => plain(word))
  return {
    before: words([...piecesOf(series ?? ''), ...pieces.slice(0, Math.max(0, at))]),
    behind: words(pieces.slice(at + 1)),
  }
}

const wordSet = (words: string): ReadonlySet<string> => new Set(words.split(' '))

const LABELS = wordSet(
  'F FA FAC FACT FACTURA FACTURI FACTURILE FACTURII FACTURILOR FC FCT FF FV CVF INV INVOICE INVOICES',
)
const NUMBER_WORDS = wordSet('NR NO NUMAR NUMARUL NUMERELE')
const FILLERS = wordSet('FISC FISCALA FISCALE SERIA SERIE NR NO NUMAR NUMARUL NUMERELE')
/** What is counted stands behind a number that names nothing: `7 zile`, `2 facturi`. */
const COUNTED = wordSet(
  '% ZI ZILE ORA ORE LUNA LUNI SAPTAMANI AN ANI BUC BUCATI KG KM MP MC LITRI PERS PERSOANE RATA RATE FACTURI',
)
/** Words that a bank glues to a number where it breaks its lines. */
const GLUED = wordSet('DIN SI DE')

const LIST_GAP = /^\s*[,;+&]\s*$/
const LOOSE_GAP = /^\s*\/?\s*$/
const RANGE_GAP = /^\s*-\s*$/
const YEAR_GAP = /^\s*[/-]\s*$/

/** Nobody pays a hundred invoices with a dash. */
const RANGE_MAX = 100
/** Of one number there are as many as there are series and years; who looks at more of them is not told them apart. */
const ALIKE_MAX = 100

/** A number in the text, and where the first one of its list is: what stands before that says what all of them are. */
interface Mention {
  readonly at: number
  readonly head: number
  /** How it hangs on the number before it; a blank or a stroke divides much else, too. */
  readonly by: 'itself' | 'list' | 'loose' | 'range'
}

const NO_TOKEN: Token = { word: '', isNumber: false, gap: '\n', start: 0, end: 0 }

/** The tokens of a text by place; beyond its ends there is nothing. */
type TokenAt = (at: number) => Token

/** A year is told by its stroke: `CPN/2025/000022`, `1024/2025`. */
const isYearByStroke = (tokenAt: TokenAt, at: number): boolean => {
  const [before, token, next] = [tokenAt(at - 1), tokenAt(at), tokenAt(at + 1)]
  if (!isYear(token.word)) return false
  return (before.isNumber && YEAR_GAP.test(token.gap)) || (next.isNumber && YEAR_GAP.test(next.gap))
}

/** The number that this one is joined to, and what joins them. */
const joinedTo = (tokenAt: TokenAt, at: number): { readonly before: number; readonly by: Mention['by'] } => {
  const hasAnd = tokenAt(at - 1).word === 'SI' && isNear(tokenAt(at - 1)) && isNear(tokenAt(at))
  const { gap } = tokenAt(at)
  let before = hasAnd ? at - 2 : at - 1
  if (isYearByStroke(tokenAt, before)) before -= 1
  if (hasAnd || LIST_GAP.test(gap)) return { before, by: 'list' }
  if (RANGE_GAP.test(gap)) return { before, by: 'range' }
  const isAlike = tokenAt(before).word.length === tokenAt(at).word.length
  return { before, by: isAlike && LOOSE_GAP.test(gap) ? 'loose' : 'itself' }
}

const mentionsIn = (tokenAt: TokenAt, length: number): readonly Mention[] => {
  const heads = new Map<number, number>()
  const mentions: Mention[] = []
  for (let at = 0; at < length; at += 1) {
    if (!tokenAt(at).isNumber || isYearByStroke(tokenAt, at)) continue
    const { before, by } = joinedTo(tokenAt, at)
    const head = by === 'itself' ? undefined : heads.get(before)
    heads.set(at, head ?? at)
    mentions.push({ at, head: head ?? at, by: head === undefined ? 'itself' : by })
  }
  return mentions
}

/** Where the pieces before the digits begin, as far as they stand before `place`. */
const beginOf = (tokenAt: TokenAt, place: number, before: readonly string[]) => {
  const isPiece = (at: number, piece: string): boolean => isNear(tokenAt(at + 1)) && plain(tokenAt(at).word) === piece
  let at = place
  for (const piece of before.toReversed()) {
    if (isNear(tokenAt(at)) && NUMBER_WORDS.has(tokenAt(at - 1).word)) at -= 1
    if (isPiece(at - 1, piece)) at -= 1
    else if (isNear(tokenAt(at)) && isYear(tokenAt(at - 1).word) && isPiece(at - 2, piece)) at -= 2
    else if (!isYear(piece)) return { at, isWhole: false }
  }
  const isCut = at > 0 && tokenAt(at).gap === ''
  return { at, isWhole: at < place && !isCut }
}

/** The place of the word that says «invoice» before `place`; `undefined` when there is none. */
const labelBefore = (tokenAt: TokenAt, place: number): number | undefined => {
  let at = isYearByStroke(tokenAt, place - 1) ? place - 1 : place
  while (isNear(tokenAt(at)) && FILLERS.has(tokenAt(at - 1).word)) at -= 1
  return isNear(tokenAt(at)) && LABELS.has(tokenAt(at - 1).word) ? at - 1 : undefined
}

type Strength = 'series' | 'label'

/** How the words before a place name what stands there. */
const strengthOf = (tokenAt: TokenAt, place: number, { before }: InvoiceName): Strength | undefined => {
  const { at, isWhole } = beginOf(tokenAt, place, before)
  if (isWhole) return 'series'
  return labelBefore(tokenAt, at) === undefined ? undefined : 'label'
}

/** Letters and digits that are glued to a number belong to it. */
const endsAsNamed = (tokenAt: TokenAt, at: number, { behind }: InvoiceName): boolean => {
  let next = at + 1
  for (const piece of behind) {
    if (tokenAt(next).gap.length <= 1 && plain(tokenAt(next).word) === piece) next += 1
    else if (!isYear(piece)) return false
  }
  const { gap, word, isNumber } = tokenAt(next)
  return gap !== '' || isNumber || GLUED.has(word)
}

/** Whether the number may as well count something, or be a year: then the word «invoice» alone decides nothing. */
const hasOtherReading = (tokenAt: TokenAt, { at, head, by }: Mention): boolean => {
  const [before, token, next] = [tokenAt(at - 1), tokenAt(at), tokenAt(at + 1)]
  if (isNear(next) && (COUNTED.has(next.word) || isMonth(next.word))) return true
  return isYear(token.word) && (at === head ? !NUMBER_WORDS.has(before.word) : by === 'loose')
}

/** A name in the text that no open invoice has. */
export interface UnmetName {
  /** As the payer wrote it, in capitals. */
  readonly name: string
  /** The one invoice that has it and is not open. */
  readonly invoiceId?: InvoiceId
}

export interface NamesInText<Invoice> {
  /** In the order of the text, each once. */
  readonly named: readonly Invoice[]
  readonly unmet: readonly UnmetName[]
}

export interface InvoicesByNumber<Invoice extends NameableInvoice> {
  /** Those whose number has the digits, leading zeros apart. */
  readonly withDigits: (digits: string) => Iterable<Invoice>
  readonly isOpen: (invoice: Invoice) => boolean
  /** Some of them, by which the client's series are known. */
  readonly some: () => Iterable<Invoice>
}

/**
 * The invoices that a payer's text names. Each is asked for by its own name, rather than numbers pulled out and hoped
 * about: by series and number, or by number after a word that says «invoice». What may as well be a year, a day, an amount
 * or a count names nothing, and neither does a name that several open invoices have.
 */
export const namesIn = <Invoice extends NameableInvoice>(
  remittanceText: string,
  { withDigits, isOpen, some }: InvoicesByNumber<Invoice>,
): NamesInText<Invoice> => {
  const { text, tokens } = readText(remittanceText)
  const tokenAt: TokenAt = (at) => tokens[at] ?? NO_TOKEN
  const named = new Map<InvoiceId, Invoice>()
  const unmet = new Map<string, UnmetName>()

  /** Who has the name: by series before by «invoice», for the more is said the surer it is. */
  const answering = (mention: Mention, digits: string): readonly Invoice[] => {
    const found: Record<Strength, Invoice[]> = { series: [], label: [] }
    let left = ALIKE_MAX
    for (const invoice of withDigits(digits)) {
      if (left === 0) break
      left -= 1
      const name = nameOf(invoice)
      if (!endsAsNamed(tokenAt, mention.at, name)) continue
      const strength = strengthOf(tokenAt, mention.head, name)
      const isSure = strength === 'series' && mention.at === mention.head
      if (strength === undefined || (!isSure && hasOtherReading(tokenAt, mention))) continue
      found[strength].push(invoice)
    }
    return found.series.length > 0 ? found.series : found.label
  }

  /** @returns the one open invoice that has the name */
  const meet = (mention: Mention, digits: string): Invoice | undefined => {
    const [invoice, other] = answering(mention, digits).filter(isOpen)
    if (invoice !== undefined && other === undefined) named.set(invoice.invoiceId, invoice)
    return other === undefined ? invoice : undefined
  }

  /** `1364, 1365, 66`: the last one is written as short as it differs. */
  const meetShortened = (mention: Mention, digits: string): Invoice | undefined => {
    const before = plain(tokenAt(mention.at - 1).word)
    if (mention.by !== 'list' || digits.length >= before.length) return undefined
    return meet(mention, before.slice(0, -digits.length) + digits)
  }

  const meetRange = (mention: Mention): void => {
    const [from, to] = [Number(tokenAt(mention.at - 1).word), Number(tokenAt(mention.at).word)]
    if (to <= from || to - from > RANGE_MAX || meet(mention, `${to}`) === undefined) return
    for (let number = from + 1; number < to; number += 1) meet(mention, `${number}`)
  }

  /** Where a name begins that nobody has; `undefined` when the words before the number make no name of it. */
  const startOfUnknown = ({ at, head, by }: Mention): number | undefined => {
    if (by === 'loose') return undefined
    const label = labelBefore(tokenAt, head)
    if (label !== undefined) return by === 'itself' ? label : at
    for (const invoice of some()) {
      const begin = beginOf(tokenAt, head, nameOf(invoice).before)
      if (begin.isWhole) return by === 'itself' ? begin.at : at
    }
    return undefined
  }

  const miss = (mention: Mention, digits: string): void => {
    const { at, by } = mention
    const alike = answering(mention, digits)
    if (alike.some(isOpen)) return
    const unknown = hasOtherReading(tokenAt, mention) ? undefined : startOfUnknown(mention)
    const start = unknown ?? (alike.length === 0 ? undefined : by === 'itself' ? at - 1 : at)
    if (start === undefined) return
    const [invoice, other] = alike
    const name = text.slice(tokenAt(start).start, tokenAt(at).end)
    const invoiceId = other === undefined ? invoice?.invoiceId : undefined
    if (!unmet.has(digits)) unmet.set(digits, { name, ...(invoiceId === undefined ? {} : { invoiceId }) })
  }

  for (const mention of mentionsIn(tokenAt, tokens.length)) {
    const digits = plain(tokenAt(mention.at).word)
    if (mention.by === 'range') meetRange(mention)
    else if ((meet(mention, digits) ?? meetShortened(mention, digits)) === undefined) miss(mention, digits)
  }
  return { named: [...named.values()], unmet: [...unmet.values()] }
}

/** Invoices of a list by the digits of their numbers. */
export const byDigitsOf = <Invoice extends NameableInvoice>(
  invoices: Iterable<Invoice>,
): ((digits: string) => readonly Invoice[]) => {
  const byDigits = new Map<string, Invoice[]>()
  for (const invoice of invoices) {
    const digits = digitsOf(invoice.number)
    if (digits === undefined) continue
    const alike = byDigits.get(digits)
    if (alike === undefined) byDigits.set(digits, [invoice])
    else alike.push(invoice)
  }
  return (digits) => byDigits.get(digits) ?? []
}
