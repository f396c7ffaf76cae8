import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { allProjections, ensureSchemas } from '@registru/projections'
import { createPool } from '@registru/runtime'
import { createTestDatabase } from '@registru/runtime/testing'
import t, { type Test } from 'tap'
import { z } from 'zod'
import { EXIT } from '../src/cli/io.ts'
import { runRegistru } from '../src/cli/program.ts'

const TOKEN = 'a-token-of-the-test'

const temporaryFolder = (t: Test): string => {
  const folder = mkdtempSync(join(tmpdir(), 'registru-cli-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  return folder
}

const run = async (t: Test, args: readonly string[], environment: NodeJS.ProcessEnv = {}) => {
  const printed: string[] = []
  const said: string[] = []
  const code = await runRegistru(args, {
    environment: { REGISTRU_HOME: temporaryFolder(t), ...environment },
    print: (text) => printed.push(text),
    say: (text) => said.push(text),
    isTerminal: false,
  })
  return { code, printed: printed.join('\n'), said: said.join('\n') }
}

type Respond = (request: IncomingMessage) => { readonly status?: number; readonly body: unknown }

/** An API that answers as it is told, and remembers what it was asked. */
const startApi = async (t: Test, respond: Respond) => {
  const asked: string[] = []
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    asked.push(request.url ?? '')
    const authorized = request.headers.authorization === `Bearer ${TOKEN}`
    const { status = 200, body } = authorized
      ? respond(request)
      : { status: 401, body: { code: 'UNAUTHORIZED', title: 'No token' } }
    response.writeHead(status, { 'content-type': status < 400 ? 'application/json' : 'application/problem+json' })
    response.end(body instanceof Buffer ? body : JSON.stringify(body))
  })
  await new Promise<void>((settle) => server.listen(0, '127.0.0.1', settle))
  t.teardown(() => server.close())
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const environment = {
    REGISTRU_URL: `http://127.0.0.1:${port}`,
    REGISTRU_TOKEN: TOKEN,
    REGISTRU_COMPANY: 'amc',
  }
  return { asked, environment }
}

const aging = {
  buckets: ['notDue', '1-30'],
  rows: [
    { clientId: 'alfa', currency: 'RON', amounts: ['0.00', '710.00'], open: '710.00', credit: '290.00', net: '420.00' },
  ],
  totals: [{ currency: 'RON', amounts: ['0.00', '710.00'], open: '710.00', credit: '290.00', net: '420.00' }],
  position: '18342',
  asOf: '2026-11-24',
}

t.test('a question', async (t) => {
  t.test('is asked with both clocks and shown as a table', async (t) => {
    const { asked, environment } = await startApi(t, () => ({ body: aging }))
    const args = ['aging', '--as-of', '2026-11-24', '--known-at', '18342', '--buckets', '0,30']
    const { code, printed } = await run(t, args, environment)
    t.equal(code, EXIT.OK)
    t.same(asked, ['/v1/companies/amc/receivables/aging?asOf=2026-11-24&knownAt=18342&buckets=0%2C30'])
    t.match(printed, /^alfa {4}RON/m)
    t.match(printed, /^total .* 420\.00$/m)
    t.match(printed, /as of 2026-11-24, position 18342$/)
  })
  t.test('puts the pages of a statement together', async (t) => {
    const line = (document: string) => ({ on: '2026-11-02', kind: 'INVOICE', document, debit: '1.00', credit: '0.00' })
    const pageOf = (currency: string, document: string, nextCursor: string | null) => ({
      clientId: 'alfa',
      from: '2026-11-01',
      to: '2026-11-24',
      style: 'balanceForward',
      position: '1',
      currencies: [{ currency, opening: '0.00', closing: '2.00', lines: [{ ...line(document), balance: '1.00' }] }],
      nextCursor,
    })
    const pages = [pageOf('EUR', 'first', 'a'), pageOf('RON', 'second', 'b'), pageOf('RON', 'third', null)]
    const { asked, environment } = await startApi(t, ({ url = '' }) => ({
      body: pages[/cursor=(\w)/.exec(url)?.[1] === 'b' ? 2 : url.includes('cursor') ? 1 : 0],
    }))
    const { printed } = await run(t, ['statement', 'alfa', '--json'], environment)
    t.equal(asked.length, 3)
    t.match(JSON.parse(printed), {
      currencies: [
        { currency: 'EUR', lines: [{ document: 'first' }] },
        { currency: 'RON', lines: [{ document: 'second' }, { document: 'third' }] },
      ],
      nextCursor: null,
    })
  })
  t.test('says how many rows are not shown', async (t) => {
    const { environment } = await startApi(t, () => ({ body: { ...aging, rowsLeftOut: 7 } }))
    t.match((await run(t, ['aging', '--group-by', 'invoice'], environment)).printed, /^7 more rows$/m)
  })
  t.test('is answered as it comes with --json', async (t) => {
    const { environment } = await startApi(t, () => ({ body: aging }))
    const { printed } = await run(t, ['aging', '--json'], environment)
    t.same(JSON.parse(printed), aging)
  })
  t.test('goes on from page to page until it has as many as were asked for', async (t) => {
    const event = (position: string) => ({
      stream: 'clientAccount-amc:alfa',
      revision: 0,
      position,
      type: 'ClientRegistered',
      metadata: { recordedAt: '2026-11-02T09:00:00.000Z', actor: 'development' },
    })
    const { asked, environment } = await startApi(t, ({ url = '' }) => ({
      body: url.includes('cursor')
        ? { items: [event('2')], nextCursor: null }
        : { items: [event('1')], nextCursor: 'next' },
    }))
    const { printed } = await run(t, ['events', '--client', 'alfa'], environment)
    t.equal(asked.length, 2)
    t.match(printed, /\b1 {2}2026[^]*\b2 {2}2026/)
  })
  t.test('explains a figure by name or by its link', async (t) => {
    const line = {
      account: 'RECEIVABLE',
      clientId: 'alfa',
      invoiceId: 'inv-1024',
      amount: '710.00',
      effectiveOn: '2026-10-01',
    }
    const body = { figure: 'invoiceOpen', currency: 'RON', sum: '710.00', items: [line], nextCursor: null }
    const { asked, environment } = await startApi(t, () => ({ body }))
    const args = ['explain', 'invoiceOpen', '--client', 'alfa', '--invoice', 'inv-1024', '--as-of', '2026-11-24']
    t.match((await run(t, args, environment)).printed, /RECEIVABLE[^]*sum .* 710\.00/)
    await run(t, ['explain', '/v1/companies/amc/explain?figure=clientOpen&knownAt=9'], environment)
    t.match(asked, [
      '/v1/companies/amc/explain?asOf=2026-11-24&figure=invoiceOpen&currency=RON&clientId=alfa&invoiceId=inv-1024&limit=500',
      '/v1/companies/amc/explain?figure=clientOpen&knownAt=9&limit=500',
    ])
  })
  t.test('writes a paper to a file', async (t) => {
    const { asked, environment } = await startApi(t, () => ({ body: Buffer.from('%PDF-1.7') }))
    const file = join(temporaryFolder(t), 'receipt.pdf')
    t.equal((await run(t, ['receipt', 'AMC-C', '15', '--pdf', file], environment)).code, EXIT.OK)
    t.same(asked, ['/v1/companies/amc/receipts/AMC-C/15.pdf'])
    t.equal(readFileSync(file, 'utf8'), '%PDF-1.7')
  })
})

