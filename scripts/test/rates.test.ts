/** `registru rates`: BNR's files read exactly, refused as a whole, and recorded once. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text as readText } from 'node:stream/consumers'
import { recordExchangeRates } from '@registru/domain/examples'
import t, { type Test } from 'tap'
import { z } from 'zod'
import { EXIT } from '../src/cli/io.ts'
import { runRegistru } from '../src/cli/program.ts'
import { readBnrFile } from '../src/rates/bnr-file.ts'

const fileOf = (...cubes: readonly string[]): string => `<?xml version="1.0" encoding="utf-8"?>
<DataSet xmlns="http://www.bnr.ro/xsd" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://www.bnr.ro/xsd nbrfxrates.xsd">
  <Header>
    <Publisher>National Bank of Romania</Publisher>
    <PublishingDate>2026-10-30</PublishingDate>
    <MessageType>DR</MessageType>
  </Header>
  <Body>
    <Subject>Reference rates</Subject>
    <OrigCurrency>RON</OrigCurrency>
    ${cubes.join('\n    ')}
  </Body>
</DataSet>`
const cube = (on: string, rates: string): string => `<Cube date="${on}">${rates}</Cube>`
const price = (currency: string, value: string, multiplier?: number): string =>
  `<Rate currency="${currency}"${multiplier === undefined ? '' : ` multiplier="${multiplier}"`}>${value}</Rate>`

const daily = fileOf(
  cube(
    '2026-10-30',
    price('EUR', '5.0900') + price('HUF', '1.3100', 100) + price('XAU', '578.1') + price('XDR', '6.2'),
  ),
)
const yearly = fileOf(
  cube('2026-10-30', price('EUR', '5.0900')),
  cube('2026-10-28', price('EUR', '5.0870')),
  cube('2026-10-29', price('EUR', '5.0880') + price('JPY', '2.9000', 100)),
)

t.test('a file of BNR', async (t) => {
  t.test('of a day', async (t) => {
    const { on, rates } = recordExchangeRates()
    t.same(readBnrFile(daily), { days: [{ on, rates }], leftOut: ['XAU', 'XDR'] })
  })
  t.test('of a year, whatever its order', async (t) => {
    const { days, leftOut } = readBnrFile(yearly)
    t.same(
      days.map(({ on }) => on),
      ['2026-10-28', '2026-10-29', '2026-10-30'],
    )
    t.same(days[1]?.rates, { EUR: '5.0880', JPY: '0.029000' })
    t.same(leftOut, [])
  })
  t.test('of the address that BNR has now, and with a mark before it', async (t) => {
    const secure = daily.replaceAll('http://www.bnr.ro', 'https://www.bnr.ro')
    t.same(readBnrFile(`\uFEFF${secure}`), readBnrFile(daily))
  })
  t.test('has prices of one unit, with all their digits', async (t) => {
    const oneOf = (value: string, multiplier?: number) =>
      readBnrFile(fileOf(cube('2026-10-30', price('HUF', value, multiplier)))).days[0]?.rates['HUF']
    t.equal(oneOf('1.3100', 1), '1.3100')
    t.equal(oneOf('1.3100', 100), '0.013100')
    t.equal(oneOf('131', 100), '1.31')
    t.equal(oneOf('100', 100), '1.00')
    t.equal(oneOf('12.5', 10), '1.25')
    t.equal(oneOf('0.0001', 1_000_000), '0.0000000001')
  })
  t.test('leaves out what is not quoted', async (t) => {
    const file = fileOf(cube('2026-10-30', `${price('EUR', '5.0900')}${price('RUB', '-')}<Rate currency="BYN"/>`))
    t.same(readBnrFile(file), { days: [{ on: '2026-10-30', rates: { EUR: '5.0900' } }], leftOut: ['BYN', 'RUB'] })
  })

  const euro = price('EUR', '5.0900')
  const refused: readonly (readonly [what: string, xml: string, reason: RegExp])[] = [
    ['a page', '<!DOCTYPE html><html></html>', /^line 1: a DOCTYPE$/],
    ['entities', daily.replace('<DataSet', '<!DOCTYPE x [<!ENTITY a "5">]><DataSet'), /a DOCTYPE$/],
    ['another document', '<Document/>', /begins with DataSet, not with Document/],
    ['nothing', '', /./],
    ['no rates', fileOf(), /no rate/],
    ['half a file', yearly.slice(0, yearly.indexOf('2026-10-28')), /./],
    ['other prices', daily.replace('>RON<', '>EUR<'), /prices in EUR, not in RON/],
    ['no day', fileOf(cube('2026-02-30', euro)), /^line 11: 2026-02-30 is no day/],
    ['a day twice', fileOf(cube('2026-10-30', euro), cube('2026-10-30', euro)), /2026-10-30 comes a second time/],
    ['a currency twice', fileOf(cube('2026-10-30', euro + euro)), /EUR of 2026-10-30 comes a second time/],
    ['a comma', fileOf(cube('2026-10-30', price('EUR', '5,0900'))), /5,0900 for 1 EUR is no rate/],
    ['less than nothing', fileOf(cube('2026-10-30', price('EUR', '-5.0900'))), /is no rate/],
    ['a third', fileOf(cube('2026-10-30', price('EUR', '5.0900', 3))), /5.0900 for 3 EUR is no rate/],
    ['too many digits', fileOf(cube('2026-10-30', price('EUR', '5.09000001', 1_000))), /is no rate/],
  ]
  for (const [what, xml, reason] of refused) {
    t.test(`is refused: ${what}`, async (t) => {
      t.throws(() => readBnrFile(xml), { name: 'FileRefused', message: reason })
    })
  }
})

const Recorded = z.looseObject({ on: z.string(), rates: z.record(z.string(), z.string()) })

/** An API that keeps rates as the real one does. */
const startApi = async (t: Test, functionalCurrency = 'RON') => {
  const known = new Map<string, string>()
  const sent: z.infer<typeof Recorded>[] = []
  const server = createServer((request, response) => {
    const answer = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(JSON.stringify(body))
    }
    if (request.method === 'GET') return answer(200, { companyId: 'amc', functionalCurrency })
    void readText(request).then((text) => {
      const body = Recorded.parse(JSON.parse(text))
      sent.push(body)
      const warnings: object[] = []
      let news = 0
      for (const [currency, rate] of Object.entries(body.rates)) {
        const before = known.get(`${body.on} ${currency}`)
        if (before === rate) continue
        news += 1
        if (before !== undefined) warnings.push({ code: 'EXCHANGE_RATE_CORRECTED', currency, rate, replaces: before })
        known.set(`${body.on} ${currency}`, rate)
      }
      const events = news === 0 ? [] : [{ type: 'ExchangeRatesRecorded', eventId: 'e', revision: 0 }]
      const whole = { commandId: 'c', stream: 'exchangeRates-amc', revision: 0, events, result: {} }
      answer(news === 0 ? 200 : 201, warnings.length === 0 ? whole : { ...whole, warnings })
    })
  })
  await new Promise<void>((settle) => server.listen(0, '127.0.0.1', settle))
  t.teardown(() => server.close())
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return { sent, url: `http://127.0.0.1:${port}` }
}

