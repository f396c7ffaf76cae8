import type { EventId } from '../../ids.ts'
import type { AccountEvent } from '../events/account-events.ts'
import type { ClientAccount } from '../state.ts'

/** A part of the account's table: one function an event, which changes the account in place. */
export type Evolutions<Type extends AccountEvent['type']> = {
  readonly [Each in Type]: (
    data: Extract<AccountEvent, { readonly type: Each }>['data'],
    account: ClientAccount,
    /** `undefined` before the event is stored. */
    eventId: EventId | undefined,
  ) => void
}

/** @throws Error when history names what it never introduced: the stream is not ours. */
export const known = <Value>(value: Value | undefined, key: string): Value => {
  if (value === undefined) throw new Error(`history names ${key} before introducing it`)
  return value
}
