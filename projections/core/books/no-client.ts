import type { ClientId } from '@registru/domain'

/**
 * Whose the company's own entries are: money of which nobody knows yet whose it is (473). No id is empty, so it is no
 * client's name, and what is asked for by client never meets it.
 */
export const NO_CLIENT: ClientId = ''

/** Of a row: the client that it is of, if it is of one. */
export const clientOrNone = (clientId: ClientId | null): ClientId | undefined =>
  clientId === null || clientId === NO_CLIENT ? undefined : clientId
