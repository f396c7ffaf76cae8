import { z } from 'zod'
import type { Question } from './answers.ts'
import { minorOf, NOBODY } from './facts.ts'
import { decimalIn, type Known, minor, sum, words } from './known.ts'
import type { Row } from './report.ts'

/** As many as the API answers at once. */
export const LIST_ROWS_MAX = 500

const MS_A_DAY = 86_400_000

const Instalments = z.array(z.object({ dueOn: z.string(), amount: z.string() }))

const inOrderOf =
  (...columns: readonly string[]) =>
  (a: Row, b: Row): number => {
    for (const column of columns) {
      const [left, right] = [a[column] ?? '', b[column] ?? '']
      if (left !== right) return left < right ? -1 : 1
    }
    return 0
  }

const list = (rows: readonly Row[], columns: readonly string[]): readonly Row[] =>
  rows.toSorted(inOrderOf(...columns)).slice(0, LIST_ROWS_MAX)

const isOf =
  (clientId: string | undefined) =>
  (row: Row): boolean =>
    clientId === undefined || row['client_id'] === clientId

const optional = (row: Row, column: string, name: string): Readonly<Record<string, string>> =>
  row[column] === null ? {} : { [name]: words(row, column) }

/** Rows with a day, up to the one that is asked about. */
const until =
  (asOf: string, column: string) =>
  (row: Row): boolean =>
    row[column] !== null && words(row, column) <= asOf

/** Rows by whose they are. */
const groupedBy = (rows: readonly Row[], ...columns: readonly string[]): ((of: Row) => readonly Row[]) => {
  const keyIn = (row: Row): string => columns.map((column) => words(row, column)).join(' ')
  const groups = new Map<string, Row[]>()
  for (const row of rows) {
    const group = groups.get(keyIn(row))
    if (group === undefined) groups.set(keyIn(row), [row])
    else group.push(row)
  }
  return (of) => groups.get(keyIn(of)) ?? []
}

/** The amounts of an invoice from the lines of its history that count, and what they make of it. */
const standingOf = (row: Row, lines: readonly Row[]) => {
  const of = (kind: string): bigint =>
    sum(
      lines.filter((line) => line['kind'] === kind),
      (line) => minor(line, 'amount_minor'),
    )
  const allocated = of('ALLOCATED')
  const uncleared = sum(lines, (line) => minor(line, 'uncleared_minor')) - of('CLEARED')
  const [credited, discounted, lost, small] = [
    of('CREDITED'),
    of('DISCOUNTED'),
    of('WRITTEN_OFF'),
    of('SMALL_DIFFERENCE'),
  ]
  const writtenOff = lost + small
  const recovered = of('RECOVERED')
  const [before, moved] = [of('BEFORE'), of('MOVED')]
  const left = minor(row, 'total_minor') - allocated - credited - discounted - writtenOff - before - moved
  const isCancelled = lines.some((line) => line['kind'] === 'CANCELLED')
  const statusOf = (): string => {
    if (isCancelled) return 'CANCELLED'
    if (left + uncleared > 0n) return allocated > uncleared || before > 0n ? 'PARTIALLY_PAID' : 'UNPAID'
    if (moved > 0n) return 'MOVED'
    if (lost > 0n) return 'WRITTEN_OFF'
    return allocated === 0n && credited > 0n ? 'CREDITED' : 'PAID'
  }
  const open = isCancelled ? 0n : left
  const settled = { allocated, uncleared, credited, discounted, writtenOff, small, recovered, before, moved }
  return { ...settled, open, status: statusOf() }
}

/** The first instalment that what is settled does not reach; the due day where there are none. */
const unmetDueOn = (row: Row, open: bigint, parts: z.infer<typeof Instalments>): string => {
  let uncovered = minor(row, 'total_minor') - open
  for (const { dueOn, amount } of parts) {
    uncovered -= minorOf(amount)
    if (uncovered < 0n) return dueOn
  }
  return words(row, 'due_on')
}

/** With the due days that held on a day: those that the first agreement after it found. */
const dueOnDay = (known: Known, asOf: string): ((invoice: Row) => Row) => {
  const laterOf = groupedBy(
    known.rowsOf('invoice_schedules').filter((row) => words(row, 'agreed_on') > asOf),
    'client_id',
    'invoice_id',
  )
  return (invoice) => {
    const [first] = laterOf(invoice).toSorted((a, b) => (minor(a, 'position') < minor(b, 'position') ? -1 : 1))
    const { due_on = null, instalments = null } = first ?? invoice
    return { ...invoice, due_on, instalments }
  }
}

