// Runs on bare Node, before anything is installed: brings the checkout up to date, then runs the command in this very
// process, so that signals, the terminal and the exit code need no passing on.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const nodeMinimum = [20, 19]
const lockPollMs = 200
/** An install on a slow line takes minutes; a lock older than this belongs to a process id that was given away again. */
const lockAgeMaxMs = 15 * 60_000
const parentPollMs = 500

/**
 * What is installed and compiled: what a running system needs (the root package and what it depends on), or everything,
 * benchmarks and their alternatives included. Each holds all of the one before it.
 */
const profiles = {
  run: { install: ['--prod', '--filter', 'registru...'], compile: ['scripts'] },
  all: { install: [], compile: [] },
}

/** Every command once: what runs it, and what has to be there before. */
const commands = {
  start: { script: 'scripts/dist/src/start', does: 'run everything on this machine (--help, --reset)' },
  test: { script: 'scripts/dist/src/test', does: 'run all tests, or the files named', needs: 'all', needsTap: true },
  check: { script: 'scripts/check', does: 'lint, formatting, architecture, types', needs: 'all', compile: false },
  format: {
    script: 'scripts/check',
    does: 'put the formatting right',
    needs: 'all',
    compile: false,
    arguments: ['--write'],
  },
  build: { does: 'install and compile, nothing else' },
  seed: { script: 'scripts/dist/src/seed', does: 'fill a running system with a believable quarter' },
  registru: { script: 'scripts/dist/src/registru', does: 'ask the ledger, audit it, look after it (--help)' },
  verify: { script: 'scripts/dist/src/registru', does: 'the same as registru audit', arguments: ['audit'] },
  bench: { folder: 'scripts/bench/dist', does: 'run a benchmark by its name', needs: 'all' },
  conformance: {
    script: 'scripts/conformance/dist/main',
    does: 'test an event store against recorded answers',
    needs: 'all',
  },
  mutants: {
    script: 'scripts/mutants/dist/main',
    does: 'change the code one operator at a time: does a test notice?',
    needs: 'all',
  },
  'event-store': { script: 'scripts/dist/src/event-store', does: 'tools of the embedded event store' },
}

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')

const fail = (message) => {
  console.error(message)
  process.exit(1)
}

const requireNode = () => {
  const [major, minor] = process.versions.node.split('.').map(Number)
  const [majorMinimum, minorMinimum] = nodeMinimum
  if (major > majorMinimum || (major === majorMinimum && minor >= minorMinimum)) return
  fail(`Node ${nodeMinimum.join('.')} or newer is needed; this is ${process.version} (${process.execPath}).`)
}

const usage = () =>
  ['Usage: npm run <command> [-- options]', ''].concat(
    Object.entries(commands).map(([name, { does }]) => `  ${name.padEnd(12)} ${does}`),
  )

/** A package's tests are a project of their own, for they need what a running system does not. */
const packageFolders = () => {
  const { references } = JSON.parse(fs.readFileSync('tsconfig.json', 'utf8'))
  return references.map((reference) => reference.path).filter((folder) => path.basename(folder) !== 'test')
}

const hashOf = (files) => {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`)
  for (const file of files) hash.update(file).update(fs.readFileSync(file))
  return hash.digest('hex')
}

const readIfThere = (file) => {
  try {
    return fs.readFileSync(file, 'utf8')
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    throw error
  }
}

/** Runs to the end and shows the output only when it went wrong. */
const run = (command, args, hint) => {
  // CI: no questions, no animated progress. The variable belongs to the package manager, not to what we start later.
  const environment = { ...process.env, CI: 'true', npm_config_update_notifier: 'false' }
  const { status, signal, error, stdout, stderr } = spawnSync(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    env: environment,
  })
  if (status === 0) return
  fail(
    [stdout, stderr, `${command} ${args.join(' ')} failed (${error?.message ?? status ?? signal}).`, hint].join('\n'),
  )
}

const install = (profile) => {
  const { config } = JSON.parse(fs.readFileSync('package.json', 'utf8'))
  const args = ['--yes', `pnpm@${config.pnpm}`, 'install', '--frozen-lockfile', '--prefer-offline']
  const hint = 'Installing needs the npm registry that your npm is configured for.'
  run('npx', [...args, ...profiles[profile].install, '--reporter=append-only'], hint)
}

/** tap generates its own test class from the plugin list; a first run after a changed list would find no tests. */
const buildTap = () => run(process.execPath, ['node_modules/tap/dist/esm/run.mjs', 'build'], '')

const announced = (announcement, action) => {
  const startedAt = performance.now()
  console.log(announcement)
  action()
  console.log(`… done in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
}

/** What the smaller profile asks for is not taken away from somebody who has everything. */
const installOnce = (wanted, inputs) => {
  const stamp = path.join('node_modules', '.registru-installed')
  const [hash, installed] = readIfThere(stamp)?.split(' ') ?? []
  const profile = installed === 'all' ? 'all' : wanted
  const current = hashOf(inputs)
  if (hash === current && profile === installed) return
  announced('Installing dependencies, the first time about half a minute …', () => install(profile))
  fs.writeFileSync(stamp, `${current} ${profile}`)
}

const buildTapOnce = (inputs) => {
  const stamp = path.join('node_modules', '.registru-tap')
  const current = hashOf(inputs)
  if (readIfThere(stamp) === current) return
  announced('Preparing the test runner …', buildTap)
  fs.writeFileSync(stamp, current)
}

