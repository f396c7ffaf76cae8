/** The books as an accountant reads them: notes, sheets of accounts and the trial balance of a period, over one ledger. */
import t from 'tap'
import { z } from 'zod'
import { createApi, startStores } from './api.ts'
import { type Corruption, findsAll } from './corruptions.ts'
import { project } from './projected.ts'
import { recordRichHistory } from './rich-history.ts'

t.setTimeout(280_000)

const { store, pool } = await startStores(t)
const api = await createApi(store, pool)
const { answer } = api
await recordRichHistory(api)
await project({ store, pool })

const YEAR = 'from=2026-01-01&to=2026-12-31'
const rowsOf = async (path: string): Promise<readonly string[]> =>
  (await api.get(`${path}&format=csv&locale=ro`)).body.slice(1).trimEnd().split('\r\n')

t.test('notes as a table that an accounting program imports', async (t) => {
  const [head, ...rows] = await rowsOf(`journal/entries?${YEAR}`)
  t.equal(head, 'Nr. notă;Data;Document;Explicație;Nr. rând;Cont debitor;Cont creditor;Suma;Moneda;Cod client;Client')
  const of = (text: string) => rows.filter((row) => row.includes(text)).map((row) => row.split(';').slice(1).join(';'))
  t.same(of('"Factura AMC 103, Alfa SRL"'), [
    '01.10.2026;AMC 103;"Factura AMC 103, Alfa SRL";1;4111;707;1000,00;RON;alfa;Alfa SRL',
    '01.10.2026;AMC 103;"Factura AMC 103, Alfa SRL";2;4111;4428;210,00;RON;alfa;Alfa SRL',
  ])
  t.same(of('facturile AMC 101, AMC 102'), [
    '02.11.2026;029ZEXA2613200AB;"Încasare facturile AMC 101, AMC 102, Alfa SRL";1;5121;419;140,00;RON;alfa;Alfa SRL',
    '02.11.2026;029ZEXA2613200AB;"Încasare facturile AMC 101, AMC 102, Alfa SRL";2;5121;4111;1210,00;RON;alfa;Alfa SRL',
    '02.11.2026;029ZEXA2613200AB;"Încasare facturile AMC 101, AMC 102, Alfa SRL";3;5121;4111;150,00;RON;alfa;Alfa SRL',
  ])
  t.same(of('în numerar facturile AMC 103'), [
    '03.11.2026;AMC-C 1;"Încasare în numerar facturile AMC 103, AMC 104, Alfa SRL";1;5311;419;50,00;RON;alfa;Alfa SRL',
    '03.11.2026;AMC-C 1;"Încasare în numerar facturile AMC 103, AMC 104, Alfa SRL";2;5311;4111;500,00;RON;alfa;Alfa SRL',
    '03.11.2026;AMC-C 1;"Încasare în numerar facturile AMC 103, AMC 104, Alfa SRL";3;5311;4111;50,00;RON;alfa;Alfa SRL',
    '03.11.2026;AMC-C 1;"Încasare în numerar facturile AMC 103, AMC 104, Alfa SRL";4;4428;4427;86,78;RON;alfa;Alfa SRL',
    '03.11.2026;AMC-C 1;"Încasare în numerar facturile AMC 103, AMC 104, Alfa SRL";5;4428;4427;8,68;RON;alfa;Alfa SRL',
  ])
  t.same(of('nota D 5'), [
    '02.11.2026;D 5;"Penalități, nota D 5, Alfa SRL";1;4111;7581;57,53;RON;alfa;Alfa SRL',
    '02.11.2026;029ZEXA2613200AB;"Încasare nota D 5, Alfa SRL";1;5121;419;20,00;RON;alfa;Alfa SRL',
    '02.11.2026;029ZEXA2613200AB;"Încasare nota D 5, Alfa SRL";2;5121;4111;10,00;RON;alfa;Alfa SRL',
  ])
  t.same(of('Compensare'), [
    '12.11.2026;PV 4;"Compensare factura AMC 106, Alfa SRL";1;401;4111;300,00;RON;alfa;Alfa SRL',
  ])
  t.same(of('neidentificată 029'), [
    '02.11.2026;029ZEXA2613200CD;Încasare neidentificată 029ZEXA2613200CD;1;5121;473;1208,00;RON;;',
    '02.11.2026;029ZEXA2613200CD;Încasare neidentificată 029ZEXA2613200CD;2;627;473;2,00;RON;;',
  ])
  const numbers = new Set(rows.map((row) => Number(row.split(';')[0])))
  t.same(
    [...numbers].toSorted((a, b) => a - b),
    [...numbers].map((_, index) => index + 1),
    'without a gap',
  )
})

const Line = z.looseObject({
  number: z.int(),
  line: z.int().optional(),
  debit: z.string(),
  credit: z.string(),
  amount: z.string(),
  currency: z.string(),
})
const Entries = <Item extends z.ZodType>(item: Item) =>
  z.looseObject({ items: z.array(item), nextCursor: z.string().nullable() })

