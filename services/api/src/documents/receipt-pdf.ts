import { createRequire } from 'node:module'
import { formatRomanianDay, formatRomanianMoney, minorOf } from '@registru/domain'
import type { ReceiptEntry } from '@registru/projections'
import PDFDocument from 'pdfkit'

const { resolve } = createRequire(import.meta.url)
/** Embedded, because the standard fonts of PDF lack ș and ț with a comma below. */
const REGULAR = resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf')
const BOLD = resolve('dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf')

/** Points; a receipt is A5, two to a sheet. */
const MARGIN = 36
const LABEL_WIDTH = 96
const SMALL = 8
const NORMAL = 9.5
const LARGE = 15

type Party = ReceiptEntry['document']['issuer'] | ReceiptEntry['document']['receivedFrom']

const addressLine = (address: Party['address']): string | undefined =>
  address === undefined
    ? undefined
    : [address.street, address.city, address.county, address.postalCode, address.countryCode]
        .filter((part) => part !== undefined)
        .join(', ')

const identityLine = ({ taxId, tradeRegisterNumber }: Party): string | undefined => {
  const parts = [
    taxId === undefined ? undefined : `CUI ${taxId}`,
    tradeRegisterNumber === undefined ? undefined : `nr. ORC ${tradeRegisterNumber}`,
  ].filter((part) => part !== undefined)
  return parts.length === 0 ? undefined : parts.join(', ')
}

/** Resolves with the bytes; nothing in them depends on the moment they are made. */
const collect = (pdf: PDFKit.PDFDocument): Promise<Buffer> =>
  new Promise((settle, reject) => {
    const chunks: Buffer[] = []
    pdf.on('data', (chunk: Buffer) => chunks.push(chunk))
    pdf.on('end', () => settle(Buffer.concat(chunks)))
    pdf.on('error', reject)
    pdf.end()
  })

/**
 * The receipt (chitanța, form 14-4-1) as a PDF, from the frozen content of its event alone: the same bytes every time
 * it is asked for. An annulled one says so across the page.
 * @see OMFP 2634/2015 annex 1 pct. 2 and annex 2 for the fields
 */
export const renderReceipt = ({ document, annulled }: ReceiptEntry): Promise<Buffer> => {
  const { series, number, issuedOn, issuer, receivedFrom, amount, cashier, deskId } = document
  const title = `Chitanța ${series} ${number}`
  const issuedAt = new Date(`${issuedOn}T00:00:00Z`)
  const pdf = new PDFDocument({
    size: 'A5',
    margin: MARGIN,
    lang: 'ro',
    displayTitle: true,
    info: {
      Title: title,
      Author: issuer.name,
      Producer: 'Registru',
      Creator: 'Registru',
      CreationDate: issuedAt,
      ModDate: issuedAt,
    },
  })
  pdf.registerFont('regular', REGULAR).registerFont('bold', BOLD)
  const width = pdf.page.width - 2 * MARGIN

  const field = (label: string, value: string | undefined, font = 'regular'): void => {
    if (value === undefined) return
    const top = pdf.y
    pdf
      .font('regular')
      .fontSize(SMALL)
      .fillColor('#555555')
      .text(label, MARGIN, top + 1, { width: LABEL_WIDTH })
    pdf.font(font).fontSize(NORMAL).fillColor('black')
    pdf.text(value, MARGIN + LABEL_WIDTH, top, { width: width - LABEL_WIDTH })
    pdf.moveDown(0.45)
  }
  const rule = (): void => {
    pdf
      .moveTo(MARGIN, pdf.y)
      .lineTo(MARGIN + width, pdf.y)
      .lineWidth(0.5)
      .strokeColor('#999999')
      .stroke()
    pdf.moveDown(0.6)
  }

  pdf
    .font('bold')
    .fontSize(NORMAL + 1)
    .text(issuer.name, MARGIN, MARGIN, { width })
  pdf.font('regular').fontSize(SMALL)
  for (const line of [identityLine(issuer), addressLine(issuer.address)]) if (line !== undefined) pdf.text(line)
  pdf.moveDown(1.2)
  pdf.font('bold').fontSize(LARGE).text('CHITANȚĂ', { align: 'center', width })
  pdf.font('regular').fontSize(NORMAL)
  pdf.text(`seria ${series} nr. ${number} din ${formatRomanianDay(issuedOn)}`, { align: 'center', width })
  pdf.moveDown(1.2)

  rule()
  field('Am primit de la', receivedFrom.name, 'bold')
  field('', identityLine(receivedFrom))
  field('Adresa', addressLine(receivedFrom.address))
  rule()
  field('Suma de', formatRomanianMoney(minorOf(amount), amount.currency), 'bold')
  field('adică', document.amountInWords)
  field('reprezentând', document.representing)
  if (document.replaces !== undefined) {
    field('', `înlocuiește chitanța ${document.replaces.series} ${document.replaces.number}`)
  }
  rule()
  field('Casierie', deskId)
  field('Casier', cashier)
  field('Semnătura', '')

  if (annulled !== undefined) {
    const middle: [number, number] = [pdf.page.width / 2, pdf.page.height / 2]
    pdf.save().rotate(-35, { origin: middle }).font('bold').fontSize(64).fillColor('#bb0000').fillOpacity(0.35)
    pdf.text('ANULATĂ', MARGIN, middle[1] - 40, { width, align: 'center', lineBreak: false })
    pdf.restore()
  }
  return collect(pdf)
}
