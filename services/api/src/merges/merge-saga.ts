import {
  type AccountCommand,
  type AccountEvent,
  type ClientId,
  type CompanyId,
  clientAccountStream,
  type EventOf,
  type InvoiceId,
  type InvoiceMoveRequested,
  type MergeConflict,
  type MergeRequested,
  type MergeResumed,
  mergeConflicts,
  movableFrom,
  type PaymentId,
  type Position,
  Rejection,
  type RejectionCode,
} from '@registru/domain'
import { v5 } from 'uuid'
import type { Handled } from '../ledger/command-context.ts'
import { lastPosition } from '../ledger/last-position.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { type Cause, stepContext } from '../steps/step.ts'
import type { TransferSaga } from '../transfers/transfer-saga.ts'

export type MergeRequest = EventOf<typeof MergeRequested>['data']
export type MergeResumption = EventOf<typeof MergeResumed>['data']
export type InvoiceMove = EventOf<typeof InvoiceMoveRequested>['data']

/** However many records an account has, nobody else waits for a look through more of them. */
const RECORDS_PER_LOOK = 5_000
/** What is reserved in one append; the other account receives it in about as few. */
const ITEMS_PER_APPEND = 50
/** An answer names no more. */
const NAMED_MAX = 100

interface Items {
  readonly invoiceIds: readonly InvoiceId[]
  readonly paymentIds: readonly PaymentId[]
}

interface Done {
  /** Why the other account refused; `undefined`: it has what was asked of it. */
  readonly code: RejectionCode | undefined
  readonly position: Position | undefined
}

interface Accounts {
  readonly clientId: ClientId
  readonly intoClientId: ClientId
}

/** Two accounts of one debtor become one: what is left in the first goes to the second, item by item. */
export interface MergeSaga {
  /** Refuses early what the other account would refuse, so that nothing is closed. @throws Rejection */
  readonly requireReceiver: (companyId: CompanyId, accounts: Accounts) => Promise<void>
  /** Moves all that is there, or opens the account again; a second time, what is left. */
  readonly carryOut: (request: Cause<MergeRequest>) => Promise<Done>
  /** Moves on what an undo has left. */
  readonly moveOn: (resumption: Cause<MergeResumption>) => Promise<Done>
  readonly moveInvoice: (request: Cause<InvoiceMove>) => Promise<Done>
  /** What could not move: its id is taken over there, or it is held here. */
  readonly leftIn: (companyId: CompanyId, clientId: ClientId) => Promise<Items>
}

const partsOf = ({ invoiceIds, paymentIds }: Items): readonly Items[] => {
  const parts: Items[] = []
  for (let at = 0; at < Math.max(invoiceIds.length, paymentIds.length); at += ITEMS_PER_APPEND) {
    const to = at + ITEMS_PER_APPEND
    parts.push({ invoiceIds: invoiceIds.slice(at, to), paymentIds: paymentIds.slice(at, to) })
  }
  return parts
}

