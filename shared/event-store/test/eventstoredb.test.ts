import { binaryEvent, EventStoreDBClient, jsonEvent } from '@eventstore/db-client'
import { type Position, positionOf, revisionOf } from '@registru/domain/places'
import t from 'tap'
import { APPEND_BYTES_MAX, checkWitness, countBacklog, findLastPosition, type SubscriptionItem } from '../src/index.ts'
import { anEvent, collect, connect, idsOf, startServer, writtenRevision } from './stores.ts'

t.test('appends', async (t) => {
  const server = await startServer(t)
  const store = connect(t, server.url)

  t.test('are written at the exact revision', async (t) => {
    const [first, second, third] = [anEvent(), anEvent(), anEvent()]
    t.match(await store.append('appends-1', 'no_stream', [first, second]), { outcome: 'written', revision: 1n })
    t.match(await store.append('appends-1', revisionOf(1n), [third]), { outcome: 'written', revision: 2n })
    const events = await collect(store.readStream('appends-1'))
    t.same(
      events.map(({ id, revision, stream }) => ({ id, revision, stream })),
      [first, second, third].map(({ id }, index) => ({ id, revision: BigInt(index), stream: 'appends-1' })),
    )
    t.same(events[0]?.data, first.data)
    t.same(events[0]?.metadata, first.metadata)
    t.ok(Math.abs(Date.now() - (events[0]?.createdAt.getTime() ?? 0)) < 60_000)
  })

  t.test('sent again are confirmed with the first position, even when the stream has grown', async (t) => {
    const [first, second] = [anEvent(), anEvent()]
    const written = await store.append('appends-2', 'no_stream', [first])
    await store.append('appends-2', revisionOf(0n), [second])
    t.same(await store.append('appends-2', 'no_stream', [first]), written)
    t.same(await idsOf(store.readStream('appends-2')), [first.id, second.id])
  })

  t.test('conflict at another revision, and say where the stream is', async (t) => {
    await store.append('appends-3', 'no_stream', [anEvent()])
    t.same(await store.append('appends-3', 'no_stream', [anEvent()]), { outcome: 'conflict', actualRevision: 0n })
    t.same(await store.append('appends-3', revisionOf(7n), [anEvent()]), { outcome: 'conflict', actualRevision: 0n })
    const absent = await store.append('appends-4', revisionOf(0n), [anEvent()])
    t.same(absent, { outcome: 'conflict', actualRevision: 'no_stream' })
  })

  t.test('are refused before anything is sent when they would stop a node or hang', async (t) => {
    const refused = async (stream: string, events: readonly ReturnType<typeof anEvent>[]) =>
      t.rejects(store.append(stream, 'no_stream', events), { name: 'AppendRefused' })
    await refused('', [anEvent()])
    await refused('$$refused', [anEvent()])
    await refused('refused', [])
    await refused('refused', [anEvent({ id: 'no uuid' })])
    await refused('refused', [anEvent({ type: '' })])
    await refused('refused', [anEvent({ type: '$metadata' })])
    await refused('refused', [anEvent({ data: { amount: 1n } })])
    await refused('refused', [anEvent({ metadata: { amount: 1n } })])
    await refused('refused', [anEvent({ data: [1] })])
    await refused('refused', [anEvent({ data: { text: 'ă'.repeat(APPEND_BYTES_MAX / 2) } })])
    const half = { text: 'x'.repeat(APPEND_BYTES_MAX / 2) }
    await refused('refused', [anEvent({ data: half }), anEvent({ metadata: half })])
    t.same(await collect(store.readStream('refused')), [])
  })

  t.test('of just below the limit are written', async (t) => {
    const event = { type: 'Tested', metadata: {} }
    const overhead = JSON.stringify({ text: '' }).length + event.type.length + JSON.stringify(event.metadata).length
    const text = 'x'.repeat(APPEND_BYTES_MAX - overhead - 1)
    t.equal(writtenRevision(await store.append('appends-5', 'no_stream', [anEvent({ ...event, data: { text } })])), 0n)
    await t.rejects(store.append('appends-5', revisionOf(0n), [anEvent({ ...event, data: { text: `${text}x` } })]))
  })
})