/** Those that are issued, earliest due first, as they stand on the day. */
export const answerInvoices = (known: Known, { asOf }: Question, clientId: string | undefined) => {
  const settled = known.rowsOf('invoice_settlements').filter(until(asOf, 'effective_on'))
  const linesOf = groupedBy(settled, 'client_id', 'invoice_id')
  const rows = known.rowsOf('invoice_balances').filter(until(asOf, 'stands_on')).filter(isOf(clientId))
  const issued = rows.map(dueOnDay(known, asOf))
  return {
    items: list(issued, ['due_on', 'invoice_id', 'client_id']).map((row) => {
      const currency = words(row, 'currency')
      const show = (amount: bigint): string => decimalIn(known, amount, currency)
      const instalments = Instalments.parse(JSON.parse(words(row, 'instalments')))
      const standing = standingOf(row, linesOf(row))
      const { allocated, uncleared, credited, discounted, writtenOff, small, recovered, open, status } = standing
      const late = (Date.parse(asOf) - Date.parse(unmetDueOn(row, open, instalments))) / MS_A_DAY
      return {
        invoiceId: words(row, 'invoice_id'),
        clientId: words(row, 'client_id'),
        kind: words(row, 'kind'),
        ...optional(row, 'series', 'series'),
        number: words(row, 'number'),
        issuedOn: words(row, 'issued_on'),
        dueOn: words(row, 'due_on'),
        currency,
        total: show(minor(row, 'total_minor')),
        allocated: show(allocated),
        uncleared: show(uncleared),
        credited: show(credited),
        discounted: show(discounted),
        writtenOff: show(writtenOff),
        smallDifference: show(small),
        recovered: show(recovered),
        before: show(standing.before),
        moved: show(standing.moved),
        open: show(open),
        status,
        overdueDays: open > 0n ? Math.max(0, late) : 0,
        instalments,
      }
    }),
  }
}

/** Ways of payment on which money arrives later, and those of them that a refund may go back on. */
const ARRIVES_LATER = /^CARD|^ONLINE|^COURIER|^PROMISSORY|^CHEQUE/
const CARD = /^CARD|^ONLINE/

const moneyIn = (known: Known, row: Row, name: 'paid' | 'difference') => {
  const currency = words(row, `${name}_currency`)
  return { amount: decimalIn(known, minor(row, `${name}_minor`), currency), currency }
}

/** Money of which something is nobody's yet on the day. */
export const answerUnidentified = (known: Known, { asOf }: Question) => {
  const ofPayment = ['client_id', 'payment_id']
  const isNobodys = (row: Row): boolean => row['client_id'] === NOBODY
  const moved = known.rowsOf('payment_transfers').filter(isNobodys).filter(until(asOf, 'effective_on'))
  const movesOf = groupedBy(moved.toSorted(inOrderOf('position')), ...ofPayment)
  const goneOf = groupedBy(known.rowsOf('payment_parts').filter(until(asOf, 'effective_on')), ...ofPayment)
  const received = known.rowsOf('payments').filter(isNobodys).filter(until(asOf, 'received_on'))
  const all = received.toSorted(inOrderOf('received_on', 'payment_id')).map((row) => {
    const currency = words(row, 'currency')
    const show = (amount: bigint): string => decimalIn(known, amount, currency)
    const identified = sum(movesOf(row), (line) => minor(line, 'amount_minor'))
    const returned = sum(goneOf(row), (line) => minor(line, 'amount_minor'))
    const left = minor(row, 'amount_minor') - identified - returned
    const item = {
      paymentId: words(row, 'payment_id'),
      method: words(row, 'method'),
      receivedOn: words(row, 'received_on'),
      currency,
      amount: show(minor(row, 'amount_minor')),
      identified: show(identified),
      returned: show(returned),
      unidentified: show(left),
      fee: show(minor(row, 'fee_minor')),
      identifications: movesOf(row).map((move) => ({
        identificationId: words(move, 'transfer_id'),
        clientId: words(move, 'other_client_id'),
        amount: show(minor(move, 'amount_minor')),
        on: words(move, 'effective_on'),
        ...(move['reason'] !== null && { reason: words(move, 'reason') }),
        eventId: words(move, 'event_id'),
      })),
    }
    return { left, item }
  })
  return { items: all.flatMap(({ left, item }) => (left > 0n ? [item] : [])).slice(0, LIST_ROWS_MAX) }
}