export const createMergeSaga = (ledger: Ledger, transfers: Pick<TransferSaga, 'move'>): MergeSaga => {
  const toAccount = async (cause: Cause<unknown>, step: string, clientId: ClientId, command: AccountCommand) => {
    const companyRules = await ledger.rules.rulesOf(cause.companyId)
    const stream = clientAccountStream(cause.companyId, clientId)
    return ledger.accounts.handle(stream, command, { ...stepContext(cause, step), companyRules })
  }

  /** Look after look through what could move; each time at the account as it is then. */
  const looks = async function* (companyId: CompanyId, clientId: ClientId): AsyncGenerator<Items> {
    const stream = clientAccountStream(companyId, clientId)
    for (let from: number | undefined = 0; from !== undefined; ) {
      const isFirst = from === 0
      // What is remembered may be old: nobody knows what has gone on since.
      const account = await ledger.accounts.read(stream, () => !isFirst)
      const found = movableFrom(account, from, RECORDS_PER_LOOK)
      from = found.next
      yield found
    }
  }

  const moveInvoice: MergeSaga['moveInvoice'] = async (request) => {
    const { clientId: fromClientId, intoClientId, ...moved } = request.data
    const received = await toAccount(request, 'receiveInvoice', intoClientId, {
      type: 'ReceiveInvoice',
      data: { clientId: intoClientId, fromClientId, ...moved },
    })
    const code = received.events.find((event) => event.type === 'InvoiceMoveRefused')?.data.code
    if (code === undefined) return { code, position: received.position }
    const declined = await toAccount(request, 'declineInvoiceMove', fromClientId, {
      type: 'DeclineInvoiceMove',
      data: { ...request.data, code },
    })
    return { code, position: lastPosition(received, declined) }
  }

  const moveReserved = async (cause: Cause<unknown>, event: Handled<AccountEvent>['events'][number]) => {
    const { companyId, actor, correlationId } = cause
    const about = { eventId: event.eventId, companyId, actor, correlationId }
    if (event.type === 'InvoiceMoveRequested') return moveInvoice({ data: event.data, ...about })
    return event.type === 'TransferRequested' ? transfers.move({ data: event.data, ...about }) : undefined
  }

  /** Under ids that tell a second look of the same cause from the first: something was left again since. */
  const moveItems = async (cause: Cause<Pick<Accounts, 'clientId'>>, items: Items): Promise<Position | undefined> => {
    const { clientId } = cause.data
    const { merge } = await ledger.accounts.read(clientAccountStream(cause.companyId, clientId), () => true)
    const named = (what: string): string => v5(`${what} ${merge?.round ?? 0}`, cause.eventId)
    const { invoiceIds, paymentIds } = items
    const step = `moveItems ${merge?.round ?? 0} ${[...invoiceIds, '', ...paymentIds].join(' ')}`
    const reserved = await toAccount(cause, step, clientId, {
      type: 'MoveItems',
      data: {
        clientId,
        invoices: invoiceIds.map((invoiceId) => ({ invoiceId, moveId: named(`invoice ${invoiceId}`) })),
        credits: paymentIds.map((paymentId) => ({ paymentId, transferId: named(`credit ${paymentId}`) })),
      },
    })
    // They wait for one stream, which takes many of them in one append.
    const moved = await Promise.all(reserved.events.map((event) => moveReserved(cause, event)))
    return moved.reduce<Position | undefined>(
      (position, one) => lastPosition({ position }, { position: one?.position }),
      reserved.position,
    )
  }

  const conclude = async (cause: Cause<Pick<Accounts, 'clientId'>>, round: number, items: AsyncIterable<Items>) => {
    const { clientId } = cause.data
    let position: Position | undefined
    for await (const found of items) {
      for (const part of partsOf(found)) {
        position = lastPosition({ position }, { position: await moveItems(cause, part) })
      }
    }
    const data = { clientId, round }
    const concluded = await toAccount(cause, 'concludeMerge', clientId, { type: 'ConcludeMerge', data })
    // Whoever carries it out beside us writes no other: who asks again has the same answer.
    return concluded.position ?? position
  }

  return {
    requireReceiver: async (companyId, { clientId, intoClientId }) => {
      const stream = clientAccountStream(companyId, intoClientId)
      const into = await ledger.accounts.read(stream, () => false)
      if (into.client === undefined) throw new Rejection('CLIENT_NOT_FOUND', { clientId: intoClientId })
      if (into.merge !== undefined) {
        const { intoClientId: on, mergedOn } = into.merge
        throw new Rejection('CLIENT_MERGED', {
          path: '/intoClientId',
          clientId: intoClientId,
          intoClientId: on,
          mergedOn,
        })
      }
      const conflicts: MergeConflict[] = []
      for await (const { invoiceIds } of looks(companyId, clientId)) {
        const account = await ledger.accounts.read(clientAccountStream(companyId, clientId), () => true)
        conflicts.push(...mergeConflicts(account, into, invoiceIds))
      }
      if (conflicts.length === 0) return
      throw new Rejection('MERGE_ID_CONFLICT', {
        intoClientId,
        many: conflicts.length,
        conflicts: conflicts.slice(0, NAMED_MAX),
      })
    },

    carryOut: async (request) => {
      const { clientId, intoClientId } = request.data
      const accepted = await toAccount(request, 'acceptMerge', intoClientId, {
        type: 'AcceptMerge',
        data: { clientId: intoClientId, fromClientId: clientId },
      })
      const code = accepted.events.find((event) => event.type === 'MergeRefused')?.data.code
      if (code !== undefined) {
        const data = { clientId, code }
        const declined = await toAccount(request, 'declineMerge', clientId, { type: 'DeclineMerge', data })
        return { code, position: lastPosition(accepted, declined) }
      }
      const confirmed = await toAccount(request, 'confirmMerge', clientId, {
        type: 'ConfirmMerge',
        data: { clientId },
      })
      const position = await conclude(request, 0, looks(request.companyId, clientId))
      return { code, position: position ?? confirmed.position }
    },

    moveOn: async (resumption) => {
      const { clientId, round, left } = resumption.data
      const told = async function* (): AsyncGenerator<Items> {
        if (left !== undefined) yield left
      }
      const items = left === undefined ? looks(resumption.companyId, clientId) : told()
      return { code: undefined, position: await conclude(resumption, round, items) }
    },

    moveInvoice,

    leftIn: async (companyId, clientId) => {
      const left: { invoiceIds: InvoiceId[]; paymentIds: PaymentId[] } = { invoiceIds: [], paymentIds: [] }
      for await (const { invoiceIds, paymentIds } of looks(companyId, clientId)) {
        left.invoiceIds.push(...invoiceIds)
        left.paymentIds.push(...paymentIds)
      }
      return { invoiceIds: left.invoiceIds.slice(0, NAMED_MAX), paymentIds: left.paymentIds.slice(0, NAMED_MAX) }
    },
  }
}
