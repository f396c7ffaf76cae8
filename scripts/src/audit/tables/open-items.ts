import type { Position } from '@registru/domain'
import {
  addTo,
  type Birth,
  type ChangingRow,
  canonical,
  type Expected,
  type Fold,
  keyOf,
  put,
  stretchOf,
} from '../expected.ts'
import { minorOf, type PlacedFact, paidOf } from '../facts.ts'
import { agreeOn, type DuePart, EVER, type Level, lastSize, levelsOf } from '../open-levels.ts'
import type { Row } from '../report.ts'
import { STILL_KNOWN } from './statements.ts'

const openItems = { name: 'open_items', key: ['company_id', 'item_kind', 'item_id', 'client_id'] }
export const openSpans = { name: 'open_spans', position: 'known_from', within: ['line'], foretold: 'known_to' }

const openDues = { name: 'open_dues', key: ['company_id', 'item_kind', 'currency', 'due_on', 'issued_on'] }
const openDays = { name: 'open_days', key: ['company_id', 'item_kind', 'currency', 'effective_on', 'stretch'] }

/** `eff_to` of what holds from its first day on. */
const FOREVER = 'infinity'

interface Span extends Level {
  readonly birth: Birth
  readonly knownFrom: Position
  readonly line: number
}

interface Item {
  readonly row: ChangingRow
  parts: readonly DuePart[]
  readonly moves: Map<string, bigint>
  /** What is believed now. */
  spans: readonly Span[]
}

const duePart = (dueOn: string, amount: string): DuePart => ({
  dueOn,
  sizes: [{ from: EVER, minor: minorOf(amount) }],
})

const wholeOf = (parts: readonly DuePart[]): bigint => parts.reduce((sum, part) => sum + lastSize(part), 0n)

const sameLevel = (a: Level, b: Level): boolean =>
  a.part === b.part && a.from === b.from && a.to === b.to && a.open === b.open

const finallyOpen = (levels: readonly Level[], part: number): bigint =>
  levels.findLast((level) => level.part === part && level.to === undefined)?.open ?? 0n

/** The projection's memory of an item: every step of every part, and which span says so. */
const partsCell = ({ parts, moves, spans }: Item): string => {
  const levels = levelsOf(parts, moves)
  const stepsOf = (part: number) =>
    levels
      .filter((level) => level.part === part)
      .map((level) => {
        const span = spans.find((one) => sameLevel(one, level))
        const tell = span && { span: { knownFrom: `${span.knownFrom}`, line: span.line } }
        return { from: level.from, open: `${level.open}`, ...tell }
      })
  const beforeOf = ({ sizes }: DuePart) =>
    sizes.slice(1).map(({ from }, index) => ({ until: from, amount: `${sizes[index]?.minor}` }))
  return canonical(
    parts.map((due, part) => {
      const before = beforeOf(due)
      const told = before.length === 0 ? {} : { before }
      return { dueOn: due.dueOn, amount: `${lastSize(due)}`, ...told, steps: stepsOf(part) }
    }),
  )
}

/**
 * After every move of an item its levels are computed anew; spans that are no longer among them are no longer believed,
 * and levels that have no span yet begin one.
 */
