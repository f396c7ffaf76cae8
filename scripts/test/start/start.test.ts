import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '@registru/embedded'
import { createPool, findProcess } from '@registru/runtime'
import t from 'tap'
import { z } from 'zod'
import { type RunFile, readRunFile } from '../../src/run-file.ts'

const limitMs = 30_000
const partNames = ['postgres', 'event-store', 'projector', 'api']

interface Started {
  readonly child: ChildProcess
  readonly output: () => string
  readonly ended: Promise<unknown>
}

const until = async (what: string, condition: () => boolean): Promise<void> => {
  for (const deadline = Date.now() + limitMs; !condition(); await sleep(50)) {
    if (Date.now() > deadline) throw new Error(`Waited in vain: ${what}`)
  }
}

const isAlive = (pid: number | undefined): boolean => pid !== undefined && findProcess(pid) !== undefined

const query = async (url: string, text: string): Promise<unknown> => {
  const pool = createPool({ url, connectionsMax: 1, applicationName: 'test', onIdleError: () => undefined })
  try {
    return (await pool.query<Record<string, unknown>>(text)).rows
  } finally {
    await pool.end()
  }
}

t.test('npm start', async (t) => {
  const home = mkdtempSync(join(tmpdir(), 'registru-start-'))
  // Started by root, the server runs under another account, which must come here.
  chmodSync(home, 0o755)
  const port = await freePort()
  const running = new Set<ChildProcess>()
  t.teardown(async () => {
    for (const child of running) {
      child.kill('SIGTERM')
      await once(child, 'exit')
    }
    rmSync(home, { recursive: true })
  })

  const start = (args: string[] = [], environment: NodeJS.ProcessEnv = {}): Started => {
    const { TEST_DATABASE_URL: _, ...inherited } = process.env
    // tap would load its instruments into each of the many processes below.
    const command = ['-u', 'NODE_OPTIONS', process.execPath, join(import.meta.dirname, 'fake-start.js')]
    const child = spawn('env', [...command, ...args], {
      env: { ...inherited, REGISTRU_HOME: home, PORT: String(port), ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    running.add(child)
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text))
    const ended = once(child, 'close').then((values: unknown[]) => {
      running.delete(child)
      return values[0] ?? values[1]
    })
    return { child, output: () => output, ended }
  }

  t.test('says in one sentence where it cannot start', async (t) => {
    const file = join(home, 'a-file')
    writeFileSync(file, '')
    const cases: [NodeJS.ProcessEnv, RegExp][] = [
      [{ REGISTRU_HOME: join(file, 'home') }, /^\S+ cannot be written: a part of it is a file\. Set REGISTRU_HOME/],
      [{ HOST: '0.0.0.0' }, /^Wrong configuration:\n {2}HOST: lets others reach plain HTTP/],
      [{ HOST: 'everywhere' }, /^Wrong configuration:\n {2}HOST: expected an address of this machine/],
    ]
    for (const [environment, said] of cases) {
      const { output, ended } = start([], environment)
      t.equal(await ended, 1)
      t.match(output(), said)
      t.notMatch(output(), / at .*:\d+/, 'and no stack')
    }
    rmSync(file)
  })
  const runFile = (): RunFile | undefined => readRunFile(home)
  const ready = async (started: Started): Promise<RunFile> => {
    await until('ready', () => runFile() !== undefined || started.child.exitCode !== null)
    const run = runFile()
    if (run === undefined) throw new Error(started.output())
    return run
  }
  const startReady = async (environment: NodeJS.ProcessEnv = {}): Promise<Started & { run: RunFile }> => {
    const started = start([], environment)
    return { ...started, run: await ready(started) }
  }
  const stop = async ({ child, ended }: Started): Promise<unknown> => {
    child.kill('SIGINT')
    return ended
  }
  const lines = (file: string): string[] => readFileSync(join(home, file), 'utf8').trim().split('\n')

  t.test('starts the four, says where they are, and stops them in order', async (t) => {
    const started = await startReady()
    const { run } = started
    t.same(run.apiUrl, `http://127.0.0.1:${port}`)
    t.match(run.eventStoreUrl, /^esdb:\/\/127\.0\.0\.1:\d+\?tls=false$/)
    t.same(Object.keys(run.processes).toSorted(), partNames.toSorted())
    for (const part of partNames) t.ok(isAlive(run.processes[part]), part)
    t.equal(statSync(join(home, 'run.json')).mode & 0o777, 0o600)
    await until('screen', () => started.output().includes('Ctrl-C'))
    for (const text of [run.apiUrl, run.token, home]) t.ok(started.output().includes(text), text)

    await query(run.databaseUrl, 'create table kept (n integer); insert into kept values (1)')
    const Environment = z.looseObject({ name: z.string() })
    const environments = lines('environment.jsonl').map((line) => Environment.parse(JSON.parse(line)))
    const stores = { DATABASE_URL: run.databaseUrl, ESDB_URL: run.eventStoreUrl }
    const byName = (a: { name: string }, b: { name: string }): number => a.name.localeCompare(b.name)
    t.same(environments.toSorted(byName), [
      { name: 'api', ...stores, REGISTRU_TOKEN: run.token, PORT: String(port) },
      {
        name: 'event-store',
        EVENT_STORE_DATABASE_URL: run.databaseUrl,
        EVENT_STORE_PORT: new URL(run.eventStoreUrl.replace('esdb', 'http')).port,
      },
      { name: 'projector', ...stores },
    ])

    const startedAt = Date.now()
    t.equal(await stop(started), 0)
    t.ok(Date.now() - startedAt < 10_000)
    t.same(lines('stopped.txt'), ['api', 'projector', 'event-store'])
    t.notOk(existsSync(join(home, 'run.json')))
    for (const part of partNames) t.notOk(isAlive(run.processes[part]), part)
  })

  t.test('keeps data and token, and starts again whatever dies', async (t) => {
    const started = await startReady()
    const { run } = started
    const tokenBefore = readFileSync(join(home, 'token'), 'utf8')
    t.equal(run.token, tokenBefore)
    for (const part of partNames) {
      const pid = run.processes[part] ?? 0
      process.kill(pid, 'SIGKILL')
      await until(`${part} again`, () => started.output().includes(`${part} runs again`))
      t.match(started.output(), new RegExp(`${part} died \\(SIGKILL\\), it is started again in`))
      t.not(runFile()?.processes[part], pid)
    }
    const { processes, ...rest } = runFile() ?? run
    t.match({ ...run, processes: {} }, rest, 'everything else is where it was')
    for (const part of partNames) t.ok(isAlive(processes[part]), part)
    t.same(await query(run.databaseUrl, 'select n from kept'), [{ n: 1 }])

    t.test('says that it runs here already', async (t) => {
      const second = start()
      t.equal(await second.ended, 1)
      t.match(second.output(), `Registru runs here already, at ${run.apiUrl} (process ${started.child.pid})`)
      t.ok(isAlive(processes['api']))
    })

    t.test('takes everything with it when it is killed, and starts again', async (t) => {
      started.child.kill('SIGKILL')
      await started.ended
      for (const part of partNames) await until(`${part} gone`, () => !isAlive(processes[part]))
      rmSync(join(home, 'run.json'))
      const next = await startReady()
      t.same(await query(next.run.databaseUrl, 'select n from kept'), [{ n: 1 }])
      await stop(next)
    })
  })

  t.test('leaves down what needs a decision', async (t) => {
    const started = await startReady()
    process.kill(started.run.processes['projector'] ?? 0, 'SIGUSR2')
    await until('gone', () => runFile()?.processes['projector'] === undefined)
    t.match(
      started.output(),
      /projector has stopped for good \(exit code 78\).*\n {4}It said last: The store has diverged\.\n {4}Its log: \S+projector\.log\n/,
    )
    t.notMatch(started.output(), / at .*:\d+/, 'and no stack')
    t.ok(isAlive(runFile()?.processes['api']))
    t.equal(await stop(started), 0)
  })

  t.test('shows the last words of what does not start, and stops the rest', async (t) => {
    const started = start([], { FAKE_FAILS: 'projector' })
    t.equal(await started.ended, 1)
    t.match(
      started.output(),
      /^projector ended before it was ready \(exit code 1\)\. It said last: This is why\.\nIts log: \S+projector\.log$/m,
    )
    t.equal(lines('stopped.txt').at(-1), 'event-store')
    t.notOk(existsSync(join(home, 'start.pid')))
  })

  t.test('stops although a part hangs', async (t) => {
    const started = await startReady({ FAKE_HANGS: 'projector' })
    const startedAt = Date.now()
    t.equal(await stop(started), 0)
    t.ok(Date.now() - startedAt < 10_000)
    t.notOk(isAlive(started.run.processes['projector']))
  })

  t.test('stops while it is starting', async (t) => {
    const started = start()
    await until('postgres', () => existsSync(join(home, 'start.pid')))
    await sleep(300)
    t.equal(await stop(started), 0)
    t.notOk(existsSync(join(home, 'run.json')))
  })

  t.test('does not start what runs elsewhere', async (t) => {
    const elsewhere = { DATABASE_URL: 'postgres://me:secret@elsewhere/db', ESDB_URL: 'esdb://elsewhere:2113' }
    const started = await startReady(elsewhere)
    t.same(Object.keys(started.run.processes).toSorted(), ['api', 'projector'])
    t.match(started.run, { databaseUrl: elsewhere.DATABASE_URL, eventStoreUrl: elsewhere.ESDB_URL })
    await until('screen', () => /Elsewhere +postgres, event-store/.test(started.output()))
    await stop(started)
    const reset = start(['--reset', '--yes'], elsewhere)
    t.equal(await reset.ended, 1)
    t.match(reset.output(), 'DATABASE_URL and ESDB_URL names something else')
  })

  t.test('says that the event store of ESDB_URL does not answer', async (t) => {
    const started = start([], { ESDB_URL: 'esdb://127.0.0.1:1?tls=false', FAKE_ASKS_STORE: 'yes' })
    t.equal(await started.ended, 1)
    t.match(started.output(), 'The event store of ESDB_URL does not answer: start it, or mend ESDB_URL.')
  })

  t.test('says when its port is taken', async (t) => {
    const other = createServer().listen(port, '127.0.0.1')
    await once(other, 'listening')
    const started = start()
    t.equal(await started.ended, 1)
    t.match(started.output(), `Port ${port} is taken by another program`)
    other.close()
  })

  t.test('names what is wrong in the environment', async (t) => {
    const started = start([], { PORT: 'many', REGISTRU_TOKEN: 'short' })
    t.equal(await started.ended, 1)
    t.match(started.output(), /PORT: expected a port number\n {2}REGISTRU_TOKEN: expected at least 16 characters\n$/)
  })

  t.test('--reset', async (t) => {
    writeFileSync(join(home, 'start.pid'), '1')
    t.test('does not erase without being asked twice', async (t) => {
      const started = start(['--reset'])
      t.equal(await started.ended, 1)
      t.match(started.output(), 'add --yes')
      t.ok(existsSync(join(home, 'postgres')))
    })

    t.test('starts from nothing', async (t) => {
      const started = start(['--reset', '--yes'])
      const run = await ready(started)
      t.same(await query(run.databaseUrl, `select from pg_tables where tablename = 'kept'`), [])
      t.notOk(existsSync(join(home, 'stopped.txt')))
      await stop(started)
    })
  })

  t.test('explains itself', async (t) => {
    const started = start(['--help'])
    t.equal(await started.ended, 0)
    t.match(started.output(), 'REGISTRU_HOME')
    const wrong = start(['--rest'])
    t.equal(await wrong.ended, 1)
    t.match(wrong.output(), /Unknown option '--rest'(.*\n)+Usage:/)
  })
})
