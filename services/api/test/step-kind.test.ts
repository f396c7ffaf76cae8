import { TransferRequested } from '@registru/domain'
import { transferRequested } from '@registru/domain/examples'
import t from 'tap'
import { type Cause, stepKind } from '../src/steps/step.ts'

const { data } = transferRequested()
const about = { eventId: 'e-1', companyId: 'amc', actor: 'test', correlationId: 'c-1' }
const told: Cause<unknown>[] = []
const kind = stepKind('transfer', TransferRequested, async (cause) => {
  told.push(cause)
  return undefined
})

t.test('what the checkpoint kept as JSON is carried out as its event said', async (t) => {
  const kept: unknown = JSON.parse(JSON.stringify(data))
  t.equal(await kind.carryOut({ step: 'transfer', key: 'k', cause: { ...about, data: kept } }), undefined)
  t.match(told, [{ ...about, data }])
})

t.test('what no such event says is not carried out', async (t) => {
  const cause = { ...about, data: { ...data, amount: '1.00' } }
  await t.rejects(kind.carryOut({ step: 'transfer', key: 'k', cause }), { name: 'ZodError' })
  t.equal(told.length, 1)
})
