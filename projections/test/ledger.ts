import {
  type AccountCommand,
  type AccountEvent,
  accountPayments,
  BEFORE_THE_STREAM,
  type ClientAccount,
  type Company,
  type CompanyCommand,
  type CompanyRules,
  clientAccount,
  clientAccountStream,
  company,
  companyStream,
  type EventId,
  type Identified,
  type LedgerEvent,
  type LedgerMessage,
  type Message,
  minorOf,
  moneyOf,
  movableFrom,
  positionOf,
  type ReceiptBook,
  type ReceiptBookCommand,
  Rejection,
  type Revision,
  receiptBook,
  receiptBookStream,
  reversibleOf,
  revisionAfter,
  type UnidentifiedCommand,
  type UnidentifiedPayments,
  unidentified,
  unidentifiedPayments,
  unidentifiedStream,
} from '@registru/domain'
import { enterReceipt, eventMetadata, registerCompany as registerCompanyExample } from '@registru/domain/examples'

const uuidOf = (index: number): string => `00000000-0000-4000-8000-${index.toString(16).padStart(12, '0')}`

const recordedFrom = Date.parse('2026-11-02T09:00:00.000Z')
const betweenAppendsMs = 700

/**
 * A log in memory: events get their places, positions have gaps so wide that a few events fill a stretch, and the recorders'
 * clocks differ a little.
 */
export const createLog = () => {
  const events: LedgerEvent[] = []
  const revisions = new Map<string, Revision>()
  let position = positionOf(10_000_000_547n)
  let appends = 0

  /** Answers the ids that the events were given. */
  const append = (companyId: string, stream: string, messages: readonly LedgerMessage[]): readonly EventId[] => {
    appends += 1
    const skewMs = (appends % 4) * 500
    const recordedAt = new Date(recordedFrom + appends * betweenAppendsMs - skewMs).toISOString()
    const commandId = uuidOf(appends)
    return messages.map((message) => {
      const revision = revisionAfter(revisions.get(stream) ?? BEFORE_THE_STREAM)
      revisions.set(stream, revision)
      position = positionOf(position + (3n + (position % 5n)) * 1_000_000n)
      const metadata = eventMetadata({ companyId, recordedAt, commandId })
      const eventId = uuidOf(events.length)
      const createdAt = new Date(recordedFrom + appends * betweenAppendsMs)
      events.push({ ...message, eventId, stream, revision, position, createdAt, metadata } as LedgerEvent)
      return eventId
    })
  }
  return { events, append }
}

