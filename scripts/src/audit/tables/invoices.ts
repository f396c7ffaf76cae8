import { z } from 'zod'
import { addTo, type ChangingRow, type Expected, type Fold, find, jsonCell, put } from '../expected.ts'
import { minorOf, type PlacedFact } from '../facts.ts'

export const invoices = { name: 'invoice_balances', key: ['company_id', 'invoice_id', 'client_id'] }
/** One event may settle several invoices: a paper that is collected. */
const settlements = { name: 'invoice_settlements', position: 'position', within: ['client_id', 'invoice_id', 'line'] }

/** What was due when, up to each agreement. */
const schedules = { name: 'invoice_schedules', position: 'position', within: ['client_id', 'invoice_id'] }

const Parts = z.array(z.object({ dueOn: z.string(), amount: z.string() }))

/** As an amount is written that has so many decimals. */
const decimal = (minor: bigint, like: string): string => {
  const digits = like.split('.')[1]?.length ?? 0
  const text = `${minor}`.padStart(digits + 1, '0')
  return digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`
}

/** Other due days take over from the end of what is settled on. */
const reschedule = (row: ChangingRow, agreed: z.infer<typeof Parts>): void => {
  const like = agreed[0]?.amount ?? ''
  const known = Parts.parse(JSON.parse(`${row['instalments']}`))
  const whole = { dueOn: `${row['due_on']}`, amount: decimal(amount(row, 'total_minor'), like) }
  const parts = known.length > 0 ? known : [whole]
  let settled = amount(row, 'total_minor') - agreed.reduce((sum, part) => sum + minorOf(part.amount), 0n)
  const all: z.infer<typeof Parts> = []
  for (const part of parts) {
    if (settled <= 0n) break
    const minor = minorOf(part.amount) < settled ? minorOf(part.amount) : settled
    all.push({ dueOn: part.dueOn, amount: decimal(minor, like) })
    settled -= minor
  }
  all.push(...agreed)
  row['due_on'] = agreed.at(-1)?.dueOn ?? null
  row['instalments'] = jsonCell(all.length > 1 ? all : [])
  row['rescheduled'] = true
}

const amount = (row: ChangingRow, column: string): bigint => BigInt(row[column] ?? 0n)

const statusOf = (row: ChangingRow, open: bigint): string => {
  if (row['cancelled_on'] !== null) return 'CANCELLED'
  const uncleared = amount(row, 'uncleared_minor')
  if (open + uncleared > 0n) {
    const isBegun = amount(row, 'allocated_minor') > uncleared || amount(row, 'before_minor') > 0n
    return isBegun ? 'PARTIALLY_PAID' : 'UNPAID'
  }
  if (amount(row, 'moved_minor') > 0n) return 'MOVED'
  if (amount(row, 'written_off_minor') > amount(row, 'small_difference_minor')) return 'WRITTEN_OFF'
  const credited = amount(row, 'allocated_minor') === 0n && amount(row, 'credited_minor') > 0n
  return credited ? 'CREDITED' : 'PAID'
}

/** A cancelled invoice asks for nothing. */
const conclude = (row: ChangingRow): void => {
  const settled = [
    'allocated_minor',
    'credited_minor',
    'discounted_minor',
    'written_off_minor',
    'before_minor',
    'moved_minor',
  ]
  const open = settled.reduce((left, column) => left - amount(row, column), amount(row, 'total_minor'))
  row['open_minor'] = row['cancelled_on'] === null ? open : 0n
  row['status'] = statusOf(row, open)
}

const foldInvoices = (expected: Expected, fact: PlacedFact): void => {
  const { type, data, companyId: company_id, position } = fact
  /** A line of the history of an invoice, and what its row has to say after it. */
  const settle = (
    of: { readonly clientId: string; readonly invoiceId: string },
    line: { readonly kind: string; readonly minor: bigint; readonly on: string },
    amounts: Readonly<Record<string, bigint>>,
    more: ChangingRow = {},
  ): void => {
    const key = { company_id, invoice_id: of.invoiceId, client_id: of.clientId }
    addTo(expected, invoices, key, amounts)
    const row = find(expected, invoices, company_id, of.invoiceId, of.clientId)
    if (row !== undefined) {
      if (line.kind === 'CANCELLED') row['cancelled_on'] = line.on
      const last = `${row['last_effective_on']}`
      row['last_effective_on'] = line.on > last ? line.on : last
      row['last_position'] = position
      conclude(row)
    }
    expected.bear(settlements, {
      ...key,
      position,
      line: 0,
      kind: line.kind,
      payment_id: null,
      amount_minor: line.minor,
      uncleared_minor: 0n,
      effective_on: line.on,
      undone_because: null,
      event_id: fact.eventId,
      ...more,
    })
  }

  /** What the one account has no longer the other has: what is open, and what bad debts may still bring. */
  const moveOn = (data: Extract<PlacedFact, { type: 'InvoiceMoved' }>['data']): void => {
    const { clientId, fromClientId, invoiceId, amount: money, total, movedOn: on, again } = data
    const [bad, brought] = [minorOf(data.writtenOff ?? '0'), minorOf(data.recovered ?? '0')]
    const asked = minorOf(money.amount) + bad
    const before = again === true ? -asked : minorOf(total.amount) - asked
    const tell = (of: string, kind: string, column: string, sign: bigint): void => {
      const lines: readonly (readonly [kind: string, column: string, minor: bigint])[] = [
        [kind, column, kind === 'MOVED' ? asked : before],
        ['WRITTEN_OFF', 'written_off_minor', sign * bad],
        ['RECOVERED', 'recovered_minor', sign * brought],
      ]
      // The first is told though it be nothing: by it one knows that the invoice moved.
      const told = lines.filter(([name, , minor]) => name === kind || minor !== 0n)
      for (const [line, [name, of_, minor]] of told.entries()) {
        settle({ clientId: of, invoiceId }, { kind: name, minor, on }, { [of_]: minor }, { line })
      }
    }
    tell(fromClientId, 'MOVED', 'moved_minor', -1n)
    tell(clientId, 'BEFORE', 'before_minor', 1n)
  }

  switch (type) {
    case 'InvoiceRegistered':
    case 'ClaimRegistered':
    case 'InvoiceMoved': {
      const [id, instalments] = type === 'ClaimRegistered' ? [data.claimId, []] : [data.invoiceId, data.instalments]
      const standsOn = type === 'InvoiceMoved' ? data.movedOn : data.issuedOn
      if (type === 'InvoiceMoved' && data.again === true) return moveOn(data)
      conclude(
        put(expected, invoices, {
          company_id,
          invoice_id: id,
          client_id: data.clientId,
          kind: data.kind,
          series: data.series ?? null,
          number: data.number,
          issued_on: data.issuedOn,
          due_on: data.dueOn,
          currency: data.total.currency,
          total_minor: minorOf(data.total.amount),
          allocated_minor: 0n,
          uncleared_minor: 0n,
          credited_minor: 0n,
          discounted_minor: 0n,
          written_off_minor: 0n,
          small_difference_minor: 0n,
          recovered_minor: 0n,
          before_minor: 0n,
          moved_minor: 0n,
          cancelled_on: null,
          instalments: jsonCell(instalments),
          rescheduled: false,
          stands_on: standsOn,
          position,
          last_effective_on: standsOn,
          last_position: position,
        }),
      )
      if (type === 'InvoiceMoved') moveOn(data)
      return
    }
    case 'ClaimCancelled': {
      const { clientId, claimId: invoiceId, total, cancelledOn: on } = data
      return settle({ clientId, invoiceId }, { kind: 'CANCELLED', minor: minorOf(total.amount), on }, {})
    }
    case 'InvoiceRescheduled': {
      const { invoiceId: invoice_id, clientId: client_id, agreedOn: agreed_on, instalments } = data
      const row = find(expected, invoices, company_id, invoice_id, client_id)
      if (row === undefined) return
      const { due_on = null, instalments: before = null } = row
      expected.bear(schedules, { company_id, invoice_id, client_id, position, agreed_on, due_on, instalments: before })
      reschedule(row, instalments)
      const last = `${row['last_effective_on']}`
      row['last_effective_on'] = agreed_on > last ? agreed_on : last
      row['last_position'] = position
      return
    }
    case 'InvoiceCancelled':
      return settle(data, { kind: 'CANCELLED', minor: minorOf(data.total.amount), on: data.cancelledOn }, {})
    case 'CreditNoteRegistered': {
      const { invoiceId, clientId, creditedOn: on } = data
      if (invoiceId === undefined) return
      const minor = minorOf(data.total.amount)
      return settle({ clientId, invoiceId }, { kind: 'CREDITED', minor, on }, { credited_minor: minor })
    }
    case 'DiscountGranted': {
      const minor = minorOf(data.amount.amount)
      return settle(data, { kind: 'DISCOUNTED', minor, on: data.grantedOn }, { discounted_minor: minor })
    }
    case 'InvoiceWrittenOff': {
      const minor = minorOf(data.amount.amount)
      const small = data.kind === undefined ? {} : { small_difference_minor: minor }
      const line = { kind: data.kind ?? 'WRITTEN_OFF', minor, on: data.writtenOffOn }
      return settle(data, line, { written_off_minor: minor, ...small })
    }
    case 'CreditNoteReversed':
    case 'DiscountReversed':
    case 'WriteOffReversed': {
      const { clientId, invoiceId, reversedOn: on, reason } = data
      if (invoiceId === undefined) return
      const [kind, column, { amount: back }] =
        type === 'CreditNoteReversed'
          ? (['CREDITED', 'credited_minor', data.total] as const)
          : type === 'DiscountReversed'
            ? (['DISCOUNTED', 'discounted_minor', data.amount] as const)
            : ([data.kind ?? 'WRITTEN_OFF', 'written_off_minor', data.amount] as const)
      const minor = -minorOf(back)
      const small = kind === 'SMALL_DIFFERENCE' ? { small_difference_minor: minor } : {}
      const amounts = { [column]: minor, ...small }
      return settle({ clientId, invoiceId }, { kind, minor, on }, amounts, { undone_because: reason })
    }
    case 'PaymentCleared':
      for (const { invoiceId, amount: settled } of data.settles ?? []) {
        const minor = minorOf(settled.amount)
        const line = { kind: 'CLEARED', minor, on: data.clearedOn }
        const more = { payment_id: data.paymentId }
        settle({ clientId: data.clientId, invoiceId }, line, { uncleared_minor: -minor }, more)
      }
      return
    case 'PaymentAllocated':
    case 'PaymentDeallocated': {
      const undone = type === 'PaymentDeallocated'
      const sign = undone ? -1n : 1n
      const minor = sign * minorOf(data.amount.amount)
      const uncleared = data.uncleared === true ? minor - sign * minorOf(data.collected ?? '0') : 0n
      return settle(
        data,
        {
          kind: data.recovers === true ? 'RECOVERED' : 'ALLOCATED',
          minor,
          on: undone ? data.deallocatedOn : data.allocatedOn,
        },
        data.recovers === true ? { recovered_minor: minor } : { allocated_minor: minor, uncleared_minor: uncleared },
        { payment_id: data.paymentId, uncleared_minor: uncleared, undone_because: undone ? data.reason : null },
      )
    }
    default:
      return
  }
}

export const invoiceFold: Fold = { histories: [settlements, schedules], states: [invoices], start: () => foldInvoices }
