import { accountInvoices, addDays, type BusinessDay } from '@registru/domain'
import { openReceiptBook, registerClient, registerCompany } from '@registru/domain/examples'
import type { Random } from '@registru/scripts/seed/random'
import { amountOf, decimal, rateOf, SERIES, vatLinesOf } from './account-step.ts'
import { createMemoryLog } from './memory-log.ts'
import { openParts } from './naive-items.ts'
import { type PlayedCompany, playCompany } from './played-company.ts'
import { CURRENCIES } from './undo-steps.ts'

export const COMPANY = 'amc'
export const CLIENTS = ['alfa', 'beta'] as const
export const FIRST_DAY = '2026-03-02'

/** A company with two clients in three currencies: invoices of all kinds and money that waits. */
export const foundWorld = async (random: Random) => {
  const log = createMemoryLog()
  let today: BusinessDay = FIRST_DAY
  const company = playCompany(log, COMPANY, { today: () => today, recordedAt: () => new Date() })
  const { onItself, onAccount, onBook, onNobodys } = company
  await onItself({ type: 'RegisterCompany', data: { ...registerCompany(), companyId: COMPANY } })
  await onItself({ type: 'SetPolicy', data: { companyId: COMPANY, smallDifference: '9.00' } })
  await onBook({ type: 'OpenReceiptBook', data: openReceiptBook({ series: SERIES, from: 1 }) })
  const nobodysIds: string[] = []
  for (const clientId of CLIENTS) {
    await onAccount({ type: 'RegisterClient', data: registerClient({ clientId }) })
    for (const currency of CURRENCIES) {
      const rated = currency === 'RON' ? {} : { exchangeRate: rateOf(FIRST_DAY) }
      const amounts = (minor: number) => ({ amount: decimal(BigInt(minor), currency), currency })
      for (const kind of ['VAT', 'PLAIN', 'PARTS', 'ADVANCE', 'LOST', 'RATED'] as const) {
        const minor = amountOf(random) + 5_000
        const invoiceId = `${clientId}-${currency}-${kind}`
        const dueOn = addDays(FIRST_DAY, 30)
        const half = Math.floor(minor / 2)
        const instalments = [
          { dueOn: addDays(FIRST_DAY, 10), amount: decimal(BigInt(half), currency) },
          { dueOn, amount: decimal(BigInt(minor - half), currency) },
        ]
        const data = {
          clientId,
          invoiceId,
          number: invoiceId,
          issuedOn: FIRST_DAY,
          dueOn,
          total: amounts(minor),
          ...(kind === 'PARTS' && { instalments }),
          ...(kind === 'ADVANCE' && { kind }),
          ...(kind !== 'PLAIN' && { cashAccounting: kind !== 'ADVANCE', vatLines: vatLinesOf(minor, currency) }),
          ...(kind === 'RATED' && rated),
        }
        await onAccount({ type: 'RegisterInvoice', data })
        const lost = { clientId, invoiceId, reason: 'bankrupt', approvedBy: 'Ana', writtenOffOn: FIRST_DAY }
        if (kind === 'LOST') await onAccount({ type: 'WriteOffInvoice', data: lost })
      }
      for (const method of ['BANK_TRANSFER', 'CASH', 'CARD_POS', 'CHEQUE'] as const) {
        const paymentId = `${clientId}-${currency}-${method}`
        const data = { clientId, paymentId, amount: amounts(amountOf(random) + 5_000), method, receivedOn: FIRST_DAY }
        const none = { rule: 'none' } as const
        await onAccount({
          type: 'RecordPayment',
          data: { ...data, ...(method === 'BANK_TRANSFER' && rated), allocation: none },
        })
      }
      const unknown = {
        paymentId: `unk-${clientId}-${currency}`,
        amount: amounts(50_000),
        method: 'BANK_TRANSFER',
      } as const
      nobodysIds.push(unknown.paymentId)
      await onNobodys({ type: 'RecordUnidentifiedPayment', data: { ...unknown, receivedOn: FIRST_DAY, ...rated } })
    }
  }
  const setToday = (day: BusinessDay): void => {
    today = day
  }
  return { company, log, nobodysIds, setToday }
}

/** When what is open is due, by client and invoice. */
export const dueNow = (company: PlayedCompany) =>
  new Map(
    CLIENTS.flatMap((clientId) =>
      [...accountInvoices.all(company.accountOf(clientId))].map(
        ({ invoiceId, dueParts, dueOn, total, open, currency }) => {
          const parts = (dueParts.length > 0 ? dueParts : [{ dueOn, amount: total }]).map((part) => ({
            dueOn: part.dueOn,
            minor: part.amount,
          }))
          const byDay = new Map<string, bigint>()
          for (const part of openParts({ parts, open }))
            byDay.set(part.dueOn, (byDay.get(part.dueOn) ?? 0n) + part.minor)
          const left = [...byDay].filter(([, minor]) => minor > 0n).toSorted(([a], [b]) => (a < b ? -1 : 1))
          return [
            `${clientId} ${invoiceId}`,
            left.map(([on, minor]) => ({ dueOn: on, amount: decimal(minor, currency) })),
          ] as const
        },
      ),
    ),
  )
