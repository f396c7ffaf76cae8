import { createHash } from 'node:crypto'
import { createReadStream, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { createGunzip } from 'node:zlib'
import { z } from 'zod'

/** A line of an export. The place in the old `$all` and the old clock are kept to be read; a store sets its own. */
export const ArchivedEvent = z.strictObject({
  stream: z.string(),
  revision: z.int().nonnegative(),
  position: z.string(),
  id: z.uuid(),
  type: z.string(),
  createdAt: z.iso.datetime(),
  data: z.record(z.string(), z.unknown()),
  metadata: z.record(z.string(), z.unknown()),
})
export type ArchivedEvent = z.infer<typeof ArchivedEvent>

export const Manifest = z.strictObject({
  format: z.literal('registru-events@1'),
  storeId: z.string(),
  exportedAt: z.iso.datetime(),
  /** The last position in the store's `$all` that was looked at. */
  head: z.string(),
  events: z.int(),
  streams: z.int(),
  /** Of the lines with their line ends, before any compression. */
  sha256: z.string(),
})
export type Manifest = z.infer<typeof Manifest>

export const manifestOf = (file: string): string => `${file}.manifest.json`

export const readManifest = (file: string): Manifest =>
  Manifest.parse(JSON.parse(readFileSync(manifestOf(file), 'utf8')))

export const isCompressed = (file: string): boolean => file.endsWith('.gz')

/** The lines of an export, as they were written. */
export async function* archivedLines(file: string): AsyncGenerator<string, void> {
  const bytes = createReadStream(file)
  const failure = new Promise<never>((_resolve, reject) => bytes.once('error', reject))
  failure.catch(() => undefined)
  const input = isCompressed(file) ? bytes.pipe(createGunzip()) : bytes
  yield* createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })
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
    const { stream, revision } = ArchivedEvent.parse(JSON.parse(line))
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
