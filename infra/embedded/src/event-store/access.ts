import { createHash, timingSafeEqual } from 'node:crypto'

export interface Credentials {
  readonly username: string
  readonly password: string
}

/** `unknown`: a name or a password that is wrong, which is worse than none at all. */
export type Caller = 'known' | 'anonymous' | 'unknown'

/** Looks at the `authorization` header of a call. */
export type Access = (authorization: string | undefined) => Caller

/** Digests have one length, so the comparison tells nothing by its time. */
const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** Without credentials the server is open, as EventStoreDB's `--insecure` is: on loopback only. */
export const createAccess = (credentials: Credentials | undefined): Access => {
  if (!credentials) return () => 'known'
  const { username, password } = credentials
  const right = digest(`Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`)
  return (authorization) => {
    if (authorization === undefined) return 'anonymous'
    return timingSafeEqual(digest(authorization), right) ? 'known' : 'unknown'
  }
}
