/** Random commands, faults and processes: whatever a caller was told is true of the log. */
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type AccountCommand,
  type AccountEvent,
  clientAccount,
  EventMetadata,
  Rejection,
  revisionOf,
} from '@registru/domain'
import { StoreUnavailable } from '@registru/event-store'
import fc from 'fast-check'
import t from 'tap'
import type { CommandContext, Handled } from '../src/ledger/command-context.ts'
import { GroupRefused, PreconditionFailed } from '../src/ledger/errors.ts'
import type { Ledger } from '../src/ledger/ledger.ts'
import { createSnapshotKeeper } from '../src/ledger/snapshots.ts'
import { createFakeEventStore, type FakeEventStore } from './fake-event-store.ts'
import { createFakeSnapshotTable, silent } from './fake-snapshot-table.ts'
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

const ATTEMPTS_MAX = 2

const invoiceId = fc.constantFrom('inv-1', 'inv-2')
const paymentId = fc.nat(15).map((number) => `pay-${number}`)
const amount = fc.constantFrom('0.01', '70.00', '1000.00')

const command: fc.Arbitrary<AccountCommand> = fc.oneof(
  fc.tuple(invoiceId, amount).map(([id, total]) => registerInvoice(id, total)),
  fc
    .tuple(paymentId, amount, fc.oneof(invoiceId, fc.constant('none')))
    .map(([id, sum, to]) => recordPayment(id, sum, to)),
  fc
    .record({ clientId: fc.constant('alfa'), paymentId, invoiceId, amount })
    .map((data) => ({ type: 'AllocatePayment' as const, data })),
  fc.record({ clientId: fc.constant('alfa'), paymentId, reason: fc.constant('MISTAKE' as const) }).map((data) => ({
    type: 'ReversePayment' as const,
    data: { ...data, claimId: 'claim', reversedOn: '2026-11-24' },
  })),
)

/** In bad weather most appends stay unanswered, so that a worker gives up on some and meets them again. */
const fates = fc
  .constantFrom(1, 8, 40)
  .chain((written) =>
    fc.infiniteStream(
      fc.oneof(
        { weight: written, arbitrary: fc.constant('written' as const) },
        { weight: 4, arbitrary: fc.constant('lost' as const) },
        { weight: 1, arbitrary: fc.constant('unheard' as const) },
        { weight: 2, arbitrary: fc.constant('late' as const) },
      ),
    ),
  )

const history = fc.record({
  /** `wave`: those of one wave are sent at the same time. */
  commands: fc.array(fc.record({ command, wave: fc.nat(4), process: fc.nat(1), retryElsewhere: fc.boolean() }), {
    minLength: 5,
    maxLength: 40,
    size: 'max',
  }),
  fates,
  readFails: fc.infiniteStream(fc.nat(12).map((chance) => chance === 0)),
  pauses: fc.infiniteStream(fc.nat(1)),
})

const nextOf = <Value>(stream: fc.Stream<Value>): Value => {
  const next = stream.next()
  if (next.done === true) throw new Error('an infinite stream ended')
  return next.value
}

type Told =
  | { readonly told: 'acknowledged'; readonly answer: Handled<AccountEvent>; readonly atOnce: boolean }
  | { readonly told: 'refused' | 'doubtful' | 'unknown' }

const commandsInLog = (store: FakeEventStore): ReadonlyMap<string, number> => {
  const count = new Map<string, number>()
  let last: string | undefined
  for (const { metadata } of store.eventsOf(account)) {
    const { commandId } = EventMetadata.parse(metadata)
    if (commandId !== last) count.set(commandId, (count.get(commandId) ?? 0) + 1)
    last = commandId
  }
  return count
}

const lastPositionOf = (store: FakeEventStore, commandId: string): bigint =>
  store
    .eventsOf(account)
    .filter(({ metadata }) => EventMetadata.parse(metadata).commandId === commandId)
    .reduce((last, { position }) => (position > last ? position : last), -1n)

/** All that an account is, as bytes. */
const stateOf = async (ledger: Ledger): Promise<Buffer> => {
  const state = await ledger.accounts.read(account, () => true)
  return Buffer.from(clientAccount.snapshot?.encode(state) ?? [])
}

