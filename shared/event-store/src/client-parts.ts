/** Parts of the client that its index does not export; its version is pinned. `append-stream.ts` says what for. */
import unpacking from '@eventstore/db-client/dist/streams/appendToStream/unpackError.js'
import reading from '@eventstore/db-client/dist/streams/utils/ReadStream.js'
import utils from '@eventstore/db-client/dist/utils/index.js'
import shared from '@eventstore/db-client/generated/shared_pb.js'
import service, { type StreamsClient as Node } from '@eventstore/db-client/generated/streams_grpc_pb.js'
import streams, {
  type BatchAppendReq as AppendRequest,
  type BatchAppendResp as AppendResponse,
  type ReadResp,
} from '@eventstore/db-client/generated/streams_pb.js'

export const { StreamsClient } = service
export const { BatchAppendReq, ReadReq } = streams
export const { Empty } = shared
export const { unpackToCommandError } = unpacking
export const { ReadStream } = reading
export const { convertToCommandError, createStreamIdentifier, createUUID, parseUUID } = utils

export type { AppendRequest, AppendResponse, Node }
export type ReadEvent = ReadResp.ReadEvent
