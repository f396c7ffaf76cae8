import type { Position } from '@registru/domain'
import { addTo, type ChangingRow, canonical, type Expected, type Fold, find, put } from '../expected.ts'
import { type Money, minorOf, type PlacedFact, paidOf } from '../facts.ts'

const desks = { name: 'cash_desks', key: ['company_id', 'desk_id'] }
const lines = { name: 'cash_lines', key: ['company_id', 'position', 'line'] }
const days = { name: 'cash_desk_days', key: ['company_id', 'desk_id', 'currency', 'effective_on'] }
const payments = { name: 'cash_payments', key: ['company_id', 'payment_id', 'client_id'] }

/** Where cash lies that names no desk. */
const DESKLESS = '-'

interface Said {
  readonly act?: string
  readonly explanation: string
  readonly against: readonly string[]
}

/** A cash payment where it stands in a register. */
interface Standing {
  readonly deskId: string
  readonly on: string
  readonly position: Position
  said: Said
}

interface Line {
  readonly deskId: string
  readonly currency: string
  readonly on: string
  readonly kind: string
  readonly clientId: string | null
  readonly paymentId: string | null
  readonly in?: bigint
  readonly out?: bigint
  readonly said: Said
}

const romanianDay = (day: string): string => day.split('-').toReversed().join('.')

type Recorded = Extract<PlacedFact, { type: 'PaymentRecorded' }>['data']
type Issued = Extract<PlacedFact, { type: 'ReceiptIssued' }>['data']

/** What is owed without an invoice, as papers call it. */
const NAMES: Readonly<Record<string, string>> = {
  RETURNED_MONEY: 'sumă de restituit',
  FEE: 'cheltuieli de recuperat',
  INTEREST: 'dobândă penalizatoare',
  OTHER: 'creanță',
}

/** What a receipt says of the money: which number, for which papers, from whom. */
const saidBy = (receipt: Issued): Said => {
  const hasAdvance = /[1-9]/.test(receipt.advance)
  const papers = receipt.settles.map(({ claim = 'factura', series, number }) =>
    [NAMES[claim] ?? claim, series, number].filter(Boolean).join(' '),
  )
  const { replaces } = receipt
  const parts = [
    `chitanța ${receipt.series} ${receipt.number}`,
    replaces && `înlocuiește chitanța ${replaces.series} ${replaces.number}`,
    ...papers,
    hasAdvance && 'avans',
    receipt.receivedFrom.name,
  ]
  return {
    act: `${receipt.series} ${receipt.number}`,
    explanation: parts.filter((part) => typeof part === 'string').join(', '),
    against: [...(papers.length > 0 ? ['RECEIVABLE'] : []), ...(hasAdvance ? ['CLIENT_CREDIT'] : [])],
  }
}

/** Whether cash settled something as it came in; older events say only by what rule it was to. */
const paidFor = ({ amount, advance, allocationRule }: Recorded): readonly string[] => {
  if (advance === undefined) return [allocationRule === 'none@1' ? 'CLIENT_CREDIT' : 'RECEIVABLE']
  const kept = minorOf(advance)
  return [...(kept === minorOf(amount.amount) ? [] : ['RECEIVABLE']), ...(kept === 0n ? [] : ['CLIENT_CREDIT'])]
}

