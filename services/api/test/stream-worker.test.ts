import { setTimeout as sleep } from 'node:timers/promises'
import { EventMetadata, Rejection, revisionOf } from '@registru/domain'
import { type EventStore, StoreUnavailable } from '@registru/event-store'
import t from 'tap'
import {
  CommandTooLarge,
  ConcurrentModification,
  IdempotencyKeyReused,
  OutcomeUnknown,
  Overloaded,
  PreconditionFailed,
} from '../src/ledger/errors.ts'
import { createFakeEventStore, type Fate } from './fake-event-store.ts'
import {
  account,
  contextOf,
  ledgerOver,
  recordPayment,
  registerClient,
  registerInvoice,
  send,
} from './ledger-commands.ts'

/** Machines that test are busy. */
t.setTimeout(120_000)

const opened = async () => {
  const store = createFakeEventStore()
  const ledger = ledgerOver(store)
  await send(ledger, registerClient(), 'client')
  await send(ledger, registerInvoice(), 'invoice')
  return { store, ledger }
}

const settled = <T>(promises: readonly Promise<T>[]) => Promise.allSettled(promises)
const accepted = (results: readonly PromiseSettledResult<unknown>[]): number =>
  results.filter(({ status }) => status === 'fulfilled').length
/** Of what was refused: the code of the business, or the kind of failure. */
const codeOf = (reason: unknown): string => {
  if (reason instanceof Rejection) return reason.code
  return reason instanceof Error ? reason.name : String(reason)
}
const codesOf = (results: readonly PromiseSettledResult<unknown>[]): string[] =>
  results.flatMap((result) => (result.status === 'rejected' ? [codeOf(result.reason)] : []))

t.test('the fake keeps the contract of the adapter', async (t) => {
  const store = createFakeEventStore()
  const event = (id: number) => ({
    id: `00000000-0000-4000-8000-00000000000${id}`,
    type: 'Tested',
    data: { id },
    metadata: {},
  })
  const append = (after: 'no_stream' | bigint, ...ids: number[]) =>
    store.append('s', after === 'no_stream' ? after : revisionOf(after), ids.map(event))
  const first = await append('no_stream', 1, 2)
  t.match(first, { outcome: 'written', revision: 1n })
  t.match(await append(1n, 3), { outcome: 'written', revision: 2n })
  t.same(await append('no_stream', 1, 2), first, 'the same events at the same revision: the first answer')
  t.match(await append('no_stream', 1), { outcome: 'written', revision: 0n }, 'a prefix of them stands too')
  t.match(await append('no_stream', 1, 4), { outcome: 'conflict' }, 'a later one differs')
  t.match(await append('no_stream', 1, 2, 3, 4), { outcome: 'conflict' }, 'longer than what is there')
  t.match(await append('no_stream', 5), { outcome: 'conflict' })
  t.match(await append(7n, 5), { outcome: 'conflict' })
  t.match(await append(2n, 3), { outcome: 'written', revision: 3n }, 'a known id at the head is another event')
  t.equal(store.log.length, 4)
})

