import {
  type AccountCommand,
  type AccountEvent,
  accountPayments,
  type BusinessDay,
  type ClientAccount,
  type Company,
  type CompanyCommand,
  type CompanyEvent,
  clientAccount,
  clientAccountStream,
  company,
  companyStream,
  type LedgerMessage,
  ledgerCodec,
  type Message,
  minorOf,
  moneyOf,
  movableFrom,
  type ReceiptBook,
  type ReceiptBookCommand,
  type ReceiptBookEvent,
  Rejection,
  type RejectionCode,
  type Revision,
  receiptBook,
  receiptBookStream,
  reversibleOf,
  type UnidentifiedCommand,
  type UnidentifiedEvent,
  type UnidentifiedPayments,
  unidentified,
  unidentifiedPayments,
  unidentifiedStream,
} from '@registru/domain'
import { enterReceipt } from '@registru/domain/examples'
import { commandIdOf, type EventStore, type EventToAppend, formerEventIdOf } from '@registru/event-store'

const ATTEMPTS_MAX = 10

/** What came of a command: nothing is decided where the same has happened, and nothing is written of what is refused. */
export interface Outcome<Event = AccountEvent> {
  readonly events: readonly Event[]
  readonly refused?: RejectionCode
}

/** A company whose streams nobody but this process writes. What begins in one stream and ends in another waits for `settle`. */
export interface PlayedCompany {
  readonly companyId: string
  readonly about: Company
  readonly nobodys: UnidentifiedPayments
  readonly accountOf: (clientId: string) => ClientAccount
  readonly onItself: (command: CompanyCommand) => Promise<Outcome<CompanyEvent>>
  readonly onAccount: (command: AccountCommand) => Promise<Outcome>
  readonly onBook: (command: ReceiptBookCommand) => Promise<Outcome<ReceiptBookEvent>>
  readonly onNobodys: (command: UnidentifiedCommand) => Promise<Outcome<UnidentifiedEvent>>
  /** Carries every transfer, every identification and every merge to its end. */
  readonly settle: () => Promise<void>
  /** How many events were written. */
  readonly written: () => number
}

type DataOf<Type extends AccountEvent['type']> = Extract<AccountEvent, { readonly type: Type }>['data']

