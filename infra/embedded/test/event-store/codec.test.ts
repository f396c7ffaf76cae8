import fc from 'fast-check'
import t from 'tap'
import { createEventFilter, RefusedPattern } from '../../src/event-store/event-filter.ts'
import {
  createFrameBuffer,
  eachFrame,
  frameEventId,
  frameEventType,
  framePosition,
  frameRevision,
  frameStreamName,
  readEventFrame,
  TOMBSTONE_REVISION,
  writeEventFrame,
} from '../../src/event-store/event-frame.ts'
import { createFrameReader, frameOf } from '../../src/event-store/grpc-frame.ts'
import { percentEncode } from '../../src/event-store/grpc-status.ts'
import {
  cursorOf,
  MalformedMessage,
  readUint32,
  readUint64,
  varintLength,
  writeVarint,
} from '../../src/event-store/protobuf.ts'
import { createRecentIds } from '../../src/event-store/recent-ids.ts'
import {
  NO_METADATA,
  parseStreamMetadata,
  TRUNCATED,
  undeletedMetadata,
} from '../../src/event-store/stream-metadata.ts'
import { parseUuid } from '../../src/event-store/uuid.ts'

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array))

t.test('varints', async (t) => {
  t.test('come back as they were written, to the last bit', async () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (value) => {
        const target = Buffer.alloc(10)
        const end = writeVarint(target, 0, value)
        return end === varintLength(value) && readUint64(cursorOf(target)) === value
      }),
    )
  })
  t.test('are the same for a number and a bigint', async () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        const [number, bigint] = [Buffer.alloc(10), Buffer.alloc(10)]
        const length = writeVarint(number, 0, value)
        writeVarint(bigint, 0, BigInt(value))
        return length === varintLength(value) && number.equals(bigint)
      }),
    )
  })
  t.test('that do not end are refused', async (t) => {
    t.throws(() => readUint32(cursorOf(Buffer.from([0x80, 0x80]))), MalformedMessage)
    t.throws(() => readUint64(cursorOf(Buffer.alloc(11, 0x80))), MalformedMessage)
  })
})

t.test('gRPC frames arrive whole, wherever the chunks are cut', async () => {
  fc.assert(
    fc.property(fc.array(bytes, { maxLength: 8 }), fc.array(fc.nat(40), { minLength: 1 }), (messages, cuts) => {
      const stream = Buffer.concat(messages.map(frameOf))
      const reader = createFrameReader()
      const got: Buffer[] = []
      let at = 0
      for (let index = 0; at < stream.length; index++) {
        const end = at + 1 + (cuts[index % cuts.length] ?? 0)
        reader.push(stream.subarray(at, end), (message) => got.push(Buffer.from(message)))
        at = end
      }
      return !reader.incomplete && got.length === messages.length && got.every((m, i) => m.equals(messages[i] ?? m))
    }),
  )
})

t.test('a frame tells its parts without being decoded', async () => {
  const span = { start: 0, end: 0 }
  const event = fc.record({
    id: fc.uuid(),
    type: fc.string({ minLength: 1, maxLength: 200 }),
    isJson: fc.boolean(),
    data: bytes,
    customMetadata: bytes,
  })
  const place = fc.record({
    stream: fc.string({ unit: 'grapheme', maxLength: 300 }),
    revision: fc.nat(),
    position: fc.maxSafeNat(),
  })
  fc.assert(
    fc.property(fc.array(fc.tuple(event, place), { minLength: 1, maxLength: 5 }), (events) => {
      const target = createFrameBuffer(16)
      for (const [event, { stream, revision, position }] of events) {
        writeEventFrame(target, event, Buffer.from(stream), revision, position, 1_700_000_000_000)
      }
      const frames = target.bytes.subarray(0, target.length)
      let index = 0
      let same = true
      eachFrame(frames, (frame) => {
        const [event, place] = events[index++] ?? []
        const decoded = readEventFrame(frames, frame)
        frameStreamName(frames, frame, span)
        same &&= frames.toString('utf8', span.start, span.end) === place?.stream
        frameEventType(frames, frame, span)
        same &&= frames.toString('utf8', span.start, span.end) === event?.type
        same &&= frameEventId(frames, frame) === event?.id && decoded.id === event?.id
        same &&= frameRevision(frames, frame) === place?.revision && Number(decoded.revision) === place?.revision
        same &&= framePosition(frames, frame) === place?.position && Number(decoded.position) === place?.position
        same &&= decoded.data.equals(event?.data ?? decoded.data)
        same &&= decoded.customMetadata.equals(event?.customMetadata ?? decoded.customMetadata)
        same &&= decoded.metadata.get('created') === '17000000000000000'
      })
      return same && index === events.length
    }),
  )
})

t.test("a tombstone's revision survives", async (t) => {
  const target = createFrameBuffer(16)
  const nothing = Buffer.alloc(0)
  const event = {
    id: '00000000-0000-4000-8000-000000000001',
    type: '$streamDeleted',
    isJson: false,
    data: nothing,
    customMetadata: nothing,
  }
  writeEventFrame(target, event, Buffer.from('s'), TOMBSTONE_REVISION, 5, 0)
  t.equal(readEventFrame(target.bytes, 0).revision, 9223372036854775807n)
})