t.test('an append that nobody answered', async (t) => {
  for (const fate of ['lost', 'unheard', 'late'] as const) {
    t.test(`${fate} once: written once, and the caller hears so`, async (t) => {
      const { store, ledger } = await opened()
      let left = 1
      store.fate = () => (left-- > 0 ? fate : 'written')
      const handled = await send(ledger, recordPayment('pay-1'), 'pay-1')
      t.equal(handled.replayed, false)
      t.equal(store.log.length, 4)
      t.equal(handled.position, store.log.at(-1)?.position)
    })
  }

  t.test('lost for ever: unknown, and settled by sending it again', async (t) => {
    const { store, ledger } = await opened()
    store.fate = () => 'lost'
    await t.rejects(send(ledger, recordPayment('pay-1'), 'pay-1'), OutcomeUnknown)
    store.fate = () => 'written'
    t.match(await send(ledger, recordPayment('pay-1'), 'pay-1'), { replayed: true }, 'what was sent is settled first')
    t.equal(store.log.length, 4)
  })

  t.test('given up, and landing later: what it carries is not refused meanwhile', async (t) => {
    const { store, ledger } = await opened()
    const fates: Fate[] = ['written', 'lost', 'lost', 'lost', 'late']
    store.fate = () => fates.shift() ?? 'written'
    // Once the worker is idle, the first one goes alone and the next two together.
    await sleep(1)
    // The payment leans on the invoice before it, in one append that nobody answers.
    const [, invoice, payment] = await settled([
      send(ledger, recordPayment('pay-0'), 'pay-0'),
      send(ledger, registerInvoice('inv-2', '5.00'), 'invoice-2'),
      send(ledger, recordPayment('pay-2', '5.00', 'inv-2'), 'pay-2'),
    ])
    t.match([invoice, payment], [{ reason: { name: 'OutcomeUnknown' } }, { reason: { name: 'OutcomeUnknown' } }])
    t.match(await send(ledger, recordPayment('pay-2', '5.00', 'inv-2'), 'pay-2'), { replayed: true })
    t.equal(store.eventsOf(account).length, 2 + 2 + 1 + 2)
  })

  t.test('whose first command another process had sent alone: the second one is not taken for written', async (t) => {
    const { store, ledger } = await opened()
    const [other, third] = [ledgerOver(store), ledgerOver(store)]
    const [a, b, c] = [
      recordPayment('a', '1', 'none'),
      recordPayment('b', '1', 'none'),
      recordPayment('c', '1', 'none'),
    ]
    const fates: Fate[] = ['lost', 'lost', 'lost', 'late']
    store.fate = () => fates.shift() ?? 'lost'
    await t.rejects(send(ledger, a, 'a'), OutcomeUnknown)

    // The other process sends it together with a second one. That append is lost while the first one lands alone, and
    // before anybody looks, a third process writes where the second one would stand.
    let isFirst = true
    store.fate = () => {
      if (!isFirst) return 'written'
      isFirst = false
      store.beforeRead = async () => {
        store.beforeRead = () => undefined
        await send(third, c, 'c')
      }
      return 'lost'
    }
    // Right after another answer the worker is still at work, so the two go together.
    await send(other, b, 'b', { dryRun: true })
    const both = await Promise.all([send(other, a, 'a'), send(other, b, 'b')])
    const ids = store.eventsOf(account).map(({ id }) => id)
    for (const { events } of both)
      for (const { eventId } of events) t.ok(ids.includes(eventId), 'acknowledged and written')
    t.strictSame([ids.length, new Set(ids).size], [5, 5])
    t.ok(
      store.appends.some(({ events }) => events.length === 2),
      'the two went together',
    )
  })

  t.test('lost, and the revision taken by another writer: decided afresh on what that one left', async (t) => {
    const { store, ledger } = await opened()
    const other = ledgerOver(store)
    let isOvertaken = false
    store.fate = async () => {
      if (isOvertaken) return 'written'
      isOvertaken = true
      await send(other, recordPayment('pay-2', '950.00'), 'pay-2')
      return 'lost'
    }
    await t.rejects(send(ledger, recordPayment('pay-1'), 'pay-1'), { code: 'ALLOCATION_EXCEEDS_OPEN_AMOUNT' })
    t.equal(store.log.length, 4)
  })

  t.test('the store down from the look on: unknown, never "not carried out"', async (t) => {
    const { store, ledger } = await opened()
    store.fate = () => {
      store.beforeRead = () => Promise.reject(new StoreUnavailable('down'))
      return 'unheard'
    }
    await t.rejects(send(ledger, recordPayment('pay-1'), 'pay-1'), OutcomeUnknown)
    store.beforeRead = () => undefined
    t.match(await send(ledger, recordPayment('pay-1'), 'pay-1'), { replayed: true })
  })

  t.test('not sent: the store is unavailable', async (t) => {
    const store = createFakeEventStore()
    store.beforeRead = () => Promise.reject(new StoreUnavailable('down'))
    await t.rejects(send(ledgerOver(store), registerClient(), 'client'), StoreUnavailable)
  })
})