t.test('reads', async (t) => {
  const server = await startServer(t)
  const store = connect(t, server.url)
  const events = Array.from({ length: 1_200 }, (_, number) => anEvent({ data: { number } }))
  for (let start = 0; start < events.length; start += 100) {
    const expected = start === 0 ? 'no_stream' : revisionOf(BigInt(start - 1))
    writtenRevision(await store.append('reads-1', expected, events.slice(start, start + 100)))
  }
  const ids = events.map(({ id }) => id)

  t.test('go both ways from everywhere', async (t) => {
    t.same(await idsOf(store.readStream('reads-1')), ids)
    t.same(await idsOf(store.readStream('reads-1', { direction: 'backwards' })), ids.toReversed())
    t.same(await idsOf(store.readStream('reads-1', { from: revisionOf(1_190n), maxCount: 5 })), ids.slice(1_190, 1_195))
    const lastTwo = await idsOf(store.readStream('reads-1', { direction: 'backwards', maxCount: 2 }))
    t.same(lastTwo, ids.toReversed().slice(0, 2))
    t.same(await idsOf(store.readStream('reads-1', { from: revisionOf(5_000n) })), [])
  })

  t.test('of a missing stream are empty', async (t) => {
    t.same(await collect(store.readStream('reads-nothing')), [])
  })

  t.test('may be left early', async (t) => {
    for await (const event of store.readStream('reads-1')) {
      t.equal(event.revision, 0n)
      break
    }
    t.equal((await idsOf(store.readStream('reads-1', { maxCount: 1 })))[0], ids[0])
  })

  t.test('of everything keep the order, and the head is its end', async (t) => {
    const all = await collect(store.readAll())
    const ours = all.filter(({ stream }) => stream === 'reads-1')
    t.same(
      ours.map(({ id }) => id),
      ids,
    )
    t.ok(ours.every((event, index) => index === 0 || event.position > (ours[index - 1]?.position ?? 0n)))
    t.equal((await store.head())?.position, all.at(-1)?.position)
    const fromTenth = await collect(store.readAll({ from: ours[9]?.position ?? positionOf(0n), maxCount: 1 }))
    t.equal(fromTenth[0]?.id, ids[9])
  })

  t.test('of nothing are refused: a real node would not answer', async (t) => {
    for (const maxCount of [0, -1, 1.5, Number.NaN]) {
      t.throws(() => store.readAll({ maxCount }), { name: 'ReadRefused' })
      t.throws(() => store.readStream('reads-1', { maxCount }), { name: 'ReadRefused' })
    }
    t.throws(() => store.readStream(''), { name: 'ReadRefused' })
    t.throws(() => store.readStream('reads-1', { from: revisionOf(-1n) }), { name: 'ReadRefused' })
  })

  t.test('give as text what would poison a prototype', async (t) => {
    const data = Object.defineProperty({}, '__proto__', { value: { admin: true }, enumerable: true })
    await store.append('reads-poison', 'no_stream', [anEvent({ data, metadata: { constructor: { prototype: 1 } } })])
    const [event] = await collect(store.readStream('reads-poison'))
    t.equal(event?.data, '{"__proto__":{"admin":true}}')
    t.equal(event?.metadata, '{"constructor":{"prototype":1}}')
  })
})

t.test('foreign events', async (t) => {
  const server = await startServer(t)
  // The client itself, as another program would use it; gone before the adapter connects.
  const client = EventStoreDBClient.connectionString(server.url)
  const bytes = Uint8Array.of(1, 2, 255)
  await client.appendToStream('foreign-1', binaryEvent({ type: 'Bytes', data: bytes, metadata: bytes }))
  await client.appendToStream('foreign-1', jsonEvent({ type: 'Text', data: 'only text' }))
  await client.appendToStream('foreign-2', jsonEvent({ type: 'Text', data: {} }))
  await client.tombstoneStream('foreign-2')
  await client.dispose()
  const store = connect(t, server.url)

  const [binary, text] = await collect(store.readStream('foreign-1'))
  t.same(binary?.data, bytes)
  t.same(binary?.metadata, bytes)
  t.match(text, { data: 'only text', metadata: undefined })
  await t.rejects(collect(store.readStream('foreign-2')), { name: 'StreamDeleted' })
  await t.rejects(store.append('foreign-2', revisionOf(0n), [anEvent()]), { name: 'StreamDeleted' })
})

