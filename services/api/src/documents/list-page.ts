import { formatRomanianMoney } from '@registru/domain'
import type { ClientCard, CompanyCard } from '@registru/projections'
import { VERSION } from '../version.ts'
import { addressLine, identityLine, newPdf, type Pdf } from './pdf.ts'

/** Points. */
const MARGIN = 48
const FOOTER_HEIGHT = 24
const CELL_PADDING = 3
/** A heading does not stand alone at the end of a page: the head of its table and a row go with it. */
const HEADING_ROOM = 72
/** Nor do the totals at a table's end: the sentence about them goes with them. */
const CLOSING_ROOM = 24
const SMALL = 8
const NORMAL = 9
const LARGE = 14
const GREY = '#999999'

export interface Column {
  readonly title: string
  /** Points; the columns of a list fill the page together. */
  readonly width: number
  readonly align?: 'left' | 'right'
}

export interface TableRow {
  readonly cells: readonly string[]
  readonly bold?: boolean
}

export interface ListPage {
  readonly pdf: Pdf
  /** Points between the margins. */
  readonly width: number
  readonly heading: (text: string) => void
  readonly paragraph: (text: string, options?: { readonly bold?: boolean }) => void
  /** Goes on over pages, with the header on each. */
  readonly table: (columns: readonly Column[], rows: readonly TableRow[]) => void
  /** Program and page number on every page; nothing is written after it. */
  readonly finish: () => void
}

/** `1.234,56`: in a table of one currency the unit stands above. */
export const amountCell = (minor: bigint, currency: string): string =>
  formatRomanianMoney(minor, currency).replace(/ \S+$/, '')

const partyLines = (party: CompanyCard | ClientCard): readonly string[] =>
  [identityLine(party), addressLine(party.address)].filter((line) => line !== undefined)

/** A4 page of a list: who tells whom, what, and for when. */
export const newListPage = ({
  title,
  subtitle,
  issuer,
  client,
  on,
}: {
  readonly title: string
  readonly subtitle: string
  readonly issuer: CompanyCard
  readonly client: ClientCard
  /** The day that the list is about. */
  readonly on: string
}): ListPage => {
  const pdf = newPdf({ size: 'A4', margin: MARGIN, title: `${title}, ${client.name}`, author: issuer.name, on })
  const width = pdf.page.width - 2 * MARGIN
  const bottom = pdf.page.height - MARGIN - FOOTER_HEIGHT

  const paragraph: ListPage['paragraph'] = (text, { bold = false } = {}) => {
    pdf
      .font(bold ? 'bold' : 'regular')
      .fontSize(NORMAL)
      .fillColor('black')
    if (pdf.y + pdf.heightOfString(text, { width }) > bottom) pdf.addPage()
    pdf.text(text, MARGIN, pdf.y, { width }).moveDown(0.6)
  }

  const party = (label: string, of: CompanyCard | ClientCard, left: number): number => {
    const half = width / 2 - 12
    pdf.font('regular').fontSize(SMALL).fillColor('#555555').text(label, left, MARGIN, { width: half })
    pdf
      .font('bold')
      .fontSize(NORMAL + 1)
      .fillColor('black')
      .text(of.name, { width: half })
    pdf.font('regular').fontSize(SMALL)
    for (const line of partyLines(of)) pdf.text(line, { width: half })
    return pdf.y
  }

  const heightOf = (columns: readonly Column[], { cells, bold = false }: TableRow): number => {
    pdf.font(bold ? 'bold' : 'regular').fontSize(SMALL)
    const heights = columns.map((column, index) =>
      pdf.heightOfString(cells[index] ?? '', { width: column.width - 2 * CELL_PADDING }),
    )
    return Math.max(...heights) + 2 * CELL_PADDING
  }

  const row = (
    columns: readonly Column[],
    { cells, bold = false }: TableRow,
    height: number,
    lineWidth: number,
  ): void => {
    const top = pdf.y
    let left = MARGIN
    pdf
      .font(bold ? 'bold' : 'regular')
      .fontSize(SMALL)
      .fillColor('black')
    for (const [index, { width: cellWidth, align = 'left' }] of columns.entries()) {
      const text = cells[index] ?? ''
      pdf.text(text, left + CELL_PADDING, top + CELL_PADDING, { width: cellWidth - 2 * CELL_PADDING, align })
      left += cellWidth
    }
    const under = top + height
    pdf
      .moveTo(MARGIN, under)
      .lineTo(MARGIN + width, under)
      .lineWidth(lineWidth)
      .strokeColor(GREY)
      .stroke()
    pdf.y = under
  }

  const table: ListPage['table'] = (columns, rows) => {
    const header: TableRow = { cells: columns.map((column) => column.title), bold: true }
    const headerHeight = heightOf(columns, header)
    const heights = rows.map((cells) => heightOf(columns, cells))
    const totalsFrom = rows.findLastIndex(({ bold = false }) => !bold) + 1
    const totalsHeight = heights.slice(totalsFrom).reduce((sum, height) => sum + height, CLOSING_ROOM)
    let headed = false
    for (const [index, cells] of rows.entries()) {
      const height = heights[index] ?? 0
      const needed = (headed ? 0 : headerHeight) + (index === totalsFrom ? totalsHeight : height)
      if (pdf.y + needed > bottom) {
        pdf.addPage()
        headed = false
      }
      if (!headed) row(columns, header, headerHeight, 1)
      headed = true
      row(columns, cells, height, 0.4)
    }
    pdf.x = MARGIN
    pdf.moveDown(1)
  }

  const finish = (): void => {
    const { start, count } = pdf.bufferedPageRange()
    for (let index = 0; index < count; index += 1) {
      pdf.switchToPage(start + index)
      // Below the bottom margin every text would begin another page.
      pdf.page.margins.bottom = 0
      const top = pdf.page.height - MARGIN - 8
      pdf
        .font('regular')
        .fontSize(SMALL - 1)
        .fillColor('#555555')
      pdf.text(`Registru ${VERSION}`, MARGIN, top, { width, lineBreak: false })
      pdf.text(`pagina ${index + 1} din ${count}`, MARGIN, top, { width, align: 'right', lineBreak: false })
    }
  }

  const lowest = Math.max(party('Furnizor', issuer, MARGIN), party('Client', client, MARGIN + width / 2 + 12))
  pdf.y = lowest + 24
  pdf.font('bold').fontSize(LARGE).fillColor('black').text(title, MARGIN, pdf.y, { width, align: 'center' })
  pdf.font('regular').fontSize(NORMAL).text(subtitle, { width, align: 'center' }).moveDown(1.5)

  return {
    pdf,
    width,
    heading: (text) => {
      if (pdf.y + HEADING_ROOM > bottom) pdf.addPage()
      paragraph(text, { bold: true })
    },
    paragraph,
    table,
    finish,
  }
}
