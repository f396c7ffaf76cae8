import type { Connection, PoolClient, Submittable } from './postgres.ts'

const COPY_DATA = 0x64
const COPY_DONE = Buffer.from([0x63, 0, 0, 0, 4])
const HEADER_BYTES = 5
/** The server reads a message whole before it looks at it. */
const CHUNK_BYTES = 256 * 1024

/** What `pg` calls on a query of its own, as far as a COPY needs it. */
interface CopyQuery extends Submittable {
  callback: () => void
  handleCopyInResponse?(): void
  handleCopyData?(message: { readonly chunk: Buffer }): void
  handleCommandComplete(): void
  handleError(error: Error): void
  handleReadyForQuery(): void
}

const copyDataHeader = (length: number): Buffer => {
  const header = Buffer.allocUnsafe(HEADER_BYTES)
  header[0] = COPY_DATA
  header.writeInt32BE(length + 4, 1)
  return header
}

/** Done when the server is ready for the next query. */
const runCopy = (
  client: PoolClient,
  copy: Pick<CopyQuery, 'submit' | 'handleCopyInResponse' | 'handleCopyData'>,
): Promise<void> =>
  new Promise((resolve, reject) => {
    let failure: Error | undefined
    const query: CopyQuery = {
      ...copy,
      // `pg` wraps it to clear its own timeout.
      callback: () => undefined,
      handleCommandComplete: () => undefined,
      handleError(error) {
        failure = error
        this.callback()
        reject(error)
      },
      handleReadyForQuery() {
        this.callback()
        if (!failure) resolve()
      },
    }
    client.query(query)
  })

/**
 * The data goes out together with the command, so a group costs one round trip; should the command fail, the server drops
 * the data that follows, as the protocol says.
 */
const copyIn = (client: PoolClient, command: string, payload: Buffer): Promise<void> =>
  runCopy(client, {
    submit: (connection: Connection) => {
      const { stream } = connection
      stream.cork()
      connection.query(command)
      for (let at = 0; at < payload.length; at += CHUNK_BYTES) {
        const chunk = payload.subarray(at, at + CHUNK_BYTES)
        stream.write(copyDataHeader(chunk.length))
        stream.write(chunk)
      }
      stream.write(COPY_DONE)
      stream.uncork()
    },
    handleCopyInResponse: () => undefined,
  })

/** `COPY target FROM STDIN` in the binary format; a transaction of its own unless one is open. */
export const copyBinary = (client: PoolClient, target: string, payload: Buffer): Promise<void> =>
  copyIn(client, `copy ${target} from stdin (format binary)`, payload)

/** The same in the text format. */
export const copyText = (client: PoolClient, target: string, text: string): Promise<void> =>
  copyIn(client, `copy ${target} from stdin`, Buffer.from(text))

/**
 * `COPY (query) TO STDOUT` in the binary format. `pg` reads rows as text only, which doubles bytes and halves them again;
 * COPY hands them over as they are. Takes no parameters. `onRow` gets a row a call, the first with the format's header
 * before it, the last but its end mark; the bytes are valid during the call only.
 */
export const copyBinaryOut = (client: PoolClient, query: string, onRow: (bytes: Buffer) => void): Promise<void> =>
  runCopy(client, {
    submit: (connection: Connection) => connection.query(`copy (${query}) to stdout (format binary)`),
    handleCopyData: ({ chunk }) => onRow(chunk),
  })
