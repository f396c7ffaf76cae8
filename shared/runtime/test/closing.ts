/** A process to be stopped: closes as its argument says. */
import { setTimeout as sleep } from 'node:timers/promises'
import { createLogger, onShutdown, reportReady } from '../src/index.ts'

const behaviour = process.argv[2]
const logger = createLogger({ name: 'closing', level: 'silent' })
const forever = setInterval(() => undefined, 1_000)
onShutdown(logger, async () => {
  if (behaviour === 'slow') await sleep(60_000)
  if (behaviour === 'failing') throw new Error('cannot close')
  clearInterval(forever)
  process.stdout.write('closed\n')
})
const fail = (): void => {
  throw new Error('bug')
}
if (behaviour === 'buggy') setTimeout(fail, 50)
reportReady({ url: 'http://127.0.0.1:7310' })
