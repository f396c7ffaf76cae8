import type { BusinessDay } from '../business-day.ts'

/** What a paper is called, wherever it is written down. */
export interface DocumentName {
  readonly series?: string | undefined
  readonly number: string
}

/** A paper's name in its normal form: equal for one paper, however its series and number were typed. */
export interface DocumentKey {
  readonly series: string
  readonly number: string
  /** Numbers may begin anew with the year of issue (Legea 227/2015 art. 319 (20) a). */
  readonly year: number
}

/** Letters and digits, upper case, one space for whatever else stands between them. */
const plain = (text: string): string =>
  text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toUpperCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()

/** A series is its letters and digits alone: A.M.C. is AMC. */
const plainSeries = (series: string): string => plain(series).replaceAll(' ', '')

/** Leading zeros are print, not identity: AMC 0001024 is AMC 1024. What has neither letter nor digit is what it is. */
const plainNumber = (number: string): string => plain(number).replace(/^0+(?=[0-9])/, '') || number.trim()

/** What stands before the last digits, the digits, and whatever follows them: `CPN/2025/000022`. */
const LAST_DIGITS = /^(.*?)([0-9]+[^0-9]*)$/su

/** Without a series of its own the number's last digits are the number, and what precedes them is the series. */
const partsOf = ({ series, number }: DocumentName): Required<Pick<DocumentKey, 'series' | 'number'>> => {
  if (series !== undefined) return { series: plainSeries(series), number: plainNumber(number) }
  const [, before = '', digits = number] = LAST_DIGITS.exec(number) ?? []
  return { series: plainSeries(before), number: plainNumber(digits) }
}

const YEAR_DIGITS = 4

export const documentKeyOf = (paper: DocumentName & { readonly issuedOn: BusinessDay }): DocumentKey => ({
  ...partsOf(paper),
  year: Number(paper.issuedOn.slice(0, YEAR_DIGITS)),
})
