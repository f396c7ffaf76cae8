import {
  type AccountCommand,
  type AccountEvent,
  type ClientAccount,
  type ClientId,
  type CompanyId,
  clientAccountStream,
  type EventOf,
  type Position,
  Rejection,
  type RejectionCode,
  type TransferRequested,
  transferRefusal,
} from '@registru/domain'
import type { Handled } from '../ledger/command-context.ts'
import { lastPosition } from '../ledger/last-position.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { type Cause, stepContext } from '../steps/step.ts'

export type TransferRequest = EventOf<typeof TransferRequested>['data']

interface Moved {
  /** Why the other account refused; `undefined`: it has the credit. */
  readonly code: RejectionCode | undefined
  /** What the other account made of it. */
  readonly received: Handled<AccountEvent>['events']
  readonly position: Position | undefined
}

/** Credit goes through two accounts: the one reserves it, the other receives it, and the first one hears of that. */
export interface TransferSaga {
  /** Refuses early what the other account would refuse, so that nothing is reserved. @throws Rejection */
  readonly requireReceiver: (
    companyId: CompanyId,
    transfer: Pick<TransferRequest, 'toClientId' | 'transferId' | 'invoiceId'> &
      Partial<Pick<TransferRequest, 'amount' | 'movedOn' | 'cashOf' | 'cashOverride'>>,
  ) => Promise<void>
  /** Moves what is reserved, or frees it; a second time, the same answer. */
  readonly move: (request: Cause<TransferRequest>) => Promise<Moved>
}

export const createTransferSaga = (ledger: Ledger): TransferSaga => {
  const toAccount = async (cause: Cause<unknown>, step: string, clientId: ClientId, command: AccountCommand) => {
    const companyRules = await ledger.rules.rulesOf(cause.companyId)
    const stream = clientAccountStream(cause.companyId, clientId)
    return ledger.accounts.handle(stream, command, { ...stepContext(cause, step), companyRules })
  }

  return {
    requireReceiver: async (companyId, { toClientId, ...transfer }) => {
      const rules = await ledger.rules.rulesOf(companyId)
      const refusalIn = (account: ClientAccount) => transferRefusal(account, transfer, rules)
      const stream = clientAccountStream(companyId, toClientId)
      const refusal = refusalIn(await ledger.accounts.read(stream, (account) => refusalIn(account) === undefined))
      if (refusal?.code === 'CLIENT_NOT_FOUND') throw new Rejection(refusal.code, { clientId: toClientId })
      if (refusal !== undefined) throw refusal
    },

    move: async (request) => {
      const { clientId, paymentId, toClientId, transferId, ...moved } = request.data
      const origin = { clientId, paymentId }
      const received = await toAccount(request, 'receiveTransfer', toClientId, {
        type: 'ReceiveTransfer',
        data: { clientId: toClientId, origin, transferId, ...moved },
      })
      const refused = received.events.find((event) => event.type === 'TransferRefused')
      const code = refused?.data.code
      const told = await toAccount(
        request,
        'concludeTransfer',
        clientId,
        code === undefined
          ? { type: 'CompleteTransfer', data: { ...origin, transferId } }
          : { type: 'DeclineTransfer', data: { ...origin, transferId, code } },
      )
      return { code, received: received.events, position: lastPosition(received, told) }
    },
  }
}
