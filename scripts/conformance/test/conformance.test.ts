import { resolve } from 'node:path'
import { startEventStore } from '@registru/embedded'
import { createTestDatabase } from '@registru/runtime/testing'
import t from 'tap'
import { compare, firstDifference } from '../compare.ts'
import { runSuite } from '../run-suite.ts'
import { loadScripts } from '../script.ts'

/** The scripts that take no rest: with all of them the suite takes two minutes. */
const FAST = [
  'acl-*,all-metadata,all-order,all-truncation,atomic-*,content-*,delete-cycles',
  'expected-absent-*,expected-live*,expected-metaonly-*,expected-tombstoned-batch,metadata-roundtrip,names-unicode',
  'parallel-pipeline,parallel-same-*-batch,read-backwards,read-forwards,read-tb,retry-single-*,retry-after-truncation',
  'subscribe-live,tombstone-everything,two-clients,wire-batch-answers,wire-append-answers',
  'decision-*,retry-kinds-*,append-*,discovery,ids-are-not-unique,subscription-goes-on*',
].join(',')

const fixtures = resolve(import.meta.dirname, '../../fixtures')

t.test('the embedded store answers as a real one did', { timeout: 110_000 }, async (t) => {
  const store = await startEventStore({ databaseUrl: await createTestDatabase(t) })
  t.teardown(() => store.stop())
  for await (const { name, verdict, note } of runSuite(loadScripts(fixtures), store.url, FAST)) {
    t.equal(verdict, 'pass', `${name} ${note}`)
  }
})

t.test('every script is read whole', async (t) => {
  const scripts = loadScripts(fixtures)
  t.equal(scripts.length, 113)
  t.ok(scripts.every(({ steps, answers }) => steps.length === answers.length))
})

t.test('a step passes with what was seen, and with nothing else', async (t) => {
  const [race] = loadScripts(fixtures).filter(({ name }) => name === 'parallel-same-ids-batch')
  if (race === undefined) throw new Error('the script is gone')
  const verdicts = (answer: unknown) => compare(race, [answer])[0]?.verdict
  const written = { ok: true, revision: '1', position: 'p1' }
  const late = { error: { type: 'deadline-exceeded' } }
  const mixed = (times: number, other: unknown) => ({
    multiset: [
      { times: 8 - times, answer: written },
      { times, answer: other },
    ],
  })
  t.equal(verdicts(race.answers[0]), 'pass')
  t.equal(verdicts(mixed(3, late)), 'pass', 'proportions of a race are chance')
  t.equal(verdicts(mixed(3, { ok: true, revision: '2', position: 'p2' })), 'fail')
  t.equal(verdicts({ multiset: [{ times: 7, answer: written }] }), 'fail')
  t.equal(verdicts({ error: { type: 'unknown', code: 'UNIMPLEMENTED' } }), 'notOffered')
  t.equal(
    verdicts({ error: { type: 'unknown', code: 'INVALID_ARGUMENT' } }),
    'fail',
    'stricter only where it is allowed',
  )
})

t.test('a difference is told where it is', async (t) => {
  t.equal(firstDifference({ a: [1, 2], info: 1 }, { info: 2, a: [1, 2] }), undefined)
  t.equal(firstDifference({ a: [1, 2] }, { a: [1, 3] }), 'answer.a[1]: expected 2, got 3')
  t.equal(firstDifference({ a: [1, 2] }, { a: [1] }), 'answer.a: 2 expected, 1 came')
  t.equal(firstDifference({ ok: true }, {}), 'answer.ok: expected true, got nothing')
})
