import { formatRomanianDay, formatRomanianMoney } from '@registru/domain'
import type { ClientCard, CompanyCard, CurrencyStatement } from '@registru/projections'
import { amountCell, type Column, newListPage, type TableRow } from './list-page.ts'
import { bytesOf } from './pdf.ts'

const COLUMNS: readonly Column[] = [
  { title: 'Data', width: 60 },
  { title: 'Felul', width: 92 },
  { title: 'Document', width: 131 },
  { title: 'Debit', width: 72, align: 'right' },
  { title: 'Credit', width: 72, align: 'right' },
  { title: 'Sold', width: 72, align: 'right' },
]

type Line = CurrencyStatement['lines'][number]

const KIND: Readonly<Record<Line['kind'], string>> = {
  INVOICE: 'factură',
  CANCELLATION: 'anulare factură',
  CLAIM: 'creanță fără factură',
  CLAIM_CANCELLATION: 'anulare creanță fără factură',
  CREDIT_NOTE: 'factură storno',
  DISCOUNT: 'reducere',
  WRITE_OFF: 'scoatere din evidență',
  CONVERSION: 'decontare în altă valută',
  PAYMENT: 'încasare',
  REFUND: 'restituire',
  REVERSAL: 'încasare stornată',
  CREDIT_NOTE_REVERSAL: 'anulare factură storno',
  DISCOUNT_REVERSAL: 'anulare reducere',
  WRITE_OFF_REVERSAL: 'reactivare creanță',
  REFUND_REVERSAL: 'anulare restituire',
  TRANSFER: 'credit mutat între clienți',
  MERGE: 'preluare între conturi ale clientului',
  RELEASE: 'credit stins',
  RECOVERY: 'încasare creanță scoasă din evidență',
  RECOVERY_REVERSAL: 'anulare încasare creanță scoasă din evidență',
}

/** A side without an amount stays empty, as on paper. */
const side = (minor: bigint, currency: string): string => (minor === 0n ? '' : amountCell(minor, currency))

const rowsOf = ({ currency, openingMinor, closingMinor, lines }: CurrencyStatement): readonly TableRow[] => {
  const sum = (of: 'debitMinor' | 'creditMinor') => lines.reduce((total, line) => total + line[of], 0n)
  const balance = (text: string, minor: bigint): TableRow => ({
    cells: ['', '', text, '', '', amountCell(minor, currency)],
    bold: true,
  })
  return [
    balance('Sold inițial', openingMinor),
    ...lines.map(
      (line): TableRow => ({
        cells: [
          formatRomanianDay(line.on),
          KIND[line.kind],
          line.document,
          side(line.debitMinor, currency),
          side(line.creditMinor, currency),
          amountCell(line.balanceMinor, currency),
        ],
      }),
    ),
    {
      cells: ['', '', 'Rulaj', amountCell(sum('debitMinor'), currency), amountCell(sum('creditMinor'), currency), ''],
      bold: true,
    },
    balance('Sold final', closingMinor),
  ]
}

export interface StatementDocument {
  readonly issuer: CompanyCard
  readonly client: ClientCard
  readonly from: string
  readonly to: string
  readonly currencies: readonly CurrencyStatement[]
}

/** The client's statement (fișa clientului) of a period as a PDF, a table a currency. */
export const renderStatement = ({ issuer, client, from, to, currencies }: StatementDocument): Promise<Buffer> => {
  const page = newListPage({
    title: 'FIȘĂ CLIENT',
    subtitle: `perioada ${formatRomanianDay(from)} – ${formatRomanianDay(to)}`,
    issuer,
    client,
    on: to,
  })
  if (currencies.length === 0) page.paragraph('În această perioadă nu există sold și nicio operațiune.')
  for (const statement of currencies) {
    const { currency, closingMinor } = statement
    page.heading(`Moneda: ${currency === 'RON' ? 'lei' : currency}`)
    page.table(COLUMNS, rowsOf(statement))
    const whole = formatRomanianMoney(closingMinor < 0n ? -closingMinor : closingMinor, currency)
    const day = formatRomanianDay(to)
    if (closingMinor > 0n) page.paragraph(`La ${day} clientul datorează ${whole}.`)
    else if (closingMinor < 0n) page.paragraph(`La ${day} clientul are în avans ${whole}.`)
    else page.paragraph(`La ${day} contul este închis: sold 0.`)
  }
  page.finish()
  return bytesOf(page.pdf)
}