const pagesOf = async <Item extends z.ZodType>(item: Item, path: string): Promise<readonly z.output<Item>[]> => {
  const items: z.output<Item>[] = []
  let cursor = ''
  do {
    const page = Entries(item).parse(await answer(`${path}${cursor}`))
    items.push(...page.items)
    cursor = page.nextCursor === null ? '' : `&cursor=${page.nextCursor}`
  } while (cursor !== '')
  return items
}

const Note = z.looseObject({
  number: z.int(),
  eventIds: z.array(z.string()),
  lines: z.array(Line.omit({ number: true, line: true })),
})
const SheetLine = z.looseObject({ balance: z.string(), currency: z.string() })

t.test('pages, notes and rows of lines say the same', async (t) => {
  const flat = await pagesOf(Line, `journal/entries?${YEAR}&form=flat&limit=7`)
  const notes = await pagesOf(Note, `journal/entries?${YEAR}&limit=5`)
  const whole = Entries(Line).parse(await answer(`journal/entries?${YEAR}&form=flat&limit=500`))
  t.same(flat, whole.items)
  t.same(
    notes.flatMap(({ number, lines }) => lines.map(({ debit, credit, amount }) => [number, debit, credit, amount])),
    flat.map(({ number, debit, credit, amount }) => [number, debit, credit, amount]),
  )
  t.equal((await rowsOf(`journal/entries?${YEAR}`)).length, flat.length + 1)
  const lines = (await api.get(`journal/entries?${YEAR}&form=flat&format=ndjson`)).body.trimEnd().split('\n')
  t.same(
    lines.map((text) => Line.parse(JSON.parse(text))),
    flat,
  )
  const sheet = await pagesOf(SheetLine, `journal/accounts/4111?${YEAR}&limit=4`)
  t.same(sheet, Entries(SheetLine).parse(await answer(`journal/accounts/4111?${YEAR}&limit=500`)).items)
})

t.test('what narrows a list of notes', async (t) => {
  const numbersOf = async (filter: string) =>
    (await pagesOf(Note, `journal/entries?${YEAR}&${filter}`)).map(({ number }) => number)
  const [ofPayment] = await pagesOf(Note, `journal/entries?${YEAR}&paymentId=card`)
  t.match(ofPayment, {
    explanation: 'Încasare cu cardul factura AMC 108, Alfa SRL',
    lines: [{ debit: '5125', credit: '4111' }],
  })
  t.equal((await numbersOf('paymentId=card')).length, 2)
  t.same(await numbersOf('paymentId=card&clientId=alfa'), await numbersOf('paymentId=card'))
  t.equal((await numbersOf('invoiceId=cancelled')).length, 2)
  t.same(await numbersOf(`eventId=${ofPayment?.eventIds[1]}&clientId=alfa`), [ofPayment?.number])
  t.equal((await numbersOf('clientId=ion')).length, 6)
  t.same(await numbersOf('account=5125'), await numbersOf('paymentId=card'))
  t.notOk((await numbersOf('account=419')).includes(ofPayment?.number ?? 0), 'it has never been credit')
  t.same(await numbersOf('account=CARD_IN_TRANSIT&chart=symbolic'), await numbersOf('account=5125'))
  for (const wrong of ['account=9999', `eventId=${ofPayment?.eventIds[0]}`, 'from=2027-01-01']) {
    t.match((await api.get(`journal/entries?to=2026-12-31&${wrong}`)).json(), { status: 400 }, wrong)
  }
})

