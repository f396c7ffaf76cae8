/** `known_to` of what is still believed: the largest position Postgres can hold. */
export const STILL_KNOWN = 9_223_372_036_854_775_807n

/** `eff_to` of what holds from its first day on; as a string it is later than any day. */
export const FOREVER = 'infinity'
