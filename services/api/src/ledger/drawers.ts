import { setTimeout as sleep } from 'node:timers/promises'
import {
  type BusinessDay,
  type CashDeskId,
  type ClientId,
  type ClientKind,
  type CompanyId,
  type Currency,
  cashLimitsOn,
  type Elsewhere,
  type LedgerMessage,
  type Money,
  minorIn,
  minorOf,
  moneyOf,
  type PaymentId,
  type Position,
  Rejection,
} from '@registru/domain'
import type { Logger } from '@registru/runtime'
import { LRUCache } from 'lru-cache'
import type { ElsewhereReader } from './elsewhere.ts'

type Known = Required<Pick<Elsewhere, 'drawer' | 'paidToBusinesses'>>

interface Asked {
  readonly companyId: CompanyId
  /** `undefined`: cash that names no desk. */
  readonly deskId: CashDeskId | undefined
  readonly on: BusinessDay
}

export interface DrawersOptions {
  /** What lies in a drawer from a day on, and what businesses were paid on it, as one says who knows of all up to the position. */
  readonly find: (asked: Asked, knowing: Position | undefined, maxWaitMs: number) => Promise<Known>
  /** Ends when the read models know all that anybody had written by now; fails when they do not in time. */
  readonly knowAll: (maxWaitMs: number) => Promise<void>
  /** Of the credit that is given back, and of whom; `undefined` where there is none. */
  readonly creditOf: (
    companyId: CompanyId,
    of: { readonly clientId: ClientId; readonly paymentId: PaymentId },
  ) => Promise<{ readonly currency: Currency; readonly kind: ClientKind } | undefined>
  readonly today: () => BusinessDay
  readonly logger: Pick<Logger, 'warn'>
  /** In place of both bounds below. */
  readonly knowWithinMs?: number
}

/** For what this process has written itself. */
const OWN_WRITES_WITHIN_MS = 250
/** For what others have written: only whoever seems to have too little waits for it. */
const PROOF_WITHIN_MS = 1_500
/** Read models that are away, or far behind, are let alone for so long. */
const REST_MS = 2_000
const COMPANIES_MAX = 1_000
/** The law's figures are in lei. */
const LEI = 'RON'

const moves = ({ type, data }: LedgerMessage): boolean =>
  type === 'CashDeskOpened' || ('method' in data && data.method === 'CASH')

/** Within the ceiling for all businesses of a day, as far as that can be told before the account has said what it is in lei. */
const isWithin = (paidBefore: bigint, left: Money, on: BusinessDay): boolean => {
  const { paymentBusinessTotalDay } = cashLimitsOn(on) ?? {}
  if (paymentBusinessTotalDay === undefined) return true
  return left.currency === LEI ? paidBefore + minorOf(left) <= paymentBusinessTotalDay : paidBefore === 0n
}

/**
 * What other accounts have to say of cash that is to leave: what lies in its drawer, from the registers of cash in the read
 * models (decision 0045), and what all businesses were paid on the day (decision 0061). That there is enough, and not too much,
 * is believed of read models that know what this process has written; the contrary, only of such as know what anybody has.
 */
export const createDrawers = ({
  find: findKnown,
  knowAll,
  creditOf,
  today,
  logger,
  knowWithinMs,
}: DrawersOptions): ElsewhereReader => {
  /** By company, the last cash that this process moved. */
  const lastMoved = new LRUCache<CompanyId, Position>({ max: COMPANIES_MAX })
  let isResting = false

  const rest = (error: unknown): void => {
    if (isResting) return
    logger.warn({ err: error }, 'what cash desks hold is not looked for')
    isResting = true
    void sleep(REST_MS, undefined, { ref: false }).then(() => {
      isResting = false
    })
  }

  return {
    of: ({ type, data }, companyId) => {
      if (type !== 'RecordRefund' || data.method !== 'CASH' || isResting) return undefined
      const { amount, deskId, refundedOn: on = today() } = data
      const find = () =>
        findKnown({ companyId, deskId, on }, lastMoved.get(companyId), knowWithinMs ?? OWN_WRITES_WITHIN_MS)
      const mayPass = async ({ drawer, paidToBusinesses }: Known): Promise<boolean> => {
        const credit = await creditOf(companyId, data)
        // Of a payment that is not there the account speaks.
        if (credit === undefined) return true
        const left = typeof amount === 'string' ? moneyOf(minorIn(amount, credit.currency), credit.currency) : amount
        const isEnough = minorOf(left) <= (drawer.get(left.currency) ?? 0n)
        return isEnough && (credit.kind !== 'BUSINESS' || isWithin(paidToBusinesses, left, on))
      }
      const look = async (): Promise<Elsewhere | undefined> => {
        try {
          const known = await find()
          if (await mayPass(known)) return known
          await knowAll(knowWithinMs ?? PROOF_WITHIN_MS)
          return await find()
        } catch (error) {
          // An amount that there cannot be is for the account to refuse.
          if (!(error instanceof Rejection)) rest(error)
          return undefined
        }
      }
      return look()
    },
    learn: ({ events, position }, companyId) => {
      if (events.some(moves)) lastMoved.set(companyId, position)
    },
  }
}