/** Those that were received, in the order in which the money came, as they stand on the day. */
export const answerPayments = (known: Known, { asOf }: Question, clientId: string | undefined) => {
  const ofPayment = ['client_id', 'payment_id']
  const settledOf = groupedBy(known.rowsOf('payment_settlements').filter(until(asOf, 'effective_on')), ...ofPayment)
  const transfersOf = groupedBy(known.rowsOf('payment_transfers').filter(until(asOf, 'effective_on')), ...ofPayment)
  const refundsOf = groupedBy(known.rowsOf('payment_refunds').filter(until(asOf, 'refunded_on')), ...ofPayment)
  const inOrderOfLog = list(known.rowsOf('payment_parts').filter(until(asOf, 'effective_on')), ['position'])
  const partsOf = groupedBy(inOrderOfLog, ...ofPayment)
  const releasesOf = groupedBy(known.rowsOf('payment_releases').filter(until(asOf, 'released_on')), ...ofPayment)
  const claimsOf = groupedBy(known.rowsOf('payment_claims').filter(until(asOf, 'effective_on')), ...ofPayment)
  const receiptsOf = groupedBy(known.rowsOf('receipts').filter(until(asOf, 'issued_on')), ...ofPayment)
  const received = known.rowsOf('payments').filter(until(asOf, 'received_on')).filter(isOf(clientId))
  const ofClients = received.filter((row) => row['client_id'] !== NOBODY)
  return {
    items: list(ofClients, ['received_on', 'payment_id', 'client_id']).map((row) => {
      const currency = words(row, 'currency')
      const show = (amount: bigint): string => decimalIn(known, amount, currency)
      const allocated = sum(settledOf(row), (line) => minor(line, 'amount_minor'))
      const refunds = refundsOf(row)
      const releases = releasesOf(row)
      const released = sum(releases, (line) => minor(line, 'amount_minor'))
      const claims = claimsOf(row).toSorted(inOrderOf('position'))
      const claimed = sum(claims, (line) => minor(line, 'amount_minor'))
      const isReturned = until(asOf, 'reversed_on')
      const given = refunds.filter((line) => !isReturned(line))
      const refunded = sum(given, (line) => minor(line, 'amount_minor'))
      // The row at the payment's own position is how it came to be.
      const transfers = transfersOf(row).filter((line) => line['position'] !== row['position'])
      const transferred = sum(transfers, (line) => minor(line, 'amount_minor'))
      const parts = partsOf(row)
      const [cleared, gone] = ['CLEARED', 'REVERSED'].map((kind) => parts.filter((part) => part['kind'] === kind))
      const reversed = sum(gone ?? [], (part) => minor(part, 'amount_minor'))
      const reversal = gone?.at(-1)
      const clearedFee = sum(cleared ?? [], (part) => minor(part, 'fee_minor'))
      const clearedOn = (cleared ?? [])
        .map((part) => words(part, 'effective_on'))
        .toSorted()
        .at(-1)
      const onItsWay = [...parts, ...(CARD.test(words(row, 'method')) ? given : [])]
      const inTransit = minor(row, 'amount_minor') - sum(onItsWay, (part) => minor(part, 'transit_minor'))
      const receipt = receiptsOf(row)
        .toSorted((a, b) => (minor(a, 'position') < minor(b, 'position') ? -1 : 1))
        .findLast((paper) => !until(asOf, 'annulled_on')(paper))
      return {
        paymentId: words(row, 'payment_id'),
        clientId: words(row, 'client_id'),
        method: words(row, 'method'),
        receivedOn: words(row, 'received_on'),
        currency,
        amount: show(minor(row, 'amount_minor')),
        allocated: show(allocated),
        refunded: show(refunded),
        reversed: show(reversed),
        transferred: show(transferred),
        released: show(released),
        claimed: show(claimed),
        credit: show(minor(row, 'amount_minor') + claimed - allocated - refunded - released - reversed - transferred),
        inTransit: show(ARRIVES_LATER.test(words(row, 'method')) && inTransit > 0n ? inTransit : 0n),
        allocationRule: words(row, 'allocation_rule'),
        ...(row['allocation_stage'] !== null && { allocationStage: words(row, 'allocation_stage') }),
        ...(reversal !== undefined && {
          reversal: { on: words(reversal, 'effective_on'), reason: words(reversal, 'reason') },
        }),
        ...(clearedOn !== undefined && { clearing: { on: clearedOn, fee: show(clearedFee) } }),
        clearings: (cleared ?? []).map((part) => ({
          on: words(part, 'effective_on'),
          amount: show(minor(part, 'amount_minor')),
          fee: show(minor(part, 'fee_minor')),
          eventId: words(part, 'event_id'),
        })),
        ...(receipt !== undefined && {
          receipt: { series: words(receipt, 'series'), number: Number(receipt['number']) },
        }),
        ...(row['origin_payment_id'] !== null && {
          origin: {
            ...(row['origin_client_id'] !== null && { clientId: words(row, 'origin_client_id') }),
            paymentId: words(row, 'origin_payment_id'),
          },
        }),
        transfers: transfers.toSorted(inOrderOf('position')).map((transfer) => ({
          transferId: words(transfer, 'transfer_id'),
          ...(transfer['other_client_id'] !== NOBODY && { toClientId: words(transfer, 'other_client_id') }),
          amount: show(minor(transfer, 'amount_minor')),
          movedOn: words(transfer, 'effective_on'),
          ...(transfer['reason'] !== null && { reason: words(transfer, 'reason') }),
          eventId: words(transfer, 'event_id'),
        })),
        refunds: refunds.toSorted(inOrderOf('refunded_on', 'refund_id')).map((refund) => ({
          refundId: words(refund, 'refund_id'),
          amount: show(minor(refund, 'amount_minor')),
          ...(refund['paid_currency'] !== currency && { paid: moneyIn(known, refund, 'paid') }),
          ...(refund['difference_minor'] !== null && { difference: moneyIn(known, refund, 'difference') }),
          method: words(refund, 'method'),
          refundedOn: words(refund, 'refunded_on'),
          ...(isReturned(refund) && {
            reversal: { on: words(refund, 'reversed_on'), reason: words(refund, 'reversal_reason') },
          }),
          eventId: words(refund, 'event_id'),
        })),
        releases: releases
          .toSorted((a, b) => (minor(a, 'position') < minor(b, 'position') ? -1 : 1))
          .map((release) => ({
            amount: show(minor(release, 'amount_minor')),
            reason: words(release, 'reason'),
            releasedOn: words(release, 'released_on'),
            approvedBy: words(release, 'approved_by'),
            eventId: words(release, 'event_id'),
          })),
        claims: claims.map((claim) => ({
          claimId: words(claim, 'claim_id'),
          amount: show(minor(claim, 'amount_minor')),
          on: words(claim, 'effective_on'),
          eventId: words(claim, 'event_id'),
        })),
      }
    }),
  }
}