t.test('the exit code tells what happened', async (t) => {
  t.test('wrong usage', async (t) => {
    t.equal((await run(t, ['statement'])).code, EXIT.USAGE)
    t.equal((await run(t, ['no-such-command'])).code, EXIT.USAGE)
    const { environment } = await startApi(t, () => ({ body: aging }))
    const { code, said } = await run(t, ['aging'], { ...environment, REGISTRU_COMPANY: undefined })
    t.equal(code, EXIT.USAGE)
    t.match(said, /--company/)
  })
  t.test('a slip of the finger is told what may have been meant', async (t) => {
    const { environment, asked } = await startApi(t, () => ({ body: aging }))
    const cases: readonly (readonly [args: readonly string[], said: RegExp])[] = [
      [
        ['events', '--type', 'PaymentRecordd'],
        /^There is no type of event PaymentRecordd: did you mean PaymentRecorded\?$/,
      ],
      [['events', '--type', 'invoice'], /did you mean Invoice\w+( or \w*Invoice\w*)+\?$/],
      [['events', '--type', 'Qqqqqqqqqqqq'], /^There is no type of event Qqqqqqqqqqqq: there are \w+, /],
      [['explain', 'invoiceOpn'], /^There is no figure invoiceOpn: did you mean invoiceOpen\?$/],
    ]
    for (const [args, expected] of cases) {
      const { code, said } = await run(t, args, environment)
      t.equal(code, EXIT.USAGE)
      t.match(said, expected)
    }
    t.same(asked, [])
  })
  t.test('a file that cannot be written', async (t) => {
    const { environment } = await startApi(t, () => ({ body: Buffer.from('%PDF-') }))
    const file = join(temporaryFolder(t), 'no-such-folder', 'receipt.pdf')
    const { code, said } = await run(t, ['receipt', 'AMC-C', '1', '--pdf', file], environment)
    t.equal(code, EXIT.USAGE)
    t.equal(said, `${file} cannot be read or written: there is no such file or folder.`)
  })
  t.test('help fits a narrow terminal: no line was broken or filled for another', async (t) => {
    for (const name of ['', 'explain', 'audit', 'doctor', 'projections', 'bi']) {
      const { printed } = await run(t, [...(name === '' ? [] : [name]), '--help'])
      const lines = printed.split('\n')
      t.same(
        lines.filter((line) => line.length > 80),
        [],
      )
      // Filled up: the next word would not have fitted.
      const description = lines.slice(2, lines.indexOf('', 2))
      for (const [index, line] of description.slice(0, -1).entries()) {
        t.ok(line.length + 1 + (description[index + 1]?.split(' ')[0] ?? '').length > 80, line)
      }
    }
  })
  t.test('help is no mistake, of any command', async (t) => {
    const { code, printed } = await run(t, ['--help'])
    t.equal(code, EXIT.OK)
    t.match(printed, /Exit codes/)
    for (const command of ['balance', 'statement', 'aging', 'receipt', 'events', 'explain', 'audit', 'doctor', 'bi']) {
      t.equal((await run(t, [command, '--help'])).code, EXIT.OK)
    }
  })
  t.test('nothing is running, or nothing answers', async (t) => {
    t.equal((await run(t, ['aging', '--company', 'amc'])).code, EXIT.UNREACHABLE)
    const environment = { REGISTRU_URL: 'http://127.0.0.1:9', REGISTRU_TOKEN: TOKEN, REGISTRU_COMPANY: 'amc' }
    const { code, said } = await run(t, ['aging'], environment)
    t.equal(code, EXIT.UNREACHABLE)
    t.notMatch(said, TOKEN)
  })
  t.test('the API refuses', async (t) => {
    const body = { code: 'CLIENT_NOT_FOUND', title: 'No such client', details: { clientId: 'nobody' } }
    const { environment } = await startApi(t, () => ({ status: 404, body }))
    const { code, said } = await run(t, ['balance', 'nobody'], environment)
    t.equal(code, EXIT.REFUSED)
    t.match(said, /CLIENT_NOT_FOUND: No such client[^]*nobody/)
  })
  t.test('the read models are behind', async (t) => {
    const { environment } = await startApi(t, () => ({ status: 504, body: { code: 'READ_MODEL_BEHIND' } }))
    t.equal((await run(t, ['balance', 'alfa', '--min-position', '9'], environment)).code, EXIT.UNREACHABLE)
  })
  t.test('totals do not tie out', async (t) => {
    const { environment } = await startApi(t, () => ({ status: 500, body: { code: 'TIE_OUT_FAILED' } }))
    t.equal((await run(t, ['aging'], environment)).code, EXIT.FINDING)
  })
})

