import {
  type AccountEvent,
  accountPayments,
  addDays,
  type CompanyCommand,
  clientAccount,
  clientAccountStream,
  company,
  companyStream,
  type LedgerMessage,
  ledgerCodec,
  type Message,
  minorOf,
  moneyOf,
  Rejection,
  type Revision,
  receiptBook,
  receiptBookStream,
  reversibleOf,
  type UnidentifiedEvent,
  unidentified,
  unidentifiedPayments,
  unidentifiedStream,
} from '@registru/domain'
import { enterReceipt, openReceiptBook, registerClient, registerCompany } from '@registru/domain/examples'
import { commandIdOf, type EventStore, type EventToAppend, formerEventIdOf } from '@registru/event-store'
import type { Random } from '@registru/scripts/seed/random'
import { DAYS, FIRST_DAY, nextCommand, SERIES } from './account-step.ts'
import { onBookOf, onCompany } from './company-step.ts'
import { onUnidentified, unidentifiedOf } from './unidentified-step.ts'

const ATTEMPTS_MAX = 10
/** Clocks of the machines that record differ a little. */
const SKEW_MAX_MS = 40
const RECEIPT_NUMBER_MAX = 30

export interface RandomCompany {
  readonly companyId: string
  readonly clientIds: readonly string[]
  /** Lets something happen and writes it; answers how many events that were. */
  readonly live: () => Promise<number>
  /** Ends what is under way between two streams, or the system's own process would: nobody else may write here. */
  readonly settle: () => Promise<number>
}

