import { type AccountEvent, type ClientId, RegisterClient, UpdateClient } from '@registru/domain'
import * as examples from '@registru/domain/examples'
import { z } from 'zod'
import type { Handled } from '../ledger/command-context.ts'
import { type CommandAnswer, defineCommand } from './command-definition.ts'
import { answer, eventsOf, onAccount } from './on-account.ts'

/** A second client of one fiscal code may be right, a branch or a mistake put right later: it is told of. */
const answerClient = (handled: Handled<AccountEvent>, { clientId }: { readonly clientId: ClientId }): CommandAnswer => {
  const said = [...eventsOf(handled, 'ClientRegistered'), ...eventsOf(handled, 'ClientUpdated')]
  const others = said.flatMap(({ data }) => data.taxIdUsedBy ?? [])
  const told = answer(handled, { clientId })
  if (others.length === 0) return told
  return { ...told, warnings: others.map((other) => ({ code: 'TAX_ID_USED', clientId: other })) }
}

export const clientCommands = [
  defineCommand({
    name: 'RegisterClient',
    summary: 'Register a client',
    description: 'Who the debtor is. The first event of the account: everything else about the client comes after it.',
    schema: RegisterClient,
    example: examples.registerClient(),
    result: z.object({ clientId: z.string() }),
    rejections: ['CLIENT_ALREADY_REGISTERED', 'TAX_ID_INVALID'],
    execute: async (data, context, dependencies) =>
      answerClient(await onAccount({ type: 'RegisterClient', data }, context, dependencies), data),
  }),

  defineCommand({
    name: 'UpdateClient',
    summary: "Change a client's details",
    description: 'Only the fields that are given change. Receipts already issued keep what they said.',
    schema: UpdateClient,
    example: examples.updateClient(),
    result: z.object({ clientId: z.string() }),
    rejections: ['CLIENT_NOT_FOUND', 'TAX_ID_INVALID'],
    execute: async (data, context, dependencies) =>
      answerClient(await onAccount({ type: 'UpdateClient', data }, context, dependencies), data),
  }),
]
