import { endianness } from 'node:os'
import { crc32 } from 'node:zlib'
import { revisionOf, type SnapshotFormat } from '@registru/domain'
import { z } from 'zod'
import { dumpIndex, restoreIndex } from './command-index.ts'
import type { LoadedStream } from './loaded-stream.ts'

/** What a snapshot is of; with it, its bytes tell by themselves whether they may be used. */
const Label = z.strictObject({
  /** The event store's own id: revisions of another store mean nothing here. */
  storeId: z.string(),
  stream: z.string(),
  /** Of the decider's format, and of what this file makes of it. */
  version: z.int(),
  layout: z.int(),
  /** The packed numbers are as the machine has them. */
  byteOrder: z.enum(['LE', 'BE']),
  revision: z.string().regex(/^[0-9]+$/),
  lastEventId: z.string(),
  lastCommandId: z.string(),
})

/** Raised when the parts below or the command index are kept in another way. */
const LAYOUT = 2
const NUMBER_BYTES = 4

const withLength = (bytes: Uint8Array): readonly Uint8Array[] => {
  const length = Buffer.alloc(NUMBER_BYTES)
  length.writeUInt32BE(bytes.length)
  return [length, bytes]
}

export interface SnapshotSource {
  readonly storeId: string
  readonly stream: string
}

/** Equal for equal histories. @throws Error for a stream without events */
export const encodeSnapshot = <State>(
  { version, encode }: SnapshotFormat<State>,
  { storeId, stream }: SnapshotSource,
  { state, revision, commands, lastCommandId, lastEventId }: LoadedStream<State>,
): Buffer => {
  const label = Label.parse({
    storeId,
    stream,
    version,
    layout: LAYOUT,
    byteOrder: endianness(),
    revision: `${revision}`,
    lastEventId,
    lastCommandId,
  })
  const parts = [Buffer.from(JSON.stringify(label)), dumpIndex(commands), encode(state)].flatMap(withLength)
  const content = Buffer.concat([new Uint8Array(NUMBER_BYTES), ...parts])
  content.writeUInt32BE(crc32(content.subarray(NUMBER_BYTES)))
  return content
}

/** A snapshot that is not used, and why. */
export interface UnusableSnapshot {
  readonly unusable: 'checksum' | 'another store' | 'another version'
}

export const decodeSnapshot = <State>(
  { version, decode }: SnapshotFormat<State>,
  { storeId, stream }: SnapshotSource,
  content: Buffer,
): LoadedStream<State> | UnusableSnapshot => {
  if (content.length < NUMBER_BYTES || content.readUInt32BE() !== crc32(content.subarray(NUMBER_BYTES))) {
    return { unusable: 'checksum' }
  }
  let at = NUMBER_BYTES
  const next = (): Buffer => {
    const start = at + NUMBER_BYTES
    at = start + content.readUInt32BE(at)
    return content.subarray(start, at)
  }
  const parsed = Label.safeParse(JSON.parse(next().toString()))
  if (!parsed.success) return { unusable: 'another version' }
  const label = parsed.data
  if (label.version !== version || label.layout !== LAYOUT || label.byteOrder !== endianness()) {
    return { unusable: 'another version' }
  }
  if (label.storeId !== storeId || label.stream !== stream) return { unusable: 'another store' }
  const revision = revisionOf(BigInt(label.revision))
  const { lastEventId, lastCommandId } = label
  const commands = restoreIndex(next())
  const state = decode(next())
  const last = { lastEventId, lastCommandId, recordedNotBefore: '' }
  return { state, revision, commands, ...last, snapshotRevision: revision, snapshotNotBefore: 0 }
}
