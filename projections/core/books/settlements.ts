import type { EventId, InvoiceId, PaymentId, Position } from '@registru/domain'
/** One allocation (positive) or undo (negative) between a payment and an invoice, in the order of the log. */
export interface SettlementEntry {
  readonly paymentId: PaymentId
  readonly invoiceId: InvoiceId
  readonly amountMinor: bigint
  readonly effectiveOn: string
  readonly position: Position
  readonly eventId: EventId
  /** Why it was undone; `null` for an allocation. */
  readonly undoneBecause: string | null
}

export interface Settlement {
  readonly paymentId: PaymentId
  readonly invoiceId: InvoiceId
  readonly amountMinor: bigint
  readonly allocatedOn: string
  readonly undone: boolean
  readonly undoneOn: string | undefined
  readonly undoneBecause: string | undefined
  readonly eventId: EventId
}

type Living = Settlement & { readonly undone: false }

/**
 * Allocations as people see them, undone ones marked. An undo takes the newest living allocations of its pair first; a
 * part that is undone stands beside the part that lives on, so the living ones always add up.
 */
export const settlementsOf = (entries: readonly SettlementEntry[]): readonly Settlement[] => {
  const settlements: Settlement[] = []
  const undo = (entry: SettlementEntry): void => {
    let left = -entry.amountMinor
    for (let index = settlements.length - 1; index >= 0 && left > 0n; index -= 1) {
      const settlement = settlements[index]
      if (settlement === undefined || settlement.undone) continue
      if (settlement.paymentId !== entry.paymentId || settlement.invoiceId !== entry.invoiceId) continue
      const taken = settlement.amountMinor < left ? settlement.amountMinor : left
      const undone = {
        ...settlement,
        amountMinor: taken,
        undone: true,
        undoneOn: entry.effectiveOn,
        undoneBecause: entry.undoneBecause ?? undefined,
      }
      const rest = settlement.amountMinor - taken
      settlements.splice(index, 1, ...(rest > 0n ? [{ ...settlement, amountMinor: rest }] : []), undone)
      left -= taken
    }
  }
  for (const entry of entries) {
    if (entry.amountMinor < 0n) undo(entry)
    else {
      const { paymentId, invoiceId, amountMinor, effectiveOn, eventId } = entry
      const living: Living = {
        paymentId,
        invoiceId,
        amountMinor,
        allocatedOn: effectiveOn,
        undone: false,
        undoneOn: undefined,
        undoneBecause: undefined,
        eventId,
      }
      settlements.push(living)
    }
  }
  return settlements
}
