/** Changes the code one operator at a time and asks whether a test notices: `npm run mutants -- --help`. */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Stryker } from '@stryker-mutator/core'
import { Command, InvalidArgumentError } from 'commander'
import { z } from 'zod'
import { type Area, areas } from './areas.ts'
import { heard } from './heard.ts'
import { openRecord } from './record.ts'
import { createJudge, Excuse, type Mutant, report } from './report.ts'

const KILLED_SHARE_MIN = 0.85
/** Of each property over random histories, where it is asked how many; what so few do not notice counts as a survivor. */
const HISTORIES = '40'
/** All tests once, with their coverage counted, on a busy machine. */
const DRY_RUN_MINUTES = 30
/** A sample is made of pieces of this many lines, so that it holds whole functions. */
const PIECE_LINES = 20

const wholeNumber = (text: string): number => {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 0) return value
  throw new InvalidArgumentError('Expected a whole number.')
}

const program = new Command('npm run mutants --')
  .description(
    'Changes the sources of an area one operator at a time and runs the tests that come there. A mutant that no test\n' +
      'notices is a survivor: it is shown as it is found, unless survivors.json says why it may live. Takes hours for a\n' +
      'whole area; a sample tells the share. The same command again goes on where it was cut off, as long as no source\n' +
      `and no test has changed. Ends with 1 when fewer than ${KILLED_SHARE_MIN * 100} % were killed or excused.`,
  )
  .argument('[areas...]', `${Object.keys(areas).join(', ')}; all without one`)
  .option('--files <part>', 'only sources whose path holds this')
  .option('--sample <percent>', 'of the sources, chosen by the seed', wholeNumber, 100)
  .option('--seed <n>', 'chooses the sample', wholeNumber, 1)
  .option('--concurrency <n>', 'mutants tried at once', wholeNumber, 2)
  .option(
    '--patience <seconds>',
    'what a mutant may take beyond three times its tests; more on a busy machine',
    wholeNumber,
    20,
  )
  .parse()
const { files, sample, seed, concurrency, patience } = program.opts<{
  files?: string
  sample: number
  seed: number
  concurrency: number
  patience: number
}>()
// A counterexample is enough, the smallest one is for people; and nobody but the runner stops tests that hang.
process.env['SHRINK'] = 'off'
process.env['RUNS'] = HISTORIES
process.env['TAP_TIMEOUT'] = '0'

const root = process.cwd()
const ProjectReferences = z.object({ references: z.array(z.object({ path: z.string() })) })
const packageFolders = (): readonly string[] => {
  const { references } = ProjectReferences.parse(JSON.parse(readFileSync('tsconfig.json', 'utf8')))
  return ['.', ...references.map(({ path }) => path)]
}

/** Packages are linked to one another, round and round: nothing below them is looked at. */
const filesIn = (folder: string): readonly string[] =>
  readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => name !== 'node_modules')
    .flatMap((entry) => (entry.isDirectory() ? filesIn(`${folder}/${entry.name}`) : [`${folder}/${entry.name}`]))

const filesBelow = (folders: readonly string[]): readonly string[] => folders.flatMap(filesIn).toSorted()

/** mulberry32: a sample has to be the same on every machine. */
const createRandom = (from: number) => {
  let state = from
  return (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const piecesOf = (file: string, random: () => number): readonly string[] => {
  if (sample >= 100) return [file]
  const lines = readFileSync(file, 'utf8').split('\n').length
  const starts = Array.from({ length: Math.ceil(lines / PIECE_LINES) }, (_, index) => index * PIECE_LINES + 1)
  return starts
    .filter(() => random() * 100 < sample)
    .map((start) => `${file}:${start}-${Math.min(start + PIECE_LINES - 1, lines)}`)
}

/** All that decides about a mutant. */
const inputs = (): readonly string[] => {
  const sources = filesBelow(packageFolders().filter((folder) => folder !== '.'))
  return [...new Set(sources)].filter((file) => /\.(?:ts|json)$/.test(file) && !/\/(?:dist|mutants)\//.test(file))
}

const runArea = async (name: string, area: Area): Promise<readonly Mutant[]> => {
  const { folders, sources, tests, project } = area
  const random = createRandom(seed)
  const all = filesBelow(folders)
  const mutate = all
    .filter((file) => sources.test(file) && (files === undefined || file.includes(files)))
    .flatMap((file) => piecesOf(file, random))
  if (mutate.length === 0) return []
  const record = openRecord(root, [name, files ?? 'all', sample, seed].join('-').replaceAll('/', '.'), inputs())
  heard.on('decided', record.keep)
  const sandbox = fileURLToPath(new URL('sandbox.js', import.meta.url))
  const build = [process.execPath, sandbox, root, project, ...packageFolders()]
  const stryker = new Stryker({
    mutate: [...mutate],
    testRunner: 'tap',
    plugins: [import.meta.resolve('@stryker-mutator/tap-runner'), import.meta.resolve('./heard.js')],
    tap: {
      testFiles: tests.flatMap((test) => all.filter((file) => test.test(file))),
      nodeArgs: ['-r', '{{hookFile}}', '{{testFile}}'],
      forceBail: true,
    },
    // It is cut at its spaces by Stryker, which knows no quotation marks.
    buildCommand: build.map((word) => word.replaceAll(' ', '\\ ')).join(' '),
    symlinkNodeModules: false,
    disableTypeChecks: '**/*.ts',
    // Nothing of the project's is to be rewritten for the sandbox.
    tsconfigFile: 'none',
    ignorePatterns: ['**/dist/src', '.registru', '.tap'],
    tempDirName: '.stryker-tmp',
    cleanTempDir: 'always',
    coverageAnalysis: 'perTest',
    concurrency,
    dryRunTimeoutMinutes: DRY_RUN_MINUTES,
    timeoutFactor: 3,
    timeoutMS: patience * 1_000,
    incremental: true,
    incrementalFile: record.reportFile,
    reporters: ['progress-append-only', 'heard'],
  })
  try {
    return await stryker.runMutationTest()
  } finally {
    heard.off('decided', record.keep)
  }
}

const excuses = z.array(Excuse).parse(JSON.parse(readFileSync(new URL('../survivors.json', import.meta.url), 'utf8')))
const judge = createJudge(excuses, root)
heard.on('decided', (mutant) => {
  if (judge.verdictOf(mutant) === 'survived') console.log(`survived: ${judge.describe(mutant)}`)
})

const wanted = program.args.length === 0 ? Object.keys(areas) : program.args
const found: Mutant[] = []
for (const name of wanted) {
  const area = Object.hasOwn(areas, name) ? areas[name] : undefined
  if (area === undefined) program.error(`There is no area ${name}; there are ${Object.keys(areas).join(', ')}.`)
  else found.push(...(await runArea(name, area)))
}
const { text, share } = report(found, judge)
console.log(text)
if (share < KILLED_SHARE_MIN) process.exitCode = 1
