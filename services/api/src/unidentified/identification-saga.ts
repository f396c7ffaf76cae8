import {
  type AccountCommand,
  type AccountEvent,
  type ClientAccount,
  type CompanyId,
  clientAccountStream,
  type EventOf,
  type IdentificationRequested,
  type IdentificationUndone,
  identificationRefusal,
  moneyOf,
  type PaymentId,
  type Position,
  type ReceiveIdentification,
  Rejection,
  type RejectionCode,
  type UnidentifiedCommand,
  type UnidentifiedPayment,
  unidentifiedPayments,
  unidentifiedStream,
} from '@registru/domain'
import type { Handled } from '../ledger/command-context.ts'
import { lastPosition } from '../ledger/last-position.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { type Cause, stepContext } from '../steps/step.ts'

export type IdentificationRequest = EventOf<typeof IdentificationRequested>['data']
export type UndoneIdentification = EventOf<typeof IdentificationUndone>['data']

interface Received {
  /** Why the account refused; `undefined`: it has the money. */
  readonly code: RejectionCode | undefined
  /** What the account made of it. */
  readonly events: Handled<AccountEvent>['events']
  readonly position: Position | undefined
}

/** Unidentified money goes through two streams: the company's reserves it, the client's account receives it, the first one hears of that. */
export interface IdentificationSaga {
  /** Whose credit it became. @throws Rejection when there is none, or it is on its way */
  readonly identificationOf: (
    companyId: CompanyId,
    which: Pick<IdentificationRequest, 'paymentId' | 'identificationId'>,
  ) => Promise<Pick<UndoneIdentification, 'clientId' | 'method'>>
  /** Refuses early what the account would refuse, so that nothing is reserved. @throws Rejection */
  readonly requireReceiver: (companyId: CompanyId, request: IdentificationRequest) => Promise<void>
  /** What the account would make of it, writing nothing: the money itself is not reserved. */
  readonly preview: (request: Cause<IdentificationRequest>) => Promise<Received>
  /** Gives the client what is reserved, or frees it; a second time, the same answer. */
  readonly receive: (request: Cause<IdentificationRequest>) => Promise<Received>
  /** What the account has given back may be identified anew. */
  readonly takeBack: (undone: Cause<UndoneIdentification>) => Promise<Position | undefined>
}

/** What the account is told: the request, and what the payment itself says. */
const receptionOf = (
  request: IdentificationRequest,
  { method, bankReference, remittanceText }: UnidentifiedPayment,
): ReceiveIdentification => ({
  ...request,
  method,
  ...(bankReference !== undefined && { bankReference }),
  ...(remittanceText !== undefined && { remittanceText }),
})

export const createIdentificationSaga = (ledger: Ledger): IdentificationSaga => {
  /** @param isEnough whether what is remembered of it says what is asked */
  const paymentOf = async (
    companyId: CompanyId,
    paymentId: PaymentId,
    isEnough: (payment: UnidentifiedPayment) => boolean = () => true,
  ): Promise<UnidentifiedPayment> => {
    const state = await ledger.unidentified.read(unidentifiedStream(companyId), (remembered) => {
      const payment = unidentifiedPayments.get(remembered, paymentId)
      return payment !== undefined && isEnough(payment)
    })
    const payment = unidentifiedPayments.get(state, paymentId)
    if (payment === undefined) throw new Rejection('UNIDENTIFIED_PAYMENT_NOT_FOUND', { paymentId })
    return payment
  }

  const toStream = (cause: Cause<unknown>, step: string, command: UnidentifiedCommand) =>
    ledger.unidentified.handle(unidentifiedStream(cause.companyId), command, stepContext(cause, step))

  const toAccount = async (cause: Cause<IdentificationRequest>, { dryRun }: { readonly dryRun: boolean }) => {
    const { companyId, data: request } = cause
    const companyRules = await ledger.rules.rulesOf(companyId)
    const data = receptionOf(request, await paymentOf(companyId, request.paymentId))
    const command: AccountCommand = { type: 'ReceiveIdentification', data }
    const context = { ...stepContext(cause, 'receiveIdentification'), companyRules, dryRun }
    const received = await ledger.accounts.handle(clientAccountStream(companyId, request.clientId), command, context)
    const code = received.events.find((event) => event.type === 'IdentificationRefused')?.data.code
    return { code, events: received.events, position: received.position }
  }

  return {
    identificationOf: async (companyId, { paymentId, identificationId }) => {
      const identificationIn = ({ identifications }: UnidentifiedPayment) =>
        identifications.find((one) => one.identificationId === identificationId)
      const isSettled = (payment: UnidentifiedPayment) => identificationIn(payment)?.isReserved === false
      const payment = await paymentOf(companyId, paymentId, isSettled)
      const identification = identificationIn(payment)
      if (identification === undefined) throw new Rejection('PAYMENT_NOT_FOUND', { paymentId: identificationId })
      const { clientId, isReserved, amount } = identification
      if (isReserved) {
        throw new Rejection('CREDIT_RESERVED', { paymentId, reserved: moneyOf(amount, payment.currency) })
      }
      return { clientId, method: payment.method }
    },

    requireReceiver: async (companyId, request) => {
      const rules = await ledger.rules.rulesOf(companyId)
      const command = receptionOf(request, await paymentOf(companyId, request.paymentId))
      const refusalIn = (account: ClientAccount) => identificationRefusal(account, command, rules)
      const stream = clientAccountStream(companyId, request.clientId)
      const refusal = refusalIn(await ledger.accounts.read(stream, (account) => refusalIn(account) === undefined))
      if (refusal !== undefined) throw refusal
    },

    preview: (request) => toAccount(request, { dryRun: true }),

    receive: async (request) => {
      const received = await toAccount(request, { dryRun: false })
      const { paymentId, clientId, identificationId } = request.data
      const which = { paymentId, clientId, identificationId }
      const told = await toStream(
        request,
        'concludeIdentification',
        received.code === undefined
          ? { type: 'CompleteIdentification', data: which }
          : { type: 'DeclineIdentification', data: { ...which, code: received.code } },
      )
      return { ...received, position: lastPosition(received, told) }
    },

    takeBack: async (undone) => {
      const { method: _method, reason: _reason, ...data } = undone.data
      return (await toStream(undone, 'takeIdentificationBack', { type: 'TakeBackIdentification', data })).position
    },
  }
}