t.test('the store has an identity that two processes agree upon', async (t) => {
  const server = await startServer(t)
  const store = connect(t, server.url)
  const ids = await Promise.all([store.identity(), store.identity(), store.identity()])
  t.equal(new Set(ids).size, 1)
  t.match(ids[0], /^[0-9a-f-]{36}$/)
})

t.test('the witness check', async (t) => {
  const server = await startServer(t)
  const store = connect(t, server.url)
  const storeId = await store.identity()
  await store.append('witness-1', 'no_stream', [anEvent()])
  const [event] = await collect(store.readStream('witness-1'))
  if (event === undefined) throw new Error('the event was written')
  const { position } = event
  const witness = { stream: event.stream, revision: event.revision, eventId: event.id, position }

  t.equal(await checkWitness(store, { storeId, position, witness }), 'ok')
  t.equal(await store.witnessHolds(witness), true)
  t.equal(await store.witnessHolds({ ...witness, eventId: storeId }), false)
  t.equal(await store.witnessHolds({ ...witness, revision: revisionOf(1n) }), false)
  t.equal(await store.witnessHolds({ ...witness, position: positionOf(position + 1n) }), false)
  const diverged = { diverged: String }
  t.match(await checkWitness(store, { storeId: 'another', position, witness }), diverged)
  t.match(await checkWitness(store, { storeId, position: positionOf(position + 1n) }), diverged)
  t.match(await checkWitness(store, { storeId, position, witness: { ...witness, stream: 'witness-2' } }), diverged)

  await store.append('witness-1', revisionOf(0n), [anEvent()])
  t.match(await checkWitness(store, { storeId, position: positionOf(position + 1n) }), {
    diverged: /no event .* begins at/,
  })
})

t.test('a subscription from a position that another history gave out', async (t) => {
  const server = await startServer(t)
  const store = connect(t, server.url)
  await store.append('place-1', 'no_stream', [anEvent(), anEvent()])
  const [first, second] = await collect(store.readStream('place-1'))
  if (first === undefined || second === undefined) throw new Error('two events were written')
  const { signal } = new AbortController()
  const between = store.subscribeToAll({ streamPrefixes: ['place-'], after: positionOf(first.position + 1n), signal })
  await t.rejects(collect(between), { name: 'StoreDiverged' }, 'it is not waited for as if the store were away')
  const { stream, revision, position } = first
  const witness = { stream, revision, eventId: second.id, position }
  const elsewhere = store.subscribeToAll({ streamPrefixes: ['place-'], after: second.position, witness, signal })
  await t.rejects(collect(elsewhere), { name: 'StoreDiverged' }, 'the last event that the reader knew is not there')
  await t.rejects(collect(store.readAll({ from: positionOf(first.position + 1n), maxCount: 1 })), {
    name: 'PositionRefused',
  })
})

