import {
  type AccountCommand,
  type AccountEvent,
  accountPayments,
  type BusinessDay,
  type ClientAccount,
  type CompanyId,
  type CompanyRules,
  clientAccountStream,
  type ExchangeRates,
  type ExchangeRatesCommand,
  type ExchangeRatesEvent,
  exchangeRatesStream,
  type PriceOf,
  priceOf,
  type UnidentifiedCommand,
  type Unpriced,
  unpricedBy,
  unpricedRefund,
} from '@registru/domain'
import type { CommandHandler } from './command-handler.ts'

/** Finds what a command's document is worth that says nothing of it. */
export interface RatesInForce {
  /**
   * `undefined`: the document is in the currency of the books, or has its rate, or the company keeps no rates. Only a
   * document in another currency asks the store, and it asks it each time: a read model may lag, and what this process
   * remembers may have been put right in another.
   */
  readonly of: (
    command: AccountCommand | UnidentifiedCommand,
    companyId: CompanyId,
    company: CompanyRules,
  ) => Promise<PriceOf | undefined>
}

export const createRatesInForce = (
  {
    accounts,
    exchangeRates,
  }: {
    readonly accounts: Pick<CommandHandler<ClientAccount, AccountCommand, AccountEvent>, 'read'>
    readonly exchangeRates: Pick<CommandHandler<ExchangeRates, ExchangeRatesCommand, ExchangeRatesEvent>, 'read'>
  },
  today: () => BusinessDay,
): RatesInForce => {
  const unpriced = async (
    command: AccountCommand | UnidentifiedCommand,
    companyId: CompanyId,
    company: CompanyRules,
  ): Promise<Unpriced | undefined> => {
    if (command.type !== 'RecordRefund') return unpricedBy(command, company)
    const { clientId, paymentId, exchangeRate } = command.data
    if (exchangeRate !== undefined) return undefined
    const stream = clientAccountStream(companyId, clientId)
    const account = await accounts.read(stream, (state) => accountPayments.has(state, paymentId))
    return unpricedRefund(command, account, { today: today(), company })
  }
  return {
    of: async (command, companyId, company) => {
      const document = await unpriced(command, companyId, company)
      if (document === undefined) return undefined
      return priceOf(await exchangeRates.read(exchangeRatesStream(companyId), () => false), document, company)
    },
  }
}
