/** The whole way after a restore, with real processes: what doctor advises works, from the older copy to the proof. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'

t.setTimeout(280_000)

t.test('the drill of shared/docs/operations.md', async (t) => {
  const script = join(import.meta.dirname, '../../bench/dist/restore.js')
  // tap would load its instruments into each of the many processes below.
  const { NODE_OPTIONS: _instruments, ...environment } = process.env
  const drill = spawn(process.execPath, ['--enable-source-maps', script, '--payments', '5'], { env: environment })
  let said = ''
  for (const output of [drill.stdout, drill.stderr]) {
    output.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
  }
  const code = await new Promise((resolve) => drill.once('exit', resolve))
  t.equal(code, 0, said)
})
