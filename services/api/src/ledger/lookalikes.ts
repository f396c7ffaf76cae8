import { type CompanyId, type DocumentKey, documentKeyOf, type Elsewhere, type LedgerMessage } from '@registru/domain'
import type { AskedName, AskedPayment, AskedTaxId } from '@registru/projections'
import type { Logger } from '@registru/runtime'
import { LRUCache } from 'lru-cache'
import type { ElsewhereReader } from './elsewhere.ts'
import { createSharedQuestion } from './shared-question.ts'

type OtherDocument = NonNullable<Elsewhere['documents']>[number]

export interface LookalikesOptions {
  readonly findDocuments: (names: readonly AskedName[]) => Promise<readonly (readonly OtherDocument[])[]>
  readonly findPayments: (payments: readonly AskedPayment[]) => Promise<readonly NonNullable<Elsewhere['payments']>[]>
  readonly findClients: (taxIds: readonly AskedTaxId[]) => Promise<readonly NonNullable<Elsewhere['clients']>[]>
  /** Whether a paper stands in its own account, whatever read models or anybody's memory say of it. */
  readonly stands: (companyId: CompanyId, document: OtherDocument) => Promise<boolean>
  readonly logger: Pick<Logger, 'warn' | 'info'>
  readonly answerWithinMs?: number
}

/** Longer than read models lag, be it that they are rebuilt; so few that they weigh nothing. */
const REMEMBERED_MAX = 10_000
const REMEMBERED_MS = 60_000

const nameOf = (companyId: CompanyId, { year, series, number }: DocumentKey): string =>
  JSON.stringify([companyId, year, series, number])

const idOf = ({ clientId, kind, documentId }: OtherDocument): string => JSON.stringify([clientId, kind, documentId])

/** Papers of the last minute, as far as this process registered them. */
const createRecentPapers = () => {
  const papers = new LRUCache<string, readonly OtherDocument[]>({ max: REMEMBERED_MAX, ttl: REMEMBERED_MS })
  const add = (companyId: CompanyId, key: DocumentKey, document: OtherDocument): void => {
    const name = nameOf(companyId, key)
    papers.set(name, [...(papers.get(name) ?? []), document])
  }
  return {
    learn: ({ type, data }: LedgerMessage, companyId: CompanyId): void => {
      if (type === 'InvoiceRegistered') {
        const { clientId, invoiceId: documentId } = data
        add(companyId, documentKeyOf(data), { clientId, kind: 'INVOICE', documentId })
      } else if (type === 'CreditNoteRegistered') {
        const { clientId, creditNoteId: documentId } = data
        add(companyId, documentKeyOf(data), { clientId, kind: 'CREDIT_NOTE', documentId })
      }
    },
    /** With what others tell, each once. */
    with: (found: readonly OtherDocument[], { companyId, clientId, ...key }: AskedName): readonly OtherDocument[] => {
      const recent = (papers.get(nameOf(companyId, key)) ?? []).filter((document) => document.clientId !== clientId)
      return [...new Map([...found, ...recent].map((document) => [idOf(document), document])).values()]
    },
  }
}

/**
 * What the company's other accounts hold that looks like what a command brings: a paper of the same name, money of the same
 * bank reference, a client of the same fiscal code. Read models are asked, in the manner of used keys (decision 0037); what
 * they do not know yet of papers that this process registered, it remembers. Of a paper that is found its own account is
 * asked whether it still stands: another process may have cancelled it a moment ago.
 */
export const createLookalikes = ({
  findDocuments,
  findPayments,
  findClients,
  stands,
  ...options
}: LookalikesOptions): ElsewhereReader => {
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
  const standing = async (companyId: CompanyId, found: readonly OtherDocument[]): Promise<readonly OtherDocument[]> => {
    // A store that does not answer refuses the command by itself.
    const answers = await Promise.all(found.map((document) => stands(companyId, document).catch(() => true)))
    return found.filter((_, index) => answers[index])
  }

  return {
    of: ({ type, data }, companyId) => {
      switch (type) {
        case 'RegisterInvoice':
        case 'RegisterCreditNote': {
          const asked = { companyId, clientId: data.clientId, ...documentKeyOf(data) }
          return documents(asked)
            .then((found) => standing(companyId, recent.with(found, asked)))
            .then((found) => ({ documents: found }))
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
    learn: ({ events }, companyId) => {
      for (const event of events) recent.learn(event, companyId)
    },
  }
}
