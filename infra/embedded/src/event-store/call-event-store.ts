import { readFileSync } from 'node:fs'
import { connect, type IncomingHttpHeaders } from 'node:http2'
import { createFrameReader, frameOf } from './grpc-frame.ts'

/** Where the client's connection string points to. @throws Error if it names more than one node */
const endpointOf = (url: string) => {
  const { protocol, host, username, password, searchParams } = new URL(url)
  if (protocol !== 'esdb:' || host.includes(','))
    throw new Error('an embedded event store is one node: esdb://host:port')
  const parameters = new Map([...searchParams].map(([name, value]) => [name.toLowerCase(), value]))
  const isSecure = parameters.get('tls') !== 'false'
  const caFile = parameters.get('tlscafile')
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return {
    authority: `${isSecure ? 'https' : 'http'}://${host}`,
    tls: caFile === undefined ? {} : { ca: readFileSync(caFile) },
    headers: username === '' ? {} : { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` },
  }
}

/** The server answered with a status other than OK, or with none. */
export class CallFailed extends Error {
  override readonly name = 'CallFailed'
  readonly status: number | undefined

  constructor(status: number | undefined, words: string) {
    super(words === '' ? `the event store broke off the call (${status ?? 'no status'})` : words)
    this.status = status
  }
}

/**
 * One call of a method that only an embedded store has, so that no client knows it.
 * @returns the messages of the answer
 * @throws CallFailed with the server's words
 */
export const callEventStore = async (url: string, path: string, messages: Iterable<Buffer>): Promise<Buffer[]> => {
  const { authority, tls, headers } = endpointOf(url)
  const session = connect(authority, tls)
  try {
    return await new Promise((resolve, reject) => {
      session.once('error', reject)
      const call = session.request({
        ':method': 'POST',
        ':path': path,
        'content-type': 'application/grpc',
        te: 'trailers',
        ...headers,
      })
      const reader = createFrameReader()
      const answers: Buffer[] = []
      let status: string | undefined
      let words = ''
      const note = (received: IncomingHttpHeaders): void => {
        if (received['grpc-status'] === undefined) return
        status = String(received['grpc-status'])
        words = decodeURIComponent(String(received['grpc-message'] ?? ''))
      }
      call.on('response', note).on('trailers', note).on('error', reject)
      call.on('data', (chunk: Buffer) => void reader.push(chunk, (answer) => answers.push(Buffer.from(answer))))
      call.on('close', () => {
        if (status === '0') resolve(answers)
        else reject(new CallFailed(status === undefined ? undefined : Number(status), words))
      })
      for (const message of messages) call.write(frameOf(message))
      call.end()
    })
  } finally {
    session.destroy()
  }
}
