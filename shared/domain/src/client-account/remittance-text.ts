import type { InvoiceId } from '../ids.ts'

/** An invoice as a payer may name it. */
export interface NameableInvoice {
  readonly invoiceId: InvoiceId
  readonly series: string | undefined
  readonly number: string
}

const fold = (text: string): string => text.normalize('NFD').replace(/\p{M}/gu, '').toUpperCase()

/** What looks like a number and is none of an invoice; each becomes a full stop, which no list of numbers crosses. */
const MASKED: readonly RegExp[] = [
  /\b[A-Z]{2}[0-9]{2}[A-Z]{4}[A-Z0-9]{10,26}\b/g, // IBAN
  /\b(?:CUI|CIF|C\.I\.F\.?|COD FISCAL)\s*:?\s*(?:RO)?\s*[0-9]{2,10}\b/g,
  /(?<![0-9])[0-9]{1,2}\s?[./-]\s?[0-9]{1,2}\s?[./-]\s?[0-9]{4}(?![0-9])/g, // day
  /(?<![0-9])[0-9]+(?:\.[0-9]{3})*,[0-9]{2}(?![0-9])/g, // amount
  /(?<![0-9])[0-9][0-9.,]*\s*(?:LEI|RON|EUR|USD)\b/g, // amount that says so
  /\b(?:CONTRACT|CTR|COMANDA|PROFORMA)\w*\.?\s*(?:NR\.?)?\s*[0-9]+/g,
]

const LABEL = '(?:FACTURA|FACTURI|FACTURILE|FACT|FAC|FCT|FF|CVF|C/V\\s*F|INV)'
const GAP = '[^A-Z0-9]{0,3}'
const NUMBER_WORD = `(?:NR|NO|NUMAR|NUMARUL)?`
const LIST = '(?:\\s*(?:,|;|\\+|&|\\bSI\\b)\\s*[0-9]+)*'

/** Leading zeros are print, not identity: AMC 0001024 is AMC 1024. */
const plainNumber = (number: string): string => fold(number).replace(/^0+(?=.)/, '')

const plainSeries = (series: string | undefined): string =>
  fold(series ?? '')
    .replace(/[^A-Z0-9]+/g, ' ')
    .trim()

const seriesPattern = (series: string): string => series.split(' ').join('[^A-Z0-9]{0,2}')

/** Numbers that stand after a word, alone or as a list: `AMC 1024, 1025 si 1027`. */
const numbersAfter = (text: string, word: string): readonly string[] => {
  const pattern = new RegExp(`(?<![A-Z0-9])${word}${GAP}${NUMBER_WORD}${GAP}([0-9]+${LIST})(?![0-9A-Z])`, 'g')
  return [...text.matchAll(pattern)].flatMap(([, list = '']) =>
    [...list.matchAll(/[0-9]+/g)].map(([digits]) => plainNumber(digits)),
  )
}

/** The one invoice of a name; `null` when several have it, so that it names none of them. */
type ByName = Map<string, InvoiceId | null>

const addName = (names: ByName, name: string, invoiceId: InvoiceId): void => {
  names.set(name, names.has(name) ? null : invoiceId)
}

/**
 * The invoices that a payer's text names, in the order of `invoices`. Each open invoice is asked for by its own name,
 * rather than numbers pulled out and hoped about: by series and number, or by number after a word that says «invoice».
 * A name that several invoices carry names none of them.
 */
export const namedInvoices = (remittanceText: string, invoices: readonly NameableInvoice[]): readonly InvoiceId[] => {
  const text = MASKED.reduce((masked, pattern) => masked.replace(pattern, ' . '), fold(remittanceText))
  const named = new Set<InvoiceId | null | undefined>()
  const bySeries = new Map<string, ByName>()
  const byNumber: ByName = new Map()
  for (const { invoiceId, series, number } of invoices) {
    const plain = plainNumber(number)
    const numbers = bySeries.get(plainSeries(series)) ?? new Map<string, InvoiceId | null>()
    bySeries.set(plainSeries(series), numbers)
    addName(numbers, plain, invoiceId)
    addName(byNumber, plain, invoiceId)
  }
  for (const [series, numbers] of bySeries) {
    if (series === '') continue
    for (const number of numbersAfter(text, seriesPattern(series))) named.add(numbers.get(number))
  }
  for (const number of numbersAfter(text, LABEL)) named.add(byNumber.get(number))
  return invoices.filter(({ invoiceId }) => named.has(invoiceId)).map(({ invoiceId }) => invoiceId)
}