const removeOutputOfDeletedSources = (folder) => {
  const output = path.join(folder, 'dist')
  if (!fs.existsSync(output)) return
  for (const entry of fs.readdirSync(output, { recursive: true })) {
    const stem = /^(.*)(?:\.d\.ts|\.d\.ts\.map|\.js|\.js\.map)$/.exec(entry)?.[1]
    if (stem !== undefined && !fs.existsSync(path.join(folder, `${stem}.ts`))) fs.rmSync(path.join(output, entry))
  }
}

const compile = (folders, profile) => {
  // A test or module whose source is gone would otherwise go on being found and run.
  for (const folder of folders) removeOutputOfDeletedSources(folder)
  if (!folders.some((folder) => fs.existsSync(path.join(folder, 'dist')))) console.log('Compiling …')
  const args = ['node_modules/typescript/bin/tsc', '-b', ...profiles[profile].compile]
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' })
  if (status !== 0) fail('The sources do not compile.')
}

const isAlive = (pid) => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

const lock = '.registru-install.lock'

const takeLock = () => {
  const own = `${lock}.${process.pid}`
  fs.mkdirSync(own, { recursive: true })
  fs.writeFileSync(path.join(own, 'pid'), String(process.pid))
  try {
    // Appears with its owner's id inside or not at all: a directory cannot be renamed onto one that is not empty.
    fs.renameSync(own, lock)
    return true
  } catch (error) {
    fs.rmSync(own, { recursive: true })
    if (error.code === 'ENOTEMPTY' || error.code === 'EEXIST') return false
    throw error
  }
}

const releaseIfAbandoned = () => {
  const pid = readIfThere(path.join(lock, 'pid'))
  const takenAt = fs.statSync(lock, { throwIfNoEntry: false })?.mtimeMs
  if (pid === undefined || takenAt === undefined) return
  if (isAlive(Number(pid)) && Date.now() - takenAt < lockAgeMaxMs) return
  const aside = `${lock}.abandoned.${process.pid}`
  try {
    fs.renameSync(lock, aside)
  } catch (error) {
    if (error.code === 'ENOENT') return
    throw error
  }
  fs.rmSync(aside, { recursive: true })
}

/** `npm start` and `npm test` may begin together: the second waits for what the first installs and compiles. */
const locked = async (action) => {
  for (let waited = false; !takeLock(); waited = true) {
    if (!waited) console.log('Another command is installing or compiling here: waiting for it …')
    await new Promise((resolve) => setTimeout(resolve, lockPollMs))
    releaseIfAbandoned()
  }
  const release = () => fs.rmSync(lock, { recursive: true, force: true })
  process.once('exit', release)
  action()
  process.off('exit', release)
  release()
}

const prepare = ({ needs = 'run', compile: wantsCompile = true, needsTap = false }) =>
  locked(() => {
    const folders = packageFolders()
    const manifests = ['package.json', ...folders.map((folder) => path.join(folder, 'package.json'))]
    const inputs = ['pnpm-lock.yaml', 'pnpm-workspace.yaml', ...manifests]
    installOnce(needs, inputs)
    if (needsTap) buildTapOnce(['.taprc', ...inputs])
    if (wantsCompile) compile(folders, needs)
  })

/** Its first comment. */
const purposeOf = (file) => /^\/\*\* (.*?)(?: \*\/)?$/m.exec(fs.readFileSync(file, 'utf8'))?.[1] ?? ''

const resolveScript = ({ script, folder }, args) => {
  if (folder !== undefined) {
    const names = fs.existsSync(folder) ? fs.readdirSync(folder).filter((file) => file.endsWith('.js')) : []
    const name = args.shift()
    if (names.includes(`${name}.js`)) return path.resolve(folder, `${name}.js`)
    const asked = name === undefined || name === '--help'
    const lines = names.map(
      (file) => `  ${path.basename(file, '.js').padEnd(14)} ${purposeOf(path.join(folder, file))}`,
    )
    const list = ['Usage: npm run bench <name> [-- options]', '', ...lines].join('\n')
    if (!asked) fail(`No benchmark ${name}.\n\n${list}`)
    console.log(list)
    process.exit(0)
  }
  const candidates = [`${script}.js`, `${script}.mjs`, `${script}/index.js`]
  return path.resolve(candidates.find((file) => fs.existsSync(file)) ?? fail(`${candidates[0]} is not there.`))
}

/** npm runs us through a shell and dies of some signals without passing them on: then stop in good order by ourselves. */
const stopWithParent = () => {
  if (process.env.npm_lifecycle_event === undefined) return
  const parent = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(watch)
    process.kill(process.pid, 'SIGTERM')
  }, parentPollMs)
  watch.unref()
}

requireNode()
const [name, ...args] = process.argv.slice(2)
if (name === undefined || name === '--help' || name === 'help') {
  console.log(usage().join('\n'))
  process.exit(0)
}
const command = Object.hasOwn(commands, name) ? commands[name] : fail([`No command ${name}.`, ...usage()].join('\n'))
process.chdir(root)
stopWithParent()
try {
  await prepare(command)
} catch (error) {
  // A file system that refuses (in a read-only folder by ENOENT) is the machine's affair; anything else is ours.
  if (!['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'ENOENT'].includes(error.code)) throw error
  fail(`${root} cannot be written (${error.message}), and what the command needs is installed and compiled there.`)
}
if (name !== 'build') {
  const script = resolveScript(command, args)
  process.argv = [process.execPath, script, ...(command.arguments ?? []), ...args]
  process.setSourceMapsEnabled(true)
  await import(pathToFileURL(script).href)
}
