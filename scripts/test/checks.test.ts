/** A rule that never fires is no rule: each is shown a small project that breaks it. */
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import t from 'tap'
import { z } from 'zod'

const root = resolve(import.meta.dirname, '../../..')

const project = (files: Record<string, string>): string => {
  const folder = mkdtempSync(join(tmpdir(), 'registru-checks-'))
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
  return folder
}

const run = (folder: string, tool: string, ...args: string[]): string =>
  spawnSync(process.execPath, [join(root, 'node_modules', tool), ...args], { cwd: folder, encoding: 'utf8' }).stdout

const CruiserReport = z.object({
  summary: z.object({
    ruleSetUsed: z.object({ forbidden: z.array(z.object({ name: z.string() })) }),
    violations: z.array(z.object({ from: z.string(), rule: z.object({ name: z.string() }) })),
  }),
})

const cruise = (files: Record<string, string>) => {
  const folder = project(files)
  try {
    const config = `--config=${join(root, '.dependency-cruiser.mjs')}`
    const folders = ['shared', 'projections', 'services', 'infra', 'scripts']
    const output = run(folder, 'dependency-cruiser/bin/dependency-cruise.mjs', config, '--output-type=json', ...folders)
    const { violations, ruleSetUsed } = CruiserReport.parse(JSON.parse(output)).summary
    return {
      found: violations.map(({ from, rule }) => `${rule.name}: ${from}`).toSorted(),
      rules: ruleSetUsed.forbidden.map(({ name }) => name),
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const packageFile = JSON.stringify({
  dependencies: { pg: '1', '@eventstore/db-client': '1', 'dinero.js': '1', zod: '1' },
  devDependencies: { tap: '1' },
})
const packages = Object.fromEntries(
  ['pg', '@eventstore/db-client', 'dinero.js', 'zod', 'tap'].flatMap((name) => [
    [`node_modules/${name}/package.json`, JSON.stringify({ name, main: 'index.js' })],
    [`node_modules/${name}/index.js`, ''],
  ]),
)
type Import = [from: string, target: string]

const nowhere = './nowhere.ts'

/** Imports, by the rule that they break. */
const broken: Record<string, Import[]> = {
  'shared-is-the-bottom': [
    ['shared/runtime/src/b.ts', '../../../projections/core/a.ts'],
    ['shared/event-store/test/b.ts', '../../../services/api/src/a.ts'],
    ['shared/runtime/src/c.ts', '../../../scripts/src/a.ts'],
  ],
  'shared-sources-start-nothing': [['shared/runtime/src/d.ts', '../../../infra/embedded/src/a.ts']],
  'the-event-store-knows-places-and-ids': [['shared/event-store/src/c.ts', '../../domain/src/a.ts']],
  'projections-know-domain-and-runtime': [
    ['projections/one/b.ts', '../../shared/event-store/src/a.ts'],
    ['projections/core/b.ts', '../../services/api/src/a.ts'],
  ],
  'projection-sources-start-nothing': [['projections/one/c.ts', '../../infra/embedded/src/a.ts']],
  'projections-are-strangers': [
    ['projections/one/d.ts', '../two/a.ts'],
    ['projections/core/c.ts', '../one/a.ts'],
    ['projections/one/e.ts', '../index.ts'],
  ],
  'core-is-three-machines-and-a-shelf': [
    ['projections/core/fold/b.ts', '../tables/a.ts'],
    ['projections/core/reading/b.ts', '../books/a.ts'],
    ['projections/core/tables/b.ts', '../books/a.ts'],
    ['projections/core/books/b.ts', '../tables/a.ts'],
  ],
  'a-fold-is-pure': [
    ['projections/core/fold/b.ts', '../tables/a.ts'],
    ['projections/core/books/b.ts', '../tables/a.ts'],
    ['projections/core/fold/c.ts', '../reading/a.ts'],
    ['projections/core/fold/d.ts', '../../../shared/runtime/src/a.ts'],
    ['projections/core/books/c.ts', 'node:fs'],
  ],
  'reading-knows-no-fold': [['projections/core/reading/c.ts', '../fold/a.ts']],
  'read-models-write-nothing': [['projections/one/g.ts', '../core/tables/a.ts']],
  'services-are-strangers': [['services/api/src/b.ts', '../../projector/src/a.ts']],
  'service-sources-start-nothing': [['services/api/src/c.ts', '../../../infra/embedded/src/a.ts']],
  'http-knows-nobody': [['services/api/src/http/b.ts', '../queries/a.ts']],
  'the-ledger-knows-no-catalogue': [
    ['services/api/src/ledger/b.ts', '../commands/a.ts'],
    ['services/api/src/ledger/c.ts', '../http/a.ts'],
  ],
  'sagas-know-steps-and-the-ledger-alone': [
    ['services/api/src/receipts/b.ts', '../commands/a.ts'],
    ['services/api/src/transfers/b.ts', '../receipts/a.ts'],
  ],
  'steps-know-the-ledger-alone': [['services/api/src/steps/b.ts', '../receipts/a.ts']],
  'commands-and-queries-are-strangers': [
    ['services/api/src/queries/b.ts', '../commands/a.ts'],
    ['services/api/src/documents/b.ts', '../ledger/a.ts'],
  ],
  'commands-know-no-queries': [['services/api/src/commands/b.ts', '../documents/a.ts']],
  'rooms-of-the-api-know-no-application': [['services/api/src/queries/c.ts', '../app.ts']],
  'services-know-no-scripts': [
    ['services/api/test/b.ts', '../../../scripts/src/a.ts'],
    ['infra/embedded/src/b.ts', '../../../scripts/src/a.ts'],
  ],
  'benches-are-for-nobody': [
    ['scripts/src/d.ts', '../bench/a.ts'],
    ['scripts/test/b.ts', '../conformance/a.ts'],
  ],
  'embedded-knows-runtime-only': [
    ['infra/embedded/src/c.ts', '../../../shared/domain/src/a.ts'],
    ['infra/embedded/test/d.ts', '../../../shared/event-store/src/a.ts'],
  ],
  'domain-does-nothing': [['shared/domain/src/b.ts', 'node:fs']],
  'domain-is-alone': [
    ['shared/domain/src/b.ts', 'node:fs'],
    ['shared/domain/src/c.ts', '../../runtime/src/a.ts'],
    ['shared/domain/src/d.ts', 'pg'],
  ],
  'one-file-knows-pg': [
    ['shared/domain/src/d.ts', 'pg'],
    ['shared/runtime/src/e.ts', 'pg'],
    ['services/api/test/c.ts', 'pg'],
  ],
  'four-files-know-the-event-store-client': [
    ['shared/event-store/src/b.ts', '@eventstore/db-client'],
    ['services/api/test/d.ts', '@eventstore/db-client'],
    ['scripts/src/b.ts', '@eventstore/db-client'],
  ],
  'one-file-knows-dinero': [
    ['shared/domain/src/e.ts', 'dinero.js'],
    ['projections/one/f.ts', 'dinero.js'],
  ],
  'no-cycles': [['services/projector/src/b.ts', './b.ts']],
  'sources-know-no-tests': [
    ['shared/runtime/src/f.ts', '../test/a.ts'],
    ['services/api/src/d.ts', '../../../shared/runtime/src/testing.ts'],
    ['scripts/src/c.ts', '../../shared/runtime/src/testing.ts'],
  ],
  'sources-know-no-development-packages': [['services/api/src/e.ts', 'tap']],
  'everything-resolves': [['services/api/src/f.ts', nowhere]],
}

const allowed: Import[] = [
  ['shared/domain/src/money.ts', 'dinero.js'],
  ['shared/domain/src/z.ts', 'zod'],
  ['shared/runtime/src/postgres.ts', 'pg'],
  ['shared/event-store/src/eventstoredb.ts', '@eventstore/db-client'],
  ['shared/event-store/src/z.ts', '../../domain/src/places.ts'],
  ['shared/event-store/test/z.ts', '../../../infra/embedded/src/a.ts'],
  ['shared/event-store/test/y.ts', '@eventstore/db-client'],
  ['projections/one/z.ts', '../core/fold/a.ts'],
  ['projections/core/tables/z.ts', '../fold/a.ts'],
  ['projections/core/tables/y.ts', '../reading/a.ts'],
  ['projections/core/books/z.ts', '../fold/a.ts'],
  ['projections/bi/z.ts', '../core/tables/a.ts'],
  ['projections/test/z.ts', '../../infra/embedded/src/a.ts'],
  ['projections/index.ts', './one/a.ts'],
  ['services/api/src/z.ts', '../../../projections/index.ts'],
  ['services/api/src/commands/z.ts', '../ledger/a.ts'],
  ['services/api/src/queries/z.ts', '../http/a.ts'],
  ['services/api/src/receipts/z.ts', '../ledger/a.ts'],
  ['services/api/src/transfers/z.ts', '../steps/a.ts'],
  ['services/api/src/http/z.ts', '../version.ts'],
  ['services/api/src/app.ts', './queries/a.ts'],
  ['services/api/test/z.ts', '../../../shared/runtime/src/testing.ts'],
  ['infra/embedded/src/z.ts', '../../../shared/runtime/src/a.ts'],
  ['scripts/src/z.ts', '../../services/api/src/a.ts'],
  ['scripts/src/test.ts', '../../infra/embedded/src/a.ts'],
  ['scripts/conformance/z.ts', '@eventstore/db-client'],
  ['scripts/bench/z.ts', '@eventstore/db-client'],
  ['scripts/bench/y.ts', '../src/a.ts'],
  ['scripts/conformance/test/z.ts', '../../../shared/runtime/src/testing.ts'],
]

/** A project with these imports and nothing else: what they name is there, but empty. */
const projectOf = (imports: Import[]): Record<string, string> => {
  const targets = imports
    .filter(([, target]) => target.startsWith('.') && target !== nowhere)
    .map(([from, target]) => [join(dirname(from), target), 'export {}'] as const)
  const sources = imports.map(
    ([from, target]) => [from, `import type * as it from '${target}'\nexport type { it }\n`] as const,
  )
  return { 'package.json': packageFile, ...packages, ...Object.fromEntries([...targets, ...sources]) }
}

t.test('the architecture', async (t) => {
  t.test('every rule fires, where it should and nowhere else', async (t) => {
    const imports = Object.values(broken).flat()
    const { found, rules } = cruise(projectOf(imports))
    const expected = Object.entries(broken).flatMap(([rule, places]) => places.map(([from]) => `${rule}: ${from}`))
    t.same(found, expected.toSorted())
    t.same(Object.keys(broken).toSorted(), rules.toSorted())
  })

  t.test('what the packages need is allowed', async (t) => {
    t.same(cruise(projectOf(allowed)).found, [])
  })
})

t.test('the purity of the domain', async (t) => {
  const impure = ['new Date()', 'process.env', 'console.log(1)', 'Math.random()', 'performance.now()']
  impure.push('setTimeout(f, 1)', 'fetch("x")', 'crypto.randomUUID()', 'Buffer.from("")', 'parseFloat("1")')
  impure.push('Number.parseFloat("1")', '(1).toFixed(2)', 'globalThis.process', 'new Intl.Collator()')
  const lint = (path: string): string[] => {
    const content = impure.map((expression, index) => `export const v${index} = ${expression}\n`).join('')
    const folder = project({ [path]: content })
    copyFileSync(join(root, '.oxlintrc.json'), join(folder, '.oxlintrc.json'))
    const output = run(folder, 'oxlint/dist/cli.js', '--format=unix')
    rmSync(folder, { recursive: true })
    return output.split('\n').filter((line) => line.includes('no-restricted-'))
  }
  const lines = lint('shared/domain/src/a.ts')
  t.same(
    lines.map((line) => Number(line.split(':')[1])).toSorted((a, b) => a - b),
    impure.map((_, index) => index + 1),
    'every impure expression is refused',
  )
  t.same(lint('services/api/src/a.ts'), [], 'elsewhere they are not')
})