t.test('a token is never sent where it does not belong', async (t) => {
  const { asked } = await startApi(t, () => ({ body: aging }))
  const home = temporaryFolder(t)
  const stores = { databaseUrl: 'postgres://127.0.0.1:1/x', eventStoreUrl: 'esdb://127.0.0.1:1', processes: {} }
  writeFileSync(join(home, 'run.json'), JSON.stringify({ apiUrl: 'http://127.0.0.1:9', token: TOKEN, ...stores }))
  const args = ['aging', '--company', 'amc', '--url', 'http://127.0.0.1:8']
  const { code, said } = await run(t, args, { REGISTRU_HOME: home })
  t.equal(code, EXIT.USAGE)
  t.match(said, /REGISTRU_TOKEN/)
  t.equal(asked.length, 0)
})

t.test('the doctor', async (t) => {
  const Diagnoses = z.looseObject({
    diagnoses: z.array(z.looseObject({ part: z.string(), check: z.string(), health: z.string() })),
  })

  t.test('names what is down, misconfigured and does not tie out, and goes on looking', async (t) => {
    const databaseUrl = await createTestDatabase(t)
    const pool = createPool({
      url: databaseUrl,
      connectionsMax: 1,
      applicationName: 'test',
      onIdleError: () => undefined,
    })
    const client = await pool.connect()
    await ensureSchemas(client, allProjections)
    await client.query(
      `insert into read.companies (company_id, name, tax_id, trade_register_number, address, functional_currency, position) values ('amc', 'AMC Servicii SRL', 'RO1', null, '{}', 'RON', 1)`,
    )
    await client.query(`alter database ${new URL(databaseUrl).pathname.slice(1)} set synchronous_commit = off`)
    client.release()
    await pool.end()
    const { environment } = await startApi(t, ({ url = '' }) =>
      url.includes('aging') ? { status: 500, body: { code: 'TIE_OUT_FAILED', detail: 'alfa' } } : { body: {} },
    )
    const stores = { DATABASE_URL: databaseUrl, ESDB_URL: 'esdb://127.0.0.1:9?tls=false' }
    const { code, printed } = await run(t, ['doctor', '--json'], { ...environment, ...stores })
    t.equal(code, EXIT.FINDING)
    const wrong = Diagnoses.parse(JSON.parse(printed))
      .diagnoses.filter(({ health }) => health === 'wrong')
      .map(({ part, check }) => `${part}: ${check}`)
    t.ok(wrong.includes('event store: answers'), wrong.join())
    t.ok(wrong.includes('projector: state'), wrong.join())
    t.ok(wrong.includes('numbers: tie-out'), wrong.join())
    t.ok(printed.includes('synchronous_commit = off'))
  })
  t.test('says that nothing runs here', async (t) => {
    const { code, printed } = await run(t, ['doctor'])
    t.equal(code, EXIT.UNREACHABLE)
    t.match(printed, /nothing runs here/)
  })
})