/** The register as it stands on the day: every number that is issued, annulled ones with value 0. */
export const answerReceipts = (known: Known, { asOf }: Question, series: string | undefined) => {
  const issued = known
    .rowsOf('receipts')
    .filter(until(asOf, 'issued_on'))
    .filter((row) => series === undefined || row['series'] === series)
  return {
    items: list(issued, ['series', 'number']).map((row) => {
      const currency = words(row, 'currency')
      const amount = decimalIn(known, minor(row, 'amount_minor'), currency)
      const isAnnulled = until(asOf, 'annulled_on')(row)
      const replacedBy = until(asOf, 'replaced_on')(row)
        ? { replacedBy: { series: words(row, 'replaced_by_series'), number: Number(row['replaced_by_number']) } }
        : {}
      return {
        series: words(row, 'series'),
        number: Number(row['number']),
        receiptId: words(row, 'receipt_id'),
        clientId: words(row, 'client_id'),
        paymentId: words(row, 'payment_id'),
        deskId: words(row, 'desk_id'),
        issuedOn: words(row, 'issued_on'),
        currency,
        amount,
        value: isAnnulled ? decimalIn(known, 0n, currency) : amount,
        ...(isAnnulled && {
          annulled: { on: words(row, 'annulled_on'), reason: words(row, 'annulment_reason'), ...replacedBy },
        }),
        reprintCount: Number(row['reprint_count']),
      }
    }),
  }
}