t.test('registru rates import', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'registru-rates-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'nbrfxrates.xml')

  const run = async (url: string, ...args: readonly string[]) => {
    const printed: string[] = []
    const said: string[] = []
    const code = await runRegistru(['rates', ...args], {
      environment: { REGISTRU_HOME: folder, REGISTRU_URL: url, REGISTRU_TOKEN: 'a-token', REGISTRU_COMPANY: 'amc' },
      print: (text) => printed.push(text),
      say: (text) => said.push(text),
      isTerminal: false,
    })
    return { code, printed: printed.join('\n'), said: said.join('\n') }
  }

  t.test('records a year, once, and says what it puts right', async (t) => {
    const { url, sent } = await startApi(t)
    writeFileSync(file, yearly)
    t.match(await run(url, 'import', file), {
      code: EXIT.OK,
      printed: '3 days: 3 recorded, 0 known already, 0 rates put right.',
    })
    t.same(sent[0], { source: 'BNR', on: '2026-10-28', rates: { EUR: '5.0870' } })
    t.match(await run(url, 'import', file), { printed: '3 days: 0 recorded, 3 known already, 0 rates put right.' })
    writeFileSync(file, daily.replace('5.0900', '5.0910'))
    const right = await run(url, 'import', file)
    t.match(right, { said: '2026-10-30: EUR is 5.0910, not 5.0900.' })
    t.match(right.printed, /^1 days: 1 recorded, 0 known already, 1 rates put right\.\nLeft out: XAU, XDR\.$/)
    t.match(JSON.parse((await run(url, 'import', file, '--json')).printed), {
      days: 1,
      known: 1,
      leftOut: ['XAU', 'XDR'],
    })
  })
  t.test('takes the days that are asked for', async (t) => {
    const { url, sent } = await startApi(t)
    writeFileSync(file, yearly)
    await run(url, 'import', file, '--from', '2026-10-29', '--to', '2026-10-29')
    t.same(
      sent.map(({ on }) => on),
      ['2026-10-29'],
    )
  })
  t.test('sends nothing of a file that is refused, nor to books in another currency', async (t) => {
    const { url, sent } = await startApi(t, 'EUR')
    writeFileSync(file, yearly)
    t.match(await run(url, 'import', file), { code: EXIT.USAGE, said: /BNR prices in RON/ })
    writeFileSync(file, yearly.replace('5.0880', '5.08.80'))
    t.match(await run(url, 'import', file), { code: EXIT.USAGE, said: /line 13: .* Nothing was recorded/ })
    t.match(await run(url, 'import', join(folder, 'none.xml')), { code: EXIT.USAGE, said: /no such file/ })
    t.match(await run(url, 'import'), { code: EXIT.USAGE, said: /Which rates\?/ })
    t.same(sent, [])
  })
  t.test('fetches a file only where it is told to', async (t) => {
    const { url, sent } = await startApi(t)
    const bank = createServer((request, response) => {
      response.writeHead(request.url === '/nbrfxrates.xml' ? 200 : 404)
      response.end(daily)
    })
    await new Promise<void>((settle) => bank.listen(0, '127.0.0.1', settle))
    t.teardown(() => bank.close())
    const address = bank.address()
    const at = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
    t.match(await run(url, 'import', '--download', `${at}/nbrfxrates.xml`), { code: EXIT.OK, printed: /1 recorded/ })
    t.match(await run(url, 'import', '--download', `${at}/else.xml`), { code: EXIT.REFUSED, said: /404/ })
    t.equal(sent.length, 1)
  })
  t.test('tells how it is used', async (t) => {
    const { code, printed } = await run('http://127.0.0.1:9', 'import', '--help')
    t.equal(code, EXIT.OK)
    t.match(printed, /nbrfxrates2026\.xml/)
  })
})
