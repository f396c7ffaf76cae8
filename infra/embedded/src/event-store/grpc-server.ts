import {
  constants,
  createSecureServer,
  createServer,
  type Http2SecureServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2'
import type { AddressInfo } from 'node:net'
import type { Access } from './access.ts'
import { createFrameReader, MESSAGE_BYTES_MAX } from './grpc-frame.ts'
import {
  type GrpcStatus,
  handlerThrew,
  INTERNAL,
  percentEncode,
  RESOURCE_EXHAUSTED,
  UNAUTHENTICATED,
  UNIMPLEMENTED,
} from './grpc-status.ts'
import type { Logger } from './logger.ts'
import { MalformedMessage } from './protobuf.ts'

/** gRPC on `node:http2` itself: a page of events goes out in one write, where a general gRPC library writes each. */
export interface Call {
  readonly headers: IncomingHttpHeaders
  /** The server asks for credentials and the caller gave none. */
  readonly anonymous: boolean
  /** When the caller stops waiting, in milliseconds since the epoch. */
  readonly deadlineAtMs: number | undefined
  /** Frames, one or many; returns false when the caller should wait for `writable` before it sends more. */
  send(frames: Buffer): boolean
  /** Resolves when what was sent has gone out, or the call is over. */
  writable(): Promise<void>
  /** Ends the call; what comes later is ignored. */
  end(status: GrpcStatus): void
  /** Breaks the connection, as a crash would. */
  breakConnection(): void
  readonly ended: boolean
  /** Calls the listener when the call is over, whoever ended it; returns the way out. */
  onClosed(listener: () => void): () => void
}

/** What a method does with what the caller sends. */
export interface CallHandler {
  message(message: Buffer): void
  /** The caller has sent its last message. */
  halfClosed(): void
  /** The call is over, whoever ended it. */
  closed(): void
}

export type Method = (call: Call) => CallHandler

export interface GrpcServerOptions {
  readonly methods: ReadonlyMap<string, Method>
  readonly access: Access
  readonly tls: { readonly cert: Buffer | string; readonly key: Buffer | string } | undefined
  readonly logger: Logger
}

export interface GrpcServer {
  listen(port: number, host: string): Promise<number>
  close(): Promise<void>
}

/** Sends a page and waits while the reader is slow; returns false when nobody reads any more. */
export const sendPaced = async (call: Call, frames: Buffer): Promise<boolean> => {
  if (frames.length > 0 && !call.send(frames)) await call.writable()
  return !call.ended
}

/** A megabyte a call instead of 64 KiB: a batch of large appends does not wait for a window update every few events. */
const WINDOW_BYTES = 1024 * 1024
const SESSION_WINDOW_BYTES = 8 * 1024 * 1024
/** Calls a connection; a browser-like default of 100 would queue a client's hundred reads behind its subscriptions. */
const CONCURRENT_STREAMS_MAX = 10_000
const SESSION_MEMORY_MIB_MAX = 64

const TIMEOUT_UNITS_MS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 1e-3, n: 1e-6 }

const deadlineOf = (header: string | string[] | undefined): number | undefined => {
  const match = typeof header === 'string' ? /^(\d{1,8})([HMSmun])$/.exec(header) : null
  return match ? Date.now() + Number(match[1]) * (TIMEOUT_UNITS_MS[match[2] as string] as number) : undefined
}

const trailersOf = (status: GrpcStatus): Record<string, string> => ({
  'grpc-status': String(status.code),
  ...(status.message === undefined ? {} : { 'grpc-message': percentEncode(status.message) }),
  ...Object.fromEntries(Object.entries(status.trailers ?? {}).map(([name, value]) => [name, percentEncode(value)])),
})

const RESPONSE_HEADERS = { ':status': 200, 'content-type': 'application/grpc+proto' }

