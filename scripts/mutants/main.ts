/** Changes the code one operator at a time and asks whether a test notices: `npm run mutants -- --help`. */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Stryker } from '@stryker-mutator/core'
import { Command, InvalidArgumentError } from 'commander'
import { z } from 'zod'
import { type Area, areas } from './areas.ts'
import { Excuse, type Mutant, report } from './report.ts'

const KILLED_SHARE_MIN = 0.85
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
      'notices is a survivor: it is shown unless survivors.json says why it may live. Takes hours for a whole area; a\n' +
      `sample tells the share. Ends with 1 when fewer than ${KILLED_SHARE_MIN * 100} % were killed or excused.`,
  )
  .argument('[areas...]', `${Object.keys(areas).join(', ')}; all without one`)
  .option('--files <part>', 'only sources whose path holds this')
  .option('--sample <percent>', 'of the sources, chosen by the seed', wholeNumber, 100)
  .option('--seed <n>', 'chooses the sample', wholeNumber, 1)
  .option('--concurrency <n>', 'mutants tried at once', wholeNumber, 2)
  .parse()
const { files, sample, seed, concurrency } = program.opts<{
  files?: string
  sample: number
  seed: number
  concurrency: number
}>()

const root = process.cwd()
const ProjectReferences = z.object({ references: z.array(z.object({ path: z.string() })) })
const packageFolders = (): readonly string[] => {
  const { references } = ProjectReferences.parse(JSON.parse(readFileSync('tsconfig.json', 'utf8')))
  return ['.', ...references.map(({ path }) => path)]
}

const filesBelow = (folders: readonly string[]): readonly string[] =>
  folders
    .flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((file) => !file.includes('node_modules'))
        .map((file) => `${folder}/${file}`),
    )
    .toSorted()

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

const runArea = async ({ folders, sources, tests, project }: Area): Promise<readonly Mutant[]> => {
  const random = createRandom(seed)
  const all = filesBelow(folders)
  const mutate = all
    .filter((file) => sources.test(file) && (files === undefined || file.includes(files)))
    .flatMap((file) => piecesOf(file, random))
  if (mutate.length === 0) return []
  const sandbox = fileURLToPath(new URL('sandbox.js', import.meta.url))
  const build = [process.execPath, sandbox, root, project, ...packageFolders()]
  const stryker = new Stryker({
    mutate: [...mutate],
    testRunner: 'tap',
    plugins: [import.meta.resolve('@stryker-mutator/tap-runner')],
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
    reporters: ['progress-append-only'],
  })
  return stryker.runMutationTest()
}

const excuses = z.array(Excuse).parse(JSON.parse(readFileSync(new URL('../survivors.json', import.meta.url), 'utf8')))

const wanted = program.args.length === 0 ? Object.keys(areas) : program.args
const found: Mutant[] = []
for (const name of wanted) {
  const area = Object.hasOwn(areas, name) ? areas[name] : undefined
  if (area === undefined) program.error(`There is no area ${name}; there are ${Object.keys(areas).join(', ')}.`)
  else found.push(...(await runArea(area)))
}
const { text, share } = report(found, excuses, root)
console.log(text)
if (share < KILLED_SHARE_MIN) process.exitCode = 1
