// Everything that can be said about the sources without running them. With --write the formatting is put right instead.
import { spawnSync } from 'node:child_process'

const formatter = 'node_modules/@biomejs/biome/bin/biome'

const folders = ['shared', 'projections', 'services', 'infra', 'scripts']
const colors = `--colors=${process.stdout.isTTY ? 'force' : 'off'}`

const checks = {
  types: ['node_modules/typescript/bin/tsc', '-b'],
  lint: ['node_modules/oxlint/bin/oxlint', '--type-aware', '--deny-warnings'],
  format: [formatter, 'ci', colors, '.'],
  // It follows imports into the compiled packages, so the types come first.
  architecture: [
    'node_modules/dependency-cruiser/bin/dependency-cruise.mjs',
    '--config=.dependency-cruiser.mjs',
    ...folders,
  ],
}

const run = (args) => spawnSync(process.execPath, args, { stdio: 'inherit' }).status === 0

if (process.argv.includes('--write')) {
  process.exitCode = run([formatter, 'check', '--write', '.']) ? 0 : 1
} else {
  // All of them, whatever fails: one run tells everything.
  const failed = Object.keys(checks).filter((name) => {
    console.log(`\n${name}:`)
    return !run(checks[name])
  })
  console.log(failed.length === 0 ? '\nAll checks passed.' : `\nFailed: ${failed.join(', ')}.`)
  process.exitCode = failed.length === 0 ? 0 : 1
}