t.test('conflicts', async (t) => {
  /** Another writer comes first, this many times. */
  const withStorm = async (times: number) => {
    const { store, ledger } = await opened()
    const other = ledgerOver(store)
    let left = times
    let isInside = false
    store.fate = async (): Promise<Fate> => {
      if (isInside || left === 0) return 'written'
      left -= 1
      isInside = true
      await send(other, recordPayment(`other-${left}`, '1.00'), `other-${left}`)
      isInside = false
      return 'written'
    }
    return { store, result: send(ledger, recordPayment('pay-1'), 'pay-1') }
  }

  t.test('eight times, then written', async (t) => {
    const { store, result } = await withStorm(8)
    t.match(await result, { replayed: false, revision: 2n + 16n + 1n })
    t.equal(store.eventsOf(account).length, 2 + 16 + 2)
  })
  t.test('a ninth time: refused as a conflict, nothing written', async (t) => {
    const { store, result } = await withStorm(9)
    await t.rejects(result, ConcurrentModification)
    t.equal(store.eventsOf(account).length, 2 + 18)
  })
})

t.test('commands of one stream share appends', async (t) => {
  t.test('200 at once', async (t) => {
    const { store, ledger } = await opened()
    const before = store.appends.length
    const results = await Promise.all(
      Array.from({ length: 200 }, (_, index) => send(ledger, recordPayment(`pay-${index}`, '1.00'), `pay-${index}`)),
    )
    t.ok(store.appends.length - before <= 3, `${store.appends.length - before} appends`)
    t.equal(store.eventsOf(account).length, 2 + 400)
    t.strictSame(
      results.map(({ revision }) => revision),
      results.map((_, index) => BigInt(2 + index * 2 + 1)),
      'in the order in which they came',
    )

    const fresh = ledgerOver(store)
    for (const [index, first] of results.entries()) {
      const again = await send(fresh, recordPayment(`pay-${index}`, '1.00'), `pay-${index}`)
      t.same(again, { ...first, replayed: true }, 'the position of the whole append, too')
    }
  })

  t.test('a refusal that rests on what is not written yet waits for it', async (t) => {
    const { store, ledger } = await opened()
    let release = (): void => undefined
    const held = new Promise<'written'>((resolve) => {
      release = () => resolve('written')
    })
    store.fate = () => held
    // The first append goes alone; what arrives meanwhile is decided together.
    const all = ['pay-0', 'pay-1', 'pay-2'].map((id) => send(ledger, recordPayment(id, '400.00'), id))
    let isSettled = false
    void settled(all.slice(2)).then(() => (isSettled = true))
    await sleep(50)
    t.equal(isSettled, false, 'nobody hears of a state that is not written')
    release()
    const results = await settled(all)
    t.equal(accepted(results), 2)
    t.strictSame(codesOf(results), ['ALLOCATION_EXCEEDS_OPEN_AMOUNT'])
  })

  t.test('a conflict decides all of them again, refused ones included', async (t) => {
    const { store, ledger } = await opened()
    const other = ledgerOver(store)
    await send(ledger, recordPayment('pay-0', '500.00'), 'pay-0')
    let isFirst = true
    store.fate = async (): Promise<Fate> => {
      if (!isFirst) return 'written'
      isFirst = false
      // Gives back what pay-0 had settled, so that both fit.
      const which = { clientId: 'alfa', paymentId: 'pay-0', claimId: 'claim-0' }
      const data = { ...which, reason: 'MISTAKE' as const, reversedOn: '2026-11-20' }
      await send(other, { type: 'ReversePayment', data }, 'reverse')
      return 'written'
    }
    const both = ['pay-1', 'pay-2'].map((id) => send(ledger, recordPayment(id, '500.00'), id))
    t.strictSame(codesOf(await settled(both)), [])
  })

  t.test('one that fails for a reason of its own leaves its neighbours alone', async (t) => {
    const { store, ledger } = await opened()
    await send(ledger, recordPayment('pay-0'), 'pay-0')
    const reused = contextOf('RecordPayment', 'pay-0', { other: 'body' })
    const results = await settled<unknown>([
      send(ledger, recordPayment('pay-1'), 'pay-1'),
      ledger.accounts.replayed(account, reused),
      send(ledger, recordPayment('pay-2'), 'pay-2'),
      send(ledger, recordPayment('pay-3', '9999.00'), 'pay-3'),
      send(ledger, recordPayment('pay-4'), 'pay-4'),
    ])
    t.strictSame(codesOf(results), ['IdempotencyKeyReused', 'ALLOCATION_EXCEEDS_OPEN_AMOUNT'])
    t.equal(store.eventsOf(account).length, 2 + 4 * 2)
  })

  t.test('large ones go apart, and one that no append can hold is refused alone', async (t) => {
    const { store, ledger } = await opened()
    const count = 1_500
    await Promise.all(
      Array.from({ length: count }, (_, index) =>
        send(ledger, registerInvoice(`many-${index}`, '1.00'), `many-${index}`),
      ),
    )
    const settleAll = (paymentId: string, amount: string) => {
      const { data } = recordPayment(paymentId, amount)
      return { type: 'RecordPayment' as const, data: { ...data, allocation: { rule: 'oldestDueFirst' as const } } }
    }
    const results = await settled([
      send(ledger, recordPayment('small-1', '1.00'), 'small-1'),
      send(ledger, settleAll('large', '1200.00'), 'large'),
      send(ledger, recordPayment('small-2', '1.00', 'none'), 'small-2'),
      send(ledger, settleAll('too-large', '99999.00'), 'too-large'),
      send(ledger, recordPayment('small-3', '1.00', 'none'), 'small-3'),
    ])
    t.strictSame(
      codesOf(results).filter((name) => name !== 'CommandTooLarge'),
      [],
    )
    t.ok(accepted(results) >= 3, 'the small ones passed')
    for (const { events } of store.appends) {
      const bytes = events.reduce((sum, event) => sum + Buffer.byteLength(JSON.stringify(event)), 0)
      t.ok(bytes < 1_000_000, 'no append is larger than the store takes')
    }
    t.ok(results.some((result) => result.status === 'rejected' && result.reason instanceof CommandTooLarge))
  })
})