t.test('the trial balance of a period has four equalities, and the sheets and notes behind it', async (t) => {
  const [head, ...rows] = await rowsOf(`journal/trial-balance?from=2026-11-01&to=2026-11-30&chart=romanian`)
  t.equal(
    head,
    'Cont;Denumire;Moneda;Sold inițial debitor;Sold inițial creditor;Rulaj debitor;Rulaj creditor;Total sume debitoare;Total sume creditoare;Sold final debitor;Sold final creditor',
  )
  t.ok(rows.includes('5125;Sume în curs de decontare;RON;0,00;0,00;300,00;300,00;300,00;300,00;0,00;0,00'))
  const Sides = z.object({ debit: z.string(), credit: z.string() })
  const Sums = z.looseObject({ currency: z.string(), opening: Sides, turnovers: Sides, totals: Sides, closing: Sides })
  const Balance = z.looseObject({
    lines: z.array(Sums.extend({ account: z.string() })),
    totals: z.array(Sums),
    links: z.record(z.string(), z.string()),
  })
  const balance = Balance.parse(await answer('journal/trial-balance?from=2026-11-01&to=2026-11-30&chart=romanian'))
  for (const { opening, turnovers, totals, closing } of balance.totals) {
    for (const { debit, credit } of [opening, turnovers, totals, closing]) t.equal(debit, credit)
  }
  const turned = new Map<string, number>()
  const entries = await pagesOf(Line, 'journal/entries?from=2026-11-01&to=2026-11-30&form=flat')
  for (const { debit, credit, amount, currency } of entries) {
    for (const [account, side] of [
      [debit, 'debit'],
      [credit, 'credit'],
    ]) {
      const key = `${account} ${currency} ${side}`
      turned.set(key, Math.round((turned.get(key) ?? 0) * 100 + Number(amount) * 100) / 100)
    }
  }
  const Sheet = z.looseObject({
    currencies: z.array(z.object({ currency: z.string(), opening: z.string(), closing: z.string() })),
    items: z.array(SheetLine),
  })
  const balanceOf = ({ debit, credit }: z.output<typeof Sides>): string => (credit === '0.00' ? debit : `-${credit}`)
  for (const { account, currency, opening, turnovers, closing } of balance.lines) {
    t.equal(Number(turnovers.debit), turned.get(`${account} ${currency} debit`) ?? 0, `${account} ${currency} debit`)
    t.equal(Number(turnovers.credit), turned.get(`${account} ${currency} credit`) ?? 0, `${account} ${currency} credit`)
    const sheet = Sheet.parse(await answer(`journal/accounts/${account}?from=2026-11-01&to=2026-11-30&limit=500`))
    const ofCurrency = { currency, opening: balanceOf(opening), closing: balanceOf(closing) }
    t.match(
      sheet.currencies.find((of) => of.currency === currency),
      ofCurrency,
      account,
    )
    const last = sheet.items.findLast((line) => line.currency === currency)
    if (last !== undefined) t.equal(last.balance, ofCurrency.closing, `${account} ends with its closing`)
  }
  const before = await answer('journal/trial-balance?asOf=2026-11-30')
  t.match(before, { lines: [{ debit: /./, credit: /./, balance: /./ }] }, 'as of a day it is what it was')
  const { ofMonth = '' } = Balance.pick({ links: true }).parse(before).links
  t.match(await answer(ofMonth.replace('/v1/companies/amc/', '')), { from: '2026-11-01', to: '2026-11-30' })
})

t.test('the sheet of one client, and of no account', async (t) => {
  const sheet = await answer(`journal/accounts/4111?${YEAR}&clientId=ion`)
  t.match(sheet, {
    account: '4111',
    accountName: 'Clienți',
    currencies: [{ currency: 'RON', opening: '0.00', closing: '1820.00' }],
    items: [{ document: 'AMC 112', correspondingAccount: '707', debit: '1000.00', balance: '1000.00' }],
    tieOut: { scope: 'client' },
  })
  const unknown = await api.get(`journal/accounts/9999?${YEAR}`)
  t.match(unknown.json(), { status: 404, code: 'ACCOUNT_NOT_FOUND', details: { account: '9999' } })
  t.match((await api.get(`journal/accounts/9999?${YEAR}&format=csv`)).json(), { status: 404 })
})

t.test('what was known stays as it was, notes and their numbers too', async (t) => {
  const { rows } = await pool.query<{ position: bigint }>('select position from read.event_index order by position')
  const middle = rows[Math.floor(rows.length / 2)]?.position
  const path = `journal/entries?${YEAR}&form=flat&limit=500&knownAt=${middle}`
  const then = Entries(Line).parse(await answer(path))
  const now = new Map(
    (await pagesOf(Line, `journal/entries?${YEAR}&form=flat&limit=500`)).map((line) => [
      `${line.number} ${line.line ?? 0}`,
      line,
    ]),
  )
  for (const { number, line, debit, amount } of then.items) {
    t.match(now.get(`${number} ${line ?? 0}`), { debit, amount }, `note ${number}`)
  }
  t.ok(then.items.length < now.size)
})

/** One ban behind each answer. */
const corruptions: readonly Corruption[] = [
  [
    'postings',
    "amount_minor = amount_minor + 1 where payment_id = 'card' and account = 'BANK'",
    `journal/entries?${YEAR}`,
    {},
  ],
  [
    'postings',
    "amount_minor = amount_minor + 1 where payment_id = 'card' and account = 'BANK'",
    `journal/accounts/5121?${YEAR}`,
    {},
  ],
  [
    'postings',
    "amount_minor = amount_minor + 1 where payment_id = 'ion-cash' and account = 'CASH'",
    `journal/accounts/5311?clientId=ion&from=2026-12-01&to=2026-12-31`,
    {},
  ],
  [
    'postings',
    "amount_minor = amount_minor + 1 where payment_id = 'card' and account = 'CLIENT_CREDIT'",
    `journal/trial-balance?${YEAR}`,
    {},
  ],
  ['account_days', "debit_minor = debit_minor + 1 where account = 'FEE'", `journal/trial-balance?${YEAR}`, {}],
  [
    'account_days',
    "credit_minor = credit_minor + 1 where account = 'CLIENT_CREDIT'",
    'journal/trial-balance?from=2026-12-01&to=2026-12-31',
    {},
  ],
  [
    'account_days',
    "debit_minor = debit_minor + 1 where account = 'BANK'",
    'journal/accounts/5121?from=2026-12-01&to=2026-12-31',
    {},
  ],
]

t.test('books that differ are not shown', (t) => findsAll(t, { api, pool }, corruptions))
