import {
  type AccountCommand,
  type AccountEvent,
  type CompanyId,
  type DocumentKey,
  documentKeyOf,
  type Elsewhere,
  type UnidentifiedCommand,
} from '@registru/domain'
import type { AskedName, AskedPayment, AskedTaxId } from '@registru/projections'
import type { Logger } from '@registru/runtime'
import { LRUCache } from 'lru-cache'
import { createSharedQuestion } from './shared-question.ts'

type OtherDocument = NonNullable<Elsewhere['documents']>[number]

/**
 * What the company's other accounts hold that looks like what a command brings: a paper of the same name, money of the same
 * bank reference, a client of the same fiscal code. An account sees its own alone, so read models are asked, in the manner of
 * used keys (decision 0037); what they do not know yet of papers that this process registered, it remembers.
 */
export interface Lookalikes {
  /** Answers at once for commands that nothing could look like. */
  readonly of: (
    command: AccountCommand | UnidentifiedCommand,
    companyId: CompanyId,
  ) => Promise<Elsewhere | undefined> | undefined
  /** What has just happened. */
  readonly learn: (events: readonly AccountEvent[], companyId: CompanyId) => void
}

export interface LookalikesOptions {
  readonly findDocuments: (names: readonly AskedName[]) => Promise<readonly (readonly OtherDocument[])[]>
  readonly findPayments: (payments: readonly AskedPayment[]) => Promise<readonly NonNullable<Elsewhere['payments']>[]>
  readonly findClients: (taxIds: readonly AskedTaxId[]) => Promise<readonly NonNullable<Elsewhere['clients']>[]>
  readonly logger: Pick<Logger, 'warn' | 'info'>
  readonly answerWithinMs?: number
}

/** Longer than read models lag, be it that they are rebuilt; so few that they weigh nothing. */
const REMEMBERED_MAX = 10_000
const REMEMBERED_MS = 60_000

const nameOf = (companyId: CompanyId, { year, series, number }: DocumentKey): string =>
  JSON.stringify([companyId, year, series, number])

const idOf = (companyId: CompanyId, { clientId, kind, documentId }: OtherDocument): string =>
  JSON.stringify([companyId, clientId, kind, documentId])

/** Papers of the last minute, as far as this process registered them. */
const createRecentPapers = () => {
  const papers = new LRUCache<string, readonly OtherDocument[]>({ max: REMEMBERED_MAX, ttl: REMEMBERED_MS })
  const freed = new LRUCache<string, true>({ max: REMEMBERED_MAX, ttl: REMEMBERED_MS })
  const add = (companyId: CompanyId, key: DocumentKey, document: OtherDocument): void => {
    const name = nameOf(companyId, key)
    papers.set(name, [...(papers.get(name) ?? []), document])
  }
  return {
    learn: ({ type, data }: AccountEvent, companyId: CompanyId): void => {
      if (type === 'InvoiceRegistered') {
        const { clientId, invoiceId: documentId } = data
        add(companyId, documentKeyOf(data), { clientId, kind: 'INVOICE', documentId })
      } else if (type === 'CreditNoteRegistered') {
        const { clientId, creditNoteId: documentId } = data
        add(companyId, documentKeyOf(data), { clientId, kind: 'CREDIT_NOTE', documentId })
      } else if (type === 'InvoiceCancelled') {
        const { clientId, invoiceId: documentId } = data
        freed.set(idOf(companyId, { clientId, kind: 'INVOICE', documentId }), true)
      } else if (type === 'CreditNoteReversed') {
        const { clientId, creditNoteId: documentId } = data
        freed.set(idOf(companyId, { clientId, kind: 'CREDIT_NOTE', documentId }), true)
      }
    },
    /** With what others tell, each once. */
    with: (found: readonly OtherDocument[], { companyId, clientId, ...key }: AskedName): readonly OtherDocument[] => {
      const recent = (papers.get(nameOf(companyId, key)) ?? []).filter((document) => document.clientId !== clientId)
      const all = new Map([...found, ...recent].map((document) => [idOf(companyId, document), document]))
      return [...all].flatMap(([id, document]) => (freed.has(id) ? [] : [document]))
    },
  }
}

export const createLookalikes = ({
  findDocuments,
  findPayments,
  findClients,
  ...options
}: LookalikesOptions): Lookalikes => {
  const words = (what: string) => ({
    away: `${what} of other accounts are not looked for`,
    back: `${what} of other accounts are looked for again`,
  })
  const question = <Asked, Found>(
    what: string,
    find: (asked: readonly Asked[]) => Promise<readonly (readonly Found[])[]>,
  ) =>
    createSharedQuestion<Asked, readonly Found[], readonly (readonly Found[])[]>({
      ...options,
      find,
      each: (found) => found,
      nothing: [],
      words: words(what),
    })
  const documents = question('papers', findDocuments)
  const payments = question('payments', findPayments)
  const clients = question('fiscal codes', findClients)
  const recent = createRecentPapers()

  return {
    of: ({ type, data }, companyId) => {
      switch (type) {
        case 'RegisterInvoice':
        case 'RegisterCreditNote': {
          const asked = { companyId, clientId: data.clientId, ...documentKeyOf(data) }
          return documents(asked).then((found) => ({ documents: recent.with(found, asked) }))
        }
        case 'RecordPayment':
        case 'RecordUnidentifiedPayment': {
          const { paymentId, bankReference, receivedOn, amount } = data
          if (bankReference === undefined) return undefined
          const clientId = 'clientId' in data ? data.clientId : undefined
          const asked = { companyId, clientId, paymentId, bankReference, receivedOn, amount }
          return payments(asked).then((found) => ({ payments: found }))
        }
        case 'RegisterClient':
        case 'UpdateClient': {
          const { clientId, taxId } = data
          return taxId === undefined
            ? undefined
            : clients({ companyId, clientId, taxId }).then((found) => ({ clients: found }))
        }
        default:
          return undefined
      }
    },
    learn: (events, companyId) => {
      for (const event of events) recent.learn(event, companyId)
    },
  }
}

/** Nobody is asked, as where there are no read models. */
export const noLookalikes: Lookalikes = { of: () => undefined, learn: () => undefined }
