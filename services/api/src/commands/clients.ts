import { RegisterClient, UpdateClient } from '@registru/domain'
import * as examples from '@registru/domain/examples'
import { z } from 'zod'
import { defineCommand } from './command-definition.ts'
import { answer, onAccount } from './on-account.ts'

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
      answer(await onAccount({ type: 'RegisterClient', data }, context, dependencies), { clientId: data.clientId }),
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
      answer(await onAccount({ type: 'UpdateClient', data }, context, dependencies), { clientId: data.clientId }),
  }),
]