t.test('stream metadata', async (t) => {
  const parsed = (text: string) => parseStreamMetadata(Buffer.from(text))
  t.strictSame(parsed('{"$tb":9223372036854775807}'), { truncateBefore: TRUNCATED })
  t.strictSame(parsed('{"$maxCount":3,"own":{"$tb":7,"a":"}\\",{"},"$maxAge":60}'), { maxCount: 3, maxAgeSeconds: 60 })
  t.strictSame(parsed('{ "$tb" : 5 , "$tb" : 6 }'), { truncateBefore: 6 })
  for (const bad of [
    '',
    'no json',
    '[]',
    '{"$tb":-1}',
    '{"$maxCount":0}',
    '{"$maxCount":1.5}',
    '{"$maxAge":"x"}',
    '{"$acl":5,"$tb":1}',
  ]) {
    t.equal(parsed(bad), NO_METADATA, `${bad} counts for nothing`)
  }
  t.equal(
    undeletedMetadata(Buffer.from('{"own":[1, 2],"$tb":9223372036854775807}'), 3)?.toString(),
    '{"own":[1, 2],"$tb":3}',
  )
  t.equal(undeletedMetadata(Buffer.from('nothing'), 3), undefined)
})

t.test('UUIDs are taken in the forms that a real server takes', async (t) => {
  const id = 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'
  for (const form of [id, id.toUpperCase(), `{${id}}`, `(${id})`, ` ${id}`, id.replaceAll('-', '')])
    t.equal(parseUuid(form), id)
  for (const form of ['', 'not-a-uuid', id.slice(1), `${id}0`, `{${id}`]) t.equal(parseUuid(form), undefined)
})

t.test('trailers carry names beyond ASCII', async (t) => {
  t.equal(percentEncode("Event stream 'a' is deleted."), "Event stream 'a' is deleted.")
  t.equal(percentEncode('ă%\n'), '%C4%83%25%0A')
})

t.test('filters', async (t) => {
  const frameFor = (stream: string, type: string): Buffer => {
    const target = createFrameBuffer(64)
    const nothing = Buffer.alloc(0)
    const id = '00000000-0000-4000-8000-000000000001'
    writeEventFrame(
      target,
      { id, type, isJson: true, data: nothing, customMetadata: nothing },
      Buffer.from(stream),
      0,
      1,
      0,
    )
    return target.bytes.subarray(0, target.length)
  }
  const passes = (on: 'stream' | 'type', by: { regex?: string; prefixes?: string[] }, stream: string, type = 'T') =>
    createEventFilter({ on, regex: '', prefixes: [], window: undefined, checkpointMultiplier: 1, ...by }).passes(
      frameFor(stream, type),
      0,
    )

  t.equal(passes('stream', { prefixes: ['b-', 'a-'] }, 'a-1'), true)
  t.equal(passes('stream', { prefixes: ['a-1-'] }, 'a-1'), false)
  t.equal(passes('stream', { prefixes: [] }, 'a-1'), false)
  t.equal(passes('stream', { prefixes: [''] }, 'a-1'), true)
  t.equal(passes('type', { prefixes: ['Pay'] }, 'Pay', 'Receipt'), false)
  t.equal(passes('stream', { regex: '^[^\\$].*' }, '$sys'), false)
  t.equal(passes('stream', { regex: '^[^\\$].*' }, 'ă'), true)
  t.equal(passes('stream', { regex: '^(a|b)-\\d+$' }, 'b-12'), true)
  t.throws(() => passes('stream', { regex: '(a)\\1' }, 'aa'), RefusedPattern)
  t.throws(() => passes('stream', { regex: '(' }, 'aa'), RefusedPattern)
  const begun = Date.now()
  t.equal(passes('stream', { regex: '^(a+)+$' }, `${'a'.repeat(5_000)}b`), false)
  t.ok(Date.now() - begun < 1_000, 'a pattern that would backtrack for ever takes linear time')
})

t.test('recent ids', async (t) => {
  const ids = createRecentIds()
  const [here, there] = [Buffer.alloc(16, 1), Buffer.alloc(16, 2)]
  const idOf = (n: number): string => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`
  ids.put(idOf(1), here, { revision: 5, position: 500 })
  ids.put(idOf(1), there, { revision: 7, position: 700 })
  t.strictSame(ids.get(idOf(1), here), { revision: 5, position: 500 }, 'the first place counts')
  t.equal(ids.get(idOf(1), there), undefined)
  for (let n = 2; n < 300_000; n++) ids.put(idOf(n), here, { revision: n, position: n })
  t.equal(ids.get(idOf(1), here), undefined, 'the memory is bounded')
  t.strictSame(ids.get(idOf(299_999), here), { revision: 299_999, position: 299_999 })
})
