import { setTimeout as sleep } from 'node:timers/promises'
import {
  type BusinessDay,
  type CashDeskId,
  type ClientId,
  type CompanyId,
  type Currency,
  type Elsewhere,
  type LedgerMessage,
  minorIn,
  minorOf,
  type PaymentId,
  type Position,
  Rejection,
} from '@registru/domain'
import type { Logger } from '@registru/runtime'
import { LRUCache } from 'lru-cache'
import type { ElsewhereReader } from './elsewhere.ts'

type Drawer = NonNullable<Elsewhere['drawer']>

interface AskedDrawer {
  readonly companyId: CompanyId
  /** `undefined`: cash that names no desk. */
  readonly deskId: CashDeskId | undefined
  readonly from: BusinessDay
}

export interface DrawersOptions {
  /** What lies in a drawer, as one says who knows of all up to the position. */
  readonly findHeld: (asked: AskedDrawer, knowing: Position | undefined, maxWaitMs: number) => Promise<Drawer>
  /** Ends when the read models know all that anybody had written by now; fails when they do not in time. */
  readonly knowAll: (maxWaitMs: number) => Promise<void>
  readonly currencyOf: (
    companyId: CompanyId,
    of: { readonly clientId: ClientId; readonly paymentId: PaymentId },
  ) => Promise<Currency | undefined>
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

const moves = ({ type, data }: LedgerMessage): boolean =>
  type === 'CashDeskOpened' || ('method' in data && data.method === 'CASH')

/**
 * What lies in the drawer that cash is to leave, from the registers of cash in the read models (decision 0045). That it holds
 * enough is believed of read models that know what this process has written; that it does not, only of such as know what
 * anybody has.
 */
export const createDrawers = ({
  findHeld,
  knowAll,
  currencyOf,
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
      const { amount, deskId, refundedOn: from = today() } = data
      const find = () =>
        findHeld({ companyId, deskId, from }, lastMoved.get(companyId), knowWithinMs ?? OWN_WRITES_WITHIN_MS)
      const hasEnough = async (drawer: Drawer): Promise<boolean> => {
        const currency = typeof amount === 'string' ? await currencyOf(companyId, data) : amount.currency
        // Of a payment that is not there the account speaks.
        if (currency === undefined) return true
        const left = typeof amount === 'string' ? minorIn(amount, currency) : minorOf(amount)
        return left <= (drawer.get(currency) ?? 0n)
      }
      const look = async (): Promise<Elsewhere | undefined> => {
        try {
          const drawer = await find()
          if (await hasEnough(drawer)) return { drawer }
          await knowAll(knowWithinMs ?? PROOF_WITHIN_MS)
          return { drawer: await find() }
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
