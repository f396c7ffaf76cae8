import { daysBetween, formatRomanianDay, formatRomanianMoney } from '@registru/domain'
import type { ClientCard, CompanyCard } from '@registru/projections'
import { amountCell, type Column, newListPage } from './list-page.ts'
import { bytesOf } from './pdf.ts'

const COLUMNS: readonly Column[] = [
  { title: 'Document', width: 159 },
  { title: 'Emisă la', width: 80 },
  { title: 'Scadentă la', width: 80 },
  { title: 'Zile întârziere', width: 80, align: 'right' },
  { title: 'Rest de plată', width: 100, align: 'right' },
]

/** An invoice, or an instalment of one, whose due day is past. */
export interface OverdueItem {
  /** Series and number, and the instalment where there are several. */
  readonly document: string
  readonly issuedOn: string
  readonly dueOn: string
  readonly currency: string
  readonly openMinor: bigint
}

export interface ReminderDocument {
  readonly issuer: CompanyCard
  readonly client: ClientCard
  readonly asOf: string
  /** The oldest due day first. */
  readonly items: readonly OverdueItem[]
  /** Money of the client that settles no invoice yet, by currency. */
  readonly credits: readonly { readonly currency: string; readonly creditMinor: bigint }[]
}

/** Asks for what is overdue (notificare de plată). It says nothing of interest: that needs an agreement or a claim. */
export const renderReminder = ({ issuer, client, asOf, items, credits }: ReminderDocument): Promise<Buffer> => {
  const day = formatRomanianDay(asOf)
  const page = newListPage({ title: 'NOTIFICARE DE PLATĂ', subtitle: `la data de ${day}`, issuer, client, on: asOf })
  if (items.length === 0) {
    page.paragraph(`La data de ${day}, în evidența noastră nu figurează nicio factură cu scadența depășită.`)
  } else {
    page.paragraph(
      `Vă aducem la cunoștință că, la data de ${day}, în evidența noastră figurează neachitate, cu scadența depășită:`,
    )
  }
  for (const currency of [...new Set(items.map((item) => item.currency))].toSorted()) {
    const own = items.filter((item) => item.currency === currency)
    const total = own.reduce((sum, item) => sum + item.openMinor, 0n)
    page.table(COLUMNS, [
      ...own.map((item) => ({
        cells: [
          item.document,
          formatRomanianDay(item.issuedOn),
          formatRomanianDay(item.dueOn),
          `${daysBetween(item.dueOn, asOf)}`,
          amountCell(item.openMinor, currency),
        ],
      })),
      { cells: ['Total de plată', '', '', '', formatRomanianMoney(total, currency)], bold: true },
    ])
  }
  for (const { currency, creditMinor } of credits) {
    page.paragraph(
      `Din plățile dumneavoastră, suma de ${formatRomanianMoney(creditMinor, currency)} nu este încă atribuită unei facturi.`,
    )
  }
  if (items.length > 0) {
    page.paragraph(
      'Vă rugăm să achitați sumele restante sau să ne comunicați eventualele neconcordanțe. Dacă ați efectuat plata între timp, vă rugăm să nu țineți seama de această notificare.',
    )
  }
  page.paragraph('Cu stimă,')
  page.paragraph(issuer.name, { bold: true })
  page.finish()
  return bytesOf(page.pdf)
}
