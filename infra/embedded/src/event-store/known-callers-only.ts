import type { Method } from './grpc-server.ts'
import { PERMISSION_DENIED } from './grpc-status.ts'

/** For a method that answers nobody whom it does not know. */
export const knownCallersOnly =
  (method: Method): Method =>
  (call) => {
    if (call.anonymous) {
      call.end({ code: PERMISSION_DENIED, message: 'Access Denied', trailers: { exception: 'access-denied' } })
    }
    return method(call)
  }
