import { Command, CommanderError } from 'commander'
import { addAuditCommand } from '../audit/audit-command.ts'
import { colors } from '../colors.ts'
import { addDoctorCommand } from '../doctor/doctor-command.ts'
import { fileProblem, sayFileProblem } from '../file-problem.ts'
import { addProjectionsCommand } from '../projections/projections-command.ts'
import { addBiCommand } from './bi-command.ts'
import { CommandFailed, EXIT, type ExitCode, type Io } from './io.ts'
import { addQueryCommands } from './query-commands.ts'
import { addRatesCommand } from './rates-command.ts'

const EXIT_CODES = `
Exit codes:
  0  done, nothing wrong
  1  a finding: a difference, a total that does not tie out, a part that is down
  2  wrong usage
  3  nothing runs here, or it does not answer
  4  the API refused
  70 a mistake of ours

It finds the running system by .registru/run.json (REGISTRU_HOME moves that
folder); elsewhere give --url or REGISTRU_URL, and the token in REGISTRU_TOKEN.
REGISTRU_COMPANY stands in for --company.`

/** Runs one command line to its end. Prints and asks through `io` alone. */
export const runRegistru = async (args: readonly string[], io: Io): Promise<ExitCode> => {
  let code: ExitCode = EXIT.OK
  const end = (ended: ExitCode): void => {
    code = ended
  }
  const program = new Command('registru')
    .description('Asks the ledger, proves its numbers, and looks after it.')
    .addHelpText('after', EXIT_CODES)
    .configureOutput({ writeOut: (text) => io.print(text.trimEnd()), writeErr: (text) => io.say(text.trimEnd()) })
    .exitOverride()
  addQueryCommands(program, io, end)
  addAuditCommand(program, io, end)
  addProjectionsCommand(program, io, end)
  addDoctorCommand(program, io, end)
  addBiCommand(program, io, end)
  addRatesCommand(program, io, end)

  try {
    await program.parseAsync([...args], { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.OK : EXIT.USAGE
    if (error instanceof CommandFailed) {
      io.say(colors.red(error.message))
      return error.code
    }
    const problem = fileProblem(error)
    if (problem === undefined) throw error
    io.say(colors.red(sayFileProblem(problem)))
    return EXIT.USAGE
  }
}
