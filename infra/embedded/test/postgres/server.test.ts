import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createPool } from '@registru/runtime'
import t from 'tap'
import { z } from 'zod'
import { erasePostgres, type PostgresServer, startPostgres } from '../../src/postgres/server.ts'

const Supervised = z.object({ pid: z.number(), url: z.string() })

const isRoot = process.getuid?.() === 0
const isLinux = process.platform === 'linux'

const connect = (url: string, connectionsMax = 1) =>
  createPool({ url, connectionsMax, applicationName: 'test', onIdleError: () => undefined })

const query = async (url: string, text: string): Promise<Record<string, unknown>[]> => {
  const pool = connect(url)
  try {
    const { rows } = await pool.query<Record<string, unknown>>(text)
    return rows
  } finally {
    await pool.end()
  }
}

const count = async (server: PostgresServer): Promise<unknown> =>
  (await query(server.url(), 'select count(*)::integer as count from t'))[0]?.['count']

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

const goneWithin = async (pid: number, limitMs: number): Promise<boolean> => {
  for (const deadline = Date.now() + limitMs; isAlive(pid); await sleep(50)) if (Date.now() > deadline) return false
  return true
}

const childrenOf = (parent: number): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/status`, 'utf8').includes(`\nPPid:\t${parent}\n`)
      } catch {
        return false
      }
    })

t.test('the PostgreSQL supervisor', async (t) => {
  // Not tap's fixture folder: that lies in the checkout, where the server's account may not come.
  const base = mkdtempSync(join(tmpdir(), 'registru-postgres-'))
  chmodSync(base, 0o755)
  const folder = join(base, 'postgres')
  t.teardown(() => rmSync(base, { recursive: true, force: true }))
  const start = (): Promise<PostgresServer> => startPostgres({ folder, durable: false })
  const superviseElsewhere = async () => {
    const supervisor = fork(join(import.meta.dirname, 'supervised.js'), [folder])
    const messages: unknown[] = await once(supervisor, 'message')
    return { supervisor, ...Supervised.parse(messages[0]) }
  }
  const kill = async (pid: number, exited: Promise<unknown>): Promise<void> => {
    process.kill(pid, 'SIGKILL')
    await exited
  }

  t.test('starts in an empty folder, also after a creation that was interrupted', async (t) => {
    mkdirSync(join(folder, 'new', 'data'), { recursive: true })
    writeFileSync(join(folder, 'new', 'data', 'PG_VERSION'), '17')
    const server = await start()
    await query(server.url(), 'create table t (n integer)')
    await query(server.url(), 'insert into t values (1)')
    await server.stop()
    t.same(await server.exited.then(({ reason }) => reason), 'exit code 0')
  })

  t.test('asks for the password, which only its owner can read', async (t) => {
    const server = await start()
    const wrong = new URL(server.url())
    wrong.password = 'wrong'
    await t.rejects(query(wrong.href, 'select 1'), { code: '28P01' })
    t.equal(statSync(join(folder, 'password')).mode & 0o777, 0o600)
    t.match(await query(server.url(), 'show password_encryption'), [{ password_encryption: 'scram-sha-256' }])
    await server.stop()
  })

  t.test('keeps the data, and knows the case of Romanian letters', async (t) => {
    const server = await start()
    t.equal(await count(server), 1)
    t.match(await query(server.url(), 'show data_checksums'), [{ data_checksums: 'on' }])
    t.same(await query(server.url(), `select lower('ȘȚĂÎÂ') as text`), [{ text: 'șțăîâ' }])
    await server.stop()
  })

  t.test('stops within its limit although clients are connected and busy', async (t) => {
    const server = await start()
    const pool = connect(server.url())
    const busy = pool.query('select pg_sleep(60)').catch((error: unknown) => error)
    await sleep(100)
    const startedAt = Date.now()
    await server.stop()
    t.ok(Date.now() - startedAt < 5_000)
    t.match(await busy, { code: '57P01' })
    await pool.end()
  })

  t.test('does not touch a server that is in use', async (t) => {
    const server = await start()
    await t.rejects(start(), new RegExp(`in use by process ${process.pid}`))
    t.equal(await count(server), 1)
    await server.stop()
  })

  t.test('loses nothing it acknowledged when the server is killed, and starts again on the same port', async (t) => {
    const first = await startPostgres({ folder })
    const { port } = first
    const pool = connect(first.url(), 4)
    let acknowledged = 1
    const write = async (): Promise<void> => {
      for (;;) {
        await pool.query('insert into t values (1)')
        acknowledged += 1
      }
    }
    const writers = Promise.allSettled([write(), write(), write(), write()])
    await sleep(300)
    await kill(first.pid, first.exited)
    await writers
    await pool.end()
    t.ok(acknowledged > 1)
    const second = await startPostgres({ folder, port })
    t.equal(second.port, port)
    // A write may be done although the kill came before its answer.
    t.ok(Number(await count(second)) >= acknowledged)
    await query(second.url(), 'delete from t')
    await second.stop()
  })

  t.test('the server goes when its supervisor is killed', async (t) => {
    const { supervisor, pid } = await superviseElsewhere()
    await kill(supervisor.pid ?? 0, once(supervisor, 'exit'))
    t.ok(await goneWithin(pid, 5_000))
  })

  t.test('stops an orphan, then starts', { skip: isLinux ? false : 'needs /proc' }, async (t) => {
    const { supervisor, pid, url } = await superviseElsewhere()
    await query(url, 'insert into t values (1)')
    for (const child of childrenOf(supervisor.pid ?? 0)) if (child !== pid) process.kill(child, 'SIGKILL')
    await kill(supervisor.pid ?? 0, once(supervisor, 'exit'))
    t.ok(isAlive(pid))
    const server = await start()
    t.notOk(isAlive(pid))
    t.equal(await count(server), 1)
    await server.stop()
  })

  t.test('starts although another program was given the id of the dead server', async (t) => {
    const { supervisor, pid } = await superviseElsewhere()
    process.kill(pid, 'SIGKILL')
    await kill(supervisor.pid ?? 0, once(supervisor, 'exit'))
    const other = spawn('sleep', ['60'])
    const pidFile = join(folder, 'data', 'postmaster.pid')
    writeFileSync(pidFile, readFileSync(pidFile, 'utf8').replace(/^\d+/, String(other.pid)))
    const server = await start()
    t.equal(await count(server), 1)
    t.equal(other.exitCode, null)
    other.kill()
    await server.stop()
  })

  t.test('says what to do when the password is lost', async (t) => {
    rmSync(join(folder, 'password'))
    await t.rejects(start(), /put it back, or start from nothing/)
  })
})

t.test('started by root from a private folder', { skip: isRoot ? false : 'not root' }, async (t) => {
  const base = mkdtempSync(join(tmpdir(), 'registru-private-'))
  chmodSync(base, 0o700)
  const folder = join(base, 'postgres')
  t.teardown(() => rmSync(base, { recursive: true }))
  const first = await startPostgres({ folder, durable: false })
  t.match(first.data, /^\/var\/lib\/registru\//)
  await query(first.url(), 'create table kept (n integer)')
  await first.stop()
  const second = await startPostgres({ folder, durable: false })
  t.same(await query(second.url(), 'select n from kept'), [])
  await second.stop()
  await erasePostgres(folder)
  t.notOk(existsSync(second.data))
})
