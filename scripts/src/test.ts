/** Runs the tests: one throw-away PostgreSQL for all of them, tap for the work, a plain closing line with the counts. */
import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { erasePostgres, startPostgres } from '@registru/embedded'
import { readTap, type Tally } from './tap-results.ts'

const root = resolve(import.meta.dirname, '../../..')
/** The machines we are built on have two cores; every file is a process of its own, and one of three mostly waits. */
const filesAtOnce = 3
const groups = ['shared', 'projections', 'services', 'infra', 'scripts']

const help = `Usage: npm test [-- <test file or part of its path> …]

Starts a throw-away PostgreSQL, or uses the server of TEST_DATABASE_URL, and runs the compiled tests of every package.`

const sourceOf = (file: string): string => file.replace(/(^|\/)dist\//, '$1').replace(/\.js(?= |$)/, '.ts')

const packageFolders = (): string[] =>
  groups.flatMap((group) => [group, ...readdirSync(join(root, group)).map((name) => join(group, name))])

const findTests = (wanted: string[]): string[] => {
  const outputs = packageFolders().map((folder) => join(folder, 'dist'))
  const files = outputs
    .filter((output) => existsSync(join(root, output)))
    .flatMap((output) =>
      readdirSync(join(root, output), { recursive: true, encoding: 'utf8' }).map((file) => join(output, file)),
    )
    .filter((file) => file.endsWith('.test.js'))
    .toSorted()
  const isWanted = (file: string): boolean =>
    wanted.some((part) => file.includes(part) || sourceOf(file).includes(part))
  return wanted.length === 0 ? files : files.filter(isWanted)
}

interface Database {
  readonly url: string
  readonly stop: () => Promise<void>
}

const startDatabase = async (): Promise<Database> => {
  const url = process.env['TEST_DATABASE_URL']
  if (url !== undefined) return { url, stop: () => Promise.resolve() }
  const folder = mkdtempSync(join(tmpdir(), 'registru-test-'))
  // Started by root, the server runs under another account, which must come here.
  chmodSync(folder, 0o755)
  const server = await startPostgres({ folder, durable: false })
  const stop = async (): Promise<void> => {
    await server.stop()
    await erasePostgres(folder)
  }
  return { url: server.url(), stop }
}

const runTap = async (files: string[], databaseUrl: string): Promise<Tally> => {
  const options = ['--reporter=tap', `--jobs=${filesAtOnce}`, '--disable-coverage', '--allow-empty-coverage']
  const tap = spawn(process.execPath, ['node_modules/tap/dist/esm/run.mjs', ...options, ...files], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, TEST_DATABASE_URL: databaseUrl, NO_COLOR: '1' },
  })
  const interrupt = (): boolean => tap.kill('SIGTERM')
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt)
  const exited = new Promise<number | NodeJS.Signals | null>((settle) => {
    tap.once('close', (code, signal) => settle(code ?? signal))
  })
  const tally = await readTap(tap.stdout, (line) => console.log(line), sourceOf)
  const code = await exited
  if (code === 0 || tally.failed > 0) return tally
  console.log(`not ok tap ended with ${code}`)
  return { ...tally, failed: 1 }
}

const main = async (wanted: string[]): Promise<Tally> => {
  const files = findTests(wanted)
  if (files.length === 0) {
    console.log(wanted.length === 0 ? 'not ok no tests found' : `not ok no test file matches ${wanted.join(', ')}`)
    return { passed: 0, failed: 1, skipped: 0 }
  }
  const database = await startDatabase()
  try {
    return await runTap(files, database.url)
  } finally {
    await database.stop()
  }
}

const wanted = process.argv.slice(2)
if (wanted.includes('--help')) {
  console.log(help)
} else {
  const { passed, failed, skipped } = await main(wanted)
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
  process.exitCode = failed > 0 ? 1 : 0
}