t.test('the same command several times at once', async (t) => {
  const { store, ledger } = await opened()
  const results = await Promise.all(Array.from({ length: 10 }, () => send(ledger, recordPayment('pay-1'), 'pay-1')))
  t.equal(results.filter(({ replayed }) => !replayed).length, 1)
  for (const result of results) t.same({ ...result, replayed: false }, results[0])
  t.equal(store.eventsOf(account).length, 4)
  await t.rejects(send(ledger, recordPayment('pay-1', '99.00'), 'pay-1'), IdempotencyKeyReused)
})

t.test('a silent store', async (t) => {
  t.test('callers hear within 5 s, and the worker settles what it has sent', async (t) => {
    const { store, ledger } = await opened()
    let answer = (): void => undefined
    const silence = new Promise<'written'>((resolve) => {
      answer = () => resolve('written')
    })
    store.fate = () => silence
    const startedAt = performance.now()
    const [sent, waiting] = await settled([
      send(ledger, recordPayment('pay-1'), 'pay-1'),
      sleep(20).then(() => send(ledger, recordPayment('pay-2'), 'pay-2')),
    ])
    t.ok(performance.now() - startedAt < 5_000)
    t.match(sent, { reason: { name: 'OutcomeUnknown' } })
    t.match(waiting, { reason: { name: 'StoreUnavailable' } })

    answer()
    store.fate = () => 'written'
    t.match(await send(ledger, recordPayment('pay-1'), 'pay-1'), { replayed: true })
    t.equal(store.eventsOf(account).length, 4, 'pay-2 was given up before it was sent')
    t.match(await send(ledger, recordPayment('pay-2'), 'pay-2'), { replayed: false })
  })

  t.test('who was told "not carried out" was not: decided and unsent is unknown', async (t) => {
    const { store, ledger } = await opened()
    await send(ledger, recordPayment('pay-0'), 'pay-0')
    let goOn = (): void => undefined
    const stuck = new Promise<void>((resolve) => {
      goOn = resolve
    })
    store.beforeRead = () => stuck
    // The second one's answer has to be read, which takes for ever: the first one stands decided and unsent.
    const results = await settled([
      send(ledger, recordPayment('pay-1'), 'pay-1'),
      send(ledger, recordPayment('pay-0'), 'pay-0'),
    ])
    const told = codesOf(results)
    goOn()
    store.beforeRead = () => undefined
    await sleep(50)
    const isWritten = store.eventsOf(account).length > 4
    t.ok(told[0] === 'OutcomeUnknown' || !isWritten, `told ${told[0]}, written: ${isWritten}`)
  })

  t.test('too many wait: the next ones are turned away at once', async (t) => {
    const { store, ledger } = await opened()
    let answer = (): void => undefined
    store.fate = () =>
      new Promise((resolve) => {
        answer = () => resolve('written')
      })
    const all = Array.from({ length: 2_300 }, (_, index) =>
      send(ledger, recordPayment(`p-${index}`, '0.01'), `p-${index}`),
    )
    const outcome = settled(all)
    await t.rejects(send(ledger, recordPayment('one-more'), 'one-more'), Overloaded)
    store.fate = () => 'written'
    answer()
    const results = await outcome
    t.ok(accepted(results) >= 2_000)
    t.ok(codesOf(results).every((name) => name === 'Overloaded'))
  })
})

