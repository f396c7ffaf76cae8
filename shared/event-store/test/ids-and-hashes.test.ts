import fc from 'fast-check'
import t from 'tap'
import { v5 } from 'uuid'
import { commandIdOf, eventIdOf, formerEventIdOf, formerRequestHashOf, requestHashOf } from '../src/index.ts'
import { canonicalJson } from '../src/request-hash.ts'

t.test('derived ids are fixed for ever', async (t) => {
  // Literals on purpose: ids derived otherwise would book every retried command a second time.
  const commandId = commandIdOf('amc', 'RecordPayment', 'key-1')
  t.equal(commandId, 'bf82f1f8-7bc3-5261-aebb-04d8764037f1')
  t.equal(formerEventIdOf(commandId, 0), 'd09b8c49-e322-51f1-a9e1-6694db65dd06')
  t.equal(formerEventIdOf(commandId, 1), '49fdce84-ecc9-5ffc-a3fc-9b24c594bcdb')
  const content = {
    commandId,
    index: 0,
    type: 'PaymentRecorded',
    schemaVersion: 1,
    data: '{"paymentId":"pay-1"}',
    requestHash: requestHashOf({ body: { paymentId: 'pay-1' }, actor: 'ana' }),
  }
  t.equal(content.requestHash, '165bf7b6dc72ed3b58a6088a2bee1dd49531dc7aff019d9a2ea8801ba58a426b')
  t.equal(eventIdOf(content), '18dac65d-f79d-529c-b378-9fecbd166c76')
  for (const other of [
    { index: 1 },
    { type: 'PaymentReversed' },
    { schemaVersion: 2 },
    { data: '{"paymentId": "pay-1"}' },
    { requestHash: requestHashOf({ body: { paymentId: 'pay-1' }, actor: 'ion' }) },
  ]) {
    t.not(eventIdOf({ ...content, ...other }), eventIdOf(content), `it covers ${Object.keys(other).join()}`)
  }
  t.equal(formerRequestHashOf({ a: 1 }), '015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862')
  t.not(commandIdOf('amc', 'RecordPayment', 'key-2'), commandId)
  t.not(commandIdOf('amc', 'AllocatePayment', 'key-1'), commandId)
  t.not(commandIdOf('bcd', 'RecordPayment', 'key-1'), commandId)
})

t.test('derived ids are UUIDs as a library makes them', async (t) => {
  const namespace = '0a6d4b1c-4f0e-5c1d-9e55-7f3c2a9b8e10'
  const part = fc.string({ unit: 'grapheme', maxLength: 40 })
  fc.assert(
    fc.property(part, part, part, fc.nat(), (companyId, command, key, index) => {
      const commandId = commandIdOf(companyId, command, key)
      return (
        commandId === v5(`${companyId}|${command}|${key}`, namespace) &&
        formerEventIdOf(commandId, index) === v5(String(index), commandId)
      )
    }),
  )
  t.pass('equal')
})

t.test('the canonical form is that of RFC 8785', async (t) => {
  // The RFC's own example of sorting, 3.2.3.
  const example = {
    '€': 'Euro Sign',
    '\r': 'Carriage Return',
    '\ufb33': 'Hebrew Letter Dalet With Dagesh',
    '1': 'One',
    '😀': 'Emoji: Grinning Face',
    '\u0080': 'Control',
    ö: 'Latin Small Letter O With Diaeresis',
  }
  t.same(Object.values(example).length, 7)
  t.same(
    [...canonicalJson(example).matchAll(/:"([^"]*)"/g)].map(([, value]) => value),
    [
      'Carriage Return',
      'One',
      'Control',
      'Latin Small Letter O With Diaeresis',
      'Euro Sign',
      'Emoji: Grinning Face',
      'Hebrew Letter Dalet With Dagesh',
    ],
  )
  t.equal(canonicalJson({ b: [1e21, -0, 'x\u000f', null, true], a: undefined }), '{"b":[1e+21,0,"x\\u000f",null,true]}')
  t.throws(() => canonicalJson({ amount: 1n }), TypeError)
})

t.test('a body has one hash however it is written', async (t) => {
  const hashOf = (body: unknown): string => requestHashOf({ body, actor: 'ana' })
  t.equal(hashOf({ a: 1, b: 'ă' }), hashOf({ b: 'a\u0306', a: 1 }))
  t.not(hashOf({ a: 1 }), hashOf({ a: '1' }))
  const shuffled = fc.dictionary(fc.string(), fc.jsonValue()).chain((body) => {
    const entries = Object.entries(body)
    const subarray = fc.shuffledSubarray(entries, { minLength: entries.length, maxLength: entries.length })
    return fc.tuple(fc.constant(body), subarray.map(Object.fromEntries))
  })
  fc.assert(fc.property(shuffled, ([body, other]) => hashOf(body) === hashOf(other)))
  fc.assert(fc.property(fc.jsonValue(), (body) => hashOf(body) === hashOf(JSON.parse(canonicalJson(body)))))
})
