import { randomUUID } from 'node:crypto'
import type { EventStoreDBClient } from '@eventstore/db-client'
import { type Position, positionOf, type Revision, revisionOf } from '@registru/domain/places'
import type { EncodedEvent } from './append-encoding.ts'
import {
  type AppendRequest,
  type AppendResponse,
  BatchAppendReq,
  convertToCommandError,
  createStreamIdentifier,
  createUUID,
  Empty,
  type Node,
  parseUUID,
  StreamsClient,
  unpackToCommandError,
} from './client-parts.ts'
import type { ExpectedRevision } from './event-store.ts'

/**
 * BatchAppend over the client's connection, but not by the client's own hands: it keeps what waits for an answer, on all
 * streams of all clients, in one map of the process, so that a stream that breaks rejects what is in flight on another, and
 * the answer to that ends the process. Here each stream knows its own, and an answer that nobody waits for is nothing.
 */
export interface AppendConnection {
  /**
   * Opens the stream of appends if there is none. What was given up before it could be sent is never sent.
   * @throws the client's errors, for the refusal of this append as for the end of the stream
   */
  append(
    stream: string,
    expected: ExpectedRevision,
    events: readonly EncodedEvent[],
    givenUp: AbortSignal,
  ): Promise<AppendAnswer>
  /** The client has found its node. Until then there is nothing that another connection would do better. */
  readonly isConnected: boolean
  /** For good: what waits is rejected, and nothing is sent any more. */
  close(): void
}

export interface AppendAnswer {
  readonly revision: Revision
  /** `undefined` where the server confirms an earlier write without its place. */
  readonly position: Position | undefined
}

interface Waiting {
  readonly stream: string
  readonly resolve: (answer: AppendAnswer) => void
  readonly reject: (error: unknown) => void
}

type AppendCall = ReturnType<Node['batchAppend']>

interface OpenStream {
  readonly waiting: Map<string, Waiting>
  /** @throws why the stream is over */
  readonly send: (request: AppendRequest) => void
}

/** As the client's: the server waits two seconds at most, and clocks may differ. */
const DEADLINE_MS = 10_000
/** Field 6, a message of no bytes: the class of its content is in a package that only the client can reach. */
const EMPTY_DEADLINE = Uint8Array.of((6 << 3) | 2, 0)

const requestOf = (
  correlationId: string,
  stream: string,
  expected: ExpectedRevision,
  events: readonly EncodedEvent[],
): AppendRequest => {
  const options = BatchAppendReq.Options.deserializeBinary(EMPTY_DEADLINE)
  options.getDeadline()?.setSeconds(Math.floor((Date.now() + DEADLINE_MS) / 1_000))
  options.setStreamIdentifier(createStreamIdentifier(stream))
  if (expected === 'no_stream') options.setNoStream(new Empty())
  else options.setStreamPosition(expected.toString())
  const request = new BatchAppendReq()
  request.setCorrelationId(createUUID(correlationId)).setOptions(options).setIsFinal(true)
  for (const { id, type, contentType, data, metadata } of events) {
    const message = new BatchAppendReq.ProposedMessage()
    message.setId(createUUID(id))
    message.getMetadataMap().set('type', type).set('content-type', contentType)
    message.setData(data)
    message.setCustomMetadata(metadata)
    request.addProposedMessages(message)
  }
  return request
}

const refusalOf = (response: AppendResponse, stream: string): Error => {
  const status = response.getError()
  if (status === undefined) return new Error('the event store answered an append with nothing')
  return status.hasDetails() ? unpackToCommandError(status, stream) : new Error(status.getMessage())
}

const settle = ({ stream, resolve, reject }: Waiting, response: AppendResponse): void => {
  const success = response.getSuccess()
  if (success === undefined) return reject(refusalOf(response, stream))
  const position = success.getPosition()?.getCommitPosition()
  resolve({
    revision: revisionOf(BigInt(success.getCurrentRevision())),
    position: position === undefined ? undefined : positionOf(BigInt(position)),
  })
}

export const createAppendConnection = (client: EventStoreDBClient): AppendConnection => {
  let isClosed = false
  let isConnected = false
  let current: Promise<OpenStream> | undefined
  let cut = (): void => undefined

  const open = async (): Promise<OpenStream> => {
    const waiting = new Map<string, Waiting>()
    let ended: Error | undefined
    const end = (error: Error): void => {
      if (ended !== undefined) return
      ended = error
      current = undefined
      for (const { reject } of waiting.values()) reject(error)
      waiting.clear()
    }
    const begin = (node: Node): AppendCall => {
      if (isClosed) throw new Error('the connection was left before it was there')
      isConnected = true
      const begun = node.batchAppend(...client['callArguments']({}, { deadline: Number.POSITIVE_INFINITY }))
      begun.on('data', (response: AppendResponse) => {
        const correlationId = parseUUID(response.getCorrelationId()) ?? ''
        const asked = waiting.get(correlationId)
        waiting.delete(correlationId)
        if (asked !== undefined) settle(asked, response)
      })
      begun.on('error', (error) => end(convertToCommandError(error)))
      // Told after an error too; then it is late. Without one the server has ended the stream in peace, as it never should.
      begun.on('status', () => end(new Error('the event store ended the stream of appends')))
      cut = () => {
        end(new Error('the connection to the event store was left'))
        begun.cancel()
        node.close()
      }
      return begun
    }
    const call = await client['GRPCStreamCreator'](StreamsClient, 'batchAppend', begin)()
    return {
      waiting,
      send: (request) => {
        if (ended !== undefined) throw ended
        call.write(request)
      },
    }
  }

  return {
    append: async (stream, expected, events, givenUp) => {
      current ??= open()
      const opening = current
      const { waiting, send } = await opening.catch((error: unknown) => {
        if (current === opening) current = undefined
        throw error
      })
      const correlationId = randomUUID()
      return new Promise((resolve, reject) => {
        givenUp.throwIfAborted()
        send(requestOf(correlationId, stream, expected, events))
        waiting.set(correlationId, { stream, resolve, reject })
        givenUp.addEventListener('abort', () => waiting.delete(correlationId), { once: true })
      })
    },
    get isConnected() {
      return isConnected
    },
    close: () => {
      isClosed = true
      cut()
    },
  }
}