t.test('two processes', async (t) => {
  t.test('nobody is refused on a state older than the question', async (t) => {
    const { store, ledger } = await opened()
    const other = ledgerOver(store)
    await t.rejects(send(other, recordPayment('pay-1', '1000.01'), 'a'), { code: 'ALLOCATION_EXCEEDS_OPEN_AMOUNT' })
    await send(ledger, registerInvoice('inv-2', '500.00'), 'invoice-2')
    const command = recordPayment('pay-2', '500.00', 'inv-2')
    t.match(await send(other, command, 'b'), { replayed: false })
  })

  t.test('an answer on its way is no proof of what happened meanwhile', async (t) => {
    const { store, ledger } = await opened()
    const other = ledgerOver(store)
    store.answerDelayMs = 200
    const slow = send(ledger, recordPayment('pay-1'), 'pay-1')
    await sleep(50)
    store.answerDelayMs = 0
    // Written and acknowledged elsewhere, before this process is asked for something that needs it.
    await send(other, registerInvoice('inv-2', '500.00'), 'invoice-2')
    const data = { clientId: 'alfa', paymentId: 'pay-1', invoiceId: 'inv-2', amount: '1.00' }
    const asked = send(ledger, { type: 'AllocatePayment', data }, 'allocate')
    await t.rejects(asked, { code: 'ALLOCATION_EXCEEDS_CREDIT' }, 'the invoice is known')
    await slow
  })

  t.test('a retry elsewhere finds the first answer, also where a stale cache would refuse it', async (t) => {
    const { store, ledger } = await opened()
    const other = ledgerOver(store)
    await send(other, recordPayment('pay-0', '1.00'), 'pay-0')
    await send(ledger, registerInvoice('inv-2', '10.00'), 'invoice-2')
    const command = recordPayment('pay-2', '5.00', 'inv-2')
    const first = await send(ledger, command, 'pay-2')
    t.same(await send(other, command, 'pay-2'), { ...first, replayed: true })
  })

  t.test('32 payments of 100.00 on an invoice of 1,000.00: exactly 10, from one process or two', async (t) => {
    for (const processes of [1, 2]) {
      const { store, ledger } = await opened()
      const ledgers = processes === 1 ? [ledger] : [ledger, ledgerOver(store)]
      const results = await settled(
        Array.from({ length: 32 }, (_, index) =>
          send(ledgers[index % processes] ?? ledger, recordPayment(`pay-${index}`), `pay-${index}`),
        ),
      )
      t.equal(accepted(results), 10)
      t.ok(codesOf(results).every((code) => code === 'ALLOCATION_EXCEEDS_OPEN_AMOUNT'))
      t.equal(store.eventsOf(account).length, 2 + 20)
    }
  })
})

