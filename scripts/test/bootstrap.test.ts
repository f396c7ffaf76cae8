import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import t from 'tap'
import { z } from 'zod'

const root = resolve(import.meta.dirname, '../../..')

const run = (...args: string[]) =>
  spawnSync(process.execPath, [join(root, 'scripts/bootstrap.mjs'), ...args], { encoding: 'utf8' })

t.test('the bootstrap', async (t) => {
  const manifest: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const { scripts } = z.object({ scripts: z.record(z.string(), z.string()) }).parse(manifest)

  t.test('lists every command of npm, and no other', async (t) => {
    const { status, stdout } = run('--help')
    t.equal(status, 0)
    const listed = stdout.split('\n').flatMap((line) => /^ {2}(\S+)/.exec(line)?.[1] ?? [])
    t.same(listed.toSorted(), Object.keys(scripts).toSorted())
  })

  t.test('replaces the shell, which would die of a signal without passing it on', async (t) => {
    for (const [name, script] of Object.entries(scripts)) t.equal(script, `exec node scripts/bootstrap.mjs ${name}`)
  })

  t.test('refuses what it does not know, before it installs anything', async (t) => {
    const { status, stderr } = run('sart')
    t.equal(status, 1)
    t.match(stderr, /No command sart\.(.*\n)+ {2}start /)
  })
})
