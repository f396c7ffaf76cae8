import {
  type AccountCommand,
  type AccountEvent,
  accountPayments,
  type CashDeskId,
  type ClientAccount,
  type ClientId,
  type Company,
  type CompanyId,
  clientAccountStream,
  companyStream,
  type EnterReceipt,
  lossOf,
  type Payer,
  type ReceiptBook,
  type ReceiptBookEvent,
  Rejection,
  receiptBookStream,
  refusalOf,
} from '@registru/domain'
import type { Handled } from '../ledger/command-context.ts'
import { lastPosition } from '../ledger/last-position.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { type Cause, stepContext } from '../steps/step.ts'

export type ReceiptRequest = Extract<AccountEvent, { type: 'ReceiptRequested' }>['data']
export type IssuedReceipt = Extract<ReceiptBookEvent, { type: 'ReceiptIssued' }>['data']
export type RefusedReceipt = Extract<ReceiptBookEvent, { type: 'ReceiptRefused' }>['data']
export type AnnulledReceipt = Extract<ReceiptBookEvent, { type: 'ReceiptAnnulled' }>['data']

/** What of a receipt decides whether its book will number it. */
export interface WantedReceipt extends Pick<ReceiptRequest, 'series' | 'receiptId' | 'issuedOn'> {
  /** Of the payment; `undefined` when it names none. */
  readonly deskId: CashDeskId | undefined
}

interface Dry {
  /** Only tells what would happen, of an annulment that may not be written. */
  readonly dryRun: boolean
}

/** A receipt touches two streams: the account reserves it, the book numbers it. */
export interface ReceiptSaga {
  /**
   * Refuses early what the book would refuse, so that no reservation is left behind.
   * @returns the book's desk @throws Rejection
   */
  readonly requireBook: (companyId: CompanyId, wanted: WantedReceipt) => Promise<string | undefined>
  /** Gives a requested receipt its number, or the account the book's refusal; a second time, the same answer. */
  readonly enter: (request: Cause<ReceiptRequest>) => Promise<Handled<ReceiptBookEvent>>
  /** What `enter` would answer, writing nothing: the payment itself may not be recorded yet. */
  readonly preview: (request: Cause<ReceiptRequest>, payer: Payer | undefined) => Promise<Handled<ReceiptBookEvent>>
  /** Frees the payment of an annulled receipt, and reverses it if the annulment says so. */
  readonly release: (annulment: Cause<AnnulledReceipt>, options?: Dry) => Promise<Handled<AccountEvent>>
}

const issuerOf = ({ identity }: Company): EnterReceipt['issuer'] | undefined => {
  if (identity === undefined) return undefined
  const { name, taxId, tradeRegisterNumber, address } = identity
  return { name, taxId, tradeRegisterNumber, address }
}

/** Who handed the cash over: the payer if one was named, else the client. */
const receivedFrom = (account: ClientAccount, payer: Payer | undefined): EnterReceipt['receivedFrom'] => {
  if (payer !== undefined) return payer
  const { client } = account
  if (client === undefined) throw new Error('a receipt was requested on an account without client')
  const { name, taxId, tradeRegisterNumber, address } = client
  return { name, taxId, tradeRegisterNumber, address }
}

/** What the paper will say, apart from the number that the book gives it. */
const contentOf = (
  { data, actor }: Cause<ReceiptRequest>,
  issuer: EnterReceipt['issuer'],
  from: EnterReceipt['receivedFrom'],
): EnterReceipt => ({ ...data, issuer, receivedFrom: from, cashier: actor })

/** Why the book did not number the receipt; `undefined` when it did. */
export const refusalIn = ({ events }: Handled<ReceiptBookEvent>): RefusedReceipt | undefined => {
  for (const event of events) if (event.type === 'ReceiptRefused') return event.data
  return undefined
}

