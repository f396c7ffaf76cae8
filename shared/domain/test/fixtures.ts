import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { z } from 'zod'

// Compiled tests run from dist/test; the fixtures stay beside the sources.
const folder = join(import.meta.dirname, '../../test/fixtures')

/** Reads a fixture and holds it to the shape the test relies on. */
export const readFixture = <Schema extends z.ZodType>(name: string, shape: Schema): z.infer<Schema> =>
  shape.parse(JSON.parse(readFileSync(join(folder, name), 'utf8')))

export const listFixtures = (name: string): readonly string[] => readdirSync(join(folder, name)).toSorted()

/** A line of text. With `FREEZE=1` the fixture is written anew and becomes `actual`. */
export const frozenText = (name: string, actual: string): string => {
  if (process.env['FREEZE'] !== undefined) writeFileSync(join(folder, name), `${actual}\n`)
  return readFileSync(join(folder, name), 'utf8').trim()
}
