import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { erasePostgres, startEventStore, startPostgres } from '@registru/embedded'
import { Command } from 'commander'
import colors from 'picocolors'
import { type Result, runSuite } from './run-suite.ts'
import { loadScripts } from './script.ts'

const fixtures = resolve(import.meta.dirname, '../fixtures')

interface Options {
  readonly url?: string
  readonly only?: string
  readonly json?: string
}

const program = new Command()
  .name('npm run conformance --')
  .description(
    'Replays 113 recorded scripts and checks further behaviours against an event store, as a stranger with the client.\n' +
      'Use a fresh store that nobody else writes to: streams are left behind, and some steps read all of the log.',
  )
  .option('--url <connection string>', 'the store to test; without it a new embedded one, gone afterwards')
  .option('--only <names>', 'only these scripts and behaviours, comma separated, with *')
  .option('--json <file>', 'write the results there, failed steps in full')
  .parse()
const options = program.opts<Options>()

/** An embedded store on a PostgreSQL of its own, both gone afterwards. */
const startEmbedded = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'registru-conformance-'))
  // Started by root, the server runs under another account, which must come here.
  chmodSync(folder, 0o755)
  const postgres = await startPostgres({ folder, durable: false })
  const store = await startEventStore({ databaseUrl: postgres.url() })
  return {
    url: store.url,
    stop: async () => {
      await store.stop()
      await postgres.stop()
      await erasePostgres(folder)
    },
  }
}

const paint = { pass: colors.green, fail: colors.red, 'not offered': colors.yellow }

const rowOf = ({ name, theme, verdict, note }: Result): string =>
  `${paint[verdict](verdict.padEnd(11))}  ${theme.padEnd(13)}  ${name.padEnd(36)}  ${note}`.trimEnd()

const store = options.url === undefined ? await startEmbedded() : { url: options.url, stop: () => Promise.resolve() }
const results: Result[] = []
try {
  console.log(`${'verdict'.padEnd(11)}  ${'theme'.padEnd(13)}  ${'behaviour'.padEnd(36)}  note`)
  for await (const result of runSuite(loadScripts(fixtures), store.url, options.only)) {
    results.push(result)
    console.log(rowOf(result))
  }
} finally {
  await store.stop()
}

const countOf = (verdict: Result['verdict']): number => results.filter((result) => result.verdict === verdict).length
const totals = { passed: countOf('pass'), failed: countOf('fail'), notOffered: countOf('not offered') }
if (options.json !== undefined) {
  const rows = results.map(({ steps, ...result }) => ({
    ...result,
    steps: steps.length,
    failedSteps: steps.filter(({ verdict }) => verdict === 'fail'),
  }))
  writeFileSync(options.json, `${JSON.stringify({ url: store.url, totals, results: rows }, null, 2)}\n`)
}
console.log(`\n${totals.passed} passed, ${totals.failed} failed, ${totals.notOffered} not offered`)
// Nothing tested is nothing proved: a typing mistake in --only must not look like success.
process.exitCode = totals.failed > 0 || results.length === 0 ? 1 : 0
