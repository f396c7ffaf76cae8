import { createRequire } from 'node:module'
import { z } from 'zod'

/** From dist/src. */
const MANIFEST = '../../package.json'

/** The program's version, as lists have to name it (OMFP 2634/2015 annex 1 pct. 58 k). */
export const { version: VERSION } = z.object({ version: z.string() }).parse(createRequire(import.meta.url)(MANIFEST))
