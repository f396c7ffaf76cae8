import { positionOf, revisionOf } from '@registru/domain'
import t from 'tap'
import { z } from 'zod'
import { createCodec } from '../src/codec.ts'
import { defineEvent } from '../src/event-definition.ts'
import { eventMetadata, exampleEvents, invoiceRegistered, ron } from '../src/examples.ts'
import { ledgerCodec, readLedgerEvent, UnreadableEvent } from '../src/index.ts'
import { listFixtures, readFixture } from './fixtures.ts'

const StoredEvent = z.strictObject({
  type: z.string(),
  schemaVersion: z.int(),
  data: z.record(z.string(), z.unknown()),
})

/** As an event comes back from the store: through JSON, without the fields that were undefined. */
const throughStore = (value: object): unknown => JSON.parse(JSON.stringify(value))

t.test('every event of the ledger', async (t) => {
  t.test('has an example and a frozen fixture of each version', async (t) => {
    const types = [...ledgerCodec.types].toSorted()
    t.same(exampleEvents.map((event) => event.type).toSorted(), types)
    const fixtures = listFixtures('events').map((file) => readFixture(`events/${file}`, StoredEvent))
    const wanted = exampleEvents.flatMap((event) => {
      const { schemaVersion } = ledgerCodec.encode(event)
      return Array.from({ length: schemaVersion }, (_, index) => `${event.type} ${index + 1}`)
    })
    const frozen = new Set(fixtures.map((event) => `${event.type} ${event.schemaVersion}`))
    t.same([...frozen].toSorted(), wanted.toSorted())
  })

  t.test('reads as it was written, whatever the age', async (t) => {
    for (const file of listFixtures('events')) {
      const stored = readFixture(`events/${file}`, StoredEvent)
      const event = ledgerCodec.decode(stored.type, stored.schemaVersion, stored.data)
      const { event: encoded, schemaVersion } = ledgerCodec.encode(event)
      const written = { type: encoded.type, schemaVersion, data: encoded.data }
      if (stored.schemaVersion === written.schemaVersion) t.same(throughStore(written), stored, file)
      t.same(ledgerCodec.decode(written.type, written.schemaVersion, throughStore(written.data)), event, file)
    }
  })

  t.test('is refused with a field that its schema does not know', async (t) => {
    for (const event of exampleEvents) {
      t.throws(() => ledgerCodec.decode(event.type, 1, { ...event.data, surprise: 1 }), UnreadableEvent, event.type)
    }
  })
})

t.test('a codec', async (t) => {
  const Counted = defineEvent({
    type: 'Counted',
    version: 3,
    data: z.strictObject({ count: z.int(), unit: z.string() }),
    upcast: {
      1: ({ n, ...rest }) => ({ ...rest, count: n }),
      2: (v2) => ({ ...v2, unit: 'piece' }),
    },
  })
  const codec = createCodec([Counted])

  t.test('lifts every old version to the one of today', async (t) => {
    const expected = { type: 'Counted', data: { count: 5, unit: 'piece' } }
    t.same(codec.decode('Counted', 1, { n: 5 }), expected)
    t.same(codec.decode('Counted', 2, { count: 5 }), expected)
    t.same(codec.decode('Counted', 3, { count: 5, unit: 'piece' }), expected)
    t.equal(codec.encode(Counted.of({ count: 5, unit: 'piece' })).schemaVersion, 3)
  })

  t.test('stops at what it cannot read, and shows no payload', async (t) => {
    t.throws(() => codec.decode('Unheard', 1, {}), { name: 'UnreadableEvent', type: 'Unheard', version: 1 })
    t.throws(() => codec.decode('Counted', 4, {}), { message: 'Counted version 4: newer than 3' })
    t.throws(() => codec.decode('Counted', 0, {}), { message: 'Counted version 0: no such version' })
    t.throws(() => codec.decode('Counted', 3, { count: 'secret', unit: 'piece' }), {
      message: 'Counted version 3: /count invalid_type',
    })
    for (const data of [undefined, null, 'text', 5, []])
      t.throws(() => codec.decode('Counted', 1, data), UnreadableEvent)
  })

  t.test('writes nothing malformed', async (t) => {
    t.throws(() => codec.encode(Counted.of({ count: 0.5, unit: 'piece' })), UnreadableEvent)
    t.throws(() => ledgerCodec.encode(invoiceRegistered({ total: ron('0.001') })), UnreadableEvent)
    t.throws(() => ledgerCodec.encode(invoiceRegistered({ number: 'A\ud800' })), UnreadableEvent)
  })

  t.test('wants an upcaster from every version', async (t) => {
    const definition = () =>
      defineEvent({ type: 'Gap', version: 3, data: z.strictObject({}), upcast: { 1: (v1) => v1 } })
    t.throws(definition, /Gap has no upcaster from version 2/)
  })
})

t.test('a stored event', async (t) => {
  const { type, data } = invoiceRegistered()
  const stored = {
    id: '1b4e28ba-2fa1-5d3b-883f-0016d3cca427',
    stream: 'clientAccount-amc:alfa',
    revision: revisionOf(1n),
    position: positionOf(77n),
    type,
    data: throughStore(data),
    metadata: eventMetadata(),
    createdAt: new Date('2026-11-02T09:00:01.234Z'),
  }

  t.test('is read with its place and both clocks', async (t) => {
    const { id: eventId, ...rest } = stored
    t.same(readLedgerEvent(stored), { ...rest, eventId })
  })
  t.test('is refused with metadata that is not ours', async (t) => {
    for (const change of [{ commandId: 'x' }, { recordedAt: 'yesterday' }, { schemaVersion: 0 }, { companyId: '' }]) {
      t.throws(() => readLedgerEvent({ ...stored, metadata: { ...eventMetadata(), ...change } }))
    }
    t.throws(() => readLedgerEvent({ ...stored, metadata: undefined }))
  })
})
