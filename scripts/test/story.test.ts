/** The whole system, as `npm start` runs it: from an invoice to what is still owed. `.ci/run` runs it on every Node. */
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { z } from 'zod'
import { type RunFile, readRunFile } from '../src/run-file.ts'

const root = resolve(import.meta.dirname, '../../..')
const limitMs = 60_000

const Accepted = z.looseObject({ position: z.string(), revision: z.int(), result: z.unknown() })

const until = async <T>(what: string, find: () => Promise<T | undefined> | T | undefined): Promise<T> => {
  for (const deadline = Date.now() + limitMs; Date.now() < deadline; await sleep(100)) {
    const found = await find()
    if (found !== undefined) return found
  }
  throw new Error(`Waited in vain: ${what}`)
}

t.test('the story', async (t) => {
  const home = mkdtempSync(join(tmpdir(), 'registru-story-'))
  // Started by root, PostgreSQL runs under another account, which must come here.
  chmodSync(home, 0o755)
  const { TEST_DATABASE_URL: _, ...inherited } = process.env
  const environment = { ...inherited, REGISTRU_HOME: home, PORT: '0' }
  // tap would load its instruments into each of the processes.
  const command = ['-u', 'NODE_OPTIONS', process.execPath, join(root, 'scripts/dist/src/start.js')]
  const system = spawn('env', command, { env: environment, stdio: ['ignore', 'inherit', 'inherit'] })
  const ended = once(system, 'exit')
  t.teardown(async () => {
    system.kill('SIGTERM')
    await ended
    rmSync(home, { recursive: true })
  })
  const run: RunFile = await until('start', () => {
    if (system.exitCode !== null) throw new Error('The system did not start')
    return readRunFile(home)
  })

  const company = `${run.apiUrl}/v1/companies/amc`
  const authorization = `Bearer ${run.token}`
  const send = (key: string, name: string, body: unknown): Promise<Response> =>
    fetch(`${company}/commands/${name}`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify(body),
    })
  const accepted = async (name: string, body: unknown, key: string = randomUUID()) => {
    const response = await send(key, name, body)
    const answer: unknown = await response.json()
    if (response.status !== 201) throw new Error(`${name}: ${response.status} ${JSON.stringify(answer)}`)
    return Accepted.parse(answer)
  }
  const get = async (path: string, position: string): Promise<unknown> => {
    const url = `${company}/${path}${path.includes('?') ? '&' : '?'}minPosition=${position}`
    const response = await fetch(url, { headers: { authorization } })
    t.equal(response.status, 200, path)
    return response.json()
  }
  const ron = (amount: string) => ({ amount, currency: 'RON' })
  const address = { city: 'Iași', countryCode: 'RO' }
  const invoice = (number: string, base: string, vat: string, total: string) => ({
    clientId: 'alfa',
    invoiceId: `inv-${number}`,
    series: 'AMC',
    number,
    issuedOn: '2026-10-01',
    dueOn: '2026-10-31',
    total: ron(total),
    vatLines: [{ rate: '21', base, vat }],
  })

  await accepted('RegisterCompany', {
    name: 'AMC Servicii SRL',
    taxId: 'RO1234567897',
    tradeRegisterNumber: 'J22/100/2016',
    address: { street: 'Str. Fabricii 7', county: 'IS', ...address },
    functionalCurrency: 'RON',
  })
  await accepted('OpenReceiptBook', {
    series: 'AMC-C',
    deskId: 'C1',
    from: 1,
    to: 5000,
    decisionNumber: '12',
    decisionOn: '2026-01-05',
    financialYear: 2026,
  })
  await accepted('RegisterClient', {
    clientId: 'alfa',
    kind: 'BUSINESS',
    name: 'Alfa SRL',
    taxId: '123456789',
    address,
  })
  await accepted('RegisterInvoice', invoice('1024', '1000.00', '210.00', '1210.00'))
  await accepted('RegisterInvoice', invoice('1025', '500.00', '105.00', '605.00'))

  const payment = {
    clientId: 'alfa',
    paymentId: 'pay-1',
    amount: ron('1500.00'),
    method: 'CASH',
    receivedOn: '2026-11-02',
    deskId: 'C1',
    allocation: {
      rule: 'explicit',
      items: [
        { invoiceId: 'inv-1024', amount: '1210.00' },
        { invoiceId: 'inv-1025', amount: '200.00' },
      ],
    },
    receipt: { series: 'AMC-C' },
  }

  t.test('a payment settles two invoices and has its receipt', async (t) => {
    const { position, result } = await accepted('RecordPayment', payment, 'first-payment')
    t.match(result, {
      paymentId: 'pay-1',
      allocated: payment.allocation.items,
      credit: '90.00',
      receipt: { series: 'AMC-C', number: 1, amountInWords: /una mie cinci sute|o mie cinci sute/ },
    })
    t.match(await get('invoices/inv-1024', position), { open: '0.00', status: 'PAID' })
    t.match(await get('invoices/inv-1025', position), { open: '405.00', status: 'PARTIALLY_PAID' })
    t.match(await get('receivables/aging?asOf=2026-11-24', position), {
      rows: [{ clientId: 'alfa', currency: 'RON', open: '405.00', credit: '90.00', net: '315.00' }],
      totals: [{ currency: 'RON', open: '405.00', credit: '90.00', net: '315.00' }],
    })
    t.match(await get('clients/alfa/statement?from=2026-10-01&to=2026-11-30', position), {
      currencies: [{ currency: 'RON', opening: '0.00', closing: '315.00' }],
    })
    t.match(await get('receipts?series=AMC-C', position), { items: [{ series: 'AMC-C', number: 1 }] })
  })

  t.test('the same key again is the same payment, another body under it is refused', async (t) => {
    const again = await send('first-payment', 'RecordPayment', payment)
    t.equal(again.status, 200)
    t.equal(again.headers.get('idempotency-replayed'), 'true')
    const other = await send('first-payment', 'RecordPayment', { ...payment, amount: ron('1499.99') })
    t.equal(other.status, 422)
    t.match(await other.json(), { code: 'IDEMPOTENCY_KEY_REUSED' })
  })

  t.test('what is more than open is refused, with what is open', async (t) => {
    const body = {
      clientId: 'alfa',
      paymentId: 'pay-1',
      invoiceId: 'inv-1025',
      amount: '90.01',
      allocatedOn: '2026-11-20',
    }
    const response = await send('too-much', 'AllocatePayment', body)
    t.equal(response.status, 422)
    t.match(await response.json(), { code: 'ALLOCATION_EXCEEDS_CREDIT' })
  })

  t.test('nothing is lost when every process is killed', async (t) => {
    for (const [part, pid] of Object.entries(run.processes)) {
      process.kill(pid, 'SIGKILL')
      await until(`${part} again`, () => {
        const now = readRunFile(home)?.processes[part]
        return now === undefined || now === pid ? undefined : now
      })
    }
    const last = { ...payment, paymentId: 'pay-2', amount: ron('405.00'), allocation: { rule: 'oldestDueFirst' } }
    const answer = await until('a command after the kills', async () => {
      const response = await send('second-payment', 'RecordPayment', last).catch(() => undefined)
      return response?.ok ? Accepted.parse(await response.json()) : undefined
    })
    t.match(answer.result, { credit: '0.00', receipt: { number: 2 } })
    t.match(await get('invoices/inv-1025', answer.position), { open: '0.00', status: 'PAID' })
  })

  t.test('nobody comes in without the token', async (t) => {
    const response = await fetch(`${company}/invoices/inv-1024`)
    t.equal(response.status, 401)
  })
})
