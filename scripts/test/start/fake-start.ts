import { join } from 'node:path'
import { startCommand } from '../../src/start/start-command.ts'

const fake = join(import.meta.dirname, 'fake-part.js')
process.exit(await startCommand(process.argv.slice(2), { 'event-store': fake, projector: fake, api: fake }))
