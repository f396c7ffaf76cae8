import { connect, constants, createServer, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2'

const APPENDS = '/event_store.client.streams.Streams/BatchAppend'

/** Passes gRPC calls on to a server, and misbehaves one call at a time while the connection stays well. */
export interface CallProxy {
  readonly url: string
  readonly port: number
  /** Calls to this path are answered by the proxy itself, with one message. */
  answerCalls(path: string, message: () => Buffer): void
  /** The next calls whose path ends so are answered with this gRPC status, `times` times. */
  refuseCalls(method: string, status: number, times: number): void
  /** Answers to appends are kept back until `releaseAnswers`. */
  holdAnswers(): void
  releaseAnswers(): void
  /** Ends every append stream with status OK, as no server should. */
  endAppendStreams(): void
  /** Ends every open read with this gRPC status, as a server drops a slow subscription. */
  dropReads(status: number): void
  /** Calls seen, by the last part of their path. */
  callsOf(method: string): number
  stop(): Promise<void>
}

export const startCallProxy = async (serverPort: number): Promise<CallProxy> => {
  const refusals: { method: string; status: number; times: number }[] = []
  const calls = new Map<string, number>()
  const answers = new Map<string, () => Buffer>()
  const appendStreams = new Set<ServerHttp2Stream>()
  const reads = new Map<ServerHttp2Stream, (status: number) => void>()
  let holding = false
  let held: (() => void)[] = []
  const upstream = connect(`http://127.0.0.1:${serverPort}`)
  upstream.on('error', () => undefined)

  const refusalOf = (path: string): number | undefined => {
    const refusal = refusals.find(({ method, times }) => times > 0 && path.endsWith(method))
    if (refusal === undefined) return undefined
    refusal.times -= 1
    return refusal.status
  }
  const pass = (down: ServerHttp2Stream, headers: IncomingHttpHeaders, isAppend: boolean): void => {
    let trailers: IncomingHttpHeaders = { 'grpc-status': '0' }
    const up = upstream.request(headers)
    if (!isAppend) {
      reads.set(down, (status) => {
        trailers = { 'grpc-status': String(status), 'grpc-message': 'Consumer too slow to handle event while live' }
        up.close(constants.NGHTTP2_CANCEL)
        if (down.headersSent) down.end()
        else down.respond({ ':status': 200, 'content-type': 'application/grpc', ...trailers }, { endStream: true })
      })
      down.on('close', () => reads.delete(down))
    }
    down.on('error', () => undefined).on('close', () => up.close(constants.NGHTTP2_CANCEL))
    up.on('error', () => down.close(constants.NGHTTP2_INTERNAL_ERROR))
    down.pipe(up)
    down.on('wantTrailers', () => down.sendTrailers(trailers))
    up.on('response', (response, flags) => {
      const endStream = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0
      if (!down.destroyed && !down.headersSent) down.respond(response, { endStream, waitForTrailers: !endStream })
    })
    up.on('trailers', (received: IncomingHttpHeaders) => {
      if (!down.writableEnded) trailers = received
    })
    up.on('data', (bytes) => {
      const deliver = (): void => {
        if (!down.destroyed && !down.writableEnded) down.write(bytes)
      }
      if (isAppend && holding) held.push(deliver)
      else deliver()
    })
    up.on('end', () => {
      if (!down.destroyed) down.end()
    })
  }
  const server = createServer()
  server.on('stream', (down, headers) => {
    const path = String(headers[':path'])
    const method = path.slice(path.lastIndexOf('/') + 1)
    calls.set(method, (calls.get(method) ?? 0) + 1)
    const status = refusalOf(path)
    if (status !== undefined) {
      const answer = { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': String(status) }
      down.respond({ ...answer, 'grpc-message': 'refused by the proxy' }, { endStream: true })
      return
    }
    const answer = answers.get(path)
    if (answer !== undefined) {
      const message = answer()
      const header = Buffer.alloc(5)
      header.writeUInt32BE(message.length, 1)
      down.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
      down.on('wantTrailers', () => down.sendTrailers({ 'grpc-status': '0' }))
      down.end(Buffer.concat([header, message]))
      return
    }
    if (path === APPENDS) {
      appendStreams.add(down)
      down.on('close', () => appendStreams.delete(down))
    }
    pass(down, headers, path === APPENDS)
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const sessions = new Set<{ destroy: () => void }>()
  server.on('session', (session) => {
    sessions.add(session)
    session.on('close', () => sessions.delete(session))
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port')

  return {
    url: `esdb://127.0.0.1:${address.port}?tls=false`,
    port: address.port,
    answerCalls: (path, message) => {
      answers.set(path, message)
    },
    refuseCalls: (method, status, times) => {
      refusals.push({ method, status, times })
    },
    holdAnswers: () => {
      holding = true
    },
    releaseAnswers: () => {
      holding = false
      for (const deliver of held) deliver()
      held = []
    },
    endAppendStreams: () => {
      for (const stream of appendStreams) {
        if (stream.headersSent) stream.end()
        else
          stream.respond(
            { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '0' },
            { endStream: true },
          )
      }
    },
    dropReads: (status) => {
      for (const drop of reads.values()) drop(status)
    },
    callsOf: (method) => calls.get(method) ?? 0,
    stop: async () => {
      for (const session of sessions) session.destroy()
      upstream.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
