/** A message on a gRPC stream: one flag byte (compressed or not), four bytes of length, the message. */

export const FRAME_HEADER_BYTES = 5

/** The client sends batches of up to 3 MiB; an append of large events in one message must still arrive to be refused. */
export const MESSAGE_BYTES_MAX = 16 * 1024 * 1024

export const frameOf = (message: Buffer): Buffer => {
  const frame = Buffer.allocUnsafe(FRAME_HEADER_BYTES + message.length)
  writeFrameHeader(frame, 0, message.length)
  message.copy(frame, FRAME_HEADER_BYTES)
  return frame
}

export const writeFrameHeader = (target: Buffer, at: number, length: number): void => {
  target[at] = 0
  target.writeUInt32BE(length, at + 1)
}

/** The length of the whole frame that starts at `at`. */
export const frameLength = (frames: Buffer, at: number): number => FRAME_HEADER_BYTES + frames.readUInt32BE(at + 1)

export type FrameFault = 'compressed' | 'too-large'

/** Cuts what arrives into messages; a message that stands whole in one chunk is not copied. */
export interface FrameReader {
  /** Returns what is wrong with the stream, after which it must not be used again. */
  push(chunk: Buffer, onMessage: (message: Buffer) => void): FrameFault | undefined
  /** Whether the stream ended inside a message. */
  readonly incomplete: boolean
}

export const createFrameReader = (): FrameReader => {
  let parts: Buffer[] = []
  let held = 0
  let wanted = 0
  return {
    push(chunk, onMessage) {
      let bytes = chunk
      if (held > 0) {
        parts.push(chunk)
        held += chunk.length
        // Joining only when the message is complete keeps a large one linear.
        if (held < wanted) return undefined
        bytes = Buffer.concat(parts, held)
      }
      let at = 0
      while (bytes.length - at >= FRAME_HEADER_BYTES) {
        if (bytes[at] !== 0) return 'compressed'
        const length = bytes.readUInt32BE(at + 1)
        if (length > MESSAGE_BYTES_MAX) return 'too-large'
        const end = at + FRAME_HEADER_BYTES + length
        if (end > bytes.length) {
          wanted = FRAME_HEADER_BYTES + length
          break
        }
        onMessage(bytes.subarray(at + FRAME_HEADER_BYTES, end))
        at = end
      }
      held = bytes.length - at
      parts = held > 0 ? [bytes.subarray(at)] : []
      if (held < FRAME_HEADER_BYTES) wanted = FRAME_HEADER_BYTES
      return undefined
    },
    get incomplete() {
      return held > 0
    },
  }
}