t.test('If-Match', async (t) => {
  const { ledger } = await opened()
  const at = (revision: bigint) => ({ expectedRevision: revisionOf(revision) })
  await t.rejects(send(ledger, recordPayment('pay-1'), 'pay-1', at(0n)), PreconditionFailed)
  t.match(await send(ledger, recordPayment('pay-1'), 'pay-1', at(1n)), { revision: 3n })
  t.match(await send(ledger, recordPayment('pay-1'), 'pay-1', at(1n)), { replayed: true }, 'a retry asks no more')
  const both = await settled(['pay-2', 'pay-3'].map((id) => send(ledger, recordPayment(id), id, at(3n))))
  t.strictSame(codesOf(both), ['PreconditionFailed'], 'one of two wins')
})

t.test('dry runs write nothing and leave no trace in the state', async (t) => {
  const { store, ledger } = await opened()
  const dry = await send(ledger, recordPayment('pay-1', '1000.00'), 'pay-1', { dryRun: true })
  t.equal(store.log.length, 2)
  const real = await send(ledger, recordPayment('pay-1', '1000.00'), 'pay-1')
  t.same({ ...dry, position: real.position }, real)
  await t.rejects(send(ledger, recordPayment('pay-2'), 'pay-2', { dryRun: true }), {
    code: 'ALLOCATION_EXCEEDS_OPEN_AMOUNT',
  })
})

t.test('what has happened already changes nothing', async (t) => {
  const { store, ledger } = await opened()
  const data = { clientId: 'alfa', name: 'Alfa SRL' }
  const handled = await send(ledger, { type: 'UpdateClient', data }, 'same-name')
  t.match(handled, { events: [], revision: 1n, position: undefined, replayed: false })
  t.equal(store.log.length, 2)
})

t.test('a cache too small for one account makes it slower, not wrong', async (t) => {
  const store = createFakeEventStore()
  const ledger = ledgerOver(store, { cacheBytesMax: 1_000 })
  await send(ledger, registerClient(), 'client')
  await send(ledger, registerInvoice(), 'invoice')
  const results = await settled(
    Array.from({ length: 12 }, (_, index) => send(ledger, recordPayment(`pay-${index}`), `pay-${index}`)),
  )
  t.equal(accepted(results), 10)
})

t.test('recordedAt never goes back, whatever the clock does', async (t) => {
  const store = createFakeEventStore()
  let clock = new Date('2026-11-24T10:00:00.000Z')
  const ledger = ledgerOver(store, { now: () => clock })
  await send(ledger, registerClient(), 'client')
  clock = new Date('2026-11-20T10:00:00.000Z')
  await send(ledger, registerInvoice(), 'invoice')
  await send(ledgerOver(store, { now: () => clock }), recordPayment('pay-1'), 'pay-1')
  const times = store.log.map(({ metadata }) => EventMetadata.parse(metadata).recordedAt)
  t.strictSame([...new Set(times)], ['2026-11-24T10:00:00.000Z'])
})

t.test('a read that fails half-way is not remembered', async (t) => {
  const { store } = await opened()
  const broken: EventStore = {
    ...store,
    async *readStream(stream, options) {
      let count = 0
      for await (const event of store.readStream(stream, options)) {
        if (isBroken && count === 1) throw new StoreUnavailable('cut')
        count += 1
        yield event
      }
    },
  }
  let isBroken = true
  const ledger = ledgerOver(broken)
  await t.rejects(send(ledger, recordPayment('pay-1'), 'pay-1'), StoreUnavailable)
  isBroken = false
  t.match(await send(ledger, recordPayment('pay-1'), 'pay-1'), { revision: 3n })
})
