import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Campaign } from './campaign.ts'
import { textOfPdf } from './pdf-text.ts'

const COMPANY = 'chitante'
const CLIENT_NAME = 'Țepeș și Șerban Construcții SRL'
const CITY = 'Iași'

const Answer = z.looseObject({ position: z.string() })

export interface ReceiptPrint {
  /** Prints it again and holds it against the first print. */
  readonly checkAgain: (after: string) => Promise<void>
  readonly sha256: string
}

/** E: a receipt issued through the API, whose paper has the ș and the ț of its parties and stays the same to the byte. */
export const printReceipt = async ({ system, get, find }: Campaign): Promise<ReceiptPrint> => {
  const { run } = system
  const base = `/v1/companies/${COMPANY}`
  const send = async (name: string, data: object): Promise<string> => {
    const answer = await fetch(`${run.apiUrl}${base}/commands/${name}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${run.token}`, 'content-type': 'application/json', 'idempotency-key': name },
      body: JSON.stringify(data),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${name}: ${answer.status} ${text}`)
    return Answer.parse(JSON.parse(text)).position
  }
  const address = { street: 'Str. Fabricii 7', city: CITY, county: 'IS', countryCode: 'RO' }
  await send('RegisterCompany', {
    name: 'Tâmplărie Șipoțel SRL',
    taxId: 'RO1234567897',
    functionalCurrency: 'RON',
    address,
  })
  await send('OpenReceiptBook', {
    series: 'CH',
    deskId: 'C1',
    from: 1,
    to: 500,
    decisionNumber: '1',
    decisionOn: '2026-01-05',
    financialYear: 2026,
  })
  await send('RegisterClient', { clientId: 'tepes', kind: 'BUSINESS', name: CLIENT_NAME, taxId: '123456789', address })
  const position = await send('RecordPayment', {
    clientId: 'tepes',
    paymentId: 'pay-1',
    amount: { amount: '1234.56', currency: 'RON' },
    method: 'CASH',
    deskId: 'C1',
    receivedOn: '2026-11-02',
    receipt: { series: 'CH' },
  })
  const path = `${base}/receipts/CH/1.pdf?minPosition=${position}&maxWait=10000`
  const print = async (): Promise<Buffer> => {
    const { status, body, text } = await get(path)
    if (status !== 200) find('receipt', path, `${status} ${text}`)
    return body
  }
  const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')
  const first = await print()
  const printed = textOfPdf(first).join('\n')
  for (const wanted of [CLIENT_NAME, 'Tâmplărie Șipoțel SRL', CITY, 'CHITANȚĂ']) {
    if (!printed.includes(wanted)) find('receipt', `${path}: no ${wanted} in the text`, printed)
  }
  return {
    sha256: sha256(first),
    checkAgain: async (after) => {
      const now = sha256(await print())
      if (now !== sha256(first)) find('receipt', `after ${after}: ${path}`, `${sha256(first)} became ${now}`)
    },
  }
}
