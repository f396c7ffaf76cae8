/** Where the process that finishes receipts goes on, and in which store. */
import * as examples from '@registru/domain/examples'
import { allProjections, schemaOf } from '@registru/projections'
import { createLogger } from '@registru/runtime'
import t, { type Test } from 'tap'
import { receiptFinisher } from '../src/receipts/receipt-finisher.ts'
import { startStepProcess } from '../src/steps/step-process.ts'
import { createApi, eventsOf, nowhere, startStores, until } from './api.ts'
import { project } from './projected.ts'

t.setTimeout(120_000)

const { store, pool } = await startStores(t)
const there = await createApi(store, pool)
const BOOK = 'receiptBook-amc:AMC-C'
const cash = {
  ...examples.recordPayment({ amount: examples.ron('10.00'), method: 'CASH', allocation: { rule: 'none' } }),
  bankReference: undefined,
  receipt: { series: 'AMC-C' },
}

t.test('the receipt process over a store that was restored to an older copy', async (t) => {
  await there.must('RegisterCompany', examples.registerCompany())
  await there.must('OpenReceiptBook', examples.openReceiptBook())
  await there.must('RegisterClient', examples.registerClient())
  await there.must('RecordPayment', cash)
  await project({ store, pool })
  const logger = createLogger({ name: 'api', level: 'fatal', destination: nowhere })
  const begin = (t: Test) => {
    const process = startStepProcess({ store: store, pool: pool, finishers: [receiptFinisher(there.receipts)], logger })
    t.teardown(() => process.stop())
    return process
  }
  const saved = async () => {
    const made = await pool.query<{ there: boolean }>(
      `select to_regclass('process_manager.receipts') is not null as there`,
    )
    if (made.rows[0]?.there !== true) return undefined
    const { rows } = await pool.query<Record<string, unknown>>('select * from process_manager.receipts')
    return rows[0]
  }

  const first = begin(t)
  await until('its place to be saved', saved)
  const head = (await eventsOf(store, BOOK)).at(-1)
  t.match(await saved(), { witness_stream: BOOK, witness_event_id: head?.id, witness_position: head?.position })
  t.match(first.status(), { state: 'following', open: 0, position: head?.position })
  await first.stop()

  // As if the history that it has read had gone on, and its last event were lost.
  await pool.query('update process_manager.receipts set witness_revision = witness_revision + 1')
  const read = allProjections.map(schemaOf)
  for (const schema of read) await pool.query(`update ${schema}.checkpoint set witness_revision = 7`)
  const second = begin(t)
  await until('diverged', () => (second.status().state === 'diverged' ? true : undefined))
  t.match(second.status().reason, /no longer where it stood/)
  for (const schema of read) {
    await pool.query(`update ${schema}.checkpoint set witness_stream = null`)
  }
  await until('the steps to be gathered anew, now that the read models are those of this log', async () =>
    second.status().state === 'following' && (await saved())?.['witness_revision'] === head?.revision
      ? true
      : undefined,
  )
  t.match(await saved(), { position: head?.position, witness_revision: head?.revision })
})
