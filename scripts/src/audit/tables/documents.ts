import { type Expected, type Fold, find, put } from '../expected.ts'
import type { PlacedFact } from '../facts.ts'

const documents = { name: 'documents', key: ['company_id', 'kind', 'document_id', 'client_id'] }

/** Upper case without marks, words of letters and digits with one blank between. */
const bare = (text: string): string => {
  const letters = Array.from(text.normalize('NFD'))
    .filter((letter) => !/\p{M}/u.test(letter))
    .join('')
  return (letters.toUpperCase().match(/[\p{L}\p{N}]+/gu) ?? []).join(' ')
}

const seriesOf = (text: string): string => bare(text).split(' ').join('')

const numberOf = (text: string): string => {
  const number = bare(text)
  if (number === '') return text.trim()
  let zeros = 0
  while (number[zeros] === '0' && /[0-9]/.test(number[zeros + 1] ?? '')) zeros += 1
  return number.slice(zeros)
}

/** Without a series the last run of digits, and what follows it, is the number. */
const namedAs = (series: string | undefined, number: string) => {
  if (series !== undefined) return { series_key: seriesOf(series), number_key: numberOf(number) }
  let from = number.length
  while (from > 0 && !/[0-9]/.test(number[from - 1] ?? '')) from -= 1
  while (from > 0 && /[0-9]/.test(number[from - 1] ?? '')) from -= 1
  const start = /[0-9]/.test(number) ? from : 0
  return { series_key: seriesOf(number.slice(0, start)), number_key: numberOf(number.slice(start)) }
}

const foldDocuments = (expected: Expected, { type, data, companyId, position }: PlacedFact): void => {
  const free = (kind: string, id: string, clientId: string, on: string): void => {
    const row = find(expected, documents, companyId, kind, id, clientId)
    if (row !== undefined) Object.assign(row, { freed_on: on, freed_position: position })
  }
  if (type === 'InvoiceCancelled') return free('INVOICE', data.invoiceId, data.clientId, data.cancelledOn)
  if (type === 'CreditNoteReversed') return free('CREDIT_NOTE', data.creditNoteId, data.clientId, data.reversedOn)
  if (type === 'InvoiceMoved') {
    // Only the first time, and only of a paper: a claim has none.
    if (data.again === true || !/^(INVOICE|ADVANCE)$/.test(data.kind)) return
    free('INVOICE', data.invoiceId, data.fromClientId, data.movedOn)
  } else if (type !== 'InvoiceRegistered' && type !== 'CreditNoteRegistered') return
  const [kind, document_id] =
    type === 'CreditNoteRegistered' ? ['CREDIT_NOTE', data.creditNoteId] : ['INVOICE', data.invoiceId]
  put(expected, documents, {
    company_id: companyId,
    kind,
    document_id,
    client_id: data.clientId,
    year: Number(data.issuedOn.slice(0, 4)),
    ...namedAs(data.series, data.number),
    series: data.series ?? null,
    number: data.number,
    issued_on: data.issuedOn,
    position,
    freed_on: null,
    freed_position: null,
  })
}

export const documentFold: Fold = { histories: [], states: [documents], start: () => foldDocuments }
