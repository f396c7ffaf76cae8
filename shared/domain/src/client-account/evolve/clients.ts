import type { Evolutions } from './evolutions.ts'

export const clientEvolutions: Evolutions<'ClientRegistered' | 'ClientUpdated'> = {
  ClientRegistered: ({ taxIdUsedBy: _, ...client }, account) => {
    account.client = client
  },
  ClientUpdated: (changes, account) => {
    if (account.client === undefined) throw new Error('history updates a client before registering it')
    Object.assign(account.client, changes, { taxIdUsedBy: undefined })
  },
}
