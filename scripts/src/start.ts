/** Runs everything on this machine. */
import { join, resolve } from 'node:path'
import { startCommand } from './start/start-command.ts'

const root = resolve(import.meta.dirname, '../../..')

process.exit(
  await startCommand(process.argv.slice(2), {
    'event-store': join(root, 'infra/embedded/dist/src/event-store/main.js'),
    projector: join(root, 'services/projector/dist/src/main.js'),
    api: join(root, 'services/api/dist/src/main.js'),
  }),
)
