import { execFile } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { commandKeyStream, revisionOf } from '@registru/domain'
import { startEventStore } from '@registru/embedded'
import { connectEventStore, findImport, originPlaces } from '@registru/event-store'
import { createTestDatabase, type Teardown } from '@registru/runtime/testing'
import t from 'tap'
import { z } from 'zod'
import { ArchivedEvent, readManifest } from '../src/event-store/archive.ts'
import { importMoved } from '../src/event-store/import.ts'

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

/** Nothing that reads the books follows it. */
const keyStream = commandKeyStream('demo', randomUUID())

/** 40 appends of one to three events each, to eight accounts in turn; bytes of others, and a key. */
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
    await store.append(stream, length === 0 ? 'no_stream' : revisionOf(BigInt(length - 1)), events)
    lengths.set(stream, length + events.length)
    written += events.length
  }
  await store.appendStored('clientAccount-demo:odd', 'no_stream', odd)
  const claim = { id: randomUUID(), type: 'CommandKeyClaimed', data: {}, metadata: {} }
  await store.append(keyStream, 'no_stream', [claim])
  await store.dispose()
  return written + odd.length + 1
}

const utf8 = new TextEncoder()

/** Bytes that other programs have written, and that no writing of parsed JSON would give again. */
const odd = [
  '{"amount":1.0,"factor":1e2}',
  '{ "spaced" : true }',
  '{"b":1,"a":2,"1":3}',
  '{"twice":1,"twice":2}',
  '{"long":12345678901234567890}',
  '{"escaped":"\\u00e4\\/"}',
  '{"__proto__":{"admin":true}}',
  '[1,2]',
  '"text"',
  'null',
  'no JSON at all',
  '',
  '\ufeff{}',
]
  .map((text) => ({
    id: randomUUID(),
    type: 'Odd',
    isJson: true,
    data: utf8.encode(text),
    metadata: utf8.encode(text),
  }))
  .concat([
    { id: randomUUID(), type: 'Odd', isJson: true, data: Uint8Array.of(0xff, 0xfe), metadata: Uint8Array.of(0xc3) },
    { id: randomUUID(), type: 'Odd', isJson: false, data: Uint8Array.of(0, 1, 255), metadata: Uint8Array.of() },
    { id: randomUUID(), type: 'Odd', isJson: false, data: utf8.encode('{}'), metadata: utf8.encode('{ }') },
  ])

