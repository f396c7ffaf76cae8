import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openLogFile } from '../src/log-file.ts'

t.test('a log file', async (t) => {
  t.test('is for its owner only, and made with its folder', async (t) => {
    const path = join(t.testdir(), 'logs', 'api.log')
    const log = openLogFile(path)
    log.write('one\n')
    log.close()
    t.equal(statSync(path).mode & 0o777, 0o600)
    t.equal(readFileSync(path, 'utf8'), 'one\n')
  })

  t.test('goes on where an earlier one ended', async (t) => {
    const path = join(t.testdir(), 'api.log')
    for (const line of ['one\n', 'two\n']) {
      const log = openLogFile(path)
      log.write(line)
      log.close()
    }
    t.equal(readFileSync(path, 'utf8'), 'one\ntwo\n')
  })

  t.test('keeps two files of bounded size', async (t) => {
    const path = join(t.testdir(), 'api.log')
    const bytesMax = 100
    const log = openLogFile(path, bytesMax)
    for (let line = 0; line < 100; line += 1) log.write(`line ${line}\n`)
    log.close()
    t.ok(existsSync(`${path}.1`))
    t.ok(statSync(path).size <= bytesMax + 10)
    t.ok(statSync(`${path}.1`).size <= bytesMax + 10)
    t.match(readFileSync(path, 'utf8'), /line 99\n$/)
  })

  t.test('tells the last lines', async (t) => {
    const log = openLogFile(join(t.testdir(), 'api.log'))
    for (let line = 0; line < 100; line += 1) log.write(`line ${line}\n`)
    log.close()
    t.match(log.tail(), /^line 88\n(.*\n)+line 99$/)
  })
})
