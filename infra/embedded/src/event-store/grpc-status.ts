/** The gRPC status codes that this server answers with. */
export const OK = 0
export const UNKNOWN = 2
export const INVALID_ARGUMENT = 3
export const DEADLINE_EXCEEDED = 4
export const NOT_FOUND = 5
export const ALREADY_EXISTS = 6
export const PERMISSION_DENIED = 7
export const RESOURCE_EXHAUSTED = 8
export const FAILED_PRECONDITION = 9
export const ABORTED = 10
export const UNIMPLEMENTED = 12
export const INTERNAL = 13
export const UNAVAILABLE = 14
export const UNAUTHENTICATED = 16

export interface GrpcStatus {
  readonly code: number
  readonly message?: string
  /** Further trailers, `exception` among them: the client maps errors by it. */
  readonly trailers?: Readonly<Record<string, string>>
}

export const okStatus: GrpcStatus = { code: OK }

/** What a real server says when its own code throws; the client makes `UnknownError` of it. */
export const handlerThrew: GrpcStatus = { code: UNKNOWN, message: 'Exception was thrown by handler.' }

/** Stream names travel in trailers, where only visible ASCII is allowed: percent-encoding, as for `grpc-message`. */
export const percentEncode = (text: string): string => {
  if (/^[ -$&-~]*$/.test(text)) return text
  let encoded = ''
  for (const byte of Buffer.from(text, 'utf8')) {
    encoded +=
      byte >= 0x20 && byte <= 0x7e && byte !== 0x25
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return encoded
}
