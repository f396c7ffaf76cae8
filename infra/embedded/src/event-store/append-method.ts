import {
  appendSuccess,
  appendWrongExpectedRevision,
  effectiveRevision,
  type ProposedMessage,
  readAppendRequest,
  type WriteOptions,
} from './append-messages.ts'
import type { EventLog } from './event-log.ts'
import { frameOf } from './grpc-frame.ts'
import type { Call, Method } from './grpc-server.ts'
import {
  ABORTED,
  FAILED_PRECONDITION,
  type GrpcStatus,
  handlerThrew,
  INVALID_ARGUMENT,
  okStatus,
} from './grpc-status.ts'
import type { WriteOutcome } from './write-command.ts'
import { APPEND_BYTES_MAX, eventOf, faultOf, isOutOfRange, isUnusableName, WRITE_TIMEOUT_MS } from './write-rules.ts'

export const streamDeletedStatus = (stream: string): GrpcStatus => ({
  code: FAILED_PRECONDITION,
  message: `Event stream '${stream}' is deleted.`,
  trailers: { exception: 'stream-deleted', 'stream-name': stream },
})

export const writeTimeoutStatus: GrpcStatus = {
  code: ABORTED,
  message: 'Operation timed out: Commit phase timeout.',
}

export const unusableNameStatus: GrpcStatus = {
  code: INVALID_ARGUMENT,
  message: 'This stream name ends the process of a real server; it is refused here.',
}

export const unanswerableStatus: GrpcStatus = {
  code: INVALID_ARGUMENT,
  message: 'A real server never answers known events sent again from the back to the front.',
}

const noExpectedRevision: GrpcStatus = {
  code: INVALID_ARGUMENT,
  message: "'None' is not a valid expected stream revision.",
}

const tooLarge: GrpcStatus = {
  code: INVALID_ARGUMENT,
  message: `Maximum Append Size of ${APPEND_BYTES_MAX} Exceeded.`,
  trailers: { exception: 'maximum-append-size-exceeded', 'maximum-append-size': String(APPEND_BYTES_MAX) },
}

const missingProperty = (property: string): GrpcStatus => ({
  code: INVALID_ARGUMENT,
  message: `Required Metadata Property '${property}' is missing`,
  trailers: {
    exception: 'missing-required-metadata-property',
    'required-metadata-properties': 'type,content-type',
  },
})

/** When a unary write must be answered: its own deadline lies on the call. */
export const unaryDeadline = (call: Call): number =>
  Math.min(call.deadlineAtMs ?? Number.POSITIVE_INFINITY, Date.now() + WRITE_TIMEOUT_MS)

/** `Streams/Append`: options, then one message an event; the answer comes after the half-close. */
export const appendMethod =
  (log: EventLog): Method =>
  (call) => {
    let options: WriteOptions | undefined
    let bytes = 0
    const proposed: ProposedMessage[] = []

    const accept = (message: ProposedMessage): GrpcStatus | undefined => {
      bytes += message.data.length
      if (bytes > APPEND_BYTES_MAX) return tooLarge
      const fault = faultOf(message)
      if (fault) return fault.kind === 'missing' ? missingProperty(fault.property) : handlerThrew
      proposed.push(message)
      return undefined
    }

    const begin = (given: WriteOptions): GrpcStatus | undefined => {
      options = given
      if (given.stream === undefined) return handlerThrew
      if (!given.expected) return noExpectedRevision
      if (isOutOfRange(given.expected)) return handlerThrew
      return isUnusableName(given.stream) ? unusableNameStatus : undefined
    }

    const answer = (stream: string, given: WriteOptions, outcome: WriteOutcome): void => {
      switch (outcome.kind) {
        case 'written':
          call.send(frameOf(appendSuccess(outcome.revision, outcome.position)))
          return call.end(okStatus)
        case 'wrongExpectedRevision':
          if (given.expected) call.send(frameOf(appendWrongExpectedRevision(given.expected, outcome.current)))
          return call.end(okStatus)
        case 'streamDeleted':
          return call.end(streamDeletedStatus(stream))
        case 'timeout':
          return call.end(writeTimeoutStatus)
        case 'unanswerable':
          return call.end(unanswerableStatus)
      }
    }

    return {
      message: (bytesOfMessage) => {
        const request = readAppendRequest(bytesOfMessage)
        let fault: GrpcStatus | undefined
        if (options) fault = request.proposed && !request.options ? accept(request.proposed) : handlerThrew
        else fault = request.options ? begin(request.options) : handlerThrew
        if (fault) call.end(fault)
      },
      halfClosed: () => {
        const given = options
        if (given?.stream === undefined || !given.expected) return call.end(handlerThrew)
        const { stream, expected } = given
        log.submit({
          kind: 'append',
          stream,
          expected: effectiveRevision(expected),
          events: proposed.map(eventOf),
          deadlineAtMs: unaryDeadline(call),
          settle: (outcome) => answer(stream, given, outcome),
        })
      },
      closed: () => undefined,
    }
  }