/** A company with accounts and a book whose random lives the domain decides and nobody but this process writes. */
export const foundCompany = async (
  store: Pick<EventStore, 'append'>,
  {
    companyId,
    clients,
    ids,
    random,
  }: { readonly companyId: string; readonly clients: number; readonly ids: number; readonly random: Random },
): Promise<RandomCompany> => {
  const clientIds = Array.from({ length: clients }, (_, index) => `client-${index + 1}`)
  const accounts = new Map(clientIds.map((clientId) => [clientId, clientAccount.initialState()]))
  const book = receiptBook.initialState()
  const heads = new Map<string, Revision>()
  let commands = 0
  const lastCommandId = () => commandIdOf(companyId, 'random', `${commands}`)

  const append = async (stream: string, events: readonly LedgerMessage[], causationId?: string): Promise<number> => {
    commands += 1
    const commandId = lastCommandId()
    const recordedAt = new Date(Date.now() - random.between(0, SKEW_MAX_MS)).toISOString()
    const encoded = events.map((event, index): EventToAppend => {
      const { schemaVersion, event: written } = ledgerCodec.encode(event)
      const ids = { companyId, commandId, correlationId: commandId, causationId: causationId ?? commandId }
      const metadata = { ...ids, requestHash: '0'.repeat(64), actor: 'benchmark', recordedAt, schemaVersion }
      return { id: formerEventIdOf(commandId, index), type: event.type, data: written.data, metadata }
    })
    const head = heads.get(stream)
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
      const result = await store.append(stream, head ?? 'no_stream', encoded)
      if (result.outcome === 'written') {
        heads.set(stream, result.revision)
        return events.length
      }
      if (result.outcome !== 'unknown') break
    }
    throw new Error(`${stream} could not be written`)
  }
  /** Writes what the domain decides; what it refuses leaves no trace. */
  const decided = async <Event extends LedgerMessage & Message>(
    stream: string,
    decide: () => readonly Event[],
    evolve: (event: Event) => unknown,
    causationId?: string,
  ): Promise<readonly Event[]> => {
    let events: readonly Event[]
    try {
      events = decide()
    } catch (error) {
      if (error instanceof Rejection) return []
      throw error
    }
    for (const event of events) evolve(event)
    if (events.length > 0) await append(stream, events, causationId)
    return events
  }
  const about = company.initialState()
  /** The day of whoever decides goes forward and back, too; what is asked for lies no quarter ahead of it. */
  const contextNow = () => ({ today: addDays(FIRST_DAY, random.between(DAYS / 2, DAYS)), company: about.rules })
  const onAccount = (command: Parameters<typeof clientAccount.decide>[0]): Promise<readonly AccountEvent[]> => {
    const { clientId } = command.data
    const account = accounts.get(clientId) ?? clientAccount.initialState()
    return decided(
      clientAccountStream(companyId, clientId),
      () => clientAccount.decide(command, account, contextNow()),
      (event) => clientAccount.evolve(account, event),
    )
  }
  const onBook = (command: Parameters<typeof receiptBook.decide>[0]) =>
    decided(
      receiptBookStream(companyId, SERIES),
      () => receiptBook.decide(command, book, contextNow()),
      (event) => receiptBook.evolve(book, event),
    )
  /** The two streams of a receipt, carried to the end. */
  const enterReceipts = async (events: readonly AccountEvent[]): Promise<number> => {
    let written = 0
    for (const event of events) {
      if (event.type !== 'ReceiptRequested') continue
      const entered = await onBook({ type: 'EnterReceipt', data: { ...enterReceipt(), ...event.data } })
      written += entered.length
      for (const { type, data } of entered) {
        if (type !== 'ReceiptRefused') continue
        const { series, receiptId, clientId, paymentId, code } = data
        written += (await onAccount({ type: 'DeclineReceipt', data: { series, receiptId, clientId, paymentId, code } }))
          .length
      }
    }
    return written
  }
  /** The two accounts of a transfer, carried to the end; now and then much later, when others have gone on. */
  const reserved: Extract<AccountEvent, { type: 'TransferRequested' }>['data'][] = []
  const moveReserved = async (): Promise<number> => {
    let written = 0
    for (const { clientId, paymentId, toClientId, transferId, ...moved } of reserved.splice(0)) {
      const origin = { clientId, paymentId }
      const data = { clientId: toClientId, origin, transferId, ...moved }
      for (const event of await onAccount({ type: 'ReceiveTransfer', data })) {
        const concluded = await onAccount(
          event.type === 'TransferRefused'
            ? { type: 'DeclineTransfer', data: { ...origin, transferId, code: event.data.code } }
            : { type: 'CompleteTransfer', data: { ...origin, transferId } },
        )
        written += 1 + concluded.length
      }
    }
    return written
  }
  /** A payment that is held until other accounts have given back what they have of it, carried to the end. */
  const followReversal = async (request: Extract<AccountEvent, { type: 'ReversalRequested' }>['data']) => {
    let written = 0
    const bringTo = async (whose: string, id: string, minor: bigint): Promise<void> => {
      const account = accounts.get(whose)
      const payment = account && accountPayments.get(account, id)
      if (payment === undefined) return
      let missing = minor - reversibleOf(payment)
      for (const { toClientId, transferId, amount } of payment.transfers.toReversed()) {
        if (missing <= 0n) return
        const part = missing < amount ? missing : amount
        await bringTo(toClientId, transferId, part)
        const { reversedOn, reason } = request
        const back = { clientId: toClientId, paymentId: transferId, amount: moneyOf(part, payment.currency) }
        const data = { ...back, transferId: `back-${commands}`, reversedOn, reason }
        const recalled = await onAccount({ type: 'RecallTransfer', data })
        for (const event of recalled) {
          if (event.type !== 'TransferRequested') continue
          reserved.push(event.data)
          missing -= minorOf(event.data.amount)
        }
        written += recalled.length + (await moveReserved())
      }
    }
    written += await moveReserved()
    await bringTo(request.clientId, request.paymentId, minorOf(request.amount))
    return (
      written +
      (await onAccount({ type: 'ConcludeReversal', data: { ...request, claimId: `claim-${commands}` } })).length
    )
  }
  /** The two streams of an identification, carried to the end. */
  const nobodys = unidentified.initialState()
  const recordedIds: string[] = []
  const onNobodys = (command: Parameters<typeof unidentified.decide>[0], causationId?: string) =>
    decided(
      unidentifiedStream(companyId),
      () => unidentified.decide(command, nobodys, contextNow()),
      (event) => unidentified.evolve(nobodys, event),
      causationId,
    )
  const identifiedLater: Extract<UnidentifiedEvent, { type: 'IdentificationRequested' }>['data'][] = []
  const receiveIdentified = async (): Promise<number> => {
    let written = 0
    for (const request of identifiedLater.splice(0)) {
      const { paymentId, clientId, identificationId } = request
      const { method = 'BANK_TRANSFER', remittanceText } = unidentifiedPayments.get(nobodys, paymentId) ?? {}
      const data = { ...request, method, remittanceText }
      const which = { paymentId, clientId, identificationId }
      const received = await onAccount({ type: 'ReceiveIdentification', data })
      const code = received.find((event) => event.type === 'IdentificationRefused')?.data.code
      const told = await onNobodys(
        code === undefined
          ? { type: 'CompleteIdentification', data: which }
          : { type: 'DeclineIdentification', data: { ...which, code } },
      )
      written += received.length + told.length
    }
    return written
  }
  const undoIdentification = async (paymentId: string): Promise<number> => {
    const { identifications = [], method = 'BANK_TRANSFER' } = unidentifiedPayments.get(nobodys, paymentId) ?? {}
    const found = identifications.length === 0 ? undefined : random.pick(identifications)
    if (found === undefined) return 0
    const { identificationId, clientId } = found
    const told = { undoneOn: addDays(FIRST_DAY, random.between(0, DAYS)), reason: 'not his' }
    const data = { paymentId, identificationId, clientId, method, ...told }
    const undone = await onAccount({ type: 'UndoIdentification', data })
    let written = undone.length
    const undoneBy = lastCommandId()
    for (const [index, event] of undone.entries()) {
      if (event.type !== 'IdentificationUndone') continue
      const { method: _, reason: _reason, ...back } = event.data
      // What is taken back names the event that it follows: by that the system knows that it is done.
      const cause = formerEventIdOf(undoneBy, index)
      written += (await onNobodys({ type: 'TakeBackIdentification', data: back }, cause)).length
    }
    return written
  }
  const liveNobodys = async (): Promise<number> => {
    if (recordedIds.length === 0 || random.chance(0.3)) {
      const data = unidentifiedOf(`unk-${recordedIds.length + 1}`, random)
      recordedIds.push(data.paymentId)
      return (await onNobodys({ type: 'RecordUnidentifiedPayment', data })).length
    }
    const paymentId = random.pick(recordedIds)
    if (random.chance(0.2)) return undoIdentification(paymentId)
    const events = await onNobodys(onUnidentified(nobodys, paymentId, random.pick(clientIds), random))
    for (const event of events) if (event.type === 'IdentificationRequested') identifiedLater.push(event.data)
    return events.length + (random.chance(0.8) ? await receiveIdentified() : 0)
  }
  const annulReceipt = async (): Promise<number> => {
    const which = { series: SERIES, number: random.between(1, RECEIPT_NUMBER_MAX), reason: 'wrong amount' }
    const data = { ...which, annulledOn: '2026-11-20', alsoReversePayment: random.chance(0.5) }
    const annulled = await onBook({ type: 'AnnulReceipt', data })
    let written = annulled.length
    for (const event of annulled) {
      if (event.type !== 'ReceiptAnnulled') continue
      written += (await onAccount({ type: 'ReleaseReceipt', data: event.data })).length
    }
    return written
  }

  const onItself = (command: CompanyCommand) =>
    decided(
      companyStream(companyId),
      () => company.decide(command, about, contextNow()),
      (event) => company.evolve(about, event),
    )
  await onItself({ type: 'RegisterCompany', data: { ...registerCompany(), companyId } })
  await onItself({ type: 'SetPolicy', data: { companyId, smallDifference: '9.00' } })
  await onBook({ type: 'OpenReceiptBook', data: openReceiptBook({ series: SERIES, from: 1 }) })
  for (const clientId of clientIds) await onAccount({ type: 'RegisterClient', data: registerClient({ clientId }) })

  const live = async (): Promise<number> => {
    if (random.chance(0.02)) return annulReceipt()
    if (random.chance(0.01)) return (await onBook(onBookOf(random, RECEIPT_NUMBER_MAX))).length
    if (random.chance(0.02)) return (await onItself(onCompany(about, companyId, random))).length
    if (random.chance(0.08)) return liveNobodys()
    const clientId = random.pick(clientIds)
    const others = clientIds.filter((other) => other !== clientId)
    const command = nextCommand(
      accounts.get(clientId) ?? clientAccount.initialState(),
      { clientId, others, ids },
      random,
    )
    if (command === undefined) return 0
    const events = await onAccount(command)
    let followed = 0
    for (const event of events) {
      if (event.type === 'TransferRequested') reserved.push(event.data)
      if (event.type === 'ReversalRequested') followed += await followReversal(event.data)
    }
    const moved = random.chance(0.8) ? await moveReserved() : 0
    return events.length + followed + moved + (await enterReceipts(events))
  }
  const settle = async (): Promise<number> => (await moveReserved()) + (await receiveIdentified())
  return { companyId, clientIds, live, settle }
}