const start = (): ((expected: Expected, fact: PlacedFact) => void) => {
  const items = new Map<string, Item>()

  return (expected, fact) => {
    const { type, data, companyId, position } = fact
    let line = 0

    const move = (item: Item, on: string, minor: bigint): void => {
      const { company_id = null, item_kind = null, currency = null } = item.row
      const day = { company_id, item_kind, currency, effective_on: on, stretch: stretchOf(position) }
      // An invoice may ask for nothing, and an undo give back less than a unit of the payment: nothing moved on that day.
      if (minor !== 0n) addTo(expected, openDays, day, { amount_minor: minor })
      restate(item, () => item.moves.set(on, (item.moves.get(on) ?? 0n) + minor))
    }
    const restate = (item: Item, change: () => void): void => {
      const before = levelsOf(item.parts, item.moves)
      change()
      const { company_id = null, item_kind = null, currency = null, issued_on = null } = item.row
      const levels = levelsOf(item.parts, item.moves)
      for (const { from, open } of levels)
        expected.require(
          'rules: nothing below zero on any day',
          `${keyOf(Object.values(item.row).slice(0, 4))} on ${from}`,
          open >= 0n,
        )
      for (const [part, { dueOn }] of item.parts.entries()) {
        const moved = finallyOpen(levels, part) - finallyOpen(before, part)
        if (moved === 0n) continue
        addTo(
          expected,
          openDues,
          { company_id, item_kind, currency, due_on: dueOn, issued_on },
          { amount_minor: moved },
        )
      }
      const kept = item.spans.filter((span) => {
        const stays = levels.some((level) => sameLevel(level, span))
        if (!stays) expected.settle(span.birth, position)
        return stays
      })
      const begun = levels
        .filter((level) => level.open !== 0n && !kept.some((span) => sameLevel(level, span)))
        .map((level): Span => {
          const row: Row = {
            company_id: companyId,
            known_from: position,
            line,
            client_id: item.row['client_id'] ?? null,
            item_kind: item.row['item_kind'] ?? null,
            item_id: item.row['item_id'] ?? null,
            part: level.part,
            currency: item.row['currency'] ?? null,
            issued_on: item.row['issued_on'] ?? null,
            due_on: item.parts[level.part]?.dueOn ?? null,
            amount_minor: level.open,
            eff_from: level.from,
            eff_to: level.to ?? FOREVER,
          }
          line += 1
          const birth = expected.bear(openSpans, row, STILL_KNOWN)
          return { ...level, birth, knownFrom: position, line: line - 1 }
        })
      item.spans = [...kept, ...begun]
    }
    const key = (kind: string, id: string, clientId: string): string => keyOf([companyId, kind, id, clientId])
    const moveKnown = (kind: string, id: string, clientId: string, on: string, minor: bigint): void => {
      const item = items.get(key(kind, id, clientId))
      if (item !== undefined) move(item, on, minor)
    }
    const begin = (
      kind: string,
      id: string,
      clientId: string,
      currency: string,
      on: string,
      parts: readonly DuePart[],
      comes: { readonly on: string; readonly minor: bigint } = { on, minor: wholeOf(parts) },
    ): void => {
      const row = put(expected, openItems, {
        company_id: companyId,
        item_kind: kind,
        item_id: id,
        client_id: clientId,
        currency,
        issued_on: on,
        // Worked out when the row is compared, not at every move.
        get parts() {
          return partsCell(item)
        },
      })
      const item: Item = { row, parts, moves: new Map(), spans: [] }
      items.set(key(kind, id, clientId), item)
      move(item, comes.on, comes.minor)
    }
    const lower = (invoiceId: string, clientId: string, on: string, amount: string): void =>
      moveKnown('INVOICE', invoiceId, clientId, on, -minorOf(amount))
    const beginCredit = (id: string, clientId: string, currency: string, on: string, amount: string): void =>
      begin('PAYMENT', id, clientId, currency, on, [duePart(on, amount)])

    switch (type) {
      case 'InvoiceRegistered': {
        const { invoiceId, clientId, total, issuedOn, dueOn } = data
        const instalments = data.instalments.map((part) => duePart(part.dueOn, part.amount))
        const parts = instalments.length > 0 ? instalments : [duePart(dueOn, total.amount)]
        return begin('INVOICE', invoiceId, clientId, total.currency, issuedOn, parts)
      }
      case 'InvoiceMoved': {
        const { invoiceId, clientId, fromClientId, total, amount, issuedOn, dueOn, movedOn: on, again } = data
        const minor = minorOf(amount.amount)
        moveKnown('INVOICE', invoiceId, fromClientId, on, -minor)
        if (again === true) return moveKnown('INVOICE', invoiceId, clientId, on, minor)
        const instalments = data.instalments.map((part) => duePart(part.dueOn, part.amount))
        const parts = instalments.length > 0 ? instalments : [duePart(dueOn, total.amount)]
        return begin('INVOICE', invoiceId, clientId, total.currency, issuedOn, parts, { on, minor })
      }
      case 'ClaimRegistered': {
        const { claimId, clientId, total, issuedOn, dueOn, paymentId } = data
        begin('INVOICE', claimId, clientId, total.currency, issuedOn, [duePart(dueOn, total.amount)])
        if (paymentId !== undefined) moveKnown('PAYMENT', paymentId, clientId, issuedOn, minorOf(total.amount))
        return
      }
      case 'ClaimCancelled': {
        const { claimId, clientId, total, cancelledOn, paymentId } = data
        lower(claimId, clientId, cancelledOn, total.amount)
        if (paymentId !== undefined) moveKnown('PAYMENT', paymentId, clientId, cancelledOn, -minorOf(total.amount))
        return
      }
      case 'InvoiceRescheduled': {
        const item = items.get(key('INVOICE', data.invoiceId, data.clientId))
        if (item === undefined) return
        const agreed = data.instalments.map((part) => ({ dueOn: part.dueOn, minor: minorOf(part.amount) }))
        return restate(item, () => {
          item.parts = agreeOn(item.parts, agreed, data.agreedOn)
        })
      }
      case 'PaymentRecorded': {
        const { paymentId, clientId, amount, receivedOn } = data
        return beginCredit(paymentId, clientId, amount.currency, receivedOn, amount.amount)
      }
      case 'PaymentIdentified': {
        const { identificationId, clientId, amount, identifiedOn } = data
        return beginCredit(identificationId, clientId, amount.currency, identifiedOn, amount.amount)
      }
      case 'IdentificationUndone':
        return moveKnown('PAYMENT', data.identificationId, data.clientId, data.undoneOn, -minorOf(data.amount.amount))
      case 'CreditNoteRegistered': {
        const { invoiceId, creditNoteId, clientId, total, creditedOn } = data
        if (invoiceId !== undefined) return lower(invoiceId, clientId, creditedOn, total.amount)
        return beginCredit(creditNoteId, clientId, total.currency, creditedOn, total.amount)
      }
      case 'InvoiceCancelled':
        return lower(data.invoiceId, data.clientId, data.cancelledOn, data.total.amount)
      case 'DiscountGranted':
        return lower(data.invoiceId, data.clientId, data.grantedOn, data.amount.amount)
      case 'InvoiceWrittenOff':
        return lower(data.invoiceId, data.clientId, data.writtenOffOn, data.amount.amount)
      case 'DiscountReversed':
      case 'WriteOffReversed':
        return moveKnown('INVOICE', data.invoiceId, data.clientId, data.reversedOn, minorOf(data.amount.amount))
      case 'CreditNoteReversed': {
        const { invoiceId, creditNoteId, clientId, total, reversedOn } = data
        const minor = minorOf(total.amount)
        if (invoiceId !== undefined) return moveKnown('INVOICE', invoiceId, clientId, reversedOn, minor)
        return moveKnown('PAYMENT', creditNoteId, clientId, reversedOn, -minor)
      }
      case 'CreditReleased':
        return moveKnown('PAYMENT', data.paymentId, data.clientId, data.releasedOn, -minorOf(data.amount.amount))
      case 'RefundReversed':
        return moveKnown('PAYMENT', data.paymentId, data.clientId, data.reversedOn, minorOf(data.amount.amount))
      case 'RefundRecorded':
        return moveKnown('PAYMENT', data.paymentId, data.clientId, data.refundedOn, -minorOf(data.amount.amount))
      case 'PaymentReversed':
        return moveKnown('PAYMENT', data.paymentId, data.clientId, data.reversedOn, -minorOf(data.amount.amount))
      case 'TransferReceived': {
        const { origin, clientId, transferId, movedOn, amount, returnsTo } = data
        moveKnown('PAYMENT', origin.paymentId, origin.clientId, movedOn, -minorOf(amount.amount))
        if (returnsTo !== undefined) return moveKnown('PAYMENT', returnsTo, clientId, movedOn, minorOf(amount.amount))
        return beginCredit(transferId, clientId, amount.currency, movedOn, amount.amount)
      }
      case 'PaymentAllocated':
      case 'PaymentDeallocated': {
        const undone = type === 'PaymentDeallocated'
        const on = undone ? data.deallocatedOn : data.allocatedOn
        const sign = undone ? 1n : -1n
        if (data.recovers !== true) {
          moveKnown('INVOICE', data.invoiceId, data.clientId, on, sign * minorOf(data.amount.amount))
        }
        moveKnown('PAYMENT', data.paymentId, data.clientId, on, sign * minorOf(paidOf(data).amount))
        return
      }
      default:
        return
    }
  }
}

export const openItemFold: Fold = { histories: [openSpans], states: [openItems, openDues, openDays], start }
