import { setTimeout as sleep } from 'node:timers/promises'
import { revisionOf } from '@registru/domain/places'
import t, { type Test } from 'tap'
import type { EventStore, ExpectedRevision } from '../src/index.ts'
import { startCluster } from './cluster.ts'
import { anEvent, connect, idsOf, startServer } from './stores.ts'

const isLong = process.env['LONG'] !== undefined

/**
 * The client's patience is all in its connection string: keep-alive every 10 s, gossip for 5 s. A tenth of it makes short
 * freezes last as long, measured by it, as a minute and more.
 */
const IMPATIENT = 'keepAliveInterval=1000&keepAliveTimeout=1000&gossipTimeout=1'
const WRITERS = 16

t.setTimeout(isLong ? 1_800_000 : 120_000)

/** Appends to a stream of its own without a pause, the same event again until it is known what became of it. */
const write = async (store: EventStore, stream: string, until: () => boolean): Promise<readonly string[]> => {
  const ids: string[] = []
  let expected: ExpectedRevision = 'no_stream'
  while (!until()) {
    const event = anEvent({ data: { text: 'x'.repeat(2_000) } })
    for (;;) {
      const outcome = await store.append(stream, expected, [event]).catch((error: unknown) => ({ outcome: error }))
      if (outcome.outcome === 'written') break
      if (outcome.outcome === 'conflict') throw new Error(`${stream}: a conflict, with no other writer`)
      await sleep(20)
    }
    ids.push(event.id)
    expected = revisionOf(BigInt(ids.length - 1))
  }
  return ids
}

/** @param electionMs after which the other nodes have another leader; beyond the freeze: they find none */
const surviveFreeze = async (t: Test, frozenMs: number, electionMs: number, parameters = ''): Promise<void> => {
  const server = await startServer(t)
  const cluster = await startCluster(server.port, 3)
  const store = connect(t, parameters === '' ? cluster.url : `${cluster.url}&${parameters}`)
  t.teardown(() => cluster.stop())
  let isOver = false
  const writers = Array.from({ length: WRITERS }, (_, index) => write(store, `frozen-${index}`, () => isOver))
  await sleep(200)
  cluster.freezeLeader()
  if (electionMs < frozenMs) setTimeout(() => cluster.elect(), electionMs)
  await sleep(frozenMs / 2)
  // Reads keep another client busy, which finds its own way out.
  await store.ping(500).catch(() => undefined)
  await sleep(frozenMs / 2)
  cluster.thaw()
  await sleep(500)
  isOver = true
  const written = await Promise.all(writers)
  await store.dispose()
  const direct = connect(t, server.url)
  for (const [index, ids] of written.entries()) {
    const found = await idsOf(direct.readStream(`frozen-${index}`))
    if (found.join() !== ids.join()) t.same(found, ids, `stream ${index} after ${frozenMs} ms`)
  }
  await direct.dispose()
  t.pass(`${written.flat().length} events over a freeze of ${frozenMs} ms`)
}

/** What the others do meanwhile: elect another leader soon, late, or not at all. */
const ELECTED_AFTER = [0.1, 0.8, Number.POSITIVE_INFINITY]
const SCALED_MS = isLong ? [100, 500, 1_000, 2_000, 2_600, 3_500, 5_000, 8_000, 12_000] : [100, 3_500]
const REAL_MS = isLong ? [1, 5, 12, 20, 26, 35, 60, 120].map((seconds) => seconds * 1_000) : [1_000]

t.test('a frozen leader ends no process, and what was written stands once', async (t) => {
  for (const electedAfter of ELECTED_AFTER) {
    for (const ms of SCALED_MS) await surviveFreeze(t, ms, ms * electedAfter, IMPATIENT)
    for (const ms of REAL_MS) await surviveFreeze(t, ms, ms * electedAfter)
  }
})
