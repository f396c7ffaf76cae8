import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import t from 'tap'
import { z } from 'zod'

const root = resolve(import.meta.dirname, '../../..')

const Manifest = z.object({
  name: z.string(),
  scripts: z.record(z.string(), z.string()).default({}),
  dependencies: z.record(z.string(), z.string()).default({}),
})

const manifestOf = (folder: string) =>
  Manifest.parse(JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as unknown)

const run = (...args: string[]) =>
  spawnSync(process.execPath, [join(root, 'scripts/bootstrap.mjs'), ...args], { encoding: 'utf8' })

t.test('the bootstrap', async (t) => {
  const { scripts } = manifestOf('.')

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

  t.test('starts a system without what only tests, checks and benches need', async (t) => {
    const Folders = z.object({ references: z.array(z.object({ path: z.string() })) })
    const { references } = Folders.parse(JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8')))
    const folders = references.map(({ path }) => path).filter((path) => basename(path) !== 'test')
    const packages = new Map(folders.map((folder) => [manifestOf(folder).name, manifestOf(folder)]))
    const reached = new Set<string>()
    const follow = ({ dependencies }: z.infer<typeof Manifest>): void => {
      for (const name of Object.keys(dependencies).filter((each) => !reached.has(each))) {
        reached.add(name)
        const next = packages.get(name)
        if (next !== undefined) follow(next)
      }
    }
    follow(manifestOf('.'))
    t.ok(reached.has('@registru/api') && reached.has('typescript'))
    const heavy =
      /^@registru\/(?:bench|conformance)$|emmett|pongo|^tap$|^c8$|oxlint|biome|dependency-cruiser|fast-check/
    t.same(
      [...reached].filter((name) => heavy.test(name)),
      [],
    )
  })
})
