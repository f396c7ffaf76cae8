/** Stands in for each of our programs: writes down what it was given and when it stopped, and misbehaves when told to. */
import { appendFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { createLogger, onShutdown, reportReady } from '@registru/runtime'

const home = process.env['REGISTRU_HOME'] ?? ''
const isApi = process.env['PORT'] !== undefined
const isEventStore = process.env['EVENT_STORE_PORT'] !== undefined
const name = isApi ? 'api' : isEventStore ? 'event-store' : 'projector'

if (process.env['FAKE_FAILS'] === name) {
  console.error('This is why.')
  process.exit(Number(process.env['FAKE_EXIT_CODE'] ?? 1))
}
const write = (file: string, text: string): void => appendFileSync(join(home, file), `${text}\n`)
const names = ['DATABASE_URL', 'ESDB_URL', 'REGISTRU_TOKEN', 'PORT', 'LOG_LEVEL', 'EVENT_STORE_DATABASE_URL']
const given = [...names, 'EVENT_STORE_PORT'].filter((variable) => process.env[variable] !== undefined)
write('environment.jsonl', JSON.stringify({ name, ...Object.fromEntries(given.map((key) => [key, process.env[key]])) }))

const server = createServer((_, response) => response.end())
server.listen(Number(process.env['PORT'] ?? process.env['EVENT_STORE_PORT'] ?? 0), '127.0.0.1', () => {
  reportReady(isApi ? { url: `http://127.0.0.1:${process.env['PORT']}` } : {})
})
onShutdown(createLogger({ name, level: 'silent' }), async () => {
  if (process.env['FAKE_HANGS'] === name) await new Promise(() => undefined)
  write('stopped.txt', name)
  server.close()
})
process.on('SIGUSR2', () => {
  console.error('The store has diverged.\n    at somewhere (file.js:1:1)')
  process.exit(78)
})
