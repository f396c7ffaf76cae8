/**
 * What a store does on its worst days, on purpose, for tests of whatever stands on it. Never in normal use: the server has
 * this only if the one who starts it hands it over.
 */
import { randomUUID } from 'node:crypto'
import type { EventLog } from './event-log.ts'
import type { Call, Method } from './grpc-server.ts'
import { type GrpcStatus, NOT_FOUND } from './grpc-status.ts'
import type { WriteCommand } from './write-command.ts'

export const hostileModes = [
  /** Takes everything, does nothing, answers nothing: a frozen server. */
  'silent',
  /** Answers late, by `delayMs`. */
  'slow',
  /** Writes, and dies before it says so. */
  'commitThenDie',
  /** Writes, and says that it ran out of time. */
  'timeoutThoughCommitted',
  /** Breaks the connection instead of taking an append: nothing is written. */
  'cutBeforeWrite',
  /** Writes, and breaks the connection instead of answering. */
  'cutBeforeReply',
  /** Answers, and breaks the connection. */
  'cutAfterReply',
  /** Drops a live subscription that more than 32 events reach at once, as 23.10 does. */
  'dropLiveSubscriptions',
  /** Delivers what is live twice. */
  'repeatDelivery',
  /** Writes a system event after each write. */
  'systemEvents',
  /** Refuses every write, for another node is the leader. */
  'notLeader',
] as const

export type HostileMode = (typeof hostileModes)[number]

/** Tests change it while the server runs. */
export interface Hostility {
  mode: HostileMode | undefined
  delayMs: number
  /** Added to the time that events are stamped with and that ages are counted from. */
  clockOffsetMs: number
  /** How `commitThenDie` dies; a process kills itself, a test stops the server. */
  die: () => void
}

export const createHostility = (mode?: HostileMode): Hostility => ({
  mode,
  delayMs: 0,
  clockOffsetMs: 0,
  die: () => process.kill(process.pid, 'SIGKILL'),
})

/** What a subscription of 23.10 holds for a reader before it drops it. */
export const LIVE_EVENTS_MAX = 32

const notLeader: GrpcStatus = {
  code: NOT_FOUND,
  message: 'Leader info available',
  trailers: { exception: 'not-leader', 'leader-endpoint-host': '127.0.0.1', 'leader-endpoint-port': '1' },
}

const systemEvent = (): WriteCommand => ({
  kind: 'append',
  stream: '$noise',
  expected: { kind: 'any' },
  events: [
    { id: randomUUID(), type: '$noise', isJson: true, data: Buffer.from('{}'), customMetadata: Buffer.alloc(0) },
  ],
  deadlineAtMs: Number.POSITIVE_INFINITY,
  settle: () => undefined,
})

export const hostileLog = (log: EventLog, hostility: Hostility): EventLog => ({
  ...log,
  submit: (command) =>
    log.submit({
      ...command,
      settle: (outcome) => {
        const written = outcome.kind === 'written'
        if (written && hostility.mode === 'commitThenDie') return hostility.die()
        if (written && hostility.mode === 'systemEvents') log.submit(systemEvent())
        command.settle(written && hostility.mode === 'timeoutThoughCommitted' ? { kind: 'timeout' } : outcome)
      },
    }),
})

const hostileCall = (call: Call, hostility: Hostility): Call => {
  /** Late answers keep their order. */
  const late = (step: () => void): void => void setTimeout(step, hostility.delayMs)
  return {
    ...call,
    get ended() {
      return call.ended
    },
    send: (frames) => {
      switch (hostility.mode) {
        case 'silent':
          return true
        case 'slow':
          late(() => call.send(frames))
          return true
        case 'cutBeforeReply':
          call.breakConnection()
          return true
        case 'cutAfterReply':
          // Long enough for the answer to arrive, too short for the caller to send more.
          call.send(frames)
          late(() => call.breakConnection())
          return true
        default:
          return call.send(frames)
      }
    },
    end: (status) => {
      if (hostility.mode === 'slow') late(() => call.end(status))
      else if (hostility.mode !== 'silent') call.end(status)
    },
  }
}

/** `writes`: the modes that concern writes apply to this method. */
export const hostileMethod =
  (method: Method, hostility: Hostility, writes: boolean): Method =>
  (call) => {
    const handler = method(writes || hostility.mode === 'silent' ? hostileCall(call, hostility) : call)
    return {
      ...handler,
      message: (message) => {
        if (hostility.mode === 'silent') return
        if (writes && hostility.mode === 'cutBeforeWrite') return call.breakConnection()
        if (writes && hostility.mode === 'notLeader') return call.end(notLeader)
        handler.message(message)
      },
      halfClosed: () => {
        if (hostility.mode !== 'silent') handler.halfClosed()
      },
    }
  }