t.test('a subscription', async (t) => {
  const server = await startServer(t)
  const store = connect(t, server.url)
  const stop = new AbortController()
  const seen: SubscriptionItem[] = []
  const eventIds = () => seen.flatMap((item) => (item.kind === 'event' ? [item.event.id] : []))
  const before = Array.from({ length: 90 }, () => anEvent())
  await store.append('wanted-1', 'no_stream', before)
  await store.append('other-1', 'no_stream', before)

  const reading = (async () => {
    const options = { streamPrefixes: ['wanted-', 'also-'], signal: stop.signal }
    for await (const item of store.subscribeToAll(options)) seen.push(item)
  })()
  const until = async (condition: () => boolean) => {
    for (let waited = 0; !condition(); waited += 10) {
      if (waited > 10_000) throw new Error('waited for ten seconds')
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
  await until(() => seen.some(({ kind }) => kind === 'caughtUp'))
  t.same(
    eventIds(),
    before.map(({ id }) => id),
  )
  const live = [anEvent(), anEvent()]
  await store.append('also-1', 'no_stream', live)
  await until(() => eventIds().length === 92)
  t.same(
    eventIds().slice(90),
    live.map(({ id }) => id),
  )
  const places = seen.flatMap((item) =>
    item.kind === 'event' ? [item.event.position] : item.kind === 'checkpoint' ? [item.position] : [],
  )
  t.ok(places.every((place, index) => index === 0 || place >= (places[index - 1] ?? 0n)))

  stop.abort()
  await reading
  const place = seen.flatMap((item) => (item.kind === 'event' ? [item.event.position] : []))[49]
  const resumed: string[] = []
  const again = {
    streamPrefixes: ['wanted-', 'also-'],
    signal: new AbortController().signal,
    after: place ?? positionOf(0n),
  }
  for await (const item of store.subscribeToAll(again)) {
    if (item.kind === 'event') resumed.push(item.event.id)
    if (item.kind === 'caughtUp') break
  }
  t.same(
    resumed,
    [...before.slice(50), ...live].map(({ id }) => id),
  )
})

t.test('a subscription by type', async (t) => {
  const server = await startServer(t)
  const store = connect(t, server.url)
  const wanted = [anEvent({ type: 'WantedBegun' }), anEvent({ type: 'WantedEnded' })]
  await store.append('any-1', 'no_stream', [anEvent(), ...wanted.slice(0, 1), anEvent()])
  await store.append('any-2', 'no_stream', wanted.slice(1))
  const seen: string[] = []
  for await (const item of store.subscribeToAll({ typePrefixes: ['Wanted'], signal: new AbortController().signal })) {
    if (item.kind === 'event') seen.push(item.event.id)
    if (item.kind === 'caughtUp') break
  }
  t.same(
    seen,
    wanted.map(({ id }) => id),
  )
})

t.test('the last event of some streams is found behind those of others', async (t) => {
  const server = await startServer(t)
  const store = connect(t, server.url)
  const find = (eventsMax: number) => findLastPosition(store, ['ours-'], eventsMax)
  t.equal(await find(1_000), undefined, 'an empty log has none')
  const written = await store.append('ours-1', 'no_stream', [anEvent()])
  const position = written.outcome === 'written' ? written.position : undefined
  t.equal(await find(1_000), position)
  await store.append(
    'others',
    'no_stream',
    Array.from({ length: 150 }, () => anEvent()),
  )
  t.equal(await find(1_000), position, 'pages further back are read')
  t.equal(await find(100), undefined, 'but not without end')
})

t.test('what a reader has still to read', async (t) => {
  const server = await startServer(t)
  const store = connect(t, server.url)
  const { signal } = new AbortController()
  const backlog = (after?: Position) =>
    countBacklog(store, { streamPrefixes: ['ours-'], signal, ...(after !== undefined && { after }) })
  const nothing = { events: 0, more: false, seconds: 0 }
  t.strictSame(await backlog(), nothing, 'an empty log has nothing for it')
  await store.identity()
  t.strictSame(await backlog(), nothing, 'and neither has one of events that it does not follow')
  const written = await store.append('ours-1', 'no_stream', [anEvent(), anEvent(), anEvent()])
  await store.append('others', 'no_stream', [anEvent(), anEvent()])
  t.match(await backlog(), { events: 3, more: false })
  const [first] = await collect(store.readStream('ours-1', { maxCount: 1 }))
  t.match(await backlog(first?.position), { events: 2 })
  t.strictSame(await backlog(written.outcome === 'written' ? written.position : positionOf(-1n)), nothing)
  for (let at = 0; at < 10; at += 1) {
    const many = Array.from({ length: 100 }, () => anEvent())
    await store.append('ours-2', at === 0 ? 'no_stream' : revisionOf(BigInt(at * 100 - 1)), many)
  }
  t.match(await backlog(), { events: 1_000, more: true }, 'it is not counted without end')
})
