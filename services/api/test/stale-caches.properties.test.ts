/**
 * Processes whose memories of one account are of any age, over one store: keys sent again, with the same body or another, at
 * any of them, while appends are lost, late or unheard. Every answer is what the log says, and no memory differs from it.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { type AccountEvent, clientAccount, EventMetadata, Rejection, revisionOf } from '@registru/domain'
import { eventIdOf, formerEventIdOf, StoreUnavailable } from '@registru/event-store'
import fc from 'fast-check'
import t from 'tap'
import { z } from 'zod'
import type { Handled } from '../src/ledger/command-context.ts'
import { ConcurrentModification, IdempotencyKeyReused, OutcomeUnknown } from '../src/ledger/errors.ts'
import type { Ledger } from '../src/ledger/ledger.ts'
import { createFakeEventStore, type FakeEventStore } from './fake-event-store.ts'
import {
  account,
  contextOf,
  ledgerOver,
  recordPayment,
  registerClient,
  registerInvoice,
  send,
  stopLedgers,
} from './ledger-commands.ts'
import { holds } from './random.ts'

const PROCESSES = 3
const WAVES = 6

/** Few keys and few amounts, so that most commands meet an earlier one of their key, with the same body or another. */
const step = fc.record({
  process: fc.nat(PROCESSES - 1),
  key: fc.nat(6),
  amount: fc.constantFrom('100.00', '1.00', '900.00'),
  to: fc.constantFrom('inv-1', 'none'),
  dryRun: fc.nat(9).map((chance) => chance === 0),
  wave: fc.nat(WAVES - 1),
})

const history = fc.record({
  steps: fc.array(step, { minLength: 5, maxLength: 40, size: 'max' }),
  fates: fc
    .constantFrom(1, 10, 1_000)
    .chain((written) =>
      fc.infiniteStream(
        fc.oneof(
          { weight: written, arbitrary: fc.constant('written' as const) },
          { weight: 1, arbitrary: fc.constantFrom('lost' as const, 'unheard' as const, 'late' as const) },
        ),
      ),
    ),
  readFails: fc.infiniteStream(fc.nat(30).map((chance) => chance === 0)),
  pauses: fc.infiniteStream(fc.nat(1)),
})

const nextOf = <Value>(stream: fc.Stream<Value>): Value => {
  const next = stream.next()
  if (next.done === true) throw new Error('an infinite stream ended')
  return next.value
}

const encodedStateOf = async (ledger: Ledger): Promise<Buffer> =>
  Buffer.from(clientAccount.snapshot?.encode(await ledger.accounts.read(account, () => false)) ?? [])

/** The events of a command as they stand in the log. */
const storedOf = (store: FakeEventStore, commandId: string) =>
  store.eventsOf(account).filter(({ metadata }) => EventMetadata.parse(metadata).commandId === commandId)

const requireAsInLog = (store: FakeEventStore, commandId: string, requestHash: string, told: Handled<AccountEvent>) => {
  const stored = storedOf(store, commandId)
  const asTold = told.events.map(({ eventId, revision, type, data }) => ({
    eventId,
    revision: `${revision}`,
    type,
    data,
  }))
  const asStored = stored.map(({ id, revision, type, data }) => ({ eventId: id, revision: `${revision}`, type, data }))
  if (JSON.stringify(asTold) !== JSON.stringify(asStored)) {
    throw new Error(`told ${JSON.stringify(asTold)}, the log holds ${JSON.stringify(asStored)}`)
  }
  const last = stored.at(-1)
  if (last === undefined) throw new Error('told of events that the log does not hold')
  const { appendedThrough, ...metadata } = EventMetadata.parse(last.metadata)
  if (metadata.requestHash !== requestHash) throw new Error('told of the events of another request')
  const end = appendedThrough === undefined ? last : store.eventsOf(account)[appendedThrough]
  const position = told.position ?? -1n
  // Of two equal writes at the same moment both are the first; one of them may tell the place of its own events alone.
  const isPlace = told.replayed
    ? position === end?.position
    : last.position <= position && position <= (end?.position ?? -1n)
  if (!isPlace)
    throw new Error(`told position ${position}, the events end at ${last.position}, their append at ${end?.position}`)
}

