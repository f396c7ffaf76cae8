import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { startEventStore } from '@registru/embedded'
import { connectEventStore } from '@registru/event-store'
import { createTestDatabase, type Teardown } from '@registru/runtime/testing'
import t from 'tap'
import { z } from 'zod'

const tool = join(import.meta.dirname, '../src/event-store.js')
const execute = promisify(execFile)

const run = async (...args: readonly string[]) => {
  try {
    const { stdout } = await execute(process.execPath, [tool, ...args], { env: { ...process.env, NO_COLOR: '1' } })
    return { code: 0, stdout, stderr: '' }
  } catch (error) {
    return z.object({ code: z.number(), stdout: z.string(), stderr: z.string() }).parse(error)
  }
}

const startStore = async (test: Teardown): Promise<string> => {
  const server = await startEventStore({ databaseUrl: await createTestDatabase(test) })
  test.teardown(() => server.stop())
  return server.url
}

/** 40 appends of one to three events each, to eight accounts in turn. */
const fill = async (url: string): Promise<number> => {
  const store = connectEventStore({ url })
  let written = 0
  const lengths = new Map<string, number>()
  for (let append = 0; append < 40; append += 1) {
    const stream = `clientAccount-demo:client-${append % 8}`
    const length = lengths.get(stream) ?? 0
    const events = Array.from({ length: 1 + (append % 3) }, (_, index) => ({
      id: randomUUID(),
      type: 'Tested',
      data: { text: 'ăîșț "quoted"\u2028', number: index },
      metadata: { actor: 'test' },
    }))
    await store.append(stream, length === 0 ? 'no_stream' : BigInt(length - 1), events)
    lengths.set(stream, length + events.length)
    written += events.length
  }
  await store.dispose()
  return written
}

t.test('from one store to another', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'registru-event-store-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const [source, target] = [await startStore(t), await startStore(t)]
  const events = await fill(source)
  const file = join(folder, 'events.ndjson.gz')

  t.test('stats count what is there', async (t) => {
    const { code, stdout } = await run('stats', '--url', source)
    t.equal(code, 0)
    t.match(stdout, new RegExp(`clientAccount\\s.*${events}\\s.*8`))
  })

  t.test('stream shows a stream, whole or its end', async (t) => {
    const whole = await run('stream', 'clientAccount-demo:client-1', '--json', '--url', source)
    const lines = whole.stdout.trim().split('\n')
    t.match(lines[0], /"revision":"0"/)
    const last = await run('stream', 'clientAccount-demo:client-1', '--json', '--last', '2', '--url', source)
    t.same(last.stdout.trim().split('\n'), lines.slice(-2))
    const missing = await run('stream', 'nothing', '--url', source)
    t.equal(missing.code, 1)
    t.match(missing.stderr, /no stream nothing/)
  })

  t.test('export and import keep everything but the positions', async (t) => {
    const exported = await run('export', file, '--url', source)
    t.match(exported.stdout, new RegExp(`^${events} events of 8 streams`))
    const imported = await run('import', file, '--url', target)
    t.equal(imported.code, 0, imported.stderr)
    t.match(imported.stdout, /rebuilds them/)
    const again = join(folder, 'again.ndjson')
    await run('export', again, '--url', target)
    await run('export', join(folder, 'plain.ndjson'), '--url', source)
    const withoutPlace = (name: string) =>
      readFileSync(join(folder, name), 'utf8').replaceAll(/"(?:position|createdAt)":"[^"]*",/g, '')
    t.equal(withoutPlace('again.ndjson'), withoutPlace('plain.ndjson'))
  })

  t.test('import refuses a store with events, unless it goes on with an earlier import', async (t) => {
    const refused = await run('import', file, '--url', target)
    t.equal(refused.code, 1)
    t.match(refused.stderr, /not empty/)
    const resumed = await run('import', file, '--resume', '--url', target)
    t.equal(resumed.code, 0, resumed.stderr)
    t.match((await run('stats', '--url', target)).stdout, new RegExp(`clientAccount\\s.*${events}\\s`))
  })

  t.test('import refuses an export that was touched', async (t) => {
    const touched = join(folder, 'touched.ndjson')
    await run('export', touched, '--url', source)
    const content = readFileSync(touched, 'utf8')
    const empty = await startStore(t)
    writeFileSync(touched, content.replace('"number":0', '"number":9'))
    t.match((await run('import', touched, '--url', empty)).stderr, /sha256/)
    writeFileSync(touched, content.slice(content.indexOf('\n') + 1))
    t.match((await run('import', touched, '--url', empty)).stderr, /an event is missing/)
    t.match((await run('stats', '--url', empty)).stdout, /events\s+1 in 1 streams/, 'only its identity is there')
  })
})
