import type { ExpectedRevision } from './append-decision.ts'
import { deleteSuccess, effectiveRevision, readDeleteOptions, type WriteOptions } from './append-messages.ts'
import {
  streamDeletedStatus,
  unanswerableStatus,
  unaryDeadline,
  unusableNameStatus,
  writeTimeoutStatus,
} from './append-method.ts'
import type { EventLog } from './event-log.ts'
import { frameOf } from './grpc-frame.ts'
import type { Method } from './grpc-server.ts'
import { FAILED_PRECONDITION, type GrpcStatus, handlerThrew, INVALID_ARGUMENT, okStatus } from './grpc-status.ts'
import { isOutOfRange, isUnusableName } from './write-rules.ts'

const NUMBER_OF_KIND = { any: '-2', noStream: '-1', streamExists: '-4' }

const wrongExpectedRevision = (stream: string, expected: ExpectedRevision, current: number): GrpcStatus => {
  const number = expected.kind === 'exact' ? String(expected.revision) : NUMBER_OF_KIND[expected.kind]
  return {
    code: FAILED_PRECONDITION,
    message: `Delete failed due to WrongExpectedVersion. Stream: ${stream}, Expected version: ${number}, Actual version: ${current}`,
    trailers: {
      exception: 'wrong-expected-version',
      'stream-name': stream,
      'expected-version': number,
      'actual-version': String(current),
    },
  }
}

/** `Streams/Delete` hides a stream until it is written to again, `Streams/Tombstone` ends it for good. */
export const deleteMethod =
  (log: EventLog, kind: 'delete' | 'tombstone'): Method =>
  (call) => {
    let options: WriteOptions | undefined
    return {
      message: (bytes) => {
        options = readDeleteOptions(bytes)
      },
      halfClosed: () => {
        if (options?.stream === undefined) return call.end(handlerThrew)
        const { stream } = options
        if (!options.expected) {
          return call.end({ code: INVALID_ARGUMENT, message: "'None' is not a valid expected stream revision." })
        }
        const expected = effectiveRevision(options.expected)
        if (isOutOfRange(expected)) return call.end(handlerThrew)
        if (isUnusableName(stream)) return call.end(unusableNameStatus)
        log.submit({
          kind,
          stream,
          expected,
          events: [],
          deadlineAtMs: unaryDeadline(call),
          settle: (outcome) => {
            switch (outcome.kind) {
              case 'written':
                call.send(frameOf(deleteSuccess(outcome.position)))
                return call.end(okStatus)
              case 'wrongExpectedRevision':
                return call.end(wrongExpectedRevision(stream, expected, outcome.current))
              case 'streamDeleted':
                return call.end(streamDeletedStatus(stream))
              case 'timeout':
                return call.end(writeTimeoutStatus)
              case 'unanswerable':
                return call.end(unanswerableStatus)
            }
          },
        })
      },
      closed: () => undefined,
    }
  }