t.test('every answer is what the log says, and no memory differs from the log', async (t) => {
  const seen = { written: 0, replayed: 0, reused: 0, refused: 0, unknown: 0 }
  await holds(
    t,
    fc
      .asyncProperty(history, async ({ steps, fates, readFails, pauses }) => {
        const store = createFakeEventStore()
        const ledgers = Array.from({ length: PROCESSES }, () => ledgerOver(store))
        const first = ledgers[0]
        if (first === undefined) throw new Error('no process')
        await send(first, registerClient(), 'client')
        await send(first, registerInvoice('inv-1', '1000.00'), 'invoice')
        // Each begins with a memory of this moment.
        for (const ledger of ledgers) await ledger.accounts.read(account, () => false)
        store.fate = async () => {
          await sleep(nextOf(pauses))
          return nextOf(fates)
        }
        store.beforeRead = () => {
          if (nextOf(readFails)) throw new StoreUnavailable('cut')
        }
        /** Commands that were acknowledged in an earlier wave: none of them is carried out again. */
        const acknowledged = new Set<string>()

        const carryOut = async ({ process, key, amount, to, dryRun }: (typeof steps)[number]): Promise<void> => {
          const ledger = ledgers[process]
          if (ledger === undefined) throw new Error('no such process')
          const command = recordPayment(`pay-${key}`, amount, to)
          const context = contextOf('RecordPayment', `key-${key}`, command.data, { dryRun })
          const { commandId, requestHash } = context
          const wasAcknowledged = acknowledged.has(commandId)
          try {
            const told = await ledger.accounts.handle(account, command, context)
            if (dryRun && !told.replayed) {
              if (wasAcknowledged) throw new Error('a dry run foretold what had been carried out')
              return
            }
            requireAsInLog(store, commandId, requestHash, told)
            if (wasAcknowledged && !told.replayed) throw new Error('carried out again')
            seen[told.replayed ? 'replayed' : 'written'] += 1
            acknowledgedNow.add(commandId)
          } catch (error) {
            if (error instanceof IdempotencyKeyReused) {
              const hashes = storedOf(store, commandId).map(({ metadata }) => EventMetadata.parse(metadata).requestHash)
              if (hashes.length === 0 || hashes.includes(requestHash)) throw new Error('no other request has the key')
              seen.reused += 1
            } else if (error instanceof Rejection) {
              if (wasAcknowledged) throw new Error(`refused with ${error.code} after it had been acknowledged`)
              seen.refused += 1
            } else if (error instanceof OutcomeUnknown || error instanceof StoreUnavailable) seen.unknown += 1
            else if (!(error instanceof ConcurrentModification)) throw error
          }
        }

        const acknowledgedNow = new Set<string>()
        for (let wave = 0; wave < WAVES; wave += 1) {
          await Promise.all(steps.filter((each) => each.wave === wave).map(carryOut))
          for (const commandId of acknowledgedNow) acknowledged.add(commandId)
        }
        store.fate = () => 'written'
        store.beforeRead = () => undefined
        // Whoever has sent something and given it up settles it first: that may still be written.
        for (const ledger of ledgers) await encodedStateOf(ledger)
        const folded = await encodedStateOf(ledgerOver(store))
        for (const [process, ledger] of ledgers.entries()) {
          if (!(await encodedStateOf(ledger)).equals(folded))
            throw new Error(`process ${process} remembers another account`)
        }
        const salts = store.log.map(({ metadata }) => EventMetadata.parse(metadata).salt)
        if (new Set(salts).size !== salts.length || salts.includes(undefined))
          throw new Error('each event has a salt of its own')
      })
      .afterEach(stopLedgers),
  )
  t.comment(JSON.stringify(seen))
  t.ok(Math.min(...Object.values(seen)) > 20, 'each kind of answer was met')
})

