import { createRequire } from 'node:module'
import type { Address } from '@registru/domain'
import PDFDocument from 'pdfkit'

const { resolve } = createRequire(import.meta.url)
/** Embedded, because the standard fonts of PDF lack ș and ț with a comma below. */
const REGULAR = resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf')
const BOLD = resolve('dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf')

export type Pdf = PDFKit.PDFDocument

/** Nothing in the bytes depends on the moment they are made: `on` is the day that the document is about. */
export const newPdf = ({
  size,
  margin,
  title,
  author,
  on,
}: {
  readonly size: 'A4' | 'A5'
  /** Points. */
  readonly margin: number
  readonly title: string
  readonly author: string
  readonly on: string
}): Pdf => {
  const day = new Date(`${on}T00:00:00Z`)
  const pdf = new PDFDocument({
    size,
    margin,
    lang: 'ro',
    displayTitle: true,
    // Footers count the pages, so they are written last.
    bufferPages: true,
    info: { Title: title, Author: author, Producer: 'Registru', Creator: 'Registru', CreationDate: day, ModDate: day },
  })
  return pdf.registerFont('regular', REGULAR).registerFont('bold', BOLD)
}

/** Resolves with the bytes. */
export const bytesOf = (pdf: Pdf): Promise<Buffer> =>
  new Promise((settle, reject) => {
    const chunks: Buffer[] = []
    pdf.on('data', (chunk: Buffer) => chunks.push(chunk))
    pdf.on('end', () => settle(Buffer.concat(chunks)))
    pdf.on('error', reject)
    pdf.end()
  })

export const addressLine = (address: Address | undefined): string | undefined =>
  address === undefined
    ? undefined
    : [address.street, address.city, address.county, address.postalCode, address.countryCode]
        .filter((part) => part !== undefined)
        .join(', ')

export const identityLine = ({
  taxId,
  tradeRegisterNumber,
}: {
  readonly taxId?: string | undefined
  readonly tradeRegisterNumber?: string | undefined
}): string | undefined => {
  const parts = [
    taxId === undefined ? undefined : `CUI ${taxId}`,
    tradeRegisterNumber === undefined ? undefined : `nr. ORC ${tradeRegisterNumber}`,
  ].filter((part) => part !== undefined)
  return parts.length === 0 ? undefined : parts.join(', ')
}
