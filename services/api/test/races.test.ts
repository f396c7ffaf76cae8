/** Two processes that share a store in memory, and two real ones over the embedded store. */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { type Api, createApi, openPool } from './api.ts'
import { RULES_AGE_MS, startApiProcesses } from './api-processes.ts'
import { createFakeEventStore } from './fake-event-store.ts'
import { type Ask, race, setStage } from './races.ts'

const isLong = process.env['LONG'] !== undefined
const ROUNDS = isLong ? 1_000 : 100
/** Each takes some ten requests and as many appends on disk. */
const REAL_ROUNDS = isLong ? 1_000 : 10
t.setTimeout(60_000 + (ROUNDS + REAL_ROUNDS) * 2_000)

t.test('over a store in memory', async (t) => {
  const store = createFakeEventStore()
  /** Appends take a little, so that both processes decide before either has written. */
  store.answerDelayMs = 1
  const pool = openPool(t, 'postgres://nobody@127.0.0.1:1/none')
  const askOf =
    ({ command }: Api): Ask =>
    async (name, body, options) =>
      (await command(name, body, options)).body
  const [left, right] = [askOf(await createApi(store, pool)), askOf(await createApi(store, pool))]
  await setStage(left)
  race(t, ROUNDS, left, right)
})

t.test('between processes, over the embedded event store', async (t) => {
  const { urls, authorization } = await startApiProcesses(t, 2)
  const asks = urls.map(
    (url): Ask =>
      async (name, body, { dryRun = false } = {}) => {
        const response = await fetch(`${url}/v1/companies/amc/commands/${name}?dryRun=${dryRun}`, {
          method: 'POST',
          headers: { authorization, 'content-type': 'application/json', 'idempotency-key': randomUUID() },
          body: JSON.stringify(body),
        })
        return response.text()
      },
  )
  const [left, right] = asks
  if (left === undefined || right === undefined) throw new Error('two processes were to start')
  await setStage(left)
  await sleep(RULES_AGE_MS)
  race(t, REAL_ROUNDS, left, right)
})