t.test('a command that was recorded under the former hash and ids is answered again', async (t) => {
  const store = createFakeEventStore()
  const ledger = ledgerOver(store)
  await send(ledger, registerClient(), 'client')
  const command = recordPayment('pay-1', '10.00', 'none')
  const context = contextOf('RecordPayment', 'pay-1', command.data)
  await send(ledger, command, 'pay-1')
  // The same log, as it was written before: ids of the command alone, the hash of the body alone, no salt.
  const older = createFakeEventStore()
  for (const [revision, { id: _id, type, data, metadata }] of store.eventsOf(account).entries()) {
    const { salt: _salt, commandId, ...told } = EventMetadata.parse(metadata)
    const requestHash = type === 'PaymentRecorded' ? context.formerRequestHash() : told.requestHash
    const id = formerEventIdOf(commandId, 0)
    await older.append(account, revision === 0 ? 'no_stream' : revisionOf(BigInt(revision) - 1n), [
      { id, type, data: z.looseObject({}).parse(data), metadata: { ...told, commandId, requestHash } },
    ])
  }
  const again = await send(ledgerOver(older), command, 'pay-1')
  t.match(again, { replayed: true, revision: 1n, events: [{ eventId: formerEventIdOf(context.commandId, 0) }] })
  await t.rejects(send(ledgerOver(older), recordPayment('pay-1', '11.00', 'none'), 'pay-1'), {
    name: 'IdempotencyKeyReused',
  })
  await t.rejects(send(ledgerOver(older), command, 'pay-1', { actor: 'somebody else', requestHash: '0'.repeat(64) }), {
    name: 'IdempotencyKeyReused',
  })
})

t.test('a correction that comes to a process with an older memory is no success', async (t) => {
  const store = createFakeEventStore()
  const [left, right] = [ledgerOver(store), ledgerOver(store)]
  await send(left, registerClient(), 'client')
  await send(left, registerInvoice('inv-1', '1210.00'), 'invoice')
  await send(right, recordPayment('pay-0', '10.00', 'inv-1'), 'pay-0')
  const first = await send(left, recordPayment('pay-1', '1000.00', 'inv-1'), 'pay-1')
  await t.rejects(send(right, recordPayment('pay-1', '1.00', 'inv-1'), 'pay-1'), { name: 'IdempotencyKeyReused' })
  await t.rejects(send(right, recordPayment('pay-2', '1100.00', 'inv-1'), 'pay-2'), {
    code: 'ALLOCATION_EXCEEDS_OPEN_AMOUNT',
  })
  t.strictSame(await send(right, recordPayment('pay-1', '1000.00', 'inv-1'), 'pay-1'), { ...first, replayed: true })
})

t.test('the same correction, carried out before at another process, is answered from the log', async (t) => {
  const store = createFakeEventStore()
  const [left, right] = [ledgerOver(store), ledgerOver(store)]
  await send(left, registerClient(), 'client')
  await right.accounts.read(account, () => false)
  const first = await send(left, recordPayment('pay-1', '10.00', 'none'), 'pay-1')
  await send(left, recordPayment('pay-2', '10.00', 'none'), 'pay-2')
  const again = await send(right, recordPayment('pay-1', '10.00', 'none'), 'pay-1')
  t.strictSame(again, { ...first, replayed: true })
  const [, stored] = store.eventsOf(account)
  const { requestHash, commandId } = EventMetadata.parse(stored?.metadata)
  const data = JSON.stringify(stored?.data)
  const content = { commandId, index: 0, type: 'PaymentRecorded', schemaVersion: 1, data, requestHash }
  t.equal(stored?.id, eventIdOf(content), 'its id covers what is stored')
})
