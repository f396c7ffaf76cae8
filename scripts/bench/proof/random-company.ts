import { addDays, unidentifiedPayments } from '@registru/domain'
import { openReceiptBook, registerClient, registerCompany } from '@registru/domain/examples'
import type { EventStore } from '@registru/event-store'
import type { Random } from '@registru/scripts/seed/random'
import { DAYS, FIRST_DAY, nextCommand, SERIES } from './account-step.ts'
import { onBookOf, onCompany } from './company-step.ts'
import { playCompany } from './played-company.ts'
import { onUnidentified, unidentifiedOf } from './unidentified-step.ts'

/** Clocks of the machines that record differ a little. */
const SKEW_MAX_MS = 40
const RECEIPT_NUMBER_MAX = 30
const GUARDS = ['WARN', 'REQUIRE_OVERRIDE', 'REJECT'] as const
/** The first range is soon exhausted. */
const RANGE = 12
/** An account that is merged lives on by what is undone alone, so there are few. */
const MERGES = 0.002

export interface RandomCompany {
  readonly companyId: string
  readonly clientIds: readonly string[]
  /** Lets something happen and writes it; answers how many events that were. */
  readonly live: () => Promise<number>
  /** Ends what is under way between two streams, or the system's own process would: nobody else may write here. */
  readonly settle: () => Promise<number>
}

interface Founding {
  readonly companyId: string
  readonly clients: number
  /** How many ids of each kind an account has: few, so that steps meet. */
  readonly ids: number
  /** How often what is under way between two streams waits; where the system runs its own process would end it. */
  readonly waits: number
  readonly random: Random
}

/** A company with accounts and a book whose random lives the domain decides. */
export const foundCompany = async (
  store: Pick<EventStore, 'append'>,
  { companyId, clients, ids, waits, random }: Founding,
): Promise<RandomCompany> => {
  const clientIds = Array.from({ length: clients }, (_, index) => `client-${index + 1}`)
  const played = playCompany(store, companyId, {
    // The day of whoever decides goes forward and back, too; what is asked for lies no quarter ahead of it.
    today: () => addDays(FIRST_DAY, random.between(DAYS / 2, DAYS)),
    recordedAt: () => new Date(Date.now() - random.between(0, SKEW_MAX_MS)),
  })
  const { about, nobodys, accountOf, onItself, onAccount, onBook, onNobodys, settle } = played

  const undoIdentification = async (paymentId: string): Promise<void> => {
    const { identifications = [], method = 'BANK_TRANSFER' } = unidentifiedPayments.get(nobodys, paymentId) ?? {}
    if (identifications.length === 0) return
    const { identificationId, clientId } = random.pick(identifications)
    const told = { undoneOn: addDays(FIRST_DAY, random.between(0, DAYS)), reason: 'not his' }
    const data = { paymentId, identificationId, clientId, method, ...told }
    await onAccount({ type: 'UndoIdentification', data })
  }
  const recordedIds: string[] = []
  const liveNobodys = async (): Promise<void> => {
    if (recordedIds.length === 0 || random.chance(0.3)) {
      const data = unidentifiedOf(`unk-${recordedIds.length + 1}`, random)
      recordedIds.push(data.paymentId)
      await onNobodys({ type: 'RecordUnidentifiedPayment', data })
      return
    }
    const paymentId = random.pick(recordedIds)
    if (random.chance(0.2)) return undoIdentification(paymentId)
    await onNobodys(onUnidentified(nobodys, paymentId, random.pick(clientIds), random))
  }
  const step = async (): Promise<unknown> => {
    if (random.chance(0.02)) {
      const which = { series: SERIES, number: random.between(1, RECEIPT_NUMBER_MAX), reason: 'wrong amount' }
      const data = { ...which, annulledOn: '2026-11-20', alsoReversePayment: random.chance(0.5) }
      return onBook({ type: 'AnnulReceipt', data })
    }
    if (random.chance(0.01)) return onBook(onBookOf(random, RECEIPT_NUMBER_MAX))
    if (random.chance(0.02)) return onItself(onCompany(about, companyId, random))
    if (random.chance(0.08)) return liveNobodys()
    if (random.chance(MERGES)) {
      const two = { clientId: random.pick(clientIds), intoClientId: random.pick(clientIds) }
      return onAccount({ type: 'MergeClients', data: { ...two, reason: 'registered twice' } })
    }
    const clientId = random.pick(clientIds)
    const others = clientIds.filter((other) => other !== clientId)
    const command = nextCommand(accountOf(clientId), { clientId, others, ids }, random)
    return command && onAccount(command)
  }
  const counting = (work: () => Promise<unknown>) => async (): Promise<number> => {
    const before = played.written()
    await work()
    return played.written() - before
  }

  await onItself({ type: 'RegisterCompany', data: { ...registerCompany(), companyId } })
  await onItself({ type: 'SetPolicy', data: { companyId, smallDifference: '9.00', cashGuard: random.pick(GUARDS) } })
  await onBook({ type: 'OpenReceiptBook', data: openReceiptBook({ series: SERIES, from: 1, to: RANGE }) })
  for (const clientId of clientIds) await onAccount({ type: 'RegisterClient', data: registerClient({ clientId }) })
  const live = counting(async () => {
    await step()
    if (!random.chance(waits)) await settle()
  })
  return { companyId, clientIds, live, settle: counting(settle) }
}
