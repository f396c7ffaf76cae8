/** A run of letters or of digits in a payer's text, and what stands between it and the one before. */
export interface Token {
  readonly word: string
  readonly isNumber: boolean
  readonly gap: string
  /** Where it begins and ends in the text. */
  readonly start: number
  readonly end: number
}

/** Stands where something was that is no name of an invoice; no list of numbers crosses it. No text has line breaks. */
const WALL = '\n'

const fold = (text: string): string => text.normalize('NFD').replace(/\p{M}/gu, '').toUpperCase()

const CURRENCIES = '(?:LEI|RON|BANI|EUR|EURO|USD|GBP|CHF|HUF)'
const MONTH =
  '(?:IAN(?:UARIE)?|FEB(?:RUARIE)?|MAR(?:TIE)?|APR(?:ILIE)?|MAI|IUN(?:IE)?|IUL(?:IE)?|AUG(?:UST)?|SEPT?(?:EMBRIE)?|OCT(?:OMBRIE)?|NOI(?:EMBRIE)?|NOV|DEC(?:EMBRIE)?)'
const DAY =
  '(?<![0-9])(?:[0-9]{4}-[0-9]{2}-[0-9]{2}' +
  '|[0-9]{1,2}\\s?(?<mark>[./-])\\s?[0-9]{1,2}\\s?\\k<mark>\\s?[0-9]{4}' +
  '|(?:0?[1-9]|[12][0-9]|3[01])\\s?(?<sign>[./-])\\s?(?:0?[1-9]|1[0-2])\\s?\\k<sign>\\s?[0-9]{2})(?![0-9])'

/** The day of a paper that was named just before: what follows it still belongs to the list. */
const OWN_DAYS: readonly RegExp[] = [
  new RegExp(`(?:\\bDIN\\b\\s*(?:DATA\\s*(?:DE\\s*)?)?|/\\s?|\\(\\s?)${DAY}\\)?`, 'g'),
  /\bDIN\s*[0-9]{1,2}[./][0-9]{1,2}(?![0-9.,/])/g,
  new RegExp(`\\bDIN\\s*[0-9]{1,2}\\s*${MONTH}\\b\\s*(?:[0-9]{4})?`, 'g'),
]

/** What looks like a number of an invoice and is none. */
const OTHERS: readonly RegExp[] = [
  /\b[A-Z]{2}[0-9]{2}[A-Z]{4}[A-Z0-9]{10,26}\b/g, // IBAN
  /\b(?:CUI|CIF|C\.I\.F\.?|COD FISCAL|CNP)\s*:?\s*(?:RO)?\s*[0-9]{2,13}\b/g,
  /\/RFB\/\S*/g,
  new RegExp(DAY, 'g'),
  new RegExp(`\\b${CURRENCIES}\\s*:?\\s*[0-9][0-9.,]*`, 'g'),
  new RegExp(`(?<![0-9])[0-9][0-9.,]*\\s*(?:DE\\s+)?${CURRENCIES}\\b`, 'g'),
  /\b(?:SUMA|VALOARE|VALOAREA|VAL|TOTAL|TVA|REST)\s*(?:DE\s)?\s*[:=]?\s*[0-9][0-9.,]*/g,
  // Thousands and hundredths; two numbers of a list have a third beside them.
  /(?<![0-9]|[0-9],)[0-9]{1,3}(?:\.[0-9]{3})+(?:,[0-9]{2})?(?![0-9])/g,
  /(?<![0-9]|[0-9],)[0-9]+[.,][0-9]{2}(?![0-9]|,[0-9])/g,
  /\b(?:CONTRACT|CTR|COMAND|COMENZ|PROFORM|OFERT|AVIZ|POLIT|CHITANT|DOSAR|TELEFON)[A-Z]*\.?\s*(?:SERIA\s*)?(?:[A-Z]{1,6}[\s./-]+)?(?:NR\.?\s*)?[0-9]+/g,
  /\b(?:O\.?P|BON|NIR|P\.?V|TID|ID|AWB|TEL|CHIT|COD|CLIENT|CMD|STR|BL|SC|AP|ET|ANUL|LUNA)\b\.?\s*:?\s*(?:NR\.?\s*|CLIENT\s*)?[0-9]+/g,
  /\bREF(?:ERINTA)?\b\.?\s*:?\s*[A-Z0-9]+/g,
]

/** The text without what is known to be something else. */
const maskedText = (remittanceText: string): string => {
  const own = OWN_DAYS.reduce((text, day) => text.replace(day, ' '), fold(remittanceText))
  return OTHERS.reduce((text, other) => text.replace(other, ` ${WALL} `), own)
}

const tokensOf = (text: string): readonly Token[] => {
  let end = 0
  return [...text.matchAll(/[A-Z]+|[0-9]+|%/g)].map(({ 0: word, index: start }) => {
    const token = {
      word,
      isNumber: word <= ':' && word !== '%',
      gap: text.slice(end, start),
      start,
      end: start + word.length,
    }
    end = token.end
    return token
  })
}

/** Letters and digits of a printed name. */
export const piecesOf = (text: string): readonly Token[] => tokensOf(fold(text))

/** What is left of a payer's text that may name an invoice. */
export const readText = (remittanceText: string): { readonly text: string; readonly tokens: readonly Token[] } => {
  const text = maskedText(remittanceText)
  return { text, tokens: tokensOf(text) }
}

export const isYear = (word: string): boolean => /^(?:199|20[0-4])[0-9]$/.test(word)

export const isMonth = (word: string): boolean => new RegExp(`^${MONTH}$`).test(word)

/** As many characters may stand between two pieces of one name. */
const GAP_MAX = 3

export const isNear = ({ gap }: Token): boolean => gap.length <= GAP_MAX && !gap.includes(WALL)