const createCall = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, anonymous: boolean): Call => {
  let ended = false
  let trailers: Record<string, string> | undefined
  const alive = (): boolean => !stream.destroyed && !stream.closed
  return {
    headers,
    anonymous,
    deadlineAtMs: deadlineOf(headers['grpc-timeout']),
    get ended() {
      return ended || !alive()
    },
    send: (frames) => {
      if (ended || !alive()) return true
      if (!stream.headersSent) {
        stream.respond(RESPONSE_HEADERS, { waitForTrailers: true })
        stream.once('wantTrailers', () => stream.sendTrailers(trailers ?? trailersOf(handlerThrew)))
      }
      return stream.write(frames)
    },
    writable: () =>
      new Promise((resolve) => {
        if (!alive() || !stream.writableNeedDrain) return resolve()
        const done = (): void => {
          stream.off('drain', done)
          stream.off('close', done)
          resolve()
        }
        stream.once('drain', done)
        stream.once('close', done)
      }),
    end: (status) => {
      if (ended) return
      ended = true
      if (!alive()) return
      trailers = trailersOf(status)
      if (stream.headersSent) stream.end()
      else stream.respond({ ...RESPONSE_HEADERS, ...trailers }, { endStream: true })
    },
    // Not while the connection is being read: Node's own bookkeeping fails an assertion then.
    breakConnection: () => void setImmediate(() => stream.session?.destroy()),
    onClosed: (listener) => {
      stream.once('close', listener)
      return () => stream.off('close', listener)
    },
  }
}

export const createGrpcServer = (options: GrpcServerOptions): GrpcServer => {
  const { methods, access, logger } = options

  const serve = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void => {
    // A reset by the peer is an ordinary end of a call; the handler hears of it by `close`.
    stream.on('error', (error) => logger.info({ error: error.message }, 'a call broke'))
    const caller = access(headers.authorization)
    const call = createCall(stream, headers, caller === 'anonymous')
    const path = headers[':path'] ?? ''
    const method = methods.get(path)
    if (caller === 'unknown' || !method) {
      stream.resume()
      call.end(
        caller === 'unknown'
          ? { code: UNAUTHENTICATED, message: 'Wrong user name or password.' }
          : { code: UNIMPLEMENTED, message: `Service or method ${path} is unimplemented.` },
      )
      return
    }
    const handler = method(call)
    const reader = createFrameReader()
    /** An exception in a handler ends its call and no other. */
    const guarded = (step: () => void): void => {
      try {
        step()
      } catch (error) {
        if (error instanceof MalformedMessage) {
          call.end({ code: INTERNAL, message: `Bad gRPC request: ${error.message}` })
          return
        }
        logger.error({ error: error instanceof Error ? error.stack : String(error), path }, 'a call handler threw')
        call.end(handlerThrew)
      }
    }
    stream.on('data', (chunk: Buffer) =>
      guarded(() => {
        if (call.ended) return
        const fault = reader.push(chunk, (message) => handler.message(message))
        if (fault === 'compressed') call.end({ code: UNIMPLEMENTED, message: 'Compressed messages are not accepted.' })
        if (fault === 'too-large')
          call.end({ code: RESOURCE_EXHAUSTED, message: `A message may have ${MESSAGE_BYTES_MAX} bytes.` })
      }),
    )
    stream.on('end', () =>
      guarded(() => {
        if (call.ended) return
        if (reader.incomplete) call.end({ code: INTERNAL, message: 'Incomplete message.' })
        else handler.halfClosed()
      }),
    )
    stream.on('close', () => guarded(() => handler.closed()))
  }

  const settings = { initialWindowSize: WINDOW_BYTES, maxConcurrentStreams: CONCURRENT_STREAMS_MAX, enablePush: false }
  const serverOptions = { settings, maxSessionMemory: SESSION_MEMORY_MIB_MAX }
  const server: Http2Server | Http2SecureServer = options.tls
    ? createSecureServer({ ...serverOptions, cert: options.tls.cert, key: options.tls.key, allowHTTP1: false })
    : createServer(serverOptions)
  const sessions = new Set<ServerHttp2Session>()
  server.on('session', (session: ServerHttp2Session) => {
    sessions.add(session)
    session.setLocalWindowSize(SESSION_WINDOW_BYTES)
    session.on('close', () => sessions.delete(session))
    session.on('error', (error: Error) => logger.info({ error: error.message }, 'a connection broke'))
  })
  server.on('sessionError', (error: Error) => logger.info({ error: error.message }, 'a connection broke'))
  server.on('stream', serve)

  return {
    listen: (port, host) =>
      new Promise((resolve, reject) => {
        server.once('error', reject)
        server.listen(port, host, () => {
          server.off('error', reject)
          resolve((server.address() as AddressInfo).port)
        })
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const session of sessions) {
          // One that broke a moment ago has not told of its end yet.
          if (!session.destroyed) session.goaway(constants.NGHTTP2_NO_ERROR)
          session.destroy()
        }
      }),
  }
}
