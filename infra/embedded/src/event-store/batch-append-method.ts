import type { ExpectedRevision } from './append-decision.ts'
import {
  type BatchAddress,
  type BatchAppendRequest,
  batchAccessDenied,
  batchBadRequest,
  batchStreamDeleted,
  batchSuccess,
  batchTimeout,
  batchTooLarge,
  batchWrongExpectedRevision,
  effectiveRevision,
  readBatchAppendRequest,
} from './append-messages.ts'
import type { EventToWrite } from './event-frame.ts'
import type { EventLog } from './event-log.ts'
import type { Method } from './grpc-server.ts'
import { okStatus } from './grpc-status.ts'
import { structuredUuid } from './uuid.ts'
import type { WriteOutcome } from './write-command.ts'
import { APPEND_BYTES_MAX, eventOf, faultOf, isOutOfRange, isUnusableName, WRITE_TIMEOUT_MS } from './write-rules.ts'

/** An append that has begun and whose last piece has not come. */
interface OpenAppend {
  readonly stream: string
  readonly expected: ExpectedRevision
  readonly deadlineAtMs: number
  readonly events: EventToWrite[]
  bytes: number
  /** Runs while further pieces are awaited; most appends come in one. */
  timer: NodeJS.Timeout | undefined
}

/** Of all answers only this one names the correlation in the structured form, whatever the client sent. */
const timeout = (id: string, stream: string | undefined): Buffer =>
  batchTimeout({ correlation: structuredUuid(id), stream })

/** A client that opens appends and never ends them must not fill the memory. */
const OPEN_APPENDS_MAX = 10_000

/** What is wrong with the options of an append that begins, in the real server's words where a test shows them. */
const refusalOf = ({ options, correlationId }: BatchAppendRequest): string | undefined => {
  if (correlationId === undefined) return "Value cannot be null. (Parameter 'dto')"
  if (!options) return undefined
  if (options.stream === undefined) return 'Object reference not set to an instance of an object.'
  if (!options.expected) return "'None' is not a valid expected stream position."
  if (isOutOfRange(options.expected)) return 'The expected revision is beyond 2^63 - 1.'
  return isUnusableName(options.stream) ? 'This stream name ends the process of a real server.' : undefined
}

/** `Streams/BatchAppend`: one long-lived stream, many appends, each in one or several pieces. */
export const batchAppendMethod =
  (log: EventLog): Method =>
  (call) => {
    const open = new Map<string, OpenAppend>()
    let answers: Buffer[] = []
    let unanswered = 0
    let halfClosed = false

    const flush = (): void => {
      if (answers.length === 0) return
      const frames = answers.length === 1 ? (answers[0] as Buffer) : Buffer.concat(answers)
      answers = []
      call.send(frames)
    }
    const endWhenAnswered = (): void => {
      if (!halfClosed || unanswered > 0) return
      flush()
      call.end(okStatus)
    }
    /** All answers of one commit go out in one write. */
    const send = (frame: Buffer): void => {
      if (answers.length === 0) queueMicrotask(flush)
      answers.push(frame)
    }

    const answer = (id: string, address: BatchAddress, expected: ExpectedRevision, outcome: WriteOutcome): void => {
      switch (outcome.kind) {
        case 'written':
          // A caller that has said its last word hears of refusals only: 23.10 is through with the call by then.
          if (halfClosed) return
          return send(batchSuccess(address, outcome.revision, outcome.position))
        case 'wrongExpectedRevision':
          return send(batchWrongExpectedRevision(address, expected, outcome.current))
        case 'streamDeleted':
          return send(batchStreamDeleted(address))
        case 'timeout':
          return send(timeout(id, address.stream))
        case 'unanswerable':
          return send(
            batchBadRequest(address, 'A real server never answers known events sent from the back to the front.'),
          )
      }
    }

    const close = (id: string): void => {
      if (open.size === 0) return
      clearTimeout(open.get(id)?.timer)
      open.delete(id)
    }

    const begin = ({ options }: BatchAppendRequest): OpenAppend | undefined => {
      if (options?.stream === undefined || !options.expected || open.size >= OPEN_APPENDS_MAX) return undefined
      const { stream } = options
      const expected = effectiveRevision(options.expected)
      const deadlineAtMs = Math.min(options.deadlineAtMs ?? Number.POSITIVE_INFINITY, Date.now() + WRITE_TIMEOUT_MS)
      return { stream, expected, deadlineAtMs, events: [], bytes: 0, timer: undefined }
    }

    const awaitNextPiece = (id: string, append: OpenAppend): void => {
      open.set(id, append)
      append.timer ??= setTimeout(
        () => {
          open.delete(id)
          send(timeout(id, append.stream))
        },
        Math.max(0, append.deadlineAtMs - Date.now()),
      )
    }

    const submit = (id: string, append: OpenAppend, address: BatchAddress): void => {
      unanswered++
      log.submit({
        kind: 'append',
        stream: append.stream,
        expected: append.expected,
        events: append.events,
        deadlineAtMs: append.deadlineAtMs,
        sharesAnswer: true,
        settle: (outcome) => {
          unanswered--
          answer(id, address, append.expected, outcome)
          endWhenAnswered()
        },
      })
    }

    return {
      message: (bytes) => {
        const request = readBatchAppendRequest(bytes)
        const { correlation, correlationId: id, options } = request
        if (call.anonymous) {
          if (request.isFinal) send(batchAccessDenied({ correlation, stream: options?.stream }))
          return
        }
        const refusal = refusalOf(request)
        if (refusal !== undefined || id === undefined) {
          send(batchBadRequest({ correlation, stream: options?.stream }, refusal ?? ''))
          return
        }
        // A piece of an append that is over, or never began, is passed over in silence.
        const append = open.get(id) ?? begin(request)
        if (!append) return
        const address: BatchAddress = { correlation, stream: append.stream }
        for (const proposed of request.proposed) {
          const fault = faultOf(proposed)
          if (fault) {
            close(id)
            const reason = fault.kind === 'missing' ? 'The given key was not present in the dictionary.' : fault.reason
            send(batchBadRequest({ correlation, stream: options?.stream }, reason))
            return
          }
          append.bytes += proposed.data.length
          append.events.push(eventOf(proposed))
        }
        if (append.bytes > APPEND_BYTES_MAX) {
          close(id)
          send(batchTooLarge(address, APPEND_BYTES_MAX))
        } else if (request.isFinal) {
          close(id)
          submit(id, append, address)
        } else awaitNextPiece(id, append)
      },
      halfClosed: () => {
        halfClosed = true
        endWhenAnswered()
      },
      closed: () => {
        for (const id of open.keys()) close(id)
      },
    }
  }