/** Registru de casă: every line on its own day, so that a day that is over stays as it was printed. */
const start = (): ((expected: Expected, fact: PlacedFact) => void) => {
  const standings = new Map<string, Standing>()

  return (expected, fact) => {
    const { type, data, companyId: company_id, position, eventId: event_id } = fact
    const write = (line: Line, at = 0): void => {
      const place = { company_id, desk_id: line.deskId, currency: line.currency, effective_on: line.on }
      const [cameIn, wentOut] = [line.in ?? 0n, line.out ?? 0n]
      put(expected, lines, {
        ...place,
        position,
        line: at,
        kind: line.kind,
        client_id: line.clientId,
        payment_id: line.paymentId,
        in_minor: cameIn,
        out_minor: wentOut,
        said: canonical(line.said),
        receipt: null,
        receipt_position: null,
        event_id,
      })
      const isOpening = line.kind === 'OPENING'
      addTo(expected, days, place, {
        opening_minor: isOpening ? cameIn : 0n,
        in_minor: isOpening ? 0n : cameIn,
        out_minor: wentOut,
        line_count: 1n,
      })
    }
    const keyOf = (clientId: string, paymentId: string): string => `${company_id} ${clientId} ${paymentId}`
    const remember = (clientId: string, paymentId: string, standing: Standing): void => {
      standings.set(keyOf(clientId, paymentId), standing)
      put(expected, payments, {
        company_id,
        payment_id: paymentId,
        client_id: clientId,
        position: standing.position,
        desk_id: standing.deskId,
        effective_on: standing.on,
        said: canonical(standing.said),
      })
    }
    const cash = (of: { clientId: string; paymentId: string }, amount: Money) => ({
      currency: amount.currency,
      clientId: of.clientId,
      paymentId: of.paymentId,
    })

    switch (type) {
      case 'CashDeskOpened': {
        const { deskId, name, openedOn } = data
        put(expected, desks, { company_id, desk_id: deskId, name, opened_on: openedOn, position, event_id })
        for (const [at, { amount, currency }] of data.openingBalances.entries()) {
          const said = { explanation: 'sold inițial', against: [] }
          const nobody = { clientId: null, paymentId: null }
          write({ deskId, currency, on: openedOn, kind: 'OPENING', ...nobody, in: minorOf(amount), said }, at)
        }
        return
      }
      case 'PaymentRecorded': {
        if (data.method !== 'CASH') return
        const deskId = data.deskId ?? DESKLESS
        const said = {
          explanation: `încasare ${data.paymentId}, ${payerName(data.payer) ?? data.clientId}`,
          against: paidFor(data),
        }
        const amount = minorOf(data.amount.amount)
        write({ deskId, ...cash(data, data.amount), on: data.receivedOn, kind: 'PAYMENT', in: amount, said })
        return remember(data.clientId, data.paymentId, { deskId, on: data.receivedOn, position, said })
      }
      case 'ReceiptIssued': {
        const standing = standings.get(keyOf(data.clientId, data.paymentId))
        if (standing === undefined) return
        const said = saidBy(data)
        if (standing.said.act === undefined && standing.on === data.issuedOn) {
          const line: ChangingRow | undefined = find(expected, lines, company_id, standing.position, 0)
          if (line !== undefined) Object.assign(line, { receipt: canonical(said), receipt_position: position })
        } else {
          write({ deskId: standing.deskId, ...cash(data, data.amount), on: data.issuedOn, kind: 'RECEIPT', said })
        }
        return remember(data.clientId, data.paymentId, { ...standing, said })
      }
      case 'ReceiptAnnulled': {
        const standing = standings.get(keyOf(data.clientId, data.paymentId))
        if (standing === undefined) return
        const act = `${data.series} ${data.number}`
        const said = { act, explanation: `chitanța ${act} ANULATĂ: ${data.reason}`, against: [] }
        return write({
          deskId: standing.deskId,
          ...cash(data, data.amount),
          on: data.annulledOn,
          kind: 'ANNULMENT',
          said,
        })
      }
      case 'PaymentReversed': {
        const standing = standings.get(keyOf(data.clientId, data.paymentId))
        if (data.method !== 'CASH' || standing === undefined) return
        const { act } = standing.said
        const paper = act === undefined ? data.paymentId : `chitanța ${act}`
        const said = { ...standing.said, explanation: `stornarea încasării din ${romanianDay(standing.on)}, ${paper}` }
        const amount = minorOf(data.amount.amount)
        const { deskId } = standing
        return write({ deskId, ...cash(data, data.amount), on: data.reversedOn, kind: 'REVERSAL', out: amount, said })
      }
      case 'RefundRecorded': {
        if (data.method !== 'CASH') return
        const explanation = `restituire din încasarea ${data.paymentId}, ${data.clientId}`
        const act = data.document === undefined ? {} : { act: data.document }
        const said = { ...act, explanation, against: ['CLIENT_CREDIT'] }
        const paid = paidOf(data)
        const deskId = data.deskId ?? DESKLESS
        return write({
          deskId,
          ...cash(data, paid),
          on: data.refundedOn,
          kind: 'REFUND',
          out: minorOf(paid.amount),
          said,
        })
      }
      case 'RefundReversed': {
        if (data.method !== 'CASH') return
        const { refundId, paymentId, clientId } = data
        const explanation = `anularea restituirii ${refundId} din încasarea ${paymentId}, ${clientId}`
        const said = { explanation, against: ['CLIENT_CREDIT'] }
        const paid = paidOf(data)
        const deskId = data.deskId ?? DESKLESS
        const place = { deskId, ...cash(data, paid), on: data.reversedOn }
        return write({ ...place, kind: 'REFUND_REVERSAL', in: minorOf(paid.amount), said })
      }
      default:
        return
    }
  }
}

const payerName = (payer: unknown): string | undefined =>
  typeof payer === 'object' && payer !== null && 'name' in payer && typeof payer.name === 'string'
    ? payer.name
    : undefined

export const cashDeskFold: Fold = { histories: [], states: [desks, lines, days, payments], start }
