import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import t, { type Test } from 'tap'
import { connectEventStore } from '../src/index.ts'
import { anEvent, collect, startServer, writtenRevision } from './stores.ts'

const fixtures = resolve(import.meta.dirname, '../../test/fixtures')
const certificate = join(fixtures, 'localhost-cert.pem')
const tls = { cert: readFileSync(certificate), key: readFileSync(join(fixtures, 'localhost-key.pem')) }
const credentials = { username: 'ledger', password: 'right' }

t.test('a secure store', async (t) => {
  const { port } = await startServer(t, { tls, credentials })
  const connected = async (t: Test, user: string, parameters: string) => {
    const store = connectEventStore({ url: `esdb://${user}localhost:${port}?${parameters}`, appendTimeoutMs: 1_500 })
    t.teardown(() => store.dispose())
    return store
  }
  const trusted = `tls=true&tlsCaFile=${certificate}`

  t.test('is written to and read', async (t) => {
    const store = await connected(t, 'ledger:right@', trusted)
    await store.ping(2_000)
    t.equal(writtenRevision(await store.append('secure-1', 'no_stream', [anEvent()])), 0n)
    t.equal((await collect(store.readStream('secure-1'))).length, 1)
  })

  const refusals: readonly (readonly [string, string, string])[] = [
    ['a wrong password', 'ledger:wrong@', trusted],
    ['no credentials', '', trusted],
    ['an unknown certificate', 'ledger:right@', 'tls=true'],
  ]
  for (const [what, user, parameters] of refusals) {
    t.test(`${what} is named at once, and nothing is claimed of the append`, async (t) => {
      const store = await connected(t, user, parameters)
      const startedAt = Date.now()
      await t.rejects(store.ping(2_000), { name: 'StoreMisconfigured' })
      await t.rejects(collect(store.readStream('secure-1')), { name: 'StoreMisconfigured' })
      // Refused one by one it is certain that nothing was written; when the whole call is refused, that is not said.
      const append = store.append('secure-2', 'no_stream', [anEvent()])
      if (user === '') await t.rejects(append, { name: 'StoreMisconfigured' })
      else t.match(await append, { outcome: 'unknown', cause: { name: 'StoreMisconfigured' } })
      t.ok(Date.now() - startedAt < 5_000)
    })
  }

  t.test('plain text to it is unavailable', async (t) => {
    const store = await connected(t, '', 'tls=false')
    await t.rejects(store.ping(2_000), { name: 'StoreUnavailable' })
    t.match(await store.append('secure-2', 'no_stream', [anEvent()]), { outcome: 'unknown' })
  })
})
