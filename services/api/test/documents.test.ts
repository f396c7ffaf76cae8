/** What the papers say, read back from their bytes. */

import { createHash } from 'node:crypto'
import { positionOf } from '@registru/domain'
import { receiptIssued, ron } from '@registru/domain/examples'
import type { ClientCard, CompanyCard, CurrencyStatement, ReceiptEntry } from '@registru/projections'
import t from 'tap'
import { renderReceipt } from '../src/documents/receipt-pdf.ts'
import { renderReminder } from '../src/documents/reminder-pdf.ts'
import { renderStatement } from '../src/documents/statement-pdf.ts'
import { VERSION } from '../src/version.ts'
import { textOfPdf } from './pdf-text.ts'

const issuer: CompanyCard = {
  companyId: 'amc',
  name: 'AMC Servicii SRL',
  taxId: 'RO1234567897',
  tradeRegisterNumber: 'J22/100/2016',
  address: { street: 'Str. Fabricii 7', city: 'Iași', county: 'IS', countryCode: 'RO' },
  functionalCurrency: 'RON',
}
const client: ClientCard = {
  clientId: 'alfa',
  kind: 'BUSINESS',
  name: 'Țesătoria Șoimul și Fiii SRL',
  taxId: '123456789',
  tradeRegisterNumber: undefined,
  address: { city: 'Târgu Mureș', countryCode: 'RO' },
  email: undefined,
  mergedInto: undefined,
}
const line = (index: number): CurrencyStatement['lines'][number] => ({
  on: '2026-11-02',
  position: positionOf(BigInt(index)),
  kind: 'INVOICE',
  document: `AMC ${1_000 + index}`,
  counterpartyDocument: undefined,
  invoiceId: undefined,
  paymentId: undefined,
  debitMinor: 121_000n,
  creditMinor: 0n,
  balanceMinor: 121_000n * BigInt(index + 1),
  eventId: 'x',
})
const statement = (count: number) => ({
  issuer,
  client,
  from: '2026-11-01',
  to: '2026-11-24',
  currencies: [
    {
      currency: 'RON',
      openingMinor: 0n,
      closingMinor: 121_000n * BigInt(count),
      lines: Array.from({ length: count }, (_, index) => line(index)),
    },
  ],
})
const item = (index: number) => ({
  document: `AMC ${1_000 + index}`,
  issuedOn: '2026-10-01',
  dueOn: '2026-10-31',
  currency: 'RON',
  openMinor: 71_000n,
})
const reminder = (count: number) => ({
  issuer,
  client,
  asOf: '2026-11-24',
  items: Array.from({ length: count }, (_, index) => item(index)),
  credits: [{ currency: 'RON', creditMinor: 29_000n }],
})
const document = receiptIssued({ amount: ron('1500.00') }).data
const receipt: ReceiptEntry = {
  series: document.series,
  number: document.number,
  receiptId: document.receiptId,
  clientId: document.clientId,
  paymentId: document.paymentId,
  deskId: document.deskId,
  issuedOn: document.issuedOn,
  currency: 'RON',
  amountMinor: 150_000n,
  valueMinor: 150_000n,
  annulled: undefined,
  reprintCount: 2,
  document,
}

const has = (text: readonly string[], ...wanted: readonly string[]) =>
  wanted.filter((part) => !text.some((run) => run.includes(part)))
const count = (text: readonly string[], part: string) => text.filter((run) => run === part).length
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

t.test('a statement', async (t) => {
  const text = textOfPdf(await renderStatement(statement(3)))
  t.strictSame(
    has(text, 'FIȘĂ CLIENT', 'Țesătoria Șoimul și Fiii SRL', 'Iași', 'Târgu Mureș', 'AMC 1002', '3.630,00'),
    [],
  )
  t.strictSame(has(text, 'Sold inițial', 'Sold final', 'clientul datorează 3.630,00 lei', `Registru ${VERSION}`), [])
  t.strictSame(has(text, 'pagina 1 din 1', 'perioada 01.11.2026 – 24.11.2026'), [])
  const long = textOfPdf(await renderStatement(statement(120)))
  const pages = count(long, 'Debit')
  t.ok(pages > 2, 'the header stands on every page')
  t.strictSame(has(long, `pagina ${pages} din ${pages}`, 'AMC 1119'), [])
  t.equal(count(long, `Registru ${VERSION}`), pages)
  // Whatever the number of lines, the last page has more than the sentence that closes it.
  for (let lines = 25; lines < 45; lines += 1) {
    const whole = textOfPdf(await renderStatement(statement(lines)))
    const lastPage = whole.slice(whole.lastIndexOf('Debit'))
    t.strictSame(has(lastPage, 'Rulaj', 'Sold final', 'clientul datorează'), [], `${lines} lines`)
    t.equal(count(whole, 'Debit'), count(whole, `Registru ${VERSION}`), 'each page has a table')
  }
  t.strictSame(has(textOfPdf(await renderStatement({ ...statement(0), currencies: [] })), 'nicio operațiune'), [])
})

t.test('a reminder', async (t) => {
  const text = textOfPdf(await renderReminder(reminder(2)))
  t.strictSame(has(text, 'NOTIFICARE DE PLATĂ', 'la data de 24.11.2026', 'AMC 1001', '31.10.2026', '1.420,00 lei'), [])
  t.equal(count(text, '24'), 2, 'days late')
  t.strictSame(has(text, 'suma de 290,00 lei nu este încă atribuită'), [])
  t.strictSame(has(textOfPdf(await renderReminder(reminder(0))), 'nicio factură cu scadența depășită'), [])
  t.ok(count(textOfPdf(await renderReminder(reminder(100))), 'Zile întârziere') > 1)
})

t.test('a receipt, annulled or reprinted', async (t) => {
  const text = textOfPdf(await renderReceipt(receipt))
  t.strictSame(has(text, 'CHITANȚĂ', '1.500,00 lei', document.amountInWords), [])
  t.notOk(text.some((run) => /DUPLICAT|ANULAT/.test(run)))
  t.strictSame(has(textOfPdf(await renderReceipt(receipt, 2)), 'DUPLICAT nr. 2'), [])
  const annulled = { on: '2026-11-02', reason: 'sumă greșită', replacedBy: undefined }
  t.strictSame(has(textOfPdf(await renderReceipt({ ...receipt, annulled }, 1)), 'DUPLICAT nr. 1', 'ANULATĂ'), [])
})

t.test('the same bytes every time, and others for another copy', async (t) => {
  for (const make of [
    () => renderStatement(statement(50)),
    () => renderReminder(reminder(50)),
    () => renderReceipt(receipt),
    () => renderReceipt(receipt, 1),
    () => renderReceipt(receipt, 2),
  ]) {
    t.equal(sha256(await make()), sha256(await make()))
  }
  t.not(sha256(await renderReceipt(receipt, 1)), sha256(await renderReceipt(receipt, 2)))
})
