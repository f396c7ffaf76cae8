import { connect, type Socket } from 'node:net'

const HEADER_END = Buffer.from('\r\n\r\n')
const contentLength = /\r\ncontent-length: *([0-9]+)/i

/**
 * One keep-alive connection that carries one request at a time. Bare sockets, because a full HTTP client would cost as
 * much processor time as what it measures.
 */
export interface Connection {
  /** Sends the bytes of a request; resolves with the status of the whole answer. */
  readonly send: (request: Buffer) => Promise<number>
  readonly close: () => void
}

export const openConnection = async (host: string, port: number): Promise<Connection> => {
  const socket: Socket = connect({ host, port, noDelay: true })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  let received: Buffer = Buffer.alloc(0)
  let settle: { readonly resolve: (status: number) => void; readonly reject: (error: Error) => void } | undefined

  const end = (error: Error): void => {
    settle?.reject(error)
    settle = undefined
  }
  socket.on('error', end)
  socket.on('close', () => end(new Error('the server closed the connection')))
  socket.on('data', (chunk) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
    const headerEnd = received.indexOf(HEADER_END)
    if (headerEnd === -1) return
    const header = received.toString('latin1', 0, headerEnd)
    const length = Number(contentLength.exec(header)?.[1] ?? Number.NaN)
    if (Number.isNaN(length)) return end(new Error('an answer without content-length'))
    if (received.length < headerEnd + HEADER_END.length + length) return
    received = received.subarray(headerEnd + HEADER_END.length + length)
    const { resolve } = settle ?? {}
    settle = undefined
    resolve?.(Number(header.slice(9, 12)))
  })

  return {
    send: (request) =>
      new Promise((resolve, reject) => {
        settle = { resolve, reject }
        socket.write(request)
      }),
    close: () => void socket.destroy(),
  }
}
