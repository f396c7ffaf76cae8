/** Runs in the copy of the project in which the sources are changed: brings the packages there and compiles it once. */
import { spawnSync } from 'node:child_process'
import { existsSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'

const [root = '', project = '', ...folders] = process.argv.slice(2)
for (const folder of folders) {
  const packages = join(folder, 'node_modules')
  if (!existsSync(join(root, packages))) continue
  rmSync(packages, { recursive: true, force: true })
  symlinkSync(join(root, packages), packages)
}
// Types are not looked at: a mutant need not make sense to the compiler.
const compiler = join(root, 'node_modules/typescript/bin/tsc')
process.exitCode = spawnSync(process.execPath, [compiler, '-b', project], { stdio: 'inherit' }).status ?? 1
