import type { Evolutions } from './evolutions.ts'

export const clientEvolutions: Evolutions<'ClientRegistered' | 'ClientUpdated'> = {
  ClientRegistered: (registered, account) => {
    const { taxIdUsedBy: _, ...client } = registered
    account.client = client
  },
  ClientUpdated: (changes, account) => {
    if (account.client === undefined) throw new Error('history updates a client before registering it')
    Object.assign(account.client, changes, { taxIdUsedBy: undefined })
  },
}
