import { clientAccountStream, MergeClients, Rejection } from '@registru/domain'
import * as examples from '@registru/domain/examples'
import { z } from 'zod'
import type { CommandContext } from '../ledger/command-context.ts'
import { restOf } from '../ledger/errors.ts'
import { lastPosition } from '../ledger/last-position.ts'
import { accountKey } from './batch-order.ts'
import { type CommandDependencies, defineCommand } from './command-definition.ts'
import { answer, eventsOf, onAccount } from './on-account.ts'
import { day } from './result-schemas.ts'

type Asked = z.infer<typeof MergeClients>

/** The other account is asked first; a command that was carried out before passes that question whatever it says today. */
const requireReceiver = async (
  asked: Asked,
  context: CommandContext,
  { ledger, merges }: CommandDependencies,
): Promise<void> => {
  // Which of the two it is that is wrong, its own account says.
  if (asked.clientId === asked.intoClientId) return
  const { companyId } = context
  try {
    await merges.requireReceiver(companyId, asked)
  } catch (error) {
    const stream = clientAccountStream(companyId, asked.clientId)
    if (!(error instanceof Rejection) || (await ledger.accounts.replayed(stream, context)) === undefined) throw error
  }
}

export const mergeCommands = [
  defineCommand({
    name: 'MergeClients',
    summary: 'Merge two accounts of one debtor',
    description:
      'One debtor was registered twice: what is open in the account of `clientId` moves to that of `intoClientId`, each item at one position, so that at no `knownAt` it stands in both or in neither. Invoices and claims keep their ids, their due days, what was settled of them, their VAT and their value in lei; credit gets an id of its own there, and keeps the day of its money. What money may still bring of a bad debt moves as well; VAT and revenue stay where the papers were registered. From then on the account of `clientId` takes no new papers and no new money (409 `CLIENT_MERGED` names the other one), but all that undoes, and what that reopens moves on the same way. A cheque is collected or bounces where it was taken, and its credit moves when it is money. Where an id or a paper of the one is taken in the other nothing is merged, and `conflicts` lists them. `left` names what could not move meanwhile; the same command again tries it once more.',
    schema: MergeClients,
    example: examples.mergeClients(),
    result: z.object({
      clientId: z.string(),
      intoClientId: z.string(),
      mergedOn: day,
      left: z.object({ invoiceIds: z.array(z.string()), paymentIds: z.array(z.string()) }),
    }),
    rejections: [
      'CLIENT_MERGED',
      'CLIENT_NOT_FOUND',
      'DAY_TOO_FAR_AHEAD',
      'MERGE_ID_CONFLICT',
      'PERIOD_CLOSED',
      'TRANSFER_TO_SELF',
      'UNDO_BEFORE_WHAT_IT_UNDOES',
    ],
    alsoOn: ({ intoClientId }) => [accountKey(intoClientId)],
    execute: async (data, context, dependencies) => {
      const { merges } = dependencies
      const { clientId, intoClientId } = data
      const { companyId, actor, correlationId, commandId, dryRun } = context
      await requireReceiver(data, context, dependencies)
      const handled = await onAccount({ type: 'MergeClients', data }, context, dependencies)
      const [request] = eventsOf(handled, 'MergeRequested')
      let { position } = handled
      if (request !== undefined && (!dryRun || handled.replayed)) {
        const cause = { data: request.data, eventId: request.eventId, companyId, actor, correlationId }
        const done = await restOf(commandId, merges.carryOut(cause))
        if (done.code !== undefined) throw new Rejection(done.code, { clientId: intoClientId })
        position = lastPosition({ position }, done)
      }
      const nothing = { invoiceIds: [], paymentIds: [] }
      const left = dryRun ? nothing : await merges.leftIn(companyId, clientId)
      return answer(
        { ...handled, position },
        { clientId, intoClientId, mergedOn: request?.data.mergedOn ?? data.mergedOn, left },
      )
    },
  }),
]
