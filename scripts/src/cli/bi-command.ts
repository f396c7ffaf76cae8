import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import {
  biDictionary,
  createBiRole,
  dropBiRole,
  EVERY_COMPANY,
  installBi,
  listBiRoles,
  readBiTypes,
  removeBi,
} from '@registru/projections'
import { createPool, type PoolClient } from '@registru/runtime'
import type { Command } from 'commander'
import { CommandFailed, EXIT, type ExitCode, findDatabase, type Io } from './io.ts'
import { textTable } from './table.ts'

const DICTIONARY = join(resolve(import.meta.dirname, '../../../..'), 'shared/docs/bi-dictionary.md')

const withClient = async (
  io: Io,
  work: (client: PoolClient, databaseUrl: string) => Promise<void>,
): Promise<ExitCode> => {
  const url = findDatabase(io)
  const pool = createPool({ url, connectionsMax: 1, applicationName: 'registru bi', onIdleError: () => undefined })
  try {
    const client = await pool.connect().catch((cause: unknown) => {
      throw new CommandFailed(EXIT.UNREACHABLE, 'PostgreSQL cannot be reached. `registru doctor` tells more.', {
        cause,
      })
    })
    try {
      await work(client, url)
    } finally {
      client.release()
    }
    return EXIT.OK
  } finally {
    await pool.end()
  }
}

/** What a BI tool is given: the same server and database, another login. */
const connectionString = (databaseUrl: string, role: string, password: string): string => {
  const url = new URL(databaseUrl)
  url.username = role
  url.password = password
  return url.href
}

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value]

/** `registru bi`: the schema for BI tools and the logins that see it. */
export const addBiCommand = (program: Command, io: Io, end: (code: ExitCode) => void): void => {
  const bi = program
    .command('bi')
    .summary('the schema bi_v1 for Metabase, Superset and their like, and its logins')
    .description(
      'The schema bi_v1 for BI tools and the logins that see it. shared/docs/bi.md tells how to connect a tool.',
    )

  bi.command('install')
    .description('make bi_v1, or bring it up to this code')
    .action(async () => end(await withClient(io, (client) => installBi(client))))

  bi.command('create-role')
    .description(
      'a login that sees bi_v1 and nothing else, of these companies only; prints its connection string, once.\n' +
        'Again for the same name: a new password, and these companies instead.',
    )
    .argument('[role]', 'bi_ and lower-case letters, digits, _', 'bi_reader')
    .option('--company <id>', 'whose ledger it sees; may be given again', collect, [])
    .option('--every-company', 'all of them, future ones too')
    .action(async (role: string, options: { company: readonly string[]; everyCompany?: true }) => {
      const companies = options.everyCompany === true ? [EVERY_COMPANY] : options.company
      if (companies.length === 0)
        throw new CommandFailed(EXIT.USAGE, 'Whose ledger? Give --company or --every-company.')
      if (!/^bi_[a-z0-9_]{1,50}$/.test(role)) {
        throw new CommandFailed(EXIT.USAGE, `${role}: the name of a login is bi_ and lower-case letters, digits and _.`)
      }
      const work = async (client: PoolClient, databaseUrl: string): Promise<void> => {
        await installBi(client)
        const password = await createBiRole(client, { role, companies })
        io.say('Kept nowhere: what is lost is made anew with the same command.')
        io.print(connectionString(databaseUrl, role, password))
      }
      end(await withClient(io, work))
    })

  bi.command('drop-role')
    .description('end a login and its sessions')
    .argument('<role>')
    .action(async (role: string) => end(await withClient(io, (client) => dropBiRole(client, role))))

  bi.command('roles')
    .description('the logins, and whose ledgers they see')
    .option('--json', 'print them as JSON')
    .action(async ({ json }: { json?: true }) => {
      const work = async (client: PoolClient): Promise<void> => {
        const roles = await listBiRoles(client)
        const rows = roles.map(({ role, companies }) => [role, companies.join(', ')])
        io.print(json === true ? JSON.stringify(roles) : textTable([{ head: 'login' }, { head: 'companies' }], rows))
      }
      end(await withClient(io, work))
    })

  bi.command('dictionary')
    .description('the data dictionary as Markdown')
    .option('--write', 'into shared/docs/bi-dictionary.md instead')
    .action(async ({ write }: { write?: true }) => {
      const work = async (client: PoolClient): Promise<void> => {
        const dictionary = biDictionary(await readBiTypes(client))
        if (write === true) writeFileSync(DICTIONARY, dictionary)
        else io.print(dictionary)
      }
      end(await withClient(io, work))
    })

  bi.command('remove')
    .description('take bi_v1 away; logins stay until they are dropped')
    .action(async () => end(await withClient(io, (client) => removeBi(client))))
}