/** Companies with their accounts and books, decided by the domain: every history it yields could have happened. */
export const createLedger = () => {
  const log = createLog()
  const accounts = new Map<string, ClientAccount>()
  const books = new Map<string, ReceiptBook>()
  const nobodys = new Map<string, UnidentifiedPayments>()
  const companies = new Map<string, Company>()

  const stateOf = <State>(states: Map<string, State>, key: string, initialState: () => State): State => {
    const state = states.get(key) ?? initialState()
    states.set(key, state)
    return state
  }
  const decided = <Event extends LedgerMessage & Message>(
    companyId: string,
    stream: string,
    decide: () => readonly Event[],
    evolve: (event: Identified<Event>) => unknown,
  ): readonly Event[] => {
    try {
      const events = decide()
      const ids = events.length > 0 ? log.append(companyId, stream, events) : []
      for (const [index, event] of events.entries()) evolve({ ...event, eventId: ids[index] })
      return events
    } catch (error) {
      if (error instanceof Rejection) return []
      throw error
    }
  }

  const aboutOf = (companyId: string): Company => stateOf(companies, companyId, company.initialState)
  /** In lei, also of a company that nobody has registered. */
  const rulesOf = (companyId: string): CompanyRules => ({ ...aboutOf(companyId).rules, functionalCurrency: 'RON' })
  const onItself = (command: CompanyCommand, today: string) => {
    const { companyId } = command.data
    const about = aboutOf(companyId)
    return decided(
      companyId,
      companyStream(companyId),
      () => company.decide(command, about, { today }),
      (event) => company.evolve(about, event),
    )
  }

  const accountOf = (companyId: string, clientId: string): ClientAccount =>
    stateOf(accounts, `${companyId}:${clientId}`, clientAccount.initialState)

  const onAccount = (companyId: string, command: AccountCommand, today: string): readonly AccountEvent[] => {
    const account = accountOf(companyId, command.data.clientId)
    const events = decided(
      companyId,
      clientAccountStream(companyId, command.data.clientId),
      () => clientAccount.decide(command, account, { today, company: rulesOf(companyId) }),
      (event) => clientAccount.evolve(account, event),
    )
    for (const event of events) {
      if (event.type === 'ReceiptRequested') enter(companyId, event.data, today)
      if (event.type === 'TransferRequested') reserved.push([companyId, event.data])
      if (event.type === 'ReversalRequested') held.push([companyId, event.data])
      if (event.type === 'MergeRequested' || event.type === 'MergeResumed')
        merging.add(`${companyId} ${event.data.clientId}`)
      if (event.type === 'IdentificationUndone') {
        const { method: _, reason: _reason, ...data } = event.data
        onNobodys(companyId, { type: 'TakeBackIdentification', data }, today)
      }
    }
    return events
  }
  /** Accounts that are merged, and may have something left. */
  const merging = new Set<string>()
  const receiveInvoice = (
    companyId: string,
    { intoClientId, ...request }: Extract<LedgerMessage, { type: 'InvoiceMoveRequested' }>['data'],
    today: string,
  ): void => {
    const { clientId: fromClientId, ...moved } = request
    const data = { clientId: intoClientId, fromClientId, ...moved }
    for (const { type } of onAccount(companyId, { type: 'ReceiveInvoice', data }, today)) {
      if (type !== 'InvoiceMoveRefused') continue
      const declined = { intoClientId, ...request, code: 'MERGE_ID_CONFLICT' as const }
      onAccount(companyId, { type: 'DeclineInvoiceMove', data: declined }, today)
    }
  }
  const agree = (companyId: string, clientId: string, intoClientId: string, today: string): void => {
    const data = { clientId: intoClientId, fromClientId: clientId }
    for (const { type } of onAccount(companyId, { type: 'AcceptMerge', data }, today)) {
      onAccount(
        companyId,
        type === 'MergeAccepted'
          ? { type: 'ConfirmMerge', data: { clientId } }
          : { type: 'DeclineMerge', data: { clientId, code: 'CLIENT_MERGED' } },
        today,
      )
    }
  }
  /** Whatever is left in accounts that are merged, carried to where it ends. */
  const carryMerges = (today: string): void => {
    moveReserved(today)
    for (const key of merging) {
      merging.delete(key)
      const [companyId = '', clientId = ''] = key.split(' ')
      const { merge } = accountOf(companyId, clientId)
      if (merge !== undefined && !merge.isConfirmed) agree(companyId, clientId, merge.intoClientId, today)
      const { invoiceIds, paymentIds } = movableFrom(accountOf(companyId, clientId), 0, Number.MAX_SAFE_INTEGER)
      const invoices = invoiceIds.map((invoiceId, index) => ({
        invoiceId,
        moveId: uuidOf(log.events.length * 64 + index),
      }))
      const credits = paymentIds.map((paymentId) => ({ paymentId, transferId: `${paymentId}-m${log.events.length}` }))
      const data = { clientId, invoices, credits }
      for (const event of onAccount(companyId, { type: 'MoveItems', data }, today)) {
        if (event.type === 'InvoiceMoveRequested') receiveInvoice(companyId, event.data, today)
      }
      moveReserved(today)
      const round = merge?.round ?? 0
      onAccount(companyId, { type: 'ConcludeMerge', data: { clientId, round } }, today)
    }
  }
  const held: (readonly [string, Extract<LedgerMessage, { type: 'ReversalRequested' }>['data']])[] = []
  /** Every payment that is held until other accounts have given back what they have of it, carried to the end. */
  const followReversals = (today: string): void => {
    moveReserved(today)
    for (const [companyId, request] of held.splice(0)) {
      const { clientId, paymentId, amount, reversedOn, reason } = request
      const paymentIn = (whose: string, id: string) => accountPayments.get(accountOf(companyId, whose), id)
      const bringTo = (whose: string, id: string, minor: bigint): void => {
        const payment = paymentIn(whose, id)
        if (payment === undefined) return
        let missing = minor - reversibleOf(payment)
        for (const { toClientId, transferId, amount: moved } of payment.transfers.toReversed()) {
          if (missing <= 0n) return
          const part = missing < moved ? missing : moved
          bringTo(toClientId, transferId, part)
          const back = { clientId: toClientId, paymentId: transferId, amount: moneyOf(part, payment.currency) }
          const data = { ...back, transferId: `back-${log.events.length}`, reversedOn, reason }
          for (const event of onAccount(companyId, { type: 'RecallTransfer', data }, today)) {
            if (event.type === 'TransferRequested') missing -= minorOf(event.data.amount)
          }
          moveReserved(today)
        }
      }
      bringTo(clientId, paymentId, minorOf(amount))
      onAccount(
        companyId,
        { type: 'ConcludeReversal', data: { ...request, claimId: `claim-${log.events.length}` } },
        today,
      )
    }
  }
  const nobodysOf = (companyId: string): UnidentifiedPayments => stateOf(nobodys, companyId, unidentified.initialState)
  const identified: (readonly [string, Extract<LedgerMessage, { type: 'IdentificationRequested' }>['data']])[] = []
  const onNobodys = (companyId: string, command: UnidentifiedCommand, today: string): void => {
    const state = nobodysOf(companyId)
    const events = decided(
      companyId,
      unidentifiedStream(companyId),
      () => unidentified.decide(command, state, { today, company: rulesOf(companyId) }),
      (event) => unidentified.evolve(state, event),
    )
    for (const event of events) if (event.type === 'IdentificationRequested') identified.push([companyId, event.data])
  }
  /** The two streams of every identification that is on its way, carried to the end. */
  const receiveIdentified = (today: string): void => {
    for (const [companyId, request] of identified.splice(0)) {
      const { paymentId, clientId, identificationId } = request
      const payment = unidentifiedPayments.get(nobodysOf(companyId), paymentId)
      if (payment === undefined) throw new Error(`${paymentId} was identified and never recorded`)
      const { method, remittanceText } = payment
      const data = { ...request, method, remittanceText }
      const which = { paymentId, clientId, identificationId }
      for (const event of onAccount(companyId, { type: 'ReceiveIdentification', data }, today)) {
        if (event.type === 'IdentificationRefused') {
          onNobodys(companyId, { type: 'DeclineIdentification', data: { ...which, code: event.data.code } }, today)
        } else if (event.type === 'PaymentIdentified') {
          onNobodys(companyId, { type: 'CompleteIdentification', data: which }, today)
        }
      }
    }
  }
  const reserved: (readonly [string, Extract<LedgerMessage, { type: 'TransferRequested' }>['data']])[] = []
  /** The two accounts of every transfer that is on its way, carried to the end. */
  const moveReserved = (today: string): void => {
    for (const [companyId, { clientId, paymentId, toClientId, transferId, ...moved }] of reserved.splice(0)) {
      const origin = { clientId, paymentId }
      const data = { clientId: toClientId, origin, transferId, ...moved }
      for (const event of onAccount(companyId, { type: 'ReceiveTransfer', data }, today)) {
        onAccount(
          companyId,
          event.type === 'TransferRefused'
            ? { type: 'DeclineTransfer', data: { ...origin, transferId, code: event.data.code } }
            : { type: 'CompleteTransfer', data: { ...origin, transferId } },
          today,
        )
      }
    }
  }
  const onBook = (companyId: string, command: ReceiptBookCommand, today: string) => {
    const book = stateOf(books, `${companyId}:${command.data.series}`, receiptBook.initialState)
    return decided(
      companyId,
      receiptBookStream(companyId, command.data.series),
      () => receiptBook.decide(command, book, { today }),
      (event) => receiptBook.evolve(book, event),
    )
  }
  /** The two streams of a receipt, carried to the end. */
  const enter = (
    companyId: string,
    request: Extract<LedgerMessage, { type: 'ReceiptRequested' }>['data'],
    today: string,
  ): void => {
    for (const event of onBook(companyId, { type: 'EnterReceipt', data: { ...enterReceipt(), ...request } }, today)) {
      if (event.type !== 'ReceiptRefused') continue
      const { clientId, paymentId, receiptId, series, code } = event.data
      onAccount(companyId, { type: 'DeclineReceipt', data: { clientId, paymentId, receiptId, series, code } }, today)
    }
  }
  const annul = (
    companyId: string,
    data: Extract<ReceiptBookCommand, { type: 'AnnulReceipt' }>['data'],
    today: string,
  ): void => {
    for (const event of onBook(companyId, { type: 'AnnulReceipt', data }, today)) {
      if (event.type === 'ReceiptAnnulled') onAccount(companyId, { type: 'ReleaseReceipt', data: event.data }, today)
    }
  }
  const registerCompany = (companyId: string, today = '2026-09-01'): void => {
    onItself({ type: 'RegisterCompany', data: { ...registerCompanyExample(), companyId } }, today)
    onItself({ type: 'SetPolicy', data: { companyId, smallDifference: '9.00' } }, today)
  }

  return {
    events: log.events,
    registerCompany,
    accountOf,
    nobodysOf,
    onAccount,
    onItself,
    onBook,
    onNobodys,
    annul,
    moveReserved,
    followReversals,
    carryMerges,
    receiveIdentified,
  }
}