export const createReceiptSaga = (ledger: Ledger): ReceiptSaga => {
  const accountOf = (companyId: CompanyId, clientId: ClientId, accept: (account: ClientAccount) => boolean) =>
    ledger.accounts.read(clientAccountStream(companyId, clientId), accept)
  const companyOf = (companyId: CompanyId) =>
    ledger.companies.read(companyStream(companyId), ({ identity }) => identity !== undefined)

  const toAccount = async (
    cause: Cause<{ readonly clientId: ClientId }>,
    step: string,
    command: AccountCommand,
    { dryRun }: Dry = { dryRun: false },
  ) => {
    const companyRules = await ledger.rules.rulesOf(cause.companyId)
    const stream = clientAccountStream(cause.companyId, cause.data.clientId)
    return ledger.accounts.handle(stream, command, { ...stepContext(cause, step), companyRules, dryRun })
  }

  const enter: ReceiptSaga['enter'] = async (request) => {
    const { companyId } = request
    const { clientId, paymentId, receiptId, series } = request.data
    const account = await accountOf(companyId, clientId, (state) => accountPayments.has(state, paymentId))
    const issuer = issuerOf(await companyOf(companyId))
    if (issuer === undefined) throw new Error(`a receipt was requested of ${companyId}, which is not registered`)
    const data = contentOf(request, issuer, receivedFrom(account, accountPayments.get(account, paymentId)?.payer))
    const context = stepContext(request, 'enterReceipt')
    const booked = await ledger.books.handle(
      receiptBookStream(companyId, series),
      { type: 'EnterReceipt', data },
      context,
    )
    const code = refusalIn(booked)?.code
    if (code === undefined) return booked
    const refused = { clientId, paymentId, receiptId, series, code }
    const declined = await toAccount(request, 'declineReceipt', { type: 'DeclineReceipt', data: refused })
    return { ...booked, position: lastPosition(booked, declined) }
  }

  return {
    enter,

    preview: async (request, payer) => {
      const { companyId, data } = request
      const stream = receiptBookStream(companyId, data.series)
      const account = await accountOf(companyId, data.clientId, ({ client }) => client !== undefined)
      const issuer = issuerOf(await companyOf(companyId))
      if (issuer === undefined) throw new Rejection('COMPANY_NOT_FOUND', { companyId })
      const command = { type: 'EnterReceipt' as const, data: contentOf(request, issuer, receivedFrom(account, payer)) }
      return ledger.books.handle(stream, command, { ...stepContext(request, 'enterReceipt'), dryRun: true })
    },

    requireBook: async (companyId, wanted) => {
      const { series } = wanted
      if (issuerOf(await companyOf(companyId)) === undefined) throw new Rejection('COMPANY_NOT_FOUND', { companyId })
      const highestNumber = await ledger.highestNumbers.of(companyId, series)
      const refusalIn = (state: ReceiptBook) => refusalOf(state, wanted) ?? lossOf(state, highestNumber)
      const stream = receiptBookStream(companyId, series)
      const book = await ledger.books.read(stream, (state) => refusalIn(state) === undefined)
      const refusal = refusalIn(book)
      if (refusal !== undefined) throw refusal
      return book.opened?.deskId
    },

    release: (annulment, options) => {
      const { clientId, paymentId, receiptId, series, number, annulledOn, alsoReversePayment } = annulment.data
      const data = { clientId, paymentId, receiptId, series, number, annulledOn, alsoReversePayment }
      return toAccount(annulment, 'releaseReceipt', { type: 'ReleaseReceipt', data }, options)
    },
  }
}

/** The receipt in a book's answer. @throws Rejection when the book refused it */
export const issuedReceiptOf = (booked: Handled<ReceiptBookEvent>): IssuedReceipt => {
  for (const event of booked.events) {
    if (event.type === 'ReceiptIssued') return event.data
    if (event.type !== 'ReceiptRefused') continue
    const { code, clientId: _client, paymentId: _payment, ...details } = event.data
    throw new Rejection(code, details)
  }
  throw new Error('the book answered without a receipt')
}
