/** One debtor was registered twice: all that is open goes to the other account, once, and no total ever shows half of it. */
import { randomUUID } from 'node:crypto'
import * as examples from '@registru/domain/examples'
import { StoreUnavailable } from '@registru/event-store'
import { createLogger } from '@registru/runtime'
import t, { type Test } from 'tap'
import { z } from 'zod'
import { mergeFinisher } from '../src/merges/merge-finisher.ts'
import { createMergeSaga } from '../src/merges/merge-saga.ts'
import { startStepProcess } from '../src/steps/step-process.ts'
import { reversalFinisher } from '../src/transfers/reversal-finisher.ts'
import { transferFinisher } from '../src/transfers/transfer-finisher.ts'
import { answerOf, codeOf, createApi, eventsOf, nowhere, startStores, until } from './api.ts'
import { project } from './projected.ts'

const { ron } = examples
t.setTimeout(180_000)

const { store, pool } = await startStores(t)
const logger = createLogger({ name: 'api', level: 'fatal', destination: nowhere })
const api = await createApi(store, pool)

await api.must('RegisterCompany', examples.registerCompany())

/** Of one fiscal code: that is how one finds out. */
const twoClients = async (one: string, other: string): Promise<void> => {
  for (const clientId of [one, other]) {
    await api.must('RegisterClient', examples.registerClient({ clientId, name: `${clientId} SRL` }))
  }
}
/** Numbers of papers, over all clients: each is registered once. */
let papers = 0
const invoice = async (clientId: string, invoiceId: string, change: object = {}): Promise<void> => {
  papers += 1
  const registered = examples.registerInvoice({ clientId, invoiceId, number: `${7000 + papers}` })
  await api.must('RegisterInvoice', { ...registered, ...change })
}
const pay = (clientId: string, paymentId: string, change: object = {}) => ({
  ...examples.recordPayment({ clientId, paymentId, amount: ron('1000.00'), allocation: { rule: 'none' } }),
  bankReference: undefined,
  receipt: undefined,
  ...change,
})
const onto = (invoiceId: string, amount: string) => ({ rule: 'explicit', items: [{ invoiceId, amount }] })
const merging = (clientId: string, intoClientId: string, change: object = {}) => ({
  ...examples.mergeClients({ clientId, intoClientId, mergedOn: '2026-11-20' }),
  ...change,
})

const Rows = z.looseObject({
  rows: z.array(z.looseObject({ clientId: z.string(), open: z.string(), credit: z.string() })),
})
/** Open and credit of two clients, together and each. */
const standing = async (clients: readonly string[], question = '') => {
  const { rows } = Rows.parse(await api.answer(`receivables/aging?asOf=2026-11-24${question}`))
  const of = rows.filter(({ clientId }) => clients.includes(clientId))
  const sum = (name: 'open' | 'credit') => of.reduce((total, row) => total + Number(row[name]), 0).toFixed(2)
  return {
    open: sum('open'),
    credit: sum('credit'),
    each: Object.fromEntries(of.map(({ clientId, open, credit }) => [clientId, `${open} ${credit}`])),
  }
}
const Exigible = z.object({ days: z.array(z.unknown()), totals: z.array(z.unknown()), deferred: z.array(z.unknown()) })
const exigible = async () => Exigible.parse(await api.answer('vat/exigible?from=2026-10-01&to=2026-11-30'))
/** Every position from the moment on at which somebody asked for the merge. */
const positionsOfMerge = async (): Promise<readonly bigint[]> => {
  const positions: bigint[] = []
  for await (const event of store.readAll()) {
    const isOfClient = event.stream.startsWith('clientAccount-')
    if (event.type === 'MergeRequested' || (positions.length > 0 && isOfClient)) positions.push(event.position)
  }
  return positions
}