t.test('acknowledged: once; refused: never; unknown: at most once; asked again: the same answer', async (t) => {
  let hits = 0
  const outcomes = { acknowledged: 0, refused: 0, doubtful: 0, unknown: 0 }
  const runs = await holds(
    t,
    fc
      .asyncProperty(history, async ({ commands, fates, readFails, pauses }) => {
        const store = createFakeEventStore()
        // The second process takes a snapshot whenever it may, and begins anew from it after each failure.
        const table = createFakeSnapshotTable()
        const snapshots = () =>
          createSnapshotKeeper({
            store: { readStream: store.readStream.bind(store), identity: () => Promise.resolve('store') },
            table,
            logger: silent,
            random: () => 1,
            tailEventsMax: 1,
          })
        const ledgers = [ledgerOver(store), ledgerOver(store, { snapshots: snapshots() })] as const
        await send(ledgers[0], registerClient(), 'client')
        await send(ledgers[0], registerInvoice('inv-1', '1000.00'), 'invoice')
        store.fate = async () => {
          await sleep(nextOf(pauses))
          return nextOf(fates)
        }
        store.beforeRead = () => {
          if (nextOf(readFails)) throw new StoreUnavailable('cut')
        }

        const carryOut = async (index: number): Promise<Told> => {
          const step = commands[index]
          if (step === undefined) throw new Error('no such command')
          for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
            const process = step.retryElsewhere ? (step.process + attempt) % 2 : step.process
            try {
              const answer = await send(ledgers[process === 0 ? 0 : 1], step.command, `key-${index}`)
              return { told: 'acknowledged', answer, atOnce: attempt === 0 }
            } catch (error) {
              // Given up by one process and refused by another: what the first one sent may have leaned on commands that it
              // was sent with, and may still land. The caller was told "unknown" before.
              if (error instanceof Rejection)
                return { told: attempt > 0 && step.retryElsewhere ? 'doubtful' : 'refused' }
            }
          }
          return { told: 'unknown' }
        }

        const told = new Map<number, Told>()
        for (let wave = 0; wave <= 4; wave += 1) {
          const indices = commands.flatMap((step, index) => (step.wave === wave ? [index] : []))
          await Promise.all(indices.map(async (index) => told.set(index, await carryOut(index))))
        }
        store.fate = () => 'written'
        store.beforeRead = () => undefined

        const inLog = commandsInLog(store)
        const keeper = snapshots()
        const fresh = ledgerOver(store, { snapshots: keeper })
        if (!(await stateOf(fresh)).equals(await stateOf(ledgerOver(store)))) throw new Error('a snapshot was wrong')
        hits += keeper.counts.hits
        for (const [index, result] of told) {
          outcomes[result.told] += 1
          const step = commands[index]
          if (step === undefined) throw new Error('no such command')
          const { commandId } = contextOf(step.command.type, `key-${index}`, step.command.data)
          const times = inLog.get(commandId) ?? 0
          const isUnchanged = result.told === 'acknowledged' && result.answer.events.length === 0
          if (result.told === 'refused' && times !== 0) throw new Error(`refused command ${index} stands in the log`)
          if (result.told === 'acknowledged' && times !== (isUnchanged ? 0 : 1)) {
            throw new Error(`acknowledged command ${index} stands ${times} times in the log`)
          }
          if (times > 1) throw new Error(`command ${index} stands ${times} times in the log`)
          if (result.told === 'acknowledged' && !isUnchanged) {
            const again = await send(fresh, step.command, `key-${index}`)
            if (!Object.is(again.replayed, true)) throw new Error(`command ${index} was carried out again`)
            // An attempt that was given up may land beside other commands than the next one was sent with: then the answer
            // tells a position at which the command stands, and later answers the end of the append that wrote it.
            const [first, later] = [result.answer.position ?? -1n, again.position ?? -1n]
            const isSamePosition = result.atOnce
              ? first === later
              : lastPositionOf(store, commandId) <= first && first <= later
            const isSame =
              isSamePosition &&
              again.revision === result.answer.revision &&
              JSON.stringify(again.events, bigintsAsText) === JSON.stringify(result.answer.events, bigintsAsText)
            if (!isSame)
              throw new Error(`command ${index} answers otherwise: ${again.position}, first ${result.answer.position}`)
          }
        }
      })
      .afterEach(stopLedgers),
  )
  t.comment(JSON.stringify(outcomes))
  t.ok(outcomes.acknowledged > outcomes.unknown, 'most of it went well')
  t.ok(outcomes.refused > 0)
  t.ok(hits > runs / 4, `${hits} of the final states came from snapshots`)
})

const bigintsAsText = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? `${value}` : value)

const day = fc.constantFrom('2026-11-02', '2026-11-24')
const about = { clientId: fc.constant('alfa'), paymentId, invoiceId, amount }

