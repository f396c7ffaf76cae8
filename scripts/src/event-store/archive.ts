import { createHash } from 'node:crypto'
import { createReadStream, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { createGunzip } from 'node:zlib'
import { z } from 'zod'

/** Text as it is, if its UTF-8 is the very bytes; any other bytes in base64. */
const Payload = z.union([z.string(), z.strictObject({ base64: z.base64() })])

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z$/

/** A line of an export: the event as the store kept it, where and when. */
export const ArchivedEvent = z.strictObject({
  stream: z.string(),
  revision: z.int().nonnegative(),
  position: z.string().regex(/^\d+$/),
  /** To 100 ns, as the store has it. */
  createdAt: z.string().regex(INSTANT),
  id: z.uuid(),
  type: z.string(),
  isJson: z.boolean(),
  data: Payload,
  metadata: Payload,
})
export type ArchivedEvent = z.infer<typeof ArchivedEvent>

/** As exports were until they carried the stored bytes. */
const EventWithoutBytes = z.strictObject({
  stream: z.string(),
  revision: z.int().nonnegative(),
  position: z.string(),
  id: z.uuid(),
  type: z.string(),
  createdAt: z.iso.datetime(),
  data: z.record(z.string(), z.unknown()),
  metadata: z.record(z.string(), z.unknown()),
})

export const Manifest = z.strictObject({
  format: z.literal(['registru-events@1', 'registru-events@2']),
  storeId: z.string(),
  /** Of the log that was exported: how many imports it had been through. */
  generation: z.int().nonnegative().default(0),
  exportedAt: z.iso.datetime(),
  /** The last position in the store's `$all` that was looked at. */
  head: z.string(),
  events: z.int(),
  streams: z.int(),
  /** Of the lines with their line ends, before any compression. */
  sha256: z.string(),
})
export type Manifest = z.infer<typeof Manifest>

const TICKS_PER_MS = 10_000n

export const instantOf = (ticks: bigint): string => {
  const ms = new Date(Number(ticks / TICKS_PER_MS)).toISOString().slice(0, -1)
  return `${ms}${String(ticks % TICKS_PER_MS).padStart(4, '0')}Z`
}

export const ticksOfMs = (ms: number): bigint => BigInt(ms) * TICKS_PER_MS

export const ticksOf = (instant: string): bigint =>
  ticksOfMs(Date.parse(`${instant.slice(0, 23)}Z`)) + BigInt(instant.slice(23, 27))

export const payloadOf = (bytes: Uint8Array): z.infer<typeof Payload> => {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const text = buffer.toString('utf8')
  return Buffer.from(text, 'utf8').equals(buffer) ? text : { base64: buffer.toString('base64') }
}

export const bytesOf = (payload: z.infer<typeof Payload>): Uint8Array =>
  typeof payload === 'string' ? Buffer.from(payload, 'utf8') : Buffer.from(payload.base64, 'base64')

export const manifestOf = (file: string): string => `${file}.manifest.json`

export const readManifest = (file: string): Manifest =>
  Manifest.parse(JSON.parse(readFileSync(manifestOf(file), 'utf8')))

export const isCompressed = (file: string): boolean => file.endsWith('.gz')

/** The lines of an export, as they were written. */
async function* archivedLines(file: string): AsyncGenerator<string, void> {
  const bytes = createReadStream(file)
  const failure = new Promise<never>((_resolve, reject) => bytes.once('error', reject))
  failure.catch(() => undefined)
  const input = isCompressed(file) ? bytes.pipe(createGunzip()) : bytes
  yield* createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })
}

const readLine = (line: string, format: Manifest['format']): ArchivedEvent => {
  if (format === 'registru-events@2') return ArchivedEvent.parse(JSON.parse(line))
  const { data, metadata, createdAt, ...event } = EventWithoutBytes.parse(JSON.parse(line))
  return {
    ...event,
    createdAt: instantOf(ticksOfMs(Date.parse(createdAt))),
    isJson: true,
    data: JSON.stringify(data),
    metadata: JSON.stringify(metadata),
  }
}

export async function* archivedEvents(file: string, { format }: Manifest): AsyncGenerator<ArchivedEvent, void> {
  for await (const line of archivedLines(file)) yield readLine(line, format)
}

/**
 * Reads an export from end to end before any of it is used.
 * @throws Error where it is not what its manifest says, or cannot be written to another store as it is
 */
export const checkArchive = async (file: string, manifest: Manifest): Promise<void> => {
  const hash = createHash('sha256')
  const nextRevisions = new Map<string, number>()
  let events = 0
  for await (const line of archivedLines(file)) {
    hash.update(line).update('\n')
    events += 1
    const { stream, revision } = readLine(line, manifest.format)
    const expected = nextRevisions.get(stream) ?? 0
    if (revision !== expected) {
      throw new Error(
        `line ${events}: ${stream} goes from revision ${expected - 1} to ${revision}: an event is missing`,
      )
    }
    nextRevisions.set(stream, expected + 1)
  }
  const found = { events, streams: nextRevisions.size, sha256: hash.digest('hex') }
  for (const key of ['events', 'streams', 'sha256'] as const) {
    if (found[key] !== manifest[key]) throw new Error(`${key} is ${found[key]}, the manifest says ${manifest[key]}`)
  }
}