t.test('what is open and what is credit goes, and stands there as it stood', async (t) => {
  await twoClients('doi', 'unu')
  await invoice('doi', 'tva', { cashAccounting: true })
  await invoice('doi', 'rate', {
    dueOn: '2026-12-31',
    instalments: [
      { dueOn: '2026-11-15', amount: '500.00' },
      { dueOn: '2026-12-31', amount: '710.00' },
    ],
  })
  await api.must('RecordPayment', pay('doi', 'p-tva', { allocation: onto('tva', '605.00') }))
  await api.must('RecordPayment', pay('doi', 'p-cec', { method: 'CHEQUE', amount: ron('300.00') }))
  await project({ store, pool })
  const before = await standing(['doi', 'unu'])
  const vatBefore = await exigible()
  const dry = await api.command('MergeClients', merging('doi', 'unu'), { dryRun: true })
  t.equal(dry.statusCode, 200, dry.body)
  const key = randomUUID()
  const merged = await api.command('MergeClients', merging('doi', 'unu'), { key })
  t.equal(merged.statusCode, 201, merged.body)
  t.match(answerOf(merged), {
    result: { intoClientId: 'unu', mergedOn: '2026-11-20', left: { invoiceIds: [], paymentIds: [] } },
  })
  await project({ store, pool })
  const after = await standing(['doi', 'unu'])
  t.match(after, { open: before.open, credit: before.credit, each: { doi: '0.00 300.00', unu: '1815.00 395.00' } })
  t.same(await exigible(), vatBefore)
  t.match(await api.answer('invoices/tva'), {
    clientId: 'unu',
    total: '1210.00',
    before: '605.00',
    open: '605.00',
    status: 'PARTIALLY_PAID',
  })
  t.match(await api.answer('invoices/tva?clientId=doi'), { moved: '605.00', open: '0.00', status: 'MOVED' })
  t.match(await api.answer('invoices/tva?asOf=2026-11-19'), { clientId: 'doi', open: '605.00', moved: '0.00' })
  t.match(await api.answer('invoices/rate'), {
    clientId: 'unu',
    instalments: [{ amount: '500.00' }, { amount: '710.00' }],
  })
  t.match(await api.answer('clients/doi'), { mergedInto: { clientId: 'unu', mergedOn: '2026-11-20' } })
  t.match(await api.answer('clients/unu/statement?from=2026-11-01&to=2026-11-30'), {
    currencies: [{ lines: [{ kind: 'MERGE' }, { kind: 'MERGE' }, { kind: 'TRANSFER' }] }],
  })
  for (const position of await positionsOfMerge()) {
    const { open, credit } = await standing(['doi', 'unu'], `&knownAt=${position}`)
    t.match({ open, credit }, { open: before.open, credit: before.credit }, `at ${position}`)
  }

  t.test('the same answer once more, and nothing new', async (t) => {
    const again = await api.command('MergeClients', merging('doi', 'unu'), { key })
    t.equal(again.body, merged.body)
  })
  t.test('new papers and money are told where to go', async (t) => {
    const refused = await api.command('RecordPayment', pay('doi', 'new'))
    t.equal(refused.statusCode, 409)
    t.match(refused.json(), { code: 'CLIENT_MERGED', details: { intoClientId: 'unu' } })
    const moved = { ...examples.transferCredit({ clientId: 'unu', toClientId: 'doi' }), amount: '1.00' }
    await api.must('RecordPayment', pay('unu', 'own'))
    t.equal(codeOf(await api.command('TransferCredit', { ...moved, paymentId: 'own' })), 'CLIENT_MERGED')
  })
  t.test('money there pays it, with its VAT where the paper was registered', async (t) => {
    await api.must('RecordPayment', pay('unu', 'p-rest', { amount: ron('605.00'), allocation: onto('tva', '605.00') }))
    await project({ store, pool })
    t.match(await api.answer('invoices/tva'), { status: 'PAID', open: '0.00' })
  })
  t.test('a cheque is money, and its credit moves on', async (t) => {
    await api.must('ConfirmPaymentCleared', { clientId: 'doi', paymentId: 'p-cec', clearedOn: '2026-11-23' })
    await project({ store, pool })
    t.match(await standing(['doi']), { each: {}, credit: '0.00' })
  })
  t.test('an undo there moves on what it reopens', async (t) => {
    const undo = { clientId: 'doi', paymentId: 'p-tva', invoiceId: 'tva', amount: '105.00', reason: 'WRONG_INVOICE' }
    await api.must('DeallocatePayment', { ...undo, deallocatedOn: '2026-11-24' })
    await project({ store, pool })
    t.match(await api.answer('invoices/tva'), { clientId: 'unu', open: '105.00', before: '500.00' })
    t.match(await standing(['doi']), { open: '0.00', credit: '0.00' })
  })
  t.test('money that is gone is undone there first', async (t) => {
    const bounced = await api.command('ReversePayment', {
      ...examples.reversePayment({ clientId: 'doi', paymentId: 'p-tva', reversedOn: '2026-11-24' }),
      reason: 'BOUNCED',
    })
    t.equal(bounced.statusCode, 201, bounced.body)
    t.match(answerOf(bounced), { result: { amount: ron('1000.00') } })
    await until('it moves on', async () => ((await finished()) ? true : undefined))
    await project({ store, pool })
    t.match(await api.answer('invoices/tva'), { clientId: 'unu', open: '605.00' })
  })
})