/** What else an account is asked to do; refusals are as welcome as acceptances. */
const otherCommand: fc.Arbitrary<AccountCommand> = fc.oneof(
  fc
    .record({ ...about, deallocatedOn: day, reason: fc.constant('WRONG_INVOICE' as const) })
    .map((data) => ({ type: 'DeallocatePayment' as const, data })),
  fc
    .record({ ...about, refundId: fc.nat(3).map((number) => `ref-${number}`), refundedOn: day })
    .map(({ invoiceId: _invoice, ...data }) => ({
      type: 'RecordRefund' as const,
      data: { ...data, claimId: 'claim', method: 'CASH' as const },
    })),
  fc.tuple(invoiceId, day).map(([id, writtenOffOn]) => ({
    type: 'WriteOffInvoice' as const,
    data: { clientId: 'alfa', invoiceId: id, reason: 'prescrisă', approvedBy: 'Ioana Pop', writtenOffOn },
  })),
  fc.tuple(invoiceId, amount).map(([id, sum]) => ({
    type: 'GrantDiscount' as const,
    data: { clientId: 'alfa', invoiceId: id, kind: 'SETTLEMENT' as const, amount: sum },
  })),
  invoiceId.map((id) => ({
    type: 'CancelInvoice' as const,
    data: { clientId: 'alfa', invoiceId: id, reason: 'greșită' },
  })),
  fc.constantFrom('Alfa SRL', 'Alfa Construct SRL').map((name) => ({
    type: 'UpdateClient' as const,
    data: { clientId: 'alfa', name },
  })),
  // A receipt is reserved, and some are declined again.
  paymentId.map((id) => ({
    type: 'IssueReceipt' as const,
    data: { clientId: 'alfa', paymentId: id, series: 'C', issuedOn: '2026-11-24', receiptId: `rec-${id}` },
  })),
  paymentId.map((id) => ({
    type: 'DeclineReceipt' as const,
    data: {
      clientId: 'alfa',
      paymentId: id,
      series: 'C',
      receiptId: `rec-${id}`,
      code: 'RECEIPT_RANGE_EXHAUSTED' as const,
    },
  })),
)

const steps = fc.array(
  fc.record({
    /** More than one: all by one append, or none. */
    commands: fc.oneof(
      { weight: 4, arbitrary: fc.tuple(fc.oneof(command, otherCommand)) },
      { weight: 1, arbitrary: fc.array(fc.oneof(command, otherCommand), { minLength: 2, maxLength: 4 }) },
    ),
    dryIn: fc.nat(1),
    realIn: fc.nat(1),
    /** Behind or ahead of the stream by so much: only 0 passes. */
    expected: fc.option(fc.constantFrom(-1n, 0n, 1n), { freq: 4, nil: undefined }),
  }),
  { minLength: 5, maxLength: 30, size: 'max' },
)

type Outcome = { readonly answers: readonly Handled<AccountEvent>[] } | { readonly refused: unknown }

const refusalOf = (error: unknown): unknown => {
  if (error instanceof Rejection) return { code: error.code, details: error.details }
  if (error instanceof PreconditionFailed) return { revision: error.revision }
  if (error instanceof GroupRefused) return { index: error.index, cause: refusalOf(error.cause) }
  throw error
}

t.test('a dry run tells what the command then does', async (t) => {
  const seen = { accepted: 0, refused: 0, groups: 0 }
  const runs = await holds(
    t,
    fc
      .asyncProperty(steps, async (history) => {
        const store = createFakeEventStore()
        const ledgers = [ledgerOver(store), ledgerOver(store)] as const
        await send(ledgers[0], registerClient(), 'client')
        await send(ledgers[0], registerInvoice('inv-1', '1000.00'), 'invoice')

        for (const [index, { commands, dryIn, realIn, expected }] of history.entries()) {
          const expectedRevision =
            expected === undefined ? undefined : revisionOf(BigInt(store.log.length) - 1n + expected)
          const carryOut = async (process: number, dryRun: boolean): Promise<Outcome> => {
            const { accounts } = ledgers[process === 0 ? 0 : 1]
            const override: Partial<CommandContext> = {
              dryRun,
              ...(expectedRevision === undefined || commands.length > 1 ? {} : { expectedRevision }),
            }
            const [first, ...others] = commands.map((each, at) => ({
              command: each,
              context: contextOf(each.type, `key-${index}-${at}`, each.data, override),
            }))
            if (first === undefined) throw new Error('a step without a command')
            try {
              if (others.length > 0) return { answers: await accounts.handleAll(account, [first, ...others]) }
              return { answers: [await accounts.handle(account, first.command, first.context)] }
            } catch (error) {
              return { refused: refusalOf(error) }
            }
          }
          const before = store.log.length
          const dry = await carryOut(dryIn, true)
          if (store.log.length !== before) throw new Error(`step ${index}: a dry run wrote`)
          const real = await carryOut(realIn, false)
          // Nothing is known of a position before something is written.
          const told = (outcome: Outcome): string =>
            JSON.stringify(
              'answers' in outcome
                ? { answers: outcome.answers.map((answer) => ({ ...answer, position: undefined })) }
                : outcome,
              bigintsAsText,
            )
          if (told(dry) !== told(real)) throw new Error(`step ${index}: dry ${told(dry)}, real ${told(real)}`)
          seen['answers' in real ? 'accepted' : 'refused'] += 1
          if (commands.length > 1) seen.groups += 1
        }
      })
      .afterEach(stopLedgers),
  )
  t.comment(JSON.stringify(seen))
  t.ok(Math.min(seen.accepted, seen.refused, seen.groups) > runs / 2)
})
