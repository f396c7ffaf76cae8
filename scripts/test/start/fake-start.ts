import { join } from 'node:path'
import { startCommand } from '../../src/start/start-command.ts'

const fake = join(import.meta.dirname, 'fake-part.js')
const programs = { 'event-store': fake, projector: fake, api: fake }
/** Nobody is behind most of the addresses that the tests give. */
const isThere = process.env['FAKE_ASKS_STORE'] === undefined ? () => Promise.resolve() : undefined
process.exit(await startCommand(process.argv.slice(2), programs, isThere))
