import { callEventStore } from './call-event-store.ts'
import type { EventClock } from './event-clock.ts'
import { frameOf } from './grpc-frame.ts'
import type { Method } from './grpc-server.ts'
import { INVALID_ARGUMENT, okStatus } from './grpc-status.ts'
import { cursorOf, eachField, message, readText, textField } from './protobuf.ts'

/** No method of a real EventStoreDB, which stamps events with its own clock and nothing else. */
export const SET_CLOCK = '/registru.embedded.Development/SetClock'

/** `SetClock { present = 1: an ISO 8601 instant; empty: the real one }` */
export const setClockMethod =
  (clock: EventClock): Method =>
  (call) => {
    let present = ''
    return {
      message: (bytes) => {
        const cursor = cursorOf(bytes)
        eachField(cursor, (field) => field === 1 && ((present = readText(cursor)), true))
      },
      halfClosed: () => {
        const presentMs = present === '' ? undefined : Date.parse(present)
        if (Number.isNaN(presentMs)) {
          return call.end({ code: INVALID_ARGUMENT, message: `"${present}" is no instant` })
        }
        clock.set(presentMs)
        call.send(frameOf(message()))
        call.end(okStatus)
      },
      closed: () => undefined,
    }
  }

/**
 * Has an embedded event store stamp events as if `present` were now, from where its clock runs on; `undefined` gives it the real
 * time back. Only `created` is changed: what a command writes into its event, `recordedAt` above all, is not.
 * @param url the client's connection string
 * @throws Error if the store was not started with `developmentClock`, or is no embedded one
 */
export const setEventClock = async (url: string, present: Date | undefined): Promise<void> => {
  const request = present === undefined ? message() : textField(1, present.toISOString())
  await callEventStore(url, SET_CLOCK, [request])
}
