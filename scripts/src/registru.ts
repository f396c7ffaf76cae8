/** `registru`: what people ask of a ledger and do to it, from a terminal. */

import { EXIT, type Io } from './cli/io.ts'
import { runRegistru } from './cli/program.ts'
import { colors } from './colors.ts'

const io: Io = {
  environment: process.env,
  print: (text) => console.log(text),
  say: (text) => console.error(text),
  isTerminal: process.stderr.isTTY,
}

try {
  process.exitCode = await runRegistru(process.argv.slice(2), io)
} catch (error) {
  io.say(colors.red(error instanceof Error ? (error.stack ?? error.message) : String(error)))
  process.exitCode = EXIT.INTERNAL
}
