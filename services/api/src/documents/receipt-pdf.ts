import { formatRomanianDay, formatRomanianMoney, minorOf } from '@registru/domain'
import type { ReceiptEntry } from '@registru/projections'
import { addressLine, bytesOf, identityLine, newPdf } from './pdf.ts'

/** Points; a receipt is A5, two to a sheet. */
const MARGIN = 36
const LABEL_WIDTH = 96
const SMALL = 8
const NORMAL = 9.5
const LARGE = 15

/**
 * The receipt (chitanța, form 14-4-1) as a PDF, from the frozen content of its event alone: the same bytes every time
 * it is asked for. An annulled one says so across the page, and a counted reprint that it is a duplicate.
 * @see OMFP 2634/2015 annex 1 pct. 2 and annex 2 for the fields
 */
export const renderReceipt = ({ document, annulled }: ReceiptEntry, reprint?: number): Promise<Buffer> => {
  const { series, number, issuedOn, issuer, receivedFrom, amount, cashier, deskId } = document
  const title = `Chitanța ${series} ${number}`
  const pdf = newPdf({ size: 'A5', margin: MARGIN, title, author: issuer.name, on: issuedOn })
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
  if (reprint !== undefined) pdf.font('bold').text(`DUPLICAT nr. ${reprint}`, { align: 'center', width })
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
  return bytesOf(pdf)
}
