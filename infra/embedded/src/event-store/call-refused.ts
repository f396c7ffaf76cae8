import type { GrpcStatus } from './grpc-status.ts'

/** Ends the call with a status; thrown so that the generators in between need no second channel. */
export class CallRefused extends Error {
  override readonly name = 'CallRefused'
  readonly status: GrpcStatus
  constructor(status: GrpcStatus) {
    super(status.message ?? 'the call is refused')
    this.status = status
  }
}