t.test('from one store to another', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'registru-event-store-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const [source, target] = [await startStore(t), await startStore(t)]
  const events = await fill(source)
  const file = join(folder, 'events.ndjson.gz')

  t.test('stats count what is there', async (t) => {
    const { code, stdout } = await run('stats', '--url', source)
    t.equal(code, 0)
    t.match(stdout, new RegExp(`clientAccount\\s.*${events - 1}\\s.*9`))
    t.match(stdout, /commandKey\s.*1\s.*1/)
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

  t.test('a reader that has seen enough ends the tool quietly', async (t) => {
    const command = `"${process.execPath}" "${tool}" tail --from-start --url '${source}' | head -n 1; exit "\${PIPESTATUS[0]}"`
    const { stdout, stderr } = await execute('bash', ['-c', command])
    t.equal(stdout.split('\n').length, 2)
    t.equal(stderr, '')
  })

  t.test('export and import keep every byte, place and instant', async (t) => {
    const exported = await run('export', file, '--url', source)
    t.match(exported.stdout, new RegExp(`^${events} events of 10 streams`))
    const imported = await run('import', file, '--url', target)
    t.equal(imported.code, 0, imported.stderr)
    t.match(imported.stdout, /rebuilds them/)
    const again = join(folder, 'again.ndjson')
    await run('export', again, '--url', target)
    await run('export', join(folder, 'plain.ndjson'), '--url', source)
    const read = (name: string) => readFileSync(join(folder, name), 'utf8')
    t.equal(read('again.ndjson'), read('plain.ndjson'))
    t.match(JSON.parse(read('again.ndjson.manifest.json')), { generation: 1 })
    const store = connectEventStore({ url: target })
    t.teardown(() => store.dispose())
    t.match(await findImport(store), { generation: 1, positions: 'kept' })
    const other = { id: randomUUID(), type: 'CommandKeyClaimed', data: {}, metadata: {} }
    const second = await store.append(keyStream, 'no_stream', [other])
    t.match(second, { outcome: 'conflict' }, 'the key is claimed in the copy too')
    const kept = []
    for await (const event of store.readStored()) if (event.type === 'Odd') kept.push(event)
    for (const [index, { data, metadata, isJson }] of odd.entries()) {
      t.same(kept[index], { ...kept[index], isJson, data: Buffer.from(data), metadata: Buffer.from(metadata) })
    }
  })

  t.test('a store that gives places and instants of its own is told first what they were', async (t) => {
    const elsewhere = await startStore(t)
    const store = connectEventStore({ url: elsewhere })
    t.teardown(() => store.dispose())
    await store.identity()
    await importMoved(store, file, readManifest(file), () => undefined)
    t.match(await findImport(store), { generation: 1, positions: 'moved' })
    const order: string[] = []
    for await (const { type } of store.readAll()) if (!type.startsWith('Store')) order.push(type)
    t.same(order.slice(0, 3), ['LedgerImported', 'EventsPlaced', 'Tested'])
    t.equal(order.indexOf('LedgerImportCompleted'), order.length - 1)
    const plain = readFileSync(join(folder, 'plain.ndjson'), 'utf8')
    const lines = plain
      .trim()
      .split('\n')
      .map((line) => ArchivedEvent.parse(JSON.parse(line)))
    const places = []
    for await (const place of originPlaces(store)) places.push(place)
    t.same(
      places,
      lines.map(({ stream, revision, position, createdAt }) => ({ stream, revision, position, createdAt })),
    )
    const moved = join(folder, 'moved.ndjson')
    await run('export', moved, '--url', elsewhere)
    const withoutPlace = (text: string) => text.replaceAll(/"position":"[^"]*",/g, '')
    t.equal(withoutPlace(readFileSync(moved, 'utf8')), withoutPlace(plain), 'an export of it has the first instants')
    await importMoved(store, file, readManifest(file), () => undefined)
    t.equal((await run('export', moved, '--url', elsewhere)).code, 0, 'and an import may be run again')
  })

  t.test('an export of before is still read', async (t) => {
    const old = join(folder, 'old.ndjson')
    const line = JSON.stringify({
      stream: 'clientAccount-demo:old',
      revision: 0,
      position: '2000',
      id: randomUUID(),
      type: 'Tested',
      createdAt: '2026-01-31T10:00:00.123Z',
      data: { amount: '1.00' },
      metadata: {},
    })
    writeFileSync(old, `${line}\n`)
    const sha256 = createHash('sha256').update(`${line}\n`).digest('hex')
    const manifest = { format: 'registru-events@1', storeId: randomUUID(), exportedAt: new Date().toISOString() }
    writeFileSync(`${old}.manifest.json`, JSON.stringify({ ...manifest, head: '2000', events: 1, streams: 1, sha256 }))
    const empty = await startStore(t)
    const imported = await run('import', old, '--url', empty)
    t.equal(imported.code, 0, imported.stderr)
    const { stdout } = await run('stream', 'clientAccount-demo:old', '--json', '--url', empty)
    t.match(JSON.parse(stdout), { position: '2000', createdAt: '2026-01-31T10:00:00.123Z', data: { amount: '1.00' } })
  })

  t.test('import refuses a store with events, unless it goes on with an earlier import', async (t) => {
    const refused = await run('import', file, '--url', target)
    t.equal(refused.code, 1)
    t.match(refused.stderr, /not empty/)
    const resumed = await run('import', file, '--resume', '--url', target)
    t.equal(resumed.code, 0, resumed.stderr)
    t.match((await run('stats', '--url', target)).stdout, new RegExp(`clientAccount\\s.*${events - 1}\\s`))
  })

  t.test('import refuses an export that was touched', async (t) => {
    const touched = join(folder, 'touched.ndjson')
    await run('export', touched, '--url', source)
    const content = readFileSync(touched, 'utf8')
    const empty = await startStore(t)
    writeFileSync(touched, content.replace('number\\":0', 'number\\":9'))
    t.match((await run('import', touched, '--url', empty)).stderr, /sha256/)
    writeFileSync(touched, content.slice(content.indexOf('\n') + 1))
    t.match((await run('import', touched, '--url', empty)).stderr, /an event is missing/)
    t.match((await run('stats', '--url', empty)).stdout, /events\s+1 in 1 streams/, 'only its identity is there')
  })
})
