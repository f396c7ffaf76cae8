import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { createLogger, createMetrics, Gauge, Ready } from '../src/index.ts'

const start = async (behaviour: string) => {
  const child = fork(join(import.meta.dirname, 'closing.js'), [behaviour], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  let output = ''
  child.stdout?.on('data', (text) => {
    output += String(text)
  })
  const messages: unknown[] = await once(child, 'message')
  return { child, ready: Ready.parse(messages[0]), output: () => output }
}

/** Not the event `close`, which does not come for a child that we disconnected from. */
const endOf = async (child: ChildProcess): Promise<unknown> => {
  const ended: unknown[] = await once(child, 'exit')
  if (child.stdout !== null) await finished(child.stdout)
  return ended[0] ?? ended[1]
}

t.test('onShutdown', async (t) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    t.test(`closes on ${signal}`, async (t) => {
      const { child, ready, output } = await start('good')
      t.same(ready, { ready: true, url: 'http://127.0.0.1:7310' })
      child.kill(signal)
      t.equal(await endOf(child), 0)
      t.equal(output(), 'closed\n')
    })
  }

  t.test('closes when the process that started it is gone', async (t) => {
    const { child, output } = await start('good')
    child.disconnect()
    t.equal(await endOf(child), 0)
    t.equal(output(), 'closed\n')
  })

  t.test('goes at once on a second signal', async (t) => {
    const { child } = await start('slow')
    child.kill('SIGTERM')
    await sleep(200)
    child.kill('SIGTERM')
    t.equal(await endOf(child), 1)
  })

  t.test('closes, and tells of it by its exit code, on an error that nobody caught', async (t) => {
    const { child, output } = await start('buggy')
    t.equal(await endOf(child), 1)
    t.equal(output(), 'closed\n')
  })

  t.test('tells by its exit code that it could not close', async (t) => {
    const { child } = await start('failing')
    child.kill('SIGTERM')
    t.equal(await endOf(child), 1)
  })
})

t.test('the logger', async (t) => {
  const lines: string[] = []
  const destination = { write: (line: string) => void lines.push(line) }
  const logger = createLogger({ name: 'api', level: 'info', destination })
  const last = (): unknown => JSON.parse(lines.at(-1) ?? '')

  t.test('writes JSON with the process, the level and the time', async (t) => {
    logger.info({ commandId: 'c-1' }, 'accepted')
    t.match(last(), {
      level: 'info',
      process: 'api',
      pid: process.pid,
      commandId: 'c-1',
      msg: 'accepted',
      time: /^2.*Z$/,
    })
    const count = lines.length
    logger.debug('below its level')
    t.equal(lines.length, count)
  })

  t.test('hides secrets, bodies and quoted rows', async (t) => {
    const err = Object.assign(new Error('duplicate key'), {
      code: '23505',
      detail: 'Key (name)=(Ana Pop) already exists.',
    })
    const req = { headers: { authorization: 'Bearer abc-secret', host: 'localhost' }, body: { name: 'Ana Pop' } }
    logger.error({ err, req, token: 'abc-secret', config: { databaseUrl: 'abc-secret' }, body: 'Ana Pop' }, 'failed')
    t.notMatch(lines.at(-1), /Ana Pop|abc-secret/)
    t.match(last(), { err: { message: 'duplicate key', code: '23505' }, req: { headers: { host: 'localhost' } } })
  })
})

t.test('metrics', async (t) => {
  const registries = [createMetrics('api'), createMetrics('projector')]
  for (const registry of registries) {
    new Gauge({ name: 'registru_lag', help: 'Events behind', registers: [registry] }).set(3)
  }
  const texts = await Promise.all(registries.map((registry) => registry.metrics()))
  t.match(texts[0], 'registru_lag{process="api"} 3')
  t.match(texts[1], 'registru_lag{process="projector"} 3')
  t.match(texts[0], 'process_cpu_seconds_total{process="api"}')
})
