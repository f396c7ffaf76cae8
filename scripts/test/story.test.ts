/** The whole system, as `npm start` runs it: README's own commands, then kills. `.ci/run` runs it on every Node. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import t from 'tap'
import { z } from 'zod'
import { type RunFile, readRunFile } from '../src/run-file.ts'

const root = resolve(import.meta.dirname, '../../..')
const limitMs = 60_000

const runFile = promisify(execFile)
const readme = readFileSync(join(root, 'README.md'), 'utf8')

const PaymentOfReadme = z.looseObject({ paymentId: z.literal('pay-1') })

interface WalkthroughStep {
  readonly commands: string
  readonly shown: string
}

/** README's shell blocks, each with the output that stands under it, without those that start the system and the seed. */
const walkthrough = (markdown: string): readonly WalkthroughStep[] =>
  [...markdown.matchAll(/^```sh\n(.*?)^```\n(?:```(?:json)?\n(.*?)^```\n)?/gms)]
    .map(([, commands = '', shown = '']) => ({ commands, shown }))
    .filter(({ commands }) => !commands.startsWith('npm '))

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
  const get = async (path: string, position: string): Promise<unknown> => {
    const url = `${company}/${path}${path.includes('?') ? '&' : '?'}minPosition=${position}`
    const response = await fetch(url, { headers: { authorization } })
    t.equal(response.status, 200, path)
    return response.json()
  }
  const ron = (amount: string) => ({ amount, currency: 'RON' })

  t.test('a firm with a past is seeded into the empty ledger', async (t) => {
    const seeded = await runFile(process.execPath, [join(root, 'scripts/dist/src/seed.js')], { env: environment })
    t.notMatch(seeded.stderr, /known from today on/)
    t.match(seeded.stdout, /1073 written/)
  })

  t.test('what README shows is what its commands print', async (t) => {
    const here = (block: string): string =>
      block.replaceAll('http://127.0.0.1:7310', run.apiUrl).replaceAll('./.registru/run.json', join(home, 'run.json'))
    const endOfStep = '--- end of step ---'
    const steps = walkthrough(readme)
    t.ok(steps.length >= 6)
    const script = steps.map(({ commands }) => `${here(commands)}\necho '${endOfStep}'`).join('\n')
    const { stdout, stderr } = await runFile('sh', ['-eu', '-c', script], { env: environment })
    t.equal(stderr, '')
    const printed = stdout.split(`${endOfStep}\n`)
    for (const [index, { commands, shown }] of steps.entries()) t.equal(printed[index], shown, commands)
  })

  const payment = PaymentOfReadme.parse(JSON.parse(/RecordPayment" [^{]*'(\{[^']*\})'/.exec(readme)?.[1] ?? ''))

  t.test('the same key again is the same payment, another body under it is refused', async (t) => {
    const again = await send('pay-1', 'RecordPayment', payment)
    t.equal(again.status, 200)
    t.equal(again.headers.get('idempotency-replayed'), 'true')
    const other = await send('pay-1', 'RecordPayment', { ...payment, amount: ron('1499.99') })
    t.equal(other.status, 422)
    t.match(await other.json(), { code: 'IDEMPOTENCY_KEY_REUSED' })
  })

  t.test('what is more than open is refused, with what is open', async (t) => {
    const body = {
      clientId: 'alfa',
      paymentId: 'pay-1',
      invoiceId: 'inv-1025',
      amount: '0.01',
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
    const last = { ...payment, paymentId: 'pay-2', amount: ron('315.00') }
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