/** The domain decides, this carries out what it says and what the system's own processes would do about it. */
export const playCompany = (
  store: Pick<EventStore, 'append'>,
  companyId: string,
  { today, recordedAt }: { readonly today: () => BusinessDay; readonly recordedAt: () => Date },
): PlayedCompany => {
  const about = company.initialState()
  const nobodys = unidentified.initialState()
  const accounts = new Map<string, ClientAccount>()
  const books = new Map<string, ReceiptBook>()
  const heads = new Map<string, Revision>()
  let commands = 0
  let written = 0

  const append = async (
    stream: string,
    events: readonly LedgerMessage[],
    cause: string | undefined,
  ): Promise<string> => {
    commands += 1
    const commandId = commandIdOf(companyId, 'random', `${commands}`)
    const instant = recordedAt().toISOString()
    const encoded = events.map((event, index): EventToAppend => {
      const { schemaVersion, event: stored } = ledgerCodec.encode(event)
      const ids = { companyId, commandId, correlationId: commandId, causationId: cause ?? commandId }
      const metadata = { ...ids, requestHash: '0'.repeat(64), actor: 'benchmark', recordedAt: instant, schemaVersion }
      return { id: formerEventIdOf(commandId, index), type: event.type, data: stored.data, metadata }
    })
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
      const result = await store.append(stream, heads.get(stream) ?? 'no_stream', encoded)
      if (result.outcome === 'written') {
        heads.set(stream, result.revision)
        written += events.length
        return commandId
      }
      if (result.outcome !== 'unknown') break
    }
    throw new Error(`${stream} could not be written`)
  }
  interface Decided<Event> extends Outcome<Event> {
    readonly commandId?: string
  }
  const decided = async <Event extends LedgerMessage & Message>(
    stream: string,
    decide: () => readonly Event[],
    evolve: (event: Event) => unknown,
    cause?: string,
  ): Promise<Decided<Event>> => {
    let events: readonly Event[]
    try {
      events = decide()
    } catch (error) {
      if (error instanceof Rejection) return { events: [], refused: error.code }
      throw error
    }
    for (const event of events) evolve(event)
    return events.length === 0 ? { events } : { events, commandId: await append(stream, events, cause) }
  }
  const stateOf = <State>(states: Map<string, State>, key: string, initial: () => State): State => {
    const state = states.get(key) ?? initial()
    states.set(key, state)
    return state
  }
  const accountOf = (clientId: string): ClientAccount => stateOf(accounts, clientId, clientAccount.initialState)
  const contextNow = () => ({ today: today(), company: about.rules })

  const onItself = (command: CompanyCommand) =>
    decided(
      companyStream(companyId),
      () => company.decide(command, about, contextNow()),
      (event) => company.evolve(about, event),
    )
  const onBook = async (command: ReceiptBookCommand): Promise<Outcome<ReceiptBookEvent>> => {
    const book = stateOf(books, command.data.series, receiptBook.initialState)
    const outcome = await decided(
      receiptBookStream(companyId, command.data.series),
      () => receiptBook.decide(command, book, contextNow()),
      (event) => receiptBook.evolve(book, event),
    )
    for (const { type, data } of outcome.events) {
      if (type === 'ReceiptRefused') {
        const { series, receiptId, clientId, paymentId, code } = data
        await onAccount({ type: 'DeclineReceipt', data: { series, receiptId, clientId, paymentId, code } })
      }
      if (type === 'ReceiptAnnulled') await onAccount({ type: 'ReleaseReceipt', data })
    }
    return outcome
  }

  const reserved: DataOf<'TransferRequested'>[] = []
  const moveReserved = async (): Promise<void> => {
    for (const { clientId, paymentId, toClientId, transferId, ...moved } of reserved.splice(0)) {
      const origin = { clientId, paymentId }
      const data = { clientId: toClientId, origin, transferId, ...moved }
      for (const event of (await onAccount({ type: 'ReceiveTransfer', data })).events) {
        await onAccount(
          event.type === 'TransferRefused'
            ? { type: 'DeclineTransfer', data: { ...origin, transferId, code: event.data.code } }
            : { type: 'CompleteTransfer', data: { ...origin, transferId } },
        )
      }
    }
  }
  /** A payment that is held until other accounts have given back what they have of it. */
  const followReversal = async (request: DataOf<'ReversalRequested'>): Promise<void> => {
    const { reversedOn, reason } = request
    const bringTo = async (whose: string, id: string, minor: bigint): Promise<void> => {
      const payment = accountPayments.get(accountOf(whose), id)
      if (payment === undefined) return
      let missing = minor - reversibleOf(payment)
      for (const { toClientId, transferId, amount } of payment.transfers.toReversed()) {
        if (missing <= 0n) return
        const part = missing < amount ? missing : amount
        await bringTo(toClientId, transferId, part)
        const back = { clientId: toClientId, paymentId: transferId, amount: moneyOf(part, payment.currency) }
        const data = { ...back, transferId: `back-${commands}`, reversedOn, reason }
        for (const event of (await onAccount({ type: 'RecallTransfer', data })).events) {
          if (event.type === 'TransferRequested') missing -= minorOf(event.data.amount)
        }
        await moveReserved()
      }
    }
    await moveReserved()
    await bringTo(request.clientId, request.paymentId, minorOf(request.amount))
    await onAccount({ type: 'ConcludeReversal', data: { ...request, claimId: `claim-${commands}` } })
  }
  /** What of two accounts that are one has begun: a merge, or that something was left again. */
  const merging: { readonly clientId: string; readonly round: number }[] = []
  const agree = async (clientId: string, intoClientId: string): Promise<void> => {
    const asked = { clientId: intoClientId, fromClientId: clientId }
    const { events } = await onAccount({ type: 'AcceptMerge', data: asked })
    await onAccount(
      events.some(({ type }) => type === 'MergeAccepted')
        ? { type: 'ConfirmMerge', data: { clientId } }
        : { type: 'DeclineMerge', data: { clientId, code: 'CLIENT_MERGED' } },
    )
  }
  const receiveInvoice = async ({ intoClientId, ...request }: DataOf<'InvoiceMoveRequested'>): Promise<void> => {
    const { clientId: fromClientId, ...moved } = request
    const data = { clientId: intoClientId, fromClientId, ...moved }
    const { events } = await onAccount({ type: 'ReceiveInvoice', data })
    if (events.every(({ type }) => type !== 'InvoiceMoveRefused')) return
    await onAccount({ type: 'DeclineInvoiceMove', data: { intoClientId, ...request, code: 'MERGE_ID_CONFLICT' } })
  }
  const carryMerges = async (): Promise<void> => {
    for (let next = merging.shift(); next !== undefined; next = merging.shift()) {
      const { clientId, round } = next
      const { merge } = accountOf(clientId)
      if (merge !== undefined && !merge.isConfirmed) await agree(clientId, merge.intoClientId)
      const { invoiceIds, paymentIds } = movableFrom(accountOf(clientId), 0, Number.MAX_SAFE_INTEGER)
      const named = (what: string): string => commandIdOf(companyId, what, `${commands}`)
      const invoices = invoiceIds.map((invoiceId) => ({ invoiceId, moveId: named(`invoice ${invoiceId}`) }))
      const credits = paymentIds.map((paymentId) => ({ paymentId, transferId: named(`credit ${paymentId}`) }))
      const { events } = await onAccount({ type: 'MoveItems', data: { clientId, invoices, credits } })
      for (const { type, data } of events) if (type === 'InvoiceMoveRequested') await receiveInvoice(data)
      await moveReserved()
      await onAccount({ type: 'ConcludeMerge', data: { clientId, round } })
    }
  }
  const followUp = async ({ type, data }: AccountEvent, cause: string): Promise<void> => {
    if (type === 'ReceiptRequested') await onBook({ type: 'EnterReceipt', data: { ...enterReceipt(), ...data } })
    if (type === 'TransferRequested') reserved.push(data)
    if (type === 'ReversalRequested') await followReversal(data)
    if (type === 'MergeRequested') merging.push({ clientId: data.clientId, round: 0 })
    if (type === 'MergeResumed') merging.push({ clientId: data.clientId, round: data.round })
    if (type === 'IdentificationUndone') {
      const { method: _, reason: _reason, ...back } = data
      // What is taken back names the event that it follows: by that the system knows that it is done.
      await onNobodys({ type: 'TakeBackIdentification', data: back }, cause)
    }
  }
  const onAccount = async (command: AccountCommand): Promise<Outcome> => {
    const { clientId } = command.data
    const account = accountOf(clientId)
    const { commandId = '', ...outcome } = await decided(
      clientAccountStream(companyId, clientId),
      () => clientAccount.decide(command, account, contextNow()),
      (event) => clientAccount.evolve(account, event),
    )
    for (const [index, event] of outcome.events.entries()) await followUp(event, formerEventIdOf(commandId, index))
    return outcome
  }

  const identified: Extract<UnidentifiedEvent, { type: 'IdentificationRequested' }>['data'][] = []
  const onNobodys = async (command: UnidentifiedCommand, cause?: string): Promise<Outcome<UnidentifiedEvent>> => {
    const outcome = await decided(
      unidentifiedStream(companyId),
      () => unidentified.decide(command, nobodys, contextNow()),
      (event) => unidentified.evolve(nobodys, event),
      cause,
    )
    for (const { type, data } of outcome.events) if (type === 'IdentificationRequested') identified.push(data)
    return outcome
  }
  const receiveIdentified = async (): Promise<void> => {
    for (const request of identified.splice(0)) {
      const { paymentId, clientId, identificationId } = request
      const { method = 'BANK_TRANSFER', remittanceText } = unidentifiedPayments.get(nobodys, paymentId) ?? {}
      const data = { ...request, method, remittanceText }
      const which = { paymentId, clientId, identificationId }
      const { events } = await onAccount({ type: 'ReceiveIdentification', data })
      const code = events.find((event) => event.type === 'IdentificationRefused')?.data.code
      await onNobodys(
        code === undefined
          ? { type: 'CompleteIdentification', data: which }
          : { type: 'DeclineIdentification', data: { ...which, code } },
      )
    }
  }
  const settle = async (): Promise<void> => {
    await moveReserved()
    await receiveIdentified()
    await carryMerges()
  }
  return {
    companyId,
    about,
    nobodys,
    accountOf,
    onItself,
    onAccount,
    onBook,
    onNobodys,
    settle,
    written: () => written,
  }
}