/** Whether nothing is under way any more: the process of steps ends what no request did. */
const finished = async (): Promise<boolean> => {
  const finishers = [mergeFinisher(api.merges), transferFinisher(api.transfers), reversalFinisher(api.reversals)]
  const process = startStepProcess({ store, pool, finishers, logger })
  const open = async () => {
    const { state, open: steps } = process.status()
    return state === 'following' && steps === 0 ? true : undefined
  }
  await new Promise((resolve) => setTimeout(resolve, 4_000))
  await until('all steps', open)
  await process.stop()
  return true
}

t.test('whoever dies on the way, it is finished', async (t) => {
  const dies = () => Promise.reject(new StoreUnavailable('died here'))
  const stages: readonly (readonly [string, Parameters<typeof createApi>[2]])[] = [
    [
      'before the other account agreed',
      { merges: (ledger, transfers) => ({ ...createMergeSaga(ledger, transfers), carryOut: dies }) },
    ],
    [
      'with credit on its way',
      { merges: (ledger, transfers) => createMergeSaga(ledger, { ...transfers, move: dies }) },
    ],
  ]
  for (const [index, [stage, override]] of stages.entries()) {
    t.test(stage, async (t: Test) => {
      const [from, into] = [`from-${index}`, `into-${index}`]
      await twoClients(from, into)
      for (let number = 0; number < 60; number += 1) await invoice(from, `many-${index}-${number}`)
      await api.must('RecordPayment', pay(from, `credit-${index}`))
      const dying = await createApi(store, pool, override)
      const key = randomUUID()
      t.equal((await dying.command('MergeClients', merging(from, into), { key })).statusCode, 503)
      t.ok(await finished())
      await project({ store, pool })
      t.match(await standing([from, into]), { each: { [into]: '72600.00 1000.00' } })
      const types = (await eventsOf(store, `clientAccount-amc:${into}`)).map(({ type }) => type)
      t.equal(types.filter((type) => type === 'InvoiceMoved').length, 60)
      t.equal((await api.command('MergeClients', merging(from, into), { key })).statusCode, 200)
    })
  }
})

t.test('what cannot be merged', async (t) => {
  await twoClients('left', 'right')
  await invoice('left', 'same')
  await invoice('right', 'same')
  await invoice('left', 'named', { series: 'X', number: '1' })
  await invoice('right', 'other', { series: 'x', number: '0001' })
  const refused = await api.command('MergeClients', merging('left', 'right'))
  t.equal(refused.statusCode, 409)
  t.match(refused.json(), {
    code: 'MERGE_ID_CONFLICT',
    details: {
      conflicts: [{ invoiceId: 'same' }, { invoiceId: 'named', document: { kind: 'INVOICE', documentId: 'other' } }],
    },
  })
  t.equal(codeOf(await api.command('MergeClients', merging('left', 'left'))), 'TRANSFER_TO_SELF')
  t.equal(codeOf(await api.command('MergeClients', merging('left', 'nobody'))), 'CLIENT_NOT_FOUND')

  await twoClients('a', 'b')
  await twoClients('c', 'd')
  await invoice('a', 'of-a')
  await api.must('MergeClients', merging('a', 'b'))
  const back = await api.command('MergeClients', merging('b', 'a'))
  t.match(back.json(), { code: 'CLIENT_MERGED', details: { clientId: 'a', intoClientId: 'b' } }, 'in a circle')
  await api.must('MergeClients', merging('b', 'c'))
  await api.must('RecordPayment', pay('c', 'p-c', { allocation: onto('of-a', '210.00') }))
  await project({ store, pool })
  t.match(await api.answer('invoices/of-a'), { clientId: 'c', open: '1000.00', before: '0.00' }, 'on and on')
  t.match(await standing(['a', 'b', 'c']), { open: '1000.00' })

  t.test('two into each other at once: neither, or one', async (t) => {
    await twoClients('x', 'y')
    await invoice('x', 'of-x')
    const answers = await Promise.all([
      api.command('MergeClients', merging('x', 'y')),
      api.command('MergeClients', merging('y', 'x')),
    ])
    t.ok(answers.filter(({ statusCode }) => statusCode === 201).length <= 1, answers.map(({ body }) => body).join())
    t.ok(answers.every(({ statusCode }) => statusCode === 201 || statusCode === 409))
    await project({ store, pool })
    t.match(await standing(['x', 'y']), { open: '1210.00' })
  })
})
